"""One who can write to the database changes, moves, exchanges or drops what was stored: it is refused."""

import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from psycopg.types.json import Jsonb

from chatapp import postgres
from chatapp.sealing import SealError
from tests.sealed_threads import Keyed, SealedThread, new_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keyed(transactional_db: None) -> list[Keyed]:
    return [
        new_thread("alice@example.org"),
        new_thread("alice@example.org"),
        new_thread("charlie@example.org"),
    ]


@pytest.fixture
async def threads(keyed: list[Keyed]) -> AsyncIterator[list[SealedThread]]:
    """Alice's thread, another of hers, and Charlie's."""
    pool = await postgres.pool()
    yield [SealedThread(pool, *one) for one in keyed]
    await postgres.close()


@pytest.fixture
async def thread(threads: list[SealedThread]) -> SealedThread:
    return threads[0]


VALUES: dict[str, Any] = {
    "a": "first",
    "b": "second",
    "messages": [HumanMessage("one", id="1"), HumanMessage("two", id="2")],
}


@pytest.fixture(autouse=True)
async def untouched_rows_are_read(thread: SealedThread) -> None:
    """What gives the refusals below their meaning. It goes again: the statements there name no thread."""
    await thread.put(VALUES)
    assert await thread.read() is not None
    await thread.saver().adelete_thread(thread.id)


async def assert_refused(thread: SealedThread, checkpoint_id: str | None = None) -> None:
    with pytest.raises(SealError):
        await thread.read(checkpoint_id)
    with pytest.raises(SealError):
        [one async for one in thread.saver(None).alist(None)]


def forged_pickle() -> bytes:
    return pickle.dumps(["forged"])


@pytest.mark.parametrize(
    ("kind", "blob"),
    [
        ("msgpack", b"\xa6forged"),
        ("sealed:msgpack", b"\xa6forged"),
        ("pickle", forged_pickle()),
        ("json", b'"forged"'),
        ("empty", None),
    ],
)
async def test_a_forged_value_is_refused(thread: SealedThread, kind: str, blob: bytes | None) -> None:
    await thread.put(VALUES)
    assert await thread.sql("UPDATE checkpoint_blobs SET type = %s, blob = %s WHERE channel = 'a'", kind, blob) == 1
    await assert_refused(thread)


@pytest.mark.parametrize(
    "kind", ["msgpack", "sealed:bytes", "sealed:null", "sealed:item", "sealed:items", "sealed:", "empty", "x"]
)
async def test_a_value_of_another_type_is_refused(thread: SealedThread, kind: str) -> None:
    await thread.put(VALUES)
    assert await thread.sql("UPDATE checkpoint_blobs SET type = %s WHERE channel = 'a'", kind) == 1
    await assert_refused(thread)


async def test_two_values_exchanged_are_refused(thread: SealedThread) -> None:
    await thread.put(VALUES)
    exchange = (
        "UPDATE checkpoint_blobs x SET blob = y.blob FROM checkpoint_blobs y"
        " WHERE x.channel IN ('a', 'b') AND y.channel IN ('a', 'b') AND x.channel <> y.channel"
    )
    assert await thread.sql(exchange) == 2
    await assert_refused(thread)


async def test_two_messages_exchanged_are_refused(thread: SealedThread) -> None:
    await thread.put(VALUES)
    exchange = (
        "UPDATE checkpoint_blobs x SET blob = y.blob FROM checkpoint_blobs y"
        " WHERE x.type = 'sealed:item' AND y.type = 'sealed:item' AND x.version <> y.version"
    )
    assert await thread.sql(exchange) == 2
    await assert_refused(thread)


async def test_an_older_version_of_a_value_is_refused_in_the_place_of_a_newer_one(
    thread: SealedThread,
) -> None:
    first = await thread.put({"a": "yes"})
    await thread.put({"a": "no"}, first["id"], version="2")
    downgrade = (
        "UPDATE checkpoint_blobs new SET blob = old.blob, type = old.type FROM checkpoint_blobs old"
        " WHERE new.version = '2' AND old.version = '1'"
    )
    assert await thread.sql(downgrade) == 1
    await assert_refused(thread)


async def test_a_checkpoint_that_points_at_an_older_version_is_refused(thread: SealedThread) -> None:
    first = await thread.put({"a": "yes"})
    second = await thread.put({"a": "no"}, first["id"], version="2")
    older = "jsonb_set(checkpoint, '{channel_versions,a}', '\"1\"')"
    point = f"UPDATE checkpoints SET checkpoint = {older} WHERE checkpoint_id = %s"
    assert await thread.sql(point, second["id"]) == 1
    await assert_refused(thread)
    assert await thread.read(first["id"]) is not None


async def test_a_dropped_value_is_refused(thread: SealedThread) -> None:
    await thread.put(VALUES)
    assert await thread.sql("DELETE FROM checkpoint_blobs WHERE channel = 'a'") == 1
    await assert_refused(thread)


