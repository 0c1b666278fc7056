"""LangGraph's store operations, carried out on what one user has kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final

import orjson
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)
from langgraph.store.base import Item as StoreItem

from chatapp.refusals import Refusal
from memory import embeddings, shelf, store
from memory.filters import matcher
from memory.rows import Item, Namespace, Put
from memory.shelf import Shelf
from memory.space import newest_first

_USER: Final = re.compile("[1-9][0-9]{0,17}")


class InvalidNamespace(Refusal, InvalidNamespaceError):
    """A namespace begins with the id of a user, and so does what is searched or listed."""


def owner(op: Op) -> int:
    """The user whose store an operation is about. Raises InvalidNamespace."""
    if isinstance(op, ListNamespacesOp):
        beginnings = (each.path for each in op.match_conditions or () if each.match_type == "prefix")
        namespace: Sequence[str] = next(iter(beginnings), ())
    else:
        namespace = op.namespace_prefix if isinstance(op, SearchOp) else op.namespace
    if not namespace or not _USER.fullmatch(namespace[0]):
        raise InvalidNamespace
    return int(namespace[0])


def carry_out(user_id: int, ops: Sequence[tuple[int, Op]]) -> dict[int, Result]:
    """Carry out numbered operations of one user: those that read on one state, then those that write, all or none."""
    kept, now = shelf.read(user_id)
    results: dict[int, Result] = {}
    living: list[Item] = []
    puts: dict[tuple[Namespace, str], PutOp] = {}
    for number, op in ops:
        if isinstance(op, PutOp):
            puts[op.namespace, op.key] = op
        elif isinstance(op, GetOp):
            item = kept.space(op.namespace).get(op.key, now)
            results[number] = _item(item) if item is not None else None
            living += [item] if item is not None and op.refresh_ttl else []
        elif isinstance(op, SearchOp):
            found = _search(kept, op, now)
            results[number] = [_search_item(item, score) for item, score in found]
            living += [item for item, _ in found] if op.refresh_ttl else []
        else:
            results[number] = _namespaces(kept, op, now)
    if living := [item for item in living if item.ttl_minutes is not None]:
        store.refresh(user_id, living)
    _write(user_id, puts.values())
    if kept.lacks_vectors and not embeddings.pausing():
        embeddings.ask(user_id)
    return results


def _write(user_id: int, puts: Iterable[PutOp]) -> None:
    written = [Put(op.namespace, op.key, dict(op.value), op.ttl, op.index) for op in puts if op.value is not None]
    store.write(user_id, written, [(op.namespace, op.key) for op in puts if op.value is None])


def _search(kept: Shelf, op: SearchOp, now: int) -> list[tuple[Item, float | None]]:
    spaces = [space for _, space in kept.spaces(op.namespace_prefix)]
    found: Iterator[tuple[Item, float | None]]
    if op.query:
        near = embeddings.known(op.query)
        found = merge(*(space.search(op.query, near, now) for space in spaces), key=_best_first)
    else:
        found = ((item, None) for item in merge(*(space.newest(now) for space in spaces), key=newest_first))
    if op.filter:
        fits = matcher(op.filter)
        found = (each for each in found if fits(each[0].value))
    start = max(0, op.offset)
    return list(islice(found, start, start + max(0, op.limit)))


def _best_first(found: tuple[Item, float | None]) -> tuple[float, Namespace, str]:
    item, score = found
    return -(score or 0.0), item.namespace, item.key


def _namespaces(kept: Shelf, op: ListNamespacesOp, now: int) -> list[Namespace]:
    found = {
        namespace[: op.max_depth]
        for namespace, space in kept.spaces(())
        if space.living(now) and all(_matches(namespace, each) for each in op.match_conditions or ())
    }
    return sorted(found)[max(0, op.offset) :][: max(0, op.limit)]


def _matches(namespace: Namespace, condition: MatchCondition) -> bool:
    path = tuple(condition.path)
    if len(namespace) < len(path):
        return False
    part = namespace[: len(path)] if condition.match_type == "prefix" else namespace[len(namespace) - len(path) :]
    return all(wanted in {"*", label} for wanted, label in zip(path, part, strict=True))


def _item(item: Item) -> StoreItem:
    return StoreItem(
        value=_copy(item.value),
        key=item.key,
        namespace=item.namespace,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def _search_item(item: Item, score: float | None) -> SearchItem:
    return SearchItem(item.namespace, item.key, _copy(item.value), item.created_at, item.updated_at, score)


def _copy(value: dict[str, Any]) -> dict[str, Any]:
    """What is on the shelf is shared; what is handed out may be changed."""
    copied: dict[str, Any] = orjson.loads(orjson.dumps(value))
    return copied
