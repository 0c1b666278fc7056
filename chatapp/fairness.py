"""The SQL of whose turn it is, among the runs of all threads."""

# ruff: noqa: S608  # only a constant is put into constants

from typing import Final

from chatapp.statements import LIVE

# Whether another user waits who has fewer runs going than this one would have after its next.
OTHERS_FIRST: Final = f"""
SELECT EXISTS (
    SELECT FROM chatapp_run waiting
    WHERE waiting.state IN {LIVE} AND waiting.state = 'queued' AND waiting.owner_id <> %(user)s
        AND NOT EXISTS (
            SELECT FROM chatapp_run ahead
            WHERE ahead.thread_id = waiting.thread_id AND ahead.state IN {LIVE} AND ahead.state <> 'queued'
        )
        AND (
            SELECT count(*) FROM chatapp_run going
            WHERE going.owner_id = waiting.owner_id AND going.state IN {LIVE} AND going.state = 'running'
        ) < (
            SELECT count(*) + 1 FROM chatapp_run mine
            WHERE mine.owner_id = %(user)s AND mine.state IN {LIVE} AND mine.state = 'running'
        )
)
"""

# Of these users, those of whom a run waits.
WHO_WAITS: Final = f"""
SELECT DISTINCT owner_id FROM chatapp_run
WHERE owner_id = ANY(%(users)s::bigint[]) AND state IN {LIVE} AND state = 'queued'
"""

# Runs that nobody executes and nothing holds back. First those that run already and whose holder's lease ran out: they
# count among the running ones whatever the limits are. Then, of the runs that wait with no run of their thread before
# them, as many as the limits allow: each user's next one, those with fewer going first; then their second, and so on;
# oldest first among equals. Read through the indexes of live runs, so it costs as much as there are of these.
UNTAKEN: Final = f"""
WITH going AS MATERIALIZED (
    SELECT owner_id, count(*) AS runs FROM chatapp_run WHERE state IN {LIVE} AND state = 'running' GROUP BY owner_id
), found AS MATERIALIZED (
    SELECT run.id, run.owner_id, run.created_at, run.state = 'running' AS runs
    FROM chatapp_run run JOIN chatapp_fence fence ON fence.thread_id = run.thread_id
    WHERE run.state IN {LIVE} AND run.state <> 'waiting' AND run.id <> ALL(%(but)s)
        AND (fence.lease_until IS NULL OR fence.lease_until <= clock_timestamp())
        AND (run.state = 'running' OR fence.held_until IS NULL OR fence.held_until <= clock_timestamp())
        AND NOT EXISTS (
            SELECT FROM chatapp_run earlier
            WHERE earlier.thread_id = run.thread_id AND earlier.state IN {LIVE} AND earlier.id <> run.id
                AND run.state = 'queued'
                AND (earlier.state <> 'queued' OR (earlier.created_at, earlier.id) < (run.created_at, run.id))
        )
), placed AS (
    SELECT found.id, found.created_at, found.runs, CASE
        WHEN found.runs THEN 0
        ELSE coalesce(going.runs, 0)
            + row_number() OVER (PARTITION BY found.owner_id, found.runs ORDER BY found.created_at, found.id)
    END AS place
    FROM found LEFT JOIN going ON going.owner_id = found.owner_id
), numbered AS (
    SELECT placed.*, count(*) FILTER (WHERE NOT runs) OVER (ORDER BY place, created_at, id) AS started
    FROM placed WHERE runs OR %(each)s::int = 0 OR place <= %(each)s::int
)
SELECT id FROM numbered
WHERE runs OR %(all)s::int = 0 OR started + (SELECT coalesce(sum(going.runs), 0) FROM going) <= %(all)s::int
ORDER BY place, created_at, id LIMIT %(most)s
"""
