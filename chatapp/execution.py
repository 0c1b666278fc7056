"""Executing a claimed run: drives the graph, streams what it says, writes how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig

from chatapp import endings, metrics, postgres, runs
from chatapp.checkpoints import SealedPostgresSaver, StaleEpoch, WarmTips, require_sealed
from chatapp.claims import Claim, Desk, StaleClaim
from chatapp.graph import build, endpoints
from chatapp.graph.failures import ModelFailure
from chatapp.graph.state import Context, State, is_full
from chatapp.models import Message, ModelCall, Run
from chatapp.streaming.answers import AnswerStream
from chatapp.streaming.events import EventLog
from chatapp.streaming.hub import Hub

logger = logging.getLogger(__name__)

T = TypeVar("T")

OUTAGE_PAUSE = 0.5
INTERNAL = "Something went wrong on this server. Your message is saved; try again."
GAVE_UP = "The server stopped several times while this was being answered. Your message is saved; try again."


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
    _answering: asyncio.Task[Outcome] | None = None
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
        graph = build.graph(saver)
        require_sealed(graph)
        outcome = await self._outcome(graph, saver)
        self.ending = True
        if outcome.status is not Message.Status.DONE:
            await self._write_partial(graph, outcome.text)
        # A turn that began here wrote its input first, and then the checkpoint that ends with the question.
        began = len(saver.written) > 1 and saver.written[0][1] == "input"
        self.here.tips.keep(thread_id, saver.tip())
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
        await self.here.log.withdraw(self.stream.events)
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
