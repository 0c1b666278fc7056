"""Threads with key and fence for the saver's tests, and the hands of one who can write to the database."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.base.id import uuid6

from chatapp import keys
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.models import Fence, Thread, User
from chatapp.postgres import Pool
from chatapp.sealing import Sealer

# What `new_thread` gives and `SealedThread` takes.
Keyed = tuple[int, UUID, Sealer]

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


class SealedThread:
    """A thread of a user, with its key and its fence at epoch 1."""

    def __init__(self, pool: Pool, user_id: int, thread_id: UUID, sealer: Sealer) -> None:
        self.pool = pool
        self.user_id = user_id
        self.id = str(thread_id)
        self.sealer = sealer
        self.config: RunnableConfig = {"configurable": {"thread_id": self.id, "checkpoint_ns": ""}}

    def saver(self, epoch: int | None = 1) -> SealedPostgresSaver:
        return SealedPostgresSaver(self.pool, self.sealer, self.id, epoch)

    def at(self, checkpoint_id: str) -> RunnableConfig:
        return {"configurable": {**self.config["configurable"], "checkpoint_id": checkpoint_id}}

    async def put(
        self,
        values: Mapping[str, Any],
        parent: str | None = None,
        saver: SealedPostgresSaver | None = None,
        version: str = "1",
    ) -> Checkpoint:
        """Put a checkpoint with these channel values, all at `version`."""
        made = checkpoint(values, version)
        config = self.at(parent) if parent else self.config
        await (saver or self.saver()).aput(config, made, {"source": "loop", "step": 1}, made["channel_versions"])
        return made

    async def read(self, checkpoint_id: str | None = None) -> CheckpointTuple | None:
        """Read by a new saver, as another process would."""
        return await self.saver(None).aget_tuple(self.at(checkpoint_id) if checkpoint_id else self.config)

    async def sql(self, statement: str, *args: Any) -> int:
        """Run one statement; return the number of rows, so that a test sees that it touched what it meant."""
        async with self.pool.connection() as conn:
            return (await conn.execute(statement, args)).rowcount

    async def rows(self, table: str) -> list[dict[str, Any]]:
        assert table in TABLES
        async with self.pool.connection() as conn:
            cursor = await conn.execute(f"SELECT * FROM {table} t WHERE thread_id = %s ORDER BY t", (self.id,))
            return await cursor.fetchall()

    async def everything(self) -> list[list[dict[str, Any]]]:
        return [await self.rows(table) for table in TABLES]

    async def stored_bytes(self) -> int:
        sizes = " + ".join(
            f"(SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM {table} t WHERE thread_id = %(id)s)"
            for table in TABLES
        )
        async with self.pool.connection() as conn:
            row = await (await conn.execute(f"SELECT ({sizes})::bigint AS size", {"id": self.id})).fetchone()
        assert row
        return int(row["size"])


def new_thread(email: str) -> Keyed:
    """Make a thread with key and fence for the user of this address, who is made at first use."""
    user, _ = User.objects.get_or_create(email=email)
    keys.create_user_key(user.pk)
    thread = Thread.objects.create(owner=user)
    Fence.objects.create(thread=thread, epoch=1)
    return user.pk, thread.id, keys.create_thread_key(user.pk, thread.id)


def checkpoint(values: Mapping[str, Any], version: str = "1") -> Checkpoint:
    """A new checkpoint of these channel values, all at `version`."""
    made = copy.deepcopy(empty_checkpoint())
    made.pop("pending_sends", None)  # type: ignore[typeddict-item]  # of an older format
    made["id"] = str(uuid6(clock_seq=-2))
    made["channel_values"] = dict(values)
    made["channel_versions"] = dict.fromkeys(values, version)
    return made
