"""Threads and their checkpoints as plain data, for commands: ids, states, times and numbers, no content."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from chatapp.access import NotFound
from chatapp.checkpoints import history
from chatapp.checkpoints.history import Row
from chatapp.inspector import overview
from chatapp.models import Message, RestorePoint, Run, Thread

Record = dict[str, Any]  # Any: JSON

IDLE: Final = "idle"
STATES: Final = (*(state.value for state in Run.LIVE), IDLE)


def find(thread_id: UUID) -> Thread:
    """Any user's thread, one in the trash too. Raises `NotFound`."""
    found = Thread.objects.select_related("owner").filter(id=thread_id).first()
    if found is None:
        raise NotFound
    return found


def threads(*, owner: str = "", state: str = "", trashed: bool = False, most: int = 50) -> list[Record]:
    """Threads, the newest first: of the owner with this e-mail address, in this state, those of the trash."""
    rows = Thread.objects.filter(trashed_at__isnull=not trashed)
    if owner:
        rows = rows.filter(owner__email=owner.strip().lower())
    rows = _with_state(rows, state)
    found = list(rows.select_related("owner").order_by("-active_at", "-id")[:most])
    counted = Message.objects.filter(thread_id__in=[row.id for row in found]).values_list("thread_id")
    counts = dict(counted.annotate(Count("id")).order_by())
    return [{**_thread(row), "messages": counts.get(row.id, 0)} for row in found]


def thread(thread_id: UUID) -> Record:
    """All that may be told of a thread without opening anything of it. Raises `NotFound`."""
    found = _with_state(Thread.objects.select_related("owner")).filter(id=thread_id).first()
    if found is None:
        raise NotFound
    seen = overview.of(found)
    return {
        **_thread(found),
        "head": _id(found.head_id),
        "head_checkpoint": seen.head_checkpoint,
        "tip": seen.fence.tip_checkpoint_id,
        "messages": seen.messages["all"],
        "hidden": seen.messages["hidden"],
        "branches": seen.branches,
        "checkpoints": seen.checkpoints,
        "tokens": seen.tokens,
        "bytes": seen.bytes,
        "stored": {each.what: {"rows": each.rows, "bytes": each.bytes} for each in seen.stored},
        "runs": [_run(run) for run in seen.runs],
        "restore_points": [_restore_point(point) for point in seen.restores],
    }


def checkpoints(thread_id: UUID, before: str | None, limit: int) -> tuple[list[Record], bool]:
    """A page of the thread's checkpoints, newest first, and whether there are older ones. Raises `NotFound`."""
    find(thread_id)
    page = history.page(thread_id, before, limit)
    sizes = history.sizes(thread_id, [row.id for row in page.rows])
    return [_checkpoint(row, sizes.get(row.id, 0)) for row in page.rows], page.more


def require_checkpoints(thread_id: UUID, *ids: str) -> None:
    """Raise `NotFound` unless the thread is there and has these checkpoints."""
    find(thread_id)
    if set(ids) - history.some(thread_id, ids).keys():
        raise NotFound


def _with_state(rows: QuerySet[Thread], wanted: str = "") -> QuerySet[Thread]:
    """With the state of each thread's run, of one that has begun before one that waits for it; those in one state."""
    live = Run.objects.filter(thread=OuterRef("pk"), state__in=Run.LIVE)
    begun_first = Case(When(Q(state=Run.State.QUEUED), then=1), default=0)
    state = Subquery(live.order_by(begun_first).values("state")[:1], output_field=CharField())
    annotated = rows.annotate(state=Coalesce(state, Value(IDLE)))
    return annotated.filter(state=wanted) if wanted else annotated


def _thread(row: Thread) -> Record:
    return {
        "id": str(row.id),
        "owner": row.owner.email,
        "state": row.state,  # type: ignore[attr-defined]  # annotated by _with_state
        "temporary": row.temporary,
        "created_at": row.created_at.isoformat(),
        "active_at": row.active_at.isoformat(),
        "trashed_at": row.trashed_at.isoformat() if row.trashed_at else None,
    }


def _run(run: Any) -> Record:  # Any: a run with the tokens that `overview.of` adds
    return {
        "id": str(run.id),
        "message": str(run.message_id),
        "state": run.state,
        "failure": run.failure,
        "model": run.model,
        "attempt": run.attempt,
        "created_at": run.created_at.isoformat(),
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
    }


def _restore_point(point: RestorePoint) -> Record:
    return {
        "id": str(point.id),
        "kind": point.kind,
        "checkpoint": point.checkpoint_id,
        "from": point.from_tip,
        "to": point.to_tip,
        "hides": point.hides,
        "made_at": point.made_at.isoformat(),
        "undone_at": point.undone_at.isoformat() if point.undone_at else None,
    }


def _checkpoint(row: Row, size: int) -> Record:
    return {
        "id": row.id,
        "parent": row.parent,
        "at": row.at.isoformat(),
        "source": row.source,
        "step": row.step,
        "next": list(row.next),
        "message": _id(row.message),
        "role": row.role,
        "tip": row.is_tip,
        "head": row.is_head,
        "hidden": row.hidden,
        "restore_point": _id(row.restore.id) if row.restore else None,
        "bytes": size,
    }


def _id(value: UUID | None) -> str | None:
    return str(value) if value is not None else None
