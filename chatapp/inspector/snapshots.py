"""All of one checkpoint, as LangGraph gives it, with what is pending on it and what it takes to store.

This opens what people wrote. Pages and commands call it behind the audit's gate only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.types import Interrupt, Send, StateSnapshot

from chatapp import keys, postgres
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.checkpoints.loading import at
from chatapp.graph import build
from chatapp.models import Thread
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer

# The values of a checkpoint, and its messages, by channel; and everything that is pending on it.
_STORED: Final = """
SELECT i.channel, sum(octet_length(b.blob))::bigint AS bytes, count(*) AS rows
FROM unnest(%(channels)s::text[], %(versions)s::text[]) AS i (channel, version)
CROSS JOIN LATERAL (
    SELECT blob FROM checkpoint_blobs
    WHERE thread_id = %(thread)s AND checkpoint_ns = '' AND channel = i.channel AND version = i.version
    LIMIT 1
) AS b
GROUP BY i.channel
"""
_ROW: Final = """
SELECT
    (pg_column_size(checkpoint) + pg_column_size(metadata))::bigint AS row,
    coalesce((
        SELECT sum(octet_length(blob)) FROM checkpoint_writes w
        WHERE w.thread_id = c.thread_id AND w.checkpoint_ns = '' AND w.checkpoint_id = c.checkpoint_id
    ), 0)::bigint AS writes
FROM checkpoints c
WHERE thread_id = %(thread)s AND checkpoint_ns = '' AND checkpoint_id = %(checkpoint)s
"""


class NoCheckpoint(Refusal):
    """There is no such checkpoint in this thread."""


class Pending(NamedTuple):
    """A write of a task that is stored with the checkpoint and not yet in its values."""

    task_id: str
    channel: str
    value: Any


class Sizes(NamedTuple):
    """Stored bytes: the checkpoint's row, its values by channel (with their messages), its pending writes."""

    row: int
    channels: dict[str, int]
    writes: int

    @property
    def total(self) -> int:
        """All of it. Messages and values that other checkpoints share are counted in full."""
        return self.row + sum(self.channels.values()) + self.writes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One checkpoint."""

    id: str
    state: StateSnapshot
    writes: list[Pending]
    sizes: Sizes

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of its channels."""
        return self.state.values if isinstance(self.state.values, dict) else {}

    @property
    def parent(self) -> str | None:
        """The id of the checkpoint before it."""
        config = self.state.parent_config
        return config["configurable"].get("checkpoint_id") if config else None


class _Reader(SealedPostgresSaver):
    """Keeps what it read, so that nothing is opened twice."""

    found: CheckpointTuple | None = None

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As its base."""
        self.found = await super().aget_tuple(config)
        return self.found

    async def sizes(self, checkpoint_id: str) -> Sizes:
        """What is stored of the checkpoint that was read."""
        places = [place for place in self._loader.stored if not place.ns]
        async with self._reading() as cursor:
            columns = {"channels": [one.channel for one in places], "versions": [one.version for one in places]}
            await cursor.execute(_STORED, {"thread": self.thread_id, **columns})
            channels = {row["channel"]: row["bytes"] for row in await cursor.fetchall()}
            await cursor.execute(_ROW, {"thread": self.thread_id, "checkpoint": checkpoint_id})
            row = await cursor.fetchone() or {"row": 0, "writes": 0}
        return Sizes(row["row"], dict(sorted(channels.items())), row["writes"])


async def snapshot(thread_id: UUID, checkpoint_id: str) -> Snapshot:
    """One checkpoint of any thread. Raises `NoCheckpoint`, `KeyMissing` and, when it was tampered with, `SealError`."""
    sealer = await postgres.call(_sealer, thread_id)
    reader = _Reader(await postgres.pool(), sealer, str(thread_id), None)
    state = await build.graph(reader).aget_state(at(str(thread_id), "", checkpoint_id))
    if reader.found is None:
        raise NoCheckpoint
    writes = [Pending(*write) for write in reader.found.pending_writes or ()]
    return Snapshot(checkpoint_id, state, writes, await reader.sizes(checkpoint_id))


def as_json(found: Snapshot) -> dict[str, Any]:  # Any: JSON
    """All of a snapshot, as plain data."""
    state = found.state
    return {
        "values": plain(found.values),
        "next": list(state.next),
        "config": plain(state.config),
        "metadata": plain(state.metadata),
        "created_at": state.created_at,
        "parent_config": plain(state.parent_config),
        "tasks": [
            {
                "id": task.id,
                "name": task.name,
                "path": plain(task.path),
                "error": plain(task.error),
                "interrupts": plain(task.interrupts),
                "result": plain(task.result),
            }
            for task in state.tasks
        ],
        "interrupts": plain(state.interrupts),
        "pending_writes": [{**write._asdict(), "value": plain(write.value)} for write in found.writes],
        "sizes": {**found.sizes._asdict(), "total": found.sizes.total},
    }


def plain(value: Any) -> Any:  # noqa: PLR0911  # Any: JSON; a kind of value each
    """A value of a state as JSON has it."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, BaseMessage):
        return plain(value.model_dump())
    if isinstance(value, Interrupt):
        return {"id": value.id, "value": plain(value.value)}
    if isinstance(value, Send):
        return {"node": value.node, "arg": plain(value.arg)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return [plain(one) for one in value]
    return str(value) if not isinstance(value, (bytes, bytearray)) else value.hex()


def _sealer(thread_id: UUID) -> Sealer:
    owner = Thread.objects.values_list("owner_id", flat=True).get(id=thread_id)
    return keys.thread_sealer(owner, thread_id)
