"""A saver that keeps what is put instead of writing it.

An act of time travel computes its state through LangGraph's own verbs (`aupdate_state`) over this saver; what came of
it is then written by `write`, in one synchronous transaction with everything else that the act changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from django.db.backends.utils import CursorWrapper
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    copy_checkpoint,
)
from psycopg.types.json import Jsonb

from chatapp.checkpoints import queries
from chatapp.checkpoints.loading import at
from chatapp.checkpoints.metadata import allowed
from chatapp.checkpoints.rows import Place, RowSeals
from chatapp.checkpoints.saver import SealedPostgresSaver
from chatapp.checkpoints.serializer import StrictSerializer
from chatapp.sealing import Sealer


class Staged(NamedTuple):
    """A checkpoint that was put, not written yet. `writes` are (task id, task path, writes of the task)."""

    ns: str
    parent: str | None
    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    writes: list[tuple[str, str, Sequence[tuple[str, Any]]]]


class StagedSaver(SealedPostgresSaver):
    """Reads the checkpoints of one thread, each by its id, as its base does; what is put waits for `write`.

    Without an id there is nothing to read: an act names what it starts from, whatever state the thread's tip is in.
    Each checkpoint is read once.
    """

    def __init__(self, pool: Any, sealer: Sealer, thread_id: str) -> None:  # Any: the base's pool of dict rows
        super().__init__(pool, sealer, thread_id, None)
        self.staged: list[Staged] = []
        self._found: dict[tuple[str, str], CheckpointTuple] = {}

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that `config` names, staged or stored. Raises SealError."""
        ns, checkpoint_id = self._place(config)
        if checkpoint_id is None:
            return None
        staged = self._find(ns, checkpoint_id)
        if staged is None:
            found = self._found.get((ns, checkpoint_id)) or await super().aget_tuple(config)
            if found is None:
                return None
            self._found[ns, checkpoint_id] = found
            return found._replace(
                checkpoint=copy_checkpoint(found.checkpoint), pending_writes=list(found.pending_writes or ())
            )
        return CheckpointTuple(
            at(self.thread_id, ns, checkpoint_id),
            copy_checkpoint(staged.checkpoint),
            cast("CheckpointMetadata", allowed(staged.metadata)),
            at(self.thread_id, ns, staged.parent) if staged.parent else None,
            [(task_id, *write) for task_id, _, writes in staged.writes for write in writes],
        )

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint for `write`."""
        ns, parent = self._place(config)
        self.staged.append(Staged(ns, parent, copy_checkpoint(checkpoint), metadata, []))
        return at(self.thread_id, ns, checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep the writes of a task pending on a staged checkpoint.

        What LangGraph would leave on the stored one that an update starts from is dropped: it tells whoever looks at
        that checkpoint what came of its tasks, and would still tell so when the update has been undone.
        """
        ns, checkpoint_id = self._place(config)
        if checkpoint_id is not None and (staged := self._find(ns, checkpoint_id)) is not None:
            staged.writes.append((task_id, task_path, writes))

    def write(
        self, cursor: CursorWrapper, sealer: Sealer | None = None, renamed: Mapping[str, str] | None = None
    ) -> None:
        """Write everything staged, in the transaction of Django's `cursor`, whose caller has locked the fence.

        With `sealer` it goes into that sealer's thread, which has no checkpoints yet, as if it had begun there.
        Messages whose id is in `renamed` are stored under the new one; in the thread itself only where their channel
        was changed.
        """
        seals, thread_id = self._seals, self.thread_id
        stored: set[Place] = set(self._loader.stored)  # the transaction may come to nothing, and be done again
        if sealer is not None:
            seals, thread_id, stored = RowSeals(sealer, StrictSerializer()), sealer.thread_id, set()
        for each in self.staged:
            checkpoint_id = each.checkpoint["id"]
            parent = None if sealer is not None else each.parent
            values = _renamed(each.checkpoint["channel_values"], renamed or {})
            checkpoint, kept = {**each.checkpoint, "channel_values": values}, allowed(each.metadata)
            blobs = seals.seal_channels(each.ns, values, checkpoint["channel_versions"], stored.__contains__)
            stored |= {blob.place for blob in blobs}
            plain = seals.seal_checkpoint(each.ns, parent, checkpoint, kept)
            rows = [(thread_id, *blob.place, blob.type, blob.sealed) for blob in blobs]
            if rows:
                cursor.executemany(queries.INSERT_BLOB, rows)
            row = (thread_id, each.ns, checkpoint_id, parent, Jsonb(plain), Jsonb(kept))
            cursor.execute(queries.UPSERT_CHECKPOINT, row)  # type: ignore[arg-type]  # psycopg adapts JSON too
            for task_id, path, writes in each.writes:
                for write in seals.seal_writes(
                    each.ns, checkpoint_id, _renamed(list(writes), renamed or {}), task_id, path
                ):
                    cursor.execute(queries.INSERT_WRITE, (thread_id, each.ns, checkpoint_id, *write))

    def _find(self, ns: str, checkpoint_id: str) -> Staged | None:
        return next((one for one in self.staged if (one.ns, one.checkpoint["id"]) == (ns, checkpoint_id)), None)


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    """The value with the ids of its messages replaced; untouched objects stay the same ones."""
    if not renamed:
        return value
    if isinstance(value, BaseMessage):
        new = renamed.get(value.id or "")
        return value if new is None else value.model_copy(update={"id": new})
    if isinstance(value, dict):
        return {key: _renamed(each, renamed) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_renamed(each, renamed) for each in value)
    return value
