"""A slow line: what the server sends arrives at so many bytes a second, and waits on the server's side until then."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

PIECE = 65536
SEGMENT = 1400  # as on the internet; loopback's own would let the kernel buffer megabytes
WINDOW = 4096


class Throttle:
    """A forwarder on loopback. `rate` is in bytes a second; None is as fast as can be."""

    def __init__(self, target: int, rate: int | None) -> None:
        self.rate = rate
        self.port = 0
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as there:
            there.setblocking(False)
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
            await loop.sock_connect(there, ("127.0.0.1", self._target))
            asking = asyncio.create_task(self._ask(reader, there))
            try:
                with suppress(OSError):
                    while data := await loop.sock_recv(there, self.rate or PIECE):
                        writer.write(data)
                        await writer.drain()
                        if self.rate:
                            await asyncio.sleep(len(data) / self.rate)
            finally:
                asking.cancel()
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, there: socket.socket) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE):
                await asyncio.get_running_loop().sock_sendall(there, data)
