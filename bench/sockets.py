"""A WebSocket client that costs next to nothing, so that two cores can hold 200 of them beside the server.

Enough of RFC 6455 for a benchmark on loopback: text frames, pings, no extensions, no fragments.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Self, cast


class Refused(Exception):
    """The server did not accept the socket."""


class ClientSocket(asyncio.Protocol):
    """One connected socket; every text frame goes to `on_frame` as bytes, from the event loop."""

    def __init__(self) -> None:
        self.on_frame: Callable[[bytes], None] = lambda frame: None
        self.on_close: Callable[[], None] = lambda: None
        self.close_code = 0
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._received = bytearray()

    @classmethod
    async def connect(cls, port: int, path: str, cookie: str = "") -> Self:
        """Open a socket on loopback, with the Origin of its own server. Raises `Refused`."""
        _, made = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        await made.upgrade(f"127.0.0.1:{port}", path, cookie)
        return made

    async def upgrade(self, host: str, path: str, cookie: str) -> None:
        """Make the connection a WebSocket. Raises `Refused`."""
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            f"Origin: http://{host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *([f"Cookie: {cookie}"] if cookie else []),
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        await self._opened

    def send(self, text: str) -> None:
        """Send a text frame. Its masking key is zero, which RFC 6455 allows and which leaves the text as it is."""
        data = text.encode()
        size = struct.pack("!BH", 0x80 | 126, len(data)) if len(data) > 125 else bytes([0x80 | len(data)])
        self._transport.write(b"\x81" + size + bytes(4) + data)

    def close(self) -> None:
        """Leave."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where frames go."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of asyncio's

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits."""
        if not self._opened.done():
            self._opened.set_exception(Refused())
        self.on_close()

    def data_received(self, data: bytes) -> None:
        """Cut frames out of what arrives."""
        self._received += data
        if not self._opened.done():
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._received.startswith(b"HTTP/1.1 101"):
                self._opened.set_exception(Refused(bytes(self._received[:40]).decode()))
                return
            del self._received[: end + 4]
            self._opened.set_result(None)
        self._frames()

    def _frames(self) -> None:
        data, at = self._received, 0
        while len(data) >= at + 2:
            size, start = data[at + 1] & 127, at + 2
            if size == 126:
                if len(data) < at + 4:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif size == 127:
                if len(data) < at + 10:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if len(data) < start + size:
                break
            self._take(data[at] & 15, bytes(data[start : start + size]))
            at = start + size
        del data[:at]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == 1:
            self.on_frame(payload)
        elif kind == 8:
            self.close_code = int.from_bytes(payload[:2])
        elif kind == 9:  # a ping: the server ends sockets that do not answer
            self._transport.write(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
