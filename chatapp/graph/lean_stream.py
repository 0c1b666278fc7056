"""One streamed answer of the lean client, delivered about 30 times a second."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp
import orjson

from chatapp.connections import drain_later
from chatapp.graph.failures import ModelFailure, failure, from_error
from chatapp.graph.sse import Chunk, Chunks, Lines

_ANSWER: Final = 32 * 1024 * 1024  # bytes of one answer


@dataclass(frozen=True)
class Limits:
    """Seconds, but for `tries`, the number of requests in all.

    `interval`: deltas that arrive within it are delivered together. `first_byte`: until the answer
    begins, and until its first bytes; `stall`: between bytes after that. `backoff` doubles with each try;
    a provider that asks for a longer wait than `patience` is not asked again.
    """

    connect: float = 10.0
    first_byte: float = 60.0
    stall: float = 30.0
    interval: float = 0.03
    tries: int = 3
    backoff: float = 0.5
    patience: float = 20.0


class LeanStream:
    """One streamed answer: an async context manager and async iterator of merged chunks.

    The last chunk carries the usage. Leaving the context, by any way, ends the request: unless the
    answer was complete the connection is closed, which tells the provider to stop.
    """

    def __init__(self, response: aiohttp.ClientResponse, limits: Limits) -> None:
        self._response = response
        self._content = response.content
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._lines, self._chunks = Lines(), Chunks()
        self._ready: deque[Chunk] = deque()
        self._over = False  # nothing more will be read
        self._failed: ModelFailure | None = None  # raised once what arrived before it is delivered
        self._size = 0
        self._next = 0.0  # loop time before which no further delta is delivered
        self._gate: asyncio.Future[None] | None = None
        self._limit = limits.first_byte
        self._waiting_since: float | None = None
        self._stalled = False
        self._watch = self._loop.call_later(self._limit, self._look)

    async def open(self) -> None:
        """Waits for the first chunk, so that what fails before it can be tried again. Raises ModelFailure."""
        try:
            if self._response.content_type == "text/html":
                raise failure("malformed")
            if self._response.content_type == "application/json":
                self._take([await read_json(self._response, self._limits)], last=True)
            else:
                self._content.on_eof(self._open_gate)
            while not self._ready and not self._over:
                await self._fill()
            if self._failed is not None and not self._ready:
                raise self._failed
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the request. Called twice, it does nothing more."""
        self._watch.cancel()
        if not self._over or self._failed is not None:
            self._response.close()
        elif self._content.at_eof():
            self._response.release()
        else:
            drain_later(self._response)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Chunk:
        while not self._ready:
            if self._failed is not None:
                raise self._failed
            if self._over:
                raise StopAsyncIteration
            await self._fill()
        return self._ready.popleft()

    async def _fill(self) -> None:
        """One delivery: all that arrived since the last one, at the earliest `interval` after it.

        Reading late is what merges: no timer and no wake-up per token, the socket buffers meanwhile.
        """
        pause = self._next - self._loop.time()
        if pause > 0 and not self._content.is_eof():
            await self._pause(pause)
        data = await self._read()
        self._size += len(data)
        if self._size > _ANSWER:
            self._failed = failure("malformed")
        self._take(self._lines.feed(data) if data else self._lines.end(), last=not data or self._lines.done)

    def _take(self, found: list[Chunk], *, last: bool) -> None:
        self._ready.extend(self._chunks.merge(found))
        if self._ready:
            self._next = self._loop.time() + self._limits.interval
        if self._chunks.failed is not None or self._lines.broken or last:
            self._over = True
            self._failed = self._failed or self._verdict()
            if self._chunks.usage:
                self._ready.append({"choices": [], "usage": self._chunks.usage})

    def _verdict(self) -> ModelFailure | None:
        """How the answer ended; what arrived before a failure is still delivered first."""
        chunks, lines = self._chunks, self._lines
        if chunks.failed is not None:
            return chunks.failed
        if lines.broken:
            return failure("malformed")
        if chunks.finish is None and not lines.done:
            return failure("cut")
        if not chunks.text and not chunks.tools:
            return failure("refused" if chunks.finish == "content_filter" else "empty")
        return None

    async def _pause(self, seconds: float) -> None:
        self._gate = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._open_gate)
        try:
            await self._gate
        finally:
            timer.cancel()

    def _open_gate(self) -> None:
        """The pause is over, or nothing more will come and there is nothing to wait for."""
        if self._gate is not None and not self._gate.done():
            self._gate.set_result(None)

    async def _read(self) -> bytes:
        """The next bytes; b"" at the end, also at a broken one: `_verdict` judges by what has arrived."""
        self._waiting_since = self._loop.time()
        try:
            data = await self._content.readany()
        except (aiohttp.ClientError, OSError):
            if self._stalled:
                self._failed = failure("stalled")
            # On a broken connection the reader's public methods withhold what had arrived; keep that text.
            return self._content._read_nowait(-1)  # noqa: SLF001
        finally:
            self._waiting_since = None
        if self._size == 0:  # the first bytes: from now on another limit holds
            self._limit = self._limits.stall
            self._watch.cancel()
            self._watch = self._loop.call_later(self._limit, self._look)
        return data

    def _look(self) -> None:
        """The watchdog, one timer per answer: closes a connection that has been silent too long."""
        since, now = self._waiting_since, self._loop.time()
        if since is not None and now >= since + self._limit:
            self._stalled = True
            self._response.close()
            return
        self._watch = self._loop.call_at((since or now) + self._limit, self._look)


async def read_json(response: aiohttp.ClientResponse, limits: Limits) -> Chunk:
    """The body as a JSON object. Raises ModelFailure."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.first_byte):
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > _ANSWER:
                    raise failure("malformed")
        value = orjson.loads(body)
    except TimeoutError:
        raise failure("stalled") from None
    except (aiohttp.ClientError, OSError):
        raise failure("cut") from None
    except orjson.JSONDecodeError:
        raise failure("malformed") from None
    if not isinstance(value, dict):
        raise failure("malformed")
    if value.get("error"):
        raise from_error(value["error"])
    if not isinstance(value.get("choices"), list) or not value["choices"]:
        raise failure("malformed")
    return value
