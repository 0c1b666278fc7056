"""Too many commands: refused with a sentence, and whoever does not listen to that is cut off."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import pytest
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed

from chatapp.models import Message, User
from chatapp.streaming import commands, limits, protocol
from chatapp.streaming.limits import Allowance, Verdict
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Json, Visitor
from tests.test_runs_live import wait_until
from tests.test_transport import followers

Visit = Callable[[User | None], Visitor]


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def allowance(clock: Clock, settings: Settings) -> Allowance:
    """Ten commands a second, forty at once."""
    settings.COMMANDS_PER_SECOND, settings.COMMANDS_BURST = 10, 40
    return Allowance(clock)


def test_burst_goes_and_then_as_many_as_the_time_brings(allowance: Allowance, clock: Clock) -> None:
    assert [allowance.spend(1) for _ in range(41)] == [Verdict.GO] * 40 + [Verdict.WAIT]
    clock.now += 0.31
    assert [allowance.spend(1) for _ in range(4)] == [Verdict.GO] * 3 + [Verdict.WAIT]
    clock.now += 3600
    assert [allowance.spend(1) for _ in range(41)] == [Verdict.GO] * 40 + [Verdict.WAIT]


def test_users_have_buckets_of_their_own(allowance: Allowance) -> None:
    while allowance.spend(1) is Verdict.GO:
        pass
    assert allowance.spend(2) is Verdict.GO


def test_whoever_hammers_on_is_cut_off_until_the_minute_is_over(allowance: Allowance, clock: Clock) -> None:
    verdicts = [allowance.spend(1) for _ in range(40 + limits.HAMMERING + 2)]
    assert verdicts == [Verdict.GO] * 40 + [Verdict.WAIT] * limits.HAMMERING + [Verdict.CUT] * 2
    clock.now += 1
    assert [allowance.spend(1) for _ in range(11)] == [Verdict.GO] * 10 + [Verdict.CUT]
    clock.now += limits.WINDOW_SECONDS
    assert [allowance.spend(1) for _ in range(41)] == [Verdict.GO] * 40 + [Verdict.WAIT]


def test_buckets_are_forgotten_when_they_are_as_good_as_new(allowance: Allowance, clock: Clock) -> None:
    for user_id in range(1000):
        allowance.spend(user_id)
        clock.now += 1
    assert len(allowance) <= limits.WINDOW_SECONDS + 1


def test_number_of_buckets_is_bounded(allowance: Allowance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUCKETS", 100)
    for user_id in range(1000):
        allowance.spend(user_id)
    assert len(allowance) == 100


def test_no_limit_is_no_limit(allowance: Allowance, settings: Settings) -> None:
    settings.COMMANDS_PER_SECOND = 0
    assert {allowance.spend(1) for _ in range(1000)} == {Verdict.GO}
    assert len(allowance) == 0


def start(number: int) -> str:
    """A frame that would begin a thread's next message."""
    message = {"id": str(uuid4()), "type": "human", "content": f"Message {number}"}
    params = {"assistant_id": "chat", "input": {"messages": [message]}}
    return json.dumps({"id": number, "method": "run.start", "params": params})


def test_command_over_the_limit_is_refused_and_not_carried_out(
    visit: Visit, alice: User, bob: User, endpoint: ScriptedModel, settings: Settings
) -> None:
    settings.COMMANDS_PER_SECOND, settings.COMMANDS_BURST, settings.QUEUED_MESSAGES = 1, 4, 100
    endpoint.rule("Message", Script("an answer", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id)
    for number in range(30):
        socket.send(start(number))
    answers: list[Json] = []
    while len(answers) < 30:
        answers.append(socket.until(lambda frame: frame["type"] in ("success", "error")))
    taken = [each for each in answers if each["type"] == "success"]
    refused = [each for each in answers if each["type"] == "error"]
    assert 4 <= len(taken) < 20
    assert {(each["error"], each["message"]) for each in refused} == {("too_many_commands", commands.TOO_FAST)}
    assert sorted(each["id"] for each in answers) == list(range(30)), "each is told which one was refused"
    assert Message.objects.filter(thread_id=thread_id, role="user").count() == len(taken)
    # Over all sockets of the user, and of nobody else.
    assert visitor.open(uuid4()).command("run.stop")["error"] == "too_many_commands"
    assert visit(bob).open(uuid4()).command("subscription.subscribe", channels=["messages"])["type"] == "success"


def test_socket_that_hammers_is_closed(
    visit: Visit,
    alice: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(limits, "HAMMERING", 20)
    settings.COMMANDS_PER_SECOND, settings.COMMANDS_BURST = 1, 5
    visitor = visit(alice)
    socket = visitor.open(uuid4())
    with suppress(ConnectionClosed):  # it may be closed before all is sent
        for _ in range(60):
            socket.send("not even JSON")
    assert socket.closed() == protocol.TOO_FAST
    assert len(socket.frames) < 40
    assert "Exception in ASGI application" not in caplog.text, "what came after the limit is left alone"
    wait_until(lambda: followers(alice) == 0)
