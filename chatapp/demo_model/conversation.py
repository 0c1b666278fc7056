"""The conversation that the demo model is sent, with the facts about the person in it, and what an answer is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
# What somebody says of themselves, or what a prompt says of them: worth keeping in a summary.
_FACT = re.compile(
    r"\b(my name|call me|i am|i'm|i like|i love|i hate|i live|i work|i have|i prefer|my [\w ]{2,30} (is|are)|"
    r"remember that|(the )?user('s| is| has| likes| lives| works| prefers)|allergic|vegetarian|vegan)\b",
    re.IGNORECASE,
)
_WORD = r"[^\W\d_][\w'’-]*"
_NAMED = re.compile(
    r"(?:\b(?i:my name(?:'s| is)|call me|i am called|i'm called|(?:user|person|their)(?:'s)? name(?: is|:)"
    r"|(?:user|person) is (?:called|named)|mein name ist|ich hei(?:ß|ss)e|je m'appelle|me llamo|mi nombre es)"
    rf"|^[-* ]*(?i:name):)\s+[\"“*]*({_WORD}(?: [A-Z][\w'’-]*)?)",
    re.MULTILINE,
)
# "I am Alice", but not "I am tired": only a capitalised word that ends the statement.
_I_AM = re.compile(r"\b(?:I am|I'm|This is|Ich bin)\s+([A-Z][\w'’-]*)(?=\s*(?:[.,!;]|$|and\b|und\b))")
# What is known of the person stands in blocks of the prompt; the paragraph before a block says what it is.
_BLOCK = r"(?:[^\n]+\n)*<{0}>\n(.*?)\n?</{0}>"
_MEMORIES = re.compile(_BLOCK.format("memories"), re.DOTALL)
_PREFERENCES = re.compile(_BLOCK.format("preferences"), re.DOTALL)
_NO_NAME = {"not", "a", "an", "the", "what", "that", "unknown", "now", "also", "fine", "ok", "okay"}


@dataclass(frozen=True)
class Tool:
    """A function that was offered, with the names of its string parameters."""

    name: str
    strings: list[str]
    required: list[str]


@dataclass(frozen=True)
class Turn:
    """One message; a tool result has the name of the tool and the arguments that it was called with."""

    role: str
    text: str
    name: str = ""
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Remembered:
    """A memory in the prompt, and the mark that names it."""

    mark: str
    text: str


@dataclass(frozen=True)
class Call:
    """A tool call."""

    id: str
    name: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """Text, or tool calls."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Conversation:
    """What was sent, read for its parts."""

    turns: list[Turn]
    tools: list[Tool] = field(default_factory=list)

    def texts(self) -> Iterator[str]:
        """All texts, in order."""
        return (turn.text for turn in self.turns)

    @property
    def system(self) -> str:
        """The system prompt."""
        return "\n".join(turn.text for turn in self.turns if turn.role in ("system", "developer"))

    @property
    def memories(self) -> list[Remembered]:
        """The memories in the system prompt."""
        blocks = "\n".join(_MEMORIES.findall(self.system))
        return [Remembered(mark, text) for mark, text in re.findall(r"(?m)^- \[(\w+)\] (.+)$", blocks)]

    @property
    def preferences(self) -> dict[str, str]:
        """The preferences in the system prompt. A value goes on in indented lines."""
        blocks = "\n".join(_PREFERENCES.findall(self.system))
        return {name: " ".join(value.split()) for name, value in re.findall(r"(?m)^(\w+): (.*(?:\n  .*)*)", blocks)}

    @property
    def known(self) -> str:
        """What the system prompt says of the person, without marks and without what says how to read it."""
        rest = _PREFERENCES.sub("", _MEMORIES.sub("", self.system))
        return "\n".join([rest, self.preferences.get("about", ""), *(each.text for each in self.memories)])

    @property
    def user(self) -> list[str]:
        """What the person wrote, in order."""
        return [turn.text for turn in self.turns if turn.role == "user"]

    @property
    def last(self) -> str:
        """The person's last message."""
        return self.user[-1] if self.user else ""

    @property
    def earlier(self) -> list[str]:
        """What the person wrote before the last message."""
        return self.user[:-1]

    @property
    def results(self) -> list[Turn]:
        """The tool results that the conversation ends with."""
        found: list[Turn] = []
        for turn in reversed(self.turns):
            if turn.role != "tool":
                break
            found.append(turn)
        return found[::-1]

    def name(self) -> str | None:
        """The person's name: the last one they gave, else what they prefer, else the one in the system prompt."""
        given = next(filter(None, map(named, reversed(self.user))), None)
        return given or self.preferences.get("name") or named(self.known)

    def facts(self) -> list[str]:
        """Statements about the person, from the system prompt and their messages, each once."""
        found: dict[str, str] = {}
        for text in (self.known, *self.user):
            for sentence in facts_in(text):
                found.setdefault(sentence.lower().rstrip("."), sentence)
        return list(found.values())


def named(text: str) -> str | None:
    """The name that `text` gives its writer or the user, the last one in it."""
    found = [*_NAMED.finditer(text), *_I_AM.finditer(text)]
    for match in sorted(found, key=lambda match: match.start(), reverse=True):
        name = re.sub(r"(['’]s)$", "", match.group(1))
        if name.lower() not in _NO_NAME:
            return name if name[0].isupper() else name.capitalize()
    return None


def sentences(text: str) -> list[str]:
    """The sentences and lines of `text`, without list marks."""
    return [found for piece in _SENTENCE.findall(text) if (found := piece.strip(" \t-*•>\"'"))]


def facts_in(text: str) -> list[str]:
    """The sentences that state something about the person."""
    return [
        sentence
        for sentence in sentences(text)
        if not sentence.endswith("?") and len(sentence) < 300 and _FACT.search(sentence)
    ]


def read(messages: list[Any], tools: list[Any]) -> Conversation:
    """The conversation in `messages` and `tools` of a request (JSON, so Any until looked at)."""
    calls: dict[str, tuple[str, dict[str, str]]] = {}
    turns = []
    for message in messages:
        for call in message.get("tool_calls") or []:
            calls[call["id"]] = (call["function"]["name"], _arguments(call["function"].get("arguments")))
        called = calls.get(str(message.get("tool_call_id")), ("", {}))
        turns.append(Turn(message["role"], _text(message.get("content")), *called))
    return Conversation(turns, [_tool(tool["function"]) for tool in tools if "function" in tool])


def _arguments(given: Any) -> dict[str, str]:
    try:
        value = json.loads(given or "{}")
    except (ValueError, TypeError):
        return {}
    return {str(name): str(each) for name, each in value.items()} if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return str(content or "")


def _tool(function: dict[str, Any]) -> Tool:
    schema = function.get("parameters") or {}
    properties = schema.get("properties") or {}
    strings = [name for name, value in properties.items() if value.get("type", "string") == "string"]
    return Tool(function["name"], strings, list(schema.get("required") or []))
