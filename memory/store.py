"""The store: what users keep across threads, sealed in LangGraph's own table.

`of` is the store of one user for verbs, inside the caller's transaction on Django's connection. LangGraph's `BaseStore`
of the same rows is in `memory.sealed_store`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from chatapp import keys
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer
from memory import embeddings, ranking, rows, shelf
from memory.rows import Item, Namespace, Put, Vector
from memory.shelf import Shelf

__all__ = ["Item", "NoSuchUser", "UserStore", "clear", "of"]

_PUT: Final = f"""
INSERT INTO store AS kept (prefix, key, value, created_at, updated_at, expires_at, ttl_minutes)
SELECT prefix, key, jsonb_build_object('sealed', sealed), statement_timestamp(), statement_timestamp(),
    statement_timestamp() + seconds * interval '1 second', minutes
FROM unnest(%(prefixes)s::text[], %(keys)s::text[], %(sealed)s::text[], %(seconds)s::float8[], %(minutes)s::int[])
    AS given (prefix, key, sealed, seconds, minutes)
ON CONFLICT (prefix, key) DO UPDATE SET
    value = EXCLUDED.value,
    -- What has expired was not there any more.
    created_at = CASE WHEN kept.expires_at <= EXCLUDED.updated_at THEN EXCLUDED.created_at ELSE kept.created_at END,
    updated_at = EXCLUDED.updated_at,
    expires_at = EXCLUDED.expires_at,
    ttl_minutes = EXCLUDED.ttl_minutes
RETURNING prefix, key, {shelf.TAG}, {shelf.TIMES}, ttl_minutes
"""  # noqa: S608 -- constants
_DELETE: Final = """
DELETE FROM store WHERE (prefix, key) IN (SELECT * FROM unnest(%(prefixes)s::text[], %(keys)s::text[]))
"""
_REFRESH: Final = """
UPDATE store SET expires_at = statement_timestamp() + ttl_minutes * interval '1 minute'
WHERE (prefix, key) IN (SELECT * FROM unnest(%(prefixes)s::text[], %(keys)s::text[])) AND ttl_minutes IS NOT NULL
"""
_RESEAL: Final = """
UPDATE store SET value = jsonb_build_object('sealed', sealed)
FROM unnest(%(prefixes)s::text[], %(keys)s::text[], %(sealed)s::text[]) AS given (prefix, key, sealed)
WHERE store.prefix = given.prefix AND store.key = given.key
"""
_CLEAR: Final = """
DELETE FROM store USING memory_shelf shelf
WHERE shelf.user_id = %(user)s
    AND prefix ~>=~ (encode(shelf.key_id, 'hex') || '.') AND prefix ~<~ (encode(shelf.key_id, 'hex') || '/')
"""


class NoSuchUser(Refusal):
    """There is no such user, so nothing can be kept for them."""


def of(user_id: int) -> UserStore:
    """The store of this user, in the caller's transaction."""
    return UserStore(user_id)


class UserStore:
    """What one user has kept. A kind is a namespace of one label; it, too, is never in the table.

    Everything reads what the caller's transaction sees and belongs to it. Raises KeyMissing and KeyDamaged when the
    user's memory cannot be read.
    """

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id

    def lock(self) -> None:
        """Hold the shelf until the caller's transaction ends: nobody else writes, and what is read stays true."""
        if not shelf.lock(self.user_id):
            _make_shelf(self.user_id)
            shelf.lock(self.user_id)

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """A copy of the value, or None."""
        kept, now = shelf.read(self.user_id)
        item = kept.space(self._namespace(kind)).get(key, now)
        return orjson.loads(orjson.dumps(item.value)) if item is not None else None

    def all(self, kind: str) -> dict[str, Item]:
        """Every item of the kind, by key. Their values are shared: never change them."""
        kept, now = shelf.read(self.user_id)
        return dict(kept.space(self._namespace(kind)).living(now))

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, ttl_minutes: float | None = None) -> None:
        """Keep a value, for good or for so many minutes. Raises what `rows.checked` raises."""
        self.put_all(kind, {key: value}, ttl_minutes=ttl_minutes)

    def put_all(self, kind: str, values: Mapping[str, Mapping[str, Any]], *, ttl_minutes: float | None = None) -> None:
        """Keep many values at once, by key, like `put`: in two statements, however many there are."""
        namespace = self._namespace(kind)
        write(self.user_id, [Put(namespace, key, dict(value), ttl_minutes) for key, value in values.items()], [])

    def delete(self, kind: str, key: str) -> None:
        """Delete an item, if it is there."""
        self.delete_all(kind, [key])

    def delete_all(self, kind: str, keys: Iterable[str]) -> None:
        """Delete these items of the kind, those that are there: in two statements, however many there are."""
        namespace = self._namespace(kind)
        write(self.user_id, [], [(namespace, key) for key in keys])

    def search(self, kind: str, query: str, limit: int) -> list[tuple[str, dict[str, Any], float]]:
        """Key, value (shared: never change it) and score of the items that bear on the query, best first.

        By words in any language; by meaning as well, once `embeddings.prepare` has the query's vector.
        """
        kept, now = shelf.read(self.user_id)
        found = kept.space(self._namespace(kind)).search(query, embeddings.known(query), now)
        return [(item.key, item.value, score) for item, score in islice(found, limit)]

    def _namespace(self, kind: str) -> Namespace:
        return str(self.user_id), kind


