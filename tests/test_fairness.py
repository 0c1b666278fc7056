"""How many answers one user, and all users, may have at a time, and who comes next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from pytest_django import Settings

from chatapp import endings, process, runner, runs, threads
from chatapp.models import Run, User
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor
from tests.test_runs import FULL, HERE, ask, claimed, ending, expire

Visit = Callable[[User | None], Visitor]
alone = pytest.mark.usefixtures("alone", "transactional_db")


def running(user: User) -> int:
    return Run.objects.filter(owner_id=user.pk, state=Run.State.RUNNING).count()


@alone
def test_user_has_three_runs_at_a_time_and_the_next_starts_when_one_ends(alice: User, bob: User) -> None:
    held = [claimed(ask(alice, uuid4(), "Hello")) for _ in range(3)]
    fourth, fifth = ask(alice, uuid4(), "Fourth"), ask(alice, uuid4(), "Fifth")
    assert (fourth.claim, fourth.waits, fifth.waits) == (None, True, True)
    assert ask(bob, uuid4(), "Of another user").claim is not None
    assert runs.untaken(10) == []
    assert runs.recover(fourth.run_id, HERE) is None
    endings.finish(held[0], ending(held[0]), HERE)
    assert runs.untaken(10) == [fourth.run_id], "one may start, and not both"
    assert runs.recover(fourth.run_id, HERE) is not None
    assert runs.recover(fifth.run_id, HERE) is None
    assert runs.untaken(10) == []
    assert running(alice) == 3


@alone
def test_limit_holds_over_threads_that_are_asked_at_once(alice: User) -> None:
    def send(_: int) -> runs.Accepted:
        try:
            return ask(alice, uuid4(), "Hello")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(send, range(24)))
        assert sum(each.claim is not None for each in accepted) == running(alice) == 3
        Run.objects.filter(state=Run.State.RUNNING).delete()

        def recover(each: runs.Accepted) -> bool:
            try:
                return runs.recover(each.run_id, HERE) is not None
            finally:
                connections.close_all()

        assert sum(pool.map(recover, accepted)) == running(alice) == 3


@alone
def test_limit_of_all_holds_for_everyone_at_once(settings: Settings) -> None:
    settings.TOTAL_RUNS = 4
    people = [User.objects.create_user(f"person{number}@example.org") for number in range(8)]

    def send(user: User) -> bool:
        try:
            return ask(user, uuid4(), "Hello").claim is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, people)) == 4
    assert runs.untaken(10) == []
    assert Run.objects.filter(state=Run.State.RUNNING).count() == 4


@alone
def test_no_limit_is_no_limit(alice: User, settings: Settings) -> None:
    settings.USER_RUNS = 0
    for _ in range(5):
        assert ask(alice, uuid4(), "Hello").claim is not None


@alone
def test_next_in_turn_is_who_has_fewest_and_then_who_waited_longest(alice: User, bob: User, charlie: User) -> None:
    claimed(ask(alice, uuid4(), "Hello"))
    of_alice = [ask(alice, uuid4(), "Hello", FULL).run_id for _ in range(3)]
    of_bob = [ask(bob, uuid4(), "Hello", FULL).run_id for _ in range(2)]
    of_charlie = [ask(charlie, uuid4(), "Hello", FULL).run_id for _ in range(4)]
    # Bob and Charlie have none: each one's first, then the second of each beside Alice's second, and so on.
    expected = [of_bob[0], of_charlie[0], of_alice[0], of_bob[1], of_charlie[1], of_alice[1], of_charlie[2]]
    assert runs.untaken(20) == expected
    assert runs.untaken(3) == expected[:3]


@alone
def test_limit_of_all_leaves_room_for_so_many_only(alice: User, bob: User, settings: Settings) -> None:
    settings.TOTAL_RUNS = 3
    claimed(ask(alice, uuid4(), "Hello"))
    of_alice = [ask(alice, uuid4(), "Hello", FULL).run_id for _ in range(2)]
    of_bob = ask(bob, uuid4(), "Hello", FULL).run_id
    assert runs.untaken(10) == [of_bob, of_alice[0]]
    assert runs.recover(of_alice[0], HERE) is not None
    assert runs.recover(of_bob, HERE) is not None
    assert runs.recover(of_alice[1], HERE) is None


@alone
def test_abandoned_run_is_taken_up_although_the_limit_is_reached(alice: User, settings: Settings) -> None:
    thread_id = uuid4()
    abandoned = claimed(ask(alice, thread_id, "Hello"))
    for _ in range(2):
        claimed(ask(alice, uuid4(), "Hello"))
    ask(alice, uuid4(), "It waits")
    expire(thread_id)
    settings.USER_RUNS = settings.TOTAL_RUNS = 2  # lowered meanwhile
    assert runs.untaken(10) == [abandoned.run_id]
    assert runs.recover(abandoned.run_id, HERE) is not None


@alone
def test_queued_message_of_a_thread_takes_the_place_of_the_run_before_it(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    for _ in range(2):
        claimed(ask(alice, uuid4(), "Hello"))
    second = ask(alice, thread_id, "Two")
    following = endings.finish(claim, ending(claim), HERE)
    assert following is not None
    assert following.run_id == second.run_id


@alone
def test_one_users_queue_does_not_keep_the_only_place_from_another(alice: User, bob: User, settings: Settings) -> None:
    settings.TOTAL_RUNS = 1
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    second = ask(alice, thread_id, "Two")
    of_bob = ask(bob, uuid4(), "Hello")
    assert of_bob.waits
    assert endings.finish(claim, ending(claim), HERE) is None
    assert runs.untaken(10) == [second.run_id], "both are without a run, and Alice's waited longer"
    Run.objects.filter(id=second.run_id).delete()
    assert runs.untaken(10) == [of_bob.run_id]


@alone
def test_retry_beyond_the_limit_waits_and_is_no_second_run(alice: User) -> None:
    thread_id = uuid4()
    first = claimed(ask(alice, thread_id, "One"))
    endings.finish(first, ending(first), HERE)
    for _ in range(3):
        claimed(ask(alice, uuid4(), "Hello"))
    waiting = runs.retry(alice.pk, thread_id, first.message_id, "scripted", HERE)
    assert (waiting.claim, waiting.waits) == (None, True)
    assert threads.glance(alice.pk, thread_id)[1] == [], "its message has its place in the conversation"
    again = runs.retry(alice.pk, thread_id, first.message_id, "scripted", HERE)
    assert (again.run_id, again.waits) == (waiting.run_id, True)


def start(visitor: Visitor, text: str) -> tuple[UUID, dict[str, object]]:
    """A message in a thread of its own, whose events nobody reads; the thread and what the command answered."""
    thread_id = uuid4()
    return thread_id, visitor.open(thread_id).say(text)["result"]


def test_message_beyond_the_limit_is_shown_as_queued_and_starts_by_itself(
    visit: Visit, alice: User, bob: User, endpoint: ScriptedModel
) -> None:
    endpoint.rule("Hold", Script("an answer", held=True))
    visitor = visit(alice)
    for _ in range(3):
        assert start(visitor, "Hold")[1]["queued"] is False
    endpoint.wait_for(lambda: len(endpoint.requests_for("Hold")) == 3)
    thread_id = uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    answer = socket.say("The fourth")
    assert answer["result"]["queued"] is True
    queue = socket.until(lambda frame: frame.get("method") == "custom" and frame["params"]["data"]["name"] == "queue")
    assert [each["text"] for each in queue["params"]["data"]["payload"]["messages"]] == ["The fourth"]
    state = visitor.state(thread_id)
    assert [(each["text"], each["status"]) for each in state["messages"]] == [("The fourth", "queued")]
    assert state["run"] is None
    of_bob, thread_of_bob = visit(bob), uuid4()
    other = of_bob.open(thread_of_bob, subscribe=0)
    assert other.say("Hello")["result"]["queued"] is False
    other.ended()
    assert not endpoint.requests_for("The fourth")
    endpoint.release()
    assert socket.ended(3)["event"] == "completed"


def test_retry_that_waits_is_shown_as_the_active_run_and_can_be_stopped(
    visit: Visit, alice: User, endpoint: ScriptedModel, settings: Settings
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    message_id = uuid4()
    socket.say("One", message_id)
    socket.ended()
    settings.USER_RUNS = 1
    endpoint.rule("Hold", Script("an answer", held=True))
    start(visitor, "Hold")
    endpoint.wait_for(lambda: endpoint.requests_for("Hold"))
    answer = socket.command("run.start", assistant_id="chat", input=None, metadata={"retry": str(message_id)})
    assert answer["result"]["queued"] is True
    state = visitor.state(thread_id)
    assert [(each["text"], each["status"]) for each in state["messages"]] == [("One", "running")]
    assert state["run"] == {"id": answer["result"]["run_id"], "message": str(message_id), "state": "queued"}
    assert socket.command("run.stop", run_id=answer["result"]["run_id"])["result"] == {"stopping": False}
    assert [each["role"] for each in visitor.state(thread_id)["messages"]] == ["user", "assistant"]


@pytest.fixture
def seldom(live: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server looks out only when something makes it."""
    looked = threading.Event()
    real = runs.untaken

    def noted(*arguments: Any) -> list[UUID]:
        looked.set()
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(runner, "LOOKOUT_SECONDS", 60.0)
        patched.setattr(runs, "untaken", noted)
        assert looked.wait(10), "from now on it waits for so long"
        yield
    process.tell(lambda here: here.runner._has_room_again.set())


def test_end_of_a_run_starts_what_waits_at_once(
    visit: Visit, alice: User, endpoint: ScriptedModel, seldom: None
) -> None:
    endpoint.rule("Hold", Script("an answer", held=True))
    visitor = visit(alice)
    for _ in range(3):
        start(visitor, "Hold")
    endpoint.wait_for(lambda: len(endpoint.requests_for("Hold")) == 3)
    socket = visitor.open(uuid4(), subscribe=0)
    assert socket.say("The fourth")["result"]["queued"] is True
    endpoint.release()
    assert socket.ended(5)["event"] == "completed"
