"""Entries of the audit are neither changed nor deleted: the database refuses both."""

from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION everthread_appended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are only appended';
END $$
"""
GUARD = """
CREATE TRIGGER audit_is_appended BEFORE UPDATE OR DELETE ON chatapp_auditentry
FOR EACH ROW EXECUTE FUNCTION everthread_appended()
"""


class Migration(migrations.Migration):
    """Makes the trigger."""

    dependencies = [("chatapp", "0011_shown_when_created")]
    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION everthread_appended()"),
        migrations.RunSQL(GUARD, "DROP TRIGGER audit_is_appended ON chatapp_auditentry"),
    ]
