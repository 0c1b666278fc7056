"""What a memory is, and how it lies in the store.

Kinds of items: `memories` (key: the memory's id), `versions` (key: id and number; its earlier texts), `trash` (key: the
id; the memory with its earlier texts, for `MEMORY_TRASH_DAYS`), `imports` (what `memory.exchange` has staged).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from django.conf import settings

from chatapp import content
from chatapp.refusals import Refusal

MEMORIES: Final = "memories"
VERSIONS: Final = "versions"
TRASH: Final = "trash"
IMPORTS: Final = "imports"
KINDS: Final = (MEMORIES, VERSIONS, TRASH, IMPORTS)
TEXT_CHARS: Final = 1000
# Of a memory's earlier texts so many are kept.
VERSIONS_KEPT: Final = 20

Origin: TypeAlias = Literal["user", "assistant", "import"]
ORIGINS: Final[tuple[Origin, ...]] = ("user", "assistant", "import")
Record: TypeAlias = dict[str, Any]  # Any: JSON of ours, out of the sealed store


class NoSuchMemory(Refusal):
    """There is no such memory."""


class InvalidMemory(Refusal):
    """A memory needs at least one character and at most 1,000."""


class EditConflict(Refusal):
    """This memory was changed in the meantime, so nothing was done. Look at it as it is now, then decide."""


class InvalidCursor(Refusal):
    """This place in the list does not exist."""


class MemoryFull(Refusal):
    """The memory is full. Delete memories that are no longer needed, then try again."""

    def __str__(self) -> str:
        return f"The memory is full at {settings.MEMORY_LIMIT:,}. Delete memories that are no longer needed first."


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text came from: whose words, and of the assistant's the thread and the answer that saved it."""

    kind: Origin
    thread: UUID | None = None
    message: UUID | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """One fact that is kept about the user."""

    id: UUID
    text: str
    pinned: bool
    source: Source
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One text that a memory had or has, and whose it was."""

    version: int
    text: str
    source: Source
    at: datetime


@dataclass(frozen=True, slots=True)
class Trashed:
    """A memory in the trash: since when, and when it will be deleted for ever."""

    memory: Memory
    trashed_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an answer did: to which memory, and the version that it made, or that was forgotten."""

    kind: Literal["saved", "updated", "forgotten"]
    memory: UUID
    version: int


def checked(text: str) -> str:
    """The text on one line, without control characters. Raises `InvalidMemory`.

    One line, so that it stands as one line of the prompt and cannot look like anything else there.
    """
    # A surrogate is category Cs, a control character Cc; a line's end among the latter parts words.
    plain = "".join(" " if unicodedata.category(each) == "Cc" else each for each in content.clean(text))
    line = " ".join(plain.split())
    if not 0 < len(line) <= TEXT_CHARS:
        raise InvalidMemory
    return line


def version_key(memory_id: UUID, version: int) -> str:
    """The key of an earlier text."""
    return f"{memory_id}:{version:06}"


def first_kept(record: Record) -> int:
    """The number of the oldest text that is kept of this memory."""
    return max(1, int(record["version"]) - VERSIONS_KEPT)


def created(text: str, source: Source, *, at: datetime, pinned: bool = False, since: datetime | None = None) -> Record:
    """A new memory, as it lies in the store."""
    return {
        "text": text,
        "pinned": pinned,
        "source": source_record(source),
        # Whose the present text is; the source stays when a person edits.
        "author": source_record(source),
        "version": 1,
        # The version whose text this is: smaller than the version once a change was undone.
        "as_of": 1,
        "created_at": stamp(since or at),
        "updated_at": stamp(at),
    }


def changed(record: Record, text: str, author: Source, *, at: datetime) -> Record:
    """The memory with its next text."""
    version = record["version"] + 1
    source = record["source"] if author.kind == "user" else source_record(author)
    now = {"version": version, "as_of": version, "updated_at": stamp(at)}
    return {**record, "text": text, "source": source, "author": source_record(author), **now}


def past(record: Record) -> Record:
    """The present text of a memory, as one of its earlier ones."""
    return {name: record[name] for name in ("text", "source", "author", "version", "as_of", "updated_at")}


def memory(key: str, record: Record) -> Memory:
    """The memory of a record."""
    return Memory(
        id=UUID(key),
        text=record["text"],
        pinned=record["pinned"],
        source=source(record["source"]),
        version=record["version"],
        created_at=datetime.fromisoformat(record["created_at"]),
        updated_at=datetime.fromisoformat(record["updated_at"]),
    )


def version(record: Record) -> Version:
    """The version of a record, present or past."""
    at = datetime.fromisoformat(record["updated_at"])
    return Version(record["version"], record["text"], source(record["author"]), at)


def source(record: Record) -> Source:
    """The source of a record."""
    thread, message = record.get("thread"), record.get("message")
    return Source(record["kind"], UUID(thread) if thread else None, UUID(message) if message else None)


def source_record(given: Source) -> Record:
    """A source, as it lies in the store."""
    ids = {"thread": given.thread, "message": given.message}
    return {"kind": given.kind, **{name: str(value) for name, value in ids.items() if value is not None}}


def stamp(at: datetime) -> str:
    """A time as text that sorts as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
