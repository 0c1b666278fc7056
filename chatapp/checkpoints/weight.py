"""A cheap estimate of how much work a value is, to decide whether it leaves the event loop."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, ParamSpec, TypeVar

from langchain_core.messages import BaseMessage

# About this many bytes are sealed in the time that a hop to a thread and back costs several times over.
BIG: Final = 64 * 1024
_SMALL: Final = 64
_DEPTH: Final = 3

P = ParamSpec("P")
R = TypeVar("R")


async def off_loop(weight: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call `function`, in a thread if `weight` (about bytes) makes that worth the hop."""
    if weight < BIG:
        return function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)


def of_values(values: Iterable[Any], depth: int = _DEPTH) -> int:
    """Estimate the serialised size of `values` in bytes; lists, dicts and messages are looked into a few
    levels deep.
    """
    return sum(_of(value, depth) for value in values)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> int:
    """The bytes of the sealed values in checkpoint rows."""
    return sum(len(blob[-1] or b"") for row in rows for kind in ("blobs", "writes") for blob in row[kind] or ())


def _of(value: Any, depth: int) -> int:
    if isinstance(value, (str, bytes, bytearray)):
        return len(value)
    if isinstance(value, BaseMessage):
        return _SMALL + _of(value.content, depth)
    if isinstance(value, (list, tuple)):
        return of_values(value, depth - 1) if depth else _SMALL * len(value)
    if isinstance(value, dict):
        return of_values(value.values(), depth - 1) if depth else _SMALL * len(value)
    return _SMALL
