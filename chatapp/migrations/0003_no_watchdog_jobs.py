"""Runs are looked out for by every process; jobs that watched one run each are not known any more."""

from django.db import migrations


class Migration(migrations.Migration):
    """Takes the watchdog jobs out of the queue."""

    dependencies = [
        ("chatapp", "0002_fence"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [
        migrations.RunSQL("DELETE FROM procrastinate_jobs WHERE task_name = 'chatapp.watch'", migrations.RunSQL.noop),
    ]
