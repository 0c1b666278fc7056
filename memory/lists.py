"""A user's memories and their trash as pages of rows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.core import signing

from memory import entries, store
from memory.entries import MEMORIES, TRASH, InvalidCursor, Memory, Trashed

PAGE: Final = 50


def page(
    user_id: int, *, query: str = "", source: str = "", cursor: str | None = None
) -> tuple[list[Memory], str | None]:
    """Up to 50 memories and the cursor of the next: pinned and newest first, or what answers `query`, best first.

    `source` is one of `entries.ORIGINS` or empty for all. Raises `InvalidCursor`.
    """
    shelf, start = store.of(user_id), _read_cursor(cursor)
    if query.strip():
        found = [(key, record) for key, record, _ in shelf.search(MEMORIES, query, settings.MEMORY_LIMIT)]
    else:
        found = [(key, item.value) for key, item in shelf.all(MEMORIES).items()]
        found.sort(key=lambda each: (each[1]["pinned"], each[1]["updated_at"], each[0]), reverse=True)
    found = [(key, record) for key, record in found if not source or record["source"]["kind"] == source]
    shown = [entries.memory(key, record) for key, record in found[start : start + PAGE]]
    return shown, _cursor(start + PAGE) if len(found) > start + PAGE else None


def trashed(user_id: int, cursor: str | None = None) -> tuple[list[Trashed], str | None]:
    """A page of the trash, thrown away last first, and the cursor of the next. Raises `InvalidCursor`."""
    start = _read_cursor(cursor)
    found = sorted(store.of(user_id).all(TRASH).items(), key=lambda each: each[1].value["trashed_at"], reverse=True)
    shown = [
        Trashed(
            entries.memory(key, item.value["memory"]), datetime.fromisoformat(item.value["trashed_at"]), item.expires_at
        )
        for key, item in found[start : start + PAGE]
    ]
    return shown, _cursor(start + PAGE) if len(found) > start + PAGE else None


def trash_size(user_id: int) -> int:
    """How many memories lie in the trash."""
    return len(store.of(user_id).all(TRASH))


def _cursor(start: int) -> str:
    return signing.dumps(start, salt="memories")


def _read_cursor(cursor: str | None) -> int:
    try:
        return int(signing.loads(cursor, salt="memories")) if cursor else 0
    except signing.BadSignature:
        raise InvalidCursor from None
