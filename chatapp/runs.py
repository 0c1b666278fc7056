"""The life of a run: accept, claim, stop, recover. `chatapp.endings` finishes it, `chatapp.waiting` is about those that
have not begun.

Every verb here is one synchronous transaction that begins by locking the thread's fence row, and the database's clock
decides every comparison of times. Asynchronous code calls them through `chatapp.postgres.call`. Executing a claimed run
is `chatapp.execution`'s work.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Now

from chatapp import access, asking, claims, content, fairness, intake, jobs, keys, statements, waiting
from chatapp.access import NotFound
from chatapp.claims import Claim, Desk
from chatapp.models import Fence, Message, Run
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer

MAX_ATTEMPTS = 5


class MessageConflict(Refusal):
    """A message with this id exists already and says something else."""


class QueueFull(Refusal):
    """Too many messages are waiting in this conversation. Wait for an answer, or remove one of them."""


class Busy(Refusal):
    """An answer is being written in this conversation. Stop it first, or wait until it is done."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the tree a message is put: below another one, or (None) at a new beginning of the thread."""

    parent_id: UUID | None


@dataclass(frozen=True, slots=True)
class Question:
    """A message on its way in."""

    message_id: UUID
    text: str
    model: str
    # Of a message that begins a thread: a temporary one.
    temporary: bool = False
    # Without one, the message goes below what is the head when its run begins.
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a message: the run that answers it, and the claim when it can start in this process at once.

    `waits`: it stands behind another run of its thread, or behind the limits of runs.
    """

    run_id: UUID
    claim: Claim | None
    waits: bool = False


def accept(user_id: int, thread_id: UUID, question: Question, desk: Desk) -> Accepted:
    """Take in a message: store it with its run, and claim the run when the thread is idle, the limits allow one more
    and there is room here.

    One transaction; once it commits, the message cannot be lost and is answered once. A repeated call with the same id
    and text returns the same run. A thread id that does not exist yet makes a thread of the user's, unless the message
    has a place; one that has is not queued behind another run.

    Raises `NotFound` (another user's, trashed or deleted thread; no such place), `MessageConflict`, `QueueFull`, and
    `Busy` for a message with a place.
    """
    with transaction.atomic():
        fence, sealer = _entered(user_id, thread_id, question)
        live, is_known, may_start = intake.look_around(user_id, thread_id, question.message_id)
        if is_known:
            return _repeated(Message.objects.get(id=question.message_id), thread_id, sealer, question)
        if live and live.count(Run.State.QUEUED) >= settings.QUEUED_MESSAGES:
            raise QueueFull
        if question.place is not None:
            _check(question.place, user_id, thread_id, live)
        if Run.State.WAITING in live:  # who writes on does not answer what was asked
            asking.end(Run.objects.get(thread_id=thread_id, state=Run.State.WAITING))
        run = _stored(user_id, thread_id, question, sealer)
        if live or not may_start or fence.held_until is not None:
            return Accepted(run.id, None, waits=True)
        return Accepted(run.id, _begin(fence, run, sealer, desk))


def retry(user_id: int, thread_id: UUID, message_id: UUID, model: str, desk: Desk) -> Accepted:
    """Answer a stored message of the user's anew: the answer becomes a sibling of those it has.

    A message that is being answered returns the run it has. Raises `NotFound`, and `Busy` while the thread has another
    run.
    """
    with transaction.atomic():
        fence, sealer = intake.enter(user_id, thread_id)
        message = access.message(user_id, thread_id, message_id)
        if message.role != Message.Role.USER:
            raise NotFound
        for live in Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE).order_by("created_at"):
            if live.message_id == message_id:
                return Accepted(live.id, None, waits=live.state == Run.State.QUEUED)
            raise Busy
        run = Run.objects.create(
            id=uuid.uuid4(), owner_id=user_id, thread_id=thread_id, message=message, model=model, retry=True
        )
        if not intake.may_start(user_id) or fence.held_until is not None:
            return Accepted(run.id, None, waits=True)
        return Accepted(run.id, _begin(fence, run, sealer, desk))


def stop(user_id: int, thread_id: UUID, run_id: UUID | None) -> UUID | None:
    """Stop the named run, or the active one: a queued run goes with its message, an active one is asked to end.

    Returns the id of the run that its holder has to end, or None when there is nothing to end. Raises `NotFound`.
    """
    with transaction.atomic():
        if not Fence.objects.select_for_update(of=("self",)).filter(thread_id=thread_id, thread__owner_id=user_id):
            raise NotFound  # a thread in the trash may be stopped too
        runs = Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE)
        active_first = runs.order_by(models.Case(models.When(state=Run.State.QUEUED, then=1), default=0), "created_at")
        run = (runs.filter(id=run_id) if run_id else active_first).first()
        if run is None:
            return None
        if run.state == Run.State.QUEUED:
            waiting.discard(run)
            return None
        asking.end(run)
        return run.id


def untaken(most: int, but: Sequence[UUID] = ()) -> list[UUID]:
    """Runs that nobody executes although they could be: at most so many, and without these.

    First those whose process died; then those that wait, as far as the limits allow them: of users with fewer running
    runs first, then the oldest.
    """
    with connection.cursor() as cursor:
        cursor.execute(fairness.UNTAKEN, {"most": most, "but": list(but), **intake.limits()})
        return [row[0] for row in cursor.fetchall()]


def owners_waiting(users: Collection[int]) -> set[int]:
    """Of these users, those of whom a run waits."""
    with connection.cursor() as cursor:
        cursor.execute(fairness.WHO_WAITS, {"users": list(users)})
        return {row[0] for row in cursor.fetchall()}


def recover(run_id: UUID, desk: Desk) -> Claim | None:
    """Claim a live run if nobody holds it, nothing of its thread comes before it, and there is room here.

    One that waits starts only below the limits; one whose process died counts as running and goes on.

    Raises `SealError` or `KeyMissing` when it cannot be read.
    """
    if not desk.room:
        return None
    with transaction.atomic():
        # Not waited for: a process that was frozen in a transaction holds its lock, and the lookout of every other one
        # would stand still at that thread. Whoever looks out comes by again in a second.
        fence = (
            Fence.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("thread")
            .filter(thread__runs__id=run_id)
            .first()
        )
        run = Run.objects.select_related("thread", "message").filter(id=run_id, state__in=Run.LIVE).first()
        if fence is None or run is None:
            return None
        taken = models.Q(lease_until__gt=Now())
        if run.state == Run.State.QUEUED:
            taken |= models.Q(held_until__gt=Now())
        if Fence.objects.filter(taken, thread_id=run.thread_id).exists() or not _is_next(run):
            return None
        if run.state == Run.State.QUEUED and not intake.may_start(run.owner_id, in_turn=False):
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
        # One statement for all runs of the process; a row whose epoch moved on simply is not renewed. Locked in the
        # order of the event log's flush, or the two would wait for each other.
        cursor.execute(
            statements.RENEW,
            {
                "threads": list(threads),
                "epochs": list(threads.values()),
                "holder": holder,
                "seconds": settings.LEASE_SECONDS,
            },
        )
        rows = cursor.fetchall()
    return {row[0] for row in rows}, {row[0] for row in rows if row[1]}


def _entered(user_id: int, thread_id: UUID, question: Question) -> tuple[Fence, Sealer]:
    """Lock the fence of the user's thread, made new when the id is free and the message has no place."""
    if question.place is not None:
        return intake.enter(user_id, thread_id)
    return intake.enter_or_create(user_id, thread_id, question.text, temporary=question.temporary)


def _check(place: Place, user_id: int, thread_id: UUID, live: Sequence[str]) -> None:
    """Whether a message may be put there now. Raises `Busy`, `NotFound`."""
    if live:
        raise Busy
    if place.parent_id is not None:
        access.message(user_id, thread_id, place.parent_id)


def _stored(user_id: int, thread_id: UUID, question: Question, sealer: Sealer) -> Run:
    """Write a new message with its run."""
    message = Message(
        id=question.message_id,
        thread_id=thread_id,
        parent_id=question.place.parent_id if question.place is not None else None,
        role=Message.Role.USER,
        body=content.seal(sealer, {"text": question.text}, "message", "body", question.message_id),
    )
    return intake.store(message, question.model, user_id, placed=question.place is not None)


def _begin(fence: Fence, run: Run, sealer: Sealer, desk: Desk) -> Claim | None:
    """Claim a new run whose thread is idle; without room here, ask another process to."""
    if desk.room:
        return claims.take(fence, run, run.message, sealer, desk.holder)
    jobs.claim(run.id)
    return None


def _repeated(message: Message, thread_id: UUID, sealer: Sealer, question: Question) -> Accepted:
    """The run of a message that is here already. Raises `MessageConflict` when it is not the same message."""
    run = Run.objects.filter(message_id=message.id).order_by("created_at").first()
    same = message.thread_id == thread_id and message.role == Message.Role.USER and run is not None
    if question.place is not None:
        same = same and message.parent_id == question.place.parent_id
    if not same or content.unseal(sealer, message.body, "message", "body", message.id)["text"] != question.text:
        raise MessageConflict
    assert run is not None
    return Accepted(run.id, None, waits=run.state == Run.State.QUEUED)


def _is_next(run: Run) -> bool:
    """Whether a live run may run now: it runs already, or it is the oldest in the queue and nothing runs."""
    if run.state == Run.State.RUNNING:
        return True
    first = claims.next_in_line(run.thread_id)
    return first is not None and first.id == run.id
