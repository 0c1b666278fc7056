"""What taking a message in looks at and writes: the thread with its fence locked, the limits, message and run."""

from __future__ import annotations

import uuid
from uuid import UUID

from django.conf import settings
from django.db import connection

from chatapp import content, keys, statements
from chatapp.access import NotFound
from chatapp.models import Fence, Message, Run, Thread, Tombstone, User
from chatapp.sealing import Sealer

PROVISIONAL_TITLE_CHARS = 80


def lock(user_id: int, thread_id: UUID) -> Fence:
    """Lock the fence of the user's thread; its `held_until` is set only while the thread is held. Raises `NotFound`."""
    row = statements.row(statements.LOCK, {"thread": thread_id, "user": user_id})
    if row is None:
        raise NotFound
    thread = Thread(id=thread_id, owner_id=user_id)
    return Fence(thread=thread, epoch=row[0], base_seq=row[1], last_seq=row[2], held_until=row[3])


def enter(user_id: int, thread_id: UUID) -> tuple[Fence, Sealer]:
    """Lock the fence of the user's thread, and open its key. Raises `NotFound`."""
    fence = lock(user_id, thread_id)
    return fence, keys.thread_sealer(user_id, thread_id)


def enter_or_create(user_id: int, thread_id: UUID, text: str, *, temporary: bool) -> tuple[Fence, Sealer]:
    """Lock the fence of the user's thread, made new for this question when the id is free. Raises `NotFound`."""
    try:
        return enter(user_id, thread_id)
    except NotFound:
        if Tombstone.objects.filter(thread_id=thread_id).exists() or not User.objects.filter(id=user_id).exists():
            raise
    with connection.cursor() as cursor:
        parameters: dict[str, UUID | int | bool] = {
            "thread": thread_id,
            "user": user_id,
            "temporary": temporary,
        }
        cursor.execute(statements.CREATE, parameters)
        created = cursor.fetchone() is not None
    if not created:  # another user's, in the trash, or made by a frame that arrived at the same moment
        return enter(user_id, thread_id)
    keys.create_user_key(user_id)
    sealer = keys.create_thread_key(user_id, thread_id)
    # Until the model has found a title, the beginning of the question is one.
    beginning = " ".join(text[: 4 * PROVISIONAL_TITLE_CHARS].split())[:PROVISIONAL_TITLE_CHARS]
    title = content.seal(sealer, beginning, "thread", "title", thread_id)
    with connection.cursor() as cursor:
        cursor.execute(statements.FURNISH, {"thread": thread_id, "title": title, "user": user_id})
    return Fence(thread=Thread(id=thread_id, owner_id=user_id)), sealer


def look_around(user_id: int, thread_id: UUID, message_id: UUID) -> tuple[list[str], bool, bool]:
    """The states of the thread's live runs, whether there is a message of this id already, anyone's, and whether the
    limits allow one more run.
    """
    if settings.TOTAL_RUNS:
        statements.row(statements.TURN_OF_ALL, {})
    row = statements.row(statements.LOOK, {"user": user_id, "thread": thread_id, "message": message_id, **limits()})
    assert row is not None
    return row[0], row[1], row[2]


def may_start(user_id: int, *, in_turn: bool = True) -> bool:
    """Whether the limits allow one more run of the user; `in_turn` when the user's turn was taken with the fence."""
    if not in_turn:
        statements.row(statements.TURN, {"user": user_id})
    if settings.TOTAL_RUNS:
        statements.row(statements.TURN_OF_ALL, {})
    row = statements.row(statements.MAY_START, {"user": user_id, **limits()})
    assert row is not None
    return bool(row[0])


def limits() -> dict[str, int]:
    """How many runs each user and all together may have, as the statements name it."""
    return {"each": settings.USER_RUNS, "all": settings.TOTAL_RUNS}


def store(message: Message, model: str, user_id: int, *, placed: bool) -> Run:
    """Write a new message of the user's with its run; `placed` where it stands in the tree, and not when it is claimed.

    Sets the message's `created_at`.
    """
    thread_id, run_id = message.thread_id, uuid.uuid4()
    run = Run(id=run_id, owner_id=user_id, thread_id=thread_id, message=message, model=model, retry=placed)
    parameters: dict[str, UUID | bytes | str | int | None] = {
        "user": user_id,
        "thread": thread_id,
        "message": message.id,
        "parent": message.parent_id,
        "placed": placed,
        "body": bytes(message.body),
        "run": run_id,
        "model": model,
    }
    row = statements.row(statements.STORE, parameters)
    assert row is not None
    message.created_at = row[0]
    return run
