"""English sentences turned around: what somebody says of themselves as a sentence about "the user", and back."""

from __future__ import annotations

import re
from typing import Final

_OF_OTHERS: Final = {"am": "is", "have": "has", "do": "does", "don't": "does not", "haven't": "has not"}
_OF_YOU: Final = {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go"}
_UNCHANGED: Final = frozenset(
    re.findall(
        r"[\w']+",
        """can can't cannot could couldn't did didn't had hadn't may might must shall should was wasn't will won't
        would wouldn't went got met used""",
    )
)
_ADVERBS: Final = r"(?:never|always|usually|often|really|also|only|mostly|currently|no longer|still|just)"


def third_person(said: str) -> str:
    """What somebody said of themselves as a sentence about the user; anything else as a sentence."""
    text = said.replace("’", "'").strip().rstrip(".! ")
    text = re.sub(r"\bI'm\b", "I am", text)
    text = re.sub(r"\bI've\b", "I have", text)
    text = re.sub(r"\bI'd\b", "I would", text)
    text = re.sub(r"\bI'll\b", "I will", text)
    text = re.sub(rf"\bI ({_ADVERBS} )?([a-z']+)", _about_user, text)
    for pattern, first, later in (
        (r"\b[Mm]y\b", "the user's", "their"),
        (r"\bme\b", "the user", "them"),
        (r"\bmyself\b", "themselves", "themselves"),
        (r"\bmine\b", "the user's", "theirs"),
    ):
        text = _pronoun(text, pattern, first, later)
    return f"{text[:1].upper()}{text[1:]}."


def second_person(fact: str) -> str:
    """A statement of or about the user, said to them; without a full stop."""
    said = re.sub(r"(?i)^(?:please )?remember(?: that)? ", "", fact.rstrip(".! "))
    about = re.search(r"(?i)\buser\b", said) is not None
    said = re.sub(r"(?i)\b(?:the )?user's\b", "your", said)
    said = re.sub(rf"(?i)\b(?:the )?user ({_ADVERBS} )?([a-z']+)", _to_you, said)
    for pattern, new in (
        (r"\b(?:I am|I'm|i am)\b", "you are"),
        (r"\b[Mm]y\b", "your"),
        (r"\bI\b", "you"),
        (r"\bme\b", "you"),
    ):
        said = re.sub(pattern, new, said)
    if about:
        said = re.sub(r"\btheir\b", "your", said)
    return said


def _pronoun(text: str, pattern: str, first: str, later: str) -> str:
    """`text` with a pronoun replaced: by another one where the user has been mentioned before."""
    return re.sub(pattern, lambda found: later if "the user" in text[: found.start()] else first, text)


def _about_user(found: re.Match[str]) -> str:
    return f"the user {found.group(1) or ''}{_of_other(found.group(2))}"


def _of_other(verb: str) -> str:
    if verb in _OF_OTHERS:
        return _OF_OTHERS[verb]
    if verb in _UNCHANGED or (verb.endswith("ed") and len(verb) > 4):
        return verb
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def _to_you(found: re.Match[str]) -> str:
    verb = found.group(2)
    if verb in _OF_YOU:
        verb = _OF_YOU[verb]
    elif verb.endswith("ies"):
        verb = f"{verb[:-3]}y"
    elif verb.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
        verb = verb[:-2]
    elif verb.endswith("s") and not verb.endswith("ss"):
        verb = verb[:-1]
    return f"you {found.group(1) or ''}{verb}"
