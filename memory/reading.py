"""A file of memories, ours or another program's, read and checked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final, TypedDict
from uuid import UUID, uuid5

from django.conf import settings

from chatapp.refusals import Refusal
from memory.entries import InvalidMemory, checked

FORMAT: Final = "everthread-memories"
# Of an entry without an id its text is the id, so that the same file makes the same memories.
_TEXTS: Final = UUID("6d1b3f0e-54c7-4c53-9f2e-0d2f6a7f6a31")


class InvalidFile(Refusal):
    """This is not a file of memories. It must be JSON: the export of Everthread, or a list of texts."""


class TooManyMemories(Refusal):
    """This file holds more memories than one person may have."""


class Entry(TypedDict):
    """One memory of a file, checked; a time or source that made no sense is left out."""

    id: str
    text: str
    pinned: bool
    source: dict[str, str]
    created_at: str | None
    updated_at: str | None


def read(data: bytes) -> tuple[list[Entry], list[str]]:
    """The memories of a file, each id and each text once, and a sentence for each entry that is none.

    Raises `InvalidFile`, `TooManyMemories`.
    """
    rows = _rows(data)
    if len(rows) > settings.MEMORY_LIMIT:
        raise TooManyMemories
    found: dict[str, Entry] = {}
    texts: set[str] = set()
    problems = []
    for number, row in enumerate(rows, start=1):
        try:
            entry = _entry(row)
        except InvalidMemory as wrong:
            problems.append(f"Entry {number:,}: {wrong}")
            continue
        if entry["id"] not in found and entry["text"].casefold() not in texts:
            found[entry["id"]] = entry
            texts.add(entry["text"].casefold())
    return list(found.values()), problems


def _rows(data: bytes) -> list[Any]:  # Any: JSON from outside
    try:
        # Not orjson: one lone surrogate somewhere would make the whole file unreadable for it.
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InvalidFile from None
    if isinstance(value, dict):
        value = value.get("memories")
    if not isinstance(value, list):
        raise InvalidFile
    return value


def _entry(row: Any) -> Entry:
    """The memory of one entry. Raises `InvalidMemory`."""
    given = row if isinstance(row, dict) else {"text": row}
    if not isinstance(given.get("text"), str):
        raise InvalidMemory
    text = checked(given["text"])
    source = given.get("source")
    places = {name: _id(source.get(name)) for name in ("thread", "message")} if isinstance(source, dict) else {}
    return {
        "id": _id(given.get("id")) or str(uuid5(_TEXTS, text.casefold())),
        "text": text,
        "pinned": given.get("pinned") is True,
        "source": {name: value for name, value in places.items() if value},
        "created_at": _time(given.get("created_at")),
        "updated_at": _time(given.get("updated_at")),
    }


def _id(value: Any) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _time(value: Any) -> str | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC).isoformat() if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
