"""The sealed, fenced saver: what it stores, what it gives back, and whom it refuses."""

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from chatapp import postgres
from chatapp.checkpoints import ReadOnly, SealedPostgresSaver, StaleEpoch, StrictSerializer
from chatapp.sealing import SealError
from tests.sealed_threads import TABLES, Keyed, SealedThread, checkpoint, new_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keyed(transactional_db: None) -> Keyed:
    return new_thread("alice@example.org")


@pytest.fixture
async def thread(keyed: Keyed) -> AsyncIterator[SealedThread]:
    yield SealedThread(await postgres.pool(), *keyed)
    await postgres.close()


VALUES: dict[str, Any] = {
    "text": "canary text",
    "number": 4711,
    "fraction": 1.5,
    "flag": True,
    "nothing": None,
    "bytes": b"\x00canary",
    "list": [1, "canary", None],
    "dict": {"canary": [dt.datetime(2026, 1, 2, tzinfo=dt.UTC), uuid.UUID(int=7)]},
    "messages": [HumanMessage("canary question", id="q"), AIMessage("canary answer", id="a")],
    "no_messages": [],
}


async def test_every_kind_of_value_comes_back(thread: SealedThread) -> None:
    made = await thread.put(VALUES)
    found = await thread.read()
    assert found is not None
    assert found.checkpoint == made
    assert {type(value) for value in found.checkpoint["channel_values"].values()} == {type(v) for v in VALUES.values()}


async def test_no_row_shows_a_value(thread: SealedThread) -> None:
    made = await thread.put(VALUES)
    await thread.saver().aput_writes(thread.at(made["id"]), [("text", "canary write"), ("n", 4711)], "task")
    dump = json.dumps(await thread.everything(), default=lambda value: bytes(value).decode("latin-1"))
    assert len(dump) > 1000
    assert "canary" not in dump
    assert "4711" not in dump


async def test_only_allowlisted_metadata_reaches_the_row(thread: SealedThread) -> None:
    config: Any = {
        "configurable": {**thread.config["configurable"], "secret": "canary"},
        "metadata": {"secret": "canary", "run_id": "canary"},
    }
    metadata: Any = {
        "source": "loop",
        "step": 3,
        "parents": {"": "an-id"},
        "run_id": uuid.UUID(int=1),
        "note": "canary",
    }
    made = checkpoint({"x": 1})
    await thread.saver().aput(config, made, metadata, made["channel_versions"])
    [row] = await thread.rows("checkpoints")
    assert row["metadata"] == {
        "source": "loop",
        "step": 3,
        "parents": {"": "an-id"},
        "run_id": str(uuid.UUID(int=1)),
    }
    assert "canary" not in json.dumps(row["checkpoint"])


async def test_metadata_of_another_shape_is_dropped(thread: SealedThread) -> None:
    made = checkpoint({"x": 1})
    metadata: Any = {
        "source": "canary",
        "step": "canary",
        "parents": {"": "can ary"},
        "run_id": {"canary": 1},
    }
    await thread.saver().aput(thread.config, made, metadata, made["channel_versions"])
    assert (await thread.rows("checkpoints"))[0]["metadata"] == {"parents": {}}


async def test_reading_without_an_id_gives_the_tip_and_not_the_largest_id(thread: SealedThread) -> None:
    assert await thread.read() is None
    first, second = checkpoint({"x": "first"}), checkpoint({"x": "second"}, "2")
    assert first["id"] < second["id"]
    for made in (second, first):
        await thread.saver().aput(thread.config, made, {}, made["channel_versions"])
    found = await thread.read()
    assert found is not None
    assert found.checkpoint["id"] == first["id"]
    await thread.sql("UPDATE chatapp_fence SET tip_checkpoint_id = NULL WHERE thread_id = %s", thread.id)
    assert await thread.read() is None
    assert await thread.read(second["id"]) is not None


