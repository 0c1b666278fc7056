"""No operation of one user reads, finds, lists or changes what another has: generated operations, and a plain model.

The users have the ids 1, 10, 100 and 11, whose texts begin alike; kinds and keys are made of what patterns and paths
are made of. LangGraph's own store in memory is the model, which compares namespaces label by label.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from chatapp import keys
from chatapp.models import User
from memory import operations, shelf, store

IDS = (1, 10, 100, 11)
TRICKY = ("memories", "m", "1", "10", "%", "_", "1%", "%1", "1_", "\\", "*", "[a-z]", "^", "10 ", "ä", "'", "\u202e")

users = st.sampled_from(IDS).map(str)
labels = st.sampled_from(TRICKY)
namespaces = st.builds(lambda user, rest: (user, *rest), users, st.lists(labels, min_size=1, max_size=3))
prefixes = st.builds(lambda user, rest: (user, *rest), users, st.lists(labels, max_size=2))
item_keys = st.sampled_from(("k", "1", "10", "%", "_", "a.b", "1.m", "../x", "*", "key with spaces", "日本"))
texts = st.lists(st.sampled_from(("tea", "coffee", "1", "10", "%", "日本語", "café")), min_size=1, max_size=3)
values = st.builds(lambda words, number: {"text": " ".join(words), "n": number}, texts, st.integers(0, 3))
queries = st.sampled_from(("tea", "1", "10", "%", "日本", "cafe"))
paths = st.lists(labels, min_size=1, max_size=2).map(tuple)

ops: st.SearchStrategy[Op] = st.one_of(
    st.tuples(namespaces, item_keys, values).map(lambda given: PutOp(*given)),
    st.tuples(namespaces, item_keys, values).map(lambda given: PutOp(*given)),
    st.tuples(namespaces, item_keys).map(lambda given: PutOp(given[0], given[1], None)),
    st.tuples(namespaces, item_keys).map(lambda given: GetOp(*given)),
    prefixes.map(lambda prefix: SearchOp(prefix, limit=100)),
    st.tuples(prefixes, st.integers(0, 3)).map(lambda given: SearchOp(given[0], {"n": given[1]}, 100)),
    st.tuples(prefixes, queries).map(lambda given: SearchOp(given[0], limit=100, query=given[1])),
    st.builds(
        lambda user, rest, suffix: ListNamespacesOp(
            (MatchCondition("prefix", (user, *rest)), *([MatchCondition("suffix", suffix)] if suffix else []))
        ),
        users,
        st.lists(labels, max_size=1),
        st.one_of(st.none(), paths),
    ),
)
# Between operations the process may know everything, nothing, or only the keys.
steps = st.lists(st.tuples(ops, st.sampled_from(("", "", "", "shelf", "keys"))), min_size=5, max_size=40)


@pytest.fixture
def cast(db: None) -> None:
    for each in IDS:
        User.objects.create(pk=each, email=f"user{each}@example.org")


def carry_out(op: Op) -> Any:
    return operations.carry_out(operations.owner(op), [(0, op)]).get(0)


def seen(result: Any) -> Any:
    """What a result says, times and scores left out."""
    if isinstance(result, Item):
        return result.namespace, result.key, str(result.value)
    return sorted(map(seen, result)) if isinstance(result, list) else result


QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUICK
@given(steps)
def test_generated_operations_see_exactly_what_the_same_user_has_done(cast: None, steps: list[tuple[Op, str]]) -> None:
    model = InMemoryStore()
    with transaction.atomic():
        for op, forgotten in steps:
            if forgotten:
                shelf.forget()
            if forgotten == "keys":
                keys.forget_keys()
            result = carry_out(op)
            mine = str(operations.owner(op))
            for each in result if isinstance(result, list) else [result]:
                namespace = each.namespace if isinstance(each, Item) else each
                assert namespace is None or namespace[0] == mine
            if isinstance(op, SearchOp) and op.query:
                _compare_ranked(op, result, model)
                continue
            expected = model.batch([op])[0]
            if isinstance(op, ListNamespacesOp) and isinstance(expected, list):
                # A namespace that was emptied is none here.
                expected = [each for each in expected if isinstance(each, tuple) and _has(model, each)]
            assert seen(result) == seen(expected)
        for user in IDS:
            shelf.forget()
            assert seen(carry_out(SearchOp((str(user),), limit=1000))) == seen(model.search((str(user),), limit=1000))
        transaction.set_rollback(True)


def _compare_ranked(op: SearchOp, result: Any, model: InMemoryStore) -> None:
    """Found is of what the model has there, and all of it that has the word."""
    everything: Any = model.batch([op._replace(query=None)])[0]
    word = {"日本": "日本語", "cafe": "café"}.get(str(op.query), op.query)
    held = [item for item in everything if word != "%" and word in item.value["text"].split()]
    assert set(seen(held)) <= set(seen(result)) <= set(seen(everything))


def _has(model: InMemoryStore, namespace: tuple[str, ...]) -> bool:
    return any(item.namespace == namespace for item in model.search(namespace, limit=1000))


@settings(QUICK, max_examples=200)
@given(st.text(max_size=6), st.sampled_from(IDS), st.text(max_size=3))
def test_only_the_plain_id_of_a_user_begins_a_namespace(before: str, user: int, after: str) -> None:
    first = f"{before}{user}{after}"
    for op in (GetOp((first, "m"), "k"), SearchOp((first,)), PutOp((first, "m"), "k", {})):
        try:
            found = operations.owner(op)
        except InvalidNamespaceError:
            continue
        assert str(found) == first


def test_rows_of_users_whose_ids_begin_alike_lie_apart(cast: None) -> None:
    for user in IDS:
        store.of(user).put("memories", "k", {"text": f"of {user}"})
    for user in IDS:
        theirs = store.of(user)
        theirs.delete_all("memories", ["k", "other"])
        assert theirs.all("memories") == {}
        rest = [other for other in IDS if other > 0 and store.of(other).all("memories")]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM store")
            assert cursor.fetchone() == (len(rest),)
        theirs.put("memories", "k", {"text": f"of {user}"})
        for other in IDS:
            assert [found["text"] for _, found, _ in store.of(other).search("memories", f"of {user}", 9)] == [
                f"of {other}"
            ]


def test_clearing_one_user_leaves_the_others(cast: None) -> None:
    for user in IDS:
        store.of(user).put("memories", "k", {"text": f"of {user}"})
    store.clear(1)
    shelf.forget()
    assert [len(store.of(user).all("memories")) for user in IDS] == [0, 1, 1, 1]
