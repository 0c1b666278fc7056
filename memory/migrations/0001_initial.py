import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("chatapp", "0008_run_handovers")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE IF NOT EXISTS memory_shelf_version", "DROP SEQUENCE IF EXISTS memory_shelf_version"
        ),
        migrations.CreateModel(
            name="Shelf",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("key_id", models.BinaryField(max_length=8)),
                ("wrapped", models.BinaryField()),
                ("version", models.BigIntegerField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("memory_id", models.UUIDField()),
                ("thread_id", models.UUIDField()),
                ("message_id", models.UUIDField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("message_id", "memory_id"), name="one_use_per_answer")],
                "indexes": [
                    models.Index(fields=["user", "memory_id", "-created_at"], name="use_newest_first"),
                    models.Index(fields=["thread_id"], name="use_of_thread"),
                ],
            },
        ),
    ]
