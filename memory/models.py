"""The tables of memory. What is kept lies in LangGraph's own `store` table, sealed; see `memory.rows`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chatapp.models import User


class Shelf(models.Model):
    """What a user has kept across threads: its key, wrapped by the user's, and a version that every write raises.

    The key's id is also the first label of the user's rows in `store`. Deleting the row shreds what lies there.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    key_id = models.BinaryField(max_length=8)
    wrapped = models.BinaryField()
    # Out of a sequence of its own, so that no two states of a shelf have the same, rolled back ones included.
    version = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())


class Use(models.Model):
    """A memory stood in the prompt of an answer. Ids only."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    memory_id = models.UUIDField()
    thread_id = models.UUIDField()
    message_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message_id", "memory_id"], name="one_use_per_answer")]
        indexes = [
            models.Index(fields=["user", "memory_id", "-created_at"], name="use_newest_first"),
            models.Index(fields=["thread_id"], name="use_of_thread"),
        ]
