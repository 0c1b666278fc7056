"""The branches of a thread's message tree: which one is shown, what it is called, and a map of them all.

Nothing here adds, changes or removes a message. A new branch begins with a message that is put below another one
(`chatapp.runs`).
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from chatapp import access, content, intake, keys, siblings, tree
from chatapp.models import Fence, Message, Run, Thread
from chatapp.refusals import Refusal
from chatapp.runs import Busy
from chatapp.sealing import Sealer, SealError
from chatapp.siblings import PLACED

# ruff: noqa: S608  # only a constant is put into constants

logger = logging.getLogger(__name__)

LABEL_CHARS: Final = 60
MOST: Final = 200
PREVIEW_CHARS: Final = 80
# Beginnings are opened for the map up to so much, the newest first.
PREVIEW_BYTES: Final = 4 * 1024 * 1024

# A message, and what it stands below, were shown last among their siblings.
_TURN_TO = """
WITH RECURSIVE path AS (
    SELECT id, parent_id FROM chatapp_message WHERE id = %(message)s
    UNION ALL
    SELECT m.id, m.parent_id FROM chatapp_message m JOIN path ON m.id = path.parent_id
)
UPDATE chatapp_message m SET shown_at = statement_timestamp() FROM path
WHERE m.id = path.id AND (path.parent_id IS NULL OR EXISTS (
    SELECT FROM chatapp_message other
    WHERE other.thread_id = %(thread)s AND other.parent_id = path.parent_id AND other.id <> path.id
))
"""

# A branch goes from its first message always on to the oldest below, which is the one that was there before any other
# branched off. It begins at the thread's beginning, where a message branches off, or with a message that has a name,
# and ends before the next one that has. Of each: how long it is, where it ends, whether the head lies on it, and the
# branch that its first message's parent lies on.
_MAP = f"""
WITH RECURSIVE placed AS MATERIALIZED (
    SELECT
        m.id, m.parent_id, m.created_at, m.label IS NOT NULL AS named,
        row_number() OVER (PARTITION BY m.parent_id ORDER BY m.created_at, m.id) = 1 AS oldest
    FROM chatapp_message m WHERE m.thread_id = %(thread)s AND m.hidden_by_id IS NULL AND {PLACED}
), starts AS MATERIALIZED (
    SELECT id, parent_id, created_at, oldest AND parent_id IS NOT NULL AS goes_on
    FROM placed WHERE parent_id IS NULL OR NOT oldest OR named
    ORDER BY oldest AND parent_id IS NULL DESC, created_at DESC, id DESC LIMIT %(most)s
), chain AS (
    SELECT id AS start, id, 1 AS messages FROM starts
    UNION ALL
    SELECT chain.start, below.id, chain.messages + 1 FROM chain CROSS JOIN LATERAL (
        SELECT m.id, m.label FROM chatapp_message m
        WHERE m.thread_id = %(thread)s AND m.parent_id = chain.id AND m.hidden_by_id IS NULL
        ORDER BY m.created_at, m.id LIMIT 1
    ) AS below WHERE below.label IS NULL
), branch AS (
    SELECT start, max(messages) AS messages, bool_or(id = %(head)s::uuid) AS has_head FROM chain GROUP BY start
)
SELECT
    starts.id, starts.parent_id, left_branch.start, starts.goes_on, final.id, branch.messages, final.created_at,
    coalesce(branch.has_head, FALSE), first.label,
    CASE WHEN sum(octet_length(first.body)) OVER newest_first <= %(bytes)s THEN first.body END,
    (SELECT count(*) FROM placed WHERE parent_id IS NULL OR NOT oldest OR named)
