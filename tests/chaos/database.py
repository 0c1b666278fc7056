"""A PostgreSQL that goes away and comes back under the same address, and what the harness writes into it."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import parse_qs, quote, unquote, urlsplit

import psycopg

from chatapp import embedded

Row = tuple[Any, ...]  # a row of whatever was asked for


class Database:
    """An embedded cluster with a database of its own; durable, so that a crash loses nothing that was committed.

    The embedded server's socket is in a new folder after each start; programs are given a link to it instead.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._link = folder / "sockets"
        self._name = f"chaos_{secrets.token_hex(4)}"
        self._server: embedded.Embedded | None = None
        self.dsn = ""

    def start(self) -> None:
        """Start the cluster; the first time, make the database. Returns when it takes connections."""
        self._server = embedded.start(self._folder / "database")
        parts = urlsplit(self._server.dsn)
        new = self._link.with_suffix(".new")
        new.symlink_to(unquote(parse_qs(parts.query)["host"][0]))
        new.replace(self._link)
        host = quote(str(self._link), safe="")
        if not self.dsn:
            with psycopg.connect(self._server.dsn, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{self._name}"'.encode())
            self.dsn = f"postgresql://{parts.username}:{parts.password}@/{self._name}?host={host}"

    def stop(self, *, crash: bool = False) -> None:
        """End it: every session is rolled back and disconnected; a crash leaves recovery to the next start."""
        assert self._server is not None
        if crash:
            os.kill(self._server.pid, signal.SIGQUIT)
        self._server.stop()

    async def restart(self, seconds: float, *, crash: bool) -> None:
        """Be away for so long."""
        await asyncio.to_thread(self.stop, crash=crash)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.start)

    async def rows(self, statement: LiteralString, parameters: Sequence[object] = ()) -> list[Row]:
        """Execute a statement and return its rows, if it answers any."""
        return await asyncio.to_thread(self._rows, statement, parameters)

    def _rows(self, statement: LiteralString, parameters: Sequence[object]) -> list[Row]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
