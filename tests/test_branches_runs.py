"""Runs that begin a branch, replay a checkpoint, or wait because their thread is held. No server, no model."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models.functions import Now

from chatapp import access, asking, branches, claims, endings, runs
from chatapp.models import Fence, Message, Run, Thread, User
from tests.planted_branches import grow, hide
from tests.planted_threads import Planted, plant, plant_run
from tests.test_branches import state
from tests.test_runs import FULL, HERE, ask, claimed, ending, expire

pytestmark = pytest.mark.django_db


def edit(planted: Planted, parent: UUID | None, text: str = "Edited", message_id: UUID | None = None) -> runs.Accepted:
    question = runs.Question(message_id or uuid4(), text, "scripted", place=runs.Place(parent))
    return runs.accept(planted.owner, planted.id, question, HERE)


def hold(planted: Planted, seconds: int = 30) -> None:
    Fence.objects.filter(thread_id=planted.id).update(held_until=Now() + timedelta(seconds=seconds))


def test_edited_message_is_put_beside_the_first_and_goes_on_from_its_parent(alice: User) -> None:
    thread = plant(alice, 4)
    Message.objects.filter(id=thread.messages[1]).update(checkpoint_id="of the answer before")
    claim = claimed(edit(thread, thread.messages[1]))
    assert (claim.parent_id, claim.tip, claim.question) == (thread.messages[1], "of the answer before", "Edited")
    assert claim.siblings == {"at": 2, "of": 2, "before": str(thread.messages[2]), "after": None}
    assert claim.answer_siblings is None
    assert Thread.objects.get(id=thread.id).head_id == claim.message_id
    endings.finish(claim, ending(claim), HERE)
    opened = state(thread)
    assert [each["text"] for each in opened["messages"]] == ["Message 0", "Message 1", "Edited", "answer"]
    assert opened["messages"][2]["siblings"] == claim.siblings
    assert Message.objects.filter(thread_id=thread.id).count() == 6


def test_new_beginning_of_a_thread_begins_with_nothing(alice: User) -> None:
    thread = plant(alice, 2)
    Message.objects.filter(thread_id=thread.id).update(checkpoint_id="c")
    claim = claimed(edit(thread, None))
    assert (claim.parent_id, claim.tip) == (None, None)
    assert claim.siblings == {"at": 2, "of": 2, "before": str(thread.messages[0]), "after": None}


def test_answer_given_anew_tells_its_place_among_those_before(alice: User) -> None:
    thread = plant(alice, 4)
    claim = claimed(runs.retry(alice.pk, thread.id, thread.messages[0], "scripted", HERE))
    assert claim.siblings is None
    assert claim.answer_siblings == {"at": 2, "of": 2, "before": str(thread.messages[1]), "after": None}
    endings.finish(claim, ending(claim), HERE)
    assert state(thread)["messages"][-1]["siblings"] == claim.answer_siblings


def test_name_of_a_message_that_is_answered_anew_is_told(alice: User) -> None:
    thread = plant(alice, 2)
    branches.label(alice.pk, thread.id, thread.messages[0], "Mine")
    assert claimed(runs.retry(alice.pk, thread.id, thread.messages[0], "scripted", HERE)).label == "Mine"


def test_repeated_edit_is_the_same_message(alice: User) -> None:
    thread, message_id = plant(alice, 4), uuid4()
    first = edit(thread, thread.messages[1], message_id=message_id)
    again = edit(thread, thread.messages[1], message_id=message_id)
    assert (again.run_id, again.claim) == (first.run_id, None)
    with pytest.raises(runs.MessageConflict):
        edit(thread, thread.messages[1], "Other words", message_id)
    with pytest.raises(runs.MessageConflict):
        edit(thread, None, message_id=message_id)
    assert Run.objects.filter(message_id=message_id).count() == 1


@pytest.mark.parametrize("live", [Run.State.QUEUED, Run.State.RUNNING, Run.State.WAITING])
def test_edit_is_refused_while_a_run_is_live(alice: User, live: Run.State) -> None:
    thread = plant(alice, 4)
    run = plant_run(thread)
    Run.objects.filter(id=run.id).update(state=live)
    with pytest.raises(runs.Busy):
        edit(thread, thread.messages[1])
    assert Message.objects.filter(thread_id=thread.id).count() == 4
    assert Run.objects.get(id=run.id).state == live


def test_message_is_put_only_below_what_its_owner_can_see(alice: User, charlie: User) -> None:
    thread, another = plant(alice, 2), plant(alice, 2)
    (hidden,) = grow(thread, thread.messages[0], "Hidden")
    hide(thread, hidden)
    for parent in (hidden, another.messages[1], uuid4()):
        with pytest.raises(access.NotFound):
            edit(thread, parent)
    with pytest.raises(access.NotFound):
        edit(Planted(charlie.pk, thread.id, []), thread.messages[1])
    with pytest.raises(access.NotFound):
        edit(Planted(alice.pk, uuid4(), []), None)
    assert Message.objects.filter(thread_id=thread.id).count() == 3


def test_edit_that_waits_for_room_is_shown_where_it_stands(alice: User) -> None:
    thread = plant(alice, 4)
    question = runs.Question(uuid4(), "Edited", "scripted", place=runs.Place(thread.messages[1]))
    accepted = runs.accept(alice.pk, thread.id, question, FULL)
    assert accepted.claim is None
    opened = state(thread)
    assert [each["text"] for each in opened["messages"]] == ["Message 0", "Message 1", "Edited"]
    assert opened["run"]["state"] == "queued"
    claim = runs.recover(accepted.run_id, HERE)
    assert claim is not None
    assert claim.parent_id == thread.messages[1]


def test_new_message_goes_below_what_is_shown(alice: User) -> None:
    thread = plant(alice, 4)
    Message.objects.filter(id=thread.messages[1]).update(checkpoint_id="c")
    branches.show(alice.pk, thread.id, thread.messages[1], end=False)
    claim = claimed(ask(alice, thread.id, "Continued"))
    assert (claim.parent_id, claim.tip) == (thread.messages[1], "c")
    assert claim.siblings == {"at": 2, "of": 2, "before": str(thread.messages[2]), "after": None}


def test_branch_that_was_answered_last_is_the_one_that_is_come_back_to(alice: User) -> None:
    thread = plant(alice, 4)
    claim = claimed(edit(thread, thread.messages[1]))
    endings.finish(claim, ending(claim), HERE)
    claim = claimed(runs.retry(alice.pk, thread.id, thread.messages[2], "scripted", HERE))
    endings.finish(claim, ending(claim, "anew"), HERE)
    branches.show(alice.pk, thread.id, thread.messages[0], end=True)
    assert [each["text"] for each in state(thread)["messages"]] == ["Message 0", "Message 1", "Message 2", "anew"]


def test_replay_begins_with_the_checkpoint_that_was_chosen(alice: User) -> None:
    thread = plant(alice, 4)
    Message.objects.filter(id=thread.messages[1]).update(checkpoint_id="of the parent")
    run = Run.objects.create(
        id=uuid4(),
        owner_id=alice.pk,
        thread_id=thread.id,
        message_id=thread.messages[2],
        model="scripted",
        retry=True,
        start_checkpoint_id="chosen",
    )
    claim = runs.recover(run.id, HERE)
    assert claim is not None
    assert (claim.tip, claim.replays, claim.parent_id) == ("chosen", True, thread.messages[1])
    assert Fence.objects.get(thread_id=thread.id).tip_checkpoint_id == "chosen"
    # Whoever takes over goes on from where the first came to.
    Fence.objects.filter(thread_id=thread.id).update(tip_checkpoint_id="further")
    expire(thread.id)
    over = runs.recover(run.id, HERE)
    assert over is not None
    assert (over.tip, over.replays) == ("further", True)


def test_nothing_begins_while_a_thread_is_held(alice: User) -> None:
    thread = plant(alice, 4)
    hold(thread)
    accepted = [ask(alice, thread.id, "New")]
    Run.objects.all().delete()
    accepted.append(edit(thread, thread.messages[1]))
    Run.objects.all().delete()
    accepted.append(runs.retry(alice.pk, thread.id, thread.messages[0], "scripted", HERE))
    assert [(each.claim, each.waits) for each in accepted] == [(None, True)] * 3
    last = accepted[-1].run_id
    assert runs.untaken(10) == []
    assert runs.recover(last, HERE) is None
    hold(thread, -1)
    assert runs.untaken(10) == [last]
    assert runs.recover(last, HERE) is not None


def test_next_message_of_a_held_thread_is_not_taken_up_by_an_end(alice: User) -> None:
    thread = plant(alice, 2)
    claim = claimed(ask(alice, thread.id, "One"))
    waiting = ask(alice, thread.id, "Two")
    hold(thread)
    assert endings.finish(claim, ending(claim), HERE) is None
    assert Run.objects.get(id=waiting.run_id).state == Run.State.QUEUED
    assert runs.untaken(10) == []
    hold(thread, -1)
    taken = runs.recover(waiting.run_id, HERE)
    assert taken is not None
    assert endings.finish(taken, ending(taken), HERE) is None
    assert runs.untaken(10) == []


def test_run_that_is_to_end_goes_on_although_its_thread_is_held(alice: User) -> None:
    """Or who holds the thread would wait for it in vain."""
    thread = plant(alice, 2)
    claim = claimed(ask(alice, thread.id, "One"))
    hold(thread)
    asking.end(Run.objects.get(id=claim.run_id))
    expire(thread.id)
    assert runs.untaken(10) == [claim.run_id]
    over = runs.recover(claim.run_id, claims.Desk(uuid4(), room=True))
    assert over is not None
    assert over.stopping


def test_hidden_messages_are_not_counted_among_the_siblings_of_a_run(alice: User) -> None:
    thread = plant(alice, 4)
    (answer,), (question,) = grow(thread, thread.messages[0], "Hidden"), grow(thread, None, "Hidden too")
    hide(thread, answer, question)
    claim = claimed(runs.retry(alice.pk, thread.id, thread.messages[0], "scripted", HERE))
    assert claim.siblings is None
    assert claim.answer_siblings == {"at": 2, "of": 2, "before": str(thread.messages[1]), "after": None}
