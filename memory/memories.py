"""The verbs on a user's memories: add, edit, pin, undo, trash and back, versions, search.

Each is one transaction that begins by locking the user's shelf, so that two of them never build on the same state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from memory import entries, store
from memory.entries import (
    MEMORIES,
    TRASH,
    VERSIONS,
    EditConflict,
    Effect,
    InvalidMemory,
    Memory,
    MemoryFull,
    NoSuchMemory,
    Record,
    Source,
    Version,
    checked,
)
from memory.lists import page
from memory.store import UserStore
from memory.uses import forget_uses, record_uses, uses

__all__ = [
    "MEMORIES",
    "EditConflict",
    "Effect",
    "InvalidMemory",
    "Memory",
    "MemoryFull",
    "NoSuchMemory",
    "Source",
    "Version",
    "checked",
    "page",
    "record_uses",
    "uses",
]

# Digits of an id: among 2,000 memories two have the same eight once in some 2,000 users.
MARK_CHARS, MARK_LEAST = 8, 6


@transaction.atomic
def add(user_id: int, text: str, source: Source, memory_id: UUID | None = None) -> Memory:
    """Keep a memory. One that has this id already, in the trash too, is returned as it is.

    `text` has 1 to 1,000 characters after it was put on one line. Raises `InvalidMemory`, `MemoryFull`.
    """
    line = checked(text)
    shelf = _locked(user_id)
    key = str(memory_id or uuid4())
    if memory_id is not None:
        if (kept := shelf.get(MEMORIES, key)) is not None:
            return entries.memory(key, kept)
        if (thrown := shelf.get(TRASH, key)) is not None:
            return entries.memory(key, thrown["memory"])
    _make_room(shelf, 1)
    record = entries.created(line, source, at=timezone.now())
    shelf.put(MEMORIES, key, record)
    return entries.memory(key, record)


@transaction.atomic
def edit(user_id: int, memory_id: UUID, text: str, source: Source | None = None, expected: int | None = None) -> Memory:
    """Give the memory another text; the present one becomes an earlier version. The same text changes nothing.

    Without `source` the user's own hand edits, and the memory stays known as coming from where it came. `expected` is
    the version that was looked at. Raises `NoSuchMemory`, `InvalidMemory`, `EditConflict`.
    """
    line = checked(text)
    shelf = _locked(user_id)
    record = _record(shelf, memory_id)
    if record["text"] != line:
        if expected not in (None, record["version"]):
            raise EditConflict
        record = _write(
            shelf, memory_id, record, entries.changed(record, line, source or Source("user"), at=timezone.now())
        )
    return entries.memory(str(memory_id), record)


@transaction.atomic
def pin(user_id: int, memory_id: UUID, pinned: bool) -> Memory:
    """Bring the memory into every prompt, or only where it is relevant. Raises `NoSuchMemory`."""
    shelf = _locked(user_id)
    record = _record(shelf, memory_id)
    if record["pinned"] != pinned:
        record = {**record, "pinned": pinned}
        shelf.put(MEMORIES, str(memory_id), record)
    return entries.memory(str(memory_id), record)


@transaction.atomic
def trash(user_id: int, ids: Iterable[UUID]) -> int:
    """Move memories to the trash, each with its versions in one item, so that they expire together; return how many.

    Those that are not there are passed over.
    """
    shelf = _locked(user_id)
    thrown: dict[str, Record] = {}
    earlier: list[str] = []
    for each in ids:
        if (record := shelf.get(MEMORIES, str(each))) is not None:
            past = _past(shelf, each, record)
            thrown[str(each)] = {"memory": record, "past": past, "trashed_at": entries.stamp(timezone.now())}
            earlier += [entries.version_key(each, old["version"]) for old in past]
    shelf.put_all(TRASH, thrown, ttl_minutes=settings.MEMORY_TRASH_DAYS * 24 * 60)
    shelf.delete_all(VERSIONS, earlier)
    shelf.delete_all(MEMORIES, thrown)
    return len(thrown)


@transaction.atomic
def restore(user_id: int, ids: Iterable[UUID]) -> int:
    """Take memories out of the trash; return how many. Raises `MemoryFull`, and then restores none."""
    shelf = _locked(user_id)
    found = {str(each): kept for each in ids if (kept := shelf.get(TRASH, str(each))) is not None}
    _make_room(shelf, len(found))
    past = {entries.version_key(UUID(key), old["version"]): old for key, kept in found.items() for old in kept["past"]}
    shelf.put_all(VERSIONS, past)
    shelf.put_all(MEMORIES, {key: kept["memory"] for key, kept in found.items()})
    shelf.delete_all(TRASH, found)
    return len(found)


@transaction.atomic
def delete_for_ever(user_id: int, ids: Iterable[UUID]) -> int:
    """Delete memories and their versions, out of the trash or at once; return how many."""
    shelf, chosen = _locked(user_id), list(ids)
    trash(user_id, chosen)
    found = [each for each in dict.fromkeys(chosen) if shelf.get(TRASH, str(each)) is not None]
    shelf.delete_all(TRASH, [str(each) for each in found])
    forget_uses(user_id, found)
    return len(found)


@transaction.atomic
def delete_all(user_id: int) -> int:
    """Delete every memory, every version and the whole trash for ever; return how many memories there were."""
    shelf = _locked(user_id)
    found = {kind: list(shelf.all(kind)) for kind in entries.KINDS}
    for kind, held in found.items():
        shelf.delete_all(kind, held)
    forget_uses(user_id)
    return len(found[MEMORIES]) + len(found[TRASH])


def versions(user_id: int, memory_id: UUID) -> list[Version]:
    """The texts that the memory has and had, newest first; at most 20 earlier ones are kept. Raises `NoSuchMemory`."""
    shelf = store.of(user_id)
    record = _record(shelf, memory_id)
    return [entries.version(each) for each in (record, *reversed(_past(shelf, memory_id, record)))]


@transaction.atomic
def restore_version(user_id: int, memory_id: UUID, version: int) -> Memory:
    """Give the memory the text of an earlier version, as its next one. Raises `NoSuchMemory`."""
    shelf = _locked(user_id)
    record = _record(shelf, memory_id)
    earlier = shelf.get(VERSIONS, entries.version_key(memory_id, version))
    if earlier is None and version != record["version"]:
        raise NoSuchMemory
    if earlier is not None and earlier["text"] != record["text"]:
        record = _write(
            shelf, memory_id, record, entries.changed(record, earlier["text"], Source("user"), at=timezone.now())
        )
    return entries.memory(str(memory_id), record)


@transaction.atomic
def undo(user_id: int, effect: Effect) -> None:
    """Take back what an answer did; doing so again changes nothing.

    What was saved goes to the trash, what was updated gets the text before, what was forgotten comes back. Raises
    `EditConflict` when it was changed since by something that is not undone itself, `NoSuchMemory`, `MemoryFull`.
    """
    shelf, key = _locked(user_id), str(effect.memory)
    if effect.kind == "forgotten":
        if not restore(user_id, [effect.memory]):
            _record(shelf, effect.memory)
        return
    if effect.kind == "saved" and shelf.get(MEMORIES, key) is None:
        return
    record = _record(shelf, effect.memory)
    if record["as_of"] > effect.version:
        raise EditConflict
    if effect.kind == "saved":
        trash(user_id, [effect.memory])
    elif record["as_of"] == effect.version and effect.version > 1:
        before = shelf.get(VERSIONS, entries.version_key(effect.memory, effect.version - 1))
        if before is None:
            raise NoSuchMemory
        back = {name: before[name] for name in ("text", "source", "author", "as_of")}
        now = {"version": record["version"] + 1, "updated_at": entries.stamp(timezone.now())}
        _write(shelf, effect.memory, record, {**record, **back, **now})


def get(user_id: int, ids: Iterable[UUID]) -> list[Memory]:
    """Of these memories those that exist and are not in the trash, in this order."""
    shelf = store.of(user_id)
    found = ((str(each), shelf.get(MEMORIES, str(each))) for each in dict.fromkeys(ids))
    return [entries.memory(key, record) for key, record in found if record is not None]


def mark(memory_id: str) -> str:
    """The short name that stands for a memory in a prompt."""
    return memory_id[:MARK_CHARS]


def marked(user_id: int, given: str, kind: str = MEMORIES) -> Memory | None:
    """The memory, or the one in the trash, of a mark, a longer beginning of its id, or the id; None when it is not
    exactly one.
    """
    start = given.strip(" []").lower()
    if len(start) < MARK_LEAST:
        return None
    found = [(key, item.value) for key, item in store.of(user_id).all(kind).items() if key.startswith(start)]
    if len(found) != 1:
        return None
    key, record = found[0]
    return entries.memory(key, record["memory"] if kind == TRASH else record)


def search(user_id: int, query: str, limit: int) -> list[Memory]:
    """The memories that answer a query best, the best first."""
    return [entries.memory(key, record) for key, record, _ in store.of(user_id).search(MEMORIES, query, limit)]


def count(user_id: int) -> int:
    """How many memories the user has, without those in the trash."""
    return len(store.of(user_id).all(MEMORIES))


def from_thread(user_id: int, thread_id: UUID) -> list[UUID]:
    """The memories whose present text came out of this thread, those in the trash left out."""
    found = store.of(user_id).all(MEMORIES)
    return [UUID(key) for key, item in found.items() if item.value["source"].get("thread") == str(thread_id)]


def counts_by_thread(user_id: int, thread_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many memories came out of each of these threads; those that gave none are left out."""
    found = Counter(item.value["source"].get("thread") for item in store.of(user_id).all(MEMORIES).values())
    return {each: found[str(each)] for each in thread_ids if found[str(each)]}


