"""The life of a run: accept, claim, stop, recover, finish.

Every verb here is one synchronous transaction that begins by locking the thread's fence row, and the database's clock
decides every comparison of times. Asynchronous code calls them through `chatapp.postgres.call`. Executing a claimed run
is `chatapp.execution`'s work.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app as queue

from chatapp import claims, content, keys
from chatapp.access import NotFound
from chatapp.claims import Claim, StaleClaim
from chatapp.models import EventBatch, Fence, Message, ModelCall, Run, Thread, Tombstone, User
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer
from chatapp.streaming import events

MAX_ATTEMPTS = 5
PROVISIONAL_TITLE_CHARS = 80
WATCH_TASK, TITLE_TASK, SUMMARY_TASK = "chatapp.watch", "chatapp.title", "chatapp.summary"


class MessageConflict(Refusal):
    """A message with this id exists already and says something else."""


class QueueFull(Refusal):
    """Too many messages are waiting in this conversation. Wait for an answer, or remove one of them."""


class Busy(Refusal):
    """An answer is being written in this conversation. Stop it first, or wait until it is done."""


@dataclass(frozen=True, slots=True)
class Question:
    """A message on its way in."""

    message_id: UUID
    text: str
    model: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The process that acts: its holder id, and whether it has room for another run."""

    holder: UUID
    room: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a message: the run that answers it, and the claim when it can start in this process at once."""

    run_id: UUID
    claim: Claim | None
    new_thread: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens that one call of a model used."""

    purpose: str
    model: str
    input_tokens: int
    output_tokens: int


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


def accept(user_id: int, thread_id: UUID, question: Question, desk: Desk) -> Accepted:
    """Take in a message: store it with its run and its watchdog job, and claim the run when the thread is idle.

    One transaction; once it commits, the message cannot be lost and is answered once. A repeated call with the same id
    and text returns the same run. A thread id that does not exist yet makes a thread of the user's.

    Raises `NotFound` (another user's, trashed or deleted thread), `MessageConflict`, `QueueFull`.
    """
    with transaction.atomic():
        fence, sealer, is_new = _open_or_create(user_id, thread_id, question.text)
        if (message := Message.objects.filter(id=question.message_id).first()) is not None:
            return _repeated(message, thread_id, sealer, question.text)
        live = list(Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE).values_list("state", flat=True))
        if live.count(Run.State.QUEUED) >= settings.QUEUED_MESSAGES:
            raise QueueFull
        message = Message.objects.create(
            id=question.message_id,
            thread_id=thread_id,
            role=Message.Role.USER,
            body=content.seal(sealer, {"text": question.text}, "message", "body", question.message_id),
        )
        claimable = desk.room and not live
        run = _create_run(message, question.model, retry=False, delayed=claimable or bool(live))
        claim = claims.take(fence, run, message, sealer, desk.holder) if claimable else None
        return Accepted(run.id, claim, new_thread=is_new)


def retry(user_id: int, thread_id: UUID, message_id: UUID, model: str, desk: Desk) -> Accepted:
    """Answer a stored message of the user's anew: the answer becomes a sibling of those it has.

    A message that is being answered returns the run it has. Raises `NotFound`, and `Busy` while the thread has another
    run.
    """
    with transaction.atomic():
        fence, sealer = _open(user_id, thread_id)
        message = Message.objects.filter(id=message_id, thread_id=thread_id, role=Message.Role.USER).first()
        if message is None:
            raise NotFound
        for live in Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE).order_by("created_at"):
            if live.message_id == message_id:
                return Accepted(live.id, None)
            raise Busy
        run = _create_run(message, model, retry=True, delayed=desk.room)
        return Accepted(run.id, claims.take(fence, run, message, sealer, desk.holder) if desk.room else None)


def stop(user_id: int, thread_id: UUID, run_id: UUID | None) -> UUID | None:
    """Stop the named run, or the active one: a queued run goes with its message, an active one is asked to end.

    Returns the id of the run that its holder has to end, or None when there is nothing to end. Raises `NotFound`.
    """
    with transaction.atomic():
        _open(user_id, thread_id)
        runs = Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE)
        run = runs.filter(id=run_id).first() if run_id else runs.exclude(state=Run.State.QUEUED).first()
        if run is None:
            return None
        if run.state == Run.State.QUEUED:
            _forget_job(run)
            Message.objects.filter(id=run.message_id, runs=run).delete() if not run.retry else run.delete()
            return None
        Run.objects.filter(id=run.id).update(stop_requested=True)
        return run.id


