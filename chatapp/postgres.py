"""One asynchronous connection pool per event loop, and LangGraph's own tables."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg import AsyncConnection
from psycopg import InterfaceError as PsycopgInterfaceError
from psycopg import OperationalError as PsycopgOperationalError
from psycopg.errors import DiskFull
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

P = ParamSpec("P")
R = TypeVar("R")
Pool = AsyncConnectionPool[AsyncConnection[DictRow]]

OLDEST: Final = 15
# The database is away: what was being done is done again when it is back.
OUTAGES: Final = (OperationalError, InterfaceError, PsycopgOperationalError, PsycopgInterfaceError, PoolTimeout)
# A pool that tries for longer grows its pauses, and comes back long after the database does.
RECONNECT_SECONDS: Final = 2.0


def is_full(error: Exception) -> bool:
    """Whether the database has no room left on its disk: trying again at once would not help."""
    return isinstance(error, DiskFull) or isinstance(error.__cause__, DiskFull)


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = WeakKeyDictionary()


def conninfo() -> dict[str, Any]:
    """What psycopg needs to reach the database that Django is connected to (a test's own database included)."""
    given: Mapping[str, Any] = connection.get_connection_params()
    return {name: value for name, value in given.items() if name not in {"cursor_factory", "context", "pool"}}


async def pool() -> Pool:
    """This event loop's pool, opened at first use.

    `prepare_threshold=0` and the check of each connection are what LangGraph's savers and a restarted PostgreSQL need.
    """
    loop = asyncio.get_running_loop()
    if (found := _pools.get(loop)) is not None:
        return found
    made: Pool = AsyncConnectionPool(
        kwargs={**conninfo(), "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        min_size=2,
        max_size=settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"],
        timeout=20,
        reconnect_timeout=RECONNECT_SECONDS,
        check=_check,
        open=False,
    )
    _pools[loop] = made
    await made.open()
    return made


async def _check(conn: AsyncConnection[Any]) -> None:
    """Raise unless the connection still holds.

    An idle connection has nothing to say: only when something can be read (PostgreSQL's farewell, the end) is it asked,
    which costs a round trip before every statement otherwise.
    """
    poll = select.poll()
    poll.register(conn.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(conn)


async def close() -> None:
    """Close this event loop's pool, if it has one."""
    if (found := _pools.pop(asyncio.get_running_loop(), None)) is not None:
        await found.close()


async def setup_langgraph() -> None:
    """Make or upgrade LangGraph's tables, of checkpoints and of the store. Safe to repeat.

    `CREATE INDEX CONCURRENTLY` waits for every older transaction, so this runs on a connection of its own.
    """
    how = {**conninfo(), "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with await AsyncConnection.connect(**how) as conn:
        await AsyncPostgresSaver(conn).setup()
        await AsyncPostgresStore(conn).setup()


async def call(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a synchronous verb on a thread with a Django connection of its own, given back to the pool afterwards.

    Not on asgiref's one shared thread: there, all of the process's database work would queue up.
    """
    in_thread: Callable[P, Awaitable[R]] = database_sync_to_async(verb, thread_sensitive=False)
    return await in_thread(*args, **kwargs)
