"""LangGraph's store: every operation does what LangGraph's own stores do, over sealed rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypedDict

import pytest
from django.db import connection
from langgraph.graph import StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from chatapp import keys, postgres
from chatapp.models import User
from chatapp.refusals import Refusal
from memory import rows, shelf, tasks
from memory.operations import InvalidNamespace
from memory.sealed_store import SealedPostgresStore


@pytest.fixture
async def kept(transactional_db: None) -> AsyncIterator[SealedPostgresStore]:
    yield SealedPostgresStore(await postgres.pool())
    await postgres.close()


@pytest.fixture
def me(alice: User) -> str:
    return str(alice.pk)


def execute(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


async def test_put_get_search_delete_and_namespaces(kept: SealedPostgresStore, me: str) -> None:
    await kept.aput((me, "memories"), "a", {"text": "green tea", "n": 1})
    await kept.aput((me, "memories"), "b", {"text": "black coffee", "n": 2})
    await kept.aput((me, "notes", "work"), "c", {"text": "tea in the office", "n": 3})
    found = await kept.aget((me, "memories"), "a")
    assert found is not None
    assert (found.namespace, found.key, found.value) == ((me, "memories"), "a", {"text": "green tea", "n": 1})
    assert found.created_at == found.updated_at
    assert {item.key for item in await kept.asearch((me,))} == {"a", "b", "c"}
    assert [item.key for item in await kept.asearch((me, "memories"))] == ["b", "a"], "what was changed last first"
    ranked = await kept.asearch((me,), query="tea")
    assert [item.key for item in ranked] == ["a", "c"]
    assert all(item.score is not None and item.score > 0 for item in ranked)
    assert await kept.alist_namespaces(prefix=(me,)) == [(me, "memories"), (me, "notes", "work")]
    await kept.adelete((me, "memories"), "a")
    assert await kept.aget((me, "memories"), "a") is None
    assert [item.key for item in await kept.asearch((me,), query="tea")] == ["c"]


FILTERS: list[dict[str, Any]] = [
    {"n": 2},
    {"n": {"$gt": 1}},
    {"n": {"$gte": 1, "$lt": 3}},
    {"n": {"$lte": 2}},
    {"n": {"$ne": 2}},
    {"n": {"$eq": 3}},
    {"deep": {"x": 1}},
    {"deep": {"x": {"$gt": 0}}},
    {"tags": ["a", "b"]},
    {"tags": {"$eq": ["b"]}},
    {"text": "one", "n": 1},
    {"absent": None},
]


async def test_a_filter_finds_what_langgraphs_own_store_finds(kept: SealedPostgresStore, me: str) -> None:
    plain = InMemoryStore()
    values: list[dict[str, Any]] = [
        {"text": "one", "n": 1, "deep": {"x": 1, "y": 2}, "tags": ["a", "b"]},
        {"text": "two", "n": 2, "deep": {"x": 2}, "tags": ["b"]},
        {"text": "three", "n": 3, "deep": {"x": 0}, "tags": []},
    ]
    for each in (kept, plain):
        for value in values:
            await each.aput((me, "m"), value["text"], value)
    for wanted in FILTERS:
        both = [{item.key for item in await each.asearch((me,), filter=wanted)} for each in (kept, plain)]
        assert both[0] == both[1], wanted


async def test_a_filter_that_cannot_be_compared_finds_nothing_and_an_unknown_one_is_refused(
    kept: SealedPostgresStore, me: str
) -> None:
    await kept.aput((me, "m"), "a", {"n": 1, "text": "b", "yes": True})
    for wanted in ({"n": {"$gt": "0"}}, {"text": {"$lt": 9}}, {"absent": {"$gt": 0}}, {"yes": {"$gt": 0}}, {"yes": 1}):
        assert await kept.asearch((me,), filter=wanted) == []
    assert len(await kept.asearch((me,), filter={"text": {"$gt": "a"}})) == 1
    with pytest.raises(ValueError, match="Unsupported operator"):
        await kept.asearch((me,), filter={"n": {"$near": 1}})


async def test_limit_and_offset_page_through_everything_once(kept: SealedPostgresStore, me: str) -> None:
    await kept.abatch([PutOp((me, "m"), str(number), {"text": "tea"}) for number in range(7)])
    for query in (None, "tea"):
        pages = [await kept.asearch((me,), query=query, limit=3, offset=start) for start in (0, 3, 6, 9)]
        assert [len(page) for page in pages] == [3, 3, 1, 0]
        assert {item.key for page in pages for item in page} == set("0123456")


async def test_namespaces_are_listed_as_langgraphs_own_store_lists_them(kept: SealedPostgresStore, me: str) -> None:
    prefixes: list[tuple[str, ...]] = [(me,), (me, "a"), (me, "*", "x")]
    plain = InMemoryStore()
    for each in (kept, plain):
        for rest in ("a",), ("a", "x"), ("a", "y", "v1"), ("b", "x"), ("b", "x", "v1"):
            await each.aput((me, *rest), "k", {})
    for suffix in None, ("x",), ("*", "v1"), ("x", "v1"):
        for prefix in prefixes:
            for depth in None, 1, 2:
                both = [
                    await each.alist_namespaces(prefix=prefix, suffix=suffix, max_depth=depth) for each in (kept, plain)
                ]
                assert both[0] == both[1], (prefix, suffix, depth)
    assert len(await kept.alist_namespaces(prefix=(me,), limit=2, offset=4)) == 1


async def test_fields_say_what_is_searched(kept: SealedPostgresStore, me: str) -> None:
    await kept.aput((me, "m"), "all", {"title": "tea", "more": {"body": ["coffee", 1]}})
    await kept.aput((me, "m"), "path", {"title": "tea", "more": {"body": ["coffee"]}}, index=["more.body[*]"])
    await kept.aput((me, "m"), "none", {"title": "tea coffee"}, index=False)
    for _ in range(2):
        assert {item.key for item in await kept.asearch((me,), query="tea")} == {"all"}
        assert {item.key for item in await kept.asearch((me,), query="coffee")} == {"all", "path"}
        shelf.forget()


async def test_in_one_batch_reads_come_before_writes_and_the_last_write_counts(
    kept: SealedPostgresStore, me: str
) -> None:
    place = (me, "m")
    await kept.aput(place, "a", {"n": 1})
    results = await kept.abatch(
        [
            PutOp(place, "a", {"n": 2}),
            GetOp(place, "a"),
            PutOp(place, "a", None),
            SearchOp(place),
            PutOp(place, "a", {"n": 3}),
        ]
    )
    assert results[1] is not None
    assert [results[1].value, results[3][0].value] == [{"n": 1}, {"n": 1}]  # type: ignore[union-attr,index]
    assert results[0] is results[2] is results[4] is None
    assert (await kept.aget(place, "a")).value == {"n": 3}  # type: ignore[union-attr]


async def test_what_expires_is_gone_at_its_time_and_reading_keeps_it_only_if_asked(
    kept: SealedPostgresStore, me: str
) -> None:
    await kept.aput((me, "m"), "short", {"text": "tea"}, ttl=1)
    await kept.aput((me, "m"), "long", {"text": "tea"}, ttl=10)
    older = "UPDATE store SET expires_at = expires_at - interval '50 seconds' WHERE ttl_minutes = 1"
    raised = "UPDATE memory_shelf SET version = nextval('memory_shelf_version')"
    await postgres.call(execute, older)
    await postgres.call(execute, raised)
    assert await kept.aget((me, "m"), "short", refresh_ttl=True) is not None
    await postgres.call(execute, older)
    await postgres.call(execute, raised)
    assert await kept.aget((me, "m"), "short") is not None, "it had been given its whole minute again"
    assert len(await kept.asearch((me,))) == 2
    await postgres.call(execute, older)
    await postgres.call(execute, raised)
    assert await kept.aget((me, "m"), "short") is None
    assert [item.key for item in await kept.asearch((me,), query="tea")] == ["long"]
    await tasks.sweep(0)
    assert await postgres.call(execute, "UPDATE store SET key = key") == 1


async def test_a_namespace_that_begins_with_no_user_is_refused(kept: SealedPostgresStore) -> None:
    for first in ("memories", "langgraph", "0", "01", "-1", "1 ", "１", "9" * 19, "*", "%", "_", "1%", "1_", "1.2", ""):
        for work in (
            kept.aput((first, "1"), "k", {}),
            kept.aget((first, "1"), "k"),
            kept.adelete((first, "1"), "k"),
            kept.asearch((first,)),
            kept.alist_namespaces(prefix=(first,)),
        ):
            with pytest.raises(InvalidNamespaceError):
                await work


async def test_no_operation_reaches_all_users(kept: SealedPostgresStore, me: str) -> None:
    await kept.aput((me, "m"), "k", {})
    anything = MatchCondition("prefix", ("*",)), MatchCondition("suffix", ("m",))
    for op in (
        SearchOp(()),
        ListNamespacesOp(),
        ListNamespacesOp(match_conditions=(anything[1],)),
        ListNamespacesOp(match_conditions=anything),
        GetOp((f"{me}.m",), "k"),
    ):
        with pytest.raises(InvalidNamespaceError):
            await kept.abatch([op])


async def test_an_unknown_user_has_nothing_and_gets_nothing(kept: SealedPostgresStore) -> None:
    assert await kept.aget(("999999", "m"), "k") is None
    assert await kept.asearch(("999999",), query="tea") == []
    with pytest.raises(Refusal, match="no such user"):
        await kept.aput(("999999", "m"), "k", {})
    with pytest.raises(InvalidNamespace):
        await kept.aput(("nobody", "m"), "k", {})


async def test_what_one_user_does_wrong_fails_for_nobody_else(kept: SealedPostgresStore, me: str, bob: User) -> None:
    """In LangGraph's own store these would be one batch, as they begin in the same turn of the loop."""
    wrong = [kept.aput((me, "m"), "k", {"text": "a\x00b"}), kept.aput((me, "m"), "k", {"text": "\ud800"})]
    right = [kept.aput((str(bob.pk), "m"), str(number), {"text": "fine"}) for number in range(3)]
    results = await asyncio.gather(*wrong, *right, return_exceptions=True)
    assert [type(result) for result in results] == [rows.InvalidValue, rows.InvalidValue, *[type(None)] * 3]
    assert len(await kept.asearch((str(bob.pk),))) == 3


