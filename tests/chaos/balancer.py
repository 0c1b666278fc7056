"""What stands in for the reverse proxy: hands each connection to the next web process that takes it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

CONNECTING = 1.0
PIECE = 65536


class Balancer:
    """Round robin over ports of loopback; one that refuses is passed over."""

    def __init__(self) -> None:
        self.port = 0
        self.targets: list[int] = []
        self._next = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0, backlog=1024)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            opened = await self._connect()
            if opened is not None:
                ends.append(opened[1])
                there = asyncio.create_task(_pump(reader, opened[1]))
                back = asyncio.create_task(_pump(opened[0], writer))
                try:
                    await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    there.cancel()
                    back.cancel()
                    await asyncio.gather(there, back, return_exceptions=True)
        finally:
            for end in ends:
                end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._next += 1
        for turn in range(len(self.targets)):
            target = self.targets[(self._next + turn) % len(self.targets)]
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECTING):
                    return await asyncio.open_connection("127.0.0.1", target)
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
