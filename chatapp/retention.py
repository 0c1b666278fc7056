"""What is kept for how long: old checkpoints, and what lies in the trash.

What can go of a thread is worked out in one snapshot, without a lock. It holds for as long as the fence's epoch does
and no run is live. So each batch of deletions is a short transaction that begins by locking the fence and looking at
both, and raises the epoch: whoever has read the thread before may count on values that are gone now, and is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from chatapp import keys, statements, threads
from chatapp.access import NotFound
from chatapp.checkpoints import StrictSerializer, leftovers
from chatapp.checkpoints.leftovers import Leftover
from chatapp.checkpoints.rows import RowSeals
from chatapp.models import Thread
from chatapp.sealing import SealError

logger = logging.getLogger(__name__)

# Threads looked at by one statement, and rows deleted under one lock of a fence.
THREADS: Final = 200
ROWS: Final = 1_000
# Deleted threads at a time: each takes all that it has with it.
TRASH: Final = 50
CHECKPOINTS: Final = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
TABLES: Final = (*CHECKPOINTS, "chatapp_message", "chatapp_run", "chatapp_eventbatch", "chatapp_thread")
# The epoch of a thread that has no live run and that nobody is about to change.
_IDLE: Final = f"""
SELECT epoch FROM chatapp_fence
WHERE thread_id = %(thread)s AND (held_until IS NULL OR held_until <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM chatapp_run WHERE thread_id = %(thread)s AND state IN {statements.LIVE})
"""  # noqa: S608  # a constant
_LOCK: Final = "SELECT FROM chatapp_fence WHERE thread_id = %(thread)s FOR UPDATE"
_RAISE: Final = "UPDATE chatapp_fence SET epoch = epoch + 1 WHERE thread_id = %(thread)s"
# What these threads hold, without indexes.
_BYTES: Final = """
SELECT
    coalesce((SELECT sum(octet_length(body)) FROM chatapp_message WHERE thread_id = ANY(%(threads)s)), 0)
    + coalesce((
        SELECT sum(pg_column_size(checkpoint) + pg_column_size(metadata)) FROM checkpoints
        WHERE thread_id = ANY(%(threads)s::text[])
    ), 0)
    + coalesce((
        SELECT sum(octet_length(blob)) FROM checkpoint_blobs WHERE thread_id = ANY(%(threads)s::text[])
    ), 0)
    + coalesce((
        SELECT sum(octet_length(blob)) FROM checkpoint_writes WHERE thread_id = ANY(%(threads)s::text[])
    ), 0)
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What was deleted, or would be: rows, and about how many bytes they hold.

    `items`: messages in the lists of checkpoints; the messages of the tree stay. `threads`: of the trash. `skipped`:
    threads with something to delete that were busy, or could not be read; the next sweep tries them again.
    """

    checkpoints: int = 0
    writes: int = 0
    blobs: int = 0
    items: int = 0
    threads: int = 0
    bytes: int = 0
    skipped: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


NOTHING: Final[tuple[Swept, list[tuple[int, UUID]]]] = (Swept(), [])


class _Plan(NamedTuple):
    """What can go of a thread, for as long as its fence has this epoch."""

    epoch: int
    rows: list[Leftover]


def sweep(*, dry_run: bool = False, batch: int = ROWS) -> Swept:
    """Delete everything whose time has come, at most `batch` rows under one lock; with `dry_run` only count it."""
    swept = Swept()
    if dry_run:
        due = [thread_id for _, thread_id in _due()]
        swept = Swept(threads=len(due), bytes=_bytes(due))
    else:
        for part, _ in iter(empty_trash, NOTHING):
            swept += part
    after: UUID | None = None
    while True:
        part, after = sweep_checkpoints(after, dry_run=dry_run, batch=batch)
        swept += part
        if after is None:
            return swept


def empty_trash(most: int = TRASH) -> tuple[Swept, list[tuple[int, UUID]]]:
    """Delete threads for ever that have lain in the trash for `TRASH_DAYS`, at most so many.

    Returns what went, and the owners and threads: `NOTHING` when it is done.
    """
    due = list(_due()[:most])
    swept = Swept(threads=len(due), bytes=_bytes([thread_id for _, thread_id in due]))
    for owner_id, thread_id in due:
        with suppress(NotFound):  # deleted meanwhile
            threads.delete(owner_id, thread_id)
    return swept, due


def sweep_checkpoints(
    after: UUID | None = None, *, most: int = THREADS, dry_run: bool = False, batch: int = ROWS
) -> tuple[Swept, UUID | None]:
    """Delete what old checkpoints leave over in the next so many threads above `after`.

    Returns what went and the last thread looked at: None when there are no more. With `CHECKPOINT_DAYS=0` nothing goes.
    """
    swept = Swept()
    if not settings.CHECKPOINT_DAYS:
        return swept, None
    rows = Thread.objects.exclude(id__in=_due().values("id")).order_by("id")
    looked_at = dict((rows.filter(id__gt=after) if after else rows).values_list("id", "owner_id")[:most])
    if not looked_at:
        return swept, None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        before = leftovers.first_id(now - timedelta(days=settings.CHECKPOINT_DAYS))
        found = leftovers.threads(cursor, list(looked_at), before)
    for thread_id in sorted(found):
        swept += _sweep_thread(looked_at[thread_id], thread_id, before, dry_run=dry_run, batch=batch)
    return swept, max(looked_at)


def vacuum(*, full: bool = False) -> None:
    """Make the room of deleted rows usable again; `full` gives it back to the disk, and nobody can chat meanwhile.

    Outside a transaction. Tables of another role are left out by PostgreSQL.
    """
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ({'FULL, ' if full else ''}ANALYZE) {table}")


def size() -> int:
    """The bytes on disk of the tables that a sweep makes room in, with their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [[*TABLES]]
        )
        return int(cursor.fetchone()[0])


