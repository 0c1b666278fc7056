"""What lives as long as a server process does: hub, event log, runner, queue worker, and the demo model.

There is one per event loop, made on first use; `start` and `stop` belong to the server's lifespan.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from procrastinate.contrib.django import app as queue
from procrastinate.psycopg_connector import PsycopgConnector

from chatapp import demo_model, logs, metrics, postgres, sessions
from chatapp.graph import build, endpoints, model
from chatapp.runner import Runner
from chatapp.streaming import events, protocol
from chatapp.streaming.hub import Hub
from chatapp.streaming.limits import Allowance
from chatapp.streaming.relay import Address, Relay
from memory import recall

logger = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE_THREADS = 12
QUEUE_POLL_SECONDS = 0.5
QUEUE_CONCURRENCY = 20
QUEUE_CONNECTIONS = 4
SESSION_CHECK_SECONDS = 10
RESTART_SECONDS = 1.0
END_SECONDS = 5.0
POLL_SECONDS = 0.5
SELDOM = 10
CALL_SECONDS = 60.0


class Process:
    """The long-lived parts of one event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.runner = Runner(self.hub)
        self.allowance = Allowance()
        self.relay: Relay | None = None
        self.draining = False
        # Whether the queue's worker runs; None in a process that is to have none.
        self.queue_works: bool | None = None
        self._demo: demo_model.DemoServer | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._announcing: set[asyncio.Task[None]] = set()
        self._warming: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the pool, start the demo model if there is no provider, and start the loops."""
        asyncio.get_running_loop().set_exception_handler(logs.name_only)
        asyncio.get_running_loop().set_default_executor(
            ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")
        )
        await postgres.pool()
        build.compiled()  # now, and not while someone waits
        if settings.DEMO:
            self._demo = await demo_model.start(tokens_per_second=settings.DEMO_TOKENS_PER_SECOND)
            endpoints.use_demo(self._demo.url, self._demo.token)
        # What is loaded by now stays: a full collection that went through it would hold the loop for over 100 ms.
        gc.collect()
        gc.freeze()
        _serving[:] = [asyncio.get_running_loop()]
        if settings.REDIS_URL:
            self._join(Relay(settings.REDIS_URL, self.hub.deliver, self._act))
        self._keep("loop lag", metrics.watch_loop)
        self._keep("sign-outs", self._check_sessions)
        self._keep("polling", self._poll)
        self._keep("event log", self.runner.log.flush_forever)
        if settings.CONCURRENT_RUNS:
            self._keep("leases", self.runner.beat_forever)
            self._keep("lookout", self.runner.look_out_forever)
            self._keep("queue", self._work)

    def leave(self) -> None:
        """Take on no more runs: this process is about to stop."""
        self.draining = True
        self.runner.leave()

    async def stop(self) -> None:
        """Close the sockets with "restarting", drain, close everything.

        Runs may go on for `DRAIN_SECONDS`, unless someone at a keyboard waits; the rest is handed over.
        """
        self.leave()
        self.hub.close_all(protocol.RESTARTING)
        await self._end("lookout", "queue", "polling", "sign-outs")  # or one of them could start a run now
        await self.runner.drain(0 if _hurried.is_set() else settings.DRAIN_SECONDS)
        await self.announced()
        if self.relay is not None:
            await self.relay.sent()
        await self._end(*self._tasks)
        if self.relay is not None:
            await self.relay.close()
        if self._demo is not None:
            await self._demo.stop()
        await model.close()
        await postgres.close()

    def announce_soon(self, user_id: int, thread_id: UUID) -> None:
        """Tell the user's sockets, without waiting, what became of a thread."""
        task = asyncio.create_task(self.runner.announce(user_id, thread_id))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    def refetch(self, user_id: int, thread_id: UUID) -> None:
        """Have every page that shows the thread load it anew: it stands elsewhere than before."""
        self.hub.publish(user_id, thread_id, protocol.custom(None, "refetch", {}))
        self.announce_soon(user_id, thread_id)

    def warm(self, user_id: int) -> None:
        """Open the memory of a user who has come, without waiting, if runs are executed here."""
        if settings.CONCURRENT_RUNS and not self.draining:
            task = asyncio.create_task(postgres.call(recall.warm, user_id), name="warming")
            self._warming.add(task)
            task.add_done_callback(self._warmed)

    def _warmed(self, task: asyncio.Task[None]) -> None:
        self._warming.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:  # an answer that needs it will tell
            logger.warning("A memory was not opened: %s.", type(error).__name__)

    async def announced(self) -> None:
        """Wait until everything that was to be announced is, for a while."""
        if self._announcing:
            await asyncio.wait(set(self._announcing), timeout=END_SECONDS)

    def remove(self, user_id: int, thread_id: UUID, *, for_ever: bool = False) -> None:
        """Take a thread out of the user's open lists; for ever: end its run here and its sockets too."""
        if self.relay is not None:  # not as a notice: there may be no key any more to seal it
            request = {"do": "remove", "user": str(user_id), "thread": str(thread_id)}
            self.relay.request(**request, for_ever="1" if for_ever else "")
        self._remove(user_id, thread_id, for_ever=for_ever)

    def stop_run(self, thread_id: UUID, run_id: UUID) -> None:
        """End a run that was asked to stop, wherever it executes. Elsewhere it is a hint: the lease brings the wish."""
        self.runner.stop(thread_id, run_id)
        if self.relay is not None:
            self.relay.request(do="stop", thread=str(thread_id), run=str(run_id))

    def _remove(self, user_id: int, thread_id: UUID, *, for_ever: bool) -> None:
        if for_ever:
            self.runner.lost(thread_id)
            self.hub.close_thread(user_id, thread_id, protocol.NOT_FOUND)
        removed = protocol.custom(None, "threads.removed", {"id": str(thread_id)})
        self.hub.deliver(Address(user_id, thread_id, everywhere=True), removed)

    def _act(self, request: dict[str, str]) -> None:
        """What another process asked for."""
        thread_id = UUID(request["thread"])
        if request["do"] == "stop":
            self.runner.stop(thread_id, UUID(request["run"]))
        elif request["do"] == "remove":
            self._remove(int(request["user"]), thread_id, for_ever=bool(request["for_ever"]))

    def _join(self, relay: Relay) -> None:
        self.relay = self.hub.relay = relay
        self._keep("relay, sending", relay.send_forever)
        self._keep("relay, receiving", relay.receive_forever)
        self._keep("relay", relay.keep_forever)

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks[name] = asyncio.create_task(_forever(name, work), name=name)

    async def _end(self, *names: str) -> None:
        ended = [task for name in names if (task := self._tasks.pop(name, None)) is not None]
        for task in ended:
            task.cancel()
        if not ended:
            return
        _, still = await asyncio.wait(ended, timeout=END_SECONDS)
        if still:  # in a library that does not listen: the process ends all the same
            logger.warning("Not ended: %s.", ", ".join(sorted(task.get_name() for task in still)))

    async def _poll(self) -> None:
        """Look into the log for what other processes wrote: often without a relay, and now and then with one.

        What a relay loses is mostly noticed by the next event; the last one of a run has none after it.
        """
        seldom = 0
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self.relay is not None and self.relay.healthy:
                seldom += 1
                if seldom % SELDOM:
                    continue
            else:
                seldom = -1  # and at once when it is back
            followed = {thread_id: owner_id for owner_id, thread_id in self.hub.followed}
            if not followed:
                continue
            for thread_id, seq in await postgres.call(events.latest, list(followed)):
                owner_id = followed[thread_id]
                if seq is None:
                    self._remove(owner_id, thread_id, for_ever=True)
                elif self.hub.hear(thread_id, owner_id, seq):
                    self.announce_soon(owner_id, thread_id)

    async def _check_sessions(self) -> None:
        """Every few seconds, have the sockets of ended sessions and disabled accounts authenticate anew."""
        while True:
            await asyncio.sleep(SESSION_CHECK_SECONDS)
            keys = self.hub.sessions
            for session_key in keys - await postgres.call(sessions.valid, keys):
                self.hub.close_session(session_key, protocol.RESTARTING)

    async def _work(self) -> None:
        """The queue's worker: claims runs, makes titles and summaries."""
        connector = PsycopgConnector(kwargs=postgres.conninfo(), min_size=1, max_size=QUEUE_CONNECTIONS)
        self.queue_works = False
        async with queue.with_connector(connector).open_async() as app:
            self.queue_works = True
            try:
                await app.run_worker_async(
                    concurrency=QUEUE_CONCURRENCY,
                    fetch_job_polling_interval=QUEUE_POLL_SECONDS,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    shutdown_graceful_timeout=2,
                )
            finally:
                self.queue_works = False


