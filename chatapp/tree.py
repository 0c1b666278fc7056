"""Reading the message tree, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, TypedDict
from uuid import UUID

from django.db import connection

from chatapp import content, siblings
from chatapp.models import Fence, Message, RestorePoint, Run, Thread
from chatapp.sealing import Sealer
from chatapp.siblings import PLACED, Siblings

# ruff: noqa: S608  # only a constant is put into constants

PAGE: Final = 50
PAGE_BYTES: Final = 1024 * 1024
# A page that is to reach back to a certain message may be so much larger.
FAR: Final = 400
FAR_BYTES: Final = 4 * 1024 * 1024
RESTORES: Final = 20

# From a message towards the root along the parents, until a page is full; one that is to reach back to a message goes
# on until it does or is far too long. Where it comes to the root without, the message is elsewhere: a page must do.
_BRANCH = """
WITH RECURSIVE branch AS (
    SELECT m.*, 1 AS distance, octet_length(m.body)::bigint AS bytes, TRUE AS near, m.id = %(through)s::uuid AS reached
    FROM chatapp_message m WHERE m.id = %(leaf)s AND m.thread_id = %(thread)s
    UNION ALL
    SELECT
        p.*, branch.distance + 1, branch.bytes + octet_length(p.body),
        branch.distance < %(most)s AND branch.bytes < %(bytes)s, branch.reached OR p.id = %(through)s::uuid
    FROM chatapp_message p JOIN branch ON p.id = branch.parent_id
    WHERE branch.distance < %(most)s AND branch.bytes < %(bytes)s
        OR NOT branch.reached AND branch.distance < %(far)s AND branch.bytes < %(far_bytes)s
)
SELECT * FROM branch
WHERE near OR (SELECT bool_or(reached) OR NOT bool_or(parent_id IS NULL) FROM branch)
ORDER BY distance DESC
"""

# Of messages with several below them, which those are, in their order; likewise of the beginnings of the thread.
_SIBLINGS = f"""
SELECT m.parent_id, array_agg(m.id ORDER BY m.created_at, m.id) FROM chatapp_message m
WHERE m.thread_id = %(thread)s AND m.parent_id = ANY(%(parents)s::uuid[]) AND m.hidden_by_id IS NULL
GROUP BY m.parent_id HAVING count(*) > 1
UNION ALL
SELECT NULL, array_agg(m.id ORDER BY m.created_at, m.id) FROM chatapp_message m
WHERE %(roots)s AND m.thread_id = %(thread)s AND m.parent_id IS NULL AND m.hidden_by_id IS NULL AND {PLACED}
HAVING count(*) > 1
"""

# From a message always on to the one below that was shown last.
_ONWARD = """
WITH RECURSIVE shown AS (
    SELECT %(message)s::uuid AS id, 0 AS distance
    UNION ALL
    SELECT last.id, shown.distance + 1 FROM shown CROSS JOIN LATERAL (
        SELECT m.id FROM chatapp_message m
        WHERE m.thread_id = %(thread)s AND m.parent_id = shown.id AND m.hidden_by_id IS NULL
        ORDER BY m.shown_at DESC, m.created_at DESC, m.id DESC LIMIT 1
    ) AS last
)
SELECT id, distance FROM shown ORDER BY distance DESC LIMIT 1
"""


class Remembered(TypedDict):
    """What of the user's memory shaped an answer, and what it changed there (see `memory.memories.Effect`)."""

    used: list[str]
    preferences: bool
    effects: list[dict[str, Any]]


class MessageView(TypedDict):
    """A message as pages and events show it. `text` is None where it is known already or too long for an event."""

    id: str
    parent: str | None
    role: str
    text: str | None
    status: str
    error: dict[str, str] | None
    run: str | None
    model: str | None
    usage: dict[str, int] | None
    memory: Remembered | None
    created_at: str
    siblings: Siblings | None
    label: str | None


class Restore(TypedDict):
    """A rollback or a change of the state that holds, as its owner sees it."""

    id: str
    kind: str
    at: str
    # Where the thread was put back to, and when that was said.
    message: str | None
    said_at: str | None
    # The end of what was removed by it.
    removed: str | None


def page(
    thread_id: UUID, leaf: UUID | None, sealer: Sealer, through: UUID | None = None
) -> tuple[list[MessageView], bool]:
    """The branch that ends with `leaf`, oldest first, and whether there is more of it.

    At most `PAGE` messages; fewer when `PAGE_BYTES` (sealed) are reached. It reaches back to the message `through`, if
    that is on the branch, but not beyond `FAR` messages or `FAR_BYTES`.
    """
    if leaf is None:
        return [], False
    rows = _branch(thread_id, leaf, PAGE, PAGE_BYTES, through)
    among = _siblings(thread_id, {row.parent_id for row in rows})
    views = [view(row, sealer, siblings.place(among.get(row.parent_id, ()), row.id)) for row in rows]
    return views, bool(rows) and rows[0].parent_id is not None


