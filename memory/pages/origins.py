"""Where memories came from and were used, as the pages show it: with links to the threads that can be opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from chatapp import threads
from memory import uses
from memory.entries import Memory, Source


@dataclass(frozen=True, slots=True)
class Place:
    """An answer in a thread that can be opened."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Used:
    """When a memory was used, and where, unless that thread is gone."""

    at: datetime
    place: Place | None


@dataclass(frozen=True, slots=True)
class Row:
    """A memory as lists show it."""

    memory: Memory
    came_from: Place | None
    used: Used | None


def rows(user_id: int, shown: list[Memory]) -> list[Row]:
    """The memories with where each came from and was used last, in few queries however many there are."""
    used = uses.last_uses(user_id, [each.id for each in shown])
    titles = _titles(user_id, [*(each.source for each in shown)], [use[0] for use in used.values()])
    return [
        Row(each, came_from(each.source, titles), _used(used[each.id], titles) if each.id in used else None)
        for each in shown
    ]


def used_in(user_id: int, memory_id: UUID, limit: int) -> list[Used]:
    """Where the memory was used last, newest first."""
    found = uses.uses(user_id, memory_id, limit)
    titles = threads.titles(user_id, {use[0] for use in found})
    return [_used(use, titles) for use in found]


def places(user_id: int, sources: Iterable[Source]) -> list[Place | None]:
    """For each source the answer that it names, if it can be opened."""
    given = list(sources)
    titles = _titles(user_id, given, [])
    return [came_from(each, titles) for each in given]


def came_from(source: Source, titles: dict[UUID, str]) -> Place | None:
    """The answer that a source names, if its thread is among `titles`."""
    return _place(source.thread, source.message, titles) if source.thread else None


def _titles(user_id: int, sources: list[Source], thread_ids: Iterable[UUID]) -> dict[UUID, str]:
    return threads.titles(user_id, {*(each.thread for each in sources if each.thread), *thread_ids})


def _used(use: tuple[UUID, UUID, datetime], titles: dict[UUID, str]) -> Used:
    thread_id, message_id, at = use
    return Used(at, _place(thread_id, message_id, titles))


def _place(thread_id: UUID, message_id: UUID | None, titles: dict[UUID, str]) -> Place | None:
    if thread_id not in titles:
        return None
    anchor = f"#m-{message_id}" if message_id else ""
    return Place(titles[thread_id] or "Untitled", reverse("thread", args=[thread_id]) + anchor)
