"""The event log: what a run said, numbered, sealed and kept for those who were away.

One flusher per process writes the pending events of all its runs in one statement every `FLUSH_SECONDS`, one row per
run, so that the log costs a fixed number of transactions however many runs stream. Live delivery does not wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from psycopg import Error as DatabaseError

from chatapp import metrics, postgres
from chatapp.models import EventBatch, Fence, Run
from chatapp.sealing import Sealer
from chatapp.streaming import protocol
from chatapp.streaming.hub import Hub
from chatapp.streaming.protocol import Event

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.2
READ_BATCHES = 64
# A page ends earlier when it has so much: a slow reader takes long to be sent it.
READ_BYTES = 128 * 1024

# Joined with the fence rows under a lock: a stale run drops out of the statement without failing the others.
_FLUSH = """
WITH fenced AS (
    SELECT thread_id, epoch FROM chatapp_fence
    WHERE thread_id = ANY(%(threads)s::uuid[]) ORDER BY thread_id FOR SHARE
)
INSERT INTO chatapp_eventbatch (thread_id, first_seq, last_seq, run_id, body)
SELECT mine.thread_id, mine.first_seq, mine.last_seq, mine.run_id, mine.body
FROM unnest(%(threads)s::uuid[], %(epochs)s::bigint[], %(runs)s::uuid[], %(firsts)s::bigint[], %(lasts)s::bigint[],
            %(bodies)s::bytea[]) AS mine(thread_id, epoch, run_id, first_seq, last_seq, body)
JOIN fenced ON fenced.thread_id = mine.thread_id AND fenced.epoch = mine.epoch
ON CONFLICT (thread_id, last_seq) DO NOTHING
RETURNING thread_id, last_seq
"""

# One look into the log's index for each thread, and one at its fence: a number that no event has says that the thread
# stands elsewhere than before. The block that a claim has reserved is not meant.
_LATEST = """
SELECT thread_id, CASE
    WHEN EXISTS (SELECT FROM chatapp_tombstone WHERE thread_id = followed.thread_id) THEN NULL
    ELSE greatest(
        0,
        (SELECT max(last_seq) FROM chatapp_eventbatch WHERE thread_id = followed.thread_id),
        (
            SELECT CASE WHEN holder IS NULL THEN last_seq ELSE base_seq END
            FROM chatapp_fence WHERE thread_id = followed.thread_id
        )
    )
