"""A claim: the right to execute one run, fenced by the thread's epoch.

Called inside a transaction that has locked the thread's fence row.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from chatapp import content
from chatapp.models import Fence, Message, Run, Summary, Thread
from chatapp.sealing import Sealer

# Numbers a claim may give to its events; the end of the run gives back what is left over.
SEQ_BLOCK = 1_000_000
KEPT_SUMMARIES = 3


class StaleClaim(Exception):
    """Another process has taken this run over, or its thread is gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute one run, for as long as the fence's epoch is this one."""

    thread_id: UUID
    owner_id: int
    run_id: UUID
    message_id: UUID
    parent_id: UUID | None
    model: str
    question: str
    epoch: int
    base_seq: int
    attempt: int
    stopping: bool
    asked_at: datetime
    summaries: tuple[tuple[str, str], ...]  # newest first: (id of the last message it covers, text)
    sealer: Sealer = field(repr=False)

    @property
    def answer_id(self) -> UUID:
        """The id of this run's answer: repeated executions replace and never duplicate."""
        return uuid.uuid5(self.run_id, "answer")


def take(fence: Fence, run: Run, message: Message, sealer: Sealer, holder: UUID) -> Claim:
    """Take the run: a new epoch, a lease, a block of sequence numbers and, for a run that starts, its place and tip.

    A run that was running already (its holder died) keeps its place and goes on from the fence's tip.
    """
    if run.state != Run.State.RUNNING:
        _place(fence, run, message)
    fence.epoch += 1
    fence.base_seq = fence.last_seq
    fence.last_seq += SEQ_BLOCK
    Fence.objects.filter(thread_id=fence.thread_id).update(
        epoch=fence.epoch,
        holder=holder,
        run_id=run.id,
        base_seq=fence.base_seq,
        last_seq=fence.last_seq,
        tip_checkpoint_id=fence.tip_checkpoint_id,
        lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
    )
    run.attempt += 1
    Run.objects.filter(id=run.id).update(state=Run.State.RUNNING, attempt=F("attempt") + 1, started_at=Now())
    return Claim(
        thread_id=message.thread_id,
        owner_id=fence.thread.owner_id,
        run_id=run.id,
        message_id=message.id,
        parent_id=message.parent_id,
        model=run.model,
        question=content.unseal(sealer, message.body, "message", "body", message.id)["text"],
        epoch=fence.epoch,
        base_seq=fence.base_seq,
        attempt=run.attempt,
        stopping=run.stop_requested,
        asked_at=message.created_at,
        summaries=_summaries(message, sealer),
        sealer=sealer,
    )


def take_next(fence: Fence, sealer: Sealer, holder: UUID) -> Claim | None:
    """Take the thread's oldest queued run, if it has one and none is live before it."""
    run = Run.objects.filter(thread_id=fence.thread_id, state__in=Run.LIVE).order_by("created_at").first()
    if run is None or run.state != Run.State.QUEUED:
        return None
    return take(fence, run, run.message, sealer, holder)


def _place(fence: Fence, run: Run, message: Message) -> None:
    """Put the message below the head (a retried one stays where it is) and the tip on its parent's checkpoint."""
    if not run.retry:
        message.parent_id = fence.thread.head_id
        Message.objects.filter(id=message.id).update(parent_id=message.parent_id)
    fence.tip_checkpoint_id = None
    if message.parent_id is not None:
        fence.tip_checkpoint_id = Message.objects.values_list("checkpoint_id", flat=True).get(id=message.parent_id)
    Thread.objects.filter(id=message.thread_id).update(head=message, active_at=Now())


def _summaries(message: Message, sealer: Sealer) -> tuple[tuple[str, str], ...]:
    if message.parent_id is None:
        return ()
    newest = Summary.objects.filter(thread_id=message.thread_id).order_by("-created_at")[:KEPT_SUMMARIES]
    return tuple(
        (str(row.message_id), content.unseal(sealer, row.body, "summary", "body", row.message_id)["text"])
        for row in newest
    )
