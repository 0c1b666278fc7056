"""One tab on one thread: does what the real page does, and keeps account of everything that it sees."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import orjson

from bench.script import Ask
from bench.sockets import ClientSocket, Refused
from tests.chaos.requests import Address, Failed, fetch_state

Json = dict[str, Any]  # frames of the protocol

CHANNELS = ["messages", "lifecycle", "custom"]
CONNECTING = 15.0
ANSWERING = 15.0  # a command that is not answered for so long was lost
FIRST_BACKOFF, LAST_BACKOFF = 0.25, 5.0
RESTARTING = 1012


class PageSocket(ClientSocket):
    """A socket that answers the server's farewell."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = asyncio.Event()
        self.on_close = self.closed.set

    def send(self, text: str) -> None:
        """Send a text frame, into the void if the connection is gone and nobody has noticed yet."""
        if not self._transport.is_closing():
            super().send(text)

    def abort(self) -> None:
        """Be gone without a word, as when a network goes."""
        self._transport.abort()

    def _take(self, kind: int, payload: bytes) -> None:
        super()._take(kind, payload)
        if kind == 8:
            self._transport.close()


@dataclass(eq=False)
class Said:
    """A message of this tab's user: what was asked, and how far it has got."""

    ask: Ask
    copies: int
    id: str = field(default_factory=lambda: str(uuid4()))
    run: str = ""
    sent_at: float = 0.0
    first_text_at: float = 0.0
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    refused: str = ""


@dataclass
class Turn:
    """A question and its answer, as the events tell them."""

    run: str
    question: str | None = None
    answer: str = ""
    text: str = ""
    status: str = "running"
    attempts: int = 0


