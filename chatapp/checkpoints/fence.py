"""The fence: what a write for a thread begins with, and how its refusal arrives here.

The SQL functions lock the thread's row in `chatapp_fence` (`everthread_fence` FOR SHARE, `everthread_advance`
by updating the tip) and raise SQLSTATE ET001 when the row is missing or its epoch is another. Raising is
essential: a condition that merely matches no row would let the rest of a pipeline through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from chatapp.refusals import Refusal

STALE_EPOCH: Final = "ET001"

HOLD: Final = "SELECT everthread_fence(%s::uuid, %s::bigint)"
ADVANCE: Final = "SELECT everthread_advance(%s::uuid, %s::bigint, %s::text)"


class StaleEpoch(Refusal):
    """Another run, a stop, an edit or a deletion took over this thread: nothing was written."""


class ReadOnly(Refusal):
    """These checkpoints were opened for reading: nothing was written."""


@contextmanager
def refusals() -> Iterator[None]:
    """Raise StaleEpoch for the fence's SQLSTATE; let every other error pass."""
    try:
        yield
    except psycopg.Error as error:
        if STALE_EPOCH in (error.sqlstate, error.diag.sqlstate):
            raise StaleEpoch from None
        raise
