"""An administrator's acts on the running server's threads, and what a thread looks like before and after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from langgraph.types import StateSnapshot

from chatapp import audit, content, keys, postgres, process
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.graph import build
from chatapp.models import Fence, Message, Thread, User
from chatapp.timetravel.places import path
from tests.scripted_model import ScriptedModel
from tests.sockets import Socket, Visitor

T = TypeVar("T")
BY = audit.Grounds(None, "tests", "A reason")
CONVERSATION = [
    ("user", "One"), ("assistant", "Answer to: One"),
    ("user", "Two"), ("assistant", "Answer to: Two"),
    ("user", "Three"), ("assistant", "Answer to: Three"),
]  # fmt: skip


def talk(socket: Socket, *texts: str) -> None:
    """Say these and be answered."""
    for text in texts:
        socket.say(text)
        assert socket.ended()["event"] == "completed"


def three_turns(visitor: Visitor) -> UUID:
    """A new thread with what `CONVERSATION` says."""
    made = uuid4()
    talk(visitor.open(made, subscribe=0), "One", "Two", "Three")
    visitor.leave()
    return made


def here(visit: Callable[[User | None], Visitor], user: User, thread_id: UUID) -> Socket:
    """A socket that is sent what happens from now on."""
    visitor = visit(user)
    return visitor.open(thread_id, subscribe=visitor.state(thread_id)["last_seq"])


def ending(thread_id: UUID, number: int) -> str:
    """The checkpoint that ends the message of this number."""
    message = Message.objects.filter(thread_id=thread_id).order_by("created_at")[number]
    assert message.checkpoint_id is not None
    return message.checkpoint_id


def sent(endpoint: ScriptedModel, question: str) -> list[str]:
    return [each["content"] for each in endpoint.requests_for(question)[-1].messages[1:]]


def act(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """As a view does it."""
    return process.call(make)


def by(user: User) -> audit.Grounds:
    return audit.grounds(user, "A reason")


def shown(thread_id: UUID) -> list[tuple[str, str]]:
    """The branch that the thread shows: role and text."""
    thread = Thread.objects.get(id=thread_id)
    return said(thread_id, thread.head_id)


def said(thread_id: UUID, leaf: UUID | None) -> list[tuple[str, str]]:
    sealer = keys.thread_sealer(Thread.objects.get(id=thread_id).owner_id, thread_id)
    found = Message.objects.in_bulk(path(thread_id, leaf))
    return [
        (found[each].role, content.unseal(sealer, found[each].body, "message", "body", each)["text"])
        for each in path(thread_id, leaf)
    ]


def checkpoints(thread_id: UUID) -> list[str]:
    """All of the thread's, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT checkpoint_id FROM checkpoints WHERE thread_id = %s ORDER BY 1", [str(thread_id)])
        return [row[0] for row in cursor.fetchall()]


def tip(thread_id: UUID) -> str | None:
    return Fence.objects.get(thread_id=thread_id).tip_checkpoint_id


def state(thread_id: UUID, checkpoint_id: str | None = None) -> StateSnapshot:
    """The thread's state, or that of one of its checkpoints."""
    return process.call(lambda: _state(thread_id, checkpoint_id or tip(thread_id)))


async def _state(thread_id: UUID, checkpoint_id: str | None) -> StateSnapshot:
    owner_id = await postgres.call(lambda: Thread.objects.get(id=thread_id).owner_id)
    sealer = await postgres.call(keys.thread_sealer, owner_id, thread_id)
    saver = SealedPostgresSaver(await postgres.pool(), sealer, str(thread_id), None)
    named = {"thread_id": str(thread_id), "checkpoint_ns": "", "checkpoint_id": checkpoint_id}
    return await build.graph(saver).aget_state({"configurable": named})


def texts(snapshot: StateSnapshot) -> list[str]:
    return [str(each.content) for each in snapshot.values.get("messages", ())]


def in_background(make: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
    """Begin an act on the server's loop."""
    return asyncio.run_coroutine_threadsafe(make(), process._serving[0])
