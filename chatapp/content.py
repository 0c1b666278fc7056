"""What people and models write, on its way in and out of the sealed columns."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import orjson

from chatapp.sealing import Sealer

_UNWANTED = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without NUL and with lone surrogates replaced: PostgreSQL, JSON and UTF-8 take neither.

    One such character would fail a whole batch of writes, other users' included.
    """
    return _UNWANTED.sub(lambda found: "" if found.group() == "\x00" else "\ufffd", text)


def seal(sealer: Sealer, value: Any, table: str, column: str, row: UUID | str) -> bytes:
    """Seal a JSON value for one column of one row."""
    return sealer.seal(orjson.dumps(value), table, column, str(row))


def unseal(sealer: Sealer, sealed: bytes | memoryview, table: str, column: str, row: UUID | str) -> Any:
    """The JSON value of one column of one row. Raises `SealError` when it is not the one sealed there."""
    return orjson.loads(sealer.open(bytes(sealed), table, column, str(row)))
