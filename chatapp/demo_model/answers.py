"""What the demo model says: the first rule that has something to say about the conversation."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Final

from chatapp.demo_model import memory, tasks, texts
from chatapp.demo_model.conversation import Answer, Call, Conversation, Tool, facts_in, named, sentences
from chatapp.demo_model.grammar import second_person

# In prompts that quote a conversation: what the person said.
_QUOTED: Final = re.compile(r"(?im)^\W*(?:user|human|person|question)\W*:\s*(.+)")
_SPEAKER: Final = re.compile(r"(?i)^(?:user|human|assistant|ai|summary so far)\s*:\s*")

Rule = Callable[[Conversation], Answer | str | None]


def answer(conversation: Conversation) -> Answer:
    """The answer to `conversation`; the same conversation has the same answer."""
    for rule in _RULES:
        found = rule(conversation)
        if isinstance(found, Answer):
            return found
        if found:
            return Answer(memory.dressed(conversation, found))
    return Answer(memory.dressed(conversation, _fallback(conversation)))


def _title(talk: Conversation) -> str | None:
    prompt = next((text for text in (talk.last, talk.system) if "short title" in text.lower()), None)
    if prompt is None:
        return None
    asked = [text for text in talk.user if "short title" not in text.lower()] or [prompt]
    spoken = _QUOTED.search("\n".join(asked)) or _QUOTED.search(prompt)
    return tasks.title(spoken.group(1) if spoken else asked[0] if talk.user else sentences(prompt)[-1])


def _running_summary(talk: Conversation) -> str | None:
    ordered = re.search(
        r"(?i)\b(write|update|make|produce|create|extend|keep|give|return)\b[^.\n]{0,80}running summary",
        talk.system,
    )
    if not ordered and "running summary" not in talk.last.lower():
        return None
    kept: dict[str, str] = {}
    for turn in talk.turns:
        if turn.role in ("user", "assistant") or (turn.role == "system" and not ordered):
            for fact in facts_in(re.sub(r"(?m)^Assistant:.*$", "", turn.text)):
                if "running summary" not in fact.lower():
                    said = _SPEAKER.sub("", fact)
                    kept.setdefault(said.lower(), said)
    name = next((found for fact in reversed(list(kept)) if (found := named(kept[fact]))), talk.name())
    lines = [f"The user's name is {name}."] if name else []
    lines += [fact if fact.endswith((".", "!")) else f"{fact}." for fact in list(kept.values())[-40:]]
    asked = [text for text in talk.user if "running summary" not in text.lower()]
    quoted = _QUOTED.findall("\n".join(talk.user))
    topics = [tasks.topic(text) for text in quoted or asked][-12:]
    if topics:
        lines.append("Talked about: " + "; ".join(dict.fromkeys(topics)) + ".")
    return " ".join(lines) or "Nothing worth keeping has been said yet."


def _after_tools(talk: Conversation) -> str | None:
    parts = []
    for result in talk.results:
        content = result.text.strip()
        said = memory.outcome(result)
        if said:
            parts.append(said)
        elif re.match(r"(?i)(error|failed|declined|denied|refused|not allowed)", content):
            parts.append(f"That did not work: {content}")
        else:
            parts.append(f"The tool **{result.name or 'tool'}** answered:\n\n{content}")
    return "\n\n".join(parts) or None


def _named_tool(talk: Conversation) -> Answer | None:
    """A tool that the person names: “use the tool lookup …”."""
    if not talk.tools or talk.turns[-1].role != "user" or not re.search(r"(?i)\b(use|call|run)\b", talk.last):
        return None
    tool = next((tool for tool in talk.tools if re.search(rf"\b{re.escape(tool.name)}\b", talk.last)), None)
    return _call(talk, tool, talk.last) if tool is not None else None


def _call(talk: Conversation, tool: Tool, value: str) -> Answer:
    wanted = [name for name in tool.strings if name in tool.required] or tool.strings[:1]
    number = zlib.crc32(f"{len(talk.turns)} {tool.name} {value}".encode(errors="replace"))
    return Answer(calls=[Call(f"call_{number:08x}", tool.name, dict.fromkeys(wanted, value))])


def _identity(talk: Conversation) -> str | None:
    if re.search(
        r"(?i)\b(who|what) are you\b|\bare you (a |an )?(real|human|ai|bot|gpt|chatgpt|demo|person)\b"
        r"|\b(which|what) model\b|\bwhat(?: is|'s) your name\b|\bwhat can you do\b|^\W*help\W*$",
        talk.last,
    ):
        return texts.IDENTITY
    return None


def _name(talk: Conversation) -> str | None:
    text = talk.last
    asked = re.search(
        r"(?i)\bwho am i\b|\bwhat am i called\b|\bwhat (should|do) you call me\b"
        r"|\b(what|what's|whats|tell|know|remember|recall|remind|say|spell|forgot|forgotten|which)\b"
        r"[^.!]*\bmy (first |own )?name\b|^\W*my name\s*\?",
        text,
    )
    name = talk.name()
    if asked and not (named(text) and not text.rstrip().endswith("?")):
        return f"Your name is {name}." if name else "You have not told me your name yet. What is it?"
    for pattern, known, unknown in texts.NAME_ELSEWHERE:
        if re.search(pattern, text, re.IGNORECASE):
            return known.format(name=name) if name else unknown
    told = named(text)
    if told and len(text.split()) <= 14:
        return f"Nice to meet you, {told}! How can I help you today?"
    return None


def _facts(talk: Conversation) -> str | None:
    """Questions about the person: what they like, where they live, what they said about something."""
    text = talk.last
    if not re.search(
        r"(?i)\b(what|where|which|who|when|how|do|am|is|are|did|have)\b.*\b(i|my|me|mine)\b.*\?"
        r"|\bwhat do you (know|remember)\b",
        text,
    ):
        return None
    known = [fact for fact in talk.facts() if fact not in sentences(text)]
    if re.search(r"(?i)\bwhat (do|can) you (know|remember)\b|\babout me\b", text):
        return tasks.known_about(known, talk.name())
    words = tasks.stems(text)
    best = max(known, key=lambda fact: (len(words & tasks.stems(fact)), known.index(fact)), default=None)
    if best is not None and words & tasks.stems(best):
        if any(best in each.text for each in talk.memories):
            return f"I remember that {second_person(best)}."
        return f"You told me: “{best.rstrip('.')}”. So {second_person(best)}."
    return None


def _food(talk: Conversation) -> str | None:
    if re.search(r"(?i)\b(dinner|lunch|supper|meal|recipe|cook|eat|breakfast)\b", talk.last):
        return tasks.dinner(talk.last, "\n".join([*talk.facts(), talk.known]))
    return None


def _on_text(task: Callable[[str], str | None]) -> Rule:
    return lambda talk: task(talk.last)


def _summary(talk: Conversation) -> str | None:
    if not re.search(r"(?i)\b(summar(y|ise|ize)|recap|sum up|tl;?dr)\b", talk.last) or not talk.earlier:
        return None
    lines = [f"- You: {tasks.shorten(text)}" for text in talk.earlier[-12:]]
    name = f" with {talk.name()}" if talk.name() else ""
    return f"**Our conversation{name} so far**\n\n" + "\n".join(lines)


def _greeting(talk: Conversation) -> str | None:
    name = talk.name()
    for pattern, plain, personal in texts.GREETINGS:
        if re.search(pattern, talk.last, re.IGNORECASE) and len(talk.last.split()) <= 8:
            return personal.format(name=name) if name else plain
    return None


def _fallback(talk: Conversation) -> str:
    if not talk.last.strip():
        return "There is no question in what I was sent. What would you like to talk about?"
    about = tasks.topic(talk.last)
    start = texts.OPENINGS[zlib.crc32(talk.last.encode(errors="replace")) % len(texts.OPENINGS)]
    parts = [start.format(topic=about)]
    if talk.earlier:
        parts.append(f"Before that we spoke about {tasks.topic(talk.earlier[-1])}.")
    parts.append(texts.LIMITS)
    return " ".join(parts)


_RULES: Final[tuple[Rule, ...]] = (
    _title,
    _running_summary,
    _after_tools,
    memory.wish,
    _named_tool,
    _identity,
    _on_text(tasks.repeat),
    _name,
    _on_text(tasks.calculate),
    _summary,
    _food,
    _on_text(tasks.code),
    _on_text(tasks.mathematics),
    _on_text(tasks.table),
    _on_text(tasks.long_text),
    _facts,
    _on_text(tasks.ideas),
    _greeting,
    lambda talk: "Noted. I will keep that in mind for this conversation." if facts_in(talk.last) else None,
)
