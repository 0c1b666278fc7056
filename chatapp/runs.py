"""The life of a run: accept, claim, stop, recover, finish.

Every verb here is one synchronous transaction that begins by locking the thread's fence row, and the database's clock
decides every comparison of times. Asynchronous code calls them through `chatapp.postgres.call`. Executing a claimed run
is `chatapp.execution`'s work.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
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

# What every verb begins with: the fence of the user's thread. Nothing else is read with it: what a waiting statement
# has joined to the row is as old as its wait.
_LOCK = """
SELECT fence.epoch, fence.base_seq, fence.last_seq
FROM chatapp_fence fence JOIN chatapp_thread thread ON thread.id = fence.thread_id
WHERE fence.thread_id = %(thread)s AND thread.owner_id = %(user)s AND thread.trashed_at IS NULL
FOR UPDATE OF fence
"""
_LOOK = """
SELECT
    ARRAY(SELECT state FROM chatapp_run WHERE thread_id = %(thread)s AND state = ANY(%(live)s)),
    EXISTS (SELECT FROM chatapp_message WHERE id = %(message)s)
"""
# A message and its run. The ORM takes longer to write these than PostgreSQL to carry them out, and the first token
# waits for both.
_STORE = """
WITH asked AS (
    INSERT INTO chatapp_message (id, thread_id, role, status, body, model)
    VALUES (%(message)s, %(thread)s, 'user', 'done', %(body)s, '') RETURNING created_at
)
INSERT INTO chatapp_run (id, thread_id, message_id, state, model, attempt, retry, stop_requested, failure, job_id)
VALUES (%(run)s, %(thread)s, %(message)s, 'queued', %(model)s, 0, FALSE, FALSE, '', %(job)s)
RETURNING (SELECT created_at FROM asked)
"""
# A thread of this id unless there is one; then, when it has a key, its provisional title and its fence.
_CREATE = """
INSERT INTO chatapp_thread (id, owner_id, titled) VALUES (%(thread)s, %(user)s, FALSE)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_FURNISH = """
WITH named AS (UPDATE chatapp_thread SET title = %(title)s WHERE id = %(thread)s)
INSERT INTO chatapp_fence (thread_id, epoch, base_seq, last_seq) VALUES (%(thread)s, 0, 0, 0)
"""

# The end of a run in one statement: its last events, the answer below its question with the checkpoint that ends with
# it, what it used, the run's state, the head, and the fence's next epoch with the numbers that were left over. Answers
# the watchdog's job, whether the thread has a title, and whether a run waits.
_FINISH = """
WITH logged AS (
    INSERT INTO chatapp_eventbatch (thread_id, run_id, first_seq, last_seq, body)
    VALUES (%(thread)s, %(run)s, %(first)s, %(last)s, %(events)s)
), answered AS (
    INSERT INTO chatapp_message (
        id, thread_id, parent_id, run_id, role, status, body, model, checkpoint_id, input_tokens, output_tokens
    )
    SELECT
        %(answer)s, thread_id, %(question)s, %(run)s, 'assistant', %(status)s, %(body)s, %(model)s,
        tip_checkpoint_id, %(input_tokens)s::int, %(output_tokens)s::int
    FROM chatapp_fence WHERE thread_id = %(thread)s
    ON CONFLICT (id) DO UPDATE SET
        status = EXCLUDED.status, body = EXCLUDED.body, model = EXCLUDED.model,
        checkpoint_id = EXCLUDED.checkpoint_id, input_tokens = EXCLUDED.input_tokens,
        output_tokens = EXCLUDED.output_tokens
), asked AS (
    UPDATE chatapp_message SET checkpoint_id = %(question_checkpoint)s
    WHERE id = %(question)s AND %(question_checkpoint)s::text IS NOT NULL
), called AS (
    INSERT INTO chatapp_modelcall (owner_id, thread_id, run_id, purpose, model, input_tokens, output_tokens)
    SELECT %(owner)s, %(thread)s, %(run)s, spent.*
    FROM unnest(%(purposes)s::text[], %(models)s::text[], %(inputs)s::int[], %(outputs)s::int[]) AS spent
), ended AS (
    UPDATE chatapp_run
    SET state = %(state)s, failure = %(failure)s, finished_at = statement_timestamp(), job_id = NULL
    WHERE id = %(run)s
), shown AS (
    UPDATE chatapp_thread
    SET head_id = %(answer)s, active_at = statement_timestamp(), answered_at = statement_timestamp()
    WHERE id = %(thread)s
), released AS (
    UPDATE chatapp_fence
    SET epoch = %(epoch)s, holder = NULL, run_id = NULL, lease_until = NULL, last_seq = %(last)s
    WHERE thread_id = %(thread)s
)
SELECT run.job_id, thread.titled, EXISTS (
    SELECT FROM chatapp_run WHERE thread_id = %(thread)s AND state = ANY(%(live)s) AND id <> %(run)s
)
FROM chatapp_run run JOIN chatapp_thread thread ON thread.id = run.thread_id
WHERE run.id = %(run)s
"""


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
        live, is_known = _looked_around(thread_id, question.message_id)
        if is_known:
            message = Message.objects.get(id=question.message_id)
            return _repeated(message, thread_id, sealer, question.text)
        if live.count(Run.State.QUEUED) >= settings.QUEUED_MESSAGES:
            raise QueueFull
        claimable = desk.room and not live
        message, run = _store(thread_id, question, sealer, delayed=claimable or bool(live))
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
        fence = Fence.objects.select_for_update().filter(thread_id=claim.thread_id, epoch=claim.epoch)
        if not fence.values_list("epoch"):
            # The connection may have broken after an earlier call committed.
            last = ending.events[1]
            if EventBatch.objects.filter(thread_id=claim.thread_id, last_seq=last, run_id=claim.run_id).exists():
                return None
            raise StaleClaim
        with connection.cursor() as cursor:
            cursor.execute(_FINISH, _written(claim, ending))
            job_id, titled, following = cursor.fetchone()
        if job_id is not None:
            queue.job_manager.cancel_job_by_id(job_id, delete_job=True)
        if not titled and ending.text:
            queue.configure_task(TITLE_TASK).defer(message_id=str(claim.answer_id))
        if ending.window_full:
            # One after the other for a thread: the second finds that the first has done it.
            lock = f"summary {claim.thread_id}"
            queue.configure_task(SUMMARY_TASK, lock=lock).defer(message_id=str(claim.answer_id))
        if not (following and desk.room):
            return None
        next_fence = Fence.objects.select_related("thread").get(thread_id=claim.thread_id)
        return claims.take_next(next_fence, claim.sealer, desk.holder)


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
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"thread": thread_id, "user": user_id})
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    thread = Thread(id=thread_id, owner_id=user_id)
    fence = Fence(thread=thread, epoch=row[0], base_seq=row[1], last_seq=row[2])
    return fence, keys.thread_sealer(user_id, thread_id)


