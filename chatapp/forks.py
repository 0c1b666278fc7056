"""Threads made from a branch of another one: new ids, a new key, every text sealed anew.

The state is copied as LangGraph copies one, with the ids of its messages those of the new thread; where a message
brings no checkpoint along, a later run makes the state from the tree. Nothing of the thread itself changes, and nothing
is taken from it in the end but what was read: it may go on, or be deleted, at the same time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from chatapp import access, audit, content, keys, postgres
from chatapp.access import NotFound
from chatapp.checkpoints.staging import StagedSaver
from chatapp.models import AuditEntry, Fence, Message, Thread, User
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer
from chatapp.threads import TITLE_CHARS
from chatapp.timetravel import moves, places
from chatapp.timetravel.moves import Hidden
from chatapp.timetravel.places import Chosen, Gone, Place, Unreadable

__all__ = ["Gone", "Hidden", "NoOne", "Unreadable", "fork", "fork_checkpoint"]

BATCH: Final = 500
BRANCH: Final = " (branch)"
COPY: Final = " (copy)"


class NoOne(Refusal):
    """A private copy belongs to the administrator who makes it, and the command line is none."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a thread is made from: a branch that ends at a place, and the staged copy of its state if there is one."""

    thread_id: UUID
    owner_id: int
    sealer: Sealer
    saver: StagedSaver | None
    tip: str | None


async def fork(user_id: int, thread_id: UUID, message_id: UUID) -> UUID:
    """Make a thread of the user's from the branch that ends with a message. Raises `NotFound`."""
    message, sealer = await postgres.call(_own, user_id, thread_id, message_id)
    saver, tip = None, None
    if message.checkpoint_id is not None:
        with suppress(Gone, Unreadable):  # the tree has what was said
            saver, tip = await places.copied(await places.opened(thread_id, message.checkpoint_id))
    source = Source(thread_id, user_id, sealer, saver, tip)
    return await postgres.call(_fork, source, message)


async def fork_checkpoint(thread_id: UUID, checkpoint_id: str, by: audit.Grounds, *, private: bool) -> UUID:
    """Make a thread from a checkpoint: of its owner's, or (`private`) a temporary one of the administrator's.

    Raises `NotFound`, `Gone`, `Unreadable`, `places.Apart`, `NoOne`; and `Hidden`, where the owner would see what they
    are not to see.
    """
    if private and by.actor_id is None:
        raise NoOne
    chosen = await places.opened(thread_id, checkpoint_id)
    saver, tip = await places.copied(chosen)
    source = Source(thread_id, chosen.owner_id, chosen.sealer, saver, tip)
    return await postgres.call(_fork_checkpoint, source, chosen, by, private=private)


def _own(user_id: int, thread_id: UUID, message_id: UUID) -> tuple[Message, Sealer]:
    """A message of a thread that its owner can open."""
    access.thread(user_id, thread_id)
    message = access.message(user_id, thread_id, message_id)
    if moves.hidden(thread_id, Place(message)):
        raise NotFound
    return message, keys.thread_sealer(user_id, thread_id)


def _fork(source: Source, message: Message) -> UUID:
    with transaction.atomic():
        return _made(source, Place(message), source.owner_id, BRANCH)


def _fork_checkpoint(source: Source, chosen: Chosen, by: audit.Grounds, *, private: bool) -> UUID:
    with transaction.atomic():
        place = places.place(chosen)
        if not private and moves.hidden(source.thread_id, place):
            raise Hidden
        owner_id = by.actor_id if private else source.owner_id
        if owner_id is None or not User.objects.filter(id=owner_id).exists():
            raise NoOne
        made = _made(source, place, owner_id, COPY if private else BRANCH, temporary=private)
        action = AuditEntry.Action.COPY if private else AuditEntry.Action.FORK
        details = {"made": str(made)}
        audit.record(by, action, source.thread_id, source.owner_id, chosen.checkpoint_id, details)
        return made


def _made(source: Source, place: Place, owner_id: int, suffix: str, *, temporary: bool = False) -> UUID:
    """Write the new thread, in the caller's transaction."""
    from_thread = Thread.objects.filter(id=source.thread_id).first()
    if from_thread is None:
        raise NotFound
    keys.create_user_key(owner_id)
    thread = Thread.objects.create(
        owner_id=owner_id, titled=True, temporary=temporary or from_thread.temporary, seen_at=Now()
    )
    sealer = keys.create_thread_key(owner_id, thread.id)
    renamed: dict[str, str] = {}
    last: Message | None = None
    for copies in _copies(source, place, thread.id, sealer, renamed):
        Message.objects.bulk_create(copies)
        last = copies[-1]
    if last is None:
        raise NotFound  # deleted at this moment
    Message.objects.filter(id=last.id).update(checkpoint_id=source.tip)
    title = ""
    if from_thread.title is not None:
        title = content.unseal(source.sealer, from_thread.title, "thread", "title", from_thread.id)
    title = title[: TITLE_CHARS - len(suffix)] + suffix
    Thread.objects.filter(id=thread.id).update(
        title=content.seal(sealer, title, "thread", "title", thread.id), head=last
    )
    Fence.objects.create(thread=thread, tip_checkpoint_id=source.tip)
    if source.saver is not None:
        with connection.cursor() as cursor:
            source.saver.write(cursor, sealer, renamed)
    return thread.id


def _copies(
    source: Source, place: Place, thread_id: UUID, sealer: Sealer, renamed: dict[str, str]
) -> Iterator[list[Message]]:
    """The messages of the branch as those of the new thread, from its root on, so many at a time.

    `renamed` gets their new ids by the old ones.
    """
    order = places.path(source.thread_id, place.leaf)
    parent: UUID | None = None
    for start in range(0, len(order), BATCH):
        found = Message.objects.in_bulk(order[start : start + BATCH])
        copies: list[Message] = []
        for each in order[start : start + BATCH]:
            if (message := found.get(each)) is not None:
                said = content.unseal(source.sealer, message.body, "message", "body", message.id)
                copies.append(_copy(message, said, thread_id, parent, sealer))
                parent = copies[-1].id
                renamed[str(each)] = str(parent)
        if copies:
            yield copies
    if place.message is None and order:
        answer = Message(role=Message.Role.ASSISTANT, status=Message.Status.STOPPED, created_at=Now(), shown_at=Now())
        yield [_copy(answer, {"text": place.text}, thread_id, parent, sealer)]


def _copy(message: Message, said: object, thread_id: UUID, parent: UUID | None, sealer: Sealer) -> Message:
    copy_id = uuid.uuid4()
    return Message(
        id=copy_id,
        thread_id=thread_id,
        parent_id=parent,
        role=message.role,
        status=message.status,
        body=content.seal(sealer, said, "message", "body", copy_id),
        model=message.model,
        input_tokens=message.input_tokens,
        output_tokens=message.output_tokens,
        shown_at=message.shown_at,
        created_at=message.created_at,
    )
