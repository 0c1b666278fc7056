"""Variant (a): a bare WebSocket proxy of the endpoint. It keeps nothing; it is what the wire alone costs.

OPENAI_BASE_URL=… python -m bench.bare
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

from bench.serving import Application, serve
from chatapp.graph.lean_client import LeanCompletions, Limits
from chatapp.graph.lean_stream import LeanStream


async def _start() -> None:
    return None


async def _answer(thread: str, text: str) -> AsyncIterator[str]:
    asked = {"role": "user", "content": text}
    stream = await _client.create(model="bench", messages=[asked], stream=True, stream_options={"include_usage": True})
    assert isinstance(stream, LeanStream)
    async with stream:
        async for chunk in stream:
            if chunk["choices"] and (piece := chunk["choices"][0]["delta"].get("content")):
                yield piece


if __name__ == "__main__":
    _client = LeanCompletions(os.environ["OPENAI_BASE_URL"], "bench", Limits())
    serve(Application(_start, _answer))
