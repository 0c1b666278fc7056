"""What a run asks its owner; threads that are temporary."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds both."""

    dependencies = [("chatapp", "0008_run_handovers")]
    operations = [
        migrations.AddField("run", "asked", models.BinaryField(null=True)),
        migrations.AddField("thread", "temporary", models.BooleanField(db_default=False, default=False)),
        migrations.AddIndex(
            "thread",
            models.Index(fields=["created_at"], name="thread_temporary", condition=models.Q(temporary=True)),
        ),
    ]