async def test_a_dropped_message_is_refused(thread: SealedThread) -> None:
    await thread.put(VALUES)
    one = "(SELECT min(version) FROM checkpoint_blobs WHERE type = 'sealed:item')"
    assert await thread.sql(f"DELETE FROM checkpoint_blobs WHERE version = {one}") == 1
    await assert_refused(thread)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("{channels}", ["b", "messages"]),
        ("{channel_versions}", {}),
        ("{channel_versions}", "none"),
        ("{channel_versions,c}", "1"),
        ("{versions_seen}", {"respond": {"a": "1"}}),
        ("{updated_channels}", ["a"]),
        ("{ts}", "2020-01-01T00:00:00+00:00"),
        ("{id}", "1f000000-0000-6000-8000-000000000000"),
        ("{v}", 3),
        ("{v}", 10**30),
        ("{extra}", 1),
        ("{seal}", None),
        ("{seal}", ""),
        ("{seal}", "é"),
        ("{}", None),
    ],
)
async def test_a_change_of_the_plain_part_is_refused(thread: SealedThread, path: str, value: Any) -> None:
    await thread.put(VALUES)
    other = "CASE WHEN %s = '{}' THEN '[]' ELSE jsonb_set(checkpoint, %s::text[], %s) END"
    change = f"UPDATE checkpoints SET checkpoint = {other}"
    assert await thread.sql(change, path, path, Jsonb(value)) == 1
    await assert_refused(thread)


@pytest.mark.parametrize(
    "metadata", [{}, {"source": "input", "step": 1}, {"source": "loop", "step": 2}, [], {"step": 10**30}]
)
async def test_changed_metadata_is_refused(thread: SealedThread, metadata: Any) -> None:
    await thread.put(VALUES)
    assert await thread.sql("UPDATE checkpoints SET metadata = %s", Jsonb(metadata)) == 1
    with pytest.raises(SealError):
        await thread.read()


async def test_another_parent_is_refused(thread: SealedThread) -> None:
    first = await thread.put({"a": 1})
    second = await thread.put({"a": 2}, first["id"], version="2")
    for parent in (None, "", second["id"]):
        assert await thread.sql(
            "UPDATE checkpoints SET parent_checkpoint_id = %s WHERE checkpoint_id = %s", parent, second["id"]
        )
        await assert_refused(thread)


async def test_a_checkpoint_row_under_another_id_or_namespace_is_refused(thread: SealedThread) -> None:
    await thread.put({"a": 1})
    other = "1f000000-0000-6000-8000-000000000000"
    assert await thread.sql("UPDATE checkpoints SET checkpoint_id = %s", other) == 1
    await assert_refused(thread, other)
    assert await thread.sql("UPDATE checkpoints SET checkpoint_ns = 'inner'") == 1
    assert await thread.sql("UPDATE checkpoint_blobs SET checkpoint_ns = 'inner'") == 1
    with pytest.raises(SealError):
        await thread.saver(None).aget_tuple({"configurable": {"thread_id": thread.id, "checkpoint_ns": "inner"}})


@pytest.mark.parametrize("stranger", [1, 2], ids=["another thread of the same user", "another user's thread"])
async def test_rows_moved_from_another_thread_are_refused(threads: list[SealedThread], stranger: int) -> None:
    victim, other = threads[0], threads[stranger]
    made = await other.put(VALUES)
    await other.saver().aput_writes(other.at(made["id"]), [("a", "late")], "task")
    for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
        assert await victim.sql(f"UPDATE {table} SET thread_id = %s WHERE thread_id = %s", victim.id, other.id)
    await victim.sql("UPDATE chatapp_fence SET tip_checkpoint_id = %s WHERE thread_id = %s", made["id"], victim.id)
    await assert_refused(victim)


@pytest.mark.parametrize("stranger", [1, 2], ids=["another thread of the same user", "another user's thread"])
async def test_one_value_moved_from_another_thread_is_refused(threads: list[SealedThread], stranger: int) -> None:
    victim, other = threads[0], threads[stranger]
    for one in (victim, other):
        await one.put({"a": f"of {one.id}"})
    move = (
        "UPDATE checkpoint_blobs x SET blob = y.blob FROM checkpoint_blobs y"
        " WHERE x.thread_id = %s AND y.thread_id = %s"
    )
    assert await victim.sql(move, victim.id, other.id) == 1
    await assert_refused(victim)


@pytest.mark.parametrize(
    "change",
    [
        "channel = 'b'",
        "task_id = 'other'",
        "task_path = 'other'",
        "idx = 7",
        "type = 'sealed:bytes'",
        "type = 'msgpack', blob = '\\xa1'",
        "type = NULL",
        "blob = ''",
        "blob = (SELECT blob FROM checkpoint_blobs LIMIT 1)",
        "blob = (SELECT blob FROM checkpoint_writes WHERE idx = 1)",
    ],
)
async def test_a_changed_pending_write_is_refused(thread: SealedThread, change: str) -> None:
    made = await thread.put({"a": "same"})
    await thread.saver().aput_writes(thread.at(made["id"]), [("a", "same"), ("a", "other")], "task", "path")
    assert await thread.sql(f"UPDATE checkpoint_writes SET {change} WHERE idx = 0") == 1
    await assert_refused(thread)


async def test_a_pending_write_moved_to_another_checkpoint_is_refused(thread: SealedThread) -> None:
    first = await thread.put({"a": 1})
    second = await thread.put({"a": 2}, first["id"], version="2")
    await thread.saver().aput_writes(thread.at(first["id"]), [("a", "approved")], "task")
    assert await thread.sql("UPDATE checkpoint_writes SET checkpoint_id = %s", second["id"]) == 1
    await assert_refused(thread)
