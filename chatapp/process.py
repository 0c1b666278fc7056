"""What lives as long as a server process does: hub, event log, runner, queue worker, and the demo model.

There is one per event loop, made on first use; `start` and `stop` belong to the server's lifespan.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from procrastinate.contrib.django import app as queue
from procrastinate.psycopg_connector import PsycopgConnector

from chatapp import demo_model, logs, postgres, sessions
from chatapp.execution import Runner
from chatapp.graph import build, endpoints, model
from chatapp.streaming import protocol
from chatapp.streaming.hub import Hub

logger = logging.getLogger(__name__)

DATABASE_THREADS = 12
QUEUE_POLL_SECONDS = 0.5
QUEUE_CONCURRENCY = 20
SESSION_CHECK_SECONDS = 10
RESTART_SECONDS = 1.0


class Process:
    """The long-lived parts of one event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.runner = Runner(self.hub)
        self._demo: demo_model.DemoServer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._announcing: set[asyncio.Task[None]] = set()

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
        self._keep("sign-outs", self._check_sessions)
        self._keep("event log", self.runner.log.flush_forever)
        self._keep("leases", self.runner.beat_forever)
        self._keep("lookout", self.runner.look_out_forever)
        self._keep("queue", self._work)

    async def stop(self) -> None:
        """Close the sockets with "restarting", let go of the runs, close everything."""
        self.hub.close_all(protocol.RESTARTING)
        for task in self._tasks:  # the queue first, or a job of it could start a run now
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.runner.close()
        if self._demo is not None:
            await self._demo.stop()
        await model.close()
        await postgres.close()

    def announce_soon(self, user_id: int, thread_id: UUID) -> None:
        """Tell the user's sockets, without waiting, what became of a thread."""
        task = asyncio.create_task(self.runner.announce(user_id, thread_id))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    async def announced(self) -> None:
        """Wait until everything that was to be announced is."""
        await asyncio.gather(*self._announcing, return_exceptions=True)

    def remove(self, user_id: int, thread_id: UUID, *, for_ever: bool = False) -> None:
        """Take a thread out of the user's open lists; for ever: end its run here and its sockets too."""
        if for_ever:
            self.runner.lost(thread_id)
            self.hub.close_thread(user_id, thread_id, protocol.NOT_FOUND)
        self.hub.notify(user_id, protocol.custom(None, "threads.removed", {"id": str(thread_id)}))

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(_forever(name, work), name=name))

    async def _check_sessions(self) -> None:
        """Every few seconds, have the sockets of ended sessions and disabled accounts authenticate anew."""
        while True:
            await asyncio.sleep(SESSION_CHECK_SECONDS)
            keys = self.hub.sessions
            for session_key in keys - await postgres.call(sessions.valid, keys):
                self.hub.close_session(session_key, protocol.RESTARTING)

    async def _work(self) -> None:
        """The queue's worker: claims runs, makes titles and summaries."""
        connector = PsycopgConnector(kwargs=postgres.conninfo(), min_size=1, max_size=4)
        async with queue.with_connector(connector).open_async() as app:
            await app.run_worker_async(
                concurrency=QUEUE_CONCURRENCY,
                fetch_job_polling_interval=QUEUE_POLL_SECONDS,
                install_signal_handlers=False,
                delete_jobs="always",
                shutdown_graceful_timeout=2,
            )


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


_processes: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()


# The loop that a server runs on, for code on other threads.
_serving: list[asyncio.AbstractEventLoop] = []


def tell(action: Callable[[Process], None]) -> None:
    """From any thread: do something on the loop of this process's server, if it has one. Does not wait."""
    for loop in _serving:
        if not loop.is_closed() and (here := _processes.get(loop)) is not None:
            loop.call_soon_threadsafe(action, here)


def current() -> Process:
    """This event loop's process."""
    loop = asyncio.get_running_loop()
    found = _processes.get(loop)
    if found is None:
        found = _processes[loop] = Process()
    return found
