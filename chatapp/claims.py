"""A claim: the right to execute one run, fenced by the thread's epoch.

Called inside a transaction that has locked the thread's fence row.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import models

from chatapp import content, siblings, statements
from chatapp.models import EventBatch, Fence, Message, Run
from chatapp.sealing import Sealer
from chatapp.siblings import Siblings

# Numbers a claim may give to its events; the end of the run gives back what is left over.
SEQ_BLOCK = 1_000_000
KEPT_SUMMARIES = 3

Response: TypeAlias = dict[str, str]  # {"decision": accept | edit | decline | always, "text"?: what is kept instead}


class StaleClaim(Exception):
    """Another process has taken this run over, or its thread is gone."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The process that acts: its holder id, and whether it has room for another run."""

    holder: UUID
    room: bool


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
    broke_off: int  # attempts whose process died
    stopping: bool
    asked_at: datetime
    tip: str | None  # the checkpoint to go on from
    summaries: tuple[tuple[str, str], ...]  # newest first: (id of the last message it covers, text)
    answers: Mapping[str, Response]  # to what the run asked its owner, by the interrupt's id
    temporary: bool  # a chat without memory
    replays: bool  # goes on from a checkpoint that was chosen, which has the question already
    label: str | None  # of the message
    siblings: Siblings | None  # the place of the message among its siblings,
    answer_siblings: Siblings | None  # and that of the answer
    has_kept: bool  # whether its owner has a memory or preferences at all
    sealer: Sealer = field(repr=False)
    waited: float  # seconds from the run's acceptance to this claim, on the database's clock
    claimed: float = field(default_factory=time.monotonic)  # on this process's

    @property
    def answer_id(self) -> UUID:
        """The id of this run's answer: repeated executions replace and never duplicate."""
        return answer_id(self.run_id)


def answer_id(run_id: UUID) -> UUID:
    """The id that the answer of a run has."""
    return uuid.uuid5(run_id, "answer")


def take(fence: Fence, run: Run, message: Message, sealer: Sealer, holder: UUID) -> Claim:
    """Take the run: a new epoch, a lease, a block of sequence numbers and, for a run that starts, its place and tip.

    The tip is the checkpoint that ended the parent of its message, or the one that a replay begins with. A run that was
    running already (its holder died) keeps its place and goes on from the fence's tip.
    """
    starts = run.state != Run.State.RUNNING
    fence.epoch += 1
    fence.base_seq = fence.last_seq
    fence.last_seq += SEQ_BLOCK
    run.attempt += 1
    parameters: dict[str, UUID | int | bool | str | None] = {
        "thread": fence.thread_id,
        "message": message.id,
        "run": run.id,
        "starts": starts,
        "moves": starts and not run.retry,
        "start": run.start_checkpoint_id,
        "epoch": fence.epoch,
        "base_seq": fence.base_seq,
        "last_seq": fence.last_seq,
        "holder": holder,
        "lease": settings.LEASE_SECONDS,
        "summaries": KEPT_SUMMARIES,
    }
    row = statements.row(statements.TAKE, parameters)
    assert row is not None
    message.parent_id, fence.tip_checkpoint_id, covered, bodies, waited, temporary, has_kept, beside, below = row
    summaries = zip(covered, bodies, strict=True) if message.parent_id is not None else ()
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
        broke_off=run.attempt - 1 - run.handovers,
        stopping=run.stop_requested,
        asked_at=message.created_at,
        tip=fence.tip_checkpoint_id,
        summaries=tuple(
            (str(each), content.unseal(sealer, body, "summary", "body", each)["text"]) for each, body in summaries
        ),
        answers={each: one["answer"] for each, one in asked(run, sealer).items() if one["answer"]},
        temporary=temporary,
        replays=run.start_checkpoint_id is not None,
        label=siblings.label(message.label, message.id, sealer),
        siblings=siblings.place(beside, message.id),
        answer_siblings=siblings.place(below, answer_id(run.id)),
        has_kept=has_kept,
        sealer=sealer,
        waited=waited,
    )


def hold(claim: Claim, last: int) -> bool:
    """Lock the thread's fence for what ends or pauses a run, whose last event has this number.

    False when an earlier call has done so already, and only its connection broke. Raises `StaleClaim`.
    """
    if statements.row(statements.HOLD, {"thread": claim.thread_id, "epoch": claim.epoch}) is not None:
        return True
    if EventBatch.objects.filter(thread_id=claim.thread_id, last_seq=last, run_id=claim.run_id).exists():
        return False
    raise StaleClaim


def asked(run: Run, sealer: Sealer) -> dict[str, Any]:  # Any: JSON
    """What a run asked its owner, by the interrupt's id: `{"ask": …, "answer": null or a response}`."""
    return dict(content.unseal(sealer, run.asked, "run", "asked", run.id)) if run.asked is not None else {}


def next_in_line(thread_id: UUID) -> Run | None:
    """The thread's live run that has begun, or else the first that waits."""
    live = Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE)
    begun_first = models.Case(models.When(state=Run.State.QUEUED, then=1), default=0)
    return live.order_by(begun_first, "created_at", "id").first()
