"""The hub: hands each event to the sockets that follow its thread, those of other processes by the relay.

Live delivery waits for no database. A reader that cannot keep up loses its queue, not its events: it is told to catch
up from the log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from chatapp import metrics
from chatapp.streaming.protocol import Event
from chatapp.streaming.relay import Address, Relay, thread_group, user_group

# What one socket may keep waiting, each event counted with what Python needs for it; and what its writer has in hand.
# With the buffers below it (`transport`), a socket that reads slowly costs less than 1 MB.
QUEUE_BYTES = 512 * 1024
HAND_BYTES = 64 * 1024
EVENT_BYTES = 200


class Mailbox:
    """The bounded queue of one socket. Used on one event loop only."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._behind = False
        self._known = 0

    def offer(self, event: Event) -> None:
        """Add an event, or drop everything and fall behind when the queue is full."""
        self.reached(event.seq or 0)
        if self._behind:
            return
        self._events.append(event)
        self._bytes += len(event.frame) + EVENT_BYTES
        if self._bytes > QUEUE_BYTES:
            self._fall_behind()
        self._filled.set()

    def reached(self, seq: int) -> None:
        """Events up to this number were offered, or read from the log."""
        self._known = max(self._known, seq)

    def hear(self, seq: int) -> bool:
        """The log has events up to this number: fall behind if that is news, and tell whether it is."""
        if seq <= self._known:
            return False
        self.reached(seq)
        self._fall_behind()
        self._filled.set()
        return True

    def wake(self) -> None:
        """Let the reader look around although nothing was added."""
        self._filled.set()

    async def take(self) -> tuple[list[Event], bool]:
        """Wait for events; return the first of them, and whether some were dropped since the last call."""
        await self._filled.wait()
        events, behind, taken = [], self._behind, 0
        while self._events and taken < HAND_BYTES:
            events.append(event := self._events.popleft())
            taken += len(event.frame) + EVENT_BYTES
        self._bytes -= taken
        self._behind = False
        if not self._events:
            self._filled.clear()
        return events, behind

    def _fall_behind(self) -> None:
        self._events.clear()
        self._bytes = 0
        self._behind = True


class Socket(NamedTuple):
    """A connected socket: how to end it, and whose sign-in it lives from."""

    close: Callable[[int], None]
    session_key: str


class Hub:
    """Who listens to what, in this process. A thread's events reach only sockets that its owner opened."""

    def __init__(self) -> None:
        self._threads: dict[tuple[int, UUID], set[Mailbox]] = {}
        self._users: dict[int, dict[Mailbox, Socket]] = {}
        # Set when there are other processes to tell.
        self.relay: Relay | None = None

    def join(self, user_id: int, thread_id: UUID, mailbox: Mailbox, socket: Socket) -> None:
        """Deliver the thread's events and the user's notices to the mailbox of a socket."""
        self._threads.setdefault((user_id, thread_id), set()).add(mailbox)
        self._users.setdefault(user_id, {})[mailbox] = socket
        if self.relay is not None:
            self.relay.want(thread_group(thread_id))
            self.relay.want(user_group(user_id))

    def leave(self, user_id: int, thread_id: UUID, mailbox: Mailbox) -> None:
        """Stop delivering. Leaving twice is harmless."""
        followers = self._threads.get((user_id, thread_id), set())
        followers.discard(mailbox)
        if not followers:
            self._threads.pop((user_id, thread_id), None)
            if self.relay is not None:
                self.relay.unwant(thread_group(thread_id))
        sockets = self._users.get(user_id, {})
        sockets.pop(mailbox, None)
        if not sockets:
            self._users.pop(user_id, None)
            if self.relay is not None:
                self.relay.unwant(user_group(user_id))

    def publish(self, owner_id: int, thread_id: UUID, event: Event) -> None:
        """Hand an event to every socket that follows the thread, here and in other processes."""
        self._hand_out(Address(owner_id, thread_id), event)

    def notify(self, owner_id: int, thread_id: UUID, notice: Event) -> None:
        """Hand a notice about a thread to every socket of its owner, whatever thread it follows."""
        self._hand_out(Address(owner_id, thread_id, everywhere=True), notice)

    def deliver(self, address: Address, event: Event) -> None:
        """Hand an event to the sockets of this process."""
        if address.everywhere:
            mailboxes: Iterable[Mailbox] = self._users.get(address.owner_id, ())
        else:
            mailboxes = self._threads.get((address.owner_id, address.thread_id), ())
        for mailbox in mailboxes:
            mailbox.offer(event)

    def hear(self, thread_id: UUID, owner_id: int, seq: int) -> bool:
        """The log has a thread's events up to this number; returns whether a socket here did not know."""
        news = [mailbox.hear(seq) for mailbox in self._threads.get((owner_id, thread_id), ())]
        return any(news)

    def listens(self, user_id: int) -> bool:
        """Whether the user has a socket here, or may have one in another process."""
        return user_id in self._users or self.relay is not None

    def close_thread(self, owner_id: int, thread_id: UUID, code: int) -> None:
        """End every socket that follows the thread."""
        closers = self._users.get(owner_id, {})
        for mailbox in list(self._threads.get((owner_id, thread_id), ())):
            closers[mailbox].close(code)

    def close_user(self, user_id: int, code: int) -> None:
        """End every socket of the user."""
        for socket in list(self._users.get(user_id, {}).values()):
            socket.close(code)

    def close_session(self, session_key: str, code: int) -> None:
        """End every socket that was opened with this sign-in."""
        for sockets in list(self._users.values()):
            for socket in list(sockets.values()):
                if socket.session_key == session_key:
                    socket.close(code)

    def close_all(self, code: int) -> None:
        """End every socket of the process."""
        for user_id in list(self._users):
            self.close_user(user_id, code)

    def _hand_out(self, address: Address, event: Event) -> None:
        metrics.tally.events += 1
        self.deliver(address, event)
        if self.relay is not None:
            self.relay.send(address, event)

    @property
    def followed(self) -> list[tuple[int, UUID]]:
        """Owner and id of each thread that a socket here follows."""
        return list(self._threads)

    @property
    def sessions(self) -> set[str]:
        """The sign-ins that sockets live from."""
        return {socket.session_key for sockets in self._users.values() for socket in sockets.values()}

    @property
    def sockets(self) -> int:
        """How many sockets are connected."""
        return sum(len(sockets) for sockets in self._users.values())
