"""How a run ends: one transaction that writes everything, or nothing when the claim was lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from langchain_core.messages.ai import UsageMetadata

from chatapp import claims, content, fairness, jobs, metrics, statements
from chatapp.claims import Claim
from chatapp.keys import KeyMissing
from chatapp.models import Fence, Message, ModelCall, Run
from chatapp.sealing import SealError
from chatapp.streaming import events
from chatapp.tree import Remembered
from memory import memories

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens that one call of a model used."""

    purpose: str
    model: str
    input_tokens: int
    output_tokens: int


def spent(purpose: str, model: str, usage: UsageMetadata | None) -> tuple[Spent, ...]:
    """What a call used, by what the provider said; nothing when it said nothing."""
    return (Spent(purpose, model, usage["input_tokens"], usage["output_tokens"]),) if usage else ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: what `finish` writes."""

    state: Run.State
    status: Message.Status
    text: str
    failure: tuple[str, str] | None  # kind, and the sentence for it
    spent: Sequence[Spent]
    question_checkpoint: str | None
    events: tuple[int, int, bytes]  # (first_seq, last_seq, sealed) of the run's last batch
    window_full: bool = False
    memory: Remembered | None = None


def finish(claim: Claim, ending: Ending, desk: claims.Desk) -> Claim | None:
    """End a run: answer, head, usage, last events and run state in one transaction; the epoch moves on.

    Claims the thread's next queued run in the same transaction and returns it, if there is room for it here. Raises
    `StaleClaim` when the claim is not the thread's current one: then nothing is written.
    """
    with transaction.atomic():
        if not claims.hold(claim, ending.events[1]):
            return None
        row = statements.row(statements.FINISH, _written(claim, ending))
        assert row is not None
        titled, following = row
        if ending.memory is not None and ending.memory["used"]:
            used = [UUID(each) for each in ending.memory["used"]]
            memories.record_uses(claim.owner_id, claim.thread_id, claim.answer_id, used)
        if not titled and ending.text:
            jobs.title(claim.answer_id)
        if ending.window_full:
            jobs.summary(claim.thread_id, claim.answer_id)
        return _claim_next(claim, desk) if following else None


def _claim_next(claim: Claim, desk: claims.Desk) -> Claim | None:
    """Claim the thread's next queued run, or ask another process to when there is no room here.

    It takes the place of the one that ends, unless there is a limit for all and another user has fewer: then it waits
    for its turn like everyone's.
    """
    run = claims.next_in_line(claim.thread_id)
    if run is None or run.state != Run.State.QUEUED:
        return None
    if settings.TOTAL_RUNS:
        row = statements.row(fairness.OTHERS_FIRST, {"user": claim.owner_id})
        assert row is not None
        if row[0]:
            return None
    if not desk.room:
        jobs.claim(run.id)
        return None
    fence = Fence.objects.select_related("thread").get(thread_id=claim.thread_id)
    try:
        with transaction.atomic():
            return claims.take(fence, run, run.message, claim.sealer, desk.holder)
    except (SealError, KeyMissing) as error:  # of the next message; this run ends all the same
        logger.error("The next run of thread %s cannot be read: %s.", claim.thread_id, type(error).__name__)
        return None


def hand_over(holder: UUID, threads: Mapping[UUID, int]) -> None:
    """Let go of runs (thread → epoch) that this process executed and will not end: others take them up at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            statements.RELEASE, {"threads": list(threads), "epochs": list(threads.values()), "holder": holder}
        )
        for (run_id,) in cursor.fetchall():
            jobs.claim(run_id)


def partial_text(claim: Claim) -> str:
    """What the attempt before this one had streamed."""
    return events.partial_text(claim.run_id, claim.thread_id, claim.sealer, before=claim.base_seq)


def record_call(owner_id: int, thread_id: UUID, run_id: UUID | None, spent: Spent) -> None:
    """Keep what a call of a model used."""
    metrics.count_tokens(spent.purpose, spent.input_tokens, spent.output_tokens)
    ModelCall.objects.create(
        owner_id=owner_id,
        thread_id=thread_id,
        run_id=run_id,
        purpose=spent.purpose,
        model=spent.model,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
    )


def _written(claim: Claim, ending: Ending) -> dict[str, Any]:  # Any: a column's value
    """The parameters of `statements.FINISH`."""
    body: dict[str, object] = {"text": ending.text}
    if ending.failure:
        body["error"] = {"kind": ending.failure[0], "text": ending.failure[1]}
    if ending.memory is not None:
        body["memory"] = ending.memory
    first, last, sealed = ending.events
    answered = [spent for spent in ending.spent if spent.purpose == ModelCall.Purpose.ANSWER]
    return {
        "thread": claim.thread_id,
        "owner": claim.owner_id,
        "run": claim.run_id,
        "question": claim.message_id,
        "question_checkpoint": ending.question_checkpoint,
        "answer": claim.answer_id,
        "status": ending.status.value,
        "body": content.seal(claim.sealer, body, "message", "body", claim.answer_id),
        "model": claim.model,
        "input_tokens": sum(spent.input_tokens for spent in answered) if answered else None,
        "output_tokens": sum(spent.output_tokens for spent in answered) if answered else None,
        "state": ending.state.value,
        "failure": ending.failure[0] if ending.failure else "",
        "epoch": claim.epoch + 1,
        "first": first,
        "last": last,
        "events": sealed,
        "purposes": [spent.purpose for spent in ending.spent],
        "models": [spent.model for spent in ending.spent],
        "inputs": [spent.input_tokens for spent in ending.spent],
        "outputs": [spent.output_tokens for spent in ending.spent],
    }
