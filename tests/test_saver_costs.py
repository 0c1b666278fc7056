"""What the saver costs: bytes per turn, rows sent, hops to threads, round trips."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from psycopg import AsyncConnection

from chatapp import postgres
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.checkpoints.queries import SELECT_TIP
from chatapp.checkpoints.serializer import StrictSerializer
from chatapp.checkpoints.weight import BIG
from tests.sealed_threads import Keyed, SealedThread, new_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keyed(transactional_db: None) -> Keyed:
    return new_thread("alice@example.org")


@pytest.fixture
async def thread(keyed: Keyed) -> AsyncIterator[SealedThread]:
    yield SealedThread(await postgres.pool(), *keyed)
    await postgres.close()


TURN: dict[str, Any] = {"text": "some text", "messages": [HumanMessage("question", id="q")], "number": 1}


async def test_messages_are_stored_once_however_many_checkpoints_hold_them(thread: SealedThread) -> None:
    window = [HumanMessage(f"message {number} " * 20, id=str(number)) for number in range(20)]
    first = await thread.put({"messages": window})
    second = await thread.put(
        {"messages": [*window[5:], AIMessage("new", id="new")]}, version="2", saver=thread.saver()
    )
    items = [row for row in await thread.rows("checkpoint_blobs") if row["type"] == "sealed:item"]
    assert len(items) == 21
    for made in (first, second):
        found = await thread.read(made["id"])
        assert found is not None
        assert found.checkpoint == made


async def test_what_the_saver_read_or_wrote_is_not_sent_again(thread: SealedThread) -> None:
    window = [HumanMessage(f"message {number}", id=str(number)) for number in range(20)]
    first = await thread.put({"messages": window, "same": "value"})
    saver = thread.saver()
    assert await saver.aget_tuple(thread.config) is not None
    stored = saver._loader.stored.copy()
    next_one: Any = {**first, "channel_versions": {**first["channel_versions"], "messages": "2"}}
    next_one["channel_values"] = {**first["channel_values"], "messages": [*window, AIMessage("new", id="new")]}
    sent = saver._seals.seal_channels("", next_one["channel_values"], next_one["channel_versions"], stored.__contains__)
    assert [blob.type for blob in sent] == ["sealed:item", "sealed:items"]


async def test_a_turn_serialises_only_its_new_messages(thread: SealedThread, monkeypatch: pytest.MonkeyPatch) -> None:
    window = [HumanMessage(f"message {number}", id=str(number)) for number in range(20)]
    first = await thread.put({"messages": window})
    serialised: list[str | None] = []
    real = StrictSerializer.dumps_typed

    def seen(self: StrictSerializer, value: Any) -> tuple[str, bytes]:
        if isinstance(value, BaseMessage):
            serialised.append(value.id)
        return real(self, value)

    monkeypatch.setattr(StrictSerializer, "dumps_typed", seen)
    reader = thread.saver()
    read = await messages_of(reader, thread)
    second = await thread.put({"messages": [*read, AIMessage("new", id="new")]}, first["id"], reader, "2")
    assert serialised == ["new"]
    following = SealedPostgresSaver(thread.pool, thread.sealer, thread.id, 1, reader.tip())
    kept = await messages_of(following, thread)
    third = await thread.put({"messages": [*kept[2:], AIMessage("newer", id="newer")]}, second["id"], following, "3")
    assert serialised == ["new", "newer"]
    stored = await thread.read(third["id"])
    assert stored is not None
    assert stored.checkpoint == third


async def messages_of(saver: SealedPostgresSaver, thread: SealedThread) -> list[Any]:
    found = await saver.aget_tuple(thread.config)
    assert found is not None
    return list(found.checkpoint["channel_values"]["messages"])


async def test_a_changed_message_of_the_same_id_is_another_item(thread: SealedThread) -> None:
    first = await thread.put({"messages": [AIMessage("partial", id="a")]})
    second = await thread.put({"messages": [AIMessage("partial and the rest", id="a")]}, version="2")
    for made in (first, second):
        found = await thread.read(made["id"])
        assert found is not None
        assert found.checkpoint == made


async def test_stored_bytes_per_turn_are_flat_over_a_thousand_turns(thread: SealedThread) -> None:
    sizes, window, parent, saver = [await thread.stored_bytes()], list[Any](), None, thread.saver()
    marks = (8, 10, 998, 1000)
    for turn in range(1, 1001):
        said = [
            HumanMessage(f"question {turn:04} " * 8, id=f"q{turn}"),
            AIMessage("answer " * 40, id=f"a{turn}"),
        ]
        window = [*window, *said][-40:]
        made = await thread.put({"messages": window, "summary": "s" * 200}, parent, saver, f"{turn:05}")
        parent = made["id"]
        if turn in marks:
            sizes.append(await thread.stored_bytes())
    early, late = (sizes[2] - sizes[1]) / 2, (sizes[4] - sizes[3]) / 2
    print(f"bytes per turn: {early:.0f} at turn 10, {late:.0f} at turn 1000")
    # The window is full only after turn 20: its list of items (12 bytes each) is longer at the end.
    assert late < early * 1.3
    found = await thread.read()
    assert found is not None
    assert found.checkpoint["channel_values"]["messages"] == window
    # Reading must not scan the thread's rows either: by the primary key, nothing else.
    async with thread.pool.connection() as conn:
        await conn.execute("ANALYZE checkpoint_blobs")
        explain = await conn.execute("EXPLAIN " + SELECT_TIP, {"thread_id": thread.id})
        plan = "\n".join(row["QUERY PLAN"] for row in await explain.fetchall())
    assert "checkpoint_blobs_pkey" in plan
    assert "checkpoint_blobs_thread_id_idx" not in plan
    assert "Seq Scan on checkpoint_blobs" not in plan


async def test_big_values_leave_the_event_loop(thread: SealedThread, monkeypatch: pytest.MonkeyPatch) -> None:
    hops: list[str] = []
    to_thread = asyncio.to_thread

    async def counted(function: Any, *args: Any, **kwargs: Any) -> Any:
        hops.append(function.__name__)
        return await to_thread(function, *args, **kwargs)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    await thread.put({"messages": [HumanMessage("x" * 100, id="1")]})
    await thread.read()
    assert hops == []
    noise = "".join(chr(33 + (number * number) % 8000) for number in range(BIG))
    made = await thread.put({"messages": [HumanMessage(noise, id="1")]}, version="2")
    assert hops == ["seal_channels"]
    found = await thread.read()
    assert found is not None
    assert found.checkpoint == made


async def test_each_write_is_one_round_trip_and_one_transaction(thread: SealedThread, tmp_path: Path) -> None:
    saver = thread.saver()
    warm = await thread.put(TURN, saver=saver)
    trace = tmp_path / "trace"
    async with thread.pool.connection() as conn:
        saver.pool = OneConnection(conn)  # type: ignore[assignment]
        for write in (
            lambda: thread.put({**TURN, "text": "next"}, warm["id"], saver, "2"),
            lambda: saver.aput_writes(thread.at(warm["id"]), [("a", 1), ("b", [2])], "task"),
            lambda: saver.adelete_thread(thread.id),
        ):
            with trace.open("wb") as file:
                conn.pgconn.trace(file.fileno())
                await write()
                conn.pgconn.untrace()
            sent = [line.split("\t")[3] for line in trace.read_text().splitlines() if "\tF\t" in line]
            assert sent.count("Bind") >= 3
            assert sent.count("Sync") == 1


class OneConnection:
    """A pool of one connection that stays open."""

    def __init__(self, conn: AsyncConnection[Any]) -> None:
        self.conn = conn

    def connection(self) -> "OneConnection":
        return self

    async def __aenter__(self) -> AsyncConnection[Any]:
        return self.conn

    async def __aexit__(self, *_: object) -> None:
        pass