def _sweep_thread(owner_id: int, thread_id: UUID, before: str, *, dry_run: bool, batch: int) -> Swept:
    try:
        plan = _plan(owner_id, thread_id, before)
    except (SealError, keys.KeyMissing, keys.KeyDamaged) as error:
        logger.error("The old checkpoints of thread %s stay: %s.", thread_id, type(error).__name__)
        return Swept(skipped=1)
    if plan is None:
        return Swept(skipped=1)
    swept, epoch = Swept(), plan.epoch
    for start in range(0, len(plan.rows), batch):
        rows = plan.rows[start : start + batch]
        if not dry_run and not _delete(thread_id, epoch, rows):
            return swept + Swept(skipped=1)
        swept, epoch = swept + _counted(rows), epoch + 1
    return swept


def _plan(owner_id: int, thread_id: UUID, before: str) -> _Plan | None:
    """What can go; None for a thread that is busy. Raises `SealError`, `KeyMissing`, `KeyDamaged`."""
    seals = RowSeals(keys.thread_sealer(owner_id, thread_id), StrictSerializer())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_IDLE, {"thread": thread_id})
        idle = cursor.fetchone()
        return _Plan(idle[0], leftovers.of_thread(cursor, thread_id, before, seals)) if idle else None


def _delete(thread_id: UUID, epoch: int, rows: Sequence[Leftover]) -> bool:
    """Delete these rows, if the thread is as it was; otherwise False."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, {"thread": thread_id})
        cursor.execute(_IDLE, {"thread": thread_id})  # not with the lock: what waits sees what was
        if cursor.fetchone() != (epoch,):
            return False
        cursor.execute(_RAISE, {"thread": thread_id})
        leftovers.delete(cursor, thread_id, rows)
        return True


def _counted(rows: Sequence[Leftover]) -> Swept:
    kinds = [row.kind for row in rows]
    return Swept(
        checkpoints=kinds.count("checkpoint"),
        writes=sum(row.writes for row in rows),
        blobs=kinds.count("value"),
        items=kinds.count("item"),
        bytes=sum(row.bytes for row in rows),
    )


def _due() -> QuerySet[Thread, tuple[int, UUID]]:
    """Owner and id of the threads that have lain in the trash for long enough, those first that lie there longest."""
    if not settings.TRASH_DAYS:
        return Thread.objects.none().values_list("owner_id", "id")
    due = Thread.objects.filter(trashed_at__lt=Now() - timedelta(days=settings.TRASH_DAYS))
    return due.order_by("trashed_at", "id").values_list("owner_id", "id")


def _bytes(thread_ids: Sequence[UUID]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_BYTES, {"threads": list(thread_ids)})
        return int(cursor.fetchone()[0])
