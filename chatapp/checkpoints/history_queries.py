"""The SQL of a thread's history: lists of checkpoints without their values, in the root namespace."""

# only constants are put into constants

from __future__ import annotations

from typing import Final

ROW: Final = """
SELECT
    checkpoint_id, parent_checkpoint_id, checkpoint ->> 'ts', metadata ->> 'source', (metadata ->> 'step')::int,
    ARRAY(SELECT jsonb_array_elements_text(
        CASE jsonb_typeof(checkpoint -> 'updated_channels') WHEN 'array' THEN checkpoint -> 'updated_channels' END
    ))
FROM checkpoints
"""
ROWS: Final = f"""
{ROW}
WHERE thread_id = %(thread)s::text AND checkpoint_ns = '' AND checkpoint_id < %(before)s
ORDER BY checkpoint_id DESC LIMIT %(limit)s
"""
SOME: Final = f"""
{ROW}
WHERE thread_id = %(thread)s::text AND checkpoint_ns = '' AND checkpoint_id = ANY(%(ids)s)
"""
CHILDREN: Final = """
SELECT checkpoint_id FROM checkpoints
WHERE thread_id = %(thread)s::text AND checkpoint_ns = '' AND parent_checkpoint_id = %(parent)s
ORDER BY checkpoint_id LIMIT 10
"""
# Ids only, of what is newer than a page: which lines run into it.
NEWER: Final = """
SELECT checkpoint_id, parent_checkpoint_id FROM checkpoints
WHERE thread_id = %(thread)s::text AND checkpoint_ns = '' AND checkpoint_id >= %(before)s
ORDER BY checkpoint_id DESC
"""
THERE: Final = """
SELECT checkpoint_id FROM checkpoints
WHERE thread_id = %(thread)s::text AND checkpoint_ns = '' AND checkpoint_id = ANY(%(ids)s)
"""
COUNT: Final = "SELECT count(*) FROM checkpoints WHERE thread_id = %(thread)s::text AND checkpoint_ns = ''"
# Where the thread stands: the tip, whether a run is going on there, and the nearest checkpoint of the head.
STANDING: Final = """
SELECT fence.tip_checkpoint_id, fence.run_id IS NOT NULL, coalesce(head.checkpoint_id, before.checkpoint_id)
FROM chatapp_thread thread
JOIN chatapp_fence fence ON fence.thread_id = thread.id
LEFT JOIN chatapp_message head ON head.id = thread.head_id
LEFT JOIN chatapp_message before ON before.id = head.parent_id
WHERE thread.id = %(thread)s
"""
RESTORES: Final = """
SELECT to_tip, checkpoint_id, id, kind, undone_at IS NOT NULL FROM chatapp_restorepoint
WHERE thread_id = %(thread)s ORDER BY made_at
"""
# The messages that end at some checkpoints. A restore point knows where its message ended before.
MESSAGES: Final = """
SELECT checkpoint_id, id, role, status, model, run_id, hidden_by_id IS NOT NULL FROM chatapp_message
WHERE thread_id = %(thread)s AND checkpoint_id = ANY(%(ids)s)
UNION ALL
SELECT point.head_checkpoint_id, message.id, role, status, model, run_id, hidden_by_id IS NOT NULL
FROM chatapp_restorepoint point JOIN chatapp_message message ON message.id = point.to_head_id
WHERE point.thread_id = %(thread)s AND point.head_checkpoint_id = ANY(%(ids)s)
"""
REPLAYS: Final = """
SELECT start_checkpoint_id FROM chatapp_run
WHERE thread_id = %(thread)s AND start_checkpoint_id = ANY(%(ids)s)
"""
# For checkpoints whose parent is gone: where the messages before theirs ended.
LINKS: Final = """
WITH ends AS (
    SELECT checkpoint_id, parent_id FROM chatapp_message WHERE thread_id = %(thread)s
    UNION ALL
    SELECT point.head_checkpoint_id, message.parent_id
    FROM chatapp_restorepoint point JOIN chatapp_message message ON message.id = point.to_head_id
    WHERE point.thread_id = %(thread)s
)
SELECT ends.checkpoint_id, parent.checkpoint_id, grand.checkpoint_id
FROM ends JOIN chatapp_message parent ON parent.id = ends.parent_id
LEFT JOIN chatapp_message grand ON grand.id = parent.parent_id
WHERE ends.checkpoint_id = ANY(%(ids)s)
"""
# A checkpoint's row, the values it names and what is pending on it. Messages are stored once for many checkpoints and
# are in none of these sums.
SIZES: Final = """
SELECT c.checkpoint_id, pg_column_size(c.checkpoint) + pg_column_size(c.metadata)
    + coalesce((
        SELECT sum(octet_length(b.blob)) FROM jsonb_each_text(c.checkpoint -> 'channel_versions') AS v
        CROSS JOIN LATERAL (
            SELECT blob FROM checkpoint_blobs
            WHERE thread_id = c.thread_id AND checkpoint_ns = '' AND channel = v.key AND version = v.value
            LIMIT 1
        ) AS b
    ), 0)
    + coalesce((
        SELECT sum(octet_length(w.blob)) FROM checkpoint_writes w
        WHERE w.thread_id = c.thread_id AND w.checkpoint_ns = '' AND w.checkpoint_id = c.checkpoint_id
    ), 0)
FROM checkpoints c
WHERE c.thread_id = %(thread)s::text AND c.checkpoint_ns = '' AND c.checkpoint_id = ANY(%(ids)s)
"""
