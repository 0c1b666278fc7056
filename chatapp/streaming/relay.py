"""Events between the hubs of several processes, over Redis' pub/sub.

Nothing here keeps, repeats or waits for anything: what is lost on the way, with Redis or without, every socket gets
from the event log. Redis sees ids and sealed bytes only.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple, cast
from uuid import UUID, uuid4

import orjson
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.exceptions import RedisError

from chatapp import keys, postgres
from chatapp.keys import KeyMissing
from chatapp.sealing import Sealer, SealError
from chatapp.streaming import protocol
from chatapp.streaming.protocol import Event

logger = logging.getLogger(__name__)

# What waits to be sent at most; beyond it events are left to the log.
OUTBOX_BYTES: Final = 8 * 1024 * 1024
SEND_SECONDS: Final = 1.0
CHECK_SECONDS: Final = 0.5
HEALTHY_SECONDS: Final = 2.5
EVERYONE: Final = "everyone"
FAILURES: Final = (RedisError, OSError, TimeoutError)


class Address(NamedTuple):
    """Whose sockets are meant: all that follow a thread, or (`everywhere`) all of its owner's."""

    owner_id: int
    thread_id: UUID
    everywhere: bool = False

    @property
    def group(self) -> str:
        """The name of the pub/sub channel."""
        return user_group(self.owner_id) if self.everywhere else thread_group(self.thread_id)


def thread_group(thread_id: UUID) -> str:
    """Where the events of a thread are published."""
    return f"thread.{thread_id}"


def user_group(user_id: int) -> str:
    """Where the notices for a user are published."""
    return f"user.{user_id}"


