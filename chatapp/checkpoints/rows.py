"""What a row of the checkpoint tables holds: values sealed and bound to their place, the plain part under a
MAC.

A value's binding names its table, namespace, channel, version (or checkpoint, task, index and path) and its
`type`. A list of messages is stored message by message: each one once as an *item*, a blob row whose version
is a keyed hash of its content, and the channel's own blob is the list of item ids. So a turn stores its new
messages, not the window again. A message object that was stored or read before is known by its identity and is
not even serialised again: nodes answer with new messages and change none in place.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from langchain_core.messages import BaseMessage
from langgraph.checkpoint.base import WRITES_IDX_MAP
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from chatapp.sealing import Sealer, SealError

ITEM_ID_SIZE: Final = 12
ITEM: Final = "sealed:item"
ITEMS: Final = "sealed:items"
_TYPE_PREFIX: Final = "sealed:"
_ITEM_PREFIX: Final = "item:"
_PLAIN_KEYS: Final = ("v", "id", "ts", "channel_versions", "versions_seen", "updated_channels")


class Place(NamedTuple):
    """Where a blob lies within the thread."""

    ns: str
    channel: str
    version: str


class Blob(NamedTuple):
    """A row of checkpoint_blobs, sealed."""

    place: Place
    type: str
    sealed: bytes


class Write(NamedTuple):
    """A row of checkpoint_writes, sealed, in the order of the INSERT after the checkpoint's id."""

    task_id: str
    idx: int
    channel: str
    task_path: str
    type: str
    sealed: bytes


class Manifest(NamedTuple):
    """A channel's list of messages, by the places of its items."""

    items: tuple[Place, ...]


# The message is kept with its place, so that no other can get its `id()`.
KnownItems = dict[int, tuple[BaseMessage, Place]]


