"""What an owner does with messages that wait: change, remove, send now.

Every verb is one synchronous transaction that begins by locking the thread's fence row, as a claim does: a message
either waits still, or it was taken up and the verb is refused.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from chatapp import asking, content, keys
from chatapp.access import NotFound
from chatapp.models import Fence, Message, Run
from chatapp.refusals import Refusal


class NotWaiting(Refusal):
    """This message does not wait any more: it was taken up, or removed."""


def edit(user_id: int, thread_id: UUID, message_id: UUID, text: str) -> None:
    """Change the text of a message that waits. Raises `NotFound`, `NotWaiting`."""
    with transaction.atomic():
        run = _waiting_run(user_id, thread_id, message_id)
        if run.retry:  # it has its place in the tree, and an answer
            raise NotWaiting
        body = content.seal(keys.thread_sealer(user_id, thread_id), {"text": text}, "message", "body", message_id)
        Message.objects.filter(id=message_id).update(body=body)


def remove(user_id: int, thread_id: UUID, message_id: UUID) -> None:
    """Remove a message that waits. Raises `NotFound`, `NotWaiting`."""
    with transaction.atomic():
        discard(_waiting_run(user_id, thread_id, message_id))


def send_now(user_id: int, thread_id: UUID, message_id: UUID) -> UUID | None:
    """Put a message before the others that wait in its thread, and ask the active run to end.

    Returns the id of the run that its holder has to end, or None when none is active. Raises `NotFound`, `NotWaiting`.
    """
    with transaction.atomic():
        run = _waiting_run(user_id, thread_id, message_id)
        runs = Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE)
        first = runs.filter(state=Run.State.QUEUED).aggregate(at=Min("created_at"))["at"]
        if first < run.created_at:
            Run.objects.filter(id=run.id).update(created_at=first - timedelta(microseconds=1))
        active = runs.exclude(state=Run.State.QUEUED).first()
        if active is None:
            return None
        asking.end(active)
        return active.id


def discard(run: Run) -> None:
    """Delete a queued run, and its message unless that has a place in the tree. The thread's fence is locked."""
    if run.retry:
        run.delete()
    else:
        Message.objects.filter(id=run.message_id).delete()


def _waiting_run(user_id: int, thread_id: UUID, message_id: UUID) -> Run:
    """Lock the fence of the user's thread; the run that has yet to answer this message."""
    fences = Fence.objects.select_for_update(of=("self",))
    if not fences.filter(thread_id=thread_id, thread__owner_id=user_id, thread__trashed_at=None):
        raise NotFound
    run = Run.objects.filter(thread_id=thread_id, message_id=message_id, state=Run.State.QUEUED).first()
    if run is None:
        raise NotWaiting
    return run
