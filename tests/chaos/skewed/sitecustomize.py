"""Sets the clock that Python code reads wrong by CHAOS_CLOCK_SHIFT seconds, in the one process that has this folder on
its PYTHONPATH. The monotonic clock, which timers go by, stays as it is."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from typing import Any

_SHIFT = float(os.environ.get("CHAOS_CLOCK_SHIFT", "0"))
_real = dt.datetime


class _Type(type):
    """Every real datetime counts as one of ours."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _real)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _real)


class _Datetime(_real, metaclass=_Type):
    """`datetime.datetime` whose present is another; its values are real ones."""

    __slots__ = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _real(*args, **kwargs)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _real.now(tz) + dt.timedelta(seconds=_SHIFT)

    @classmethod
    def utcnow(cls) -> Any:
        return _real.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(seconds=_SHIFT)

    @classmethod
    def today(cls) -> Any:
        return _real.now() + dt.timedelta(seconds=_SHIFT)


def _shifted(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + _SHIFT


def _shifted_ns(clock: Callable[[], int]) -> Callable[[], int]:
    return lambda: clock() + int(_SHIFT * 1_000_000_000)


if _SHIFT:
    time.time = _shifted(time.time)
    time.time_ns = _shifted_ns(time.time_ns)
    dt.datetime = _Datetime  # type: ignore[misc]  # stands in for it
