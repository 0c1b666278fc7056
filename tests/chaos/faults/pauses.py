"""Processes that are paused for longer than their leases, and come back; and workers whose clocks are wrong."""

from __future__ import annotations

import asyncio
import random

from tests.chaos import audit, guards
from tests.chaos.finding import Control, Finding
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Load

PEOPLE = 12
PAUSE = (7.5, 9.5)  # the lease is 6 seconds, and the others look out once a second
CONTROL_ROUNDS = 8  # it ends with the first stale write
SHIFTS = (600.0, -600.0)


async def pauses(seed: int, rounds: int) -> Finding:
    """So many pauses of a worker that has runs, longer than its lease; then some with the fence off."""
    async with installed() as site:
        found = await pause(site, seed, rounds)
        found.controls.append(await without_fence(site, seed))
    return found


async def pause(site: Installation, seed: int, rounds: int, people: int = PEOPLE) -> Finding:
    """The fault itself, on a running site."""
    began = await site.fetch_time()
    async with Load(site, people, seed) as load:
        paused = await _pause_workers(site, seed, rounds)
        result = await load.settle()
    noted = await audit.claims(site.database, began)
    taken = [await audit.resumptions(site.database, name, at) for name, at in paused]
    # Of the same worker's next pause there are later ones.
    slowest = max((delay for delays, _ in taken for delay in delays.values() if delay < PAUSE[1] + 1), default=0.0)
    return Finding(
        fault=f"{rounds} pauses (SIGSTOP) longer than the heartbeat limit",
        held_to="0 stale writes; with the fence off the test fails",
        measured=(
            f"{noted.stale} stale writes in {noted.takeovers} takeovers, the slowest {slowest:.1f} s after the pause "
            f"began; {result.said()}"
        ),
        met=not noted.stale and noted.takeovers > 0 and result.clean,
        seed=seed,
        problems=result.problems,
    )


async def without_fence(site: Installation, seed: int, people: int = PEOPLE) -> Control:
    """The fence raises for nobody: a paused worker must be seen to write. The site is of no use afterwards."""
    await guards.fence_off(site.database)
    began = await site.fetch_time()
    async with Load(site, people, seed):
        for turn in range(CONTROL_ROUNDS):
            await _pause_workers(site, seed + turn, 1)
            noted = await audit.claims(site.database, began)
            if noted.stale:
                break
    return Control("fence off", noted.stale > 0, f"{noted.stale} stale writes in {noted.takeovers} takeovers")


async def clocks(seed: int, rounds: int) -> Finding:
    """Two workers whose clocks are ten minutes fast and slow; one is paused now and then: its runs are taken over."""
    async with installed(shifts=SHIFTS) as site:
        found = await misjudge(site, seed, rounds)
    async with installed(shifts=SHIFTS, unguarded="clock") as site:
        lied = await misjudge(site, seed, 1)
        found.controls.append(Control("leases by the workers' clocks", not lied.met, lied.measured))
    return found


async def misjudge(site: Installation, seed: int, rounds: int, people: int = PEOPLE) -> Finding:
    """The fault itself, on a site whose workers' clocks are wrong."""
    began = await site.fetch_time()
    async with Load(site, people, seed) as load:
        await _pause_workers(site, seed, rounds)
        result = await load.settle()
    noted = await audit.claims(site.database, began)
    return Finding(
        fault="clocks of two workers ±10 min",
        held_to="no wrong takeover, no turn lost (the database's clock decides)",
        measured=f"{noted.wrong} wrong ones of {noted.takeovers} takeovers ({rounds} pauses); {result.said()}",
        met=not noted.wrong and not noted.stale and noted.takeovers > 0 and result.clean,
        seed=seed,
        problems=result.problems,
    )


async def _pause_workers(site: Installation, seed: int, rounds: int) -> list[tuple[str, float]]:
    """Pause one worker after the other; return their names and the moments."""
    paused: list[tuple[str, float]] = []
    chance = random.Random(seed)
    for turn in range(rounds):
        await asyncio.sleep(chance.uniform(1.0, 2.5))
        victim = site.workers[turn % len(site.workers)]
        paused.append((victim.incarnation, await site.fetch_time()))
        victim.pause()
        try:
            await asyncio.sleep(chance.uniform(*PAUSE))
        finally:
            victim.go_on()
    await asyncio.sleep(1.0)  # what the last one does when it is back
    return paused
