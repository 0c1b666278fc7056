"""The saver of one run (or one reader): LangGraph's PostgreSQL saver, sealed, fenced, with a tip of its own.

What an attacker who can write to the database may do, and what comes of it:

* change, exchange, move between rows or threads, downgrade to plain, or re-type any value; change ids,
  parent, versions or metadata of a checkpoint; drop a channel's value or a message: each ends in SealError
  when that checkpoint is read.
* delete a whole checkpoint (SealError if it is the tip), delete a whole pending write, put back an older
  whole row, or point the tip at another checkpoint of the same thread: not noticed. Noticing it would take a
  chain over all rows.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Never, Self, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    copy_checkpoint,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from chatapp import postgres
from chatapp.checkpoints import fence, queries
from chatapp.checkpoints.loading import Loader, at
from chatapp.checkpoints.metadata import allowed
from chatapp.checkpoints.rows import RowSeals
from chatapp.checkpoints.serializer import StrictSerializer
from chatapp.checkpoints.warm import Tip
from chatapp.checkpoints.weight import of_values, off_loop
from chatapp.sealing import Sealer, SealError

logger = logging.getLogger(__name__)

OUTAGE_PAUSE: Final = 0.5
OUTAGE_SECONDS: Final = 60.0


class SealedPostgresSaver(AsyncPostgresSaver):
    """Checkpoints of one thread, for one run, over a shared pool (autocommit, dict rows).

    `thread_id` is the thread's UUID in canonical text, `sealer` that thread's. `epoch` is the fence epoch
    that the run holds: each write is one transaction in one round trip, begins by checking it, and raises
    StaleEpoch, having written nothing, if the thread has moved on. With `epoch` None every write raises
    ReadOnly.

    A read without a checkpoint id gives the thread's tip, the last checkpoint put in the root namespace, not
    the one with the largest id. A stored value that is not what was stored raises SealError. Only the
    asynchronous interface exists; configs of another thread raise ValueError.

    `warm`: the tip itself, when this process has it open still; then the first read of it asks no database. Nor does
    it with `empty`: the thread has no tip.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[DictRow]],
        sealer: Sealer,
        thread_id: str,
        epoch: int | None,
        warm: Tip | None = None,
        *,
        empty: bool = False,
    ) -> None:
        if str(UUID(thread_id)) != thread_id or sealer.thread_id != thread_id:
            raise ValueError("The saver needs the thread's canonical UUID and that thread's sealer.")
        super().__init__(pool, serde=StrictSerializer())
        self.pool = pool
        self.thread_id = thread_id
        self.epoch = epoch
        # Id and source of each checkpoint put in the root namespace, in order.
        self.written: list[tuple[str, str]] = []
        self._warm = warm
        self._empty = empty
        self._last: CheckpointTuple | None = None
        self._seals = RowSeals(sealer, self.serde)
        self._loader = Loader(thread_id, self._seals)

    # -- reading --

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint that `config` names, or the thread's tip; None if there is none.

        Raises SealError.
        """
        ns, checkpoint_id = self._place(config)
        tip = not ns and checkpoint_id is None
        if tip and self._warm is not None:
            warm, self._warm = self._warm, None
            self._loader.take_over(warm.found, warm.items)
            return warm.found
        if tip and self._empty:
            self._empty = False
            return None
        one = queries.SELECT_ONE if checkpoint_id is not None else queries.SELECT_NEWEST
        args = {"thread_id": self.thread_id, "checkpoint_ns": ns, "checkpoint_id": checkpoint_id}
        async with self._reading() as cursor:
            await cursor.execute(queries.SELECT_TIP if tip else one, args)
            row = await cursor.fetchone()
            if row is None:
                return None
            if row["checkpoint_id"] is None:
                raise SealError("The thread's last checkpoint is missing.")
            return (await self._loader.load(cursor, [row]))[0]

    async def peek(self) -> CheckpointTuple | None:
        """The thread's tip, to be looked at and not changed; the next read of it asks no database again.

        Raises SealError.
        """
        if self._warm is None and not self._empty:
            found = await self.aget_tuple({"configurable": {"thread_id": self.thread_id}})
            if found is not None:
                channels = found.checkpoint["channel_values"]
                self._warm = Tip(found, {channel: self._seals.known("", channel) for channel in channels})
        return self._warm.found if self._warm is not None else None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name for it
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield this thread's checkpoints, newest id first, values loaded. `filter` can name allowlisted
        metadata only.
        """
        configurable = config["configurable"] if config else {"thread_id": self.thread_id}
        self._check_thread(configurable)
        args = {
            "thread_id": self.thread_id,
            "checkpoint_ns": configurable.get("checkpoint_ns"),
            "checkpoint_id": configurable.get("checkpoint_id"),
            "before": before["configurable"].get("checkpoint_id") if before else None,
            "filter": Jsonb(filter or {}),
            "limit": limit,
        }
        async with self._reading() as cursor:
            await cursor.execute(queries.SELECT_MANY, args)
            found = await self._loader.load(cursor, await cursor.fetchall())
        for one in found:
            yield one

    # -- writing --

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint and, in the root namespace, make it the thread's tip. Raises StaleEpoch or
        ReadOnly.
        """
        ns, parent = self._place(config)
        values, kept = checkpoint["channel_values"], allowed(metadata)
        blobs = await off_loop(
            of_values(values.values()), self._seals.seal_channels, ns, values, checkpoint["channel_versions"],
            self._loader.stored.__contains__,
        )  # fmt: skip
        plain = self._seals.seal_checkpoint(ns, parent, checkpoint, kept)

        async def store(cursor: AsyncCursor[Any]) -> None:
            if blobs:
                rows = [(self.thread_id, *blob.place, blob.type, blob.sealed) for blob in blobs]
                await cursor.executemany(queries.INSERT_BLOB, rows)
            await cursor.execute(
                queries.UPSERT_CHECKPOINT,
                (self.thread_id, ns, checkpoint["id"], parent, Jsonb(plain), Jsonb(kept)),
            )

        await self._write(None if ns else checkpoint["id"], store)
        self._loader.stored.update(blob.place for blob in blobs)
        config = at(self.thread_id, ns, checkpoint["id"])
        if not ns:
            self._warm, self._empty = None, False
            self.written.append((checkpoint["id"], str(metadata.get("source"))))
            before = at(self.thread_id, ns, parent) if parent else None
            self._last = CheckpointTuple(
                config, copy_checkpoint(checkpoint), cast("CheckpointMetadata", kept), before, []
            )
        return config

    def tip(self) -> Tip | None:
        """The last checkpoint put here, as a reader would get it: for the thread's next saver in this process."""
        if self._last is None:
            return None
        channels = self._last.checkpoint["channel_values"]
        return Tip(self._last, {channel: self._seals.known("", channel) for channel in channels})

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store the writes of a task, pending on the checkpoint that `config` names. Raises StaleEpoch or
        ReadOnly.
        """
        ns, checkpoint_id = self._place(config)
        if checkpoint_id is None:
            raise ValueError("Pending writes belong to a checkpoint: its id is missing.")
        weight = of_values(value for _, value in writes)
        rows = await off_loop(weight, self._seals.seal_writes, ns, checkpoint_id, writes, task_id, task_path)
        replace = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        statement = queries.UPSERT_WRITE if replace else queries.INSERT_WRITE
        placed = [(self.thread_id, ns, checkpoint_id, *row) for row in rows]
        await self._write(None, lambda cursor: cursor.executemany(statement, placed))

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete every checkpoint of the thread and its tip. Raises StaleEpoch or ReadOnly."""
        self._check_thread({"thread_id": thread_id})
        async with self._writing(None, clear=True) as cursor:
            for statement in queries.DELETE_ALL:
                await cursor.execute(statement, (self.thread_id,))
        self._loader.stored.clear()

    async def _write(self, tip: str | None, store: Callable[[AsyncCursor[Any]], Awaitable[None]]) -> None:
        """Store something, again after an outage of the database: it may be there already, and does no harm twice.

        So a whole answer that meets an outage at its end is not asked of the model a second time.
        """
        deadline = time.monotonic() + OUTAGE_SECONDS
        while True:
            try:
                async with self._writing(tip) as cursor:
                    return await store(cursor)
            except postgres.OUTAGES as error:
                if time.monotonic() > deadline:
                    raise
                logger.warning("A checkpoint waits for the database: %s.", type(error).__name__)
                await asyncio.sleep(OUTAGE_PAUSE)

    @asynccontextmanager
    async def _writing(self, tip: str | None, *, clear: bool = False) -> AsyncIterator[AsyncCursor[Any]]:
        """One transaction in one round trip that begins at the fence; sets the tip if given, unsets it if
        `clear`.

        In pipeline mode on an autocommit connection everything up to the one Sync at its end is one
        transaction, and an error skips the rest. (`conn.transaction()` inside a pipeline would sync twice
        more.)
        """
        if self.epoch is None:
            raise fence.ReadOnly
        with fence.refusals():
            async with (
                self.lock,
                self.pool.connection() as conn,
                conn.pipeline(),
                conn.cursor(binary=True) as cursor,
            ):
                if tip is None and not clear:
                    await cursor.execute(fence.HOLD, (self.thread_id, self.epoch))
                else:
                    await cursor.execute(fence.ADVANCE, (self.thread_id, self.epoch, tip))
                yield cursor

    # -- what the base class has and a sealed thread has not --

    def with_allowlist(self, extra_allowlist: Any) -> Self:
        """Return itself: compiling a graph must neither widen the list of types nor clone the saver."""
        return self

    async def aprune(self, *_: Any, **__: Any) -> Never:
        """Not available."""
        raise NotImplementedError("Pruning by LangGraph keeps the largest checkpoint id, which need not be the tip.")

    async def acopy_thread(self, *_: Any, **__: Any) -> Never:
        """Not available."""
        raise NotImplementedError(
            "Rows are sealed to their thread and cannot be copied: fork by aupdate_state instead."
        )

    async def adelete_for_runs(self, *_: Any, **__: Any) -> Never:
        """Not available."""
        raise NotImplementedError("Deleting by run could delete the tip: delete the thread.")

    async def aget_delta_channel_history(self, *_: Any, **__: Any) -> Never:
        """Not available."""
        raise NotImplementedError("A DeltaChannel cannot be sealed: its history is spread over plain rows.")

    def _asynchronous_only(self, *_: Any, **__: Any) -> Never:
        raise NotImplementedError("This saver is asynchronous: use the methods that begin with `a`, or `ainvoke`.")

    get_tuple = list = put = put_writes = delete_thread = prune = get_delta_channel_history = _asynchronous_only
    copy_thread = delete_for_runs = _asynchronous_only

    # -- small things --

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncCursor[DictRow]]:
        async with (
            self.lock,
            self.pool.connection() as conn,
            conn.cursor(binary=True, row_factory=dict_row) as cursor,
        ):
            yield cursor

    def _place(self, config: RunnableConfig) -> tuple[str, str | None]:
        configurable = config["configurable"]
        self._check_thread(configurable)
        return configurable.get("checkpoint_ns", ""), configurable.get("checkpoint_id")

    def _check_thread(self, configurable: Mapping[str, Any]) -> None:
        if str(configurable["thread_id"]) != self.thread_id:
            raise ValueError("This saver belongs to another thread.")


def require_sealed(graph: Any) -> None:
    """Raise TypeError unless a compiled graph has exactly our checkpointer: compiling may replace it."""
    if type(graph.checkpointer) is not SealedPostgresSaver or not isinstance(
        graph.checkpointer.serde, StrictSerializer
    ):
        raise TypeError("The graph's checkpointer is not the sealed saver.")
