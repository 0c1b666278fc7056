"""From rows to checkpoints: verify, open, fetch the message items, put together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointTuple, writes_sort_key
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from chatapp.checkpoints import queries
from chatapp.checkpoints.rows import KnownItems, Manifest, Place, RowSeals, Write
from chatapp.checkpoints.weight import of_rows, off_loop
from chatapp.sealing import SealError


class Opened(NamedTuple):
    """A verified checkpoint row: plain part, values (message lists as `Manifest`) and pending writes."""

    plain: dict[str, Any]
    values: dict[str, Any]
    writes: list[tuple[Write, Any]]


class Loader:
    """Loads the checkpoints of one thread and remembers which blobs and items are in the database."""

    def __init__(self, thread_id: str, seals: RowSeals) -> None:
        self._thread_id = thread_id
        self._seals = seals
        # Read or written by this saver. Only the holder of the fence deletes any, so they stay for as long as
        # our writes are accepted.
        self.stored: set[Place] = set()

    def take_over(self, found: CheckpointTuple, items: Mapping[str, KnownItems]) -> None:
        """Count a checkpoint of the root namespace, put by another saver here, among those read."""
        for channel, known in items.items():
            self._seals.know("", channel, known)
            self.stored.update(place for _, place in known.values())
        versions = found.checkpoint["channel_versions"]
        self.stored.update(Place("", channel, str(versions[channel])) for channel in items)

    async def load(self, cursor: AsyncCursor[DictRow], rows: Sequence[DictRow]) -> list[CheckpointTuple]:
        """Verify and open rows, fetching all their message items by one more query. Raises SealError."""
        opened = await off_loop(of_rows(rows), self._open_rows, rows)
        items = await self._load_items(cursor, _places(opened))
        return [self._checkpoint(row, one, items) for row, one in zip(rows, opened, strict=True)]

    def _open_rows(self, rows: Sequence[DictRow]) -> list[Opened]:
        opened = []
        for row in rows:
            plain = self._seals.open_checkpoint(row)
            ns, checkpoint_id = row["checkpoint_ns"], row["checkpoint_id"]
            values = self._seals.open_channels(ns, plain, row["blobs"] or ())
            writes = [self._seals.open_write(ns, checkpoint_id, write) for write in row["writes"] or ()]
            writes.sort(key=lambda one: writes_sort_key(one[0].task_path, one[0].task_id, one[0].idx))
            opened.append(Opened(plain, values, writes))
        return opened

    async def _load_items(self, cursor: AsyncCursor[DictRow], places: set[Place]) -> dict[Place, Any]:
        if not places:
            return {}
        columns = [list(column) for column in zip(*places, strict=True)]
        await cursor.execute(queries.SELECT_ITEMS, (*columns, self._thread_id))
        rows = await cursor.fetchall()
        items = await off_loop(sum(len(row["blob"] or b"") for row in rows), self._open_items, rows)
        if len(items) != len(places):
            raise SealError("A message of this checkpoint is missing.")
        self.stored |= items.keys()
        return items

    def _open_items(self, rows: Sequence[DictRow]) -> dict[Place, Any]:
        items = {}
        for row in rows:
            place = Place(row["ns"], row["channel"], row["version"])
            items[place] = self._seals.open_item(place, row["type"], row["blob"] or b"")
        return items

    def _checkpoint(self, row: DictRow, opened: Opened, items: Mapping[Place, Any]) -> CheckpointTuple:
        ns, parent, versions = (
            row["checkpoint_ns"],
            row["parent_checkpoint_id"],
            opened.plain["channel_versions"],
        )
        values = {
            channel: self._listed(ns, channel, value, items) if isinstance(value, Manifest) else value
            for channel, value in opened.values.items()
        }
        self.stored.update(Place(ns, channel, str(versions[channel])) for channel in values)
        plain = {key: value for key, value in opened.plain.items() if key != "channels"}
        checkpoint: Checkpoint = {**plain, "channel_values": values}  # type: ignore[typeddict-item]
        return CheckpointTuple(
            at(self._thread_id, ns, row["checkpoint_id"]),
            checkpoint,
            row["metadata"],
            at(self._thread_id, ns, parent) if parent else None,
            [(write.task_id, write.channel, value) for write, value in opened.writes],
        )

    def _listed(self, ns: str, channel: str, manifest: Manifest, items: Mapping[Place, Any]) -> list[Any]:
        messages = [items[place] for place in manifest.items]
        known = {id(message): (message, place) for message, place in zip(messages, manifest.items, strict=True)}
        self._seals.know(ns, channel, known)
        return messages


def at(thread_id: str, ns: str, checkpoint_id: str) -> RunnableConfig:
    """The config that names one checkpoint."""
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ns, "checkpoint_id": checkpoint_id}}


def _places(opened: Iterable[Opened]) -> set[Place]:
    values = (value for one in opened for value in one.values.values())
    return {place for value in values if isinstance(value, Manifest) for place in value.items}
