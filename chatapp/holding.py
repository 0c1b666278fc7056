"""Holding a thread still, so that an administrator's act meets it idle: the active run ends, no other one begins.

`settle` waits for that, and `still` makes sure of it once more in the act's own transaction, under the lock of the
fence. A hold ends by itself after a while, so a process that dies in between holds nothing up for long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from chatapp import asking, claims, jobs, postgres, process
from chatapp.access import NotFound
from chatapp.models import Fence, Run
from chatapp.refusals import Refusal

SECONDS: Final = 30
WAIT_SECONDS: Final = 25.0
LOOK_SECONDS: Final = 0.05
# On the database's clock: unless someone else holds it.
_HOLD: Final = """
UPDATE chatapp_fence SET held_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE thread_id = %(thread)s
    AND (held_until IS NULL OR held_until <= clock_timestamp() OR held_until = %(mine)s::timestamptz)
RETURNING held_until
"""


class NotEnded(Refusal):
    """The answer did not end in time. Nothing was changed."""


class Occupied(Refusal):
    """Another act on this conversation has not ended yet. Nothing was changed; try again in a moment."""


class Moved(Refusal):
    """Something else changed this conversation at the same moment. Nothing was changed; try again."""


@dataclass(frozen=True, slots=True)
class Held:
    """A thread in which nothing ran at this epoch, and in which no queued run begins before `until`."""

    thread_id: UUID
    owner_id: int
    epoch: int
    until: datetime
    running: UUID | None = None


async def settle(thread_id: UUID) -> Held:
    """Let the thread's active or waiting run end, its partial answer kept, and let no queued one begin for a while.

    Whoever gets a `Held` hands it to `still`, and to `release` if nothing comes of it. One act at a time holds a
    thread. Raises `NotFound`; and when it takes longer than `WAIT_SECONDS`, `NotEnded` or `Occupied`.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    held: Held | None = None
    try:
        while (found := await postgres.call(_hold, thread_id, held)) is None or found.running is not None:
            held = found or held
            if time.monotonic() > deadline:
                raise NotEnded if found is not None else Occupied
            if found is not None and found.running is not None:
                tell_to_stop(thread_id, found.running)
                # It may be that nobody executes it: it waited for its owner, or its process died.
                await process.current().runner.take(found.running)
            await asyncio.sleep(LOOK_SECONDS)
    except BaseException:
        if held is not None:
            await postgres.call(release, held)
        raise
    return found


@contextmanager
def still(held: Held) -> Iterator[Fence]:
    """One transaction that begins with the lock of the fence; ends the hold, and lets the next queued run begin.

    What is done within is one more epoch: `tip_checkpoint_id` of the fence it gives is written as it is in the end.
    Raises `NotFound`, and `Moved` when the thread is not as it was held.
    """
    with transaction.atomic():
        fence = _locked(held.thread_id)
        live = Run.objects.filter(thread_id=held.thread_id, state__in=Run.LIVE)
        if fence.epoch != held.epoch or live.exclude(state=Run.State.QUEUED).exists():
            raise Moved
        yield fence
        Fence.objects.filter(thread_id=held.thread_id).update(
            epoch=F("epoch") + 1, last_seq=F("last_seq") + 1, tip_checkpoint_id=fence.tip_checkpoint_id
        )
        _let_go(held)


def release(held: Held) -> None:
    """End a hold of which nothing came."""
    with transaction.atomic():
        try:
            _locked(held.thread_id)
        except NotFound:
            return
        _let_go(held)


def tell_to_stop(thread_id: UUID, run_id: UUID) -> None:
    """Tell this program's server, if it is one, that a run was asked to end; others see it at their next heartbeat."""
    process.tell(lambda here: here.stop_run(thread_id, run_id))


def tell_owner(owner_id: int, thread_id: UUID) -> None:
    """Let the open pages of a thread fetch it anew."""
    process.tell(lambda here: here.refetch(owner_id, thread_id))


def _hold(thread_id: UUID, before: Held | None) -> Held | None:
    """Hold the thread, or hold it for longer, and ask what runs there to end; None while someone else holds it."""
    with transaction.atomic():
        fence = _locked(thread_id)
        with connection.cursor() as cursor:
            mine = before.until if before is not None else None
            cursor.execute(_HOLD, {"seconds": SECONDS, "thread": thread_id, "mine": mine})
            row = cursor.fetchone()
        if row is None:
            return None
        run = Run.objects.filter(thread_id=thread_id, state__in=(Run.State.RUNNING, Run.State.WAITING)).first()
        if run is not None and not (run.stop_requested and run.state == Run.State.RUNNING):
            asking.end(run)
        return Held(thread_id, fence.thread.owner_id, fence.epoch, row[0], run.id if run is not None else None)


def _let_go(held: Held) -> None:
    mine = Fence.objects.filter(thread_id=held.thread_id, held_until=held.until)
    if not mine.update(held_until=None):  # it ran out, and another act holds it now
        return
    run = claims.next_in_line(held.thread_id)
    if run is not None and run.state == Run.State.QUEUED:
        jobs.claim(run.id)


def owner(thread_id: UUID) -> int:
    """Lock the fence of a thread, in the caller's transaction; whose it is. Raises `NotFound`."""
    return _locked(thread_id).thread.owner_id


def _locked(thread_id: UUID) -> Fence:
    fences = Fence.objects.select_for_update(of=("self",)).select_related("thread")
    fence = fences.filter(thread_id=thread_id).first()
    if fence is None:
        raise NotFound
    return fence
