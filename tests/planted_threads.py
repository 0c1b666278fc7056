"""Threads put into the tables as the application would have written them, without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
from django.db import transaction
from django.db.models.functions import Now

from chatapp import content, keys
from chatapp.models import EventBatch, Fence, Message, Run, Summary, Thread, User

RUN_EVENTS = 3


@dataclass(frozen=True)
class Planted:
    """A thread and its messages, oldest first: question, answer, question …"""

    owner: int
    id: UUID
    messages: list[UUID]

    @property
    def path(self) -> str:
        """Its page."""
        return f"/t/{self.id}/"


def plant(owner: User, messages: int = 2, *, title: str = "A title", text: str = "Message") -> Planted:
    """A thread with one branch of so many messages: "Message 0", "Message 1" …"""
    with transaction.atomic():
        keys.create_user_key(owner.pk)
        thread = Thread.objects.create(owner=owner, titled=True)
        sealer = keys.create_thread_key(owner.pk, thread.id)
        Fence.objects.create(thread=thread)
        ids = [uuid4() for _ in range(messages)]
        Message.objects.bulk_create(
            Message(
                id=each,
                thread=thread,
                parent_id=ids[number - 1] if number else None,
                role=Message.Role.ASSISTANT if number % 2 else Message.Role.USER,
                body=content.seal(sealer, {"text": f"{text} {number}"}, "message", "body", each),
            )
            for number, each in enumerate(ids)
        )
        Thread.objects.filter(id=thread.id).update(
            title=content.seal(sealer, title, "thread", "title", thread.id), head=ids[-1] if ids else None
        )
    return Planted(owner.pk, thread.id, ids)


def plant_run(planted: Planted) -> Run:
    """A run that answered the thread's first question."""
    return Run.objects.create(
        id=uuid4(),
        owner_id=planted.owner,
        thread_id=planted.id,
        message_id=planted.messages[0],
        state=Run.State.DONE,
        model="scripted",
    )


def plant_queued(planted: Planted, text: str = "Queued") -> UUID:
    """A message that waits in the thread, of which nobody will take up the run; its id."""
    sealer = keys.thread_sealer(planted.owner, planted.id)
    message_id = uuid4()
    body = content.seal(sealer, {"text": text}, "message", "body", message_id)
    Message.objects.create(id=message_id, thread_id=planted.id, role=Message.Role.USER, body=body)
    Fence.objects.filter(thread_id=planted.id).update(lease_until=Now() + timedelta(hours=1))
    Run.objects.create(
        id=uuid4(), owner_id=planted.owner, thread_id=planted.id, message_id=message_id, model="scripted"
    )
    return message_id


def plant_asking(planted: Planted, text: str = "Asked") -> str:
    """A run that asks whether to keep this; the id of what it asks."""
    sealer, run, interrupt_id = keys.thread_sealer(planted.owner, planted.id), plant_run(planted), uuid4().hex
    asked = {interrupt_id: {"ask": {"kind": "memory", "action": "remember", "text": text}, "answer": None}}
    sealed = content.seal(sealer, asked, "run", "asked", run.id)
    Run.objects.filter(id=run.id).update(state=Run.State.WAITING, asked=sealed)
    return interrupt_id


def plant_summary(planted: Planted, number: int, text: str = "Summary") -> None:
    """A summary up to the message of this number."""
    covered = planted.messages[number]
    sealer = keys.thread_sealer(planted.owner, planted.id)
    sealed = content.seal(sealer, {"text": f"{text} {number}"}, "summary", "body", covered)
    Summary.objects.create(thread_id=planted.id, message_id=covered, body=sealed)


def plant_events(planted: Planted, first: int, text: str = "Event") -> None:
    """One row of the event log, from this number on."""
    last = first + RUN_EVENTS - 1
    frames = [
        {
            "type": "event",
            "seq": seq,
            "event_id": str(seq),
            "method": "messages",
            "params": {"data": {"event": "content-block-delta", "delta": {"text": f"{text} {seq}"}}},
        }
        for seq in range(first, last + 1)
    ]
    sealer = keys.thread_sealer(planted.owner, planted.id)
    body = sealer.seal(orjson.dumps(frames), "event", "body", f"{first}-{last}")
    EventBatch.objects.create(thread_id=planted.id, first_seq=first, last_seq=last, run_id=uuid4(), body=body)
    Fence.objects.filter(thread_id=planted.id).update(last_seq=last)
