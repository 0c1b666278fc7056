"""What a checkpoint holds, as its page shows it: messages as messages, all else as text, nothing without bound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from chatapp.graph import turns
from chatapp.inspector.comparison import ROLES
from chatapp.inspector.comparison import text as as_text
from chatapp.inspector.snapshots import Snapshot, plain

# Longer texts are cut on the page; the file has all of them.
TEXT_CHARS: Final = 4_000
VALUE_CHARS: Final = 8_000
JSON_CHARS: Final = 200_000
# What a message's own lines show already, and what says nothing.
_TOLD: Final = frozenset(
    {"content", "type", "id", "name", "tool_calls", "invalid_tool_calls", "usage_metadata", "tool_call_id", "status"}
)


class Text(NamedTuple):
    """A text, or its beginning."""

    shown: str
    left_out: int

    @property
    def size(self) -> int:
        """The characters of all of it."""
        return len(self.shown) + self.left_out


class Call(NamedTuple):
    """A tool that a message calls."""

    name: str
    id: str
    arguments: Text


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message of the state."""

    number: int
    id: str
    kind: str
    role: str
    name: str
    text: Text
    calls: list[Call]
    # The call that it is the result of, and how that went.
    answers: str
    failed: bool
    tokens: tuple[int, int] | None
    rest: Text


@dataclass(frozen=True, slots=True)
class Value:
    """Another value of the state, or the value of a write."""

    name: str
    text: Text
    bytes: int | None = None
    task: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task that follows the checkpoint."""

    id: str
    name: str
    path: str
    error: Text
    interrupts: list[Value]
    result: Text


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of messages in a state, by channel, and its other values."""

    messages: list[tuple[str, list[ShownMessage], int | None]]
    values: list[Value]


def cut(text: str, most: int = VALUE_CHARS) -> Text:
    """A text that is not longer than this, and what that leaves out."""
    return Text(text[:most], max(0, len(text) - most))


def lists(found: Snapshot) -> Lists:
    """All values of a checkpoint."""
    sizes = found.sizes.channels
    messages, values = [], []
    for name, value in found.values.items():
        if isinstance(value, list) and value and all(isinstance(one, BaseMessage) for one in value):
            messages.append((name, [message(number, one) for number, one in enumerate(value, 1)], sizes.get(name)))
        else:
            values.append(Value(name, cut(as_text(plain(value))), sizes.get(name)))
    return Lists(messages, values)


def message(number: int, one: BaseMessage) -> ShownMessage:
    """One message, with everything it says of itself."""
    said = one.content if isinstance(one.content, str) else as_text(plain(one.content))
    usage = one.usage_metadata if isinstance(one, AIMessage) else None
    called = list(turns.calls(one))
    rest = {name: value for name, value in plain(one).items() if name not in _TOLD and value not in (None, {}, [], "")}
    return ShownMessage(
        number=number,
        id=one.id or "",
        kind=one.type,
        role=ROLES.get(one.type, one.type.capitalize()),
        name=one.name or "",
        text=cut(said, TEXT_CHARS),
        calls=[Call(call["name"], call["id"] or "", cut(as_text(plain(call["args"])), TEXT_CHARS)) for call in called],
        answers=one.tool_call_id if isinstance(one, ToolMessage) else "",
        failed=isinstance(one, ToolMessage) and one.status == "error",
        tokens=(usage["input_tokens"], usage["output_tokens"]) if usage else None,
        rest=cut(as_text(rest) if rest else "", TEXT_CHARS),
    )


def tasks(found: Snapshot) -> list[Task]:
    """What follows, with errors and interrupts."""
    return [
        Task(
            id=task.id,
            name=task.name,
            path=as_text(plain(task.path)) if task.path else "",
            error=cut(str(task.error) if task.error else ""),
            interrupts=[Value(each.id, cut(as_text(plain(each.value)))) for each in task.interrupts],
            result=cut(as_text(plain(task.result)) if task.result is not None else ""),
        )
        for task in found.state.tasks
    ]


def writes(found: Snapshot) -> list[Value]:
    """What is pending."""
    return [Value(write.channel, cut(as_text(plain(write.value))), task=write.task_id) for write in found.writes]


def facts(given: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    """A config or metadata, in lines."""
    return [(name, as_text(plain(value))) for name, value in (given or {}).items()]
