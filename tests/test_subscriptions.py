"""Subscriptions of a socket: each event once, from where it was asked for; and when a socket must not live on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from chatapp import process
from chatapp.models import User
from chatapp.streaming import protocol
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import ALL, SECONDS, Json, Socket, Visitor

Visit = Callable[[User | None], Visitor]
TOKEN = "a" * 32


def post(visitor: Visitor, path: str, form: Json | None = None) -> int:
    """Post a form as the visitor's page would; return the status."""
    headers = {"cookie": f"{visitor.cookie}; csrftoken={TOKEN}", "x-csrftoken": TOKEN}
    return visitor.http.post(path, data=form or {}, headers=headers).status_code


def numbers(socket: Socket) -> list[int]:
    """The numbers of the events received so far, as they came."""
    return [each["seq"] for each in socket.events]


def subscribe(socket: Socket, *channels: str, since: int = 0) -> str:
    """Subscribe; return the subscription's id."""
    answer = socket.command("subscription.subscribe", channels=list(channels), since=since)
    return str(answer["result"]["subscription_id"])


def a_turn(visitor: Visitor, thread_id: UUID, endpoint: ScriptedModel) -> list[Json]:
    """Let a message be answered; return the numbered events of that turn."""
    socket = visitor.open(thread_id, subscribe=visitor.state(thread_id)["last_seq"] if endpoint.requests else 0)
    endpoint.script(Script("One two three."))
    socket.say("Hello")
    socket.ended()
    # Events that nobody reads would keep its end from being read.
    socket.connection.close()
    return socket.events


def refusal(answer: Json) -> tuple[str, str]:
    return answer["type"], answer.get("error", "")


