"""The branches of a thread: what stands beside what, which one is shown, names, the map, and what is hidden."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from chatapp import access, branches, claims, keys, runs, threads, tree
from chatapp.models import Fence, Message, RestorePoint, Run, Thread, User
from chatapp.streaming import events
from tests.planted_branches import grow, hide
from tests.planted_threads import Planted, plant, plant_queued, plant_run

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
HERE = claims.Desk(uuid4(), room=True)


def state(planted: Planted, through: UUID | None = None) -> Json:
    """The thread as its page gets it. `threads.state` takes a snapshot, which a test's own transaction cannot."""
    thread, item = access.thread(planted.owner, planted.id), threads.item(planted.owner, planted.id)
    assert item is not None
    return tree.state(thread, item, keys.thread_sealer(planted.owner, planted.id), through)


def shown(planted: Planted) -> list[str]:
    return [each["text"] for each in state(planted)["messages"]]


def turn(planted: Planted, message: UUID, *, end: bool = True) -> None:
    branches.show(planted.owner, planted.id, message, end=end)


def beside(planted: Planted, text: str) -> Json | None:
    found: list[Json | None] = [each["siblings"] for each in state(planted)["messages"] if each["text"] == text]
    assert len(found) == 1
    return found[0]


def test_message_tells_its_place_among_its_siblings(alice: User) -> None:
    thread = plant(alice, 2)
    second, third = (grow(thread, thread.messages[0], text)[0] for text in ("Second", "Third"))
    assert beside(thread, "Message 0") is None
    assert beside(thread, "Message 1") == {"at": 1, "of": 3, "before": None, "after": str(second)}
    turn(thread, second)
    assert beside(thread, "Second") == {"at": 2, "of": 3, "before": str(thread.messages[1]), "after": str(third)}
    turn(thread, third)
    assert beside(thread, "Third") == {"at": 3, "of": 3, "before": str(second), "after": None}


def test_beginnings_of_a_thread_are_siblings_and_one_that_waits_is_none(alice: User) -> None:
    thread = plant(alice, 2)
    plant_queued(thread)
    assert beside(thread, "Message 0") is None
    Run.objects.all().delete()
    Message.objects.filter(parent=None).exclude(id=thread.messages[0]).delete()
    (another,) = grow(thread, None, "Another")
    assert beside(thread, "Message 0") == {"at": 1, "of": 2, "before": None, "after": str(another)}


def test_page_tells_siblings_by_one_query_however_many_there_are(alice: User) -> None:
    thread = plant(alice, 60)
    sealer = keys.thread_sealer(alice.pk, thread.id)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            messages, _ = tree.page(thread.id, thread.messages[-1], sealer)
        assert len(messages) == 50
        return len(counted)

    before = queries()
    for number in range(20, 60):
        grow(thread, thread.messages[number - 1], "Beside")
    assert sum(each["siblings"] is not None for each in state(thread)["messages"]) == 40
    assert queries() == before == 2


def test_coming_back_shows_what_was_shown_last(alice: User) -> None:
    """Two beginnings, and in each a fork: every fork remembers by itself."""
    thread = plant(alice, 4)
    first, _, question, _ = thread.messages
    (other_end,) = grow(thread, question, "Another answer")
    second, *_ = grow(thread, None, "New", "Answer", "Then", "End")
    assert shown(thread) == ["Message 0", "Message 1", "Message 2", "Message 3"]
    turn(thread, other_end)
    turn(thread, second)
    assert shown(thread) == ["New", "Answer", "Then", "End"]
    turn(thread, first)
    assert shown(thread) == ["Message 0", "Message 1", "Message 2", "Another answer"]
    turn(thread, thread.messages[3])
    turn(thread, second)
    turn(thread, first)
    assert shown(thread)[-1] == "Message 3"


def test_newest_branch_is_gone_on_with_where_none_was_chosen(alice: User) -> None:
    thread = plant(alice, 2)
    grow(thread, thread.messages[0], "Newer", "Then")
    turn(thread, thread.messages[0])
    assert shown(thread) == ["Message 0", "Newer", "Then"]