def recover(run_id: UUID, desk: Desk) -> Claim | None:
    """What the watchdog does for a run: claim it if nobody holds it. A run that is still live is watched on."""
    with transaction.atomic():
        fence = (
            Fence.objects.select_for_update(of=("self",))
            .select_related("thread")
            .filter(thread__runs__id=run_id)
            .first()
        )
        run = Run.objects.select_related("thread", "message").filter(id=run_id, state__in=Run.LIVE).first()
        if fence is None or run is None:
            return None
        Run.objects.filter(id=run.id).update(job_id=_watch(run.id, delayed=True))
        held = Fence.objects.filter(thread_id=run.thread_id, lease_until__gt=Now()).exists()
        if held or not desk.room or not _is_next(run):
            return None
        sealer = keys.thread_sealer(run.thread.owner_id, run.thread_id)
        return claims.take(fence, run, run.message, sealer, desk.holder)


def heartbeat(holder: UUID, threads: dict[UUID, int]) -> tuple[set[UUID], set[UUID]]:
    """Renew the leases of the given threads (id → epoch).

    Returns the threads that are still held and, of these, those whose run was asked to stop.
    """
    if not threads:
        return set(), set()
    with connection.cursor() as cursor:
        # One statement for all runs of the process; a row whose epoch moved on simply is not renewed.
        cursor.execute(
            "UPDATE chatapp_fence f SET lease_until = clock_timestamp() + %s * interval '1 second'"
            " FROM unnest(%s::uuid[], %s::bigint[]) AS mine(thread_id, epoch), chatapp_run r"
            " WHERE f.thread_id = mine.thread_id AND f.epoch = mine.epoch AND f.holder = %s AND r.id = f.run_id"
            " RETURNING f.thread_id, r.stop_requested",
            (settings.LEASE_SECONDS, list(threads), list(threads.values()), holder),
        )
        rows = cursor.fetchall()
    return {row[0] for row in rows}, {row[0] for row in rows if row[1]}


def finish(claim: Claim, ending: Ending, desk: Desk) -> Claim | None:
    """End a run: answer, head, usage, last events and run state in one transaction; the epoch moves on.

    Claims the thread's next queued run in the same transaction and returns it, if there is room for it here. Raises
    `StaleClaim` when the claim is not the thread's current one: then nothing is written.
    """
    with transaction.atomic():
        first, last, sealed = ending.events
        fence = Fence.objects.select_for_update().filter(thread_id=claim.thread_id, epoch=claim.epoch).first()
        if fence is None:
            # The connection may have broken after an earlier call committed.
            if EventBatch.objects.filter(thread_id=claim.thread_id, last_seq=last, run_id=claim.run_id).exists():
                return None
            raise StaleClaim
        EventBatch.objects.create(
            thread_id=claim.thread_id, run_id=claim.run_id, first_seq=first, last_seq=last, body=sealed
        )
        _store_answer(claim, ending, fence)
        run = Run.objects.get(id=claim.run_id)
        Run.objects.filter(id=run.id).update(
            state=ending.state,
            failure=ending.failure[0] if ending.failure else "",
            finished_at=Now(),
            job_id=None,
        )
        _forget_job(run)
        Thread.objects.filter(id=claim.thread_id).update(head_id=claim.answer_id, active_at=Now(), answered_at=Now())
        Fence.objects.filter(thread_id=claim.thread_id).update(
            epoch=claim.epoch + 1, holder=None, run_id=None, lease_until=None, last_seq=last
        )
        fence = Fence.objects.select_related("thread").get(thread_id=claim.thread_id)
        if not fence.thread.titled and ending.text:
            queue.configure_task(TITLE_TASK).defer(message_id=str(claim.answer_id))
        if ending.window_full:
            # One after the other for a thread: the second finds that the first has done it.
            lock = f"summary {claim.thread_id}"
            queue.configure_task(SUMMARY_TASK, lock=lock).defer(message_id=str(claim.answer_id))
        return claims.take_next(fence, claim.sealer, desk.holder) if desk.room else None


def partial_text(claim: Claim) -> str:
    """What the attempt before this one had streamed."""
    return events.partial_text(claim.run_id, claim.thread_id, claim.sealer)


def record_call(owner_id: int, thread_id: UUID, run_id: UUID | None, spent: Spent) -> None:
    """Keep what a call of a model used."""
    ModelCall.objects.create(
        owner_id=owner_id,
        thread_id=thread_id,
        run_id=run_id,
        purpose=spent.purpose,
        model=spent.model,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
    )


