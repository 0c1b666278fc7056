"""What of a thread's old checkpoints nothing leads to any more: found, and deleted.

An old checkpoint stays when a message ends there, a run starts there, it is the thread's tip, or a restore point leads
to it or back. With the others go their pending writes, the values that no other checkpoint names, and the messages
that are in no other checkpoint's lists. All of it in the root namespace: the chat's graph has no other.
"""

# ruff: noqa: S608  # only constants are put into constants

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from chatapp.checkpoints.rows import ITEM, ITEMS, Place, RowSeals

Kind = Literal["checkpoint", "value", "item"]

_FETCH: Final = 500
_GREGORIAN: Final = datetime(1582, 10, 15, tzinfo=UTC)

# Where something leads to. Null for nothing.
_LED_TO: Final = """
    SELECT thread_id::text, checkpoint_id FROM chatapp_message WHERE thread_id = ANY(%(threads)s::uuid[])
    UNION ALL
    SELECT thread_id::text, tip_checkpoint_id FROM chatapp_fence WHERE thread_id = ANY(%(threads)s::uuid[])
    UNION ALL
    SELECT thread_id::text, start_checkpoint_id FROM chatapp_run WHERE thread_id = ANY(%(threads)s::uuid[])
    UNION ALL
    SELECT thread_id::text, unnest(ARRAY[checkpoint_id, to_tip, from_tip, head_checkpoint_id])
    FROM chatapp_restorepoint WHERE thread_id = ANY(%(threads)s::uuid[])
"""
_UNNEEDED: Final = f"""
    SELECT thread_id, checkpoint_id FROM checkpoints
    WHERE thread_id = ANY(%(threads)s::uuid[]::text[]) AND checkpoint_ns = '' AND checkpoint_id < %(before)s
    EXCEPT ({_LED_TO})
"""
_THREADS: Final = f"SELECT DISTINCT thread_id FROM ({_UNNEEDED}) AS unneeded"

# Unneeded checkpoints with their size and what is pending on them.
_CHECKPOINTS: Final = f"""
WITH unneeded AS MATERIALIZED ({_UNNEEDED}), pending AS (
    SELECT w.checkpoint_id, count(*) AS writes, sum(octet_length(w.blob)) AS bytes
    FROM checkpoint_writes w JOIN unneeded USING (thread_id, checkpoint_id)
    WHERE w.checkpoint_ns = '' GROUP BY w.checkpoint_id
)
SELECT
    checkpoint_id, coalesce(writes, 0),
    pg_column_size(checkpoint) + pg_column_size(metadata) + coalesce(pending.bytes, 0)
FROM unneeded JOIN checkpoints USING (thread_id, checkpoint_id) LEFT JOIN pending USING (checkpoint_id)
WHERE checkpoint_ns = '' ORDER BY checkpoint_id
"""
# The values of a thread, and whether a checkpoint that stays names them; of those that stay and are lists of messages
# the list too.
_VALUES: Final = f"""
WITH named AS MATERIALIZED (
    SELECT DISTINCT v.key AS channel, v.value AS version
    FROM checkpoints c CROSS JOIN LATERAL jsonb_each_text(
        CASE jsonb_typeof(c.checkpoint -> 'channel_versions')
            WHEN 'object' THEN c.checkpoint -> 'channel_versions'
        END
    ) AS v
    WHERE c.thread_id = %(thread)s AND c.checkpoint_ns = '' AND c.checkpoint_id <> ALL(%(unneeded)s::text[])
)
SELECT
    channel, version, coalesce(octet_length(b.blob), 0), named.channel IS NOT NULL,
    CASE WHEN named.channel IS NOT NULL AND b.type = '{ITEMS}' THEN b.blob END
FROM checkpoint_blobs b LEFT JOIN named USING (channel, version)
WHERE b.thread_id = %(thread)s AND b.checkpoint_ns = '' AND b.type <> '{ITEM}'
"""
# The messages of a thread's lists.
_ITEMS: Final = f"""
SELECT channel, version, coalesce(octet_length(blob), 0) FROM checkpoint_blobs
WHERE thread_id = %(thread)s AND checkpoint_ns = '' AND type = '{ITEM}'
"""

