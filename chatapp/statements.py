"""The SQL of the runs, where the ORM would take longer than PostgreSQL or could not say it in one statement."""

# ruff: noqa: S608  # only a constant is put into constants

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection
from psycopg import Connection, Cursor

from chatapp.siblings import CHILDREN, ROOTS


def row(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Execute a statement in the caller's transaction and return its first row, if it answers one.

    Prepared once per connection: planning the larger ones costs PostgreSQL more than carrying them out.
    """
    connection.ensure_connection()
    connected: Connection[Any] = connection.connection
    with Cursor(connected) as cursor:
        cursor.execute(statement.encode(), parameters, prepare=True)
        return cursor.fetchone() if cursor.description else None


# Spelled out: for a parameter, a plan that is made once could not use the index of live runs, and would read all of the
# thread's runs.
LIVE: Final = "('queued', 'running', 'waiting')"

# Whoever counts a user's running runs before starting another one holds this until the end of its transaction, or two
# could each see room for one. Taken after the fence by everyone, so that nobody waits in a circle; two users whose
# numbers are alike in these 31 bits only wait for each other.
_TURN: Final = "pg_advisory_xact_lock(19270, (%(user)s::bigint & 2147483647)::int)"
TURN: Final = f"SELECT {_TURN}"
# The same for the runs of all users, when there is a limit to those.
TURN_OF_ALL: Final = "SELECT pg_advisory_xact_lock(19271, 0)"
# Whether one more run of the user may start; 0 is no limit. A statement of its own or of a later one than the lock's:
# what a statement sees is older than what it waits for.
BELOW: Final = f"""
(
    %(each)s::int = 0 OR %(each)s::int > (
        SELECT count(*) FROM chatapp_run
        WHERE owner_id = %(user)s AND state IN {LIVE} AND state = 'running'
    )
) AND (
    %(all)s::int = 0 OR %(all)s::int > (SELECT count(*) FROM chatapp_run WHERE state IN {LIVE} AND state = 'running')
)
"""
MAY_START: Final = f"SELECT {BELOW}"

# What every verb begins with: the fence of the user's thread, until when it is held, and then the user's turn. Nothing
# else is read with it: what a waiting statement has joined to the row is as old as its wait.
LOCK: Final = f"""
WITH locked AS MATERIALIZED (
    SELECT
        fence.epoch, fence.base_seq, fence.last_seq,
        CASE WHEN fence.held_until > clock_timestamp() THEN fence.held_until END AS held_until
    FROM chatapp_fence fence JOIN chatapp_thread thread ON thread.id = fence.thread_id
    WHERE fence.thread_id = %(thread)s AND thread.owner_id = %(user)s AND thread.trashed_at IS NULL
    FOR UPDATE OF fence
)
SELECT epoch, base_seq, last_seq, held_until, {_TURN} FROM locked
"""
# What a new message meets: the runs that are live, whether it is here already, and whether its run may start.
LOOK: Final = f"""
SELECT
    ARRAY(SELECT state FROM chatapp_run WHERE thread_id = %(thread)s AND state IN {LIVE}),
    EXISTS (SELECT FROM chatapp_message WHERE id = %(message)s),
    {BELOW}
"""
# A message and its run; one that is placed stands below its parent, or begins the thread anew. The ORM takes longer to
# write these than PostgreSQL to carry them out, and the first token waits for both.
STORE: Final = """
WITH asked AS (
    INSERT INTO chatapp_message (id, thread_id, parent_id, role, status, body, model)
    VALUES (%(message)s, %(thread)s, %(parent)s, 'user', 'done', %(body)s, '') RETURNING created_at
)
INSERT INTO chatapp_run (id, owner_id, thread_id, message_id, state, model, attempt, retry, stop_requested, failure)
VALUES (%(run)s, %(user)s, %(thread)s, %(message)s, 'queued', %(model)s, 0, %(placed)s, FALSE, '')
RETURNING (SELECT created_at FROM asked)
"""
# A thread of this id unless there is one; then, when it has a key, its provisional title and its fence, and as with the
# lock of a fence the user's turn.
CREATE: Final = """
INSERT INTO chatapp_thread (id, owner_id, titled, temporary) VALUES (%(thread)s, %(user)s, FALSE, %(temporary)s)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
FURNISH: Final = f"""
WITH named AS (UPDATE chatapp_thread SET title = %(title)s WHERE id = %(thread)s)
INSERT INTO chatapp_fence (thread_id, epoch, base_seq, last_seq) VALUES (%(thread)s, 0, 0, 0)
RETURNING {_TURN}
"""

# The end of a run in one statement: its last events, the answer below its question with the checkpoint that ends with
# it, what it used, the run's state, the head, and the fence's next epoch with the numbers that were left over. Answers
# whether the thread has a title, and whether a run waits that may begin.
FINISH: Final = f"""
WITH logged AS (
    INSERT INTO chatapp_eventbatch (thread_id, run_id, first_seq, last_seq, body)
    VALUES (%(thread)s, %(run)s, %(first)s, %(last)s, %(events)s)
), answered AS (
    INSERT INTO chatapp_message (
        id, thread_id, parent_id, run_id, role, status, body, model, checkpoint_id, input_tokens, output_tokens
    )
    SELECT
        %(answer)s, thread_id, %(question)s, %(run)s, 'assistant', %(status)s, %(body)s, %(model)s,
        tip_checkpoint_id, %(input_tokens)s::int, %(output_tokens)s::int
    FROM chatapp_fence WHERE thread_id = %(thread)s
    ON CONFLICT (id) DO UPDATE SET
        status = EXCLUDED.status, body = EXCLUDED.body, model = EXCLUDED.model,
        checkpoint_id = EXCLUDED.checkpoint_id, input_tokens = EXCLUDED.input_tokens,
        output_tokens = EXCLUDED.output_tokens
), asked AS (
    UPDATE chatapp_message SET checkpoint_id = %(question_checkpoint)s
    WHERE id = %(question)s AND %(question_checkpoint)s::text IS NOT NULL
), called AS (
    INSERT INTO chatapp_modelcall (owner_id, thread_id, run_id, purpose, model, input_tokens, output_tokens)
    SELECT %(owner)s, %(thread)s, %(run)s, spent.*
    FROM unnest(%(purposes)s::text[], %(models)s::text[], %(inputs)s::int[], %(outputs)s::int[]) AS spent
), ended AS (
    UPDATE chatapp_run
    SET state = %(state)s, failure = %(failure)s, asked = NULL, finished_at = statement_timestamp()
    WHERE id = %(run)s
), shown AS (
    UPDATE chatapp_thread
    SET head_id = %(answer)s, active_at = statement_timestamp(), answered_at = statement_timestamp()
    WHERE id = %(thread)s
), released AS (
    UPDATE chatapp_fence
    SET epoch = %(epoch)s, holder = NULL, run_id = NULL, lease_until = NULL, last_seq = %(last)s
    WHERE thread_id = %(thread)s
    RETURNING held_until > statement_timestamp() AS held
)
SELECT titled, EXISTS (
    SELECT FROM chatapp_run WHERE thread_id = %(thread)s AND state IN {LIVE} AND id <> %(run)s
) AND (SELECT held FROM released) IS NOT TRUE
FROM chatapp_thread WHERE id = %(thread)s
"""

# A run that asks its owner: its events so far, what it asks, and nobody holds it. Asking is no attempt that broke off.
PAUSE: Final = """
WITH logged AS (
    INSERT INTO chatapp_eventbatch (thread_id, run_id, first_seq, last_seq, body)
    VALUES (%(thread)s, %(run)s, %(first)s, %(last)s, %(events)s)
), began AS (
    UPDATE chatapp_message SET checkpoint_id = %(question_checkpoint)s
    WHERE id = %(question)s AND %(question_checkpoint)s::text IS NOT NULL
), paused AS (
    UPDATE chatapp_run SET state = 'waiting', asked = %(asked)s, handovers = handovers + 1 WHERE id = %(run)s
)
UPDATE chatapp_fence
SET epoch = %(epoch)s, holder = NULL, run_id = NULL, lease_until = NULL, last_seq = %(last)s
WHERE thread_id = %(thread)s
RETURNING epoch
"""

# A thread as lists show it, and what waits in it: every run asks this several times. A retried message has its place in
# the tree already and is not shown among those that wait.
GLANCE: Final = f"""
SELECT
    title, active_at, answered_at, seen_at, temporary, head_id,
    EXISTS (SELECT FROM chatapp_run WHERE thread_id = %(thread)s AND state IN {LIVE}),
    EXISTS (SELECT FROM chatapp_run WHERE thread_id = %(thread)s AND state IN {LIVE} AND state = 'waiting'),
    ARRAY(
        SELECT message_id FROM chatapp_run
        WHERE thread_id = %(thread)s AND state IN {LIVE} AND state = 'queued' AND NOT retry ORDER BY created_at, id
    ),
    ARRAY(
        SELECT message.body FROM chatapp_run run JOIN chatapp_message message ON message.id = run.message_id
        WHERE run.thread_id = %(thread)s AND run.state IN {LIVE} AND run.state = 'queued' AND NOT run.retry
        ORDER BY run.created_at, run.id
    )
FROM chatapp_thread WHERE id = %(thread)s AND owner_id = %(user)s AND trashed_at IS NULL
"""

# The fence, locked, if the claim is still the thread's.
HOLD: Final = """
SELECT epoch FROM chatapp_fence WHERE thread_id = %(thread)s AND epoch = %(epoch)s FOR UPDATE
"""

# Leases of this process's runs, renewed; answers which are still held, and which were asked to stop.
RENEW: Final = """
WITH mine AS (
    SELECT fence.thread_id FROM chatapp_fence fence
    JOIN unnest(%(threads)s::uuid[], %(epochs)s::bigint[]) AS held (thread_id, epoch)
        ON held.thread_id = fence.thread_id AND held.epoch = fence.epoch
    WHERE fence.holder = %(holder)s
    ORDER BY fence.thread_id FOR NO KEY UPDATE OF fence
)
UPDATE chatapp_fence fence SET lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
FROM mine, chatapp_run run
WHERE fence.thread_id = mine.thread_id AND run.id = fence.run_id
RETURNING fence.thread_id, run.stop_requested
"""

# Leases of this process's runs, ended: it stops. Answers the runs.
RELEASE: Final = """
WITH released AS (
    UPDATE chatapp_fence fence SET lease_until = clock_timestamp()
    FROM unnest(%(threads)s::uuid[], %(epochs)s::bigint[]) AS held (thread_id, epoch)
    WHERE fence.thread_id = held.thread_id AND fence.epoch = held.epoch AND fence.holder = %(holder)s
    RETURNING fence.run_id
)
UPDATE chatapp_run SET handovers = handovers + 1
FROM released WHERE id = released.run_id AND state = 'running' RETURNING id
"""

# One statement, as the first token waits for it. A run that starts gets its place below the head (a retried one stays
# where it is), and the tip of its parent unless it replays a checkpoint. The head is read here and not with the lock: a
# statement that waited for the fence has joined it to the thread as it was before. Answers the parent, the tip, the
# newest summaries with what they cover, how long the run has waited, whether the thread is temporary, whether its owner
# has kept anything, and what stands beside the message and below it.
TAKE: Final = f"""
WITH place AS (
    SELECT CASE WHEN %(moves)s THEN thread.head_id ELSE message.parent_id END AS parent_id
    FROM chatapp_message message JOIN chatapp_thread thread ON thread.id = message.thread_id
    WHERE message.id = %(message)s
), placed AS (
    UPDATE chatapp_message SET parent_id = place.parent_id, shown_at = statement_timestamp()
    FROM place WHERE id = %(message)s AND %(starts)s
), shown AS (
    UPDATE chatapp_thread SET head_id = %(message)s, active_at = statement_timestamp()
    WHERE id = %(thread)s AND %(starts)s
), begun AS (
    UPDATE chatapp_run SET state = 'running', attempt = attempt + 1, started_at = statement_timestamp()
    WHERE id = %(run)s
)
UPDATE chatapp_fence SET
    epoch = %(epoch)s, holder = %(holder)s, run_id = %(run)s, base_seq = %(base_seq)s, last_seq = %(last_seq)s,
    lease_until = statement_timestamp() + %(lease)s * interval '1 second',
    tip_checkpoint_id = CASE
        WHEN %(starts)s THEN coalesce(
            %(start)s::text, (SELECT checkpoint_id FROM chatapp_message JOIN place ON id = place.parent_id)
        )
        ELSE tip_checkpoint_id
    END
WHERE thread_id = %(thread)s
RETURNING
    (SELECT parent_id FROM place),
    tip_checkpoint_id,
    ARRAY(
        SELECT message_id FROM chatapp_summary WHERE thread_id = %(thread)s
        ORDER BY created_at DESC, message_id LIMIT %(summaries)s
    ),
    ARRAY(
        SELECT body FROM chatapp_summary WHERE thread_id = %(thread)s
        ORDER BY created_at DESC, message_id LIMIT %(summaries)s
    ),
    (SELECT extract(epoch FROM statement_timestamp() - created_at)::float8 FROM chatapp_run WHERE id = %(run)s),
    (SELECT temporary FROM chatapp_thread WHERE id = %(thread)s),
    EXISTS (
        SELECT FROM memory_shelf shelf JOIN chatapp_thread thread ON thread.owner_id = shelf.user_id
        WHERE thread.id = %(thread)s
    ),
    CASE WHEN (SELECT parent_id FROM place) IS NULL THEN {ROOTS}
        ELSE {CHILDREN.format(parent="(SELECT parent_id FROM place)")}
    END,
    {CHILDREN.format(parent="%(message)s")}
"""

# By the index of live runs, so it costs as much as there are of these.
LIVE_RUNS: Final = f"""
SELECT state, count(*) AS runs, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS oldest
FROM chatapp_run WHERE state IN {LIVE} GROUP BY state
"""
