"""Branches put into planted threads, as the application would have written them."""

from __future__ import annotations

from uuid import UUID, uuid4

from chatapp import content, keys
from chatapp.models import Message, RestorePoint, Thread
from tests.planted_threads import Planted


def grow(planted: Planted, parent: UUID | None, *texts: str, checkpoint: str | None = None) -> list[UUID]:
    """Messages below one another, the first below `parent`; roles take turns. `checkpoint` ends the last."""
    sealer = keys.thread_sealer(planted.owner, planted.id)
    answers = parent is not None and Message.objects.get(id=parent).role == Message.Role.USER
    made: list[UUID] = []
    for number, text in enumerate(texts):
        message_id = uuid4()
        Message.objects.create(
            id=message_id,
            thread_id=planted.id,
            parent_id=made[-1] if made else parent,
            role=Message.Role.ASSISTANT if answers != bool(number % 2) else Message.Role.USER,
            body=content.seal(sealer, {"text": text}, "message", "body", message_id),
            checkpoint_id=checkpoint if number == len(texts) - 1 else None,
        )
        made.append(message_id)
    return made


def hide(planted: Planted, *messages: UUID) -> RestorePoint:
    """Take messages out of their owner's sight, as a rollback does; the head is elsewhere."""
    thread = Thread.objects.get(id=planted.id)
    assert thread.head_id not in messages
    point = RestorePoint.objects.create(
        thread=thread, kind=RestorePoint.Kind.ROLLBACK, checkpoint_id="c", to_tip="c", to_head=thread.head, hides=True
    )
    Message.objects.filter(id__in=messages).update(hidden_by=point)
    return point
