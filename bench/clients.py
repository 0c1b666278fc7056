"""The one set of clients: opens sockets, asks, measures the time to the first text, checks every answer.

    python -m bench.clients < plan

The plan is a line of JSON (see `Plan`). When every socket is open it prints READY, begins when it reads a line, and
prints its result as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
import uvloop

from bench.script import FIRST_TOKEN_SECONDS, Ask
from bench.sockets import ClientSocket

ANSWER_SECONDS = 120.0


@dataclass(frozen=True)
class Plan:
    """Who asks what: each of `users` asks `turns` questions one after another, the first within `stagger` seconds."""

    dialect: str  # everthread | plain
    port: int
    users: int
    turns: int
    tokens: int
    rate: int
    seed: int
    stagger: float = 0.0
    new_thread_each_turn: bool = False
    cookies: list[str] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)  # of the users; made up when not given


@dataclass
class Result:
    """What came of it. Times in milliseconds beyond the endpoint's own delay."""

    asked: int = 0
    correct: int = 0
    tokens: int = 0
    seconds: float = 0.0
    first_tokens: list[float] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Conversation:
    """One user's socket on one thread, in either dialect."""

    def __init__(self, plan: Plan, user: int, thread: str) -> None:
        self._plan, self._user, self.thread = plan, user, thread
        self._ours = plan.dialect == "everthread"
        self._text: list[str] = []
        self._first: float | None = None
        self._ended: asyncio.Future[None] | None = None
        self._number = 0

    async def open(self) -> None:
        """Connect; ours: subscribe to the thread from its present end."""
        path = f"/api/threads/{self.thread}/stream/events" if self._ours else "/"
        cookie = self._plan.cookies[self._user] if self._ours else ""
        self._socket = await ClientSocket.connect(self._plan.port, path, cookie)
        self._socket.on_frame = self._take_event if self._ours else self._take_piece
        self._socket.on_close = self._fail
        if self._ours:
            subscribed = self._ended = asyncio.get_running_loop().create_future()
            since = self._plan.threads and await _last_seq(self._plan.port, cookie, self.thread)
            self._command("subscription.subscribe", channels=["messages", "lifecycle", "custom"], since=since or 0)
            await subscribed

    async def ask(self, asked: Ask) -> tuple[float | None, str]:
        """Ask and wait for the end; return the seconds to the first text and the whole text."""
        self._text, self._first = [], None
        ended = self._ended = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        if self._ours:
            message = {"id": str(uuid.uuid4()), "type": "human", "content": asked.question}
            self._command("run.start", assistant_id="chat", input={"messages": [message]})
        else:
            self._socket.send(json.dumps({"thread": self.thread, "text": asked.question}))
        async with asyncio.timeout(ANSWER_SECONDS):
            await ended
        return None if self._first is None else self._first - started, "".join(self._text)

    def close(self) -> None:
        """Leave."""
        self._socket.on_close = lambda: None
        self._socket.close()

    def _command(self, method: str, **params: Any) -> None:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))

    def _take_event(self, frame: bytes) -> None:
        value = orjson.loads(frame)
        if value["type"] == "success" and "subscription_id" in value["result"]:
            self._end()
        elif value["type"] == "event" and value["seq"] is not None:
            data = value["params"]["data"]
            if data.get("name") == "attempt":
                self._text.clear()
            elif data.get("event") == "content-block-delta":
                self._take(data["delta"].get("text", ""))
            elif value["method"] == "lifecycle" and data["event"] != "running":
                self._end()
        elif value["type"] == "error":
            self._fail(value["message"])

    def _take_piece(self, frame: bytes) -> None:
        value = orjson.loads(frame)
        if "text" in value:
            self._take(value["text"])
        elif "end" in value:
            self._end()

    def _take(self, text: str) -> None:
        if self._first is None:
            self._first = time.perf_counter()
        self._text.append(text)

    def _end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def _fail(self, why: str = "") -> None:
        if self._ended is not None and not self._ended.done():
            why = why or f"the socket was closed with code {self._socket.close_code}"
            self._ended.set_exception(ConnectionError(why))


async def _last_seq(port: int, cookie: str, thread: str) -> int:
    """The number that a page subscribes from: the thread's last one."""
    body, _ = await fetch_state(port, cookie, thread)
    return int(orjson.loads(body)["last_seq"])


async def fetch_state(port: int, cookie: str, thread: str) -> tuple[bytes, float]:
    """Everthread's `GET state` of a thread: the body, and the seconds that it took."""
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /t/{thread}/state HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    headers, _, body = answer.partition(b"\r\n\r\n")
    if not headers.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(headers.split(b"\r\n")[0].decode())
    return body, time.perf_counter() - started


async def follow(plan: Plan, user: int, conversation: Conversation, result: Result) -> None:
    """One user: ask every question, check every answer."""
    await asyncio.sleep(plan.stagger * user / plan.users)
    for turn in range(plan.turns):
        if turn and plan.new_thread_each_turn:
            conversation.close()
            conversation = Conversation(plan, user, str(uuid.uuid4()))
            await conversation.open()
        asked = Ask(plan.seed + user * 1000 + turn, plan.tokens, plan.rate)
        result.asked += 1
        try:
            first, text = await conversation.ask(asked)
        except (OSError, TimeoutError) as error:
            result.problems.append(f"user {user}, turn {turn}: {type(error).__name__} {error}")
            return
        if text == asked.answer and first is not None:
            result.correct += 1
            result.tokens += plan.tokens
            result.first_tokens.append((first - (FIRST_TOKEN_SECONDS if plan.rate else 0)) * 1000)
        else:
            result.problems.append(f"user {user}, turn {turn}: {len(text)} of {len(asked.answer)} characters")
    conversation.close()


async def main() -> None:
    """Carry out the plan on standard input."""
    plan, result = Plan(**json.loads(sys.stdin.readline())), Result()
    threads = plan.threads or [str(uuid.uuid4()) for _ in range(plan.users)]
    conversations = [Conversation(plan, user, thread) for user, thread in enumerate(threads)]
    for conversation in conversations:
        await conversation.open()
    print("READY", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    await asyncio.gather(*(follow(plan, user, each, result) for user, each in enumerate(conversations)))
    result.seconds = time.perf_counter() - started
    result.threads = threads
    print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