@transaction.atomic
def write(user_id: int, puts: Sequence[Put], gone: Sequence[tuple[Namespace, str]]) -> None:
    """Keep and delete items of one user, all or none, in the caller's transaction. The last of equal places counts.

    Raises InvalidKey, InvalidValue, ValueTooLarge, InvalidTtl, NoSuchUser, KeyMissing, KeyDamaged.
    """
    checked = {(put.namespace, put.key): rows.checked(put) for put in puts}
    if not (checked or gone):
        return
    if (advanced := shelf.advance(user_id)) is None:
        if not checked:
            return  # nothing to delete, and no reason to make a shelf
        _make_shelf(user_id)
        advanced = shelf.advance(user_id)
    if advanced is None:
        raise keys.KeyMissing
    before, version, now = advanced
    sealer = keys.memory_sealer(user_id)
    deleted = [each for each in gone if each not in checked]
    with connection.cursor() as cursor:
        if deleted:
            places = [rows.place(sealer, *each) for each in deleted]
            cursor.execute(_DELETE, {"prefixes": [at[0] for at in places], "keys": [at[1] for at in places]})
        made = _put(cursor, sealer, before, now, list(checked.values())) if checked else []
    shelf.remember(user_id, before.changed(version, made, deleted))
    if any(map(embeddings.lacks, made)):
        embeddings.ask(user_id)


def clear(user_id: int) -> None:
    """Delete everything that the user has kept, in the caller's transaction: the account goes."""
    shelf.lock(user_id)
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, {"user": user_id})
    shelf.forget(user_id)
    transaction.on_commit(lambda: shelf.forget(user_id))


@transaction.atomic
def refresh(user_id: int, items: Iterable[Item]) -> None:
    """Let these items live as long again as they were given, in the caller's transaction."""
    places = [item.place for item in items]
    if shelf.advance(user_id) is not None:
        with connection.cursor() as cursor:
            cursor.execute(_REFRESH, {"prefixes": [at[0] for at in places], "keys": [at[1] for at in places]})


def add_vectors(user_id: int, found: Mapping[tuple[Namespace, str], tuple[str, Vector]]) -> int:
    """Give items the vectors of their texts, unless the text is another one by now; return how many."""
    with transaction.atomic():
        advanced = shelf.advance(user_id)
        if advanced is None:
            return 0
        before, _, now = advanced
        sealer = keys.memory_sealer(user_id)
        sealed: list[tuple[str, str, str]] = []
        for (namespace, key), (text, vector) in found.items():
            item = before.space(namespace).get(key, now)
            if item is not None and ranking.text_of(item) == text:
                put = Put(namespace, key, item.value, fields=item.fields)
                sealed.append((*item.place, rows.seal(sealer, item.place, put, vector)))
        columns = {name: [row[n] for row in sealed] for n, name in enumerate(("prefixes", "keys", "sealed"))}
        with connection.cursor() as cursor:
            cursor.execute(_RESEAL, columns)
    return len(sealed)


def _put(cursor: CursorWrapper, sealer: Sealer, before: Shelf, now: int, puts: Sequence[Put]) -> list[Item]:
    """Write items; return them as they are read from now on. A text that did not change keeps its vector."""
    made: dict[tuple[str, str], Item] = {}
    sealed: list[str] = []
    for put in puts:
        at = rows.place(sealer, put.namespace, put.key)
        item = Item(put.namespace, put.key, put.value, now, now, fields=put.fields, place=at)
        known = before.space(put.namespace).get(put.key, now)
        if known is not None and known.vector is not None and ranking.text_of(known) == ranking.text_of(item):
            item = item._replace(vector=known.vector)
        sealed.append(rows.seal(sealer, at, put, item.vector))
        made[at] = item._replace(size=len(sealed[-1]) * 3 // 4)
    minutes = [put.ttl_minutes for put in puts]
    cursor.execute(
        _PUT,
        {
            "prefixes": [at[0] for at in made],
            "keys": [at[1] for at in made],
            "sealed": sealed,
            "seconds": [each * 60 if each is not None else None for each in minutes],
            "minutes": [math.ceil(each) if each is not None else None for each in minutes],
        },
    )
    return [
        made[prefix, label]._replace(tag=tag, created=created, updated=updated, expires=expires, ttl_minutes=minutes)
        for prefix, label, tag, created, updated, expires, minutes in cursor.fetchall()
    ]


def _make_shelf(user_id: int) -> None:
    """Make the keys of a user who has kept nothing yet. Raises NoSuchUser."""
    with connection.cursor() as cursor:
        # Held against a deletion of the account: it ends with nothing left, or this finds nobody.
        cursor.execute("SELECT FROM chatapp_user WHERE id = %s FOR KEY SHARE", (user_id,))
        if cursor.fetchone() is None:
            raise NoSuchUser
    keys.create_user_key(user_id)
    keys.create_memory_key(user_id)