async def test_a_subgraph_checkpoint_does_not_move_the_tip(thread: SealedThread) -> None:
    root = await thread.put({"x": 1})
    inner = checkpoint({"x": 2})
    config: Any = {"configurable": {"thread_id": thread.id, "checkpoint_ns": "inner:1"}}
    await thread.saver().aput(config, inner, {}, inner["channel_versions"])
    found = await thread.read()
    assert found is not None
    assert found.checkpoint["id"] == root["id"]
    newest = await thread.saver(None).aget_tuple(config)
    assert newest is not None
    assert newest.checkpoint["channel_values"] == {"x": 2}


async def test_a_stale_epoch_writes_nothing(thread: SealedThread, caplog: pytest.LogCaptureFixture) -> None:
    made = await thread.put(VALUES)
    before = await thread.everything()
    await thread.sql("UPDATE chatapp_fence SET epoch = 2 WHERE thread_id = %s", thread.id)
    await assert_refused(thread.saver(1), thread, made["id"])
    assert await thread.everything() == before
    await thread.put({"x": 1}, saver=thread.saver(2))
    assert await thread.everything() != before


async def test_a_write_after_the_thread_was_deleted_is_refused(thread: SealedThread) -> None:
    made = await thread.put(VALUES)
    saver = thread.saver()
    await saver.adelete_thread(thread.id)
    assert await thread.everything() == [[], [], []]
    assert await thread.read() is None
    await thread.sql("DELETE FROM chatapp_fence WHERE thread_id = %s", thread.id)
    await assert_refused(saver, thread, made["id"])
    assert await thread.everything() == [[], [], []]
    assert await thread.read() is None


async def assert_refused(saver: SealedPostgresSaver, thread: SealedThread, checkpoint_id: str) -> None:
    made = checkpoint({"late": "value"}, "9")
    with pytest.raises(StaleEpoch, match="took over"):
        await saver.aput(thread.config, made, {}, made["channel_versions"])
    with pytest.raises(StaleEpoch):
        await saver.aput_writes(thread.at(checkpoint_id), [("a", 1), ("b", 2)], "task")
    with pytest.raises(StaleEpoch):
        await saver.adelete_thread(thread.id)


async def test_a_refused_value_is_sent_again_by_the_next_accepted_write(thread: SealedThread) -> None:
    saver = thread.saver(epoch=2)
    with pytest.raises(StaleEpoch):
        await thread.put(VALUES, saver=saver)
    await thread.sql("UPDATE chatapp_fence SET epoch = 2 WHERE thread_id = %s", thread.id)
    made = await thread.put(VALUES, saver=saver)
    found = await thread.read()
    assert found is not None
    assert found.checkpoint == made


async def test_a_reader_cannot_write(thread: SealedThread) -> None:
    made = await thread.put({"x": 1})
    before, reader = await thread.everything(), thread.saver(None)
    with pytest.raises(ReadOnly):
        await reader.aput(thread.config, made, {}, made["channel_versions"])
    with pytest.raises(ReadOnly):
        await reader.aput_writes(thread.at(made["id"]), [("a", 1)], "task")
    with pytest.raises(ReadOnly):
        await reader.adelete_thread(thread.id)
    assert await thread.everything() == before


async def test_a_saver_serves_one_thread(thread: SealedThread) -> None:
    other: Any = {"configurable": {"thread_id": str(uuid.uuid4()), "checkpoint_ns": ""}}
    saver, made = thread.saver(), checkpoint({"x": 1})
    with pytest.raises(ValueError, match="another thread"):
        await saver.aget_tuple(other)
    with pytest.raises(ValueError, match="another thread"):
        await saver.aput(other, made, {}, made["channel_versions"])
    with pytest.raises(ValueError, match="another thread"):
        await saver.adelete_thread(other["configurable"]["thread_id"])
    with pytest.raises(ValueError, match="that thread's sealer"):
        SealedPostgresSaver(thread.pool, thread.sealer, str(uuid.uuid4()), 1)


async def test_synchronous_calls_and_what_would_break_sealing_are_refused(thread: SealedThread) -> None:
    saver = thread.saver()
    for name in ("get_tuple", "list", "put", "put_writes", "delete_thread", "prune", "copy_thread"):
        with pytest.raises(NotImplementedError, match="asynchronous"):
            getattr(saver, name)(thread.config)
    for name in ("aprune", "acopy_thread", "adelete_for_runs", "aget_delta_channel_history"):
        with pytest.raises(NotImplementedError):
            await getattr(saver, name)(thread.config)


