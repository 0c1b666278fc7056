"""How the two reference programs are served: exactly as Everthread is, uvicorn with the same settings."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import uvicorn
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

# One message of a socket: the thread and the text, to the pieces of the answer.
Answer: TypeAlias = Callable[[str, str], AsyncIterator[str]]
# What a thread holds, for a client that opens it.
Open: TypeAlias = Callable[[str], Any]


class Application:
    """A WebSocket application: `{"thread", "text"}` in, `{"text"}` for each piece and `{"end"}` out."""

    def __init__(self, start: Callable[[], Any], answer: Answer, opened: Open | None = None) -> None:
        self._start, self._answer, self._opened = start, answer, opened

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one socket, or the lifespan."""
        if scope["type"] == "lifespan":
            await receive()
            await self._start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await self._converse(receive, send)

    async def _converse(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return
            asked = json.loads(message["text"] or "")
            if "open" in asked and self._opened is not None:
                await _say(send, {"opened": await self._opened(asked["open"])})
                continue
            async for piece in self._answer(asked["thread"], asked["text"]):
                await _say(send, {"text": piece})
            await _say(send, {"end": True})


def serve(application: Application) -> None:
    """Serve until killed; print the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"PORT {listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        application,
        loop="auto",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=1024 * 1024,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


async def _say(send: ASGISendCallable, value: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(value), "bytes": None})