async def test_synchronous_calls_from_another_thread_work_and_from_the_loop_are_refused(
    kept: SealedPostgresStore, me: str
) -> None:
    def work() -> None:
        kept.put((me, "m"), "k", {"text": "tea"})
        assert kept.get((me, "m"), "k") is not None
        assert len(kept.search((me,), query="tea")) == 1
        assert kept.list_namespaces(prefix=(me,)) == [(me, "m")]
        kept.delete((me, "m"), "k")
        assert kept.batch([GetOp((me, "m"), "k")]) == [None]

    await asyncio.to_thread(work)
    with pytest.raises(asyncio.InvalidStateError):
        kept.get((me, "m"), "k")


async def test_a_graph_uses_it_as_its_store(kept: SealedPostgresStore, me: str) -> None:
    class State(TypedDict):
        text: str

    async def keep(state: State, runtime: Runtime[None]) -> State:
        assert runtime.store is not None
        await runtime.store.aput((me, "memories"), "k", {"text": state["text"]})
        (found,) = await runtime.store.asearch((me, "memories"), query="tea")
        return {"text": f"found: {found.value['text']}"}

    graph = StateGraph(State).add_node("keep", keep).set_entry_point("keep").compile(store=kept)
    assert isinstance(graph.store, BaseStore)
    assert await graph.ainvoke({"text": "green tea"}) == {"text": "found: green tea"}


async def test_everything_is_read_again_by_a_process_that_knows_nothing(kept: SealedPostgresStore, me: str) -> None:
    await kept.abatch([PutOp((me, "m"), str(number), {"text": f"tea {number}"}) for number in range(50)])
    before = {item.key: item.dict() for item in await kept.asearch((me,), limit=100)}
    shelf.forget()
    keys.forget_keys()
    assert {item.key: item.dict() for item in await kept.asearch((me,), limit=100)} == before