def _looked_around(thread_id: UUID, message_id: UUID) -> tuple[list[str], bool]:
    """The states of the thread's live runs, and whether there is a message of this id already, anyone's."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"thread": thread_id, "message": message_id, "live": list(Run.LIVE)})
        states, is_known = cursor.fetchone()
    return states, is_known


def _store(thread_id: UUID, question: Question, sealer: Sealer, *, delayed: bool) -> tuple[Message, Run]:
    """Write a new message with its run and its watchdog job."""
    run_id = uuid.uuid4()
    body = content.seal(sealer, {"text": question.text}, "message", "body", question.message_id)
    message = Message(id=question.message_id, thread_id=thread_id, role=Message.Role.USER, body=body)
    run = Run(id=run_id, thread_id=thread_id, message=message, model=question.model)
    run.job_id = _watch(run_id, delayed=delayed)
    parameters: dict[str, UUID | bytes | str | int] = {
        "thread": thread_id,
        "message": question.message_id,
        "body": body,
        "run": run_id,
        "model": question.model,
        "job": run.job_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, parameters)
        (message.created_at,) = cursor.fetchone()
    return message, run


def _open_or_create(user_id: int, thread_id: UUID, text: str) -> tuple[Fence, Sealer, bool]:
    """Lock the fence of the user's thread, made new when the id is free."""
    try:
        return *_open(user_id, thread_id), False
    except NotFound:
        if Tombstone.objects.filter(thread_id=thread_id).exists() or not User.objects.filter(id=user_id).exists():
            raise
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, {"thread": thread_id, "user": user_id})
        created = cursor.fetchone() is not None
    if not created:  # another user's, in the trash, or made by a frame that arrived at the same moment
        return *_open(user_id, thread_id), False
    keys.create_user_key(user_id)
    sealer = keys.create_thread_key(user_id, thread_id)
    # Until the model has found a title, the beginning of the question is one.
    beginning = " ".join(text[: 4 * PROVISIONAL_TITLE_CHARS].split())[:PROVISIONAL_TITLE_CHARS]
    title = content.seal(sealer, beginning, "thread", "title", thread_id)
    with connection.cursor() as cursor:
        cursor.execute(_FURNISH, {"thread": thread_id, "title": title})
    return Fence(thread=Thread(id=thread_id, owner_id=user_id)), sealer, True


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


def _written(claim: Claim, ending: Ending) -> dict[str, Any]:  # Any: a column's value
    """The parameters of `_FINISH`."""
    body: dict[str, object] = {"text": ending.text}
    if ending.failure:
        body["error"] = {"kind": ending.failure[0], "text": ending.failure[1]}
    first, last, sealed = ending.events
    answered = [spent for spent in ending.spent if spent.purpose == ModelCall.Purpose.ANSWER]
    return {
        "thread": claim.thread_id,
        "owner": claim.owner_id,
        "run": claim.run_id,
        "question": claim.message_id,
        "question_checkpoint": ending.question_checkpoint,
        "answer": claim.answer_id,
        "status": ending.status,
        "body": content.seal(claim.sealer, body, "message", "body", claim.answer_id),
        "model": claim.model,
        "input_tokens": sum(spent.input_tokens for spent in answered) if answered else None,
        "output_tokens": sum(spent.output_tokens for spent in answered) if answered else None,
        "state": ending.state,
        "failure": ending.failure[0] if ending.failure else "",
        "epoch": claim.epoch + 1,
        "first": first,
        "last": last,
        "events": sealed,
        "purposes": [spent.purpose for spent in ending.spent],
        "models": [spent.model for spent in ending.spent],
        "inputs": [spent.input_tokens for spent in ending.spent],
        "outputs": [spent.output_tokens for spent in ending.spent],
        "live": list(Run.LIVE),
    }
