"""What a user has kept, opened: one snapshot for each version of their shelf, remembered in this process.

Every write gives the shelf a version that no other state ever has, not even one that was rolled back. So a snapshot is
looked up by its version and never wrong; and what a transaction sees of itself can be remembered like anything else.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from django.db import connection
from django.db.transaction import TransactionManagementError

from chatapp import keys
from chatapp.sealing import Sealer, SealError
from memory import embeddings, rows
from memory.rows import Item, Namespace
from memory.space import Space

logger = logging.getLogger(__name__)

USERS: Final = 1000
BYTES: Final = 96 * 1024 * 1024
# Opened and indexed, an item takes about this much more than its sealed bytes.
_ITEM_BYTES: Final = 2500
# When more than this part of the rows has changed, all are read again.
_MOST: Final = 0.5

_NOW: Final = rows.microseconds("statement_timestamp()")
_VERSION: Final = f"SELECT key_id, version, {_NOW} FROM memory_shelf WHERE user_id = %(user)s"  # noqa: S608 -- constants
_RAISE: Final = f"""
UPDATE memory_shelf shelf SET version = nextval('memory_shelf_version')
FROM (SELECT user_id, version FROM memory_shelf WHERE user_id = %(user)s FOR UPDATE) before
WHERE shelf.user_id = before.user_id
RETURNING shelf.key_id, before.version, shelf.version, {_NOW}
"""  # noqa: S608 -- constants
# A row's place in the heap and the transaction that put it there: no two versions of a row have the same. The
# operators compare byte by byte, as the index on prefixes does.
TAG: Final = "xmin::text || ctid::text"
_MINE: Final = "prefix ~>=~ %(low)s AND prefix ~<~ %(high)s"
TIMES: Final = ", ".join(map(rows.microseconds, ("created_at", "updated_at", "expires_at")))
_COLUMNS: Final = f"prefix, key, {TAG}, value->>'sealed', {TIMES}, ttl_minutes"
_TAGS: Final = f"SELECT prefix, key, {TAG} FROM store WHERE {_MINE}"  # noqa: S608 -- constants
_ALL: Final = f"SELECT {_COLUMNS} FROM store WHERE {_MINE}"  # noqa: S608 -- constants
_SOME: Final = f"""
SELECT {_COLUMNS} FROM store
WHERE (prefix, key) IN (SELECT * FROM unnest(%(prefixes)s::text[], %(keys)s::text[]))
"""  # noqa: S608 -- constants


class Shelf:
    """A snapshot of everything that one user has kept. Safe for threads; nothing in it may be changed."""

    def __init__(self, version: int, spaces: Mapping[Namespace, Space], weight: int) -> None:
        self.version = version
        self.weight = weight
        self._spaces = spaces

    @classmethod
    def of(cls, version: int, items: Iterable[Item]) -> Shelf:
        """The shelf with these items."""
        spaces: dict[Namespace, dict[str, Item]] = {}
        weight = 0
        for item in items:
            spaces.setdefault(item.namespace, {})[item.key] = item
            weight += item.size + _ITEM_BYTES
        return cls(version, {namespace: Space(found) for namespace, found in spaces.items()}, weight)

    def space(self, namespace: Namespace) -> Space:
        """The items of exactly this namespace."""
        return self._spaces.get(namespace, _NONE)

    def spaces(self, prefix: Namespace) -> Iterator[tuple[Namespace, Space]]:
        """The namespaces that begin with `prefix`; there may be nothing in them any more."""
        return ((each, space) for each, space in self._spaces.items() if each[: len(prefix)] == prefix)

    def items(self) -> Iterator[Item]:
        """Every item, expired ones included."""
        for space in self._spaces.values():
            yield from space.items.values()

    @cached_property
    def lacks_vectors(self) -> bool:
        """Whether a job has to make vectors of items."""
        return any(embeddings.lacks(item) for item in self.items())

    def changed(self, version: int, put: Iterable[Item], gone: Iterable[tuple[Namespace, str]]) -> Shelf:
        """The shelf after a write; what the write did not touch is shared with this one."""
        edits: dict[Namespace, dict[str, Item | None]] = {}
        for namespace, key in gone:
            edits.setdefault(namespace, {})[key] = None
        for item in put:
            edits.setdefault(item.namespace, {})[item.key] = item
        spaces, weight = dict(self._spaces), self.weight
        for namespace, edited in edits.items():
            before = self.space(namespace)
            spaces[namespace] = before.changed(edited)
            weight += sum(each.size + _ITEM_BYTES for each in edited.values() if each is not None)
            weight -= sum(before.items[key].size + _ITEM_BYTES for key in edited if key in before.items)
        return Shelf(version, spaces, weight)


_NONE: Final = Space({})
EMPTY: Final = Shelf(0, {}, 0)


def read(user_id: int) -> tuple[Shelf, int]:
    """What the user has kept, and the database's time in microseconds. One query when it is known here already.

    Raises KeyMissing, KeyDamaged.
    """
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, {"user": user_id})
        row = cursor.fetchone()
    if row is None:
        _shelves.drop(user_id)
        return EMPTY, 0
    key_id, version, now = row
    return at(user_id, bytes(key_id), version), now


def lock(user_id: int) -> bool:
    """Hold the shelf until the caller's transaction ends; False when the user has none."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("A shelf is locked inside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM memory_shelf WHERE user_id = %s FOR UPDATE", (user_id,))
        return cursor.fetchone() is not None


