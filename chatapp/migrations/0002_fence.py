"""The fence's functions: a write for a thread calls one of them first, and they raise when the epoch has moved on."""

from django.db import migrations

# Locks the fence row for sharing, so that writes of one run go on side by side, and compares the epoch.
HOLD = """
CREATE OR REPLACE FUNCTION everthread_fence(thread uuid, held bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    actual bigint;
BEGIN
    SELECT epoch INTO actual FROM chatapp_fence WHERE thread_id = thread FOR SHARE;
    IF actual IS DISTINCT FROM held THEN
        RAISE EXCEPTION 'stale epoch' USING ERRCODE = 'ET001';
    END IF;
END $$
"""

# The same, and moves the thread's tip.
ADVANCE = """
CREATE OR REPLACE FUNCTION everthread_advance(thread uuid, held bigint, tip text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chatapp_fence SET tip_checkpoint_id = tip WHERE thread_id = thread AND epoch = held;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'stale epoch' USING ERRCODE = 'ET001';
    END IF;
END $$
"""


class Migration(migrations.Migration):
    """Makes both functions."""

    dependencies = [("chatapp", "0001_initial")]
    operations = [
        migrations.RunSQL(HOLD, "DROP FUNCTION everthread_fence(uuid, bigint)"),
        migrations.RunSQL(ADVANCE, "DROP FUNCTION everthread_advance(uuid, bigint, text)"),
    ]
