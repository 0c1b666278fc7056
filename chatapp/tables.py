"""All tables brought up to date: Django's, the cache's, LangGraph's; by one process at a time, however many try."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from chatapp import postgres

# Of PostgreSQL's advisory locks, which are one space per database: nobody else uses this number.
LOCK: Final = 0x45_56_45_52_54_48
PAUSE: Final = 0.2


def bring_up_to_date() -> None:
    """Make or upgrade every table; quick if nothing is to do. Raises `django.db.DatabaseError`, `psycopg.Error`.

    Closes this thread's connections. Whoever comes second waits for the first, and finds nothing to do.
    """
    try:
        with _alone():
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            asyncio.run(postgres.setup_langgraph())
    finally:
        connections.close_all()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock, on a connection of its own.

    Asked for again and again, not waited for: LangGraph's `CREATE INDEX CONCURRENTLY` waits for every statement that
    is under way, and so would wait for those that wait for it.
    """
    with psycopg.connect(**{**postgres.conninfo(), "autocommit": True}) as held:
        while True:
            row = held.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
            if row is not None and row[0]:
                break
            time.sleep(PAUSE)
        yield
