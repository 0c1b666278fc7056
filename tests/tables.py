"""Emptying the tables between tests, under the server, which outlives them.

Rows are deleted: making the files of all tables anew, as TRUNCATE does, takes ten times as long as a test leaves rows.
The locks are nearly the same: whoever writes is waited for, and who comes later finds empty tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import psycopg
from django.db import OperationalError, connection, transaction

# What Django does not manage; those first that refer to others at once.
UNMANAGED = (
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_jobs",
    "checkpoints",
    "checkpoint_blobs",
    "checkpoint_writes",
    "store",
)
# As the migrations left them: no test writes there, and filling them again takes longer than everything else.
FILLED = frozenset({"django_content_type", "auth_permission"})
# The database refuses to delete from these.
APPENDED = frozenset({"chatapp_auditentry"})
# Beyond this, rows are many or deleted ones in the way, and new files are quicker after all.
BIG = 512 * 1024
# Every verb on a thread begins here: who waits here holds nothing that we want.
FIRST = "chatapp_fence"
ATTEMPTS = 5


@cache
def managed() -> tuple[str, ...]:
    """The tables of the models that tests write to."""
    names = set(connection.introspection.django_table_names(only_existing=True)) - FILLED
    return (FIRST, *sorted(names - {FIRST}))


def empty(tables: Sequence[str]) -> None:
    """Empty these tables. Whom PostgreSQL picks out of a deadlock with the server tries again."""
    for attempt in reversed(range(ATTEMPTS)):
        try:
            with transaction.atomic():
                _empty(tables)
            return
        except OperationalError as error:
            if not (attempt and isinstance(error.__cause__, psycopg.errors.DeadlockDetected)):
                raise


def _empty(tables: Sequence[str]) -> None:
    looks = (f"SELECT '{name}', pg_relation_size('{name}') WHERE EXISTS (SELECT FROM {name})" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        cursor.execute(" UNION ALL ".join(looks))
        sizes = dict(cursor.fetchall())
        if sizes and max(sizes.values()) > BIG:
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            return
        for name in tables:
            if name in sizes:
                cursor.execute(f"TRUNCATE {name}" if name in APPENDED else f"DELETE FROM {name}")
