"""A claim: the right to execute one run, fenced by the thread's epoch.

Called inside a transaction that has locked the thread's fence row.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from chatapp import content
from chatapp.models import Fence, Message, Run
from chatapp.sealing import Sealer

# Numbers a claim may give to its events; the end of the run gives back what is left over.
SEQ_BLOCK = 1_000_000
KEPT_SUMMARIES = 3

# One statement, as the first token waits for it. A run that starts gets its place below the head (a retried one stays
# where it is) and the tip of its parent. The head is read here and not with the lock: a statement that waited for the
# fence has joined it to the thread as it was before. Answers the parent, the tip, and the newest summaries with what
# they cover.
_TAKE = """
WITH place AS (
    SELECT CASE WHEN %(moves)s THEN thread.head_id ELSE message.parent_id END AS parent_id
    FROM chatapp_message message JOIN chatapp_thread thread ON thread.id = message.thread_id
    WHERE message.id = %(message)s
), placed AS (
    UPDATE chatapp_message SET parent_id = place.parent_id FROM place WHERE id = %(message)s AND %(moves)s
), shown AS (
    UPDATE chatapp_thread SET head_id = %(message)s, active_at = statement_timestamp()
    WHERE id = %(thread)s AND %(starts)s
), begun AS (
    UPDATE chatapp_run SET state = 'running', attempt = attempt + 1, started_at = statement_timestamp()
    WHERE id = %(run)s
)
UPDATE chatapp_fence SET
    epoch = %(epoch)s, holder = %(holder)s, run_id = %(run)s, base_seq = %(base_seq)s, last_seq = %(last_seq)s,
    lease_until = statement_timestamp() + %(lease)s * interval '1 second',
    tip_checkpoint_id = CASE
        WHEN %(starts)s THEN (SELECT checkpoint_id FROM chatapp_message JOIN place ON id = place.parent_id)
        ELSE tip_checkpoint_id
    END
WHERE thread_id = %(thread)s
RETURNING
    (SELECT parent_id FROM place),
    tip_checkpoint_id,
    ARRAY(
        SELECT message_id FROM chatapp_summary WHERE thread_id = %(thread)s
        ORDER BY created_at DESC, message_id LIMIT %(summaries)s
    ),
    ARRAY(
        SELECT body FROM chatapp_summary WHERE thread_id = %(thread)s
        ORDER BY created_at DESC, message_id LIMIT %(summaries)s
    )
"""


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
    stopping: bool
    asked_at: datetime
    tip: str | None  # the checkpoint to go on from
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
    starts = run.state != Run.State.RUNNING
    fence.epoch += 1
    fence.base_seq = fence.last_seq
    fence.last_seq += SEQ_BLOCK
    run.attempt += 1
    parameters: dict[str, UUID | int | bool] = {
        "thread": fence.thread_id,
        "message": message.id,
        "run": run.id,
        "starts": starts,
        "moves": starts and not run.retry,
        "epoch": fence.epoch,
        "base_seq": fence.base_seq,
        "last_seq": fence.last_seq,
        "holder": holder,
        "lease": settings.LEASE_SECONDS,
        "summaries": KEPT_SUMMARIES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        message.parent_id, fence.tip_checkpoint_id, covered, bodies = cursor.fetchone()
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
        stopping=run.stop_requested,
        asked_at=message.created_at,
        tip=fence.tip_checkpoint_id,
        summaries=tuple(
            (str(each), content.unseal(sealer, body, "summary", "body", each)["text"]) for each, body in summaries
        ),
        sealer=sealer,
    )


def take_next(fence: Fence, sealer: Sealer, holder: UUID) -> Claim | None:
    """Take the thread's oldest queued run, if it has one and none is live before it."""
    run = Run.objects.filter(thread_id=fence.thread_id, state__in=Run.LIVE).order_by("created_at").first()
    if run is None or run.state != Run.State.QUEUED:
        return None
    return take(fence, run, run.message, sealer, holder)
