"""Executing a claimed run: drives the graph, streams what it says, writes how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chatapp import asking, endings, metrics, postgres, runs
from chatapp.answering import Asking, Outcome, Turn
from chatapp.checkpoints import SealedPostgresSaver, StaleEpoch, WarmTips, require_sealed
from chatapp.claims import Claim, Desk, StaleClaim
from chatapp.graph import build
from chatapp.graph.failures import ModelFailure
from chatapp.models import Message, ModelCall, Run
from chatapp.streaming.answers import AnswerStream
from chatapp.streaming.events import EventLog
from chatapp.streaming.hub import Hub
from memory.sealed_store import SealedPostgresStore

logger = logging.getLogger(__name__)

T = TypeVar("T")

OUTAGE_PAUSE = 0.5
INTERNAL = "Something went wrong on this server. Your message is saved; try again."
GAVE_UP = "The server stopped several times while this was being answered. Your message is saved; try again."


EVENTS = {Run.State.DONE: "completed", Run.State.CANCELLED: "interrupted", Run.State.FAILED: "failed"}


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the executions of a process share. `next_desk` is where the run that follows one is claimed."""

    hub: Hub
    log: EventLog
    tips: WarmTips
    next_desk: Callable[[], Desk]


@dataclass(eq=False)
class Execution:
    """One claimed run, from its first event to its last."""

    claim: Claim
    here: Workplace
    stream: AnswerStream = field(init=False)
    task: asyncio.Task[None] | None = None
    ending: bool = False
    _answering: asyncio.Task[Outcome | Asking] | None = None
    _stopping: bool = False
    _abandoned: bool = False

    def __post_init__(self) -> None:
        self._stopping = self.claim.stopping
        self.stream = AnswerStream(self.claim, self.here.hub, self.here.log)

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
        warm = self.here.tips.take(thread_id, claim.tip)
        pool = await postgres.pool()
        saver = SealedPostgresSaver(pool, claim.sealer, thread_id, claim.epoch, warm, empty=claim.tip is None)
        graph = build.graph(saver, SealedPostgresStore(pool))
        require_sealed(graph)
        turn = Turn(claim, self.stream, graph, saver)
        outcome = await self._outcome(turn)
        self.ending = True
        if isinstance(outcome, Outcome) and outcome.status is not Message.Status.DONE:
            outcome = await self._write_partial(turn, outcome)
        # A turn that began here wrote its input first, and then the checkpoint that ends with the question.
        began = len(saver.written) > 1 and saver.written[0][1] == "input"
        question_checkpoint = saver.written[1][0] if began else None
        if isinstance(outcome, Asking):  # the tip has pending writes, which a warm one would not know
            return await self._ask(outcome, question_checkpoint)
        self.here.tips.keep(thread_id, saver.tip())
        return await self._finish(outcome, question_checkpoint)

    async def _outcome(self, turn: Turn) -> Outcome | Asking:
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
                self._answering = asyncio.create_task(turn.answer(again=again))
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

    async def _so_far(self) -> str:
        """What was streamed of the answer, here or by a process that died."""
        if self.stream.text or self.claim.attempt == 1:
            return self.stream.text
        return await self._through_outages(lambda: postgres.call(endings.partial_text, self.claim))

    async def _write_partial(self, turn: Turn, outcome: Outcome) -> Outcome:
        """Close a turn that has no whole answer.

        The run ends without a checkpoint when the state cannot be read: an end must not hang on what was damaged
        before.
        """
        try:
            return await self._through_outages(lambda: turn.close(outcome))
        except (StaleEpoch, StaleClaim):
            raise
        except Exception as error:
            logger.error("Run %s ends without a checkpoint: %s.", self.claim.run_id, type(error).__name__)
            return outcome

    async def _ask(self, outcome: Asking, question_checkpoint: str | None) -> Claim | None:
        """Let the run wait for its owner; the claim to go on with when they have answered already."""
        await self.here.log.withdraw(self.stream.events)
        pause = asking.Pause(outcome.asks, question_checkpoint, self.stream.ask(outcome.asks))
        following = await self._through_outages(
            lambda: postgres.call(asking.wait, self.claim, pause, self.here.next_desk())
        )
        self.stream.publish()
        return following

    async def _finish(self, outcome: Outcome, question_checkpoint: str | None) -> Claim | None:
        usage = None
        if outcome.spent:
            given, made = (
                sum(getattr(each, name) for each in outcome.spent) for name in ("input_tokens", "output_tokens")
            )
            usage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
        self.stream.whole(outcome.text)
        await self.here.log.withdraw(self.stream.events)
        events = self.stream.end(
            event=EVENTS[outcome.state],
            status=outcome.status,
            failure=outcome.failure,
            usage=usage,
            memory=outcome.memory,
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
            memory=outcome.memory,
        )
        following = await self._through_outages(
            lambda: postgres.call(endings.finish, self.claim, ending, self.here.next_desk())
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
