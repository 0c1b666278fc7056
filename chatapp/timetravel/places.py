"""Where a checkpoint stands in its conversation: the turn it belongs to, and the message that it ends with."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START

from chatapp import content, keys, postgres
from chatapp.access import NotFound
from chatapp.checkpoints.staging import StagedSaver
from chatapp.graph import build, turns
from chatapp.models import Message, RestorePoint, Thread
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer, SealError

_PATH: Final = """
WITH RECURSIVE up AS (
    SELECT id, parent_id, 0 AS distance FROM chatapp_message WHERE id = %(leaf)s AND thread_id = %(thread)s
    UNION ALL
    SELECT m.id, m.parent_id, up.distance + 1 FROM chatapp_message m JOIN up ON m.id = up.parent_id
)
SELECT id FROM up ORDER BY distance DESC
"""
_EXISTS: Final = """
SELECT EXISTS (SELECT FROM checkpoints WHERE thread_id = %s AND checkpoint_ns = '' AND checkpoint_id = %s)
"""


class Gone(Refusal):
    """There is no such checkpoint any more."""


class Unreadable(Refusal):
    """This checkpoint cannot be read: what is stored of it is not what was stored."""


class Apart(Refusal):
    """This checkpoint belongs to no message of the conversation."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A checkpoint, opened."""

    thread_id: UUID
    owner_id: int
    checkpoint_id: str
    sealer: Sealer
    saver: StagedSaver
    values: dict[str, Any]
    source: str
    next: tuple[str, ...]
    interrupts: tuple[str, ...]
    question: UUID | None  # of the turn that it is in, as its state tells
    said: str  # what the answer to that says so far
    last: UUID | None  # the message that its state ends with

    @property
    def config(self) -> RunnableConfig:
        """The config that names it."""
        named = {"thread_id": str(self.thread_id), "checkpoint_ns": "", "checkpoint_id": self.checkpoint_id}
        return {"configurable": named}

    def begin(self) -> StagedSaver:
        """The saver for what is made from it, with nothing staged."""
        self.saver.staged.clear()
        return self.saver


@dataclass(frozen=True, slots=True)
class Place:
    """A message that a checkpoint ends with; with `message` None a new one below `parent`, which says `text`."""

    message: Message | None
    parent: UUID | None = None
    text: str = ""

    @property
    def leaf(self) -> UUID | None:
        """The last message of its branch that there is."""
        return self.message.id if self.message is not None else self.parent


async def opened(thread_id: UUID, checkpoint_id: str) -> Chosen:
    """Open a checkpoint of the root namespace. Raises `NotFound` (no such thread), `Gone`, `Unreadable`."""
    owner_id, sealer = await postgres.call(_sealer, thread_id)
    saver = StagedSaver(await postgres.pool(), sealer, str(thread_id))
    config: RunnableConfig = {
        "configurable": {"thread_id": str(thread_id), "checkpoint_ns": "", "checkpoint_id": checkpoint_id}
    }
    try:
        found = await saver.aget_tuple(config)
    except SealError as error:
        raise Unreadable from error
    if found is None:
        raise Gone
    begun = found.checkpoint["channel_values"].get(START)
    state = await build.graph(saver).aget_state(config)
    messages: Sequence[BaseMessage] = begun["messages"] if begun else state.values.get("messages", ())
    asked = [each for each in messages if isinstance(each, HumanMessage)]
    return Chosen(
        thread_id,
        owner_id,
        checkpoint_id,
        sealer,
        saver,
        values=dict(state.values),
        source=str(found.metadata.get("source", "")),
        next=state.next,
        interrupts=tuple(each.id for each in state.interrupts),
        question=_uuid(asked[-1].id) if asked else None,
        said=turns.text(turns.steps(messages)),
        last=_uuid(messages[-1].id) if messages else None,
    )


async def copied(chosen: Chosen) -> tuple[StagedSaver, str]:
    """Copy a checkpoint as LangGraph copies one: the saver that has the copy staged, and its id."""
    saver = chosen.begin()
    config = await build.graph(saver).aupdate_state(chosen.config, None, as_node="__copy__")
    return saver, config["configurable"]["checkpoint_id"]


def place(chosen: Chosen) -> Place:
    """The message that a checkpoint ends with: its own, or the one that an earlier act made it end with.

    For one in the middle of a turn the question, or a new answer below it with the text so far. Raises `Apart`.
    """
    of_thread = Message.objects.filter(thread_id=chosen.thread_id)
    own = of_thread.filter(checkpoint_id=chosen.checkpoint_id).order_by("created_at", "id").first()
    if own is not None:
        return Place(own)
    rolled_back = Q(kind=RestorePoint.Kind.ROLLBACK, checkpoint_id=chosen.checkpoint_id)
    led_here = rolled_back | Q(to_tip=chosen.checkpoint_id) | Q(head_checkpoint_id=chosen.checkpoint_id)
    acts = RestorePoint.objects.filter(led_here, thread_id=chosen.thread_id, to_head__isnull=False)
    act = acts.select_related("to_head").order_by("made_at").first()
    if act is not None:
        return Place(act.to_head)
    if chosen.said and chosen.last is not None:
        answer = of_thread.filter(id=chosen.last, role=Message.Role.ASSISTANT).first()
        if answer is not None:
            return Place(answer)
    asked = question(chosen)
    if asked is None:
        raise Apart
    return Place(None, asked.id, chosen.said) if chosen.said else Place(asked)


def question(chosen: Chosen) -> Message | None:
    """The question of the turn that a checkpoint is in."""
    if chosen.question is None:
        return None
    asked = Message.objects.select_related("thread").filter(id=chosen.question, thread_id=chosen.thread_id)
    return asked.filter(role=Message.Role.USER).first()


def require(chosen: Chosen) -> None:
    """Make sure under the fence's lock that nobody has deleted the checkpoint meanwhile. Raises `Gone`."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS, [str(chosen.thread_id), chosen.checkpoint_id])
        if not cursor.fetchone()[0]:
            raise Gone


def path(thread_id: UUID, leaf: UUID | None) -> list[UUID]:
    """The messages from the root of a branch to `leaf`."""
    with connection.cursor() as cursor:
        cursor.execute(_PATH, {"thread": thread_id, "leaf": leaf})
        return [row[0] for row in cursor.fetchall()]


def message(
    chosen: Chosen, parent: UUID | None, role: Message.Role, text: str, status: Message.Status = Message.Status.DONE
) -> Message:
    """A new message for the tree, not written yet."""
    message_id = uuid.uuid4()
    body = content.seal(chosen.sealer, {"text": text}, "message", "body", message_id)
    return Message(id=message_id, thread_id=chosen.thread_id, parent_id=parent, role=role, status=status, body=body)


def _sealer(thread_id: UUID) -> tuple[int, Sealer]:
    owner_id = Thread.objects.filter(id=thread_id).values_list("owner_id", flat=True).first()
    if owner_id is None:
        raise NotFound
    return owner_id, keys.thread_sealer(owner_id, thread_id)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
