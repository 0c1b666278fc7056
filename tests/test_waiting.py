"""Messages that wait: changed, removed, sent now, from any tab, as long as nobody has taken them up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction

from chatapp import access, endings, runs, threads, waiting
from chatapp.claims import Claim
from chatapp.models import Message, Run, User
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Json, Socket, Visitor
from tests.test_runs import HERE, ask, claimed, ending, expire
from tests.test_waiting_message import wait_until_someone_waits

Visit = Callable[[User | None], Visitor]
alone = pytest.mark.usefixtures("alone", "transactional_db")


def queued(user: User, thread_id: UUID, text: str) -> UUID:
    """Ask while another run is active; the message's id."""
    message_id = uuid4()
    assert ask(user, thread_id, text, message_id=message_id).waits
    return message_id


def shown(user: User, thread_id: UUID) -> list[str]:
    return [str(each["text"]) for each in threads.state(user.pk, thread_id)["messages"]]


@alone
def test_edited_message_is_asked_as_it_was_edited(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    message_id = queued(alice, thread_id, "Two")
    _, before = threads.glance(alice.pk, thread_id)
    waiting.edit(alice.pk, thread_id, message_id, "Two, better")
    _, after = threads.glance(alice.pk, thread_id)
    assert [(each["id"], each["text"]) for each in after] == [(str(message_id), "Two, better")]
    assert before[0]["version"] != after[0]["version"]
    assert shown(alice, thread_id) == ["One", "Two, better"]
    following = endings.finish(claim, ending(claim), HERE)
    assert following is not None
    assert following.question == "Two, better"


@alone
def test_removed_message_is_not_asked(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    message_id = queued(alice, thread_id, "Two")
    third = queued(alice, thread_id, "Three")
    waiting.remove(alice.pk, thread_id, message_id)
    assert not Message.objects.filter(id=message_id).exists()
    following = endings.finish(claim, ending(claim), HERE)
    assert following is not None
    assert following.message_id == third


@alone
def test_message_sent_now_comes_before_those_that_wait_longer(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    second, third, fourth = (queued(alice, thread_id, text) for text in ("Two", "Three", "Four"))
    assert waiting.send_now(alice.pk, thread_id, third) == claim.run_id
    assert Run.objects.get(id=claim.run_id).stop_requested
    assert waiting.send_now(alice.pk, thread_id, fourth) == claim.run_id
    order = []
    following: Claim | None = claim
    while following is not None:
        order.append(following.message_id)
        following = endings.finish(following, ending(following), HERE)
    assert order == [claim.message_id, fourth, third, second]


@alone
def test_message_sent_now_does_not_come_before_the_run_that_is_active(alice: User) -> None:
    """Its place among those that wait may be older than the active run's; that one still is the thread's only one."""
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    second, third = (queued(alice, thread_id, text) for text in ("Two", "Three"))
    waiting.send_now(alice.pk, thread_id, third)
    active = endings.finish(claim, ending(claim), HERE)
    assert active is not None
    assert active.message_id == third
    fourth = queued(alice, thread_id, "Four")
    waiting.send_now(alice.pk, thread_id, fourth)
    Run.objects.filter(message_id=fourth).update(created_at="2020-01-01T00:00:00Z")
    expire(thread_id)
    assert runs.untaken(10) == [active.run_id]
    assert runs.recover(Run.objects.get(message_id=fourth).id, HERE) is None
    assert runs.recover(active.run_id, HERE) is not None
    assert shown(alice, thread_id)[-3:] == ["Three", "Four", "Two"]
    assert second


@alone
def test_message_that_was_taken_up_or_answered_or_removed_does_not_wait(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    removed = queued(alice, thread_id, "Two")
    waiting.remove(alice.pk, thread_id, removed)
    for message_id in (claim.message_id, removed, uuid4()):
        with pytest.raises(waiting.NotWaiting):
            waiting.edit(alice.pk, thread_id, message_id, "Other")
        with pytest.raises(waiting.NotWaiting):
            waiting.remove(alice.pk, thread_id, message_id)
        with pytest.raises(waiting.NotWaiting):
            waiting.send_now(alice.pk, thread_id, message_id)
    assert shown(alice, thread_id) == ["One"]


@alone
def test_edit_while_the_message_is_taken_up_is_refused(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "One"))
    message_id = queued(alice, thread_id, "Two")

    def change() -> None:
        try:
            waiting.edit(alice.pk, thread_id, message_id, "Too late")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            following = endings.finish(claim, ending(claim), HERE)
            changing = pool.submit(change)
            wait_until_someone_waits()
        with pytest.raises(waiting.NotWaiting):
            changing.result(10)
    assert following is not None
    assert following.question == "Two"
    assert shown(alice, thread_id)[-1] == "Two"


@alone
def test_stranger_changes_nothing(alice: User, charlie: User) -> None:
    thread_id = uuid4()
    claimed(ask(alice, thread_id, "One"))
    message_id = queued(alice, thread_id, "Two")
    for verb in (waiting.remove, waiting.send_now):
        with pytest.raises(access.NotFound):
            verb(charlie.pk, thread_id, message_id)
    with pytest.raises(access.NotFound):
        waiting.edit(charlie.pk, thread_id, message_id, "Mine")
    assert shown(alice, thread_id) == ["One", "Two"]


@alone
def test_retry_that_waits_cannot_be_edited_and_its_message_stays_when_it_is_removed(alice: User) -> None:
    thread_id = uuid4()
    first = claimed(ask(alice, thread_id, "One"))
    endings.finish(first, ending(first), HERE)
    for _ in range(3):
        claimed(ask(alice, uuid4(), "Hello"))
    assert runs.retry(alice.pk, thread_id, first.message_id, "scripted", HERE).waits
    with pytest.raises(waiting.NotWaiting):
        waiting.edit(alice.pk, thread_id, first.message_id, "Other")
    waiting.remove(alice.pk, thread_id, first.message_id)
    assert shown(alice, thread_id) == ["One", "answer"]


def told(socket: Socket, *texts: str | None) -> Json:
    """Receive until a notice says that these messages wait."""

    def says(frame: Json) -> bool:
        data = frame.get("params", {}).get("data", {})
        return data.get("name") == "queue" and [each["text"] for each in data["payload"]["messages"]] == list(texts)

    return socket.until(says)


def test_every_tab_sees_at_once_what_is_changed_removed_and_sent_now(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(Script("one two three", held=True))
    endpoint.rule("Four", Script("four", held=True))
    thread_id, ids = uuid4(), [uuid4() for _ in range(3)]
    here, there = (visit(alice).open(thread_id, subscribe=0) for _ in range(2))
    here.say("One")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(1)
    for message_id, text in zip(ids, ("Two", "Three", "Four"), strict=True):
        here.say(text, message_id)
    told(there, "Two", "Three", "Four")
    assert here.command("queue.edit", message_id=str(ids[0]), content="Two\x00, better")["type"] == "success"
    told(there, "Two, better", "Three", "Four")
    assert here.command("queue.remove", message_id=str(ids[1]))["type"] == "success"
    told(there, "Two, better", "Four")
    assert here.command("queue.send_now", message_id=str(ids[2]))["type"] == "success"
    told(there, "Two, better")
    endpoint.release()
    for socket in (here, there):
        socket.until(lambda frame: "Answer to: Two, better" in str(frame))
        socket.ended()
    state = visit(alice).state(thread_id)
    assert [(each["text"], each["status"]) for each in state["messages"]] == [
        ("One", "done"),
        ("one ", "stopped"),
        ("Four", "done"),
        ("four", "done"),
        ("Two, better", "done"),
        ("Answer to: Two, better", "done"),
    ]
    for method, more in (("queue.edit", {"content": "x"}), ("queue.remove", {}), ("queue.send_now", {})):
        refused = here.command(method, message_id=str(ids[2]), **more)
        assert (refused["error"], refused["message"]) == ("invalid_argument", str(waiting.NotWaiting()))


def test_long_text_is_left_out_of_the_notice_and_its_version_tells_of_a_change(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(Script("one", held=True))
    thread_id, message_id = uuid4(), uuid4()
    visitor = visit(alice)
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("One")
    endpoint.wait_for(lambda: endpoint.requests)
    socket.say("x" * (threads.NOTICE_CHARS + 1), message_id)
    before = told(socket, None)["params"]["data"]["payload"]["messages"][0]
    assert visitor.state(thread_id)["messages"][-1]["version"] == before["version"]
    socket.command("queue.edit", message_id=str(message_id), content="y" * (threads.NOTICE_CHARS + 1))
    after = told(socket, None)["params"]["data"]["payload"]["messages"][0]
    assert after["id"] == before["id"]
    assert after["version"] != before["version"]