FROM starts
JOIN branch ON branch.start = starts.id
JOIN chain ending ON ending.start = starts.id AND ending.messages = branch.messages
JOIN chatapp_message first ON first.id = starts.id
JOIN chatapp_message final ON final.id = ending.id
LEFT JOIN chain left_branch ON left_branch.id = starts.parent_id
WINDOW newest_first AS (ORDER BY starts.created_at DESC, starts.id)
ORDER BY starts.goes_on, starts.created_at, starts.id
"""


class InvalidLabel(Refusal):
    """The name of a branch has at most 60 characters."""


class _Branch(NamedTuple):
    """A row of `_MAP`."""

    id: UUID
    parent_id: UUID | None
    # The branch that it leaves, if that is on the map.
    leaves: UUID | None
    # It is that branch's own continuation, under a name.
    goes_on: bool
    end: UUID
    messages: int
    at: datetime
    has_head: bool
    label: memoryview | None
    body: memoryview | None
    # How many branches there are.
    of: int


def show(user_id: int, thread_id: UUID, message_id: UUID, *, end: bool) -> None:
    """Let the thread show the branch up to a message, or with `end` the branch that goes on from it.

    Of messages that stand beside each other the one that was shown last is gone on with. One transaction under the
    fence's lock; the number that it takes tells every process that the thread stands elsewhere. Raises `NotFound`, and
    `Busy` while a run is live.
    """
    with transaction.atomic():
        intake.lock(user_id, thread_id)
        access.message(user_id, thread_id, message_id)
        if Run.objects.filter(thread_id=thread_id, state__in=Run.LIVE).exists():
            raise Busy
        with connection.cursor() as cursor:
            cursor.execute(_TURN_TO, {"thread": thread_id, "message": message_id})
        head = tree.onward(thread_id, message_id)[0] if end else message_id
        Thread.objects.filter(id=thread_id).update(head=head)
        Fence.objects.filter(thread_id=thread_id).update(last_seq=F("last_seq") + 1)


def label(user_id: int, thread_id: UUID, message_id: UUID, name: str) -> None:
    """Name the branch that begins with a message; an empty name takes the one that it has away.

    Raises `NotFound`, `InvalidLabel`.
    """
    line = " ".join(content.clean(name).split())
    if len(line) > LABEL_CHARS:
        raise InvalidLabel
    access.thread(user_id, thread_id)
    message = access.message(user_id, thread_id, message_id)
    sealer = keys.thread_sealer(user_id, thread_id)
    sealed = content.seal(sealer, line, "message", "label", message.id) if line else None
    Message.objects.filter(id=message.id).update(label=sealed)


def branch_map(user_id: int, thread_id: UUID) -> dict[str, Any]:  # Any: JSON
    """The thread's branches in the order in which they are drawn, each after the one it leaves: at most `MOST`, the
    newest, and whether there are more. Raises `NotFound`.
    """
    head = access.thread(user_id, thread_id).head_id
    sealer = keys.thread_sealer(user_id, thread_id)
    parameters = {"thread": thread_id, "head": head, "most": MOST, "bytes": PREVIEW_BYTES}
    with connection.cursor() as cursor:
        cursor.execute(_MAP, parameters)
        found = [_Branch(*row) for row in cursor.fetchall()]
    drawn = _in_order(found)
    main = next((branch.id for branch in found if branch.has_head), None)
    active = _passed(found, main)
    views = [
        {
            "id": str(branch.id),
            "from": str(branch.parent_id) if branch.parent_id else None,
            "end": str(branch.end),
            "messages": branch.messages,
            "at": branch.at.isoformat(),
            "preview": _preview(branch, sealer),
            "label": siblings.label(branch.label, branch.id, sealer),
            "active": branch.id in active,
            "depth": depth,
        }
        for branch, depth in drawn
    ]
    more = len(found) < max((branch.of for branch in found), default=0)
    return {"head": str(head) if head else None, "more": more, "branches": views}


def _in_order(found: list[_Branch]) -> list[tuple[_Branch, int]]:
    """The branches, each after the one it leaves, with how often one has to turn off to come to it."""
    leaving: dict[UUID | None, list[_Branch]] = {}
    for branch in found:
        leaving.setdefault(branch.leaves, []).append(branch)
    waiting = [(branch, 0) for branch in reversed(leaving.get(None, []))]
    drawn = []
    while waiting:
        branch, depth = waiting.pop()
        drawn.append((branch, depth))
        waiting += [(each, depth + (not each.goes_on)) for each in reversed(leaving.get(branch.id, []))]
    return drawn


def _passed(found: list[_Branch], last: UUID | None) -> set[UUID]:
    """The branches that the way from the beginning to a branch runs through, itself included."""
    leaves = {branch.id: branch.leaves for branch in found}
    passed = set()
    while last is not None:
        passed.add(last)
        last = leaves[last]
    return passed


def _preview(branch: _Branch, sealer: Sealer) -> str:
    """The beginning of its first message; nothing where that is damaged, or too much was opened already."""
    if branch.body is None:
        return ""
    try:
        text = content.unseal(sealer, branch.body, "message", "body", branch.id)["text"]
    except SealError:  # the others are shown all the same
        logger.error("The stored message %s was changed.", branch.id)
        return ""
    return " ".join(text[: 4 * PREVIEW_CHARS].split())[:PREVIEW_CHARS]
