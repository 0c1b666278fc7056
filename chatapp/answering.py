"""Driving the graph for one run: what it is given, what it comes to, and closing a turn that has no whole answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from chatapp import endings, postgres, tree
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.claims import Claim
from chatapp.graph import build, endpoints, turns
from chatapp.graph.state import Context, State, is_full
from chatapp.models import Message, ModelCall, Run
from chatapp.streaming.answers import AnswerStream
from chatapp.tree import Remembered
from memory.memories import Source
from memory.preferences import PREFERENCES

# LangGraph's name for refusing answers to what is not asked.
STRICT_RESUME: Final = "__pregel_strict_resume"
UNANSWERED: Final = "The user did not answer."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the graph came to."""

    status: Message.Status
    text: str
    failure: tuple[str, str] | None = None
    spent: tuple[endings.Spent, ...] = ()
    window_full: bool = False
    memory: Remembered | None = None

    @property
    def state(self) -> Run.State:
        """The run's last state."""
        return {
            Message.Status.DONE: Run.State.DONE,
            Message.Status.STOPPED: Run.State.CANCELLED,
            Message.Status.FAILED: Run.State.FAILED,
        }[self.status]


@dataclass(frozen=True, slots=True)
class Asking:
    """The graph was interrupted to ask the owner; `asks` by the interrupt's id."""

    asks: Mapping[str, Any]  # Any: JSON