def test_event_comes_once_over_overlapping_subscriptions(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    one, two = visitor.open(thread_id, subscribe=0), visitor.open(thread_id)
    for channels in (ALL, ["messages"], ["messages", "lifecycle"], ["custom:attempt"]):
        subscribe(two, *channels)
    endpoint.script(Script("One two three.", held=True))
    one.say("Hello")
    endpoint.wait_for(lambda: endpoint.requests)
    # In the middle of the run, so that what it said is replayed and what it will say comes live.
    endpoint.release(2)
    one.until(lambda frame: "two" in str(frame))
    late = visitor.open(thread_id)
    for channels in (["messages"], ALL, ["messages", "lifecycle"]):
        subscribe(late, *channels)
    endpoint.release()
    for socket in (one, two, late):
        assert socket.ended()["event"] == "completed"
    assert len(numbers(one)) > 5
    assert one.text() == two.text() == "One two three."
    assert numbers(one) == sorted(set(numbers(one))) == numbers(two)
    # A later subscription brings what an earlier one of the socket did not want: out of order, and still once.
    assert sorted(numbers(late)) == numbers(one)


def test_subscription_gets_what_it_asked_for(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    turn = a_turn(visitor, thread_id, endpoint)
    cases: dict[tuple[str, ...], list[int]] = {
        ("custom:attempt",): [each["seq"] for each in turn if each["params"]["data"].get("name") == "attempt"],
        ("custom",): [each["seq"] for each in turn if each["method"] == "custom"],
        ("lifecycle",): [each["seq"] for each in turn if each["method"] == "lifecycle"],
        ("messages", "custom:answer"): [
            each["seq"]
            for each in turn
            if each["method"] == "messages" or each["params"]["data"].get("name") == "answer"
        ],
        ("custom:nobody", "values"): [],
    }
    assert len(cases["custom:attempt",]) == 1
    assert len(cases["custom",]) > 1
    for channels, expected in cases.items():
        socket = visitor.open(thread_id)
        answer = socket.command("subscription.subscribe", channels=list(channels))
        assert answer["result"]["replayed_events"] == len(expected), channels
        assert numbers(socket) == expected, channels


def test_subscription_begins_above_the_number_it_names(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    all_of_it = [each["seq"] for each in a_turn(visitor, thread_id, endpoint)]
    for since in (0, *all_of_it):
        socket = visitor.open(thread_id, subscribe=since)
        assert numbers(socket) == [each for each in all_of_it if each > since]


def test_reconnect_replaces_the_subscription_it_names(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    all_of_it = [each["seq"] for each in a_turn(visitor, thread_id, endpoint)]
    socket = visitor.open(thread_id, subscribe=all_of_it[-1])
    for named in ({"subscription_id": "s1"}, {"subscription_id": "s-of-an-earlier-socket"}, {}):
        middle = all_of_it[len(all_of_it) // 2]
        answer = socket.command("subscription.reconnect", channels=ALL, since=middle, **named)
        assert answer["type"] == "success", named
    assert refusal(socket.command("subscription.unsubscribe", subscription_id="s1"))[1] == "no_such_subscription"


def test_nothing_comes_after_unsubscribing(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    a_turn(visitor, thread_id, endpoint)
    socket = visitor.open(thread_id)
    name = subscribe(socket, *ALL, since=visitor.state(thread_id)["last_seq"])
    assert socket.command("subscription.unsubscribe", subscription_id=name)["result"] == {}
    a_turn(visitor, thread_id, endpoint)
    again = socket.command("subscription.unsubscribe", subscription_id=name)
    assert refusal(again) == ("error", "no_such_subscription")
    assert numbers(socket) == []


def test_number_of_subscriptions_is_bounded(visit: Visit, alice: User) -> None:
    socket = visit(alice).open(uuid4())
    names = [subscribe(socket, "messages") for _ in range(protocol.MAX_SUBSCRIPTIONS)]
    refused = socket.command("subscription.subscribe", channels=["messages"])
    assert refusal(refused) == ("error", "invalid_argument")
    socket.command("subscription.unsubscribe", subscription_id=names[0])
    assert subscribe(socket, "messages") not in names


def test_number_of_subscriptions_sent_in_a_row_is_bounded(visit: Visit, alice: User) -> None:
    socket = visit(alice).open(uuid4())
    asked = protocol.MAX_SUBSCRIPTIONS * 2
    for number in range(1, asked + 1):
        socket.send(f'{{"id": {number}, "method": "subscription.subscribe", "params": {{"channels": ["messages"]}}}}')
    answers: list[Json] = []
    while len(answers) < asked:
        answers.append(socket.until(lambda frame: frame["type"] in ("success", "error")))
    assert sum(each["type"] == "success" for each in answers) <= protocol.MAX_SUBSCRIPTIONS


def test_refused_reconnect_leaves_the_subscription(visit: Visit, alice: User) -> None:
    socket = visit(alice).open(uuid4())
    name = subscribe(socket, *ALL)
    refused = socket.command("subscription.reconnect", channels=["nonsense"], since=0, subscription_id=name)
    assert refusal(refused) == ("error", "invalid_argument")
    assert socket.command("subscription.unsubscribe", subscription_id=name)["type"] == "success"


def test_signing_out_closes_the_sockets_of_the_user_only(visit: Visit, alice: User, bob: User) -> None:
    leaving, staying, stranger = visit(alice), visit(alice), visit(bob)
    sockets = [leaving.open(uuid4()), leaving.open(uuid4()), staying.open(uuid4())]
    other = stranger.open(uuid4())
    assert post(leaving, "/accounts/logout/") == 302
    assert [socket.closed() for socket in sockets] == [protocol.RESTARTING] * 3
    # They reconnect, and only who is still signed in stays.
    assert leaving.open(uuid4()).closed() == protocol.SIGNED_OUT
    assert subscribe(staying.open(uuid4()), *ALL)
    assert subscribe(other, *ALL)


@pytest.fixture
def checks(live: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's check of sign-ins, run every few milliseconds beside its own."""
    monkeypatch.setattr(process, "SESSION_CHECK_SECONDS", 0.02)
    begun: SimpleQueue[tuple[bool, asyncio.Task[None]]] = SimpleQueue()

    def begin(here: process.Process) -> None:
        own = any(task.get_name() == "sign-outs" and not task.done() for task in here._tasks.values())
        begun.put((own, asyncio.create_task(here._check_sessions())))

    process.tell(begin)
    own, task = begun.get(timeout=SECONDS)
    assert own
    yield
    assert not task.done()

    def end(_: process.Process) -> None:
        task.cancel()

    process.tell(end)


def session_key(visitor: Visitor) -> str:
    return visitor.cookie.removeprefix(f"{settings.SESSION_COOKIE_NAME}=")


def disable(user: User, _: Visitor) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User, _: Visitor) -> None:
    user.set_password("another horse battery")
    user.save(update_fields=["password"])


def end_session(_: User, visitor: Visitor) -> None:
    assert Session.objects.filter(session_key=session_key(visitor)).delete()[0] == 1


def expire_session(_: User, visitor: Visitor) -> None:
    past = Session.objects.get(session_key=session_key(visitor)).expire_date.replace(year=2000)
    assert Session.objects.filter(session_key=session_key(visitor)).update(expire_date=past) == 1


def remove(user: User, _: Visitor) -> None:
    user.delete()


@pytest.mark.parametrize("end", [disable, change_password, end_session, expire_session, remove])
def test_socket_ends_with_its_sign_in(
    visit: Visit, alice: User, bob: User, checks: None, end: Callable[[User, Visitor], None]
) -> None:
    visitor, other = visit(alice), visit(bob)
    socket, staying = visitor.open(uuid4()), other.open(uuid4())
    assert subscribe(socket, *ALL)
    end(alice, visitor)
    assert socket.closed(SECONDS) == protocol.RESTARTING
    assert visitor.open(uuid4()).closed() == protocol.SIGNED_OUT
    assert subscribe(staying, *ALL)
