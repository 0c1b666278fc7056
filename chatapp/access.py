"""The only door to objects that belong to a user.

A foreign id, a missing id and a malformed id give the same answer: `NotFound`.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from chatapp.models import Message, Thread
from chatapp.refusals import Refusal


class NotFound(Refusal):
    """There is no such conversation."""


def threads(user_id: int) -> QuerySet[Thread]:
    """The user's threads, those in the trash included."""
    return Thread.objects.filter(owner_id=user_id)


def thread(user_id: int, thread_id: UUID, *, trashed: bool = False) -> Thread:
    """The user's thread; with `trashed` also one that lies in the trash. Raises `NotFound`."""
    found = threads(user_id).filter(id=thread_id).first()
    if found is None or (found.trashed_at is not None and not trashed):
        raise NotFound
    return found


def message(user_id: int, thread_id: UUID, message_id: UUID) -> Message:
    """A message of the user's thread, unless a rollback took it out of their sight. Raises `NotFound`."""
    rows = Message.objects.filter(hidden_by=None, thread__owner_id=user_id)
    found = rows.filter(id=message_id, thread_id=thread_id).first()
    if found is None:
        raise NotFound
    return found
