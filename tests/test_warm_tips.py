"""The next turn in the same process reads no checkpoint, and whoever must read one does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import CheckpointTuple, empty_checkpoint

from chatapp import process
from chatapp.checkpoints import SealedPostgresSaver, warm
from chatapp.models import User
from tests.scripted_model import ScriptedModel
from tests.sockets import Visitor

Visit = Callable[[User | None], Visitor]


@contextmanager
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The threads whose checkpoints are read from the database."""
    seen: list[str] = []
    real = SealedPostgresSaver._reading

    @asynccontextmanager
    async def reading(saver: SealedPostgresSaver) -> Any:
        seen.append(saver.thread_id)
        async with real(saver) as cursor:
            yield cursor

    with monkeypatch.context() as patched:
        patched.setattr(SealedPostgresSaver, "_reading", reading)
        yield seen


def test_next_turn_reads_no_checkpoint_and_knows_the_conversation(
    visit: Visit, alice: User, endpoint: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = visit(alice).open(uuid4(), subscribe=0)
    socket.say("One")
    socket.ended()
    with reads(monkeypatch) as seen:
        socket.say("Two")
        socket.ended()
    assert seen == []
    sent = [each["content"] for each in endpoint.requests_for("Two")[0].messages[1:]]
    assert sent == ["One", "Answer to: One", "Two"]


def test_retry_reads_its_own_checkpoint(
    visit: Visit, alice: User, endpoint: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id, second = uuid4(), uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    socket.say("One")
    socket.ended()
    socket.say("Two", second)
    socket.ended()
    with reads(monkeypatch) as seen:
        socket.command("run.start", assistant_id="chat", input=None, metadata={"retry": str(second)})
        socket.ended()
    assert seen == [str(thread_id)], "the tip kept here is not the one the retry begins at"
    sent = [each["content"] for each in endpoint.requests_for("Two")[1].messages[1:]]
    assert sent == ["One", "Answer to: One", "Two"]


def test_deleted_thread_is_not_kept(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("One")
    socket.ended()
    found: list[object] = []
    process.tell(lambda here: here.remove(alice.pk, thread_id, for_ever=True))
    process.tell(lambda here: found.append(here.runner.tips.take(str(thread_id), None)))
    process.tell(lambda here: found.append(here.runner.tips._tips.get(str(thread_id))))
    socket.closed()
    assert found == [None, None]


def test_tips_are_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    tips = warm.WarmTips()

    def tip(size: int) -> warm.Tip:
        checkpoint = {**empty_checkpoint(), "channel_values": {"messages": [HumanMessage("x" * size)]}}
        return warm.Tip(CheckpointTuple({}, checkpoint, {}), {})  # type: ignore[arg-type]

    for number in range(warm.MOST + 5):
        tips.keep(str(number), tip(1))
    assert len(tips._tips) == warm.MOST
    for number in range(40):
        tips.keep(str(number), tip(1024 * 1024))
    assert tips._bytes <= warm.MOST_BYTES
    assert len(tips._tips) < 40
    for name in list(tips._tips):
        tips.drop(name)
    assert tips._bytes == 0
