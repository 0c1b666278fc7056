"""A run has no job of its own any more."""

from django.db import migrations


class Migration(migrations.Migration):
    """Drops the job's id."""

    dependencies = [("chatapp", "0003_no_watchdog_jobs")]
    operations = [migrations.RemoveField("run", "job_id")]
