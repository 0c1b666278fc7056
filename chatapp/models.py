"""Every table of the chat, on one page.

Sealed columns hold bytes made by `chatapp.sealing` and are named in `SEALED`; everything else is plain because
routing, ordering and the administrator's lists need it. LangGraph's own tables (`checkpoints`, `checkpoint_blobs`,
`checkpoint_writes`) are made by its `setup()`.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now


class UserManager(BaseUserManager["User"]):
    """Makes users who are known by their e-mail address."""

    use_in_migrations = True

    def _create(self, email: str, password: str | None, **fields: Any) -> User:
        if not email:
            raise ValueError("An e-mail address is required.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an ordinary user. Raises `ValueError` without an e-mail address."""
        return self._create(email, password, **{"is_staff": False, "is_superuser": False, **fields})

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an administrator with every permission."""
        return self._create(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractUser):
    """A person with an account; the e-mail address is the login name."""

    username = None  # type: ignore[assignment]  # AbstractUser declares it; people log in by e-mail here
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # no username: not AbstractUser's


class UserKey(models.Model):
    """A user's data key, wrapped by a master key. Deleting the row shreds everything below it."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    key_id = models.BinaryField(max_length=8)
    master_key_id = models.CharField(max_length=64)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())


class Thread(models.Model):
    """One conversation of one owner. Its id is the LangGraph `thread_id`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="threads")
    title = models.BinaryField(null=True)
    # False while the title is only the beginning of the first question.
    titled = models.BooleanField(default=False)
    # In no list, without memory, deleted for ever after a while.
    temporary = models.BooleanField(default=False, db_default=False)
    # The message that the thread shows as its last: the leaf of the active branch, or an earlier one it was moved to.
    head = models.ForeignKey("Message", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    active_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    trashed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-active_at", "-id"], name="thread_newest_first"),
            models.Index(fields=["created_at"], name="thread_temporary", condition=models.Q(temporary=True)),
            models.Index(fields=["trashed_at"], name="thread_trash", condition=models.Q(trashed_at__isnull=False)),
        ]
        permissions = [
            ("inspect_thread", "Can read what was written in threads, for a stated reason"),
            ("act_on_thread", "Can roll back, replay, fork and change threads, for a stated reason"),
        ]

    @property
    def unread(self) -> bool:
        """Whether an answer came since the owner last looked."""
        return self.answered_at is not None and (self.seen_at is None or self.seen_at < self.answered_at)


class Tombstone(models.Model):
    """A thread that was deleted for ever: a late frame or write must not bring it back."""

    thread_id = models.UUIDField(primary_key=True)
    deleted_at = models.DateTimeField(db_default=Now())


class ThreadKey(models.Model):
    """A thread's random data key, wrapped by its owner's key."""

    thread = models.OneToOneField(Thread, models.CASCADE, primary_key=True, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key_id = models.BinaryField(max_length=8)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())


class Fence(models.Model):
    """Who may write for a thread: every write locks this row and compares the epoch."""

    thread = models.OneToOneField(Thread, models.CASCADE, primary_key=True, related_name="fence")
    epoch = models.BigIntegerField(default=0)
    holder = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    # Numbers up to last_seq are taken. A claim reserves the block (base_seq, last_seq]; its end gives back the rest.
    base_seq = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    tip_checkpoint_id = models.TextField(null=True)
    # Until then no waiting run of the thread begins: someone is about to change where it stands.
    held_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="fence_lease")]


class Message(models.Model):
    """One node of the thread's message tree."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"
        TOOL = "tool"

    class Status(models.TextChoices):
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="messages", db_index=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    run = models.ForeignKey("Run", models.SET_NULL, null=True, related_name="+")
    role = models.CharField(max_length=16, choices=Role)
    status = models.CharField(max_length=16, choices=Status, default=Status.DONE)
    body = models.BinaryField()
    model = models.CharField(max_length=200, default="")
    checkpoint_id = models.TextField(null=True)
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    # The owner's name for the branch that it begins or ends.
    label = models.BinaryField(null=True)
    # When its owner last turned to it among its siblings, or it came.
    shown_at = models.DateTimeField(db_default=Now())
    # The rollback that took it out of its owner's sight.
    hidden_by = models.ForeignKey("RestorePoint", models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["thread", "parent"], name="message_siblings"),
            models.Index(fields=["hidden_by"], name="message_hidden", condition=models.Q(hidden_by__isnull=False)),
        ]


