"""The hub: hands each event to the sockets of this process that follow its thread.

Live delivery waits for no database. A reader that cannot keep up loses its queue, not its events: it is told to catch
up from the log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from chatapp.streaming.protocol import Event

QUEUE_BYTES = 1024 * 1024


class Mailbox:
    """The bounded queue of one socket. Used on one event loop only."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._behind = False

    def offer(self, event: Event) -> None:
        """Add an event, or drop everything and fall behind when the queue is full."""
        if self._behind:
            return
        self._events.append(event)
        self._bytes += len(event.frame)
        if self._bytes > QUEUE_BYTES:
            self._events.clear()
            self._bytes = 0
            self._behind = True
        self._filled.set()

    def wake(self) -> None:
        """Let the reader look around although nothing was added."""
        self._filled.set()

    async def take(self) -> tuple[list[Event], bool]:
        """Wait for events; return them, and whether some were dropped since the last call."""
        await self._filled.wait()
        self._filled.clear()
        events, behind = list(self._events), self._behind
        self._events.clear()
        self._bytes = 0
        self._behind = False
        return events, behind


class Socket(NamedTuple):
    """A connected socket: how to end it, and whose sign-in it lives from."""

    close: Callable[[int], None]
    session_key: str


class Hub:
    """Who listens to what, in this process. A thread's events reach only sockets that its owner opened."""

    def __init__(self) -> None:
        self._threads: dict[tuple[int, UUID], set[Mailbox]] = {}
        self._users: dict[int, dict[Mailbox, Socket]] = {}

    def join(self, user_id: int, thread_id: UUID, mailbox: Mailbox, socket: Socket) -> None:
        """Deliver the thread's events and the user's notices to the mailbox of a socket."""
        self._threads.setdefault((user_id, thread_id), set()).add(mailbox)
        self._users.setdefault(user_id, {})[mailbox] = socket

    def leave(self, user_id: int, thread_id: UUID, mailbox: Mailbox) -> None:
        """Stop delivering. Leaving twice is harmless."""
        followers = self._threads.get((user_id, thread_id), set())
        followers.discard(mailbox)
        if not followers:
            self._threads.pop((user_id, thread_id), None)
        sockets = self._users.get(user_id, {})
        sockets.pop(mailbox, None)
        if not sockets:
            self._users.pop(user_id, None)

    def publish(self, owner_id: int, thread_id: UUID, event: Event) -> None:
        """Hand an event to every socket that follows the thread."""
        for mailbox in self._threads.get((owner_id, thread_id), ()):
            mailbox.offer(event)

    def notify(self, user_id: int, notice: Event) -> None:
        """Hand a notice to every socket of the user, whatever thread it follows."""
        for mailbox in self._users.get(user_id, ()):
            mailbox.offer(notice)

    def listens(self, user_id: int) -> bool:
        """Whether the user has a socket here."""
        return user_id in self._users

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

    @property
    def sessions(self) -> set[str]:
        """The sign-ins that sockets live from."""
        return {socket.session_key for sockets in self._users.values() for socket in sockets.values()}

    @property
    def sockets(self) -> int:
        """How many sockets are connected."""
        return sum(len(sockets) for sockets in self._users.values())
