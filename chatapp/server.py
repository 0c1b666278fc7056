"""The one place that configures uvicorn, for `make run`, `manage.py web` and `manage.py worker`.

SIGTERM: the process says in /readyz that it is leaving, still serves for LEAVE_SECONDS so that proxies can turn
elsewhere, closes its listener, ends its sockets with 1012, and lets the application's lifespan end (`Process.stop`,
which has DRAIN_SECONDS). Ctrl-C skips the waiting. Nothing of Django is imported before a server is run.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from types import FrameType

import uvicorn

from chatapp.steps import StepError

WEB = "chatapp.asgi:application"
WORKER = "chatapp.worker:application"
FRAME_BYTES = 1024 * 1024  # a longer WebSocket message closes its socket with 1009
STOPPING = 10  # seconds that open requests are given


class Server(uvicorn.Server):
    """Uvicorn that tells when it is ready, and leaves politely."""

    welcome = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and accept connections; then print the welcome."""
        await super().startup(sockets)
        if self.started:
            print(self.welcome, flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. Whoever presses Ctrl-C waits for it: runs are then handed over at once."""
        if sig == signal.SIGINT:
            from chatapp import process

            process.hurry()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Announce the end to those who probe, wait for them to have seen it, and end."""
        await self._take_leave()
        await super().shutdown(sockets)

    async def _take_leave(self) -> None:
        from django.conf import settings

        from chatapp import process

        process.current().leave()
        for _ in range(settings.LEAVE_SECONDS * 10):
            if signal.SIGINT in self._captured_signals:
                return
            await asyncio.sleep(0.1)


def config(application: str, host: str) -> uvicorn.Config:
    """How uvicorn serves an application, whichever it is."""
    return uvicorn.Config(
        application,
        host=host,
        loop="auto",
        http="httptools",
        ws="chatapp.streaming.transport:SocketProtocol",
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,  # tokens are tiny; compressing each costs more than it saves
        lifespan="on",
        log_config=None,  # Django has configured logging
        access_log=False,  # addresses name threads, queries may hold anything
        server_header=False,
        proxy_headers=False,  # settings say how many proxies are trusted; a header from loopback is not enough
        timeout_graceful_shutdown=STOPPING,
    )


def port(name: str, default: int) -> int:
    """The port that the variable says. Raises StepError."""
    given = os.environ.get(name, "").strip() or str(default)
    if not given.isdecimal() or int(given) > 65535:
        raise StepError(f"{name} must be a number from 0 to 65535 (0: any free port).")
    return int(given)


def listen(host: str, number: int, name: str = "PORT") -> socket.socket:
    """A listening socket: from now on clients wait for an answer instead of being refused. Raises StepError."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(where[:2], family=family, backlog=2048)
    except OSError as error:
        raise StepError(
            f"Port {number} of {host} cannot be used ({error.strerror or error}): "
            f"stop the program that uses it, or choose another with {name}={number % 65535 + 1}."
        ) from error


def run(server: Server, listener: socket.socket) -> None:
    """Serve until a signal says stop. Raises StepError when the application does not start."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # Uvicorn raises the signal again when it has stopped: what is left to do then must not be cut short.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        server.run(sockets=[listener])
    except SystemExit as error:
        raise StepError("The application does not start: the error is above.") from error


def serve(application: str, what: str, port_name: str, default: int) -> None:
    """Serve an application on HOST and the port that the variable says, until a signal says stop. Raises StepError."""
    host = os.environ.get("HOST", "").strip() or "127.0.0.1"
    with listen(host, port(port_name, default), port_name) as listener:
        server = Server(config(application, host))
        server.welcome = f"{what} runs at {address(host, listener.getsockname()[1])}/"
        run(server, listener)


def address(host: str, number: int) -> str:
    """What to type into a browser on this machine."""
    if ":" in host:
        host = f"[{'::1' if host == '::' else host}]"
    elif host == "0.0.0.0":  # noqa: S104 - the address that nobody can open is replaced
        host = "127.0.0.1"
    return f"http://{host}:{number}"