_OF_CHECKPOINTS: Final = "WHERE thread_id = %(thread)s AND checkpoint_ns = '' AND checkpoint_id = ANY(%(ids)s)"
_DELETE_CHECKPOINTS: Final = (
    f"DELETE FROM checkpoint_writes {_OF_CHECKPOINTS}",
    f"DELETE FROM checkpoints {_OF_CHECKPOINTS}",
)
_DELETE_BLOBS: Final = """
DELETE FROM checkpoint_blobs b USING unnest(%(channels)s::text[], %(versions)s::text[]) AS gone (channel, version)
WHERE b.thread_id = %(thread)s AND b.checkpoint_ns = '' AND b.channel = gone.channel AND b.version = gone.version
"""


class Leftover(NamedTuple):
    """A row that can go: a checkpoint by its id, or a blob by channel and version. `bytes`: what it and the `writes`
    pending on it hold.
    """

    kind: Kind
    key: tuple[str, ...]
    bytes: int
    writes: int = 0


def first_id(at: datetime) -> str:
    """The smallest id that a checkpoint made at this time or later can have: LangGraph makes them as UUIDs of version 6
    (RFC 9562), which begin with the time, in 100 ns since the Gregorian calendar's beginning.
    """
    ticks = (at - _GREGORIAN) // timedelta(microseconds=1) * 10
    return str(UUID(int=(ticks >> 12) << 80 | 6 << 76 | (ticks & 0xFFF) << 64))


def threads(cursor: CursorWrapper, among: Sequence[UUID], before: str) -> set[UUID]:
    """Those of the threads that have checkpoints with smaller ids than `before` which nothing leads to."""
    cursor.execute(_THREADS, {"threads": list(among), "before": before})
    return {UUID(thread_id) for (thread_id,) in cursor.fetchall()}


def of_thread(cursor: CursorWrapper, thread_id: UUID, before: str, seals: RowSeals) -> list[Leftover]:
    """Everything of the thread that can go, in an order in which deleting may break off: the last row is a checkpoint
    that would have the thread found again. Raises `SealError`.
    """
    cursor.execute(_CHECKPOINTS, {"threads": [thread_id], "before": before})
    checkpoints = [Leftover("checkpoint", (one,), size, writes) for one, writes, size in cursor.fetchall()]
    unneeded = [row.key[0] for row in checkpoints]
    values: list[Leftover] = []
    listed: set[tuple[str, ...]] = set()
    cursor.execute(_VALUES, {"thread": str(thread_id), "unneeded": unneeded})
    while rows := cursor.fetchmany(_FETCH):
        for channel, version, size, is_named, manifest in rows:
            if not is_named:
                values.append(Leftover("value", (channel, version), size))
            elif manifest is not None:
                places = seals.open_manifest(Place("", channel, version), bytes(manifest)).items
                listed.update((place.channel, place.version) for place in places)
    cursor.execute(_ITEMS, {"thread": str(thread_id)})
    items = [Leftover("item", (channel, version), size) for channel, version, size in cursor.fetchall()]
    gone = [item for item in items if item.key not in listed]
    return [*checkpoints[1:], *values, *gone, *checkpoints[:1]]


def delete(cursor: CursorWrapper, thread_id: UUID, rows: Sequence[Leftover]) -> None:
    """Delete these rows, with what is pending on checkpoints. The caller holds the thread's fence."""
    thread = str(thread_id)
    if ids := [row.key[0] for row in rows if row.kind == "checkpoint"]:
        for statement in _DELETE_CHECKPOINTS:
            cursor.execute(statement, {"thread": thread, "ids": ids})
    if blobs := [row.key for row in rows if row.kind != "checkpoint"]:
        channels, versions = (list(column) for column in zip(*blobs, strict=True))
        cursor.execute(_DELETE_BLOBS, {"thread": thread, "channels": channels, "versions": versions})
