"""The SQL of the saver. The tables are LangGraph's own, made by its `setup()`."""

# ruff: noqa: S608  # only constants are put into constants

from typing import Final

# LATERAL … LIMIT 1: a plain join is planned as a scan of all the thread's blobs, whose cost grows with the thread.

# One checkpoint per row, with the blobs of its channel versions and the writes pending on it. Names travel as
# UTF-8 bytes beside the blobs, since an array has one type (`::bytea` would read a backslash as an escape).
_COLUMNS: Final = """
    c.checkpoint_ns, c.checkpoint_id, c.parent_checkpoint_id, c.checkpoint, c.metadata,
    (
        SELECT array_agg(ARRAY[
            convert_to(b.channel, 'UTF8'), convert_to(b.version, 'UTF8'), convert_to(b.type, 'UTF8'), b.blob
        ])
        FROM jsonb_each_text(
            CASE jsonb_typeof(c.checkpoint -> 'channel_versions')
                WHEN 'object' THEN c.checkpoint -> 'channel_versions'
            END
        ) AS v
        CROSS JOIN LATERAL (
            SELECT * FROM checkpoint_blobs
            WHERE thread_id = c.thread_id AND checkpoint_ns = c.checkpoint_ns
                AND channel = v.key AND version = v.value
            LIMIT 1
        ) AS b
    ) AS blobs,
    (
        SELECT array_agg(ARRAY[
            convert_to(w.task_id, 'UTF8'), convert_to(w.idx::text, 'UTF8'), convert_to(w.channel, 'UTF8'),
            convert_to(w.task_path, 'UTF8'), convert_to(coalesce(w.type, ''), 'UTF8'), w.blob
        ])
        FROM checkpoint_writes w
        WHERE w.thread_id = c.thread_id AND w.checkpoint_ns = c.checkpoint_ns
            AND w.checkpoint_id = c.checkpoint_id
    ) AS writes
"""

# The checkpoint that the fence names as the thread's tip. No row: no thread. checkpoint_id NULL: the tip's
# row is missing.
SELECT_TIP: Final = f"""
SELECT f.tip_checkpoint_id, {_COLUMNS}
FROM chatapp_fence f
LEFT JOIN checkpoints c
    ON c.thread_id = %(thread_id)s AND c.checkpoint_ns = '' AND c.checkpoint_id = f.tip_checkpoint_id
WHERE f.thread_id = %(thread_id)s::uuid AND f.tip_checkpoint_id IS NOT NULL
"""

# One checkpoint by its id.
SELECT_ONE: Final = f"""
SELECT {_COLUMNS} FROM checkpoints c
WHERE c.thread_id = %(thread_id)s AND c.checkpoint_ns = %(checkpoint_ns)s
    AND c.checkpoint_id = %(checkpoint_id)s
"""

# The newest checkpoint of a subgraph's namespace, which has no tip of its own.
SELECT_NEWEST: Final = f"""
SELECT {_COLUMNS} FROM checkpoints c
WHERE c.thread_id = %(thread_id)s AND c.checkpoint_ns = %(checkpoint_ns)s
ORDER BY c.checkpoint_id DESC LIMIT 1
"""

# Checkpoints of the thread, newest first; every condition is optional.
SELECT_MANY: Final = f"""
SELECT {_COLUMNS} FROM checkpoints c
WHERE c.thread_id = %(thread_id)s
    AND (%(checkpoint_ns)s::text IS NULL OR c.checkpoint_ns = %(checkpoint_ns)s::text)
    AND (%(checkpoint_id)s::text IS NULL OR c.checkpoint_id = %(checkpoint_id)s::text)
    AND (%(before)s::text IS NULL OR c.checkpoint_id < %(before)s::text)
    AND c.metadata @> %(filter)s::jsonb
ORDER BY c.checkpoint_id DESC
LIMIT %(limit)s::bigint
"""

# Message items, by namespace, channel and version.
SELECT_ITEMS: Final = """
SELECT i.ns, i.channel, i.version, b.type, b.blob
FROM unnest(%s::text[], %s::text[], %s::text[]) AS i (ns, channel, version)
CROSS JOIN LATERAL (
    SELECT type, blob FROM checkpoint_blobs
    WHERE thread_id = %s AND checkpoint_ns = i.ns AND channel = i.channel AND version = i.version
    LIMIT 1
) AS b
"""

# A channel version and a message item never change, so what is there stays.
INSERT_BLOB: Final = """
INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO NOTHING
"""

# The MAC covers the parent too, so a repeated put replaces it with the rest (LangGraph's own statement keeps
# it).
UPSERT_CHECKPOINT: Final = """
INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET
    parent_checkpoint_id = EXCLUDED.parent_checkpoint_id,
    checkpoint = EXCLUDED.checkpoint,
    metadata = EXCLUDED.metadata
"""

# A task's write is stored once …
INSERT_WRITE: Final = """
INSERT INTO checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, type, blob)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO NOTHING
"""

# … but an error, an interrupt or a resume value is replaced by a later one of the same task.
UPSERT_WRITE: Final = """
INSERT INTO checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, type, blob)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO UPDATE SET
    channel = EXCLUDED.channel, task_path = EXCLUDED.task_path, type = EXCLUDED.type, blob = EXCLUDED.blob
"""

DELETE_ALL: Final = (
    "DELETE FROM checkpoints WHERE thread_id = %s",
    "DELETE FROM checkpoint_blobs WHERE thread_id = %s",
    "DELETE FROM checkpoint_writes WHERE thread_id = %s",
)