class Turn:
    """The graph at work on one claimed run; what it says goes to the stream."""

    def __init__(self, claim: Claim, stream: AnswerStream, graph: build.Graph, saver: SealedPostgresSaver) -> None:
        self._claim = claim
        self._stream = stream
        self._graph = graph
        self._saver = saver

    async def answer(self, *, again: bool) -> Outcome | Asking:
        """Let the graph answer; `again` after an attempt that broke off or asked. Raises `ModelFailure`."""
        claim = self._claim
        before = await self._saver.peek()
        values: State = before.checkpoint["channel_values"] if before else {}  # type: ignore[assignment]  # by name
        messages = values.get("messages", [])
        # The end of an attempt before this one, whose partial answer is in the state and not in the tree.
        partial = again and before is not None and before.metadata.get("source") == "update"
        if partial or not messages or messages[-1].id != str(claim.answer_id):
            if not partial and (said := turns.text(turns.steps(messages, str(claim.message_id)))):
                self._stream.on_text(said)
            values = await self._graph.ainvoke(  # type: ignore[assignment]  # the graph's state, as a plain dict
                await self._given(messages, partial=partial) or await self._resumption(),
                self._config,
                context=self._context(),
                durability=settings.DURABILITY,
            )
        if values.get("__interrupt__"):
            # In the order of the calls; the graph gives them in that in which they were reached.
            asks = (await self._graph.aget_state(self._config)).interrupts
            return Asking({each.id: each.value for each in asks})
        taken = turns.steps(values["messages"], str(claim.message_id))
        mine = self._mine(taken)
        return Outcome(
            Message.Status.DONE,
            turns.text(taken),
            spent=endings.spent(ModelCall.Purpose.ANSWER, claim.model, turns.usage(mine)),
            window_full=is_full(values, settings.WINDOW_MESSAGES, settings.WINDOW_TOKENS),
            memory=_remembered(values, mine),
        )

    async def close(self, outcome: Outcome) -> Outcome:
        """Write the checkpoint of a turn that has no whole answer: the question and what there is.

        Returns the outcome with what the steps before its last came to.
        """
        claim = self._claim
        values = (await self._graph.aget_state(self._config)).values
        taken = turns.steps(values.get("messages", ()), str(claim.message_id))
        messages: list[BaseMessage] = [HumanMessage(claim.question, id=str(claim.message_id))]
        # A call without a result would make the next request fail.
        messages += _unanswered(taken)
        said = turns.text(taken)
        if rest := outcome.text.removeprefix(said).removeprefix(turns.PARAGRAPH if said else ""):
            messages.append(AIMessage(rest, id=str(claim.answer_id)))
        await self._graph.aupdate_state(self._config, {"messages": messages}, as_node=build.ANSWERING)
        if not (mine := self._mine(taken)):
            return outcome
        spent = endings.spent(ModelCall.Purpose.ANSWER, claim.model, turns.usage(mine))
        return replace(outcome, spent=(*spent, *outcome.spent), memory=_remembered(values, mine))

    def _mine(self, taken: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
        """What this run did of an answer: a replay goes on from what another one did, and that one spent."""
        return turns.of_answer(taken, str(self._claim.answer_id)) if self._claim.replays else taken

    async def _resumption(self) -> Command[Any] | None:
        """The owner's answers to what the graph asks; nothing when it goes on without."""
        if not self._claim.answers:
            return None
        asked = {each.id for each in (await self._graph.aget_state(self._config)).interrupts}
        given = {each: answer for each, answer in self._claim.answers.items() if each in asked}
        return Command(resume=given) if given else None

    async def _given(self, messages: Sequence[BaseMessage], *, partial: bool) -> State | None:
        """The question and what has to stand before it, or nothing when the graph goes on from a state that has it."""
        question, answer = str(self._claim.message_id), str(self._claim.answer_id)
        known = [message.id for message in messages]
        if question in known and not partial:
            return None
        before: list[Any] = [RemoveMessage(id=answer)] if answer in known else []  # Any: the state's union of messages
        if question not in known:
            before += _unanswered(turns.steps(messages))  # of a turn that someone was put back into
            before += await self._untold(known)
        return {"messages": [*before, HumanMessage(self._claim.question, id=question)]}

    async def _untold(self, known: Sequence[str | None]) -> list[BaseMessage]:
        """What the branch says and the state does not have: the tree is the record.

        All that fits the window, where a message without a checkpoint is continued; else a question before this one
        that was put back to, whose turn had only begun.
        """
        parent = self._claim.parent_id
        if parent is None or str(parent) in known:
            return []
        most = settings.WINDOW_MESSAGES if not known else 1
        told = await postgres.call(tree.texts, self._claim.thread_id, parent, self._claim.sealer, most)
        return [
            HumanMessage(text, id=str(each)) if role == Message.Role.USER else AIMessage(text, id=str(each))
            for each, role, text in told
            if text and (not known or role == Message.Role.USER)
        ]

    def _context(self) -> Context:
        return Context(
            model=endpoints.answering(self._claim.model),
            user_id=self._claim.owner_id,
            answer_id=str(self._claim.answer_id),
            instructions=settings.SYSTEM_PROMPT,
            window_messages=settings.WINDOW_MESSAGES,
            window_tokens=settings.WINDOW_TOKENS,
            memory_tokens=settings.MEMORY_TOKENS,
            remembers=not self._claim.temporary,
            has_kept=self._claim.has_kept,
            source=Source("assistant", self._claim.thread_id, self._claim.answer_id),
            summaries=self._claim.summaries,
            on_text=self._stream.on_text,
            on_reasoning=self._stream.on_reasoning,
        )

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": str(self._claim.thread_id), STRICT_RESUME: True}}


def _unanswered(taken: Sequence[BaseMessage]) -> list[ToolMessage]:
    """A result for each call of a turn that has none."""
    return [
        ToolMessage(UNANSWERED, name=call["name"], tool_call_id=call["id"] or "") for call in turns.open_calls(taken)
    ]


def _remembered(values: Mapping[str, Any], taken: Sequence[BaseMessage]) -> Remembered | None:
    """What of the user's memory shaped an answer and what it changed there; None for nothing."""
    given = values.get("recalled", [])
    memory: Remembered = {
        "used": [each for each in given if each != PREFERENCES],
        "preferences": PREFERENCES in given,
        "effects": turns.effects(taken),
    }
    return memory if any(memory.values()) else None
