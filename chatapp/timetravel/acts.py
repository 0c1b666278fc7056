"""Rolling a thread back, undoing that, replaying a turn, and changing the state as a node would.

An act on the state computes it first, through LangGraph's own verbs, and writes nothing. Then the thread is held still,
and one transaction, which begins with the lock of the fence, writes state, tree, restore point and audit entry: all of
it, or nothing. Open pages of the owner are told afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Min

from chatapp import audit, holding, postgres
from chatapp.access import NotFound
from chatapp.graph import endpoints
from chatapp.holding import Held, Moved
from chatapp.models import AuditEntry, Fence, RestorePoint, Run, Thread
from chatapp.refusals import Refusal
from chatapp.timetravel import moves, places, updates
from chatapp.timetravel.moves import Hidden, NoRestorePoint, Undone
from chatapp.timetravel.places import Apart, Chosen, Place

T = TypeVar("T")

ATTEMPTS: Final = 3


class NothingFollows(Refusal):
    """Nothing follows this checkpoint that could be done again. Choose one in the middle of an answer."""


class UnknownModel(Refusal):
    """This model is not offered here. Choose another one."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act on a checkpoint would do. Numbers and ids only."""

    message: UUID | None  # what becomes the head; None: a new, stopped answer below `question`
    question: UUID | None  # of the turn that the checkpoint belongs to
    leaves: int  # messages that leave the view
    runs: tuple[UUID, ...]  # those that end: the active one, and retries that wait in what leaves
    queued: int  # messages that wait, and go on afterwards
    next: tuple[str, ...]  # what would follow: a replay is possible if there is something
    interrupts: tuple[str, ...]  # ids of the questions that are pending there
    hidden: bool  # it belongs to what an earlier rollback hides: undo that one first


async def preview(thread_id: UUID, checkpoint_id: str) -> Preview:
    """What a rollback to the checkpoint would do now. Raises `NotFound`, `Gone`, `Unreadable`, `Apart`."""
    return await postgres.call(_preview, await places.opened(thread_id, checkpoint_id))


async def roll_back(thread_id: UUID, checkpoint_id: str, by: audit.Grounds, *, hide: bool = False) -> UUID:
    """Set the thread back to a checkpoint; returns the restore point, which `undo` takes.

    A copy of the checkpoint becomes the one that ends the message shown last from then on. Nothing is deleted; with
    `hide` the owner does not see any more what leaves the view. Where the thread stands just there by the same act,
    nothing is done. Raises `NotFound`, `Gone`, `Unreadable`, `Apart`, `NotEnded`, `Moved`, `Hidden`.
    """
    chosen = await places.opened(thread_id, checkpoint_id)

    async def act(held: Held) -> UUID:
        saver, copy = await places.copied(chosen)

        def commit() -> UUID:
            with holding.still(held) as fence:
                places.require(chosen)
                if (before := moves.standing(fence, chosen, hide=hide)) is not None:
                    return before.id
                moves.write(saver)
                place = places.place(chosen)
                restore = moves.move(fence, chosen, place, copy, RestorePoint.Kind.ROLLBACK, hide=hide)
                _record(by, AuditEntry.Action.ROLL_BACK, chosen, restore)
                return restore.id

        return await postgres.call(commit)

    return await _settled(thread_id, act)


async def undo(thread_id: UUID, restore_id: UUID, by: audit.Grounds) -> None:
    """Take a rollback or an update back.

    Raises `NotFound`, `NoRestorePoint`, `Undone`, `NotEnded`, `Moved`, `Hidden`.
    """
    await postgres.call(_restore_point, thread_id, restore_id)

    async def act(held: Held) -> None:
        await postgres.call(_undo, held, restore_id, by)

    await _settled(thread_id, act)


async def replay(thread_id: UUID, checkpoint_id: str, by: audit.Grounds, model: str | None = None) -> UUID:
    """Answer a turn anew from one of its checkpoints, by default with the model it had; returns the run.

    What comes of it is a sibling of the answers that the turn's question has. Raises `NothingFollows`, `UnknownModel`,
    and as `roll_back` does.
    """
    chosen = await places.opened(thread_id, checkpoint_id)
    if not chosen.next:
        raise NothingFollows
    if model is not None and not endpoints.is_offered(model):
        raise UnknownModel

    async def act(held: Held) -> UUID:
        saver, copy = await places.copied(chosen)

        def commit() -> UUID:
            with holding.still(held) as fence:
                places.require(chosen)
                moves.write(saver)
                run = _replayed(fence, chosen, copy, model)
                details = {"run": str(run.id), "copy": copy}
                audit.record(by, AuditEntry.Action.REPLAY, thread_id, chosen.owner_id, checkpoint_id, details)
                return run.id

        return await postgres.call(commit)

    return await _settled(thread_id, act)


