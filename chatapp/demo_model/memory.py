"""Memories and the demo model: which tool a wish calls for, what it says to the result, how preferences show."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Final

from chatapp.demo_model import tasks, texts
from chatapp.demo_model.conversation import Answer, Call, Conversation, Remembered, Turn
from chatapp.demo_model.grammar import second_person, third_person

REMEMBER: Final = "remember"
UPDATE: Final = "update_memory"
FORGET: Final = "forget"
SEARCH: Final = "search_memories"

_END: Final = r"(?:[.!?]+(?=\s|$)|\n|$)"
_WISH: Final = re.compile(
    r"(?i)(?:^|[.!?,;:]\s+|\b(?:please|and|also|can you|could you|will you)\s+)"
    r"(?:(?:remember|keep in mind|note|do(?:n['’]t| not) forget)\b(?:\s+this\b)?(?P<that>\s+that\b|\s*:)?"
    r"|(?:merk dir|merke dir|souviens-toi|retiens|recuerda)(?P<elsewhere>\s+que\b|\s*:))"
    rf"\s*,?\s*(?P<said>\S.*?){_END}"
)
_ALSO: Final = re.compile(r"(?i),?\s+and\s+(?:also\s+)?(?:remember\s+)?that\s+")
_FORGET: Final = re.compile(
    rf"(?i)^(?:\W|please\b|can you\b|could you\b)*forget\b(?:\s+(?:about|that|everything|what I said))*\s*(.+?){_END}"
)
_CHANGE: Final = re.compile(
    r"(?i)^(?:\W|oh\b|no\b|please\b)*(?:actually|correction|update|correct that|change that)\b"
    rf"(?:\s+(?:my|the|your)\s+memor(?:y|ies))?[\s,:–-]*(?:that\s+)?((?:I|I['’]m|my)\b.+?){_END}"
)
_NEW: Final = re.compile(rf"(?i)^\W*((?:I|I['’]m|my)\b.+?)\s+(?:now|instead|any ?more){_END}")
_NOW: Final = re.compile(r"(?i)[\s,]+(?:now|instead|these days|from now on)\s*$")
_ASKED: Final = re.compile(
    r"(?i)\bwhat (?:do|can|have) you (?:remember|remembered|know|kept)\b(?:\s+(?:about|of))?\s*(.*?)[\s?.!]*$"
)
_RECALL: Final = re.compile(r"(?i)\bdo you (?:remember|recall)\b(?!.*\bmy name\b)\s*(.*?)[\s?.!]*$")
# Words that are about the same thing, cut as `tasks.stems` cuts them.
_KINDRED: Final = tuple(
    frozenset(words.split())
    for words in ("vega vege pesc omni meat diet eat eats", "live move movi city home", "work job jobs", "name call")
)


def wish(talk: Conversation) -> Answer | str | None:
    """The calls that the person's last message wants, or why there is nothing to call."""
    if talk.turns[-1].role != "user":
        return None
    offered = {tool.name for tool in talk.tools}
    found = _FORGET.search(talk.last)
    if FORGET in offered and found and tasks.stems(found.group(1)):
        known = _closest(found.group(1), talk.memories)
        return _calls(talk, FORGET, {"memory": known.mark}) if known else "There is nothing like that in your memories."
    changed = _CHANGE.search(talk.last) or _NEW.search(talk.last)
    if UPDATE in offered and changed:
        said = _NOW.sub("", changed.group(1))
        known = _closest(said, talk.memories)
        if known:
            return _calls(talk, UPDATE, {"memory": known.mark, "text": third_person(said)})
    facts = _wished(talk.last)
    if REMEMBER in offered and facts:
        return _calls(talk, REMEMBER, *({"text": third_person(fact)} for fact in facts))
    asked = _ASKED.search(talk.last) or _RECALL.search(talk.last)
    if SEARCH in offered and asked:
        general = not tasks.stems(asked.group(1))
        if not (general and talk.memories):
            return _calls(talk, SEARCH, {"query": talk.last if general else asked.group(1)})
    return None


