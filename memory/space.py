"""The items of one namespace, opened, with what makes them quick to find."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from functools import cached_property

from memory.ranking import Index
from memory.rows import Item, Namespace, Vector


class Space:
    """A snapshot of one namespace. Safe for threads; nothing in it may be changed."""

    def __init__(self, items: Mapping[str, Item], index: Index | None = None) -> None:
        self.items = items
        self._index = index
        self._lock = threading.Lock()

    def get(self, key: str, now: int) -> Item | None:
        """The item, unless it has expired."""
        item = self.items.get(key)
        return item if item is not None and _lives(item, now) else None

    def living(self, now: int) -> Mapping[str, Item]:
        """The items that have not expired."""
        if not self._expire:
            return self.items
        return {key: item for key, item in self.items.items() if _lives(item, now)}

    def newest(self, now: int) -> Iterator[Item]:
        """The items that have not expired; what was put last comes first."""
        return (item for item in self._newest if _lives(item, now)) if self._expire else iter(self._newest)

    def search(self, query: str, near: Vector | None, now: int) -> Iterator[tuple[Item, float]]:
        """The items that bear on the query, best first, with their scores.

        `near` is the query's vector; without one, and for items without one, only words count.
        """
        if not self.items:
            return iter(())
        with self._lock:
            if self._index is None:
                self._index = Index.of(self.items.values())
        return ((item, score) for key, score in self._index.search(query, near) if (item := self.get(key, now)))

    def changed(self, edited: Mapping[str, Item | None]) -> Space:
        """The space with these items put in, or with None taken out."""
        old = [self.items[key] for key in edited if key in self.items]
        new = {key: item for key, item in edited.items() if item is not None}
        items = {key: item for key, item in self.items.items() if key not in edited} | new
        return Space(items, self._index.changed(old, new.values()) if self._index is not None else None)

    @cached_property
    def _expire(self) -> bool:
        return any(item.expires is not None for item in self.items.values())

    @cached_property
    def _newest(self) -> list[Item]:
        return sorted(self.items.values(), key=newest_first)


def newest_first(item: Item) -> tuple[int, Namespace, str]:
    """Sorts items by when they were put, and those of one moment by their names."""
    return -item.updated, item.namespace, item.key


def _lives(item: Item, now: int) -> bool:
    return item.expires is None or item.expires > now
