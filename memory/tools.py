"""The tools that the model is offered: remember, change, forget and look up what is kept about the user.

What changes something asks the user first, unless they chose otherwise: the graph is interrupted, and goes on with
their answer. Carrying a call out again (after a crash) changes nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

from langgraph.types import interrupt

from chatapp import postgres
from chatapp.refusals import Refusal
from memory import memories, preferences, recall
from memory.entries import TRASH
from memory.memories import Effect, Memory, Source

FOUND: Final = 8
ACCEPTING: Final = ("accept", "edit", "always")
Action = Literal["remember", "update", "forget"]


def _schema(name: str, description: str, **parameters: str) -> dict[str, Any]:  # Any: JSON schema
    properties = {each: {"type": "string", "description": said} for each, said in parameters.items()}
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            },
        },
    }


_MARK: Final = "The mark of the memory, as it stands in brackets in the list of memories."
SCHEMAS: Final = (
    _schema(
        "remember",
        "Keep a lasting fact or wish about the user for later conversations. Call it when they ask for it, or say "
        "something about themselves that will matter again. Not for what only matters in this conversation.",
        text="One fact, in one short sentence, in the user's language.",
    ),
    _schema(
        "update_memory",
        "Change a memory that is not right any more.",
        memory=_MARK,
        text="What it says from now on, in one short sentence.",
    ),
    _schema("forget", "Forget a memory, when the user asks for it.", memory=_MARK),
    _schema("search_memories", "Look up what is kept about the user.", query="What to look for."),
)


class Unknown(Refusal):
    """There is no such memory."""


class Unreadable(Refusal):
    """The arguments of this call cannot be read."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to: the text for the model, and what it changed."""

    text: str
    effect: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a call would change."""

    action: Action
    text: str
    before: Memory | None = None
    # By the user: the model does not know the text yet.
    reworded: bool = False

    def asked(self) -> dict[str, str | None]:
        """What the user is shown."""
        return {
            "kind": "memory",
            "action": self.action,
            "text": self.text,
            "before": self.before.text if self.before else None,
            "memory": str(self.before.id) if self.before else None,
        }


async def carry_out(
    user_id: int,
    name: str,
    arguments: dict[str, Any] | None,
    *,
    source: Source,
    key: UUID,
) -> Result:
    """Carry out one call; `key` is the same whenever it is carried out again. Interrupts the graph to ask the user."""
    try:
        change = await postgres.call(_read, user_id, name, arguments)
        if isinstance(change, Result):
            return change
        if (await postgres.call(preferences.load, user_id)).ask:
            answer = interrupt(change.asked())
            if answer["decision"] not in ACCEPTING:
                return Result("The user declined.")
            if answer["decision"] == "edit":
                change = replace(change, text=answer["text"], reworded=True)
        return await postgres.call(_change, user_id, change, source, key)
    except Refusal as refused:
        return Result(f"Not done: {refused}")


def _read(user_id: int, name: str, arguments: dict[str, Any] | None) -> Change | Result:
    """What a call means. Raises `Refusal`."""
    match name:
        case "remember":
            return Change("remember", memories.checked(_text(arguments, "text")))
        case "update_memory":
            return Change(
                "update", memories.checked(_text(arguments, "text")), _named(user_id, _text(arguments, "memory"))
            )
        case "forget":
            given = _text(arguments, "memory")
            if (thrown := memories.marked(user_id, given, TRASH)) is not None:  # before a crash
                return Result("Forgotten.", _effect("forgotten", thrown))
            found = _named(user_id, given)
            return Change("forget", found.text, found)
        case "search_memories":
            found_here = memories.search(user_id, _text(arguments, "query"), FOUND)
            return Result("\n".join(recall.line(str(each.id), each.text) for each in found_here) or "Nothing found.")
        case _:
            return Result("Not done: there is no such tool.")


def _change(user_id: int, change: Change, source: Source, key: UUID) -> Result:
    """Carry a change out. Raises `Refusal`."""
    how = f" as: {change.text}" if change.reworded else "."
    if change.before is None:
        kept = memories.add(user_id, change.text, source, memory_id=key)
        return Result(f"Saved{how}", _effect("saved", kept))
    if change.action == "update":
        kept = memories.edit(user_id, change.before.id, change.text, source)
        # What said so before was not changed, unless by this answer before a crash.
        return Result(f"Updated{how}", _effect("updated", kept) if kept.source == source else None)
    memories.trash(user_id, [change.before.id])
    return Result("Forgotten.", _effect("forgotten", change.before))


def _effect(kind: Literal["saved", "updated", "forgotten"], memory: Memory) -> dict[str, Any]:
    effect = Effect(kind, memory.id, memory.version)
    return {"kind": effect.kind, "memory": str(effect.memory), "version": effect.version}


def _named(user_id: int, given: str) -> Memory:
    """The memory of a mark. Raises `Unknown` when there is none, or more than one."""
    found = memories.marked(user_id, given)
    if found is None:
        raise Unknown
    return found


def _text(arguments: dict[str, Any] | None, name: str) -> str:
    value = (arguments or {}).get(name)
    if not isinstance(value, str):
        raise Unreadable
    return value
