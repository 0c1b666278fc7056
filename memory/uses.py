"""Which answers a memory was used in. Ids only: what was used is sealed, that something was is not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from memory.models import Use


def record_uses(user_id: int, thread_id: UUID, message_id: UUID, ids: Iterable[UUID]) -> None:
    """Note that this answer was given with these memories; noting it again changes nothing."""
    rows = [Use(user_id=user_id, thread_id=thread_id, message_id=message_id, memory_id=each) for each in set(ids)]
    Use.objects.bulk_create(rows, ignore_conflicts=True)


def uses(user_id: int, memory_id: UUID, limit: int) -> list[tuple[UUID, UUID, datetime]]:
    """The answers in which the memory was used last, newest first: thread, message, time."""
    rows = Use.objects.filter(user_id=user_id, memory_id=memory_id).order_by("-created_at")
    return list(rows.values_list("thread_id", "message_id", "created_at")[:limit])


def last_uses(user_id: int, ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, UUID, datetime]]:
    """Of each of these memories the answer it was used in last: thread, message, time."""
    rows = Use.objects.filter(user_id=user_id, memory_id__in=list(ids))
    rows = rows.order_by("memory_id", "-created_at").distinct("memory_id")
    return {row.memory_id: (row.thread_id, row.message_id, row.created_at) for row in rows}


def forget_uses(user_id: int, ids: Iterable[UUID] | None = None) -> None:
    """Forget in which answers these memories were used, or all of the user's."""
    rows = Use.objects.filter(user_id=user_id)
    (rows if ids is None else rows.filter(memory_id__in=list(ids))).delete()


def forget_thread(thread_id: UUID) -> None:
    """Forget what was used in a thread: it is deleted for ever."""
    Use.objects.filter(thread_id=thread_id).delete()
