"""What is made of a thread after an answer: its title and its running summary, each one capped call of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.conf import settings
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.base import CheckpointTuple

from chatapp import content, endings, keys, metrics, postgres, threads
from chatapp.checkpoints import SealedPostgresSaver, WarmTips
from chatapp.claims import KEPT_SUMMARIES
from chatapp.graph import endpoints, model, prompt
from chatapp.graph.failures import ModelFailure
from chatapp.graph.state import State, halve, is_full
from chatapp.models import Message, Summary
from chatapp.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer and its question, opened."""

    owner_id: int
    thread_id: UUID
    titled: bool
    checkpoint_id: str | None
    model: str
    question: str
    reply: str
    sealer: Sealer
    summarised: tuple[str, ...]


async def make_title(answer_id: UUID) -> tuple[int, UUID] | None:
    """Give an untitled thread a title made from its first turn. Returns owner and thread, or None.

    When the model has none, the beginning of the question stays as the title. Raises `ModelFailure` when it may have
    one later.
    """
    turn = await postgres.call(_turn, answer_id)
    if turn is None or turn.titled:
        return None
    title = ""
    try:
        reply = await _complete(turn, "title", endpoints.titling(turn.model), prompt.title(turn.question, turn.reply))
        title = prompt.tidy_title(content.clean(str(reply.content)))
    except ModelFailure as failed:
        if failed.transient:
            raise  # the next turn asks again
    if title:
        await postgres.call(threads.set_title, turn.owner_id, turn.thread_id, title, by_model=True)
    else:
        await postgres.call(threads.keep_title, turn.owner_id, turn.thread_id)
    return turn.owner_id, turn.thread_id


async def make_summary(answer_id: UUID, tips: WarmTips) -> bool:
    """Summarise the older half of the window that ends with an answer; the next run on that branch takes it up.

    The window is read from the database unless it is among `tips`. Returns whether a summary was made. Raises
    `ModelFailure`: the window then stays as it is, and the next turn tries again.
    """
    turn = await postgres.call(_turn, answer_id)
    if turn is None or turn.checkpoint_id is None:
        return False
    found = tips.peek(str(turn.thread_id), turn.checkpoint_id) or await _read(turn, turn.checkpoint_id)
    values = cast("State", dict(found.checkpoint["channel_values"]) if found else {})
    window: Sequence[BaseMessage] = tuple(values.get("messages", ()))
    if not is_full(values, settings.WINDOW_MESSAGES, settings.WINDOW_TOKENS):
        return False
    if any(message.id in turn.summarised for message in window):
        return False
    out = halve(window, settings.WINDOW_MESSAGES, settings.WINDOW_TOKENS)
    request = prompt.summary(values.get("summary", ""), window[:out])
    reply = await _complete(turn, "summary", endpoints.summarising(turn.model), request)
    await postgres.call(_store_summary, turn, UUID(window[out - 1].id), content.clean(str(reply.content)))
    return True


async def _read(turn: Turn, checkpoint_id: str) -> CheckpointTuple | None:
    thread_id = str(turn.thread_id)
    saver = SealedPostgresSaver(await postgres.pool(), turn.sealer, thread_id, None)
    return await saver.aget_tuple({"configurable": {"thread_id": thread_id, "checkpoint_id": checkpoint_id}})


def _turn(answer_id: UUID) -> Turn | None:
    answer = Message.objects.select_related("thread", "parent").filter(id=answer_id).first()
    if answer is None or answer.parent is None:
        return None
    thread = answer.thread
    sealer = keys.thread_sealer(thread.owner_id, thread.id)
    question, reply = (
        content.unseal(sealer, message.body, "message", "body", message.id)["text"]
        for message in (answer.parent, answer)
    )
    summarised = Summary.objects.filter(thread_id=thread.id).values_list("message_id", flat=True)
    return Turn(
        thread.owner_id,
        thread.id,
        thread.titled,
        answer.checkpoint_id,
        answer.model,
        question,
        reply,
        sealer,
        tuple(map(str, summarised)),
    )


def _store_summary(turn: Turn, covered: UUID, text: str) -> None:
    """Keep a summary up to a message, and of older ones only the newest few."""
    body = content.seal(turn.sealer, {"text": text}, "summary", "body", covered)
    if not Message.objects.filter(id=covered, thread_id=turn.thread_id).exists():
        return  # the thread was deleted meanwhile
    Summary.objects.update_or_create(message_id=covered, defaults={"thread_id": turn.thread_id, "body": body})
    kept = Summary.objects.filter(thread_id=turn.thread_id).order_by("-created_at")[:KEPT_SUMMARIES]
    Summary.objects.filter(thread_id=turn.thread_id).exclude(
        message_id__in=list(kept.values_list("pk", flat=True))
    ).delete()


async def _complete(turn: Turn, purpose: str, asked: ChatOpenAI, request: list[BaseMessage]) -> AIMessage:
    """One call; what it used is kept, also when it failed. Raises `ModelFailure`."""
    try:
        reply = await model.complete(asked, request)
    except ModelFailure as failed:
        metrics.MODEL_ERRORS.labels(failed.kind, purpose).inc()
        await _record(turn, purpose, failed.usage)
        raise
    await _record(turn, purpose, reply.usage_metadata)
    return reply


async def _record(turn: Turn, purpose: str, usage: UsageMetadata | None) -> None:
    for spent in endings.spent(purpose, turn.model, usage):
        await postgres.call(endings.record_call, turn.owner_id, turn.thread_id, None, spent)
