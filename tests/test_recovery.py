"""What is found by those who come after: partial ends, damaged state, lost jobs, broken writers. Each was a bug."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import Settings

from chatapp import claims, endings, jobs, postgres, process, runs
from chatapp.execution import Execution
from chatapp.logs import ContentFree
from chatapp.models import EventBatch, Fence, Message, ModelCall, Run, Thread, User
from chatapp.streaming import events
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import ALL, Json, Visitor

Visit = Callable[[User | None], Visitor]


def texts(state: Json) -> list[tuple[str, str, str]]:
    return [(each["role"], each["text"], each["status"]) for each in state["messages"]]


@pytest.mark.parametrize("script", [Script(status=401), Script("one two three", cut_after=2)], ids=["none", "partial"])
def test_partial_end_that_was_not_committed_is_asked_again(
    visit: Visit,
    alice: User,
    endpoint: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    script: Script,
) -> None:
    """The process dies between the partial checkpoint and the end of the run."""
    settings.LEASE_SECONDS = 1
    real, calls = endings.finish, []

    def dies_once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise RuntimeError("killed here")
        return real(*arguments)

    monkeypatch.setattr(endings, "finish", dies_once)
    endpoint.script(script)
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Question")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.script(Script("The whole answer."))
    assert socket.ended(30)["event"] == "completed"
    assert len(calls) == 2, "the first end was lost"
    assert texts(visitor.state(thread_id)) == [("user", "Question", "done"), ("assistant", "The whole answer.", "done")]
    sent = [(each["role"], each["content"]) for each in endpoint.requests_for("Question")[-1].messages[1:]]
    assert sent == [("user", "Question")]


def test_stop_in_place_of_a_dead_process_keeps_what_was_streamed(
    visit: Visit, alice: User, endpoint: ScriptedModel, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 1
    endpoint.script(Script("half an answer", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    run_id = socket.say("Question")["result"]["run_id"]
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(1)
    seen = socket.until(lambda frame: "half" in str(frame.get("params")))["seq"]
    soon(lambda: EventBatch.objects.filter(thread_id=thread_id, last_seq__gte=seen).exists())
    Run.objects.filter(id=run_id).update(stop_requested=True)
    Fence.objects.filter(thread_id=thread_id).update(epoch=F("epoch") + 1, holder=uuid4(), lease_until=Now())
    assert socket.ended(20)["event"] == "interrupted"
    assert socket.text(run_id) == "half "
    assert texts(visitor.state(thread_id))[1:] == [("assistant", "half ", "stopped")]
    assert len(endpoint.requests_for("Question")) == 1


def test_run_on_a_damaged_state_ends_and_says_so(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("One")
    socket.ended()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM checkpoints WHERE thread_id = %s", [str(thread_id)])
        assert cursor.rowcount > 0
    process.tell(lambda here: here.runner.tips.drop(str(thread_id)))  # as after a restart
    socket.say("Two")
    assert socket.ended()["kind"] == "internal"
    assert texts(visitor.state(thread_id))[-2:] == [("user", "Two", "done"), ("assistant", "", "failed")]


def test_run_without_a_job_is_found_by_the_lookout(visit: Visit, alice: User) -> None:
    """It was accepted where there was no room, and somebody emptied the queue."""
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    with transaction.atomic(), connection.cursor() as cursor:
        runs.accept(alice.pk, thread_id, runs.Question(uuid4(), "Hello", "scripted"), FULL)
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [jobs.CLAIM])
        assert cursor.rowcount == 1
    assert socket.ended()["event"] == "completed"


def test_run_that_cannot_be_read_holds_up_no_other(visit: Visit, alice: User, caplog: pytest.LogCaptureFixture) -> None:
    visitor, damaged, sound = visit(alice), uuid4(), uuid4()
    socket = visitor.open(sound, subscribe=0)
    with transaction.atomic():
        run_id = runs.accept(alice.pk, damaged, runs.Question(uuid4(), "Hello", "scripted"), FULL).run_id
        Message.objects.filter(thread_id=damaged).update(body=b"not sealed")
        runs.accept(alice.pk, sound, runs.Question(uuid4(), "Hello", "scripted"), FULL)
    assert socket.ended()["event"] == "completed"
    soon(lambda: f"Run {run_id} cannot be read" in caplog.text)
    assert Run.objects.get(id=run_id).state == Run.State.QUEUED


def test_socket_whose_writer_broke_is_closed(visit: Visit, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, thread_id = visit(alice), uuid4()
    with monkeypatch.context() as patched:

        def away(*_: object) -> None:
            raise OperationalError("the database is away")

        patched.setattr(events, "is_complete_after", away)
        socket = visitor.open(thread_id)
        socket.send('{"id": 1, "method": "subscription.subscribe", "params": {"channels": ["messages"]}}')
        assert socket.closed() == 1012
    again = visitor.open(thread_id, subscribe=0)
    again.say("Hello")
    assert again.ended()["event"] == "completed"


def test_second_subscription_gets_what_the_first_began_after(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    first = visitor.open(thread_id, subscribe=0)
    first.say("Hello")
    first.ended()
    numbers = [event["seq"] for event in first.events]
    socket = visitor.open(thread_id)
    socket.command("subscription.subscribe", channels=ALL, since=numbers[-1])
    later = socket.command("subscription.subscribe", channels=ALL, since=0)
    assert later["result"]["replayed_events"] == len(numbers)
    assert [event["seq"] for event in socket.events] == numbers


def test_since_from_the_future_is_a_gap(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Hello")
    socket.ended()
    late = visitor.open(thread_id)
    assert late.command("subscription.subscribe", channels=ALL, since=10**12)["error"] == "resume_gap"


def test_no_queue_still_takes_a_first_message(visit: Visit, alice: User, settings: Settings) -> None:
    settings.QUEUED_MESSAGES = 0
    socket = visit(alice).open(uuid4(), subscribe=0)
    assert socket.say("Hello")["type"] == "success"
    assert socket.ended()["event"] == "completed"


def test_queued_message_follows_at_once_although_the_process_is_full(
    visit: Visit, alice: User, endpoint: ScriptedModel, settings: Settings
) -> None:
    settings.CONCURRENT_RUNS = 1
    endpoint.script(Script("first", held=True))
    socket = visit(alice).open(uuid4(), subscribe=0)
    socket.say("One")
    endpoint.wait_for(lambda: endpoint.requests)
    socket.say("Two")
    endpoint.release()
    socket.ended()
    assert socket.ended(3)["event"] == "completed"


def test_title_that_the_model_has_not_is_asked_for_once(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.rule("\n\nAssistant: ", Script("", finish="stop"))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    for number in range(3):
        socket.say(f"Question {number}")
        socket.ended()
        if number == 0:
            endpoint.wait_for(lambda: [each for each in endpoint.requests if "short title" in str(each.messages[0])])
            wait_for_title(thread_id)
    asked = [each for each in endpoint.requests if "short title" in str(each.messages[0])]
    assert len(asked) == 1
    assert visitor.http.get("/threads").json()["threads"][0]["title"] == "Question 0"


def test_tokens_of_a_failed_answer_are_counted(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("", usage=True))
    thread_id = uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    socket.say("Hello")
    assert socket.ended()["kind"] == "empty"
    assert ModelCall.objects.filter(thread_id=thread_id, purpose="answer", input_tokens__gt=0).count() == 1


def test_each_question_knows_its_checkpoint(visit: Visit, alice: User) -> None:
    thread_id = uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    for text in ("One", "Two"):
        socket.say(text)
        socket.ended()
    known = Message.objects.filter(thread_id=thread_id).values_list("checkpoint_id", flat=True)
    assert None not in known
    assert len(set(known)) == 4
    assert Fence.objects.get(thread_id=thread_id).tip_checkpoint_id in known


def test_run_in_a_trashed_thread_can_be_stopped(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("one two", held=True))
    thread_id = uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    run_id = socket.say("Count")["result"]["run_id"]
    endpoint.wait_for(lambda: endpoint.requests)
    Thread.objects.filter(id=thread_id).update(trashed_at="2026-01-01T00:00:00Z")
    assert socket.command("run.stop")["type"] == "success"
    assert socket.ended()["run_id"] == run_id


async def test_stale_stream_ends_its_own_execution_only(alice: User, transactional_db: None) -> None:
    """A flush of an old execution is refused while a newer one of the same thread runs in the same process."""
    runner = process.Process().runner
    thread_id = uuid4()
    question = runs.Question(uuid4(), "Hello", "scripted")
    claim = await postgres.call(runs.accept, alice.pk, thread_id, question, runner.desk)
    assert claim.claim is not None
    old, new = (Execution(claim.claim, runner._workplace) for _ in range(2))
    runner._executions[thread_id] = new
    runner._stale(old.stream.events)
    assert not new._abandoned
    runner._stale(new.stream.events)
    assert new._abandoned
    await postgres.close()


def test_beats_and_flushes_do_not_wait_for_each_other(alice: User, live: int, alone: None, settings: Settings) -> None:
    """Both lock many fences; in different orders they would deadlock."""
    settings.USER_RUNS = 0
    desk = claims.Desk(uuid4(), room=True)
    taken = [runs.accept(alice.pk, uuid4(), runs.Question(uuid4(), "Hello", "scripted"), desk).claim for _ in range(40)]
    held = {claim.thread_id: claim.epoch for claim in taken if claim is not None}
    assert len(held) == 40

    async def both() -> None:
        await asyncio.gather(*(once(number) for number in range(40)))

    async def once(number: int) -> None:
        shuffled = dict(sorted(held.items(), key=lambda item: hash((item[0], number))))
        if number % 2:
            renewed, _ = await postgres.call(runs.heartbeat, desk.holder, shuffled)
            assert len(renewed) == 40
            return
        parameters: dict[str, object] = {
            "threads": list(shuffled),
            "epochs": list(shuffled.values()),
            "runs": [uuid4() for _ in shuffled],
            "firsts": [number * 10 + 1] * 40,
            "lasts": [number * 10 + 2] * 40,
            "bodies": [b"x"] * 40,
        }
        async with (await postgres.pool()).connection() as conn, conn.transaction():
            cursor = await conn.execute(events._FLUSH, parameters, binary=True)
            assert len(await cursor.fetchall()) == 40

    async def run() -> None:
        try:
            await both()
        finally:
            await postgres.close()

    asyncio.run(run())


def test_log_of_an_exception_has_its_class_and_not_its_message() -> None:
    try:
        try:
            raise ValueError("marked content")
        except ValueError as error:
            raise KeyError("more marked content") from error
    except KeyError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "A run failed", (), (KeyError, error, error.__traceback__)
        )
    told = ContentFree().format(record)
    assert "marked" not in told.replace('raise ValueError("marked content")', "").replace(
        'raise KeyError("more marked content") from error', ""
    )
    assert "ValueError" in told
    assert "KeyError" in told
    assert "test_recovery.py" in told


FULL = claims.Desk(uuid4(), room=False)


def wait_for_title(thread_id: UUID) -> None:
    soon(lambda: Thread.objects.filter(id=thread_id, titled=True).exists())


def soon(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Until something that no socket tells has happened."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