def outcome(result: Turn) -> str | None:
    """What is said to the result of a memory tool; None for any other tool's."""
    text = result.text.strip()
    if result.name not in texts.DECLINED:
        return None
    if text.startswith("Not done"):
        return f"That did not work. {text.partition(':')[2].strip()}"
    if re.match(r"(?i)the user declined", text):
        return texts.DECLINED[result.name]
    return _found(text) if result.name == SEARCH else _done(result)


def _found(text: str) -> str:
    lines = [second_person(line) for line in re.findall(r"(?m)^- (?:\[\w+\] )?(.+)$", text)]
    listed = "\n".join(f"- {line[:1].upper()}{line[1:]}." for line in lines)
    return f"Here is what I remember:\n\n{listed}" if lines else "I do not remember anything about that yet."


def _done(result: Turn) -> str:
    if result.name == FORGET:
        return "Done, that is forgotten."
    # The person may have worded it anew: then the result says how.
    reworded = re.match(r"\w+[^:\n]*: *(.+)", result.text.strip())
    kept = second_person(reworded.group(1) if reworded else result.arguments.get("text", ""))
    if result.name == UPDATE:
        return f"Noted: {_lowered(kept)}. I will go by that from now on."
    return f"I will remember that {_lowered(kept)}."


def dressed(talk: Conversation, text: str) -> str:
    """An answer in the manner that the person prefers, as far as rules can."""
    wishes = talk.preferences
    if "as short as" in wishes.get("length", "") and "```" not in text:
        text = text.split("\n\n", maxsplit=1)[0]
    language = next((hello for name, hello in texts.GLADLY.items() if name in wishes.get("language", "").lower()), None)
    manner = next((hello for name, hello in texts.MANNERS.items() if name in wishes.get("tone", "")), None)
    opening = language or manner
    if opening:
        name = f", {wishes['name']}" if wishes.get("name") and wishes["name"] not in text else ""
        text = f"{opening}{name}. {text}"
    closing = re.search(
        r"(?i)\b(?:end|finish|close)\b[^.\n]*?\bwith\b[: ]+[\"“']?([^\"”'\n]+?)[\"”'.]*$",
        wishes.get("instructions", ""),
    )
    return f"{text}\n\n{closing.group(1)}" if closing else text


def _wished(text: str) -> list[str]:
    """The facts that the person wants to be kept."""
    found = _WISH.search(text)
    if not found:
        return []
    if text.rstrip().endswith("?") and not (found["that"] or found["elsewhere"]):
        return []  # "Can you remember my birthday?" asks for it
    return [fact for each in _ALSO.split(found["said"]) if tasks.stems(fact := each.strip(" ,;"))]


def _closest(said: str, memories: Sequence[Remembered]) -> Remembered | None:
    """The memory that is most likely meant."""
    words = tasks.stems(said)

    def likeness(memory: Remembered) -> int:
        there = tasks.stems(memory.text) - {"user"}
        return 2 * len(words & there) + sum(bool(words & kin and there & kin) for kin in _KINDRED)

    best = max(memories, key=likeness, default=None)
    return best if best is not None and likeness(best) else None


def _calls(talk: Conversation, name: str, *arguments: dict[str, str]) -> Answer:
    calls = []
    for number, given in enumerate(arguments):
        seed = f"{len(talk.turns)} {number} {name} {sorted(given.items())}"
        calls.append(Call(f"call_{zlib.crc32(seed.encode(errors='replace')):08x}", name, given))
    return Answer(calls=calls)


def _lowered(text: str) -> str:
    """The beginning of a sentence inside of one."""
    return f"{text[:1].lower()}{text[1:]}" if re.match(r"(?:You|Your|The|A|An|My)\b", text) else text