def _open(user_id: int, thread_id: UUID) -> tuple[Fence, Sealer]:
    """Lock the fence of the user's thread."""
    fence = (
        Fence.objects.select_for_update(of=("self",))
        .select_related("thread")
        .filter(thread_id=thread_id, thread__owner_id=user_id, thread__trashed_at=None)
        .first()
    )
    if fence is None:
        raise NotFound
    return fence, keys.thread_sealer(user_id, thread_id)


def _open_or_create(user_id: int, thread_id: UUID, text: str) -> tuple[Fence, Sealer, bool]:
    """Lock the fence of the user's thread, made new when the id is free."""
    try:
        return *_open(user_id, thread_id), False
    except NotFound:
        if Tombstone.objects.filter(thread_id=thread_id).exists() or not User.objects.filter(id=user_id).exists():
            raise
    thread, created = Thread.objects.get_or_create(id=thread_id, defaults={"owner_id": user_id})
    if not created:  # another user's, in the trash, or made by a frame that arrived at the same moment
        return *_open(user_id, thread_id), False
    keys.create_user_key(user_id)
    sealer = keys.create_thread_key(user_id, thread_id)
    # Until the model has found a title, the beginning of the question is one.
    beginning = " ".join(text[: 4 * PROVISIONAL_TITLE_CHARS].split())[:PROVISIONAL_TITLE_CHARS]
    Thread.objects.filter(id=thread_id).update(title=content.seal(sealer, beginning, "thread", "title", thread_id))
    return Fence.objects.create(thread=thread), sealer, True


def _repeated(message: Message, thread_id: UUID, sealer: Sealer, text: str) -> Accepted:
    """The run of a message that is here already. Raises `MessageConflict` when it is not the same message."""
    run = Run.objects.filter(message_id=message.id).order_by("created_at").first()
    same = message.thread_id == thread_id and message.role == Message.Role.USER and run is not None
    if not same or content.unseal(sealer, message.body, "message", "body", message.id)["text"] != text:
        raise MessageConflict
    assert run is not None
    return Accepted(run.id, None)


def _create_run(message: Message, model: str, *, retry: bool, delayed: bool) -> Run:
    run_id = uuid.uuid4()
    return Run.objects.create(
        id=run_id,
        thread_id=message.thread_id,
        message=message,
        model=model,
        retry=retry,
        job_id=_watch(run_id, delayed=delayed),
    )


def _watch(run_id: UUID, *, delayed: bool) -> int:
    """Queue the job that claims a run nobody holds: after the lease, or now."""
    seconds = settings.LEASE_SECONDS + 1 if delayed else 0
    return queue.configure_task(WATCH_TASK, schedule_in={"seconds": seconds}).defer(run_id=str(run_id))


def _forget_job(run: Run) -> None:
    if run.job_id is not None:
        queue.job_manager.cancel_job_by_id(run.job_id, delete_job=True)


def _is_next(run: Run) -> bool:
    """Whether a live run may run now: it runs already, or it is the oldest in the queue and nothing runs."""
    if run.state == Run.State.RUNNING:
        return True
    first = Run.objects.filter(thread_id=run.thread_id, state__in=Run.LIVE).order_by("created_at").first()
    return first is not None and first.id == run.id


def _store_answer(claim: Claim, ending: Ending, fence: Fence) -> None:
    """Write the answer below its question, with the checkpoint that ends with it, and what it used."""
    body: dict[str, object] = {"text": ending.text}
    if ending.failure:
        body["error"] = {"kind": ending.failure[0], "text": ending.failure[1]}
    tokens = [spent for spent in ending.spent if spent.purpose == ModelCall.Purpose.ANSWER]
    Message.objects.update_or_create(
        id=claim.answer_id,
        defaults={
            "thread_id": claim.thread_id,
            "parent_id": claim.message_id,
            "run_id": claim.run_id,
            "role": Message.Role.ASSISTANT,
            "status": ending.status,
            "body": content.seal(claim.sealer, body, "message", "body", claim.answer_id),
            "model": claim.model,
            "checkpoint_id": fence.tip_checkpoint_id,
            "input_tokens": sum(spent.input_tokens for spent in tokens) if tokens else None,
            "output_tokens": sum(spent.output_tokens for spent in tokens) if tokens else None,
        },
    )
    if ending.question_checkpoint is not None:
        Message.objects.filter(id=claim.message_id).update(checkpoint_id=ending.question_checkpoint)
    for spent in ending.spent:
        record_call(claim.owner_id, claim.thread_id, claim.run_id, spent)