class Page:
    """Connects, subscribes from the last event seen, comes back after every loss. `problems` must stay empty."""

    def __init__(self, address: Address, thread: UUID | None = None, *, seed: int = 0, at_once: bool = False) -> None:
        self.address, self.thread = address, thread or uuid4()
        self.said: list[Said] = []
        self.turns: dict[str, Turn] = {}  # by the question's id, in their order
        self.seen: list[int] = []
        self.skipped: list[tuple[int, int]] = []  # numbers that a fetched state stands for: (above, up to)
        self.problems: list[str] = []
        self.trouble: list[str] = []  # sentences that a person would have read
        self.since = 0
        self.connections = 0
        self.closes: list[int] = []
        self.delays: list[tuple[float, float]] = []  # (when, seconds since the event was made)
        self.final: int | None = None
        self.open = asyncio.Event()
        self.moved = asyncio.Event()  # set anew at every event
        self.longest_away = 0.0
        self._random = random.Random(seed)
        self._at_once = at_once
        self._socket: PageSocket | None = None
        self._replies: dict[int, asyncio.Future[Json]] = {}
        self._number = 0
        self._backoff = FIRST_BACKOFF
        self._lost_at = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._staying = self._spawn(self._stay())
        self._flushing = False

    # -- what a person does --

    def say(self, ask: Ask, copies: int = 1) -> Said:
        """Send a message as soon as there is a connection; each of its frames goes out so many times."""
        said = Said(ask, copies, sent_at=time.monotonic())
        self.said.append(said)
        self._spawn(self._flush() if not self._at_once else self._send(said))
        return said

    def cut(self) -> None:
        """Lose the connection, if there is one."""
        if self._socket is not None:
            self._socket.abort()

    async def leave(self) -> None:
        """Close the tab."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()

    async def until(self, condition: Any, seconds: float) -> bool:  # Any: a callable without arguments
        """Wait for something that events bring about; False when it did not come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition():
                    self.moved.clear()
                    await self.moved.wait()
        return bool(condition())

    async def answered(self, said: Said, seconds: float = 60.0) -> bool:
        """Wait until the message is answered here."""
        return await self.until(lambda: self.is_answered(said), seconds)

    def is_answered(self, said: Said) -> bool:
        """Whether its answer has come to its end here."""
        turn = self.turns.get(said.id)
        return turn is not None and turn.status != "running"

    def view(self) -> list[tuple[str, str, str]]:
        """Every message shown: (id, role, text), in order."""
        found = []
        for question_id, turn in self.turns.items():
            found.append((question_id, "user", turn.question or ""))
            if turn.status != "running":
                found.append((turn.answer, "assistant", turn.text))
        return found

    async def disagreement(self) -> str:
        """What differs between this page and a fresh fetch of the thread; empty when nothing does. Raises `Failed`."""
        state = await fetch_state(self.address, self.thread)
        await self.until(lambda: self.since >= state["last_seq"], ANSWERING)
        if self.since < state["last_seq"]:
            return f"{self.thread}: knows events up to {self.since}, and there are {state['last_seq']}"
        shown = {each_id: (role, text) for each_id, role, text in self.view()}
        for message in state["messages"]:
            if message["status"] in ("queued", "running"):
                continue
            if shown.get(message["id"]) != (message["role"], message["text"]):
                return f"{self.thread}: {message['role']} {message['id']} is not as a fresh fetch has it"
        fresh = [each["id"] for each in state["messages"] if each["status"] not in ("queued", "running")]
        mine = [each_id for each_id, _, _ in self.view()]
        last = mine.index(fresh[-1]) + 1 if fresh and fresh[-1] in mine else 0
        if mine[:last][-len(fresh) :] != fresh and fresh:
            return f"{self.thread}: the order is not that of a fresh fetch"
        return ""

    # -- the connection --

    async def _stay(self) -> None:
        while self.final is None:
            code = await self._connect()
            self._lose(code)
            if self.final is None:
                await asyncio.sleep(self._backoff * (0.5 + self._random.random() / 2))
                self._backoff = min(LAST_BACKOFF, self._backoff * 2)

    async def _connect(self) -> int:
        """Be connected; return the code that it ended with."""
        path = f"/api/threads/{self.thread}/stream/events"
        try:
            async with asyncio.timeout(CONNECTING):
                socket = await PageSocket.connect(self.address.port, path, self.address.cookie)
        except (OSError, TimeoutError, Refused):
            return 0
        self._socket = socket
        socket.on_frame = lambda frame: self._receive(socket, frame)
        self.connections += 1
        try:
            if await self._subscribe():
                self._backoff = FIRST_BACKOFF
                self.longest_away = max(self.longest_away, time.monotonic() - self._lost_at)
                self.open.set()
                self._spawn(self._flush())
                await socket.closed.wait()
        finally:
            socket.close()
        return socket.close_code

    async def _subscribe(self) -> bool:
        reply = await self._command("subscription.subscribe", channels=CHANNELS, since=self.since)
        if reply is not None and reply.get("error") == "resume_gap":
            with suppress(Failed):
                state = await fetch_state(self.address, self.thread)
                self._load(state)
                reply = await self._command("subscription.subscribe", channels=CHANNELS, since=self.since)
        return reply is not None and reply["type"] == "success"

    def _lose(self, code: int) -> None:
        self.closes.append(code)
        if self.open.is_set():
            self._lost_at = time.monotonic()
            self.open.clear()
        self._socket = None
        for waiting in self._replies.values():
            if not waiting.done():
                waiting.cancel()
        self._replies.clear()
        if code == RESTARTING:
            self._backoff = FIRST_BACKOFF
        if 4400 <= code < 4500 and code not in (4408, 4429):
            self.final = code
        self.moved.set()

    async def _command(self, method: str, copies: int = 1, **params: Any) -> Json | None:
        """The reply to a command; None when the connection went away or nothing was said for too long."""
        socket = self._socket
        if socket is None:
            return None
        self._number += 1
        number = self._number
        waiting = self._replies[number] = asyncio.get_running_loop().create_future()
        frame = json.dumps({"id": number, "method": method, "params": params})
        for _ in range(copies):
            socket.send(frame)
        closing = asyncio.create_task(socket.closed.wait())
        try:
            done, _ = await asyncio.wait({waiting, closing}, timeout=ANSWERING, return_when=asyncio.FIRST_COMPLETED)
            if waiting in done and not waiting.cancelled():
                answer: Json = waiting.result()
                return answer
            if not done:
                socket.abort()
            return None
        finally:
            closing.cancel()
            self._replies.pop(number, None)

    async def _flush(self) -> None:
        """Send what waits, one after the other, so that the order stays."""
        if self._at_once:
            for said in self.said:
                if not said.acknowledged.is_set() and not said.refused:
                    self._spawn(self._send(said))
            return
        if self._flushing:
            return
        self._flushing = True
        try:
            for said in [each for each in self.said if not each.acknowledged.is_set() and not each.refused]:
                if not self.open.is_set() or not await self._send(said):
                    break
        finally:
            self._flushing = False
        if self.open.is_set() and any(not each.acknowledged.is_set() and not each.refused for each in self.said):
            self._spawn(self._flush())

    async def _send(self, said: Said) -> bool:
        """Send it; False when the connection went away: it stays, and is sent with the same id later."""
        if not self.open.is_set():
            return False
        message = {"id": said.id, "type": "human", "content": said.ask.question}
        reply = await self._command("run.start", copies=said.copies, assistant_id="chat", input={"messages": [message]})
        if reply is None:
            return False
        if reply["type"] == "success":
            said.run = reply["result"]["run_id"]
            said.acknowledged.set()
        elif reply["error"] == "unknown_error" and "404" not in reply["message"]:
            # A person presses "Send again".
            self.trouble.append(reply["message"])
            await asyncio.sleep(0.5)
        else:
            said.refused = reply["message"]
        self.moved.set()
        return True

    # -- what comes in --

    def _receive(self, socket: PageSocket, frame: bytes) -> None:
        if socket is not self._socket:
            return
        value = orjson.loads(frame)
        if value["type"] != "event":
            waiting = self._replies.get(value["id"])
            if waiting is not None and not waiting.done():
                waiting.set_result(value)
            return
        seq = value["seq"]
        if seq is not None:
            if seq <= self.since:
                self.problems.append(f"{self.thread}: event {seq} came again after {self.since}")
                return
            begins = value["method"] == "custom" and value["params"]["data"]["name"] == "attempt"
            if seq != self.since + 1 and not begins:
                self.problems.append(f"{self.thread}: event {seq} came after {self.since}")
            self.since = seq
            self.seen.append(seq)
            if self.open.is_set():
                now = time.time()
                self.delays.append((now, now - value["params"]["timestamp"] / 1000))
            self._apply(value["method"], value["params"]["data"])
        self.moved.set()

    def _apply(self, method: str, data: Json) -> None:
        if method == "custom":
            self._custom(data["name"], data["payload"])
        elif method == "messages":
            self._message(data)

    def _custom(self, name: str, payload: Json) -> None:
        if name == "attempt":
            turn = self.turns.pop(payload["message_id"], None) or Turn(payload["run_id"])
            turn.text, turn.status, turn.attempts = "", "running", turn.attempts + 1
            self.turns[payload["message_id"]] = turn
        elif name == "turn":
            self.turns[payload["message"]["id"]].question = payload["message"]["text"]
        elif name == "answer":
            message = payload["message"]
            turn = self.turns[message["parent"]]
            if turn.status == "done":
                self.problems.append(f"{self.thread}: run {turn.run} ended twice")
            turn.answer, turn.status = message["id"], message["status"]
            if message["text"] is not None:
                turn.text = message["text"]

    def _message(self, data: Json) -> None:
        turn = next((each for each in reversed(self.turns.values()) if each.run == data["run_id"]), None)
        if turn is None:
            self.problems.append(f"{self.thread}: text of run {data['run_id']}, which has not begun")
        elif data["event"] == "content-block-delta":
            if not turn.text:
                self._first_text(data["run_id"])
            turn.text += data["delta"].get("text", "")
        elif data["event"] == "content-block-finish" and data["content"].get("text", turn.text) != turn.text:
            self.problems.append(f"{self.thread}: the text of run {turn.run} was not what its deltas said")
            turn.text = data["content"]["text"]

    def _first_text(self, run: str) -> None:
        for said in reversed(self.said):
            if said.run == run and not said.first_text_at:
                said.first_text_at = time.monotonic()

    def _load(self, state: Json) -> None:
        """Show a fetched state in place of everything."""
        self.skipped.append((self.since, max(self.since, state["last_seq"])))
        self.since = max(self.since, state["last_seq"])
        self.turns.clear()
        for message in state["messages"]:
            if message["role"] == "user":
                if message["status"] != "queued":
                    self.turns[message["id"]] = Turn(message["run"] or "", question=message["text"])
            else:
                turn = self.turns[message["parent"]]
                turn.run, turn.answer = message["run"] or "", message["id"]
                turn.text, turn.status = message["text"], message["status"]

    def missed(self, logged: Iterable[tuple[int, int]]) -> list[int]:
        """Numbers of the log that neither came here nor are stood for by a fetched state."""
        seen = set(self.seen)
        return [
            seq
            for first, last in logged
            for seq in range(first, last + 1)
            if seq <= self.since and seq not in seen and not any(low < seq <= high for low, high in self.skipped)
        ]

    def _spawn(self, work: Any) -> asyncio.Task[None]:  # Any: a coroutine, whatever it returns
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.problems.append(f"{self.thread}: the client itself broke: {type(error).__name__}: {error}")
