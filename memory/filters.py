"""LangGraph's search filters: which values they let through, worked out once for thousands of values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

# A value of an item, or a part of one: JSON.
Test = Callable[[Any], bool]

_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_NUMBERS: Final = (int, float)


def matcher(wanted: object) -> Test:
    """The test whether a value is the wanted one; of an object that is wanted only the names that it has are compared.

    Where an object of `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte` is wanted, all of them must hold. What cannot be
    compared, as text with a number, does not hold. Raises ValueError for another operator.
    """
    if isinstance(wanted, Mapping):
        if any(str(name).startswith("$") for name in wanted):
            return _every([_holds(str(name), bound) for name, bound in wanted.items()])
        return _every([_has(name, matcher(each)) for name, each in wanted.items()])
    if isinstance(wanted, list | tuple):
        return _is_list([matcher(each) for each in wanted])
    if wanted is None or isinstance(wanted, bool):
        return lambda value: value is wanted
    # True is no 1 in JSON.
    return lambda value: value == wanted and not isinstance(value, bool)


def _every(tests: Sequence[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _has(name: str, test: Test) -> Test:
    return lambda value: isinstance(value, dict) and test(value.get(name))


def _is_list(tests: Sequence[Test]) -> Test:
    def test(value: Any) -> bool:
        same = isinstance(value, list) and len(value) == len(tests)
        return same and all(each(part) for each, part in zip(tests, value, strict=True))

    return test


def _holds(name: str, bound: Any) -> Test:
    if name in {"$eq", "$ne"}:
        same, wanted = matcher(bound), name == "$eq"
        return lambda value: same(value) == wanted
    if name not in _COMPARED:
        raise ValueError(f"Unsupported operator: {name}")
    compare = _COMPARED[name]
    return lambda value: _comparable(value, bound) and compare(value, bound)


def _comparable(value: object, bound: object) -> bool:
    if isinstance(value, bool) or isinstance(bound, bool):
        return False
    return (isinstance(value, str) and isinstance(bound, str)) or (
        isinstance(value, _NUMBERS) and isinstance(bound, _NUMBERS)
    )
