"""Two checkpoints side by side: what was added, removed and changed, by message and by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

import orjson
from langchain_core.messages import BaseMessage

from chatapp.inspector import words
from chatapp.inspector.snapshots import Snapshot, as_json, plain
from chatapp.inspector.words import Piece

Change = Literal["added", "removed", "changed"]

# Beside the values: what a snapshot says of itself, but for what is another one in every checkpoint.
_ABOUT: Final = ("next", "tasks", "interrupts", "pending_writes")
# What a whole message says in its head, and what says nothing beside it.
_OWN: Final = frozenset({"id", "type", "invalid_tool_calls"})
ROLES: Final = {"human": "User", "ai": "Assistant", "tool": "Tool", "system": "System"}
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Field:
    """A value that differs, as text word by word."""

    name: str
    change: Change
    pieces: list[Piece]
    # Whether it is no text but JSON.
    code: bool = False

    @property
    def short(self) -> list[Piece]:
        """Without long stretches that are the same."""
        return words.shortened(self.pieces)


@dataclass(frozen=True, slots=True)
class ChangedMessage:
    """A message that only one of the checkpoints has, or that they have in different wordings."""

    change: Change
    id: str
    type: str
    fields: list[Field]

    @property
    def role(self) -> str:
        """Who speaks, in a word."""
        return ROLES.get(self.type, self.type.capitalize())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What leads from `a` to `b`."""

    a: Snapshot
    b: Snapshot
    messages: list[ChangedMessage]
    same_messages: int
    fields: list[Field]
    # Names of the values that are the same in both.
    same_fields: list[str]

    @property
    def is_same(self) -> bool:
        """Whether both hold the same."""
        return not self.messages and not self.fields

    def count(self, change: Change) -> int:
        """How many messages and fields were added, removed or changed."""
        return sum(one.change == change for one in self.messages) + sum(one.change == change for one in self.fields)


def compare(a: Snapshot, b: Snapshot) -> Comparison:
    """What leads from one checkpoint to another of the same thread."""
    lists = sorted(name for name in {*a.values, *b.values} if _is_messages(a, name) or _is_messages(b, name))
    messages, same = [], 0
    for name in lists:
        for one in _messages(_listed(a, name), _listed(b, name)):
            if one is None:
                same += 1
            else:
                messages.append(one)
    before, after = _fields(a, lists), _fields(b, lists)
    names = list(dict.fromkeys([*before, *after]))
    fields = [found for name in names if (found := _field(name, before, after)) is not None]
    changed = {one.name for one in fields}
    return Comparison(a, b, messages, same, fields, [name for name in names if name not in changed])


def text(value: Any) -> str:
    """A value as one reads it: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()


def _messages(old: Mapping[str, BaseMessage], new: Mapping[str, BaseMessage]) -> Iterator[ChangedMessage | None]:
    """Messages in the order of both lists; None for one that is the same."""
    keys = list(old), list(new)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (_whole("removed", key, old[key]) for key in keys[0][i1:i2] if key not in new)
        for key in keys[1][j1:j2]:
            yield _changed(key, old[key], new[key]) if key in old else _whole("added", key, new[key])


def _whole(change: Change, key: str, message: BaseMessage) -> ChangedMessage:
    kept = {
        name: value for name, value in plain(message).items() if name not in _OWN and value not in (None, "", [], {})
    }
    piece: words.Kind = "added" if change == "added" else "removed"
    fields = [
        Field(name, change, [Piece(piece, text(value))], not isinstance(value, str)) for name, value in kept.items()
    ]
    return ChangedMessage(change, key, message.type, fields)


def _changed(key: str, old: BaseMessage, new: BaseMessage) -> ChangedMessage | None:
    if old == new:
        return None
    before, after = plain(old), plain(new)
    found = [_field(name, before, after) for name in dict.fromkeys([*before, *after]) if name != "id"]
    fields = [each for each in found if each is not None]
    return ChangedMessage("changed", key, new.type, fields) if fields else None


def _field(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Field | None:
    old, new = before.get(name, _MISSING), after.get(name, _MISSING)
    if old == new:
        return None
    code = not all(isinstance(each, str) for each in (old, new) if each is not _MISSING)
    if old is _MISSING:
        return Field(name, "added", [Piece("added", text(new))], code)
    if new is _MISSING:
        return Field(name, "removed", [Piece("removed", text(old))], code)
    return Field(name, "changed", words.differences(text(old), text(new)), code)


def _fields(found: Snapshot, lists: list[str]) -> dict[str, Any]:
    said = as_json(found)
    about = {name: said[name] for name in _ABOUT if said[name]}
    return {**{name: value for name, value in said["values"].items() if name not in lists}, **about}


def _is_messages(found: Snapshot, name: str) -> bool:
    value = found.values.get(name)
    return isinstance(value, list) and bool(value) and all(isinstance(one, BaseMessage) for one in value)


def _listed(found: Snapshot, name: str) -> dict[str, BaseMessage]:
    value = found.values.get(name) if _is_messages(found, name) else None
    return {message.id or f"number {number}": message for number, message in enumerate(value or ())}