async def update(
    thread_id: UUID, checkpoint_id: str, values: Mapping[str, Any] | None, as_node: str | None, by: audit.Grounds
) -> UUID:
    """Change the state of a checkpoint as one of the graph's nodes would; returns the restore point.

    The thread then stands there; where its messages are others than those of the tree, they are written into it beside
    them. Raises `InvalidUpdate`, and as `roll_back` does.
    """
    chosen = await places.opened(thread_id, checkpoint_id)
    await updates.updated(chosen, values, as_node)  # refused before anything has to end for it

    async def act(held: Held) -> UUID:
        changed = await updates.updated(chosen, values, as_node)

        def commit() -> UUID:
            with holding.still(held) as fence:
                places.require(chosen)
                place, renamed = updates.fit(chosen, changed)
                moves.write(changed.saver, renamed)
                restore = moves.move(fence, chosen, place, changed.checkpoint_id, RestorePoint.Kind.UPDATE)
                _record(by, AuditEntry.Action.UPDATE, chosen, restore)
                return restore.id

        return await postgres.call(commit)

    return await _settled(thread_id, act)


async def _settled(thread_id: UUID, act: Callable[[Held], Awaitable[T]]) -> T:
    """Hold the thread still for an act; again when something moved it in between."""
    for attempt in range(1, ATTEMPTS + 1):
        held = await holding.settle(thread_id)
        try:
            done = await act(held)
        except BaseException as error:
            await postgres.call(holding.release, held)
            if isinstance(error, Moved) and attempt < ATTEMPTS:
                continue
            raise
        holding.tell_owner(held.owner_id, thread_id)
        return done
    raise AssertionError("unreachable")


def _preview(chosen: Chosen) -> Preview:
    place = places.place(chosen)
    head = Thread.objects.values_list("head_id", flat=True).get(id=chosen.thread_id)
    first, count = moves.leaving(chosen.thread_id, head, place)
    live = Run.objects.filter(thread_id=chosen.thread_id, state__in=Run.LIVE)
    ends = list(live.exclude(state=Run.State.QUEUED).values_list("id", flat=True))
    cancelled = moves.retried_below(chosen.thread_id, first)
    return Preview(
        message=place.message.id if place.message is not None else None,
        question=chosen.question,
        leaves=count,
        runs=(*ends, *cancelled),
        queued=live.filter(state=Run.State.QUEUED).exclude(id__in=cancelled).count(),
        next=chosen.next,
        interrupts=chosen.interrupts,
        hidden=moves.hidden(chosen.thread_id, place),
    )


def _undo(held: Held, restore_id: UUID, by: audit.Grounds) -> None:
    with holding.still(held) as fence:
        restore = _restore_point(held.thread_id, restore_id)
        moves.move_back(fence, restore)
        details = {"restore_point": str(restore.id), "head": str(restore.from_head_id), "kind": str(restore.kind)}
        tip = restore.from_tip or ""
        audit.record(by, AuditEntry.Action.UNDO, held.thread_id, held.owner_id, tip, details)


def _restore_point(thread_id: UUID, restore_id: UUID) -> RestorePoint:
    restore = RestorePoint.objects.filter(id=restore_id, thread_id=thread_id).first()
    if restore is None:
        raise NoRestorePoint
    if restore.undone_at is not None:
        raise Undone
    return restore


def _replayed(fence: Fence, chosen: Chosen, copy: str, model: str | None) -> Run:
    """The run of a replay, before all that wait."""
    question = places.question(chosen)
    if question is None:
        raise Apart
    if question.thread.trashed_at is not None:
        raise NotFound
    if moves.hidden(chosen.thread_id, Place(question)):
        raise Hidden
    before = Run.objects.filter(message=question).order_by("-created_at").values_list("model", flat=True).first()
    if model is None:
        model = before if before is not None and endpoints.is_offered(before) else settings.OPENAI_MODEL
    run = Run.objects.create(
        id=uuid.uuid4(),
        owner_id=chosen.owner_id,
        thread_id=chosen.thread_id,
        message=question,
        model=model,
        retry=True,
        start_checkpoint_id=copy,
    )
    queued = Run.objects.filter(thread_id=chosen.thread_id, state=Run.State.QUEUED)
    first = queued.exclude(id=run.id).aggregate(at=Min("created_at"))["at"]
    if first is not None:
        queued.filter(id=run.id).update(created_at=first - timedelta(microseconds=1))
    return run


def _record(by: audit.Grounds, action: AuditEntry.Action, chosen: Chosen, restore: RestorePoint) -> None:
    """The entry of an act that moved the thread."""
    details = {
        "restore_point": str(restore.id),
        "from_head": str(restore.from_head_id) if restore.from_head_id else None,
        "to_head": str(restore.to_head_id) if restore.to_head_id else None,
        "hides": restore.hides,
    }
    audit.record(by, action, chosen.thread_id, chosen.owner_id, chosen.checkpoint_id, details)
