"""A user's memories as a JSON file: out, and in again after a look at what that would do.

An import is staged first: its entries lie sealed in the store, in parts, for an hour. Each part is applied in one
transaction, so that a page can show how far it is, and one that was interrupted goes on where it stopped. Importing
the same file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chatapp.refusals import Refusal
from memory import entries, memories, store
from memory.entries import IMPORTS, MEMORIES, TRASH, MemoryFull, Record, Source
from memory.reading import FORMAT, Entry, read
from memory.store import UserStore

STAGED_MINUTES: Final = 60
PART: Final = 50
# The store takes no item of 100 KB or more, and one of a part's entries may take 5.
PART_BYTES: Final = 64 * 1024
LISTED: Final = 20


class NoSuchImport(Refusal):
    """This import is over, or was left for too long. Choose the file again."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A memory that an import would change."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying the rest of an import would do. Of long lists only the beginning is listed."""

    total: int
    new: int
    changed: int
    same: int
    room: int
    new_listed: list[str]
    changed_listed: list[Changed]
    problems: list[str]
    left_out: int

    @property
    def new_more(self) -> int:
        """How many new ones are not listed."""
        return self.new - len(self.new_listed)

    @property
    def changed_more(self) -> int:
        """How many changes are not listed."""
        return self.changed - len(self.changed_listed)

    @property
    def fits(self) -> bool:
        """Whether there is room for what is new."""
        return self.new <= self.room


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is, in entries, and what it did so far."""

    left: int
    total: int
    added: int
    changed: int


def export(user_id: int) -> bytes:
    """All of the user's memories as a JSON file that `stage` takes; the trash and earlier versions stay out of it."""
    found = sorted(store.of(user_id).all(MEMORIES).items(), key=lambda each: each[1].value["created_at"])
    kept = ("text", "pinned", "source", "created_at", "updated_at")
    rows = [{"id": key, **{name: item.value[name] for name in kept}} for key, item in found]
    written = {"format": FORMAT, "version": 1, "exported_at": entries.stamp(timezone.now()), "memories": rows}
    return orjson.dumps(written, option=orjson.OPT_INDENT_2)


@transaction.atomic
def stage(user_id: int, data: bytes) -> UUID:
    """Read a file and keep what it holds for an hour, in place of an earlier one; return the import's id.

    Raises `reading.InvalidFile`, `reading.TooManyMemories`.
    """
    found, problems = read(data)
    shelf, import_id = _locked(user_id), uuid4()
    head = {"total": len(found), "added": 0, "changed": 0, "problems": problems[:LISTED], "left_out": len(problems)}
    parts = {f"{import_id}:{number:04}": {"entries": part} for number, part in enumerate(_parts(found))}
    shelf.delete_all(IMPORTS, list(shelf.all(IMPORTS)))
    shelf.put_all(IMPORTS, {str(import_id): head, **parts}, ttl_minutes=STAGED_MINUTES)
    return import_id


def preview(user_id: int, import_id: UUID) -> Preview:
    """What the import would do now. Raises `NoSuchImport`, also when nothing is left to do."""
    shelf = store.of(user_id)
    head, parts = _staged(shelf, import_id)
    if head["total"] and not parts:
        raise NoSuchImport
    held = {key: item.value for key, item in shelf.all(MEMORIES).items()}
    texts, same = _texts(held), 0
    new: list[str] = []
    changed: list[Changed] = []
    for entry in (each for part in parts.values() for each in part["entries"]):
        before = held.get(entry["id"])
        if _is_same(entry, before, texts):
            same += 1
        elif before is None:
            new.append(entry["text"])
        else:
            changed.append(Changed(before["text"], entry["text"]))
    room = settings.MEMORY_LIMIT - len(held)
    return Preview(
        total=len(new) + len(changed) + same,
        new=len(new),
        changed=len(changed),
        same=same,
        room=room,
        new_listed=new[:LISTED],
        changed_listed=changed[:LISTED],
        problems=head["problems"],
        left_out=head["left_out"],
    )