@transaction.atomic
def trash_from_thread(user_id: int, thread_id: UUID) -> int:
    """Move the memories that came out of this thread to the trash; return how many."""
    _locked(user_id)
    return trash(user_id, from_thread(user_id, thread_id))


def _locked(user_id: int) -> UserStore:
    shelf = store.of(user_id)
    shelf.lock()
    return shelf


def _record(shelf: UserStore, memory_id: UUID) -> Record:
    found = shelf.get(MEMORIES, str(memory_id))
    if found is None:
        raise NoSuchMemory
    return found


def _make_room(shelf: UserStore, more: int) -> None:
    if more and len(shelf.all(MEMORIES)) + more > settings.MEMORY_LIMIT:
        raise MemoryFull


def _write(shelf: UserStore, memory_id: UUID, before: Record, after: Record) -> Record:
    """Put the memory's next text, and the one before among its versions, of which the oldest may go."""
    shelf.put(VERSIONS, entries.version_key(memory_id, before["version"]), entries.past(before))
    shelf.put(MEMORIES, str(memory_id), after)
    if (oldest := entries.first_kept(after)) > 1:
        shelf.delete(VERSIONS, entries.version_key(memory_id, oldest - 1))
    return after


def _past(shelf: UserStore, memory_id: UUID, record: Record) -> Sequence[Record]:
    """The earlier texts of a memory, oldest first."""
    numbers = range(entries.first_kept(record), record["version"])
    found = (shelf.get(VERSIONS, entries.version_key(memory_id, number)) for number in numbers)
    return [each for each in found if each is not None]
