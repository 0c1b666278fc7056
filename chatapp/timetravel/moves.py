"""Moving a thread to another place of its tree and state, and back: within the transaction of an act."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from chatapp.checkpoints.staging import StagedSaver
from chatapp.models import EventBatch, Fence, Message, RestorePoint, Run, Thread
from chatapp.refusals import Refusal
from chatapp.timetravel import places
from chatapp.timetravel.places import Chosen, Place

_BELOW: Final = """
WITH RECURSIVE below AS (
    SELECT id FROM chatapp_message WHERE id = %(first)s AND thread_id = %(thread)s
    UNION ALL
    SELECT m.id FROM chatapp_message m JOIN below ON m.parent_id = below.id
)
"""
_RETRIED_BELOW: Final = f"""{_BELOW}
SELECT run.id FROM chatapp_run run JOIN below ON below.id = run.message_id
WHERE run.state = 'queued' AND run.retry AND run.thread_id = %(thread)s ORDER BY run.created_at
"""  # noqa: S608  # only a constant is put into a constant
_HIDE: Final = f"""{_BELOW}
UPDATE chatapp_message SET hidden_by_id = %(restore)s FROM below
WHERE chatapp_message.id = below.id AND hidden_by_id IS NULL
"""  # noqa: S608  # likewise


class Hidden(Refusal):
    """This is part of what an earlier rollback hides. Undo that one first."""


class Undone(Refusal):
    """This was undone already."""


class NoRestorePoint(Refusal):
    """There is no such rollback."""


def leaving(thread_id: UUID, shown: UUID | None, place: Place) -> tuple[UUID | None, int]:
    """What leaves the view when a place becomes the head: the first message of it, and how many are shown below that.

    Nothing (None, 0) leaves when the place continues what is shown.
    """
    kept = set(places.path(thread_id, place.leaf))
    left = [each for each in places.path(thread_id, shown) if each not in kept]
    return (left[0], len(left)) if left else (None, 0)


def retried_below(thread_id: UUID, first: UUID | None) -> list[UUID]:
    """The runs that wait to answer a message of this subtree anew."""
    with connection.cursor() as cursor:
        cursor.execute(_RETRIED_BELOW, {"first": first, "thread": thread_id})
        return [row[0] for row in cursor.fetchall()]


def move(
    fence: Fence, chosen: Chosen, place: Place | None, tip: str, kind: RestorePoint.Kind, *, hide: bool = False
) -> RestorePoint:
    """Let the thread stand at a place, with this checkpoint as the one that ends it; `place` None: before everything.

    What is shown there ends with the place's message. Runs that wait to answer anew what leaves the view are cancelled;
    with `hide` its owner sees that no more. Raises `Hidden`.
    """
    thread = fence.thread
    thread.refresh_from_db(fields=["head"])
    first, _ = leaving(thread.id, thread.head_id, place or Place(None))
    head = None
    if place is not None:
        if hidden(thread.id, place):
            raise Hidden
        head = place.message or _said(chosen, place)
    restore = RestorePoint.objects.create(
        thread_id=thread.id,
        kind=kind,
        checkpoint_id=chosen.checkpoint_id,
        to_tip=tip,
        to_head=head,
        from_tip=fence.tip_checkpoint_id,
        from_head_id=thread.head_id,
        head_checkpoint_id=head.checkpoint_id if head is not None else None,
        hides=hide,
    )
    Run.objects.filter(id__in=retried_below(thread.id, first)).update(state=Run.State.CANCELLED, finished_at=Now())
    if hide and first is not None:
        _hide(thread.id, first, restore.id)
    if head is not None:
        Message.objects.filter(id=head.id).update(checkpoint_id=tip)
    Thread.objects.filter(id=thread.id).update(head=head)
    fence.tip_checkpoint_id = tip
    return restore


def move_back(fence: Fence, restore: RestorePoint) -> None:
    """Let the thread stand where it stood before a rollback or an update. What came since stays, as a branch.

    Raises `Hidden`, when that is part of what another rollback hides.
    """
    Message.objects.filter(hidden_by=restore).update(hidden_by=None)
    if restore.from_head_id is not None and _is_hidden(restore.from_head_id):
        raise Hidden
    if restore.to_head_id is not None:
        same = {"id": restore.to_head_id, "checkpoint_id": restore.to_tip}
        Message.objects.filter(**same).update(checkpoint_id=restore.head_checkpoint_id)
        # A later act of the same message would put back what is undone here.
        later = RestorePoint.objects.filter(to_head_id=restore.to_head_id, head_checkpoint_id=restore.to_tip)
        later.update(head_checkpoint_id=restore.head_checkpoint_id)
    Thread.objects.filter(id=fence.thread_id).update(head=restore.from_head_id)
    fence.tip_checkpoint_id = restore.from_tip
    RestorePoint.objects.filter(id=restore.id).update(undone_at=Now())


def standing(fence: Fence, chosen: Chosen, *, hide: bool) -> RestorePoint | None:
    """The rollback to this checkpoint with which the thread stands where it does: a second click changes nothing."""
    fence.thread.refresh_from_db(fields=["head"])
    newest = RestorePoint.objects.filter(thread_id=fence.thread_id, undone_at=None).order_by("-made_at").first()
    if newest is None or newest.kind != RestorePoint.Kind.ROLLBACK or newest.to_head_id != fence.thread.head_id:
        return None
    same = newest.checkpoint_id == chosen.checkpoint_id and newest.to_tip == fence.tip_checkpoint_id
    return newest if same and newest.hides == hide else None


def write(saver: StagedSaver, renamed: dict[str, str] | None = None) -> None:
    """Write what an act has computed."""
    with connection.cursor() as cursor:
        saver.write(cursor, renamed=renamed)


def hidden(thread_id: UUID, place: Place) -> bool:
    """Whether the owner does not see this place."""
    branch = places.path(thread_id, place.leaf)
    return Message.objects.filter(id__in=branch, hidden_by__isnull=False).exists()


def _said(chosen: Chosen, place: Place) -> Message:
    """What the answer to the place's question says so far, as a message of its own."""
    made = places.message(chosen, place.parent, Message.Role.ASSISTANT, place.text, Message.Status.STOPPED)
    made.save(force_insert=True)
    return made


def _is_hidden(message_id: UUID) -> bool:
    return Message.objects.filter(id=message_id, hidden_by__isnull=False).exists()


def _hide(thread_id: UUID, first: UUID, restore_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HIDE, {"first": first, "thread": thread_id, "restore": restore_id})
    # The log of the last hour repeats it; whoever comes back is told the thread anew.
    EventBatch.objects.filter(thread_id=thread_id).delete()
