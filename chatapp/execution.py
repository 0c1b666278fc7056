"""Executing claimed runs: drives the graph, streams what it says, writes how it ended.

The runner of a process holds one task per run. Nothing here depends on a browser being connected.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig

from chatapp import claims, endings, logs, metrics, postgres, runs, threads
from chatapp.checkpoints import SealedPostgresSaver, StaleEpoch, WarmTips, require_sealed
from chatapp.claims import Claim, StaleClaim
from chatapp.graph import build, endpoints
from chatapp.graph.failures import ModelFailure
from chatapp.graph.state import Context, State, is_full
from chatapp.keys import KeyMissing
from chatapp.models import Message, ModelCall, Run
from chatapp.sealing import SealError
from chatapp.streaming import protocol
from chatapp.streaming.answers import AnswerStream
from chatapp.streaming.events import EventLog, RunStream
from chatapp.streaming.hub import Hub

logger = logging.getLogger(__name__)

T = TypeVar("T")

OUTAGE_PAUSE = 0.5
# What lists show may wait this long, and is told once for all that happens meanwhile: first tokens go before it.
ANNOUNCE_SECONDS = 0.1
INTERNAL = "Something went wrong on this server. Your message is saved; try again."
# A dead process's runs are taken over so long after their leases have run out.
LOOKOUT_SECONDS = 1.0
LOOKOUT_RUNS = 50
GAVE_UP = "The server stopped several times while this was being answered. Your message is saved; try again."


class Runner:
    """The runs of this process: starts them, keeps their leases, stops them."""

    def __init__(self, hub: Hub) -> None:
        self.holder = uuid4()
        self.hub = hub
        self.log = EventLog(self._stale)
        self.tips = WarmTips()
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
    def desk(self) -> claims.Desk:
        """This process as one that claims runs."""
        return claims.Desk(self.holder, self.room)

    @property
    def finishing_desk(self) -> claims.Desk:
        """This process as one of whose runs has just ended, and so has made room for the next of its thread."""
        return claims.Desk(self.holder, not self._leaving)

    @property
    def active(self) -> int:
        """How many runs execute here."""
        return len(self._executions)

    def start(self, claim: Claim) -> None:
        """Execute a claimed run in a task of its own."""
        if (before := self._executions.get(claim.thread_id)) is not None:
            before.abandon()
        metrics.count_claim(claim.attempt, claim.waited)
        execution = Execution(claim, self)
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the graph came to."""

    status: Message.Status
    text: str
    failure: tuple[str, str] | None = None
    spent: tuple[endings.Spent, ...] = ()
    window_full: bool = False

    @property
    def state(self) -> Run.State:
        """The run's last state."""
        return {
            Message.Status.DONE: Run.State.DONE,
            Message.Status.STOPPED: Run.State.CANCELLED,
            Message.Status.FAILED: Run.State.FAILED,
        }[self.status]


EVENTS = {Run.State.DONE: "completed", Run.State.CANCELLED: "interrupted", Run.State.FAILED: "failed"}


