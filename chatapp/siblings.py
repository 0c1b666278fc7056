"""Messages below the same parent: which count, in which order, the place of one among them, and its name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, TypedDict
from uuid import UUID

from chatapp import content
from chatapp.sealing import Sealer, SealError

# ruff: noqa: S608  # only a constant is put into constants

logger = logging.getLogger(__name__)

# A condition on chatapp_message m: it has its place in the tree, which one that waits gets when it is claimed.
PLACED: Final = """(m.parent_id IS NOT NULL OR NOT EXISTS (
    SELECT FROM chatapp_run run WHERE run.message_id = m.id AND run.state = 'queued' AND NOT run.retry
))"""
# The ids of the visible messages of a thread below a parent, in their order.
CHILDREN: Final = """ARRAY(
    SELECT m.id FROM chatapp_message m
    WHERE m.thread_id = %(thread)s AND m.parent_id = {parent} AND m.hidden_by_id IS NULL ORDER BY m.created_at, m.id
)"""
ROOTS: Final = f"""ARRAY(
    SELECT m.id FROM chatapp_message m
    WHERE m.thread_id = %(thread)s AND m.parent_id IS NULL AND m.hidden_by_id IS NULL AND {PLACED}
    ORDER BY m.created_at, m.id
)"""


class Siblings(TypedDict):
    """The place of a message among its siblings, from 1, and the ids of those beside it."""

    at: int
    of: int
    before: str | None
    after: str | None


def place(among: Sequence[UUID], message_id: UUID) -> Siblings | None:
    """The place of a message among its siblings, given in their order; None when it has none.

    A message that is not among them is about to come, as the last.
    """
    order = among if message_id in among else [*among, message_id]
    if len(order) < 2:
        return None
    at = order.index(message_id)
    return {
        "at": at + 1,
        "of": len(order),
        "before": str(order[at - 1]) if at else None,
        "after": str(order[at + 1]) if at + 1 < len(order) else None,
    }


def label(sealed: bytes | memoryview | None, message_id: UUID, sealer: Sealer) -> str | None:
    """The owner's name for the branch that a message begins; None when it has none, or a damaged one."""
    if sealed is None:
        return None
    try:
        return str(content.unseal(sealer, sealed, "message", "label", message_id))
    except SealError:  # the message is of use without its name
        logger.error("The stored label of message %s was changed.", message_id)
        return None
