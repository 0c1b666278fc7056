"""How fast one user may send commands: a bucket of tokens for each user, in each process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.conf import settings

# Whoever is refused so often within so many seconds does not listen to what a refusal says.
HAMMERING: Final = 200
WINDOW_SECONDS: Final = 60.0
# Buckets kept at most; the one that was used longest ago goes first, and a new one is full.
BUCKETS: Final = 20_000


class Verdict(Enum):
    """What becomes of a command."""

    GO = "go"
    WAIT = "wait"
    CUT = "cut"


@dataclass(slots=True)
class Bucket:
    """One user's tokens at a time, and the refusals of a window that began at another."""

    tokens: float
    at: float
    refused: int = 0
    since: float = 0.0


class Allowance:
    """The buckets of one process. Used on one event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[int, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def spend(self, user_id: int) -> Verdict:
        """Take a token for one command: whether it may be carried out, must wait, or the socket is to be closed."""
        rate, burst = settings.COMMANDS_PER_SECOND, settings.COMMANDS_BURST
        if not rate:
            return Verdict.GO
        now = self._clock()
        bucket = self._buckets.pop(user_id, None) or Bucket(burst, now)
        self._buckets[user_id] = bucket  # the newest now
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        self._forget(now, burst / rate)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return Verdict.GO
        if now - bucket.since > WINDOW_SECONDS:
            bucket.refused, bucket.since = 0, now
        bucket.refused += 1
        return Verdict.CUT if bucket.refused > HAMMERING else Verdict.WAIT

    def _forget(self, now: float, filled: float) -> None:
        """Drop the oldest buckets: those that are full and without refusals again, or one too many."""
        past = now - max(filled, WINDOW_SECONDS)
        while self._buckets:
            oldest = next(iter(self._buckets))
            if self._buckets[oldest].at > past and len(self._buckets) <= BUCKETS:
                return
            del self._buckets[oldest]