def test_thread_can_be_shown_up_to_a_message_and_tells_what_follows(alice: User) -> None:
    thread = plant(alice, 6)
    assert state(thread)["continues"] == 0
    turn(thread, thread.messages[1], end=False)
    opened = state(thread)
    assert [each["text"] for each in opened["messages"]] == ["Message 0", "Message 1"]
    assert (opened["head"], opened["thread"]["head"]) == (str(thread.messages[1]), str(thread.messages[1]))
    assert opened["continues"] == 4
    turn(thread, thread.messages[1])
    assert state(thread)["continues"] == 0
    turn(thread, thread.messages[1], end=False)
    hide(thread, *thread.messages[2:])
    assert state(thread)["continues"] == 0


def test_every_process_can_notice_that_another_branch_is_shown(alice: User) -> None:
    thread = plant(alice, 4)
    (before,) = events.latest([thread.id])
    turn(thread, thread.messages[1], end=False)
    (after,) = events.latest([thread.id])
    assert (after[1] or 0) > (before[1] or 0)
    assert state(thread)["last_seq"] == after[1]
    epoch = Fence.objects.get(thread_id=thread.id).epoch
    turn(thread, thread.messages[1])
    assert Fence.objects.get(thread_id=thread.id).epoch == epoch
    # What a claim has reserved is not yet given to any event.
    Fence.objects.filter(thread_id=thread.id).update(holder=uuid4(), base_seq=7, last_seq=1_000_007)
    assert events.latest([thread.id]) == [(thread.id, 7)]


@pytest.mark.parametrize("live", [Run.State.QUEUED, Run.State.RUNNING, Run.State.WAITING])
def test_nothing_else_is_shown_while_a_run_is_live(alice: User, live: Run.State) -> None:
    thread = plant(alice, 4)
    run = plant_run(thread)
    Run.objects.filter(id=run.id).update(state=live)
    with pytest.raises(runs.Busy):
        turn(thread, thread.messages[0])
    assert Thread.objects.get(id=thread.id).head_id == thread.messages[-1]


def test_only_messages_that_can_be_seen_are_shown(alice: User, charlie: User) -> None:
    thread, another = plant(alice, 2), plant(alice, 2)
    (hidden,) = grow(thread, thread.messages[0], "Hidden")
    hide(thread, hidden)
    for message in (hidden, another.messages[0], uuid4()):
        with pytest.raises(access.NotFound):
            turn(thread, message)
    with pytest.raises(access.NotFound):
        branches.show(charlie.pk, thread.id, thread.messages[0], end=True)
    threads.trash(alice.pk, thread.id)
    with pytest.raises(access.NotFound):
        turn(thread, thread.messages[0])


def test_hidden_messages_do_not_exist_for_their_owner(alice: User) -> None:
    thread = plant(alice, 2)
    first, last = grow(thread, thread.messages[0], "Hidden", "Question below")
    point = hide(thread, first, last)
    assert beside(thread, "Message 1") is None
    turn(thread, thread.messages[0])
    assert shown(thread) == ["Message 0", "Message 1"]
    assert [each["id"] for each in branches.branch_map(alice.pk, thread.id)["branches"]] == [str(thread.messages[0])]
    for verb in (
        lambda: threads.messages_before(alice.pk, thread.id, last),
        lambda: runs.retry(alice.pk, thread.id, last, "scripted", HERE),
        lambda: branches.label(alice.pk, thread.id, last, "Name"),
    ):
        with pytest.raises(access.NotFound):
            verb()
    assert state(thread, first)["messages"][-1]["text"] == "Message 1"
    RestorePoint.objects.filter(id=point.id).delete()  # an undo lets them go too
    assert beside(thread, "Message 1") is not None


def test_rollbacks_that_hold_are_told_newest_first(alice: User) -> None:
    thread = plant(alice, 4)
    turn(thread, thread.messages[1], end=False)
    row = Thread.objects.get(id=thread.id)

    def point(kind: RestorePoint.Kind, to: UUID | None, left: UUID | None, **more: Any) -> RestorePoint:
        return RestorePoint.objects.create(
            thread=row, kind=kind, checkpoint_id="c", to_tip="t", to_head_id=to, from_head_id=left, **more
        )

    rollback = point(RestorePoint.Kind.ROLLBACK, thread.messages[1], thread.messages[3])
    point(RestorePoint.Kind.ROLLBACK, thread.messages[1], thread.messages[3], undone_at=Now())
    update = point(RestorePoint.Kind.UPDATE, thread.messages[1], None)
    newest, oldest = state(thread)["restores"]
    assert (newest["id"], newest["kind"], newest["removed"]) == (str(update.id), "update", None)
    assert oldest == {
        "id": str(rollback.id),
        "kind": "rollback",
        "at": RestorePoint.objects.get(id=rollback.id).made_at.isoformat(),
        "message": str(thread.messages[1]),
        "said_at": Message.objects.get(id=thread.messages[1]).created_at.isoformat(),
        "removed": str(thread.messages[3]),
    }
    Message.objects.filter(id__in=thread.messages[2:]).update(hidden_by=rollback)
    assert state(thread)["restores"][1]["removed"] is None
    for _ in range(25):
        point(RestorePoint.Kind.UPDATE, None, None)
    assert len(state(thread)["restores"]) == 20


