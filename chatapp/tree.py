"""Reading the message tree, a page at a time."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypedDict
from uuid import UUID

from chatapp import content
from chatapp.models import Fence, Message, Run, Thread
from chatapp.sealing import Sealer

PAGE = 50

PAGE_BYTES = 1024 * 1024

# From a message towards the root along the parents, until a page is full.
_BRANCH = """
WITH RECURSIVE branch AS (
    SELECT m.*, 1 AS distance, octet_length(m.body) AS bytes
    FROM chatapp_message m WHERE m.id = %(leaf)s AND m.thread_id = %(thread)s
    UNION ALL
    SELECT p.*, branch.distance + 1, branch.bytes + octet_length(p.body)
    FROM chatapp_message p JOIN branch ON p.id = branch.parent_id
    WHERE branch.distance < %(most)s AND branch.bytes < %(bytes)s
)
SELECT * FROM branch ORDER BY distance DESC
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


def page(thread_id: UUID, leaf: UUID | None, sealer: Sealer) -> tuple[list[MessageView], bool]:
    """The branch that ends with `leaf`, oldest first, and whether there is more of it.

    At most `PAGE` messages; fewer when `PAGE_BYTES` (sealed) are reached.
    """
    if leaf is None:
        return [], False
    rows = list(Message.objects.raw(_BRANCH, {"leaf": leaf, "thread": thread_id, "most": PAGE, "bytes": PAGE_BYTES}))
    return [view(row, sealer) for row in rows], bool(rows) and rows[0].parent_id is not None


def state(thread: Thread, item: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """What a browser needs to show a thread and go on from `last_seq`: one page, the queue and the active run."""
    fence = Fence.objects.get(thread_id=thread.id)
    thread.refresh_from_db(fields=["head"])
    of_thread = Run.objects.filter(thread_id=thread.id, state__in=Run.LIVE)
    live = list(of_thread.select_related("message").order_by("created_at", "id"))
    active = next((run for run in live if run.state != Run.State.QUEUED), None)
    if active is None and live and live[0].retry:  # a message of the tree, about to be answered anew
        active = live[0]
    begun = active is not None and active.state != Run.State.QUEUED
    leaf = active.message_id if active is not None and not begun else thread.head_id
    messages, more = page(thread.id, leaf, sealer)
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
    }


def version(body: bytes | memoryview) -> str:
    """A short mark of a sealed body: sealed anew, it is another one."""
    return sha256(bytes(body)).hexdigest()[:12]


def view(message: Message, sealer: Sealer) -> MessageView:
    """One stored message. Raises `SealError` when its body is not the one stored."""
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
    }