END
FROM unnest(%(threads)s::uuid[]) AS followed (thread_id)
"""


@dataclass(slots=True, eq=False)
class RunStream:
    """The numbered events of one claim, in order: to the hub at once, to the log soon."""

    owner_id: int
    thread_id: UUID
    run_id: UUID
    epoch: int
    seq: int
    sealer: Sealer = field(repr=False)
    hub: Hub
    log: EventLog
    unwritten: list[Event] = field(default_factory=list)

    def emit(self, channel: str, data: dict[str, object]) -> Event:
        """Number an event, send it, and leave it to the log."""
        event = self.draft(channel, data)
        self.unwritten.append(event)
        self.hub.publish(self.owner_id, self.thread_id, event)
        self.log.mark(self)
        return event

    def draft(self, channel: str, data: dict[str, object]) -> Event:
        """Number an event and leave it at that: the last ones belong to the transaction that ends the run."""
        self.seq += 1
        return protocol.event(self.seq, channel, data)

    def sealed(self, events: list[Event]) -> tuple[int, int, bytes]:
        """The events as one row of the log: first and last number, sealed body."""
        first, last = events[0].seq or 0, events[-1].seq or 0
        body = b"[" + b",".join(event.frame for event in events) + b"]"
        return first, last, self.sealer.seal(body, "event", "body", f"{first}-{last}")


class EventLog:
    """The flusher of one process. `stale` is called with each stream whose run lost its claim."""

    def __init__(self, stale: Callable[[RunStream], None]) -> None:
        self._stale = stale
        self._dirty: set[RunStream] = set()
        self._streams: dict[UUID, RunStream] = {}
        self._wanted = asyncio.Event()
        self._writing = asyncio.Lock()

    def open(self, stream: RunStream) -> None:
        """Count the stream among those whose unwritten events a late subscriber gets from memory."""
        self._streams[stream.thread_id] = stream

    def mark(self, stream: RunStream) -> None:
        """The stream has something to write."""
        self._dirty.add(stream)
        self._wanted.set()

    async def withdraw(self, stream: RunStream) -> None:
        """Wait for a write under way and write nothing more of this stream: the end of its run takes the rest."""
        async with self._writing:
            self._dirty.discard(stream)

    def close(self, stream: RunStream) -> None:
        """Forget the stream: everything of it is in the log, or belongs to nobody."""
        self._dirty.discard(stream)
        if self._streams.get(stream.thread_id) is stream:
            del self._streams[stream.thread_id]

    def unwritten(self, owner_id: int, thread_id: UUID) -> list[Event]:
        """The events of the thread's run here that the log does not have yet."""
        stream = self._streams.get(thread_id)
        return list(stream.unwritten) if stream is not None and stream.owner_id == owner_id else []

    async def flush_forever(self) -> None:
        """Write what is pending every `FLUSH_SECONDS`; keep it and try again when the database is away."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(FLUSH_SECONDS)
            self._wanted.clear()
            try:
                await self.flush()
            except (DatabaseError, OSError) as error:
                metrics.FLUSH_FAILURES.inc()
                logger.warning("The event log is not written: %s. Trying again.", type(error).__name__)
                await asyncio.sleep(1)
                self._wanted.set()

    async def flush(self) -> None:
        """Write all pending events in one statement."""
        async with self._writing:
            batches = [(stream, list(stream.unwritten)) for stream in self._dirty if stream.unwritten]
            if not batches:
                return
            rows = [stream.sealed(events) for stream, events in batches]
            with metrics.FLUSH.time():
                written = await self._insert([stream for stream, _ in batches], rows)
            for (stream, events), (_, last, _) in zip(batches, rows, strict=True):
                del stream.unwritten[: len(events)]
                if not stream.unwritten:
                    self._dirty.discard(stream)
                if (stream.thread_id, last) not in written:
                    self.close(stream)
                    self._stale(stream)

    async def _insert(self, streams: list[RunStream], rows: list[tuple[int, int, bytes]]) -> set[tuple[UUID, int]]:
        parameters = {
            "threads": [stream.thread_id for stream in streams],
            "epochs": [stream.epoch for stream in streams],
            "runs": [stream.run_id for stream in streams],
            "firsts": [first for first, _, _ in rows],
            "lasts": [last for _, last, _ in rows],
            "bodies": [body for _, _, body in rows],
        }
        async with (await postgres.pool()).connection() as conn, conn.transaction():
            cursor = await conn.execute(_FLUSH, parameters, binary=True)
            return {(row["thread_id"], row["last_seq"]) for row in await cursor.fetchall()}


def read(thread_id: UUID, sealer: Sealer, after: int) -> tuple[list[Event], bool]:
    """A page of the thread's logged events above `after`, in order, and whether there may be more. Synchronous."""
    batches = list(
        EventBatch.objects.filter(thread_id=thread_id, last_seq__gt=after).order_by("last_seq")[:READ_BATCHES]
    )
    found: list[Event] = []
    size = 0
    for number, batch in enumerate(batches, 1):
        opened = [event for event in _opened(batch, sealer) if (event.seq or 0) > after]
        found += opened
        size += sum(len(event.frame) for event in opened)
        if size > READ_BYTES and number < len(batches):
            return found, True
    return found, len(batches) == READ_BATCHES


def is_complete_after(thread_id: UUID, after: int) -> bool:
    """Whether the log still has everything above `after`. Synchronous."""
    fence = Fence.objects.filter(thread_id=thread_id).first()
    if fence is None:
        return after == 0
    if after > fence.last_seq:  # of another thread, or from before the database was put back
        return False
    if after >= (fence.last_seq if fence.holder is None else fence.base_seq):
        return True
    oldest = EventBatch.objects.filter(thread_id=thread_id).order_by("last_seq").values_list("first_seq", flat=True)
    first = oldest.first()
    return first is not None and first <= after + 1


def latest(threads: Sequence[UUID]) -> list[tuple[UUID, int | None]]:
    """The last number that each thread has given: 0 for none, None when the thread was deleted. Synchronous."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"threads": list(threads)})
        return [(thread_id, seq) for thread_id, seq in cursor.fetchall()]


def partial_text(run_id: UUID, thread_id: UUID, sealer: Sealer, *, before: int) -> str:
    """The text that the last attempt of a run had streamed up to a number, for an end in place of a dead process."""
    text: list[str] = []
    batches = EventBatch.objects.filter(thread_id=thread_id, run_id=run_id, last_seq__lte=before)
    for batch in batches.order_by("last_seq").iterator():
        for event in _opened(batch, sealer):
            if event.name == "attempt":
                text.clear()
            elif event.channel == "messages":
                delta = orjson.loads(event.frame)["params"]["data"].get("delta", {})
                text.append(delta.get("text", ""))
    return "".join(text)


def purge() -> int:
    """Delete events that ended long enough ago; those of a run that is still live stay. Synchronous."""
    held = Fence.objects.exclude(holder=None).values("thread_id")
    asking = Run.objects.filter(state__in=Run.LIVE).filter(state=Run.State.WAITING).values("thread_id")
    old = EventBatch.objects.filter(created_at__lt=Now() - timedelta(hours=settings.EVENT_HOURS))
    deleted, _ = old.exclude(thread_id__in=held).exclude(thread_id__in=asking).delete()
    return deleted


def _opened(batch: EventBatch, sealer: Sealer) -> Iterable[Event]:
    body = sealer.open(bytes(batch.body), "event", "body", f"{batch.first_seq}-{batch.last_seq}")
    return [protocol.restored(frame) for frame in orjson.loads(body)]
