"""Changing a state: what may be given, and what becomes of the message tree.

The tree is made equal to the changed state: from the first message on that differs, new ones are written beside those
that were there. A message that was changed is another message, so it and those after it get ids of their own, in the
tree and in the state.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_type_hints
from uuid import UUID

from django.conf import settings
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
    convert_to_messages,
)
from langgraph.errors import InvalidUpdateError
from langgraph.graph import END, START
from pydantic import TypeAdapter, ValidationError

from chatapp import content
from chatapp.checkpoints.staging import StagedSaver
from chatapp.graph import build, turns
from chatapp.graph.state import WINDOWS, State
from chatapp.models import Message
from chatapp.refusals import Refusal
from chatapp.timetravel import places
from chatapp.timetravel.places import Chosen, Place

MESSAGES: Final = "messages"
BATCH: Final = 500


class InvalidUpdate(Refusal):
    """The state cannot be changed like this."""

    def __init__(self, why: str) -> None:
        super().__init__(why)

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Updated:
    """A changed state, computed and not written."""

    saver: StagedSaver
    checkpoint_id: str
    messages: list[BaseMessage]
    removed: frozenset[str]
    next: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What the tree holds of a state's messages: a question, or all that an answer says."""

    role: Message.Role
    key: str | None
    text: str


async def updated(chosen: Chosen, values: Mapping[str, Any] | None, as_node: str | None) -> Updated:
    """Let LangGraph change the state of a checkpoint as a node would, through the reducers. Raises `InvalidUpdate`.

    `as_node` is one of the graph's; `END` without values drops what would follow.
    """
    graph = build.graph(saver := chosen.begin())
    if as_node not in (*graph.nodes, END) or (as_node == END) != (values is None):
        raise InvalidUpdate(f"Choose one of the nodes: {', '.join(graph.nodes)}; or {END} without values.")
    known = {each.id for each in chosen.values.get(MESSAGES, ()) if each.id}
    given = checked(values, known) if values is not None else None
    try:
        config = await graph.aupdate_state(chosen.config, given, as_node=as_node)
    except (InvalidUpdateError, ValueError, TypeError, LookupError) as error:
        # Its text may quote what was given.
        raise InvalidUpdate(f"The graph refuses this change ({type(error).__name__}).") from None
    state = await graph.aget_state(config)
    removed = frozenset(str(each.id) for each in (given or {}).get(MESSAGES, ()) if isinstance(each, RemoveMessage))
    after = list(state.values.get(MESSAGES, ()))
    return Updated(saver, config["configurable"]["checkpoint_id"], after, removed, state.next)