class Run(models.Model):
    """One execution of the graph for one accepted input."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    LIVE = (State.QUEUED, State.RUNNING, State.WAITING)

    id = models.UUIDField(primary_key=True)
    # The thread's, here too: whoever starts a run counts those that its owner has running.
    owner_id = models.BigIntegerField()
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="runs")
    message = models.ForeignKey(Message, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    model = models.CharField(max_length=200)
    attempt = models.IntegerField(default=0)
    # What it asks its owner, and what they answered; null unless it has asked.
    asked = models.BinaryField(null=True)
    # Attempts that ended because their process stopped or the owner was asked, not because a process died.
    handovers = models.IntegerField(default=0, db_default=0)
    # A retry or an edit: its message has its place in the tree already; any other queued message gets it when claimed.
    retry = models.BooleanField(default=False)
    # Where a replay begins; any other run begins where the parent of its message ended.
    start_checkpoint_id = models.TextField(null=True)
    stop_requested = models.BooleanField(default=False)
    failure = models.CharField(max_length=32, default="")
    # Its place in the thread's queue too: a message that is sent now gets a time before those that wait.
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["thread"], condition=models.Q(state="running"), name="one_running_run_per_thread"
            ),
        ]
        indexes = [
            models.Index(
                fields=["thread", "created_at"],
                name="run_live",
                condition=models.Q(state__in=["queued", "running", "waiting"]),
            ),
            models.Index(
                fields=["owner_id", "state"],
                name="run_live_of_owner",
                condition=models.Q(state__in=["queued", "running", "waiting"]),
            ),
        ]


class RestorePoint(models.Model):
    """Where a thread stood before an administrator rolled it back or changed its state: what an undo goes back to."""

    class Kind(models.TextChoices):
        ROLLBACK = "rollback"
        UPDATE = "update"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="restore_points")
    kind = models.CharField(max_length=16, choices=Kind)
    # The checkpoint that was chosen, and the one that was written from it.
    checkpoint_id = models.TextField()
    to_tip = models.TextField()
    to_head = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    from_tip = models.TextField(null=True)
    from_head = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    # The checkpoint that ended `to_head` until then.
    head_checkpoint_id = models.TextField(null=True)
    hides = models.BooleanField(default=False)
    made_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["thread", "-made_at"], name="restore_point_newest_first")]


class AuditKey(models.Model):
    """The key that the audit's entries are chained with, wrapped by a master key: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    master_key_id = models.CharField(max_length=64)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())


class AuditEntry(models.Model):
    """What an administrator saw or did of someone's thread. Appended only, chained by hash; holds no content.

    Nothing is referred to by a foreign key: an entry outlives what it tells of.
    """

    class Action(models.TextChoices):
        VIEW_THREAD = "view_thread", "viewed this thread"
        VIEW_CHECKPOINT = "view_checkpoint", "viewed a checkpoint of this thread"
        COMPARE = "compare", "compared two checkpoints of this thread"
        ROLL_BACK = "roll_back", "rolled this thread back"
        UNDO = "undo", "undid a rollback of this thread"
        REPLAY = "replay", "had an answer of this thread given anew"
        FORK = "fork", "forked this thread into a new one of its owner"
        COPY = "copy", "made a private copy of this thread"
        UPDATE = "update", "changed the state of this thread"
        RESPOND = "respond", "answered what this thread asked"
        CANCEL = "cancel", "stopped an answer in this thread"
        RETRY = "retry", "had a failed answer of this thread given again"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    # Null for the command line.
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=320)
    action = models.CharField(max_length=32, choices=Action)
    thread_id = models.UUIDField()
    owner_id = models.BigIntegerField()
    checkpoint_id = models.TextField(default="")
    reason = models.CharField(max_length=500)
    # Ids and numbers only.
    details = models.JSONField(default=dict)
    # The hash of the entry before: no two entries follow the same one.
    previous = models.BinaryField(unique=True)
    hash = models.BinaryField()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["thread_id", "-id"], name="audit_of_thread")]

    def __str__(self) -> str:
        """As the administration names it."""
        return f"Entry {self.id}"


class EventBatch(models.Model):
    """A run of consecutive events of a thread, sealed together: one row per flush, not one per event."""

    pk = models.CompositePrimaryKey("thread_id", "last_seq")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    last_seq = models.BigIntegerField()
    first_seq = models.BigIntegerField()
    run_id = models.UUIDField()
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="event_age")]


class Summary(models.Model):
    """A running summary of a thread up to a message, waiting to be taken up by the next run on that branch."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="+")
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())


class ModelCall(models.Model):
    """What one call of a model used, whatever it was for."""

    class Purpose(models.TextChoices):
        ANSWER = "answer"
        TITLE = "title"
        SUMMARY = "summary"

    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    run_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=16, choices=Purpose)
    model = models.CharField(max_length=200)
    input_tokens = models.IntegerField()
    output_tokens = models.IntegerField()
    created_at = models.DateTimeField(db_default=Now())


SEALED = {
    "chatapp_thread": ("title",),
    "chatapp_message": ("body", "label"),
    "chatapp_run": ("asked",),
    "chatapp_eventbatch": ("body",),
    "chatapp_summary": ("body",),
}
