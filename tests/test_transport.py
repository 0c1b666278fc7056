"""Clients that read slowly or not at all: what they cost, and that those who read get everything."""

from __future__ import annotations

import asyncio
import gc
import json
import socket as sockets
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from chatapp import process
from chatapp.models import User
from chatapp.streaming import hub, protocol, transport
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import ALL, Json, Visitor

Visit = Callable[[User | None], Visitor]
MEGABYTE = 1_000_000


class Reader:
    """A WebSocket that reads as many bytes as it is told to, and has hardly a buffer of its own."""

    def __init__(self, visitor: Visitor, thread_id: UUID) -> None:
        self._socket = sockets.socket()
        self._socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", visitor.port))
        uri = parse_uri(f"ws://127.0.0.1:{visitor.port}/api/threads/{thread_id}/stream/events")
        self._protocol = ClientProtocol(uri, max_size=None)
        request = self._protocol.connect()
        request.headers.update(Headers({"cookie": visitor.cookie, "origin": visitor.origin}))
        self._protocol.send_request(request)
        self._flush()
        self.frames: list[Json] = []
        while self._protocol.state.name != "OPEN":
            self.read(1024)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the events so far."""
        return [each["seq"] for each in self.frames if each.get("seq") is not None]

    def subscribe(self, since: int) -> None:
        """Ask for everything above a number; does not wait for an answer."""
        params = {"channels": ALL, "since": since}
        self._protocol.send_text(json.dumps({"id": 1, "method": "subscription.subscribe", "params": params}).encode())
        self._flush()

    def ask(self, method: str, times: int) -> None:
        """Send a command so often; does not wait for answers."""
        for number in range(times):
            self._protocol.send_text(json.dumps({"id": number, "method": method, "params": {}}).encode())
        self._flush()

    def read(self, most: int) -> bool:
        """Read up to so many bytes; whether the connection goes on."""
        try:
            data = self._socket.recv(most)
        except ConnectionResetError:
            return False
        if not data:
            return False
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.frames.append(json.loads(bytes(event.data)))
        self._flush()
        return True

    def read_all(self) -> int | None:
        """Read until the connection ends; the code of its close frame, if one came."""
        while self.read(65536):
            pass
        return self._protocol.close_rcvd.code if self._protocol.close_rcvd else None

    def read_until(self, done: Callable[[], bool], most: int = 65536) -> None:
        """Read, so many bytes at a time, until something is so."""
        while not done():
            assert self.read(most), "the connection ended"

    def close(self, *, abruptly: bool = False) -> None:
        """Just go; abruptly: so that the server hears of it at once."""
        if abruptly:
            self._socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)


@pytest.fixture
def reader(visit: Visit, alice: User) -> Iterator[Callable[[UUID], Reader]]:
    """Alice's readers."""
    readers: list[Reader] = []

    def reader(thread_id: UUID) -> Reader:
        readers.append(Reader(visit(alice), thread_id))
        return readers[-1]

    yield reader
    for each in readers:
        each.close()


def asked(work: Callable[[process.Process], object]) -> object:
    """What a function says on the server's loop."""
    done, found = threading.Event(), []

    def ask(here: process.Process) -> None:
        found.append(work(here))
        done.set()

    process.tell(ask)
    assert done.wait(10)
    return found[0]


def connections() -> list[transport.SocketProtocol]:
    """The server's WebSockets."""
    return [each for each in gc.get_objects() if type(each) is transport.SocketProtocol and not each.disconnected]


def followers(user: User) -> int:
    """How many sockets the user has at the server."""
    return int(str(asked(lambda here: len(here.hub._users.get(user.pk, {})))))


def test_full_mailbox_and_its_writers_hands_are_less_than_a_megabyte() -> None:
    async def fill() -> int:
        mailbox = hub.Mailbox()
        tracemalloc.start()
        try:
            offered = 0
            while offered == 0 or not mailbox._behind:
                delta = {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "word "}}
                mailbox.offer(protocol.event(10**9 + offered, "messages", delta))
                offered += 1
                if mailbox._bytes > hub.QUEUE_BYTES - 2000 and not hands:
                    hands.extend((await mailbox.take())[0])
                    held.append(tracemalloc.get_traced_memory()[0])
            return offered
        finally:
            held.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    hands: list[protocol.Event] = []
    held: list[int] = []
    assert asyncio.run(fill()) > 1000
    below = 2 * transport.KERNEL_BYTES + 2 * transport.BUFFER_BYTES
    assert max(held) + below < MEGABYTE