class RowSeals:
    """Makes and opens the rows of one thread. Thread-safe, as the sealer and the serializer are."""

    def __init__(self, sealer: Sealer, serde: SerializerProtocol) -> None:
        self._sealer = sealer
        self._serde = serde
        # By namespace and channel, the messages of its last list and their places, each by the message's `id()`.
        self._known: dict[tuple[str, str], KnownItems] = {}

    # -- writing --

    def seal_channels(
        self, ns: str, values: Mapping[str, Any], versions: Mapping[str, Any], stored: Callable[[Place], bool]
    ) -> list[Blob]:
        """Seal every channel value (scalars too) and message item for which `stored(place)` is false."""
        blobs: list[Blob] = []
        for channel, value in values.items():
            place = Place(ns, channel, _version(channel, versions.get(channel)))
            if not stored(place):
                blobs += self._seal_channel(place, value, stored)
        return blobs

    def seal_checkpoint(
        self, ns: str, parent: str | None, checkpoint: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the JSON of a checkpoint row: ids and versions, the channels that have a value, and the MAC
        of all that stays plain in the row, `metadata` (as stored) included.
        """
        plain = {key: checkpoint.get(key) for key in _PLAIN_KEYS}
        plain["channels"] = sorted(checkpoint["channel_values"])
        return {**plain, "seal": self._mac(ns, checkpoint["id"], parent, plain, metadata)}

    def seal_writes(
        self, ns: str, checkpoint_id: str, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> list[Write]:
        """Seal a task's writes, each bound to its checkpoint, task, index, channel and path."""
        rows = []
        for position, (channel, value) in enumerate(writes):
            encoding, data = self._serde.dumps_typed(value)
            idx, kind = WRITES_IDX_MAP.get(channel, position), _TYPE_PREFIX + encoding
            binding = _write_binding(ns, checkpoint_id, task_id, idx, channel, task_path, kind)
            rows.append(Write(task_id, idx, channel, task_path, kind, self._sealer.seal(data, *binding)))
        return rows

    def _seal_channel(self, place: Place, value: Any, stored: Callable[[Place], bool]) -> Iterator[Blob]:
        if isinstance(value, _DeltaSnapshot):
            raise NotImplementedError("A DeltaChannel cannot be sealed: its history is spread over plain rows.")
        if not _is_messages(value):
            encoding, data = self._serde.dumps_typed(value)
            yield self._seal_blob(place, _TYPE_PREFIX + encoding, data)
            return
        before = self._known.get((place.ns, place.channel), {})
        items: KnownItems = {}
        for message in value:
            known = before.get(id(message))
            if known is not None and stored(known[1]):
                items[id(message)] = known
                continue
            _, data = self._serde.dumps_typed(message)
            item = _item(place, self._sealer.mac(data, "checkpoint_blobs", place.ns, place.channel)[:ITEM_ID_SIZE])
            items[id(message)] = message, item
            if not stored(item):
                yield self._seal_blob(item, ITEM, data)
        self._known[place.ns, place.channel] = items
        yield self._seal_blob(place, ITEMS, b"".join(_item_id(items[id(message)][1]) for message in value))

    def _seal_blob(self, place: Place, kind: str, data: bytes) -> Blob:
        return Blob(place, kind, self._sealer.seal(data, "checkpoint_blobs", *place, kind))

    def know(self, ns: str, channel: str, items: KnownItems) -> None:
        """Take over where the messages of a channel lie: they were read or written by someone else in this process."""
        self._known[ns, channel] = items

    def known(self, ns: str, channel: str) -> KnownItems:
        """The messages of the channel's last list that was sealed or made known, with their places."""
        return self._known.get((ns, channel), {})

    # -- reading --

    def open_checkpoint(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Verify the plain part of a checkpoint row and return its JSON without the MAC. Raises SealError."""
        plain = row["checkpoint"]
        seal = plain.get("seal") if isinstance(plain, dict) else None
        if not isinstance(seal, str):
            raise SealError("This checkpoint is not sealed.")
        plain = {key: value for key, value in plain.items() if key != "seal"}
        expected = self._mac(
            row["checkpoint_ns"], row["checkpoint_id"], row["parent_checkpoint_id"], plain, row["metadata"]
        )
        if not hmac.compare_digest(seal.encode(), expected.encode()):
            raise SealError("This checkpoint was changed, or moved from where it belongs.")
        return plain

    def open_channels(
        self, ns: str, plain: Mapping[str, Any], blobs: Iterable[Sequence[bytes | None]]
    ) -> dict[str, Any]:
        """Open the values of a verified checkpoint; message lists come back as `Manifest`.

        `blobs` are (channel, version, type, sealed). Raises SealError if one that should be there is missing.
        """
        rows = {(_text(channel), _text(version)): (_text(kind), sealed) for channel, version, kind, sealed in blobs}
        values: dict[str, Any] = {}
        for channel in plain["channels"]:
            place = Place(ns, channel, _version(channel, plain["channel_versions"].get(channel)))
            kind, sealed = rows.get((channel, place.version), ("", None))
            if sealed is None:
                raise SealError("A value of this checkpoint is missing.")
            values[channel] = self._open_value(place, kind, sealed)
        return values

    def open_manifest(self, place: Place, sealed: bytes) -> Manifest:
        """Open a list of messages, not the messages. Raises SealError."""
        return self._open_value(place, ITEMS, sealed)  # type: ignore[no-any-return]  # of this kind it is one

    def open_item(self, place: Place, kind: str, sealed: bytes) -> Any:
        """Open one message item."""
        if kind != ITEM:
            raise SealError("A message of this checkpoint is stored as something else.")
        return self._load("msgpack", self._sealer.open(sealed, "checkpoint_blobs", *place, kind))

    def open_write(self, ns: str, checkpoint_id: str, row: Sequence[bytes]) -> tuple[Write, Any]:
        """Open a pending write, given as the row's columns from task_id on. Raises SealError."""
        task_id, idx, channel, task_path, kind = (_text(column) for column in row[:5])
        binding = _write_binding(ns, checkpoint_id, task_id, int(idx), channel, task_path, kind)
        value = self._load(_encoding(kind), self._sealer.open(row[5], *binding))
        return Write(task_id, int(idx), channel, task_path, kind, b""), value

    def _open_value(self, place: Place, kind: str, sealed: bytes) -> Any:
        data = self._sealer.open(sealed, "checkpoint_blobs", *place, kind)
        if kind != ITEMS:
            return self._load(_encoding(kind), data)
        ids = (data[at : at + ITEM_ID_SIZE] for at in range(0, len(data), ITEM_ID_SIZE))
        return Manifest(tuple(_item(place, item_id) for item_id in ids))

    def _load(self, encoding: str, data: bytes) -> Any:
        try:
            return self._serde.loads_typed((encoding, data))
        except Exception as error:
            # Authentic, but not loadable (a type that is gone, say). The cause may quote content, so it is
            # not kept.
            raise SealError(f"A sealed value cannot be loaded ({type(error).__name__}).") from None

    def _mac(
        self,
        ns: str,
        checkpoint_id: str,
        parent: str | None,
        plain: Mapping[str, Any],
        metadata: Mapping[str, Any],
    ) -> str:
        try:
            data = orjson.dumps([parent, plain, metadata], option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            # Numbers beyond 64 bits, say: nothing that we wrote.
            raise SealError("This checkpoint is not of the form that is stored.") from None
        return f"{self._sealer.key_id.hex()}:{self._sealer.mac(data, 'checkpoints', ns, checkpoint_id).hex()}"


def _is_messages(value: Any) -> bool:
    return type(value) is list and bool(value) and all(isinstance(one, BaseMessage) for one in value)


def _item(place: Place, item_id: bytes) -> Place:
    return Place(place.ns, place.channel, f"{_ITEM_PREFIX}{item_id.hex()}")


def _item_id(place: Place) -> bytes:
    return bytes.fromhex(place.version.removeprefix(_ITEM_PREFIX))


def _version(channel: str, version: Any) -> str:
    # A float could come back from jsonb as another number, and the MAC would then refuse the row.
    if isinstance(version, bool) or not isinstance(version, (str, int)):
        raise ValueError(f"Channel {channel!r} has a value but no version of text or whole number.")
    return str(version)


def _write_binding(  # noqa: PLR0917  # the columns of the row, in their order
    ns: str, checkpoint_id: str, task_id: str, idx: int, channel: str, task_path: str, kind: str
) -> tuple[str, ...]:
    return ("checkpoint_writes", ns, checkpoint_id, task_id, str(idx), channel, task_path, kind)


def _encoding(kind: str) -> str:
    if not kind.startswith(_TYPE_PREFIX):
        raise SealError("This value is not sealed.")
    return kind.removeprefix(_TYPE_PREFIX)


def _text(column: bytes | None) -> str:
    return bytes(column or b"").decode()