@transaction.atomic
def apply(user_id: int, import_id: UUID) -> Progress:
    """Import the next part of what was staged; after the last one nothing more happens.

    Raises `NoSuchImport`, and `MemoryFull` when there is no room for what is new in the part.
    """
    shelf = _locked(user_id)
    head, parts = _staged(shelf, import_id)
    for key in list(parts)[:1]:
        added, changed = _apply(user_id, shelf, parts.pop(key)["entries"])
        head = {**head, "added": head["added"] + added, "changed": head["changed"] + changed}
        shelf.delete(IMPORTS, key)
        shelf.put(IMPORTS, str(import_id), head, ttl_minutes=STAGED_MINUTES)
    left = sum(len(part["entries"]) for part in parts.values())
    return Progress(left, head["total"], head["added"], head["changed"])


@transaction.atomic
def discard(user_id: int, import_id: UUID) -> None:
    """Forget what was staged."""
    shelf = _locked(user_id)
    shelf.delete_all(IMPORTS, [key for key in shelf.all(IMPORTS) if key.startswith(str(import_id))])


def _apply(user_id: int, shelf: UserStore, part: list[Entry]) -> tuple[int, int]:
    """Import these; return how many were added and how many changed."""
    held = {key: item.value for key, item in shelf.all(MEMORIES).items()}
    texts, created, known, changed = _texts(held), {}, 0, 0
    for entry in part:
        before = held.get(entry["id"])
        if _is_same(entry, before, texts):
            continue
        if before is None and shelf.get(TRASH, entry["id"]) is None:
            created[entry["id"]] = _created(entry)
            continue
        _bring_back(user_id, entry)
        known, changed = (known + 1, changed) if before is None else (known, changed + 1)
    if created and len(shelf.all(MEMORIES)) + len(created) > settings.MEMORY_LIMIT:
        raise MemoryFull
    shelf.put_all(MEMORIES, created)
    return len(created) + known, changed


def _bring_back(user_id: int, entry: Entry) -> None:
    """Make a memory that exists, or lies in the trash, as the entry says."""
    memory_id = UUID(entry["id"])
    memories.restore(user_id, [memory_id])
    memories.edit(user_id, memory_id, entry["text"], Source("import"))
    memories.pin(user_id, memory_id, entry["pinned"])


def _created(entry: Entry) -> Record:
    now = timezone.now()
    updated, since = (_read_time(entry[name], now) for name in ("updated_at", "created_at"))
    source = entries.source({"kind": "import", **entry["source"]})
    return entries.created(entry["text"], source, at=updated, since=min(since, updated), pinned=entry["pinned"])


def _read_time(written: str | None, now: datetime) -> datetime:
    return min(datetime.fromisoformat(written), now) if written else now


def _is_same(entry: Entry, before: Record | None, texts: set[str]) -> bool:
    """Whether the user has this already, as it is or in a memory of another id."""
    if before is not None:
        return bool(before["text"] == entry["text"] and before["pinned"] == entry["pinned"])
    return entry["text"].casefold() in texts


def _texts(held: Mapping[str, Record]) -> set[str]:
    return {record["text"].casefold() for record in held.values()}


def _staged(shelf: UserStore, import_id: UUID) -> tuple[dict[str, Any], dict[str, dict[str, list[Entry]]]]:
    """What is known of an import, and its parts that are left, in order."""
    found = shelf.all(IMPORTS)
    if str(import_id) not in found:
        raise NoSuchImport
    left = sorted(key for key in found if key.startswith(f"{import_id}:"))
    return found[str(import_id)].value, {key: found[key].value for key in left}


def _parts(found: list[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    size = 0
    for entry in found:
        weight = len(orjson.dumps(entry))
        if part and (len(part) == PART or size + weight > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += weight
    if part:
        yield part


def _locked(user_id: int) -> UserStore:
    shelf = store.of(user_id)
    shelf.lock()
    return shelf