def advance(user_id: int) -> tuple[Shelf, int, int] | None:
    """Lock the shelf in the caller's transaction and give it its next version.

    What was kept before, the version, and the database's time. None when the user has no shelf yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, {"user": user_id})
        row = cursor.fetchone()
    if row is None:
        return None
    key_id, before, version, now = row
    return at(user_id, bytes(key_id), before), version, now


def at(user_id: int, key_id: bytes, version: int) -> Shelf:
    """The snapshot of a version that this transaction sees: the one remembered, or the rows that differ from it."""
    known = _shelves.get(user_id)
    if known is not None and known.version == version:
        return known
    sealer = keys.memory_sealer(user_id)
    if sealer.key_id != key_id:
        raise keys.KeyMissing
    made = _load(sealer, version, known)
    _shelves.put(user_id, made)
    return made


def remember(user_id: int, shelf: Shelf) -> None:
    """Keep the snapshot that a write has made."""
    _shelves.put(user_id, shelf)


def forget(user_id: int | None = None) -> None:
    """Forget what is remembered of this user, or of all."""
    _shelves.drop(user_id)


def _load(sealer: Sealer, version: int, known: Shelf | None) -> Shelf:
    mine = rows.bounds(sealer.key_id)
    kept: list[Item] = []
    with connection.cursor() as cursor:
        if known is not None:
            held = {(*item.place, item.tag): item for item in known.items()}
            cursor.execute(_TAGS, mine)
            found = cursor.fetchall()
            kept = [held[row] for row in found if row in held]
            differing = [row for row in found if row not in held]
            if len(differing) > len(found) * _MOST:
                kept = []
        if kept:
            places = {"prefixes": [row[0] for row in differing], "keys": [row[1] for row in differing]}
            cursor.execute(_SOME, places)
        else:
            cursor.execute(_ALL, mine)
        return Shelf.of(version, [*kept, *_opened(sealer, cursor.fetchall())])


def _opened(sealer: Sealer, found: Iterable[tuple[Any, ...]]) -> Iterator[Item]:
    for row in found:
        try:
            yield rows.opened(sealer, row)
        except SealError:
            # Refused, but one bad row must not take the whole shelf away.
            logger.error("An item in the store of user %s was changed, and is left out.", sealer.user_id)


class _Shelves:
    """The snapshots used last, bounded in number and in weight; safe for threads."""

    def __init__(self, users: int, weight: int) -> None:
        self._users = users
        self._weight = weight
        self._total = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Shelf] = OrderedDict()

    def get(self, user_id: int) -> Shelf | None:
        with self._lock:
            if user_id in self._kept:
                self._kept.move_to_end(user_id)
            return self._kept.get(user_id)

    def put(self, user_id: int, shelf: Shelf) -> None:
        with self._lock:
            self._take(user_id)
            self._kept[user_id] = shelf
            self._total += shelf.weight
            while len(self._kept) > self._users or (self._total > self._weight and len(self._kept) > 1):
                self._take(next(iter(self._kept)))

    def drop(self, user_id: int | None) -> None:
        with self._lock:
            for each in list(self._kept) if user_id is None else [user_id]:
                self._take(each)

    def _take(self, user_id: int) -> None:
        gone = self._kept.pop(user_id, None)
        self._total -= gone.weight if gone is not None else 0


_shelves = _Shelves(USERS, BYTES)