@dataclass(eq=False)
class Execution:
    """One claimed run, from its first event to its last."""

    claim: Claim
    runner: Runner
    stream: AnswerStream = field(init=False)
    task: asyncio.Task[None] | None = None
    ending: bool = False
    _answering: asyncio.Task[Outcome] | None = None
    _stopping: bool = False
    _abandoned: bool = False

    def __post_init__(self) -> None:
        self._stopping = self.claim.stopping
        self.stream = AnswerStream(self.claim, self.runner.hub, self.runner.log)

    def stop(self) -> None:
        """End the answer here; the partial text is kept."""
        self._stopping = True
        if self._answering is not None:
            self._answering.cancel()

    def abandon(self) -> None:
        """End without writing anything."""
        self._abandoned = True
        if self._answering is not None:
            self._answering.cancel()
        if self.task is not None:
            self.task.cancel()

    async def run(self) -> Claim | None:
        """Execute to the end; return the claim of the thread's next queued run. Raises `StaleEpoch`, `StaleClaim`."""
        claim = self.claim
        thread_id = str(claim.thread_id)
        warm = self.runner.tips.take(thread_id, claim.tip)
        pool = await postgres.pool()
        saver = SealedPostgresSaver(pool, claim.sealer, thread_id, claim.epoch, warm, empty=claim.tip is None)
        graph = build.graph(saver)
        require_sealed(graph)
        outcome = await self._outcome(graph, saver)
        self.ending = True
        if outcome.status is not Message.Status.DONE:
            await self._write_partial(graph, outcome.text)
        # A turn that began here wrote its input first, and then the checkpoint that ends with the question.
        began = len(saver.written) > 1 and saver.written[0][1] == "input"
        self.runner.tips.keep(thread_id, saver.tip())
        return await self._finish(outcome, saver.written[1][0] if began else None)

    async def _outcome(self, graph: build.Graph, saver: SealedPostgresSaver) -> Outcome:
        """Answer, again after an outage of the database, until the run has come to something."""
        again = self.claim.attempt > 1
        while True:
            gives_up = self.claim.broke_off >= runs.MAX_ATTEMPTS
            text = await self._so_far() if self._stopping or gives_up else ""
            self.stream.begin(self.claim.attempt)
            if self._stopping:
                return Outcome(Message.Status.STOPPED, text)
            if gives_up:
                return Outcome(Message.Status.FAILED, text, ("gave_up", GAVE_UP))
            try:
                self._answering = asyncio.create_task(self._answer(graph, saver, again=again))
                return await self._answering
            except asyncio.CancelledError:
                if self._abandoned or not self._stopping:
                    raise StaleClaim from None
                return Outcome(Message.Status.STOPPED, self.stream.text)
            except (StaleEpoch, StaleClaim):
                raise
            except postgres.OUTAGES as error:
                logger.warning("Run %s waits for the database: %s.", self.claim.run_id, type(error).__name__)
                await asyncio.sleep(OUTAGE_PAUSE)
                again = True
            except ModelFailure as failed:
                metrics.MODEL_ERRORS.labels(failed.kind, ModelCall.Purpose.ANSWER.value).inc()
                logger.info("Run %s failed: %s.", self.claim.run_id, failed.kind)
                spent = endings.spent(ModelCall.Purpose.ANSWER, self.claim.model, failed.usage)
                return Outcome(Message.Status.FAILED, self.stream.text, (failed.kind, str(failed)), spent)
            except Exception as error:
                # The class only: a library's message may quote what people wrote.
                logger.error("Run %s failed: %s.", self.claim.run_id, type(error).__name__)
                return Outcome(Message.Status.FAILED, self.stream.text, ("internal", INTERNAL))
            finally:
                self._answering = None

    async def _answer(self, graph: build.Graph, saver: SealedPostgresSaver, *, again: bool) -> Outcome:
        claim = self.claim
        before = await saver.aget_tuple(self._config) if again else None
        values: State = before.checkpoint["channel_values"] if before else {}  # type: ignore[assignment]  # by name
        known = [message.id for message in values.get("messages", ())]
        # The end of an attempt before this one, whose partial answer is in the state and not in the tree.
        partial = before is not None and before.metadata.get("source") == "update"
        if partial or not known or known[-1] != str(claim.answer_id):
            values = await graph.ainvoke(  # type: ignore[assignment]  # the graph's state, as a plain dict
                self._given(known, partial=partial),
                self._config,
                context=self._context(),
                durability=settings.DURABILITY,
            )
        answer = values["messages"][-1]
        usage = answer.usage_metadata if isinstance(answer, AIMessage) else None
        return Outcome(
            Message.Status.DONE,
            str(answer.content),
            spent=endings.spent(ModelCall.Purpose.ANSWER, claim.model, usage),
            window_full=is_full(values, settings.WINDOW_MESSAGES, settings.WINDOW_TOKENS),
        )

    def _given(self, known: Sequence[str | None], *, partial: bool) -> State | None:
        """What the graph is given: the question, or nothing when it goes on from a state that has it."""
        question, answer = str(self.claim.message_id), str(self.claim.answer_id)
        if question in known and not partial:
            return None
        stale: list[AnyMessage] = [RemoveMessage(id=answer)] if answer in known else []  # type: ignore[list-item]
        return {"messages": [*stale, HumanMessage(self.claim.question, id=question)]}

    def _context(self) -> Context:
        return Context(
            model=endpoints.answering(self.claim.model),
            answer_id=str(self.claim.answer_id),
            instructions=settings.SYSTEM_PROMPT,
            window_messages=settings.WINDOW_MESSAGES,
            window_tokens=settings.WINDOW_TOKENS,
            summaries=self.claim.summaries,
            on_text=self.stream.on_text,
            on_reasoning=self.stream.on_reasoning,
        )

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": str(self.claim.thread_id)}}

    async def _so_far(self) -> str:
        """What was streamed of the answer, here or by a process that died."""
        if self.stream.text or self.claim.attempt == 1:
            return self.stream.text
        return await self._through_outages(lambda: postgres.call(endings.partial_text, self.claim))

    async def _write_partial(self, graph: build.Graph, text: str) -> None:
        """The checkpoint of a turn that has no whole answer: the question and what there is.

        The run ends without it when the state cannot be read: an end must not hang on what was damaged before.
        """
        claim = self.claim
        messages: list[BaseMessage] = [HumanMessage(claim.question, id=str(claim.message_id))]
        if text:
            messages.append(AIMessage(text, id=str(claim.answer_id)))
        update = {"messages": messages}
        try:
            await self._through_outages(lambda: graph.aupdate_state(self._config, update, as_node=build.ANSWERING))
        except (StaleEpoch, StaleClaim):
            raise
        except Exception as error:
            logger.error("Run %s ends without a checkpoint: %s.", claim.run_id, type(error).__name__)

    async def _finish(self, outcome: Outcome, question_checkpoint: str | None) -> Claim | None:
        spent = outcome.spent[0] if outcome.spent else None
        usage = None
        if spent is not None:
            usage = {
                "input_tokens": spent.input_tokens,
                "output_tokens": spent.output_tokens,
                "total_tokens": spent.input_tokens + spent.output_tokens,
            }
        self.stream.whole(outcome.text)
        await self.runner.log.withdraw(self.stream.events)
        events = self.stream.end(
            event=EVENTS[outcome.state], status=outcome.status, failure=outcome.failure, usage=usage
        )
        ending = endings.Ending(
            state=outcome.state,
            status=outcome.status,
            text=outcome.text,
            failure=outcome.failure,
            spent=outcome.spent,
            question_checkpoint=question_checkpoint,
            events=events,
            window_full=outcome.window_full,
        )
        following = await self._through_outages(
            lambda: postgres.call(endings.finish, self.claim, ending, self.runner.finishing_desk)
        )
        metrics.count_end(
            outcome.state.value, [(each.purpose, each.input_tokens, each.output_tokens) for each in outcome.spent]
        )
        self.stream.publish()
        return following

    async def _through_outages(self, verb: Callable[[], Awaitable[T]]) -> T:
        """Do it again until the database is there. A claim that was lost meanwhile ends this by its own error."""
        while True:
            try:
                return await verb()
            except postgres.OUTAGES as error:
                logger.warning("Run %s waits for the database: %s.", self.claim.run_id, type(error).__name__)
                await asyncio.sleep(OUTAGE_PAUSE)
