"""What is made of a thread after an answer: its title and its running summary, each one capped call of the model."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from langchain_core.messages import AIMessage, BaseMessage

from chatapp import content, endings, keys, postgres, threads
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.claims import KEPT_SUMMARIES
from chatapp.graph import endpoints, model, prompt
from chatapp.graph.state import halve, is_full
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

    Raises `ModelFailure`: the beginning of the question stays as the title.
    """
    turn = await postgres.call(_turn, answer_id)
    if turn is None or turn.titled:
        return None
    reply = await model.complete(endpoints.titling(turn.model), prompt.title(turn.question, turn.reply))
    title = prompt.tidy_title(content.clean(str(reply.content)))
    await _record(turn, "title", reply)
    if title:
        await postgres.call(threads.set_title, turn.owner_id, turn.thread_id, title, by_model=True)
    return turn.owner_id, turn.thread_id


async def make_summary(answer_id: UUID) -> bool:
    """Summarise the older half of the window that ends with an answer; the next run on that branch takes it up.

    Returns whether one was made. Raises `ModelFailure`: the window then stays as it is, and the next turn tries again.
    """
    turn = await postgres.call(_turn, answer_id)
    if turn is None or turn.checkpoint_id is None:
        return False
    saver = SealedPostgresSaver(await postgres.pool(), turn.sealer, str(turn.thread_id), None)
    found = await saver.aget_tuple(
        {"configurable": {"thread_id": str(turn.thread_id), "checkpoint_id": turn.checkpoint_id}}
    )
    values = found.checkpoint["channel_values"] if found else {}
    window: list[BaseMessage] = values.get("messages", [])
    if not is_full(window, settings.WINDOW_MESSAGES, settings.WINDOW_TOKENS):
        return False
    if any(message.id in turn.summarised for message in window):
        return False
    out = halve(window, settings.WINDOW_MESSAGES, settings.WINDOW_TOKENS)
    request = prompt.summary(values.get("summary", ""), window[:out])
    reply = await model.complete(endpoints.summarising(turn.model), request)
    await _record(turn, "summary", reply)
    await postgres.call(_store_summary, turn, UUID(window[out - 1].id), content.clean(str(reply.content)))
    return True


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


async def _record(turn: Turn, purpose: str, reply: AIMessage) -> None:
    if reply.usage_metadata is not None:
        spent = endings.Spent(
            purpose, turn.model, reply.usage_metadata["input_tokens"], reply.usage_metadata["output_tokens"]
        )
        await postgres.call(endings.record_call, turn.owner_id, turn.thread_id, None, spent)