def texts(thread_id: UUID, leaf: UUID, sealer: Sealer, most: int) -> list[tuple[UUID, str, str]]:
    """The last messages of the branch that ends with `leaf`, oldest first: id, role and text.

    At most so many, and fewer when `FAR_BYTES` (sealed) are reached. Raises `SealError`.
    """
    rows = _branch(thread_id, leaf, most, FAR_BYTES)
    return [(row.id, row.role, content.unseal(sealer, row.body, "message", "body", row.id)["text"]) for row in rows]


def onward(thread_id: UUID, message_id: UUID) -> tuple[UUID, int]:
    """The end of the branch that was shown last from a message on, and how many messages there are up to it."""
    with connection.cursor() as cursor:
        cursor.execute(_ONWARD, {"thread": thread_id, "message": message_id})
        end, distance = cursor.fetchone()
    return end, distance


def state(thread: Thread, item: dict[str, Any], sealer: Sealer, through: UUID | None = None) -> dict[str, Any]:
    """What a browser needs to show a thread and go on from `last_seq`: one page, the queue and the active run.

    The page reaches back to the message `through`, as far as `page` says.
    """
    fence = Fence.objects.get(thread_id=thread.id)
    thread.refresh_from_db(fields=["head"])
    of_thread = Run.objects.filter(thread_id=thread.id, state__in=Run.LIVE)
    live = list(of_thread.select_related("message").order_by("created_at", "id"))
    active = next((run for run in live if run.state != Run.State.QUEUED), None)
    if active is None and live and live[0].retry:  # a message of the tree, about to be answered anew
        active = live[0]
    begun = active is not None and active.state != Run.State.QUEUED
    leaf = active.message_id if active is not None and not begun else thread.head_id
    messages, more = page(thread.id, leaf, sealer, through)
    for message in messages:
        if active is not None and message["id"] == str(active.message_id):
            message["status"] = "running"
    queued = [
        {**view(run.message, sealer), "status": "queued", "run": str(run.id), "version": version(run.message.body)}
        for run in live
        if run is not active and not run.retry
    ]
    return {
        "thread": item,
        "head": str(thread.head_id) if thread.head_id else None,
        "messages": [*messages, *queued],
        "more": more,
        "run": {"id": str(active.id), "message": str(active.message_id), "state": active.state} if active else None,
        # A subscriber that starts here is sent the active run from its first event.
        "last_seq": fence.base_seq if begun else fence.last_seq,
        "continues": 0 if active is not None or thread.head_id is None else onward(thread.id, thread.head_id)[1],
        "restores": _restores(thread.id),
    }


def version(body: bytes | memoryview) -> str:
    """A short mark of a sealed body: sealed anew, it is another one."""
    return sha256(bytes(body)).hexdigest()[:12]


def view(message: Message, sealer: Sealer, among: Siblings | None = None) -> MessageView:
    """One stored message, with its place among its siblings. Raises `SealError` when its body is not the one stored."""
    body = content.unseal(sealer, message.body, "message", "body", message.id)
    counted = message.input_tokens is not None and message.output_tokens is not None
    return {
        "id": str(message.id),
        "parent": str(message.parent_id) if message.parent_id else None,
        "role": message.role,
        "text": body["text"],
        "status": message.status,
        "error": body.get("error"),
        "run": str(message.run_id) if message.run_id else None,
        "model": message.model or None,
        "usage": {"input_tokens": message.input_tokens or 0, "output_tokens": message.output_tokens or 0}
        if counted
        else None,
        "memory": body.get("memory"),
        "created_at": message.created_at.isoformat(),
        "siblings": among,
        "label": siblings.label(message.label, message.id, sealer),
    }


def _branch(thread_id: UUID, leaf: UUID, most: int, size: int, through: UUID | None = None) -> list[Message]:
    limits = {"most": most, "bytes": size, "far": FAR, "far_bytes": FAR_BYTES}
    return list(Message.objects.raw(_BRANCH, {"leaf": leaf, "thread": thread_id, "through": through, **limits}))


def _siblings(thread_id: UUID, parents: set[UUID | None]) -> dict[UUID | None, Sequence[UUID]]:
    """The messages below each of these parents that has several."""
    known = [each for each in parents if each is not None]
    with connection.cursor() as cursor:
        cursor.execute(_SIBLINGS, {"thread": thread_id, "parents": known, "roots": None in parents})
        return dict(cursor.fetchall())


def _restores(thread_id: UUID) -> list[Restore]:
    """The newest rollbacks and changes that were not undone."""
    points = RestorePoint.objects.filter(thread_id=thread_id, undone_at=None).select_related("to_head", "from_head")
    return [
        {
            "id": str(point.id),
            "kind": point.kind,
            "at": point.made_at.isoformat(),
            "message": str(to.id) if to else None,
            "said_at": to.created_at.isoformat() if to else None,
            "removed": str(left.id) if left else None,
        }
        for point in points.order_by("-made_at", "-id")[:RESTORES]
        for to, left in [(_visible(point.to_head), _visible(point.from_head))]
    ]


def _visible(message: Message | None) -> Message | None:
    return message if message is not None and message.hidden_by_id is None else None
