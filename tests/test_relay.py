"""Two processes: one executes a run, sockets of the other follow it. By Redis, and by polling the log without it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
import redis
from pytest_django import Settings

from chatapp import keys, process
from chatapp.models import EventBatch, Fence, Run, User
from chatapp.streaming import protocol, relay
from tests.conftest import ThreadedServer, quiet
from tests.redis_server import RedisServer
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Json, Socket, Visitor

Both = tuple[Visitor, Visitor]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@contextmanager
def another_server() -> Iterator[tuple[int, process.Process]]:
    server, before = ThreadedServer(), list(process._serving)
    port = server.start()
    (loop,) = process._serving
    try:
        yield port, process._processes[loop]
    finally:
        server.stop()
        process._serving[:] = before


@pytest.fixture
def apart(live: int, alice: User) -> Iterator[Both]:
    """Alice at two processes that share a database only."""
    with another_server() as (port, _):
        yield from at(live, port, alice)


@pytest.fixture
def together(live: int, alice: User, broker: RedisServer, settings: Settings) -> Iterator[Both]:
    """Alice at two processes with a relay between them."""
    settings.REDIS_URL = broker.url
    with another_server() as (one, here), another_server() as (two, there):
        soon(lambda: here.relay is not None and here.relay.healthy)
        soon(lambda: there.relay is not None and there.relay.healthy)
        yield from at(one, two, alice)


def at(one: int, two: int, user: User) -> Iterator[Both]:
    visitors = Visitor.of(one, user), Visitor.of(two, user)
    yield visitors
    for visitor in visitors:
        visitor.leave()
    quiet()


def soon(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def numbers(socket: Socket) -> list[int]:
    return [event["seq"] for event in socket.events]


def with_text(text: str) -> Callable[[Json], bool]:
    return lambda frame: frame.get("method") == "messages" and text in json.dumps(frame["params"])


def test_without_redis_the_other_process_brings_the_answer_by_polling(apart: Both, endpoint: ScriptedModel) -> None:
    thread_id = uuid4()
    follower, speaker = (visitor.open(thread_id, subscribe=0) for visitor in apart)
    endpoint.script(Script("one two three four", held=True))
    speaker.say("Count")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(2)
    started = time.monotonic()
    follower.until(with_text("two"))
    assert time.monotonic() - started < 3
    endpoint.release()
    assert speaker.ended()["event"] == "completed"
    assert follower.ended()["event"] == "completed"
    assert follower.text() == "one two three four"
    assert numbers(follower) == numbers(speaker) == list(range(1, len(numbers(speaker)) + 1))


def test_relay_brings_text_at_once_and_notices_too(together: Both, endpoint: ScriptedModel) -> None:
    thread_id = uuid4()
    follower, speaker = (visitor.open(thread_id, subscribe=0) for visitor in together)
    elsewhere = together[0].open(uuid4(), subscribe=0)
    for number in range(2):
        endpoint.script(Script("one two three four", held=True))
        before = len(endpoint.requests)
        speaker.say(f"Count {number}")
        endpoint.wait_for(lambda before=before: len(endpoint.requests) > before)  # type: ignore[misc]
        endpoint.release(2)
        follower.until(with_text("two"), seconds=0.9 * process.POLL_SECONDS)
        endpoint.release(2)
        assert follower.ended()["event"] == "completed"
        assert speaker.ended()["event"] == "completed"
    assert numbers(follower) == numbers(speaker) == list(range(1, len(numbers(speaker)) + 1))
    elsewhere.until(lambda frame: str(thread_id) in json.dumps(frame) and "thread" in json.dumps(frame))


def test_stop_and_delete_reach_the_process_that_executes(together: Both, endpoint: ScriptedModel) -> None:
    thread_id = uuid4()
    here, there = (visitor.open(thread_id, subscribe=0) for visitor in together)
    endpoint.script(Script("one two three four", held=True), Script("one two", held=True))
    there.say("Count")
    endpoint.wait_for(lambda: endpoint.requests)
    asked = time.monotonic()
    assert here.command("run.stop")["type"] == "success"
    assert there.ended()["event"] == "interrupted"
    assert time.monotonic() - asked < 1, "before the heartbeat"
    there.say("Again")
    endpoint.wait_for(lambda: len(endpoint.requests_for("Again")))
    token = together[0].http.get("/").cookies.get("csrftoken") or ""
    headers = {"x-csrftoken": token, "cookie": f"{together[0].cookie}; csrftoken={token}", "origin": together[0].origin}
    for verb in ("trash", "delete"):
        assert together[0].http.post(f"/t/{thread_id}/{verb}", headers=headers).status_code in (200, 204), verb
    assert there.closed() == 4404
    assert not Run.objects.filter(thread_id=thread_id).exists()


def test_redis_sees_no_text(together: Both, broker: RedisServer, endpoint: ScriptedModel) -> None:
    thread_id = uuid4()
    with broker.watched() as seen:
        follower, speaker = (visitor.open(thread_id, subscribe=0) for visitor in together)
        endpoint.script(Script("canary-answer here"))
        speaker.say("canary-question")
        assert follower.ended()["event"] == "completed"
        soon(lambda: f"thread.{thread_id}" in seen.read_text() and "PUBLISH" in seen.read_text().upper())
    assert "canary" in follower.text()
    assert "canary" not in seen.read_text()


def test_redis_gone_and_back_loses_nothing(together: Both, broker: RedisServer, endpoint: ScriptedModel) -> None:
    thread_id = uuid4()
    follower, speaker = (visitor.open(thread_id, subscribe=0) for visitor in together)
    speaker.say("Before")
    assert follower.ended()["event"] == "completed"
    broker.stop()
    try:
        for number in range(3):
            assert speaker.say(f"During {number}")["type"] == "success"
            said = time.monotonic()
            assert follower.ended()["event"] == "completed"
            assert time.monotonic() - said < 4
    finally:
        broker.start()
    (here,) = (process._processes[loop] for loop in process._serving)
    soon(lambda: here.relay is not None and here.relay.healthy)
    endpoint.script(Script("one two", held=True))
    speaker.say("After")
    endpoint.wait_for(lambda: endpoint.requests_for("After"))
    endpoint.release()
    assert follower.ended()["event"] == "completed"
    follower_numbers = numbers(follower)
    assert follower_numbers == list(range(1, len(follower_numbers) + 1))


def test_strange_messages_are_ignored(together: Both, broker: RedisServer) -> None:
    thread_id = uuid4()
    follower, speaker = (visitor.open(thread_id, subscribe=0) for visitor in together)
    with redis.Redis(port=broker.port) as client:
        (group,) = [name.decode() for name in client.pubsub_channels(f"*{relay.thread_group(thread_id)}")]
        for message in (b"", b"\x00", b"\x81\xa4from\xa1x", b"\x80", b"not msgpack at all"):
            assert client.publish(group, message) > 0
    speaker.say("Hello")
    assert follower.ended()["event"] == "completed"
    assert numbers(follower) == list(range(1, len(numbers(follower)) + 1))


def test_stopping_process_hands_its_run_over_at_once(
    live: int, alice: User, endpoint: ScriptedModel, settings: Settings
) -> None:
    settings.DRAIN_SECONDS = 0
    thread_id = uuid4()
    visitor = Visitor.of(live, alice)
    endpoint.script(Script("one two", held=True))
    with another_server() as (port, _):
        there = Visitor.of(port, alice)
        socket = there.open(thread_id, subscribe=0)
        socket.say("Hello")
        endpoint.wait_for(lambda: endpoint.requests)
        holder = Fence.objects.get(thread_id=thread_id).holder
        endpoint.script(Script("The whole answer."))
        again = visitor.open(thread_id, subscribe=0)  # before the end, which a replay would bring too early
        stopped = time.monotonic()
    assert again.ended()["event"] == "completed"
    assert time.monotonic() - stopped < 4, "not only when the lease had run out"
    assert again.text() == "The whole answer."
    assert holder is not None
    run = Run.objects.get(thread_id=thread_id)
    assert (run.attempt, run.handovers) == (2, 1)
    visitor.leave()
    quiet()


def test_stopping_process_lets_its_runs_end(
    live: int, alice: User, endpoint: ScriptedModel, settings: Settings
) -> None:
    settings.DRAIN_SECONDS = 20
    thread_id = uuid4()
    endpoint.script(Script("one two", held=True))
    with another_server() as (port, here):
        there = Visitor.of(port, alice)
        socket = there.open(thread_id, subscribe=0)
        socket.say("Hello")
        endpoint.wait_for(lambda: endpoint.requests)

        def release_when_draining() -> None:
            soon(lambda: here.draining)
            endpoint.release()

        releasing = threading.Thread(target=release_when_draining)
        releasing.start()
    releasing.join()
    run = Run.objects.get(thread_id=thread_id)
    assert (run.state, run.attempt) == (Run.State.DONE, 1)


def test_event_that_comes_early_waits_for_those_before_it(live: int, alice: User) -> None:
    """What another process sent before this one listened is in the log a moment later."""
    visitor, thread_id = Visitor.of(live, alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    run_id = UUID(socket.say("Hello")["result"]["run_id"])
    socket.ended()
    last = numbers(socket)[-1]
    *missing, early = (protocol.custom(last + number, "note", {}) for number in (1, 2, 3))
    process.tell(lambda here: here.hub.deliver(relay.Address(alice.pk, thread_id), early))
    with pytest.raises(TimeoutError):
        socket.until(lambda frame: frame.get("seq") == last + 3, seconds=0.5)
    body = keys.thread_sealer(alice.pk, thread_id).seal(
        b"[" + b",".join(event.frame for event in missing) + b"]", "event", "body", f"{last + 1}-{last + 2}"
    )
    EventBatch.objects.create(thread_id=thread_id, run_id=run_id, first_seq=last + 1, last_seq=last + 2, body=body)
    socket.until(lambda frame: frame.get("seq") == last + 3, seconds=3)
    assert numbers(socket) == list(range(1, last + 4))
    visitor.leave()
    quiet()
