"""What a user chose: how to be called and answered, what stands in every prompt, whether memory is on."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from chatapp import content
from chatapp.refusals import Refusal
from memory import store
from memory.store import UserStore

PREFERENCES: Final = "preferences"
PREFERENCES_END: Final = "</preferences>"
# The longest that each may be, in characters: together they bound what is added to the prompt.
LONGEST: Final = {"name": 80, "about": 1500, "tone": 20, "length": 20, "language": 40, "instructions": 3000}
# The value that is kept, and what the model is told.
TONES: Final = {
    "direct": "plain and direct",
    "warm": "warm and encouraging",
    "formal": "formal and precise",
    "playful": "light and playful",
}
LENGTHS: Final = {
    "short": "as short as the question allows",
    "balanced": "a few paragraphs at most",
    "thorough": "thorough, with the reasons and the details",
}
# Empty: not chosen, so the browser's own choice holds.
THEMES: Final = ("", "system", "light", "dark")


class InvalidPreference(Refusal):
    """One of the preferences is too long, or is not among the choices."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """All of them; empty where nothing was chosen."""

    name: str = ""
    about: str = ""
    tone: str = ""
    length: str = ""
    language: str = ""
    instructions: str = ""
    model: str = ""
    theme: str = ""
    # Whether memories are read and kept, and whether the user is asked before one is changed.
    memory: bool = True
    ask: bool = True


def load(user_id: int) -> Preferences:
    """The user's preferences."""
    return of(store.of(user_id).get(PREFERENCES, PREFERENCES))


def of(value: Mapping[str, Any] | None) -> Preferences:
    """The preferences of an item of the store; of what an older or newer version kept, what is known here."""
    kinds = {field.name: type(field.default) for field in fields(Preferences)}
    known: dict[str, Any] = {
        name: each for name, each in (value or {}).items() if name in kinds and isinstance(each, kinds[name])
    }
    return Preferences(**known)


@transaction.atomic
def save(user_id: int, preferences: Preferences) -> None:
    """Keep the preferences; they hold from the next message on. Raises `InvalidPreference`."""
    _put(_locked(user_id), preferences)


@transaction.atomic
def change(user_id: int, **changes: Any) -> Preferences:  # Any: the fields of `Preferences`
    """Change some of the preferences and return all of them. Raises `InvalidPreference`."""
    shelf = _locked(user_id)
    return _put(shelf, replace(of(shelf.get(PREFERENCES, PREFERENCES)), **changes))


def block(preferences: Preferences) -> str:
    """The text that is added to the prompt of every message; empty when there is nothing to say."""
    said = {
        "name": preferences.name,
        "about": preferences.about,
        "tone": TONES.get(preferences.tone, ""),
        "length": LENGTHS.get(preferences.length, ""),
        "language": preferences.language,
        "instructions": preferences.instructions,
    }
    lines = [f"{name}: {_quoted(value)}" for name, value in said.items() if value.strip()]
    return "\n".join([_HEAD, *lines, PREFERENCES_END]) if lines else ""


_HEAD: Final = "What the user chose about themselves and your answers. Follow it where it applies.\n<preferences>"


def model(preferences: Preferences) -> str:
    """The model that new messages start with: the chosen one while it is offered."""
    return preferences.model if preferences.model in settings.OPENAI_MODELS else settings.OPENAI_MODEL


def _quoted(value: str) -> str:
    """A value that cannot end the block that it stands in, nor look like another line of it."""
    return value.strip().replace("<", "‹").replace(">", "›").replace("\n", "\n  ")


def _put(shelf: UserStore, given: Preferences) -> Preferences:
    texts: dict[str, Any] = {name: _checked(getattr(given, name), longest) for name, longest in LONGEST.items()}
    cleaned = replace(given, **texts)
    choices = (
        (cleaned.tone, ("", *TONES)),
        (cleaned.length, ("", *LENGTHS)),
        (cleaned.theme, THEMES),
        # Kept when it is no longer offered: it may be again.
        (cleaned.model, ("", cleaned.model if len(cleaned.model) <= 200 else "")),
    )
    if any(value not in allowed for value, allowed in choices):
        raise InvalidPreference
    shelf.put(PREFERENCES, PREFERENCES, asdict(cleaned))
    return cleaned


def _checked(value: str, longest: int) -> str:
    plain = content.clean(value).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(each for each in plain if each in "\n\t" or unicodedata.category(each) != "Cc").strip()
    if len(text) > longest:
        raise InvalidPreference
    return text


def _locked(user_id: int) -> UserStore:
    shelf = store.of(user_id)
    shelf.lock()
    return shelf