def checked(values: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """The values of an update, cleaned and of the state's types. Raises `InvalidUpdate`.

    `known` are the ids of the state's messages: a message that is given with an id replaces, or removes, one of them.
    """
    fields = get_type_hints(State)
    if unknown := sorted(set(values) - set(fields)):
        raise InvalidUpdate(f"The state has no {', '.join(map(repr, unknown))}; it has {', '.join(fields)}.")
    given: dict[str, Any] = {}
    for name, value in _cleaned(dict(values)).items():
        if name == MESSAGES:
            given[name] = _messages(value, known)
            continue
        try:
            given[name] = TypeAdapter(fields[name]).validate_python(value, strict=True)
        except ValidationError:
            raise InvalidUpdate(f"{name} must be {_described(fields[name])}.") from None
    return given


def fit(chosen: Chosen, changed: Updated) -> tuple[Place | None, dict[str, str]]:
    """Make the tree equal to a changed state, in the caller's transaction.

    Returns where the thread then stands (None: before every message), and the new ids of those messages of the state
    that became new ones. Raises `places.Apart`.
    """
    here = places.place(chosen)
    path = places.path(chosen.thread_id, here.leaf)
    before, after = said(chosen.values.get(MESSAGES, ())), said(changed.messages)
    before, after = _unbounded(before, after, changed)
    # An update drops a question that was about to be taken in; it is not shown then either.
    dropped = START in chosen.next and START not in changed.next and before
    if before == after and not dropped:
        return here, {}
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    stood = _stood(before, path)
    if same and same < len(after) and stood[same - 1] is None:  # said in the middle of a turn, in no message so far
        same -= 1
    parent = next((each for each in reversed(stood[:same]) if each is not None), None)
    if parent is None:
        parent = _above(stood, path)
    return _grow(chosen, changed, parent, after[same:])


def said(messages: Sequence[BaseMessage]) -> list[Said]:
    """What the tree holds of these messages, in order."""
    found: list[Said] = []
    step: list[BaseMessage] = []

    def close() -> None:
        if text := turns.text(step):
            last = [each.id for each in step if isinstance(each, AIMessage)][-1]
            found.append(Said(Message.Role.ASSISTANT, last, text))
        step.clear()

    for message in messages:
        if isinstance(message, HumanMessage):
            close()
            found.append(Said(Message.Role.USER, message.id, str(message.content)))
        else:
            step.append(message)
    close()
    return found


def _grow(
    chosen: Chosen, changed: Updated, parent: UUID | None, new: Sequence[Said]
) -> tuple[Place | None, dict[str, str]]:
    """Write what is new below a message; where it ends, and the new ids."""
    renamed: dict[str, str] = {}
    message = Message.objects.get(id=parent) if parent is not None else None
    added: list[Message] = []
    for number, each in enumerate(new, 1):
        unfinished = number == len(new) and changed.next and each.role == Message.Role.ASSISTANT
        status = Message.Status.STOPPED if unfinished else Message.Status.DONE
        message = places.message(chosen, message.id if message is not None else None, each.role, each.text, status)
        added.append(message)
        if each.key is not None:
            renamed[each.key] = str(message.id)
    Message.objects.bulk_create(added, BATCH)
    return (Place(message) if message is not None else None), renamed


def _stood(before: Sequence[Said], path: Sequence[UUID]) -> list[UUID | None]:
    """The message of the branch for each part of the state before; None for what is in no message."""
    places_of = {str(each): number for number, each in enumerate(path)}
    found: list[UUID | None] = []
    for number, each in enumerate(before):
        at = places_of.get(each.key or "")
        if each.role == Message.Role.ASSISTANT:
            asked = places_of.get(before[number - 1].key or "") if number else None
            follows = places_of.get(before[number + 1].key or "") if number + 1 < len(before) else None
            at = asked + 1 if asked is not None else follows - 1 if follows is not None else at
        found.append(path[at] if at is not None and 0 <= at < len(path) else None)
    return found


def _above(stood: Sequence[UUID | None], path: Sequence[UUID]) -> UUID | None:
    """The message above the first one of the state: what came before the window."""
    first = next((each for each in stood if each is not None), None)
    at = path.index(first) if first is not None else 0
    return path[at - 1] if at else None


def _unbounded(before: list[Said], after: list[Said], changed: Updated) -> tuple[list[Said], list[Said]]:
    """Both without what only the bound of the window took out of the state, which is no change of the conversation."""
    if len(changed.messages) < WINDOWS * settings.WINDOW_MESSAGES:
        return before, after
    rest = after[1:] if after and after[0].role == Message.Role.ASSISTANT else after
    if not rest or rest[0] not in before:
        return before, after
    at = before.index(rest[0])
    if changed.removed & {each.key for each in before[:at]}:
        return before, after
    return before[at:], rest


def _messages(value: Any, known: set[str]) -> list[BaseMessage]:
    if not isinstance(value, list):
        raise InvalidUpdate("messages must be a list.")
    try:
        found = convert_to_messages(value)
    except (ValueError, TypeError, LookupError, NotImplementedError):
        raise InvalidUpdate('A message needs a type ("human", "ai", "tool" or "remove") and its content.') from None
    for message in found:
        if not isinstance(message, HumanMessage | AIMessage | ToolMessage | RemoveMessage):
            raise InvalidUpdate('A message is of the type "human", "ai", "tool" or "remove".')
        if not isinstance(message.content, str):
            raise InvalidUpdate("The content of a message must be text.")
        if message.id is None:
            message.id = str(uuid.uuid4())
        elif message.id not in known:
            raise InvalidUpdate("An id must be that of a message in this state; a new message has none.")
    return found


def _cleaned(value: Any) -> Any:
    """The value with every text in it as PostgreSQL takes it."""
    if isinstance(value, str):
        return content.clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value


def _described(kind: Any) -> str:
    return {int: "a whole number", str: "text"}.get(kind, "a list of texts")
