"""What PostgreSQL itself notes while faults happen: who took which run when, and who wrote without holding it.

Every process connects under a name of its own (PGAPPNAME). Triggers write down each claim, and each checkpoint, event
and answer that comes from another process than the one whose claim is the thread's newest.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from tests.chaos.database import Database

_TABLES: Final = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "chatapp_eventbatch", "chatapp_message")
_INSTALL: Final = """
CREATE TABLE chaos_claim (
    at timestamptz, thread_id uuid, run_id uuid, epoch bigint, app text,
    from_app text, from_run uuid, from_lease timestamptz
);
CREATE TABLE chaos_holder (thread_id uuid PRIMARY KEY, app text);
CREATE TABLE chaos_stale (at timestamptz, thread_id uuid, place text, app text, holder text);

CREATE FUNCTION chaos_note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    SELECT app INTO before FROM chaos_holder WHERE thread_id = NEW.thread_id;
    INSERT INTO chaos_claim VALUES (
        clock_timestamp(), NEW.thread_id, NEW.run_id, NEW.epoch, current_setting('application_name'),
        CASE WHEN OLD.run_id IS NOT NULL THEN before END, OLD.run_id, OLD.lease_until
    );
    INSERT INTO chaos_holder VALUES (NEW.thread_id, current_setting('application_name'))
    ON CONFLICT (thread_id) DO UPDATE SET app = EXCLUDED.app;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_claim AFTER UPDATE ON chatapp_fence FOR EACH ROW
WHEN (NEW.epoch IS DISTINCT FROM OLD.epoch AND NEW.holder IS NOT NULL) EXECUTE FUNCTION chaos_note_claim();

CREATE FUNCTION chaos_note_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holding text;
BEGIN
    SELECT app INTO holding FROM chaos_holder WHERE thread_id = NEW.thread_id::uuid;
    IF holding IS DISTINCT FROM current_setting('application_name') THEN
        INSERT INTO chaos_stale VALUES (
            clock_timestamp(), NEW.thread_id::uuid, TG_TABLE_NAME, current_setting('application_name'), holding
        );
    END IF;
    RETURN NULL;
END $$;
"""


class Claims(NamedTuple):
    """What became of the claims since a moment (seconds of the epoch, on the database's clock)."""

    takeovers: int  # of a run that another process had
    wrong: int  # while that process's lease still held
    stale: int  # writes by a process whose run another one had taken


async def install(database: Database) -> None:
    """Put the triggers in."""
    await database.rows(_INSTALL)
    for table in _TABLES:
        # Of messages the answers only; whoever deletes a thread takes the run from them before, which says nothing.
        answers = table == "chatapp_message"
        of, only = (" OF body", "WHEN (NEW.role = 'assistant')") if answers else ("", "")
        await database.rows(
            f"CREATE TRIGGER chaos_write AFTER INSERT OR UPDATE{of} ON {table} FOR EACH ROW {only} "
            "EXECUTE FUNCTION chaos_note_write()"
        )


async def claims(database: Database, since: float) -> Claims:
    """Count what happened since a moment."""
    found = await database.rows(
        """
        SELECT count(*) FILTER (WHERE from_app <> app), count(*) FILTER (WHERE from_app <> app AND from_lease > at)
        FROM chaos_claim WHERE at >= to_timestamp(%s)
        """,
        [since],
    )
    stale = await database.rows("SELECT count(*) FROM chaos_stale WHERE at >= to_timestamp(%s)", [since])
    return Claims(found[0][0], found[0][1], stale[0][0])


async def resumptions(database: Database, process: str, at: float) -> tuple[dict[UUID, float], list[UUID]]:
    """How long after a moment each run that the process held was taken up again, and those that were not."""
    taken = await database.rows(
        """
        SELECT run_id, extract(epoch FROM at)::float8 FROM chaos_claim
        WHERE from_app = %s AND run_id = from_run AND at >= to_timestamp(%s)
        """,
        [process, at],
    )
    left = await database.rows(
        """
        SELECT fence.run_id FROM chatapp_fence fence JOIN chaos_holder holder USING (thread_id)
        WHERE holder.app = %s AND fence.holder IS NOT NULL
        """,
        [process],
    )
    return {run: float(moment) - at for run, moment in taken}, [run for (run,) in left]
