"""Siblings and labels of messages, restore points, runs that replay, and the audit."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds what branches, rollbacks and the audit are kept in."""

    dependencies = [
        ("chatapp", "0009_asking_and_temporary"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor", models.CharField(max_length=320)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("view_thread", "viewed this thread"),
                            ("view_checkpoint", "viewed a checkpoint of this thread"),
                            ("compare", "compared two checkpoints of this thread"),
                            ("roll_back", "rolled this thread back"),
                            ("undo", "undid a rollback of this thread"),
                            ("replay", "had an answer of this thread given anew"),
                            ("fork", "forked this thread into a new one of its owner"),
                            ("copy", "made a private copy of this thread"),
                            ("update", "changed the state of this thread"),
                            ("respond", "answered what this thread asked"),
                            ("cancel", "stopped an answer in this thread"),
                            ("retry", "had a failed answer of this thread given again"),
                        ],
                        max_length=32,
                    ),
                ),
                ("thread_id", models.UUIDField()),
                ("owner_id", models.BigIntegerField()),
                ("checkpoint_id", models.TextField(default="")),
                ("reason", models.CharField(max_length=500)),
                ("details", models.JSONField(default=dict)),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "verbose_name_plural": "audit entries",
            },
        ),
        migrations.CreateModel(
            name="AuditKey",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("master_key_id", models.CharField(max_length=64)),
                ("wrapped", models.BinaryField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="RestorePoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("rollback", "Rollback"), ("update", "Update")], max_length=16)),
                ("checkpoint_id", models.TextField()),
                ("to_tip", models.TextField()),
                ("from_tip", models.TextField(null=True)),
                ("head_checkpoint_id", models.TextField(null=True)),
                ("hides", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name="thread",
            options={
                "permissions": [
                    ("inspect_thread", "Can read what was written in threads, for a stated reason"),
                    ("act_on_thread", "Can roll back, replay, fork and change threads, for a stated reason"),
                ]
            },
        ),
        migrations.AddField(
            model_name="fence",
            name="held_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="label",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="shown_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="run",
            name="start_checkpoint_id",
            field=models.TextField(null=True),
        ),
        migrations.AlterField(
            model_name="message",
            name="thread",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="chatapp.thread",
            ),
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(
                condition=models.Q(("trashed_at__isnull", False)), fields=["trashed_at"], name="thread_trash"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["thread_id", "-id"], name="audit_of_thread"),
        ),
        migrations.AddField(
            model_name="restorepoint",
            name="from_head",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="chatapp.message"
            ),
        ),
        migrations.AddField(
            model_name="restorepoint",
            name="thread",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="restore_points", to="chatapp.thread"
            ),
        ),
        migrations.AddField(
            model_name="restorepoint",
            name="to_head",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="chatapp.message"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="hidden_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="chatapp.restorepoint",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["thread", "parent"], name="message_siblings"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("hidden_by__isnull", False)), fields=["hidden_by"], name="message_hidden"
            ),
        ),
        migrations.AddIndex(
            model_name="restorepoint",
            index=models.Index(fields=["thread", "-made_at"], name="restore_point_newest_first"),
        ),
    ]
