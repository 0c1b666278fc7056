"""The sealers used last, kept in this process: opening a key costs a query."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from chatapp.sealing import Sealer


class SealerCache:
    """The sealers used last, at most `size` and none older than `seconds`; safe for threads."""

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sealers: OrderedDict[tuple[int, str], tuple[float, Sealer]] = OrderedDict()

    def get(self, user_id: int, scope: str) -> Sealer | None:
        """The sealer of one scope (a thread's id, or `keys.MEMORY`) of a user, unless it is too old."""
        key = user_id, scope
        with self._lock:
            made, sealer = self._sealers.get(key, (0.0, None))
            if sealer is None or time.monotonic() - made > self._seconds:
                self._sealers.pop(key, None)
                return None
            self._sealers.move_to_end(key)
            return sealer

    def put(self, sealer: Sealer) -> None:
        """Keep a sealer; the one that was not used for longest goes."""
        with self._lock:
            self._sealers[sealer.user_id, sealer.thread_id] = (time.monotonic(), sealer)
            self._sealers.move_to_end((sealer.user_id, sealer.thread_id))
            while len(self._sealers) > self._size:
                self._sealers.popitem(last=False)

    def drop(self, matches: Callable[[int, str], bool]) -> None:
        """Forget those whose user and scope `matches` picks."""
        with self._lock:
            for key in [key for key in self._sealers if matches(*key)]:
                del self._sealers[key]
