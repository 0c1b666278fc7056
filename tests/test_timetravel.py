"""Rolling back and undoing: what becomes of a thread, of what runs in it, and what is sent next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections

from chatapp import access, audit, holding, postgres, runs, threads, timetravel
from chatapp.claims import Desk
from chatapp.models import AuditEntry, EventBatch, Fence, Message, RestorePoint, Run, Thread, User
from tests.acting import (
    BY,
    CONVERSATION,
    act,
    by,
    checkpoints,
    ending,
    here,
    in_background,
    sent,
    shown,
    state,
    talk,
    texts,
    three_turns,
    tip,
)  # fmt: skip
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor
from tests.test_asking import asked, kept, opened, remember, respond

Visit = Callable[[User | None], Visitor]


@pytest.fixture
def thread_id(visit: Visit, alice: User) -> UUID:
    """Three turns."""
    return three_turns(visit(alice))


def test_what_is_said_next_builds_on_the_restored_state_and_an_undo_brings_the_rest_back(
    visit: Visit, alice: User, administrator: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    assert shown(thread_id) == CONVERSATION
    chosen, before = ending(thread_id, 1), tip(thread_id)
    preview = act(lambda: timetravel.preview(thread_id, chosen))
    assert (preview.leaves, preview.runs, preview.next, preview.hidden) == (4, (), (), False)
    assert preview.message == Thread.objects.get(id=thread_id).messages.order_by("created_at")[1].id
    restore_id = act(lambda: timetravel.roll_back(thread_id, chosen, by(administrator)))
    assert shown(thread_id) == CONVERSATION[:2]
    assert tip(thread_id) not in (before, chosen)
    assert texts(state(thread_id)) == ["One", "Answer to: One"]
    talk(here(visit, alice, thread_id), "Instead")
    assert sent(endpoint, "Instead") == ["One", "Answer to: One", "Instead"]
    act(lambda: timetravel.undo(thread_id, restore_id, by(administrator)))
    assert shown(thread_id) == CONVERSATION
    assert tip(thread_id) == before
    talk(here(visit, alice, thread_id), "Four")
    assert sent(endpoint, "Four") == [text for _, text in CONVERSATION] + ["Four"]
    assert Message.objects.filter(thread_id=thread_id).count() == 10, "nothing is deleted"
    assert Message.objects.get(id=preview.message).checkpoint_id == chosen
    said = AuditEntry.objects.filter(thread_id=thread_id).order_by("id").values_list("action", "actor_id", "owner_id")
    assert list(said) == [("roll_back", administrator.pk, alice.pk), ("undo", administrator.pk, alice.pk)]
    assert audit.verify().intact
    with pytest.raises(timetravel.Undone):
        act(lambda: timetravel.undo(thread_id, restore_id, BY))


def test_open_page_of_the_owner_is_told(visit: Visit, alice: User, thread_id: UUID) -> None:
    socket = here(visit, alice, thread_id)
    act(lambda: timetravel.roll_back(thread_id, ending(thread_id, 1), BY))
    socket.until(lambda frame: frame.get("params", {}).get("data", {}).get("name") == "refetch")


def test_rolled_back_into_the_middle_of_a_turn(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    """The calls that were open there are answered before the next question, or no provider would take it."""
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Alice is vegetarian."), Script("Kept."))
    socket.say("First")
    ((interrupt_id, _),) = asked(socket).items()
    respond(socket, interrupt_id, "accept")
    socket.ended()
    assert shown(thread_id) == [("user", "First"), ("assistant", "Noted.\n\nKept.")]
    middle = next(each for each in checkpoints(thread_id) if state(thread_id, each).next == ("tools",))
    restore_id = act(lambda: timetravel.roll_back(thread_id, middle, BY))
    assert shown(thread_id) == [("user", "First"), ("assistant", "Noted.")]
    assert Thread.objects.get(id=thread_id).head.status == Message.Status.STOPPED  # type: ignore[union-attr]
    assert act(lambda: timetravel.roll_back(thread_id, middle, BY)) == restore_id, "a second click changes nothing"
    talk(socket, "Second")
    messages = endpoint.requests_for("Second")[-1].messages
    called = [call["id"] for each in messages for call in each.get("tool_calls") or []]
    assert called == [each["tool_call_id"] for each in messages if each["role"] == "tool"] != []
    # The question alone: its turn had only begun.
    begun = checkpoints(thread_id)[0]
    assert state(thread_id, begun).next == ("__start__",)
    act(lambda: timetravel.roll_back(thread_id, begun, BY))
    assert shown(thread_id) == [("user", "First")]
    talk(socket, "Third")
    assert sent(endpoint, "Third") == ["First", "Third"], "the tree is the record"


def test_answer_under_way_ends_first_and_nothing_of_it_is_lost(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    socket = here(visit, alice, thread_id)
    endpoint.script(Script("So far so good", held=True))
    socket.say("Four")
    endpoint.wait_for(lambda: endpoint.requests_for("Four"))
    endpoint.release(2)
    socket.until(lambda frame: socket.text().endswith("So far "))
    queued = uuid4()
    assert socket.say("Queued", queued)["result"]["queued"] is True
    preview = act(lambda: timetravel.preview(thread_id, ending(thread_id, 1)))
    assert (len(preview.runs), preview.queued) == (1, 1)
    chosen = ending(thread_id, 1)
    restore_id = act(lambda: timetravel.roll_back(thread_id, chosen, BY))
    left = RestorePoint.objects.get(id=restore_id).from_head
    assert left is not None
    assert left.status == Message.Status.STOPPED
    # What waited goes on, on what is then shown.
    socket.until(lambda frame: frame.get("params", {}).get("data", {}).get("message_id") == str(queued))
    socket.ended()
    assert shown(thread_id) == [*CONVERSATION[:2], ("user", "Queued"), ("assistant", "Answer to: Queued")]
    assert sent(endpoint, "Queued") == ["One", "Answer to: One", "Queued"]
    assert Fence.objects.get(thread_id=thread_id).held_until is None


def test_waiting_run_ends_first(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    talk(socket, "One")
    endpoint.script(remember("Something."))
    socket.say("Two")
    asked(socket)
    chosen = Message.objects.filter(thread_id=thread_id, role="assistant").get().checkpoint_id
    assert chosen is not None
    act(lambda: timetravel.roll_back(thread_id, chosen, BY))
    assert shown(thread_id) == CONVERSATION[:2]
    assert not Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE).exists()
    assert kept(alice) == []


def test_hidden_branch_is_gone_for_its_owner_and_an_undo_shows_it_again(
    visit: Visit, alice: User, thread_id: UUID
) -> None:
    chosen, visitor = ending(thread_id, 1), visit(alice)
    gone = [each.id for each in Message.objects.filter(thread_id=thread_id).order_by("created_at")[2:]]
    restore_id = act(lambda: timetravel.roll_back(thread_id, chosen, BY, hide=True))
    assert set(Message.objects.filter(hidden_by_id=restore_id).values_list("id", flat=True)) == set(gone)
    assert not EventBatch.objects.filter(thread_id=thread_id).exists(), "the log would repeat it"
    body = visitor.http.get(f"/t/{thread_id}/state").text
    assert all(str(each) not in body for each in gone)
    with pytest.raises(access.NotFound):
        runs.retry(alice.pk, thread_id, gone[0], "scripted", Desk(uuid4(), room=False))
    deep = Message.objects.get(id=gone[1]).checkpoint_id
    assert deep is not None
    assert act(lambda: timetravel.preview(thread_id, deep)).hidden
    with pytest.raises(timetravel.Hidden):
        act(lambda: timetravel.roll_back(thread_id, deep, BY))
    with pytest.raises(timetravel.Hidden):
        act(lambda: timetravel.replay(thread_id, ending(thread_id, 2), BY))
    assert Fence.objects.get(thread_id=thread_id).held_until is None
    act(lambda: timetravel.undo(thread_id, restore_id, BY))
    assert shown(thread_id) == CONVERSATION
    assert str(gone[-1]) in visitor.http.get(f"/t/{thread_id}/state").text


def test_two_administrators_at_once_leave_one_whole_act_after_the_other(thread_id: UUID) -> None:
    chosen = [ending(thread_id, number) for number in (1, 3, 1, 3)]

    def roll_back(checkpoint_id: str) -> UUID:
        try:
            return act(lambda: timetravel.roll_back(thread_id, checkpoint_id, BY))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(roll_back, chosen))
    last = RestorePoint.objects.filter(id__in=made).order_by("-made_at")[0]
    thread = Thread.objects.get(id=thread_id)
    assert (thread.head_id, tip(thread_id)) == (last.to_head_id, last.to_tip)
    assert RestorePoint.objects.count() == AuditEntry.objects.count() == len(made)
    assert thread.head is not None
    assert thread.head.checkpoint_id == last.to_tip
    assert audit.verify().intact


def test_message_that_comes_while_the_thread_is_held_waits_and_is_answered_then(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    socket = here(visit, alice, thread_id)
    held = act(lambda: holding.settle(thread_id))
    assert socket.say("Four")["result"]["queued"] is True
    assert not endpoint.requests_for("Four")
    holding.release(held)
    socket.ended()
    assert shown(thread_id)[-1] == ("assistant", "Answer to: Four")
    with pytest.raises(holding.Moved), holding.still(held):
        raise AssertionError("unreachable")


def test_deleted_thread_and_missing_checkpoint_are_refused(alice: User, bob: User, thread_id: UUID) -> None:
    chosen = ending(thread_id, 1)
    with pytest.raises(timetravel.Gone):
        act(lambda: timetravel.roll_back(thread_id, str(uuid4()), BY))
    with pytest.raises(timetravel.NoRestorePoint):
        act(lambda: timetravel.undo(thread_id, uuid4(), BY))
    threads.trash(alice.pk, thread_id)
    with pytest.raises(access.NotFound):
        act(lambda: timetravel.replay(thread_id, ending(thread_id, 2), BY))
    threads.delete(alice.pk, thread_id)
    with pytest.raises(access.NotFound):
        act(lambda: timetravel.roll_back(thread_id, chosen, BY))
    assert not checkpoints(thread_id)


def test_damaged_checkpoint_is_refused_and_a_damaged_tip_can_be_left(thread_id: UUID) -> None:
    chosen, damaged = ending(thread_id, 1), tip(thread_id)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checkpoints SET parent_checkpoint_id = NULL WHERE checkpoint_id = %s", [damaged])
    with pytest.raises(timetravel.Unreadable):
        act(lambda: timetravel.roll_back(thread_id, damaged or "", BY))
    act(lambda: timetravel.roll_back(thread_id, chosen, BY))
    assert texts(state(thread_id)) == ["One", "Answer to: One"]


def test_undo_out_of_order_puts_every_message_back(thread_id: UUID) -> None:
    chosen, before = ending(thread_id, 1), tip(thread_id)
    first = act(lambda: timetravel.roll_back(thread_id, chosen, BY))
    values = {"summary": "Later"}
    second = act(lambda: timetravel.update(thread_id, tip(thread_id) or "", values, "respond", BY))
    act(lambda: timetravel.undo(thread_id, first, BY))
    act(lambda: timetravel.undo(thread_id, second, BY))
    assert ending(thread_id, 1) == chosen
    assert shown(thread_id) == CONVERSATION[:2], "where it stood before the second"
    assert before is not None


def test_stop_of_a_run_that_does_not_end_changes_nothing(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "WAIT_SECONDS", -1.0)
    socket = here(visit, alice, thread_id)
    endpoint.script(Script("A long one", held=True))
    socket.say("Four")
    endpoint.wait_for(lambda: endpoint.requests_for("Four"))
    chosen, head = ending(thread_id, 1), Thread.objects.get(id=thread_id).head_id
    doing = in_background(lambda: timetravel.roll_back(thread_id, chosen, BY))
    with pytest.raises(timetravel.NotEnded):
        doing.result(10)
    assert Thread.objects.get(id=thread_id).head_id == head
    assert Fence.objects.get(thread_id=thread_id).held_until is None
    endpoint.release()
    socket.ended()


def test_undo_that_would_lead_into_what_is_hidden_is_refused(thread_id: UUID) -> None:
    to_second, to_first = ending(thread_id, 3), ending(thread_id, 1)
    first = act(lambda: timetravel.roll_back(thread_id, to_second, BY))
    second = act(lambda: timetravel.roll_back(thread_id, to_first, BY, hide=True))
    with pytest.raises(timetravel.Hidden):
        act(lambda: timetravel.undo(thread_id, first, BY))
    assert shown(thread_id) == CONVERSATION[:2]
    act(lambda: timetravel.undo(thread_id, second, BY))
    act(lambda: timetravel.undo(thread_id, first, BY))
    assert shown(thread_id) == CONVERSATION


def test_command_ends_a_waiting_run_itself_where_no_server_does(
    visit: Visit, alice: User, endpoint: ScriptedModel, alone: None
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    talk(socket, "One")
    endpoint.script(remember("Something."))
    socket.say("Two")
    asked(socket)
    chosen = ending(thread_id, 1)

    async def roll_back() -> None:
        await timetravel.roll_back(thread_id, chosen, BY)
        await postgres.close()

    asyncio.run(roll_back())
    assert shown(thread_id) == CONVERSATION[:2]
    assert not Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE).exists()
