"""A thread with a past: two turns, an answer given twice, a stop, a rollback, and a question that waits at its head.

Its checkpoints are put by the saver and open as those of a run do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connections
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.base.id import uuid6
from langgraph.types import Interrupt

from chatapp import content, keys, postgres
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.checkpoints.loading import at
from chatapp.graph import build
from chatapp.models import Fence, Message, RestorePoint, Run, Thread, User
from chatapp.sealing import Sealer

EPOCH = 1
BRANCH = f"branch:to:{build.ANSWERING}"


@dataclass
class Past:
    """What was planted: checkpoints and messages by name."""

    owner: User
    id: UUID
    sealer: Sealer
    checkpoints: dict[str, str] = field(default_factory=dict)
    messages: dict[str, UUID] = field(default_factory=dict)
    _version: int = 0
    _work: list[Callable[[SealedPostgresSaver], Awaitable[object]]] = field(default_factory=list)

    def put(
        self,
        name: str,
        source: str,
        said: Sequence[BaseMessage],
        parent: str | None = None,
        *,
        follows: bool = False,
        **values: Any,
    ) -> str:
        """A checkpoint with these messages, to be stored; `follows` when an answer is to be given next."""
        self._version += 1
        version = f"{self._version:032}.0"
        channels = {"messages": list(said), **values, **({BRANCH: None} if follows else {})}
        checkpoint: dict[str, Any] = {
            **empty_checkpoint(),
            "v": 4,
            "id": str(uuid6(clock_seq=self._version)),
            "ts": datetime.now(UTC).isoformat(),
            "channel_values": channels,
            "channel_versions": dict.fromkeys([*channels, BRANCH], version),
            "versions_seen": {} if follows else {build.ANSWERING: {BRANCH: version}},
            "updated_channels": sorted(channels),
        }
        step = 0 if parent is None else self._version
        metadata = {"source": source, "step": step, "parents": {}}
        config = at(str(self.id), "", self.checkpoints[parent]) if parent else at(str(self.id), "", "")
        if parent is None:
            del config["configurable"]["checkpoint_id"]
        versions = checkpoint["channel_versions"]
        self._work.append(lambda saver: saver.aput(config, checkpoint, metadata, versions))  # type: ignore[arg-type]
        self.checkpoints[name] = checkpoint["id"]
        return str(checkpoint["id"])

    def pend(self, name: str, channel: str, value: Any) -> None:
        """A write of the task that follows a checkpoint, to be stored."""

        async def pend(saver: SealedPostgresSaver) -> None:
            config = at(str(self.id), "", self.checkpoints[name])
            (task,) = (await build.graph(saver).aget_state(config)).tasks
            await saver.aput_writes(config, [(channel, value)], task.id)

        self._work.append(pend)

    def store(self) -> Past:
        """Store what was put, on a thread of its own: a browser's loop may run on this one."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._store()).result()
            thread.submit(connections.close_all).result()
        return self

    async def _store(self) -> None:
        try:
            saver = SealedPostgresSaver(await postgres.pool(), self.sealer, str(self.id), EPOCH)
            for work in self._work:
                await work(saver)
            self._work.clear()
        finally:
            await postgres.close()

    def message(self, name: str, text: str, parent: str | None, ends: str | None, **given: Any) -> UUID:
        """A message of the tree that ends at a checkpoint."""
        each = self.messages.setdefault(name, uuid4())
        Message.objects.create(
            id=each,
            thread_id=self.id,
            parent_id=self.messages[parent] if parent else None,
            body=content.seal(self.sealer, {"text": text}, "message", "body", each),
            checkpoint_id=self.checkpoints[ends] if ends else None,
            **given,
        )
        return each


def plant_past(owner: User) -> Past:
    """The thread. Its words: "Where to?", "North.", "How far?", "A mile.", "Two miles.", "And then?"."""
    past = begin(owner)
    asked, answered = HumanMessage("Where to?", id=str(uuid4())), AIMessage("North.", id=str(uuid4()))
    past.put("first input", "input", [])
    past.put("first question", "loop", [asked], "first input", follows=True)
    past.put("first answer", "loop", [asked, answered], "first question", turns=1)
    turn: list[BaseMessage] = [asked, answered]
    farther = HumanMessage("How far?", id=str(uuid4()))
    past.put("second input", "input", turn, "first answer", turns=1)
    past.put("second question", "loop", [*turn, farther], "second input", follows=True, turns=1)
    past.put("a mile", "loop", [*turn, farther, AIMessage("A mile.", id="a")], "second question", turns=2)
    two: list[BaseMessage] = [
        AIMessage("", id="c", tool_calls=[{"name": "remember", "args": {"text": "Two"}, "id": "call-1"}])
    ]
    two += [ToolMessage("Kept.", tool_call_id="call-1", name="remember", id="t"), AIMessage("Two miles.", id="b")]
    past.put("two miles", "update", [*turn, farther, *two], "second question", turns=2, summary="Going north.")
    past.put("back", "fork", turn, "first question", turns=1)
    past.put("third question", "loop", [*turn, HumanMessage("And then?", id="d")], "back", follows=True, turns=1)
    past.pend("third question", "__interrupt__", [Interrupt({"kind": "memory", "text": "Keep it?"}, id="ask-1")])
    past.store()
    user, assistant = {"role": Message.Role.USER}, {"role": Message.Role.ASSISTANT, "model": "scripted"}
    past.message("where", "Where to?", None, "first question", **user)
    past.message("north", "North.", "where", "back", **assistant)
    past.message("far", "How far?", "north", "second question", **user)
    past.message("a mile", "A mile.", "far", "a mile", **assistant, input_tokens=12, output_tokens=3)
    past.message("two miles", "Two miles.", "far", "two miles", **assistant, status=Message.Status.STOPPED)
    past.message("then", "And then?", "north", "third question", **user)
    RestorePoint.objects.create(
        thread_id=past.id,
        kind=RestorePoint.Kind.ROLLBACK,
        checkpoint_id=past.checkpoints["first answer"],
        to_tip=past.checkpoints["back"],
        to_head_id=past.messages["north"],
        from_tip=past.checkpoints["two miles"],
        from_head_id=past.messages["two miles"],
        head_checkpoint_id=past.checkpoints["first answer"],
    )
    Thread.objects.filter(id=past.id).update(head=past.messages["then"])
    waiting = {"model": "scripted", "owner_id": owner.pk, "thread_id": past.id}
    Run.objects.create(id=uuid4(), message_id=past.messages["then"], state=Run.State.WAITING, **waiting)
    Run.objects.create(
        id=uuid4(), message_id=past.messages["far"], state=Run.State.FAILED, failure="stalled", **waiting
    )
    return past


def begin(owner: User) -> Past:
    """A thread in which nothing happened yet."""
    keys.create_user_key(owner.pk)
    thread = Thread.objects.create(owner=owner, titled=True)
    Fence.objects.create(thread=thread, epoch=EPOCH)
    sealer = keys.create_thread_key(owner.pk, thread.id)
    title = content.seal(sealer, "The way north", "thread", "title", thread.id)
    Thread.objects.filter(id=thread.id).update(title=title)
    return Past(owner, thread.id, sealer)
