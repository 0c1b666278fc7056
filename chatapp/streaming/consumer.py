"""One socket: authenticates, parses, calls one verb, forwards events.

Handlers run one after another, so none waits for a run. A writer task of its own serves replays and live events.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.typing import WebSocketScope
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from chatapp import access, keys, logs, postgres, process
from chatapp.models import Thread, Tombstone
from chatapp.sealing import Sealer
from chatapp.streaming import commands, events, protocol
from chatapp.streaming.hub import Mailbox, Socket
from chatapp.streaming.limits import Verdict
from chatapp.streaming.protocol import Command, CommandError, Event, Subscription
from chatapp.streaming.relay import thread_group

logger = logging.getLogger(__name__)

GAP_SECONDS = 0.1
MOST_GAP_SECONDS = 1.0


@dataclass(slots=True)
class Replay:
    """A subscription that is to be served from the log first."""

    number: int
    subscription: Subscription


class ThreadConsumer(AsyncWebsocketConsumer):
    """The socket of one thread: `/api/threads/<id>/stream/events`."""

    async def connect(self) -> None:
        """Accept, and close again with a final code when this user has nothing to look for here."""
        self._joined = self._closed = False
        self._subscriptions: dict[str, Subscription] = {}
        self._replays: list[Replay] = []
        self._made = 0
        self._waiting = 0  # subscriptions that the writer has still to serve
        self._sealer: Sealer | None = None
        if not has_own_origin(self.scope):
            await self.close()  # before accepting: the handshake is refused with 403
            return
        await self.accept()
        user = self.scope["user"]
        if not user.is_authenticated or not user.is_active:
            await self.close(protocol.SIGNED_OUT)
            return
        self.user_id: int = user.pk
        session_key: str = self.scope["session"].session_key
        self.thread_id: UUID = self.scope["url_route"]["kwargs"]["thread_id"]
        logs.about(user_id=self.user_id, thread_id=self.thread_id)
        if await postgres.call(is_foreign, self.user_id, self.thread_id):
            await self.close(protocol.NOT_FOUND)
            return
        self._process = process.current()
        self._mailbox = Mailbox()
        self._process.hub.join(self.user_id, self.thread_id, self._mailbox, Socket(self._end, session_key))
        self._joined = True
        self._writer = asyncio.create_task(self._write(), name=f"socket {self.thread_id}")
        self._process.warm(self.user_id)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one ASGI message.

        The base class first hops to Django's one shared thread to close old connections. None is open here: the verbs
        run on threads of their own and give theirs back. Without the hop a token is a millisecond earlier.
        """
        handler: Callable[[dict[str, Any]], Awaitable[None]] = getattr(self, get_handler_name(message))
        try:
            await handler(message)
        except OSError:  # the client went away while it was answered
            self._leave()
            raise StopConsumer from None
        except StopConsumer:
            raise
        except Exception:
            self._leave()  # or the hub would go on filling its mailbox
            raise

    async def disconnect(self, code: int) -> None:
        """Leave the hub. The run goes on."""
        self._leave()

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """Close from this side: frames that came before the client knows of it are not answered any more."""
        self._leave()
        if not self._closed:
            self._closed = True
            await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame. Whatever it holds, the socket stays open."""
        if not self._joined:
            return
        number: int | None = None
        verdict = self._process.allowance.spend(self.user_id)
        if verdict is Verdict.CUT:
            await self.close(protocol.TOO_FAST)
            return
        try:
            if text_data is None:
                raise CommandError("invalid_argument", "Frames are text.")
            command = protocol.parse(text_data)
            number = command.id
            if verdict is Verdict.WAIT:
                raise CommandError("too_many_commands", commands.TOO_FAST)
            result = await self._carry_out(command)
        except CommandError as refused:
            number = getattr(refused, "id", number)
            await self._send(protocol.error(number, refused))
        except postgres.OUTAGES as error:
            logger.warning("A command was not carried out: %s.", type(error).__name__)
            if postgres.is_full(error):
                await self._send(protocol.error(number, CommandError("unknown_error", commands.DISK_FULL)))
            else:  # the client comes back, and so does the database; what was not answered is sent again
                await self.close(protocol.RESTARTING)
        except Exception as error:
            logger.error("A command failed: %s.", type(error).__name__, exc_info=settings.DEBUG)
            await self._send(protocol.error(number, CommandError("unknown_error", commands.FAILED)))
        else:
            if result is not None:
                await self._send(protocol.success(command.id, result))

    async def _carry_out(self, command: Command) -> Mapping[str, object] | None:
        """Carry out a command; None when the writer answers it."""
        match command.method:
            case "subscription.subscribe":
                self._subscribe(command, since=0)
                return None
            case "subscription.reconnect":
                self._subscribe(command, since=None, instead_of=command.params.get("subscription_id"))
                return None
            case "subscription.unsubscribe":
                self._unsubscribe(command.params.get("subscription_id"))
                return {}
        if (verb := commands.VERBS.get(command.method)) is None:
            raise CommandError("unknown_command", "There is no such command.")
        return await verb(self.user_id, self.thread_id, command.params, self._process)

    def _subscribe(self, command: Command, since: int | None, instead_of: object = None) -> None:
        wanted, after = protocol.channels(command.params), protocol.since(command.params, since)
        if instead_of is not None and not isinstance(instead_of, str):
            raise CommandError("invalid_argument", "subscription_id must be text.")
        replaced = self._subscriptions.pop(instead_of, None) if instead_of is not None else None
        if replaced is None and len(self._subscriptions) + self._waiting >= protocol.MAX_SUBSCRIPTIONS:
            raise CommandError("invalid_argument", "This socket has too many subscriptions.")
        self._made += 1
        self._waiting += 1
        subscription = Subscription(f"s{self._made}", wanted, after)
        self._replays.append(Replay(command.id, subscription))
        self._mailbox.wake()

    def _unsubscribe(self, name: object) -> None:
        if not isinstance(name, str):
            raise CommandError("invalid_argument", "Which subscription? subscription_id is missing.")
        if self._subscriptions.pop(name, None) is None:
            raise CommandError("no_such_subscription", "There is no such subscription.")

    # -- the writer --

    async def _write(self) -> None:
        """Send what the mailbox holds; serve replays from the log before anything that came after them."""
        try:
            while True:
                arrived, behind = await self._mailbox.take()
                if behind:
                    for subscription in list(self._subscriptions.values()):
                        await self._replay(subscription)
                replays, self._replays = self._replays, []
                for replay in replays:
                    await self._begin(replay)
                for event in arrived:
                    if self._comes_early(event):
                        await self._fill_gap_before(event)
                    await self._deliver(event)
        except postgres.OUTAGES:
            await self.close(protocol.RESTARTING)  # the client comes back, and so does the database
        except OSError:
            return  # the client went away
        except Exception as error:  # a socket without its writer would look alive and bring nothing
            logger.error("Events of thread %s cannot be sent: %s.", self.thread_id, type(error).__name__)
            await self.close(1011)

    def _comes_early(self, event: Event) -> bool:
        """Whether events before this one are missing here: another process published them while nobody listened."""
        return event.seq is not None and any(
            subscription.position + 1 < event.seq for subscription in self._subscriptions.values()
        )

    async def _fill_gap_before(self, event: Event) -> None:
        """Read what is missing from the log, again until it is there: events reach it a moment after they were sent.

        Numbers are left out only where a dead process had reserved them. The attempt after it says so, and the log has
        then all that it will ever have of the attempt before.
        """
        pause = GAP_SECONDS
        while self._comes_early(event):
            for subscription in list(self._subscriptions.values()):
                await self._replay(subscription)
            if event.name == "attempt" or not self._comes_early(event):
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, MOST_GAP_SECONDS)

    async def _begin(self, replay: Replay) -> None:
        subscription = replay.subscription
        if (relay := self._process.hub.relay) is not None:
            await relay.joined(thread_group(self.thread_id))
        if not await postgres.call(events.is_complete_after, self.thread_id, subscription.position):
            refused = CommandError("resume_gap", "These events are not kept any more. Fetch the thread again.")
            self._waiting -= 1
            await self._send(protocol.error(replay.number, refused))
            return
        sent = await self._replay(subscription)
        self._subscriptions[subscription.id] = subscription
        self._waiting -= 1
        result = {"subscription_id": subscription.id, "replayed_events": sent}
        await self._send(protocol.success(replay.number, result))

    async def _replay(self, subscription: Subscription) -> int:
        """Send everything above the subscription's position, page by page; return how much."""
        sent, more = 0, True
        while more:
            # Before the log is read: an event leaves this list only when the log has it.
            unwritten = self._process.runner.log.unwritten(self.user_id, self.thread_id)
            logged, more = await postgres.call(self._read, subscription.position)
            if not more:
                last = logged[-1].seq or 0 if logged else subscription.position
                logged += [event for event in unwritten if (event.seq or 0) > last]
            for event in logged:
                sent += await self._deliver_to(subscription, event)
        self._mailbox.reached(subscription.position)
        return sent

    def _read(self, after: int) -> tuple[list[Event], bool]:
        if self._sealer is None:
            if not access.threads(self.user_id).filter(id=self.thread_id).exists():
                return [], False
            self._sealer = keys.thread_sealer(self.user_id, self.thread_id)
        return events.read(self.thread_id, self._sealer, after)

    async def _deliver_to(self, subscription: Subscription, event: Event) -> bool:
        """Send a replayed event, unless another subscription of this socket has brought it already."""
        seq = event.seq or 0
        if seq <= subscription.position:
            return False
        subscription.position = seq
        others = (each for each in self._subscriptions.values() if each is not subscription)
        if not subscription.wants(event) or any(each.had(event) for each in others):
            return False
        await self._send(event.frame)
        return True

    async def _deliver(self, event: Event) -> None:
        """Send a live event once if any subscription wants it and has not had it."""
        wanted = False
        for subscription in self._subscriptions.values():
            if event.seq is None:
                wanted = wanted or subscription.wants(event)
            elif event.seq > subscription.position:
                subscription.position = event.seq
                wanted = wanted or subscription.wants(event)
        if wanted:
            await self._send(event.frame)

    async def _send(self, frame: bytes) -> None:
        if not self._closed:
            await self.send(text_data=frame.decode())

    def _leave(self) -> None:
        if self._joined:
            self._joined = False
            self._process.hub.leave(self.user_id, self.thread_id, self._mailbox)
            if self._writer is not asyncio.current_task():
                self._writer.cancel()

    def _end(self, code: int) -> None:
        """Close from outside: signed out, thread deleted, server restarting."""
        if self._joined:
            self._ending = asyncio.create_task(self._hang_up(code))

    async def _hang_up(self, code: int) -> None:
        with contextlib.suppress(OSError):  # the client may have left already
            await self.close(code)


def has_own_origin(scope: WebSocketScope) -> bool:
    """Whether the handshake comes from a page of this site: exact comparison, and a missing Origin is refused.

    Browsers send cookies with sockets that any site opens; the Origin is all that tells them apart.
    """
    headers = dict(scope["headers"])
    origin, host = headers.get(b"origin", b"").decode("latin-1"), headers.get(b"host", b"").decode("latin-1")
    if not origin or not host:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    schemes = ("https",) if settings.SESSION_COOKIE_SECURE else ("http", "https")
    return origin in {f"{scheme}://{host}" for scheme in schemes}


def is_foreign(user_id: int, thread_id: UUID) -> bool:
    """Whether the thread is not this user's to see: another's, trashed or deleted. One that never was may be made."""
    row = Thread.objects.filter(id=thread_id).values_list("owner_id", "trashed_at").first()
    if row is None:
        return Tombstone.objects.filter(thread_id=thread_id).exists()
    return row[0] != user_id or row[1] is not None
