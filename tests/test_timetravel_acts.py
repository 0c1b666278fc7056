"""Replaying, changing, answering, stopping: what becomes of a thread, and what is sent next."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from chatapp import asking, content, keys, runs, timetravel
from chatapp.claims import Desk
from chatapp.models import AuditEntry, Fence, Message, Run, Summary, Thread, User
from chatapp.timetravel.places import path
from tests.acting import (
    BY,
    CONVERSATION,
    act,
    by,
    checkpoints,
    ending,
    here,
    sent,
    shown,
    state,
    talk,
    texts,
    three_turns,
)  # fmt: skip
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor
from tests.test_asking import asked, kept, opened, remember, respond

Visit = Callable[[User | None], Visitor]


@pytest.fixture
def thread_id(visit: Visit, alice: User) -> UUID:
    """Three turns."""
    return three_turns(visit(alice))


def test_replay_gives_a_sibling_answer_from_the_chosen_step(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Alice is vegetarian."), Script("Kept."))
    socket.say("First")
    ((interrupt_id, _),) = asked(socket).items()
    respond(socket, interrupt_id, "accept")
    socket.ended()
    after_tool = [each for each in checkpoints(thread_id) if state(thread_id, each).next == ("respond",)][-1]
    endpoint.script(Script("Otherwise."))
    run_id = act(lambda: timetravel.replay(thread_id, after_tool, BY, model="scripted-2"))
    socket.until(lambda frame: frame.get("params", {}).get("data", {}).get("run_id") == str(run_id))
    assert socket.ended()["event"] == "completed"
    assert socket.text(str(run_id)) == "Noted.\n\nOtherwise."
    assert shown(thread_id) == [("user", "First"), ("assistant", "Noted.\n\nOtherwise.")]
    answers = Message.objects.filter(thread_id=thread_id, role="assistant").order_by("created_at")
    assert [each.model for each in answers] == ["scripted", "scripted-2"]
    assert answers[0].parent_id == answers[1].parent_id
    assert kept(alice) == ["Alice is vegetarian."], "the call was not carried out again"
    assert answers[1].output_tokens == 1, "what the first run spent is not counted again"
    assert [each["content"] for each in endpoint.requests[-1].messages[1:]][-1].startswith("Saved")
    with pytest.raises(timetravel.NothingFollows):
        act(lambda: timetravel.replay(thread_id, answers[0].checkpoint_id or "", BY))
    with pytest.raises(timetravel.UnknownModel):
        act(lambda: timetravel.replay(thread_id, after_tool, BY, model="unheard-of"))


def test_replayed_interrupt_asks_again_and_an_administrator_may_answer(
    visit: Visit, alice: User, administrator: User, endpoint: ScriptedModel
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Alice is vegetarian."), Script("Declined."))
    socket.say("First")
    ((interrupt_id, _),) = asked(socket).items()
    respond(socket, interrupt_id, "decline")
    socket.ended()
    middle = next(each for each in checkpoints(thread_id) if state(thread_id, each).next == ("tools",))
    act(lambda: timetravel.replay(thread_id, middle, by(administrator)))
    ((interrupt_id, ask),) = asked(socket).items()
    assert ask["text"] == "Alice is vegetarian."
    with pytest.raises(timetravel.InvalidResponse):
        act(lambda: timetravel.respond(thread_id, {interrupt_id: {"decision": "always"}}, by(administrator)))
    endpoint.script(Script("Yes."))
    answer = {"decision": "edit", "text": "Alice eats no meat."}
    act(lambda: timetravel.respond(thread_id, {interrupt_id: answer}, by(administrator)))
    assert socket.ended()["event"] == "completed"
    assert kept(alice) == ["Alice eats no meat."]
    with pytest.raises(asking.NoSuchInterrupt):
        act(lambda: timetravel.respond(thread_id, {interrupt_id: answer}, by(administrator)))
    actions = AuditEntry.objects.filter(thread_id=thread_id).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["replay", "respond"]


def test_changed_message_is_a_sibling_and_what_is_said_next_builds_on_it(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    chosen = ending(thread_id, 3)
    answer = Message.objects.filter(thread_id=thread_id).order_by("created_at")[1]
    values = {"messages": [{"type": "ai", "content": "Changed", "id": str(answer.id)}], "summary": "Of nothing"}
    restore_id = act(lambda: timetravel.update(thread_id, chosen, values, "respond", BY))
    now = [("user", "One"), ("assistant", "Changed"), ("user", "Two"), ("assistant", "Answer to: Two")]
    assert shown(thread_id) == now
    assert texts(state(thread_id)) == [text for _, text in now]
    ids = [each.id for each in state(thread_id).values["messages"]]
    assert ids[0] == str(answer.parent_id)
    assert [str(each) for each in path_of(thread_id)] == ids, "tree and state name them alike"
    assert str(answer.id) not in ids
    socket = here(visit, alice, thread_id)
    talk(socket, "Next")
    request = endpoint.requests_for("Next")[-1].messages
    assert [each["content"] for each in request[1:]] == [*(text for _, text in now), "Next"]
    assert "Of nothing" in str(request[0]["content"])
    act(lambda: timetravel.undo(thread_id, restore_id, BY))
    assert shown(thread_id) == CONVERSATION
    # One of the new ones, in the middle, brings no checkpoint: the state is made from the tree.
    inner = Message.objects.filter(parent=answer.parent, role="assistant").exclude(id=answer.id).get()
    assert inner.checkpoint_id is None
    Thread.objects.filter(id=thread_id).update(head=inner)
    talk(socket, "From the middle")
    assert sent(endpoint, "From the middle") == ["One", "Changed", "From the middle"]


def path_of(thread_id: UUID) -> list[UUID]:
    return path(thread_id, Thread.objects.get(id=thread_id).head_id)


def test_summary_of_what_was_changed_is_not_taken_up(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    first, _, _, covered = Message.objects.filter(thread_id=thread_id).order_by("created_at")[:4]
    body = content.seal(keys.thread_sealer(alice.pk, thread_id), {"text": "Of One"}, "summary", "body", covered.id)
    Summary.objects.create(thread_id=thread_id, message=covered, body=body)
    values = {"messages": [{"type": "human", "content": "Other", "id": str(first.id)}]}
    act(lambda: timetravel.update(thread_id, ending(thread_id, 5), values, "respond", BY))
    talk(here(visit, alice, thread_id), "Next")
    assert sent(endpoint, "Next")[:3] == ["Other", "Answer to: One", "Two"]
    assert "Of One" not in str(endpoint.requests_for("Next")[-1].messages[0])


UNFIT: list[tuple[dict[str, object] | None, str | None]] = [
    ({"nothing": 1}, "respond"),
    ({"turns": "one"}, "respond"),
    ({"turns": 1}, "nowhere"),
    ({"turns": 1}, None),
    ({"turns": 1}, "__end__"),
    (None, "respond"),
    ({"messages": "text"}, "respond"),
    ({"messages": [{"type": "ai"}]}, "respond"),
    ({"messages": [{"type": "system", "content": "Obey"}]}, "respond"),
    ({"messages": [{"type": "ai", "content": [{"type": "text", "text": "x"}]}]}, "respond"),
    ({"messages": [{"type": "ai", "content": "x", "id": "made up"}]}, "respond"),
    ({"messages": [{"type": "remove", "id": "made up", "content": ""}]}, "respond"),
    ({"recalled": [1]}, "tools"),
]


def test_change_that_does_not_fit_is_refused_before_anything(thread_id: UUID) -> None:
    before, chosen = Fence.objects.get(thread_id=thread_id), ending(thread_id, 3)
    for values, as_node in UNFIT:
        with pytest.raises(timetravel.InvalidUpdate) as refused:
            act(lambda values=values, as_node=as_node: timetravel.update(thread_id, chosen, values, as_node, BY))  # type: ignore[misc]
        assert "made up" not in str(refused.value)
    after = Fence.objects.get(thread_id=thread_id)
    assert (before.epoch, before.held_until) == (after.epoch, after.held_until)
    assert not AuditEntry.objects.exists()


def test_runs_are_stopped_and_failed_ones_answered_again(
    visit: Visit, alice: User, administrator: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    socket = here(visit, alice, thread_id)
    with pytest.raises(timetravel.NothingRuns):
        act(lambda: timetravel.cancel(thread_id, by(administrator)))
    endpoint.script(Script("A long one", held=True))
    socket.say("Four")
    endpoint.wait_for(lambda: endpoint.requests_for("Four"))
    run_id = act(lambda: timetravel.cancel(thread_id, by(administrator)))
    socket.until(lambda frame: frame.get("params", {}).get("data", {}).get("event") == "interrupted")
    assert Run.objects.get(id=run_id).state == Run.State.CANCELLED
    with pytest.raises(timetravel.NotFailed):
        act(lambda: timetravel.retry(thread_id, run_id, by(administrator)))
    endpoint.script(Script(status=401))
    failed = UUID(socket.say("Five")["result"]["run_id"])
    socket.until(lambda frame: frame.get("params", {}).get("data", {}).get("event") == "failed")
    again = act(lambda: timetravel.retry(thread_id, failed, by(administrator)))
    assert again != failed
    socket.ended()
    assert shown(thread_id)[-1] == ("assistant", "Answer to: Five")
    actions = AuditEntry.objects.filter(thread_id=thread_id).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["cancel", "retry"]


def test_what_waits_in_what_leaves_is_cancelled_and_a_replay_comes_before_the_rest(
    alice: User, thread_id: UUID, alone: None
) -> None:
    asked_first = Message.objects.filter(thread_id=thread_id).order_by("created_at")[4]
    elsewhere = Desk(uuid4(), room=False)
    retried = runs.retry(alice.pk, thread_id, asked_first.id, "scripted", elsewhere).run_id
    queued = runs.accept(alice.pk, thread_id, runs.Question(uuid4(), "Queued", "scripted"), elsewhere).run_id
    chosen = ending(thread_id, 1)
    preview = act(lambda: timetravel.preview(thread_id, chosen))
    assert (preview.runs, preview.queued) == ((retried,), 1)
    act(lambda: timetravel.roll_back(thread_id, chosen, BY))
    assert Run.objects.get(id=retried).state == Run.State.CANCELLED
    assert Run.objects.get(id=queued).state == Run.State.QUEUED
    replayed = act(lambda: timetravel.replay(thread_id, ending(thread_id, 2), BY))
    waiting = Run.objects.filter(thread_id=thread_id, state=Run.State.QUEUED).order_by("created_at", "id")
    assert [each.id for each in waiting] == [replayed, queued]
