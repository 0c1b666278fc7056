"""Processes that die: SIGKILL at random moments."""

from __future__ import annotations

import asyncio
import random
import time

from tests.chaos import audit
from tests.chaos.finding import Control, Finding
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Load, ask, tally
from tests.chaos.page import Page
from tests.chaos.servers import Server

PEOPLE = 12
RESUMED_WITHIN = 10.0


async def kills(seed: int, rounds: int) -> Finding:
    """So many SIGKILLs of web and worker processes, each started again at once, while people chat."""
    async with installed() as site:
        found = await kill(site, seed, rounds)
    async with installed(unguarded="idempotency") as site:
        found.controls.append(await without_idempotency(site, seed))
    return found


async def kill(site: Installation, seed: int, rounds: int, people: int = PEOPLE) -> Finding:
    """The fault itself, on a running site."""
    chance = random.Random(seed)
    killed: list[tuple[str, float]] = []
    restarts: set[asyncio.Task[float]] = set()
    async with Load(site, people, seed) as load:
        while len(killed) < rounds:
            await asyncio.sleep(chance.uniform(0.3, 4.0))
            if up := _dispensable(site):
                victim = chance.choice(up)
                killed.append((victim.incarnation, await site.fetch_time()))
                await victim.kill()
                restarts.add(asyncio.create_task(_start(victim)))
        slowest_start = max(await asyncio.gather(*restarts))
        result = await load.settle()
    delays: list[float] = []
    late: list[str] = []
    for incarnation, at in killed:
        resumed, orphans = await audit.resumptions(site.database, incarnation, at)
        delays += resumed.values()
        late += [
            f"run {run} of {incarnation} was taken up {delay:.1f} s after its end at {at - killed[0][1]:.1f} s"
            for run, delay in resumed.items()
            if delay > RESUMED_WITHIN
        ]
        late += [f"run {run} of {incarnation} was never taken up" for run in orphans]
    slowest = max(delays, default=0.0)
    return Finding(
        fault=f"{rounds} SIGKILLs at random moments (web and worker), {people} clients, each frame sent 1-3 times",
        held_to="0 lost, 0 answered twice, 0 gaps or repeats seen by any client, resume ≤ 10 s after the kill",
        measured=(
            f"{result.said()}; {len(delays)} runs resumed, the slowest after {slowest:.1f} s "
            f"(a process takes up to {slowest_start:.1f} s to start)"
        ),
        met=result.clean and not late and bool(delays),
        seed=seed,
        problems=late + result.problems,
    )


def _dispensable(site: Installation) -> list[Server]:
    """Processes beside which another of their role is up: without one, the time to start one would be measured."""
    return [
        server
        for role in (site.webs, site.workers)
        for server in role
        if server.up and any(other.up for other in role if other is not server)
    ]


async def _start(server: Server) -> float:
    began = time.monotonic()
    await server.start()
    return time.monotonic() - began


async def without_idempotency(site: Installation, seed: int) -> Control:
    """A site that takes each frame for a new message: the check must find messages that nobody sent."""
    page = Page(site.address(0), seed=seed)
    try:
        page.say(ask(random.Random(seed)), copies=3)
        result = await tally(site, [page], patience=5)
    finally:
        await page.leave()
    return Control("idempotency off", result.twice > 0, f"{result.twice} twice")
