"""The scripted endpoint: OpenAI-compatible, and so cheap that it hardly shows on the machine that it shares.

    python -m bench.endpoint

It prints its port. A question of `bench.script` is answered token by token at the rate that it names, the first token
`FIRST_TOKEN_SECONDS` after the request; anything else (a title, a summary) gets a short fixed answer at once.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any, Final, cast

import orjson
import uvloop

from bench.script import FIRST_TOKEN_SECONDS, Ask, understood, word

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_OTHER: Final = "Words about words"


class Endpoint(asyncio.Protocol):
    """One connection; requests follow one another on it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of asyncio's

    def connection_lost(self, error: Exception | None) -> None:
        """The reader is gone: its stream ends."""
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Collect a request and answer it."""
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end]).lower()
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
        if len(self._received) < end + 4 + length:
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        self._answer(orjson.loads(body))

    def _answer(self, request: dict[str, Any]) -> None:  # Any: a request's JSON
        questions = [each["content"] for each in request["messages"] if each["role"] == "user"]
        asked = understood(_text(questions[-1])) if questions else None
        if asked is None:
            self._transport.write(_HEAD + _sse(_delta(_OTHER)) + _end(3))
            return
        words = asked.words
        if asked.rate == 0:
            self._transport.write(_HEAD + b"".join(map(_chunk, words)) + _end(len(words)))
            return
        self._transport.write(_HEAD)
        start = self._loop.time() + FIRST_TOKEN_SECONDS
        self._timer = self._loop.call_at(start, self._continue, asked, words, 0, start)

    def _continue(self, asked: Ask, words: list[int], sent: int, start: float) -> None:
        """Write what is due by now: after a delay the rhythm is caught up with, not shifted."""
        due = min(len(words), int((self._loop.time() - start) * asked.rate + 1.001))
        due = max(due, sent + 1)
        self._transport.write(b"".join(map(_chunk, words[sent:due])))
        if due == len(words):
            self._transport.write(_end(due))
            return
        self._timer = self._loop.call_at(start + due / asked.rate, self._continue, asked, words, due, start)


def _text(content: Any) -> str:  # Any: a string, or a list of parts
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


@cache
def _chunk(index: int) -> bytes:
    return _sse(_delta(word(index)))


def _delta(text: str, finish: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [choice]}


def _end(tokens: int) -> bytes:
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}
    last: dict[str, object] = {**_delta(""), "choices": [], "usage": usage}
    return _sse(_delta("", "stop")) + _sse(last) + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"


def _sse(value: dict[str, object]) -> bytes:
    return _framed(b"data: " + orjson.dumps(value) + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def serve() -> None:
    """Serve until killed; print the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Endpoint, "127.0.0.1", 0, backlog=1024)
    print(f"PORT {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
