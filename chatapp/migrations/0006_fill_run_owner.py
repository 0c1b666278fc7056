"""The owners of the runs that there are."""

from django.db import migrations

FILL = """
UPDATE chatapp_run run SET owner_id = thread.owner_id FROM chatapp_thread thread
WHERE thread.id = run.thread_id AND run.owner_id IS NULL
"""


class Migration(migrations.Migration):
    """Takes them from the threads."""

    dependencies = [("chatapp", "0005_run_owner")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
