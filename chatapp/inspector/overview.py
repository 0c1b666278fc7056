"""What may be told of a thread without opening anything of it: counts, states, times, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import OuterRef, Subquery, Sum

from chatapp.checkpoints import history
from chatapp.models import Fence, Message, ModelCall, RestorePoint, Run, Thread

RUNS: Final = 25
ENDS: Final = 20

# Stored bytes of values, as they are compressed and sealed; rows' own overhead and indexes are not counted.
_SIZES: Final = """
SELECT 'Messages', count(*), coalesce(sum(octet_length(body) + coalesce(octet_length(label), 0)), 0)
FROM chatapp_message WHERE thread_id = %(thread)s
UNION ALL
SELECT 'Checkpoints', count(*), coalesce(sum(pg_column_size(checkpoint) + pg_column_size(metadata)), 0)
FROM checkpoints WHERE thread_id = %(thread)s::text
UNION ALL
SELECT 'Checkpoint values', count(*), coalesce(sum(octet_length(blob)), 0)
FROM checkpoint_blobs WHERE thread_id = %(thread)s::text
UNION ALL
SELECT 'Pending writes', count(*), coalesce(sum(octet_length(blob)), 0)
FROM checkpoint_writes WHERE thread_id = %(thread)s::text
UNION ALL
SELECT 'Events', count(*), coalesce(sum(octet_length(body)), 0)
FROM chatapp_eventbatch WHERE thread_id = %(thread)s
UNION ALL
SELECT 'Summaries', count(*), coalesce(sum(octet_length(body)), 0)
FROM chatapp_summary WHERE thread_id = %(thread)s
"""
# The messages nothing follows, but for those that wait in the queue: each ends a branch.
_ENDS: Final = """
SELECT message.id, message.role, message.status, message.model, message.checkpoint_id, message.created_at,
    message.hidden_by_id IS NOT NULL, message.label IS NOT NULL, count(*) OVER ()
FROM chatapp_message message
WHERE message.thread_id = %(thread)s
    AND NOT EXISTS (
        SELECT FROM chatapp_message child
        WHERE child.thread_id = %(thread)s AND child.parent_id = message.id
    )
    AND NOT EXISTS (
        SELECT FROM chatapp_run run
        WHERE run.message_id = message.id AND run.state = 'queued' AND NOT run.retry
    )
ORDER BY message.created_at DESC, message.id LIMIT %(most)s
"""


class Stored(NamedTuple):
    """How many rows of a kind a thread has, and their bytes."""

    what: str
    rows: int
    bytes: int


class End(NamedTuple):
    """The last message of a branch."""

    id: UUID
    role: str
    status: str
    model: str
    checkpoint_id: str | None
    at: Any
    hidden: bool
    labelled: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """A thread in numbers."""

    fence: Fence
    live: list[Run]
    runs: Page[Any]  # Any: a run with its tokens
    messages: dict[str, int]
    tokens: dict[str, int | None]
    ends: list[End]
    branches: int
    restores: list[RestorePoint]
    stored: list[Stored]
    head_checkpoint: str | None

    @property
    def bytes(self) -> int:
        """All that is stored."""
        return sum(each.bytes for each in self.stored)

    @property
    def checkpoints(self) -> int:
        """How many there are."""
        return next(each.rows for each in self.stored if each.what == "Checkpoints")


def of(thread: Thread, runs_page: str | None = None) -> Overview:
    """A thread in numbers, with one page of its runs, newest first. A fixed number of queries."""
    messages = Message.objects.filter(thread_id=thread.id)
    answered = messages.filter(run_id=OuterRef("pk"), role=Message.Role.ASSISTANT)
    runs = (
        Run.objects.filter(thread_id=thread.id)
        .order_by("-created_at", "-id")
        .annotate(
            input_tokens=Subquery(answered.values("input_tokens")[:1]),
            output_tokens=Subquery(answered.values("output_tokens")[:1]),
        )
    )
    ends = _all(_ENDS, thread.id, most=ENDS)
    return Overview(
        fence=Fence.objects.get(thread_id=thread.id),
        live=list(Run.objects.filter(thread_id=thread.id, state__in=Run.LIVE).order_by("created_at")),
        runs=Paginator(runs, RUNS).get_page(runs_page),
        messages=_counted(thread.id),
        tokens=ModelCall.objects.filter(thread_id=thread.id).aggregate(
            input=Sum("input_tokens"), output=Sum("output_tokens")
        ),
        ends=[End(*row[:-1]) for row in ends],
        branches=ends[0][-1] if ends else 0,
        restores=list(RestorePoint.objects.filter(thread_id=thread.id).order_by("-made_at")[:ENDS]),
        stored=[Stored(row[0], row[1], int(row[2])) for row in _all(_SIZES, thread.id)],
        head_checkpoint=history.head(thread.id),
    )


def _counted(thread_id: UUID) -> dict[str, int]:
    """How many messages there are, and how many of what kind."""
    user, assistant = Message.Role.USER, Message.Role.ASSISTANT
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE role = %s), count(*) FILTER (WHERE role = %s),"
            " count(*) FILTER (WHERE hidden_by_id IS NOT NULL) FROM chatapp_message WHERE thread_id = %s",
            [user.value, assistant.value, thread_id],
        )
        return dict(zip(("all", "questions", "answers", "hidden"), cursor.fetchone() or (0,) * 4, strict=True))


def _all(statement: str, thread_id: UUID, **parameters: Any) -> list[tuple[Any, ...]]:  # Any: a column's value
    with connection.cursor() as cursor:
        cursor.execute(statement, {"thread": thread_id, **parameters})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