def test_page_reaches_back_to_a_message_but_not_for_ever(alice: User) -> None:
    thread = plant(alice, 500)

    def reaches(through: UUID | None) -> int:
        messages = state(thread, through)["messages"]
        assert [each["text"] for each in messages] == [f"Message {n}" for n in range(500 - len(messages), 500)]
        return len(messages)

    assert reaches(None) == reaches(thread.messages[470]) == 50
    assert reaches(thread.messages[300]) == 200
    assert reaches(thread.messages[20]) == tree.FAR == 400, "too far: as much as goes"
    turn(thread, thread.messages[99], end=False)
    assert len(state(thread, thread.messages[300])["messages"]) == 50, "elsewhere: a page"
    assert len(state(thread, uuid4())["messages"]) == 50


def test_page_that_reaches_back_is_bounded_in_bytes(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = plant(alice, 100)
    size = len(bytes(Message.objects.filter(thread_id=thread.id).latest("created_at").body))
    monkeypatch.setattr(tree, "PAGE_BYTES", 10 * size)
    monkeypatch.setattr(tree, "FAR_BYTES", 30 * size)
    assert len(state(thread)["messages"]) in (10, 11)
    assert len(state(thread, thread.messages[80])["messages"]) == 20
    assert len(state(thread, thread.messages[0])["messages"]) in (30, 31)


def test_texts_are_those_of_the_branch_oldest_first(alice: User) -> None:
    thread, sealer = plant(alice, 6), keys.thread_sealer
    (leaf,) = grow(thread, thread.messages[2], "Another answer")
    found = tree.texts(thread.id, leaf, sealer(alice.pk, thread.id), 3)
    assert found == [
        (thread.messages[1], "assistant", "Message 1"),
        (thread.messages[2], "user", "Message 2"),
        (leaf, "assistant", "Another answer"),
    ]


def test_name_is_cleaned_bounded_sealed_and_taken_away(alice: User) -> None:
    thread = plant(alice, 2)
    first = thread.messages[0]

    def name() -> str | None:
        label = state(thread)["messages"][0]["label"]
        return None if label is None else str(label)

    assert name() is None
    branches.label(alice.pk, thread.id, first, "  With\x00\n butter ")
    assert name() == "With butter"
    sealed = bytes(Message.objects.get(id=first).label or b"")
    assert b"butter" not in sealed
    with pytest.raises(branches.InvalidLabel):
        branches.label(alice.pk, thread.id, first, "x" * 61)
    branches.label(alice.pk, thread.id, first, "漢" * 60)
    assert name() == "漢" * 60
    branches.label(alice.pk, thread.id, first, " ")
    assert name() is None
    assert Message.objects.get(id=first).label is None


def test_name_of_another_message_is_not_shown(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    """A sealed name that was moved: the message is shown without."""
    thread = plant(alice, 2)
    branches.label(alice.pk, thread.id, thread.messages[0], "Mine")
    Message.objects.filter(id=thread.messages[1]).update(label=Message.objects.get(id=thread.messages[0]).label)
    assert [each["label"] for each in state(thread)["messages"]] == ["Mine", None]
    assert str(thread.messages[1]) in caplog.text


def test_stranger_cannot_name_a_branch_nor_see_the_map(alice: User, charlie: User) -> None:
    thread = plant(alice, 2)
    with pytest.raises(access.NotFound):
        branches.label(charlie.pk, thread.id, thread.messages[0], "Mine")
    with pytest.raises(access.NotFound):
        branches.branch_map(charlie.pk, thread.id)
    threads.trash(alice.pk, thread.id)
    with pytest.raises(access.NotFound):
        branches.label(alice.pk, thread.id, thread.messages[0], "Mine")
