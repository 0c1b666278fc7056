"""Runs that ask their owner: what they ask, the answers, and going on.

A run that asks is `waiting`: nobody holds it. What it asked is kept with it, sealed, by the interrupt's id. An answer,
a stop or a new message makes it run again. Every verb is one synchronous transaction that begins by locking the
thread's fence row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from chatapp import claims, content, jobs, keys, statements
from chatapp.access import NotFound
from chatapp.claims import Claim, Desk, Response
from chatapp.models import Fence, Run
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer


class NoSuchInterrupt(Refusal):
    """This question was answered already."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a run stops to ask: what `wait` writes."""

    asks: Mapping[str, Any]  # by the interrupt's id; Any: JSON, shown to the owner as it is
    question_checkpoint: str | None
    events: tuple[int, int, bytes]  # (first_seq, last_seq, sealed) of the attempt's last batch


def wait(claim: Claim, pause: Pause, desk: Desk) -> Claim | None:
    """Let a run wait for its owner: what it asks, its last events, and the fence is free.

    When the owner has answered meanwhile, or wants it to end, it goes on at once: the new claim is returned. Raises
    `StaleClaim`.
    """
    with transaction.atomic():
        first, last, sealed = pause.events
        if not claims.hold(claim, last):
            return None
        run = Run.objects.get(id=claim.run_id)
        before = claims.asked(run, claim.sealer)
        asked = {each: {"ask": ask, "answer": before.get(each, {}).get("answer")} for each, ask in pause.asks.items()}
        statements.row(
            statements.PAUSE,
            {
                "thread": claim.thread_id,
                "run": claim.run_id,
                "asked": _sealed(claim.sealer, claim.run_id, asked),
                "question": claim.message_id,
                "question_checkpoint": pause.question_checkpoint,
                "epoch": claim.epoch + 1,
                "first": first,
                "last": last,
                "events": sealed,
            },
        )
        if run.stop_requested or any(each["answer"] for each in asked.values()):
            return _go_on(claim.owner_id, run.id, claim.sealer, desk)
        return None


def respond(user_id: int, thread_id: UUID, responses: Mapping[str, Response], desk: Desk) -> tuple[UUID, Claim | None]:
    """Answer what the thread's run asks: all of these, or none of them.

    Returns the run, and its claim when it goes on in this process. Raises `NotFound`, `NoSuchInterrupt`.
    """
    with transaction.atomic():
        if statements.row(statements.LOCK, {"thread": thread_id, "user": user_id}) is None:
            raise NotFound
        run = Run.objects.filter(thread_id=thread_id, state__in=(Run.State.WAITING, Run.State.RUNNING)).first()
        sealer = keys.thread_sealer(user_id, thread_id)
        asked = claims.asked(run, sealer) if run is not None else {}
        if run is None or any(asked.get(each, {"answer": True})["answer"] for each in responses):
            raise NoSuchInterrupt
        for each, response in responses.items():
            asked[each]["answer"] = response
        Run.objects.filter(id=run.id).update(asked=_sealed(sealer, run.id, asked))
        if run.state == Run.State.RUNNING:  # it has been answered in part, and sees this when it asks again
            return run.id, None
        return run.id, _go_on(user_id, run.id, sealer, desk)


def end(run: Run) -> None:
    """Ask an active run to end; one that waits for its owner runs again to do so. The thread's fence is locked."""
    Run.objects.filter(id=run.id).update(state=Run.State.RUNNING, stop_requested=True)
    if run.state == Run.State.WAITING:
        jobs.claim(run.id)


def _go_on(user_id: int, run_id: UUID, sealer: Sealer, desk: Desk) -> Claim | None:
    """Let a waiting run go on, here if there is room."""
    Run.objects.filter(id=run_id).update(state=Run.State.RUNNING)
    if not desk.room:
        jobs.claim(run_id)
        return None
    run = Run.objects.select_related("thread", "message").get(id=run_id)
    fence = Fence.objects.select_related("thread").get(thread_id=run.thread_id)
    return claims.take(fence, run, run.message, sealer, desk.holder)


def _sealed(sealer: Sealer, run_id: UUID, asked: Mapping[str, Any]) -> bytes:
    return content.seal(sealer, asked, "run", "asked", run_id)
