"""A run knows its owner, so that a user's running ones are counted at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column, still empty, and the index of live runs by owner."""

    dependencies = [("chatapp", "0004_run_without_job")]
    operations = [
        migrations.AddField("run", "owner_id", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "run",
            models.Index(
                condition=models.Q(("state__in", ["queued", "running", "waiting"])),
                fields=["owner_id", "state"],
                name="run_live_of_owner",
            ),
        ),
    ]
