"""`python -m chatapp.demo_model --port N`: the demo model as a program of its own."""

from __future__ import annotations

import argparse
import asyncio
import os
from contextlib import suppress

from chatapp.demo_model.server import start


async def serve(host: str, port: int, token: str | None) -> None:
    """Serves until it is cancelled."""
    server = await start(host, port, token=token)
    print(f"Demo model at {server.url}, key {server.token}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


def main() -> None:
    """Reads the command line and serves until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Everthread's built-in demo model.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.host, options.port, os.environ.get("DEMO_TOKEN") or None))


if __name__ == "__main__":
    main()