async def _forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work until cancelled; when it breaks off (the database is away), begin again."""
    while True:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.warning("The %s broke off: %s. Starting it again.", name, type(error).__name__)
        await asyncio.sleep(RESTART_SECONDS)


_hurried = threading.Event()


def hurry() -> None:
    """Whoever stops this program waits for it: hand runs over at once."""
    _hurried.set()


_processes: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()


# The loop that a server runs on, for code on other threads.
_serving: list[asyncio.AbstractEventLoop] = []


def tell(action: Callable[[Process], None]) -> None:
    """From any thread: do something on the loop of this process's server, if it has one. Does not wait."""
    for loop in _serving:
        if not loop.is_closed() and (here := _processes.get(loop)) is not None:
            loop.call_soon_threadsafe(action, here)


def call(make: Callable[[], Coroutine[Any, Any, T]]) -> T:  # Any: a coroutine sends and is sent nothing
    """From a thread without an event loop: run a coroutine and wait for what it comes to.

    On the loop of this process's server if it has one, for a minute at most (`TimeoutError`); else on one of its own.
    """
    for loop in _serving:
        if loop.is_running():
            future = asyncio.run_coroutine_threadsafe(make(), loop)
            try:
                return future.result(CALL_SECONDS)
            except TimeoutError:
                future.cancel()
                raise
    with asyncio.Runner() as runner:
        try:
            return runner.run(make())
        finally:
            runner.run(postgres.close())


def current() -> Process:
    """This event loop's process."""
    loop = asyncio.get_running_loop()
    found = _processes.get(loop)
    if found is None:
        found = _processes[loop] = Process()
    return found
