"""Guards switched off, so that each check can be seen to fail. Only the harness does this, in its own database."""

from __future__ import annotations

from typing import Final

from tests.chaos.database import Database

_NO_FENCE: Final = """
CREATE OR REPLACE FUNCTION everthread_fence(thread uuid, held bigint) RETURNS void LANGUAGE sql AS $$
    SELECT $$;
CREATE OR REPLACE FUNCTION everthread_advance(thread uuid, held bigint, tip text) RETURNS void LANGUAGE sql AS $$
    UPDATE chatapp_fence SET tip_checkpoint_id = tip WHERE thread_id = thread $$;
"""
# After the insert, so that who wrote it is told that it is there.
_NO_LOG: Final = """
CREATE OR REPLACE FUNCTION chaos_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN DELETE FROM chatapp_eventbatch; RETURN NULL; END $$;
CREATE TRIGGER chaos_forget AFTER INSERT ON chatapp_eventbatch EXECUTE FUNCTION chaos_forget();
"""
_LOG: Final = "DROP TRIGGER chaos_forget ON chatapp_eventbatch"


async def fence_off(database: Database) -> None:
    """The fence raises for nobody any more. There is no way back: the database is thrown away after the control."""
    await database.rows(_NO_FENCE)


async def log_off(database: Database) -> None:
    """The event log forgets what is written into it."""
    await database.rows(_NO_LOG)


async def log_on(database: Database) -> None:
    """The event log keeps what is written from now on."""
    await database.rows(_LOG)
