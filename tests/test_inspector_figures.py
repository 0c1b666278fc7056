"""A thread of 3,000 turns in the inspector: figures are printed; what is asserted is how much is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from chatapp.models import User
from tests.long_threads import plant_long

TURNS = 3_000


class Read:
    """What a page asked of the database."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.rows = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        self.add(sql, context["cursor"].rowcount)
        return found

    def add(self, sql: str, rows: int) -> None:
        """Count one statement."""
        self.statements.append(str(sql))
        self.rows += max(rows, 0)

    @property
    def values(self) -> int:
        """How many statements read values of checkpoints."""
        return sum("checkpoint_blobs" in each or "checkpoint_writes" in each for each in self.statements)


@contextmanager
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Count what Django and the savers' cursors read."""
    read, execute = Read(), psycopg.AsyncCursor.execute

    async def counted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        found = await execute(cursor, query, *args, **kwargs)
        read.add(query, cursor.rowcount)
        return found

    with monkeypatch.context() as patch, connection.execute_wrapper(read):
        patch.setattr(psycopg.AsyncCursor, "execute", counted)
        yield read


def test_pages_of_a_thread_of_3000_turns_read_little(
    live: int, alice: User, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant_long(alice, TURNS, days=60)
    newest, old = planted.checkpoints[-1], planted.checkpoints[10]
    client = Client()
    client.force_login(administrator)
    timeline = reverse("admin:chatapp_thread_timeline", args=[planted.id])
    checkpoint = reverse("admin:chatapp_thread_checkpoint", args=[planted.id, planted.checkpoints[2000][2]])
    compare = reverse("admin:chatapp_thread_compare", args=[planted.id])
    assert client.post(checkpoint, {"reason": "To measure"}).status_code == 302
    # Address, what is asked of it, statements, rows, statements that read values.
    pages: tuple[tuple[str, str, dict[str, str], int, int, int], ...] = (
        ("timeline, first page", timeline, {}, 14, 250, 0),
        ("timeline, last page", timeline, {"from": old[2]}, 14, 9_300, 0),
        ("one checkpoint", checkpoint, {}, 24, 90, 4),
        ("compare neighbours", compare, {"a": newest[1], "b": newest[2]}, 27, 140, 8),
        ("compare far ones", compare, {"a": old[2], "b": newest[2]}, 27, 140, 8),
    )
    for name, path, query, most_statements, most_rows, values in pages:
        assert client.get(path, query).status_code == 200  # templates and keys are in memory from here on
        took = []
        for _ in range(3):
            started = time.perf_counter()
            assert client.get(path, query).status_code == 200
            took.append((time.perf_counter() - started) * 1000)
        with reading(monkeypatch) as read:
            assert client.get(path, query).status_code == 200
        print(f"{name}: {min(took):.0f} ms, {len(read.statements)} statements, {read.rows} rows")
        assert len(read.statements) <= most_statements, (name, read.statements)
        assert read.rows <= most_rows, name
        assert read.values <= values, name