async def test_pending_writes_come_back_in_order_and_are_kept_or_replaced_as_langgraph_does(
    thread: SealedThread,
) -> None:
    made = await thread.put({"x": 1})
    saver, config = thread.saver(), thread.at(made["id"])
    await saver.aput_writes(config, [("b", "first"), ("c", None)], "task-2", "path-2")
    await saver.aput_writes(config, [("b", "ignored"), ("c", "ignored")], "task-2", "path-2")
    await saver.aput_writes(config, [("a", [HumanMessage("hi", id="m")])], "task-1", "path-1")
    await saver.aput_writes(config, [("__resume__", "old")], "task-1", "path-1")
    await saver.aput_writes(config, [("__resume__", "new")], "task-1", "path-9")
    found = await thread.read()
    assert found is not None
    assert found.pending_writes == [
        ("task-1", "a", [HumanMessage("hi", id="m")]),
        ("task-2", "b", "first"),
        ("task-2", "c", None),
        ("task-1", "__resume__", "new"),
    ]


async def test_listing_filters_and_limits(thread: SealedThread) -> None:
    made = [await thread.put({"x": number}, version=str(number)) for number in range(4)]
    ids = [one["id"] for one in made]
    saver = thread.saver(None)
    assert [one.checkpoint async for one in saver.alist(None)] == made[::-1]
    assert [one.checkpoint["id"] async for one in saver.alist(thread.config, limit=2)] == [ids[3], ids[2]]
    before = saver.alist(thread.config, before=thread.at(ids[2]))
    assert [one.checkpoint["id"] async for one in before] == [ids[1], ids[0]]
    assert [one async for one in saver.alist(thread.config, filter={"step": 2})] == []
    assert len([one async for one in saver.alist(thread.config, filter={"step": 1})]) == 4


async def test_a_type_beyond_the_list_comes_back_as_plain_data_and_pickle_never_loads() -> None:
    serializer = StrictSerializer()
    kind, data = serializer.dumps_typed(Unlisted())
    assert serializer.loads_typed((kind, data)) == {"value": 1}
    assert serializer.with_msgpack_allowlist([("tests.test_saver", "Unlisted")]) is serializer
    for encoding in ("pickle", "json", "sealed:msgpack", ""):
        with pytest.raises(ValueError, match="never stored"):
            serializer.loads_typed((encoding, b"\x80\x04N."))


class Unlisted:
    """A class that no state may hold."""

    def model_dump(self) -> dict[str, int]:
        return {"value": 1}


async def test_a_tip_whose_checkpoint_is_gone_is_an_error_and_not_an_empty_thread(
    thread: SealedThread,
) -> None:
    made = await thread.put({"x": 1})
    assert await thread.sql("DELETE FROM checkpoints WHERE checkpoint_id = %s", made["id"]) == 1
    with pytest.raises(SealError, match="missing"):
        await thread.read()


def test_the_tables_are_those_that_are_deleted() -> None:
    from chatapp.checkpoints.queries import DELETE_ALL

    assert {statement.split()[2] for statement in DELETE_ALL} == set(TABLES)


async def test_write_that_meets_an_outage_is_made_again(thread: SealedThread) -> None:
    """The first of them is refused as a PostgreSQL that shuts down refuses it; a sequence does not roll back."""
    await thread.sql("CREATE SEQUENCE outages")
    await thread.sql(
        "CREATE FUNCTION shut_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('outages') = 1 THEN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END IF; RETURN NEW; END $$"
    )
    await thread.sql("CREATE TRIGGER shut_down BEFORE INSERT ON checkpoints FOR EACH ROW EXECUTE FUNCTION shut_down()")
    try:
        made = await thread.put({"text": "kept"})
        found = await thread.read()
        assert found is not None
        assert found.checkpoint == made
        assert await thread.sql("SELECT FROM outages WHERE last_value = 2") == 1, "it was refused once"
    finally:
        await thread.sql("DROP FUNCTION shut_down CASCADE")
        await thread.sql("DROP SEQUENCE outages")
