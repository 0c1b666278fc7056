"""One item as it lies in LangGraph's `store` table.

    prefix   <id of the memory key> . <MAC of the namespace>      49 characters, whatever the namespace
    key      <MAC of namespace and key>                           64 characters
    value    {"sealed": base64}

Prefixes of two users never begin alike, and no name that anyone chose stands in the table. What is sealed holds
namespace, key and value, and opens only in its own place. Times are plain: PostgreSQL decides what has expired.
"""

from __future__ import annotations

import binascii
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from chatapp.refusals import Refusal
from chatapp.sealing import Sealer, frame

VALUE_BYTES: Final = 100 * 1024
KEY_CHARS: Final = 512
TTL_MINUTES: Final = 100 * 366 * 24 * 60
_LABEL_BYTES: Final = 16
_DEPTH: Final = 64
# A sentence is opened sooner than it would be decompressed, and hardly any longer.
_COMPRESS_FROM: Final = 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Namespace = tuple[str, ...]
# What was put: JSON of the caller's.
Value = dict[str, Any]


class InvalidKey(Refusal):
    """A key has 1 to 512 characters, none of them NUL or half a surrogate pair."""


class InvalidValue(Refusal):
    """This is not a JSON object of text, numbers, lists and objects, or a text in it holds NUL or half a character."""


class ValueTooLarge(Refusal):
    """This is too large to be kept: 100 KB is the limit."""


class InvalidTtl(Refusal):
    """An item can be kept for some minutes, or a hundred years at most."""


class Vector(NamedTuple):
    """What a text means, by an embedding model: one signed byte for each dimension; none if the model refused it."""

    model: str
    data: bytes


class Item(NamedTuple):
    """One item, opened. It is shared: never change its value."""

    namespace: Namespace
    key: str
    value: Value
    # Microseconds since 1970: thousands are read that nobody looks at.
    created: int
    updated: int
    expires: int | None = None
    ttl_minutes: int | None = None
    # What search looks at: paths, None for the usual, False for nothing.
    fields: Sequence[str] | bool | None = None
    vector: Vector | None = None
    # Its place in the table, and which version of the row this is.
    place: tuple[str, str] = ("", "")
    tag: str = ""
    size: int = 0

    @property
    def created_at(self) -> datetime:
        """When it was put there first."""
        return _time(self.created)

    @property
    def updated_at(self) -> datetime:
        """When it was put there last."""
        return _time(self.updated)

    @property
    def expires_at(self) -> datetime | None:
        """When it will be gone; None when never."""
        return _time(self.expires) if self.expires is not None else None


class Put(NamedTuple):
    """A value on its way into the store."""

    namespace: Namespace
    key: str
    value: Value
    ttl_minutes: float | None = None
    fields: Sequence[str] | bool | None = None


def microseconds(column: str) -> str:
    """SQL: a time as an item has it."""
    return f"(date_part('epoch', {column}) * 1000000)::bigint"


def place(sealer: Sealer, namespace: Namespace, key: str) -> tuple[str, str]:
    """The prefix and the key of an item in the table."""
    framed = frame(*namespace)
    prefix = f"{sealer.key_id.hex()}.{sealer.mac(framed, 'store', 'prefix')[:_LABEL_BYTES].hex()}"
    return prefix, sealer.mac(frame(key), "store", "key", *namespace).hex()


def bounds(key_id: bytes) -> dict[str, str]:
    """Between which prefixes, byte by byte, all rows of a memory key lie: `low` inclusive, `high` exclusive."""
    return {"low": f"{key_id.hex()}.", "high": f"{key_id.hex()}/"}


def seal(sealer: Sealer, at: tuple[str, str], put: Put, vector: Vector | None = None) -> str:
    """The sealed text of an item."""
    content: dict[str, Any] = {"namespace": put.namespace, "key": put.key, "value": put.value}
    if put.fields is not None:
        content["fields"] = put.fields
    if vector is not None:
        content["vector"] = [vector.model, _encoded(vector.data)]
    return _encoded(sealer.seal(orjson.dumps(content), _bound(at), compress_from=_COMPRESS_FROM))


def opened(sealer: Sealer, row: Sequence[Any]) -> Item:
    """The item of a row: prefix, key, tag, sealed text, created, updated, expires (in microseconds), minutes.

    Raises `SealError` when it is not what was sealed for this place.
    """
    prefix, label, tag, sealed, created, updated, expires, ttl_minutes = row
    try:
        raw = binascii.a2b_base64(sealed or "")
    except binascii.Error:
        raw = b""
    content = orjson.loads(sealer.open(raw, _bound((prefix, label))))
    vector = content.get("vector")
    return Item(
        tuple(content["namespace"]),
        content["key"],
        content["value"],
        created,
        updated,
        expires,
        ttl_minutes,
        content.get("fields"),
        Vector(vector[0], binascii.a2b_base64(vector[1])) if vector else None,
        (prefix, label),
        tag,
        len(raw),
    )


def checked(put: Put) -> Put:
    """The same, as it will be read again. Raises `InvalidKey`, `InvalidValue`, `ValueTooLarge`, `InvalidTtl`."""
    if not 0 < len(put.key) <= KEY_CHARS or not _is_text(put.key):
        raise InvalidKey
    if not _is_json(put.value, _DEPTH) or not isinstance(put.value, Mapping):
        raise InvalidValue
    try:
        raw = orjson.dumps(dict(put.value))
    except TypeError:  # a number of more than 64 bits, a Mapping within that is no dict
        raise InvalidValue from None
    if len(raw) > VALUE_BYTES:
        raise ValueTooLarge
    if put.ttl_minutes is not None and not abs(put.ttl_minutes) <= TTL_MINUTES:
        raise InvalidTtl
    return put._replace(value=orjson.loads(raw))


def _bound(at: tuple[str, str]) -> str:
    # Both parts are of one length, so that one text says as much as two, and is framed in half the time.
    return f"store {at[0]} {at[1]}"


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _is_text(text: object) -> bool:
    if not isinstance(text, str) or "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_json(value: object, depth: int) -> bool:
    """Whether the value comes back from JSON as it is, but for tuples, which come back as lists."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, int | float):
        return math.isfinite(value)
    if depth and isinstance(value, Mapping):
        return all(
            isinstance(name, str) and _is_text(name) and _is_json(each, depth - 1) for name, each in value.items()
        )
    return bool(depth) and isinstance(value, list | tuple) and all(_is_json(each, depth - 1) for each in value)


def _encoded(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()