class Relay:
    """One process's end of the relay. Used on one event loop only.

    `deliver` gets what other processes sent to an address, `act` the requests that they sent to every process.
    """

    def __init__(
        self, url: str, deliver: Callable[[Address, Event], None], act: Callable[[dict[str, str]], None]
    ) -> None:
        self.name = uuid4().hex
        self._layer = RedisPubSubChannelLayer(hosts=[url], prefix="everthread:")
        self._deliver = deliver
        self._act = act
        self._channel: str | None = None
        self._complained = False
        self._heard = float("-inf")
        self._outbox: dict[Address, list[bytes]] = {}
        self._outbox_bytes = 0
        self._filled, self._empty = asyncio.Event(), asyncio.Event()
        # The groups that are wanted, each with the moment it is joined; and those that are joined in fact.
        self._wanted: dict[str, asyncio.Event] = {EVERYONE: asyncio.Event()}
        self._joined: set[str] = set()
        self._changed = asyncio.Event()
        self._requests: list[dict[str, str]] = []

    @property
    def healthy(self) -> bool:
        """Whether what this process sent came back to it a moment ago."""
        return time.monotonic() - self._heard < HEALTHY_SECONDS

    def want(self, group: str) -> None:
        """Receive what is published for a group."""
        if group not in self._wanted:
            self._wanted[group] = asyncio.Event()
            self._changed.set()

    def unwant(self, group: str) -> None:
        """Receive it no more."""
        if self._wanted.pop(group, None) is not None:
            self._changed.set()

    async def joined(self, group: str) -> None:
        """Wait until the group is received, for a moment at most: without Redis the log must do."""
        joined = self._wanted.get(group)
        if joined is None or joined.is_set() or not self.healthy:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await joined.wait()

    def send(self, address: Address, event: Event) -> None:
        """Send an event to the other processes, soon. It is dropped when too much waits or Redis is away."""
        if self._outbox_bytes > OUTBOX_BYTES:
            return
        self._outbox.setdefault(address, []).append(event.frame)
        self._outbox_bytes += len(event.frame)
        self._fill()

    def request(self, **request: str) -> None:
        """Ask every other process to act: ids only, nothing here is sealed."""
        self._requests.append(request)
        self._fill()

    async def sent(self) -> None:
        """Wait until nothing waits to be sent, for a moment at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await self._empty.wait()

    async def send_forever(self) -> None:
        """Publish what waits to be sent."""
        while True:
            if not self._filled.is_set():
                self._empty.set()
            await self._filled.wait()
            self._filled.clear()
            outbox, self._outbox, self._outbox_bytes = self._outbox, {}, 0
            requests, self._requests = self._requests, []
            if not self.healthy:
                continue
            for request in requests:
                await self._publish(EVERYONE, {"request": request})
            for address, frames in outbox.items():
                await self._post(address, frames)

    async def receive_forever(self) -> None:
        """Hand out what other processes publish."""
        self._joined.clear()
        self._channel = await self._connected()
        self._changed.set()
        while True:
            message = await self._layer.receive(self._channel)
            try:
                if message["from"] != self.name:
                    await self._take(message)
                elif message.get("ping"):
                    self._hear()
            except (KeyError, TypeError, ValueError) as error:
                logger.warning("Something else than Everthread writes to this Redis: %s.", type(error).__name__)

    async def keep_forever(self) -> None:
        """Join and leave groups as they are wanted, and try whether messages come back."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            if self._channel is None:
                continue
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._layer.send(self._channel, {"from": self.name, "ping": True})
                    await self._follow_wishes(self._channel)
            except FAILURES as error:
                self._heard = float("-inf")  # polling begins now, and not when the last ping is too old
                self._complain(error)
                await asyncio.sleep(CHECK_SECONDS)

    async def close(self) -> None:
        """Leave Redis."""
        with suppress(*FAILURES):
            async with asyncio.timeout(SEND_SECONDS):
                await self._layer.flush()

    async def _connected(self) -> str:
        """The name of a channel of our own, when Redis is there."""
        while True:
            self._layer.channels.clear()  # of the time before it broke off
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    return str(await self._layer.new_channel())
            except FAILURES as error:
                self._complain(error)
                await asyncio.sleep(CHECK_SECONDS)

    def _hear(self) -> None:
        self._heard = time.monotonic()
        if self._complained:
            self._complained = False
            logger.info("Redis answers again.")

    def _complain(self, error: Exception) -> None:
        """Once for each time that it is away."""
        if not self._complained:
            self._complained = True
            logger.warning("Redis does not answer: %s. Events are polled until it does.", type(error).__name__)

    def _fill(self) -> None:
        self._empty.clear()
        self._filled.set()

    async def _follow_wishes(self, channel: str) -> None:
        for group in self._joined - self._wanted.keys():
            await self._layer.group_discard(group, channel)
            self._joined.discard(group)
        for group in self._wanted.keys() - self._joined:
            await self._layer.group_add(group, channel)
            self._joined.add(group)
            if (joined := self._wanted.get(group)) is not None:
                joined.set()

    async def _post(self, address: Address, frames: list[bytes]) -> None:
        try:
            sealer = await _sealer(address.owner_id, address.thread_id)
        except (KeyMissing, *postgres.OUTAGES):
            return  # deleted, or the log will tell
        body = sealer.seal(b"[" + b",".join(frames) + b"]", "relay", address.group)
        owner, thread = str(address.owner_id), str(address.thread_id)
        everywhere = "1" if address.everywhere else ""
        await self._publish(address.group, {"owner": owner, "thread": thread, "everywhere": everywhere, "body": body})

    async def _publish(self, group: str, message: dict[str, Any]) -> None:  # Any: text, bytes and ids
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._layer.group_send(group, {"from": self.name, **message})
        except FAILURES:
            self._heard = float("-inf")

    async def _take(self, message: dict[str, Any]) -> None:  # Any: as it came
        if "request" in message:
            self._act(message["request"])
            return
        address = Address(int(message["owner"]), UUID(message["thread"]), bool(message["everywhere"]))
        try:
            sealer = await _sealer(address.owner_id, address.thread_id)
            frames = orjson.loads(sealer.open(message["body"], "relay", address.group))
        except (KeyMissing, SealError, *postgres.OUTAGES) as error:
            logger.warning("An event of thread %s cannot be read: %s.", address.thread_id, type(error).__name__)
            return
        for frame in cast("Iterable[dict[str, Any]]", frames):
            self._deliver(address, protocol.restored(frame))


async def _sealer(owner_id: int, thread_id: UUID) -> Sealer:
    """The thread's sealer; mostly it is at hand."""
    if (cached := keys.cached_sealer(owner_id, thread_id)) is not None:
        return cached
    return await postgres.call(keys.thread_sealer, owner_id, thread_id)
