"""The runs of a process: starts them, keeps their leases, stops them, takes over what dead processes left.

A runner holds one task per run. Nothing here depends on a browser being connected.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from uuid import UUID, uuid4

from django.conf import settings

from chatapp import endings, logs, metrics, postgres, runs, threads
from chatapp.checkpoints import StaleEpoch, WarmTips
from chatapp.claims import Claim, Desk, StaleClaim
from chatapp.execution import Execution, Workplace
from chatapp.keys import KeyMissing
from chatapp.sealing import SealError
from chatapp.streaming import protocol
from chatapp.streaming.events import EventLog, RunStream
from chatapp.streaming.hub import Hub

logger = logging.getLogger(__name__)

# What lists show may wait this long, and is told once for all that happens meanwhile: first tokens go before it.
ANNOUNCE_SECONDS = 0.1
# A dead process's runs are taken over so long after their leases have run out.
LOOKOUT_SECONDS = 1.0
LOOKOUT_RUNS = 50


class Runner:
    """The runs of this process: starts them, keeps their leases, stops them."""

    def __init__(self, hub: Hub) -> None:
        self.holder = uuid4()
        self.hub = hub
        self.log = EventLog(self._stale)
        self.tips = WarmTips()
        # An end makes room for the next run of its thread.
        self._workplace = Workplace(hub, self.log, self.tips, lambda: Desk(self.holder, not self._leaving))
        self._executions: dict[UUID, Execution] = {}
        self._announcing: set[UUID] = set()
        self._leaving = False
        self._has_room_again = asyncio.Event()
        # Users whose messages wait, as far as this process knows: an end of one of their runs lets it look around.
        self.held_back: set[int] = set()
        # Runs whose message cannot be read (its key is gone): looking at them again would help nobody.
        self._unreadable: set[UUID] = set()

    @property
    def room(self) -> bool:
        """Whether this process takes on another run."""
        return not self._leaving and len(self._executions) < settings.CONCURRENT_RUNS

    @property
    def desk(self) -> Desk:
        """This process as one that claims runs."""
        return Desk(self.holder, self.room)

    @property
    def active(self) -> int:
        """How many runs execute here."""
        return len(self._executions)

    def start(self, claim: Claim) -> None:
        """Execute a claimed run in a task of its own."""
        if (before := self._executions.get(claim.thread_id)) is not None:
            before.abandon()
        metrics.count_claim(claim.attempt, claim.waited)
        execution = Execution(claim, self._workplace)
        self._executions[claim.thread_id] = execution
        execution.task = asyncio.create_task(self._follow(execution), name=f"run {claim.run_id}")
        execution.task.add_done_callback(lambda _: self._forget(execution))

    def stop(self, thread_id: UUID, run_id: UUID) -> None:
        """End the run if it executes here; its partial answer is kept."""
        execution = self._executions.get(thread_id)
        if execution is not None and execution.claim.run_id == run_id:
            execution.stop()

    def lost(self, thread_id: UUID) -> None:
        """The thread's run belongs to someone else, or the thread is gone: write nothing more, keep nothing."""
        self.tips.drop(str(thread_id))
        if (execution := self._executions.get(thread_id)) is not None:
            execution.abandon()

    async def beat_forever(self) -> None:
        """Renew the leases of all runs here; give up those that were taken over, stop those asked to stop."""
        while True:
            await asyncio.sleep(settings.HEARTBEAT_SECONDS)
            mine = {thread_id: each.claim.epoch for thread_id, each in self._executions.items()}
            try:
                held, stopping = await postgres.call(runs.heartbeat, self.holder, mine)
            except postgres.OUTAGES as error:
                logger.warning("Leases are not renewed: %s.", type(error).__name__)
                continue
            for thread_id, epoch in mine.items():
                execution = self._executions.get(thread_id)
                if execution is None or execution.claim.epoch != epoch or execution.ending:
                    continue
                if thread_id not in held:
                    execution.abandon()
                elif thread_id in stopping:
                    execution.stop()

    async def look_out_forever(self) -> None:
        """Take the runs that nobody executes: of processes that died, and those that wait for room."""
        while True:
            # Not `wait_for`, which can lose a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOKOUT_SECONDS):
                    await self._has_room_again.wait()
            self._has_room_again.clear()
            if self.room:
                # After an outage the leases of the runs here have run out too, and are renewed in a moment.
                here = [each.claim.run_id for each in self._executions.values()]
                for run_id in await postgres.call(runs.untaken, LOOKOUT_RUNS, [*here, *self._unreadable]):
                    await self.take(run_id)
            if asked := set(self.held_back):
                self.held_back -= asked - await postgres.call(runs.owners_waiting, asked)

    async def take(self, run_id: UUID) -> None:
        """Execute a run here if nobody holds it, it is its turn and there is room."""
        try:
            claim = await postgres.call(runs.recover, run_id, self.desk)
        except (SealError, KeyMissing) as error:
            logger.error("Run %s cannot be read: %s.", run_id, type(error).__name__)
            self._unreadable.add(run_id)
        else:
            if claim is not None:
                self.start(claim)

    def leave(self) -> None:
        """Take on nothing more."""
        self._leaving = True

    async def drain(self, seconds: float) -> None:
        """Let the runs here end for so long, and hand over those that do not."""
        deadline = time.monotonic() + seconds
        while self._executions and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait([each.task for each in self._executions.values() if each.task], timeout=left)
        held = {thread_id: each.claim.epoch for thread_id, each in self._executions.items()}
        await self.close()
        if not held:
            return
        try:
            await postgres.call(endings.hand_over, self.holder, held)
        except postgres.OUTAGES as error:
            logger.warning(
                "%d runs are taken over when their leases have run out: %s.", len(held), type(error).__name__
            )

    async def close(self) -> None:
        """Let go of every run without an end: their leases run out and another start takes them up."""
        tasks = [each.task for each in self._executions.values() if each.task is not None]
        for execution in list(self._executions.values()):
            execution.abandon()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, execution: Execution) -> None:
        logs.about(run_id=execution.claim.run_id, thread_id=execution.claim.thread_id, user_id=execution.claim.owner_id)
        claim: Claim | None = None
        try:
            claim = await execution.run()
        except (StaleEpoch, StaleClaim):
            metrics.RUNS_LET_GO.inc()
            logger.info("Run %s was taken over, or its thread is gone.", execution.claim.run_id)
        except Exception as error:
            logger.error("Run %s could not be ended: %s.", execution.claim.run_id, type(error).__name__)
        self._forget(execution)
        if claim is not None:
            logs.about(request_id=None)  # the next run came of another request
            self.start(claim)
        await self.announce(execution.claim.owner_id, execution.claim.thread_id)

    def _forget(self, execution: Execution) -> None:
        self.log.close(execution.stream.events)
        if self._executions.get(execution.claim.thread_id) is execution:
            was_full = not self.room
            del self._executions[execution.claim.thread_id]
            if was_full or settings.TOTAL_RUNS or execution.claim.owner_id in self.held_back:
                self._has_room_again.set()

    def _stale(self, stream: RunStream) -> None:
        """The stream's run lost its claim. Another execution of the same thread here is not meant."""
        execution = self._executions.get(stream.thread_id)
        if execution is not None and execution.stream.events is stream:
            execution.abandon()

    async def announce(self, owner_id: int, thread_id: UUID) -> None:
        """Tell the owner's sockets, in a moment, what the thread looks like in lists then, and what waits in it."""
        if not self.hub.listens(owner_id) or thread_id in self._announcing:
            return
        self._announcing.add(thread_id)
        try:
            await asyncio.sleep(ANNOUNCE_SECONDS)
        finally:
            self._announcing.discard(thread_id)
        try:
            item, waiting = await postgres.call(threads.glance, owner_id, thread_id)
        except (*postgres.OUTAGES, KeyMissing):
            return  # a hint only, or the thread was deleted meanwhile
        if item is not None:
            self.hub.notify(owner_id, thread_id, protocol.custom(None, "thread", item))
        self.hub.publish(owner_id, thread_id, protocol.custom(None, "queue", {"messages": waiting}))