def test_mailbox_is_emptied_a_handful_at_a_time_and_in_order() -> None:
    async def empty() -> list[int]:
        mailbox = hub.Mailbox()
        numbers: list[int] = []
        for number in range(1, 1001):
            mailbox.offer(protocol.event(number, "messages", {"text": "x" * 100}))
        while len(numbers) < 1000:
            events, behind = await asyncio.wait_for(mailbox.take(), 1)
            assert not behind
            assert sum(len(event.frame) for event in events) <= hub.HAND_BYTES
            numbers += [event.seq or 0 for event in events]
        assert mailbox._bytes == 0
        return numbers

    assert asyncio.run(empty()) == list(range(1, 1001))


def test_slow_reader_costs_little_and_gets_everything(
    visit: Visit, alice: User, endpoint: ScriptedModel, reader: Callable[[UUID], Reader]
) -> None:
    thread_id = uuid4()
    words = [f"{number:06} {'x' * 50} " for number in range(12_000)]
    endpoint.script(Script(words))
    fast = visit(alice).open(thread_id, subscribe=0)
    before = {id(each) for each in connections()}
    slow = reader(thread_id)
    (connection,) = [each for each in connections() if id(each) not in before]
    slow.subscribe(0)
    fast.say("Much")
    most = 0

    def measure(here: process.Process) -> int:
        _, mailbox = here.hub._users[alice.pk]  # in the order in which they came
        return int(mailbox._bytes) + connection._unsent()

    deadline = time.monotonic() + 60
    ended = False
    while not ended and time.monotonic() < deadline:
        try:
            fast.ended(0.2)
            ended = True
        except TimeoutError:
            pass
        slow.read(200)  # 1 KB a second
        most = max(most, int(str(asked(measure))))
    assert ended
    text = fast.text()
    assert text == "".join(words)
    assert len(text) > 5 * most / 10, "there was more to send than was kept"
    assert most < MEGABYTE - hub.HAND_BYTES
    assert len(slow.numbers) < len(fast.events) / 2, "it is far behind"
    last = fast.events[-1]["seq"]
    slow.read_until(lambda: slow.numbers[-1:] == [last])
    assert slow.numbers == [event["seq"] for event in fast.events]


def test_client_that_reads_nothing_is_cut_off_and_may_come_back(
    visit: Visit, alice: User, endpoint: ScriptedModel, reader: Callable[[UUID], Reader], settings: Settings
) -> None:
    settings.SLOW_READER_SECONDS = 1
    thread_id = uuid4()
    endpoint.script(Script(["word " * 20] * 8000))
    fast = visit(alice).open(thread_id, subscribe=0)
    stuck = reader(thread_id)
    stuck.subscribe(0)
    fast.say("Much")
    fast.ended(30)
    deadline = time.monotonic() + 10
    while followers(alice) != 1:
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.05)
    assert stuck.read_all() == protocol.TOO_SLOW, "should it read on, it is told why"
    assert 0 < len(stuck.numbers) < len(fast.events)
    again = reader(thread_id)
    again.subscribe(stuck.numbers[-1])
    again.read_until(lambda: again.numbers[-1:] == [fast.events[-1]["seq"]])
    assert [*stuck.numbers, *again.numbers] == [event["seq"] for event in fast.events]


def test_client_that_never_reads_again_is_let_go(
    visit: Visit,
    alice: User,
    endpoint: ScriptedModel,
    reader: Callable[[UUID], Reader],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SLOW_READER_SECONDS = 1
    monkeypatch.setattr(transport, "LINGER_SECONDS", 0.2)
    thread_id = uuid4()
    endpoint.script(Script(["word " * 20] * 8000))
    fast = visit(alice).open(thread_id, subscribe=0)
    before = {id(each) for each in connections()}
    reader(thread_id).subscribe(0)
    (connection,) = [each for each in connections() if id(each) not in before]
    fast.say("Much")
    fast.ended(30)
    deadline = time.monotonic() + 10
    while not connection.disconnected:
        assert time.monotonic() < deadline, "its buffers are kept for ever"
        time.sleep(0.05)


def test_client_that_goes_while_it_is_answered_leaves_the_hub(visit: Visit, alice: User) -> None:
    thread_id = uuid4()
    for _ in range(20):
        gone = Reader(visit(alice), thread_id)
        gone.subscribe(0)
        gone.ask("run.stop", 4)
        gone.close(abruptly=True)
    deadline = time.monotonic() + 10
    while followers(alice):
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.05)
