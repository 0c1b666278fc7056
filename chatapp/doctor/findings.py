"""What a check says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Level(StrEnum):
    """How bad it is. A failure is what does not work as it is configured."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: which check, what it found, and what to do about it."""

    check: str
    level: Level
    found: str
    advice: str = ""


Check: TypeAlias = Callable[[], Iterable[Finding]]
