"""Which tables this version needs, and whether a database has them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from langgraph.checkpoint.postgres import base
from langgraph.store.postgres import base as store

# Migrations that are missing, and the last ones of LangGraph's that were carried out. Fails when one of the tables is
# not there at all.
STATE: Final = """
SELECT
    ARRAY(
        SELECT wanted.app || '.' || wanted.name
        FROM unnest(%(apps)s::text[], %(names)s::text[]) AS wanted (app, name)
        WHERE NOT EXISTS (
            SELECT FROM django_migrations done WHERE done.app = wanted.app AND done.name = wanted.name
        )
    ) AS missing,
    (SELECT max(v) FROM checkpoint_migrations) AS langgraph,
    (SELECT max(v) FROM store_migrations) AS store,
    to_regclass(%(cache)s) IS NOT NULL AS cache
"""
LANGGRAPH: Final = len(base.MIGRATIONS) - 1
STORE: Final = len(store.MIGRATIONS) - 1


@cache
def parameters() -> dict[str, Any]:  # Any: what a statement takes
    """The parameters of `STATE`: the last migration of each app. Reads files at the first call."""
    last = MigrationLoader(None).graph.leaf_nodes()
    return {
        "apps": [app for app, _ in last],
        "names": [name for _, name in last],
        "cache": settings.CACHES["default"]["LOCATION"],
    }


def missing(row: dict[str, Any]) -> list[str]:
    """What the row that `STATE` answers says is missing."""
    found = list(row["missing"])
    if any(row[name] is None or row[name] < last for name, last in (("langgraph", LANGGRAPH), ("store", STORE))):
        found.append("LangGraph's tables")
    if not row["cache"]:
        found.append("the cache table")
    return found
