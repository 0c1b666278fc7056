"""Services that go away and come back: PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import random
import statistics
import time

from tests.chaos.finding import Finding
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Load

PEOPLE = 12
DONE_WITHIN = 30.0
DELIVERED_WITHIN = 2.0
NOTICING = 3.0  # seconds after which every process knows that Redis is away
SOON = 0.5  # how late an event may be when it comes by pub/sub
_RUNS = """
SELECT coalesce(extract(epoch FROM finished_at)::float8, 0), state FROM chatapp_run
WHERE created_at < to_timestamp(%s) AND (finished_at IS NULL OR finished_at > to_timestamp(%s))
"""


async def postgres(seed: int, rounds: int) -> Finding:
    """So many restarts of PostgreSQL, half of them crashes, while people chat."""
    async with installed() as site:
        return await restart_postgres(site, seed, rounds)


async def restart_postgres(site: Installation, seed: int, rounds: int, people: int = PEOPLE) -> Finding:
    """The fault itself, on a running site."""
    chance = random.Random(seed)
    waits: list[tuple[float, float]] = []
    async with Load(site, people, seed) as load:
        for _ in range(rounds):
            await asyncio.sleep(chance.uniform(2.0, 5.0))
            gone = time.time()
            await site.database.restart(chance.uniform(0, 2), crash=chance.random() < 0.5)
            waits.append((gone, time.time()))
        result = await load.settle()
    late: list[float] = []
    unfinished = 0
    for gone, back in waits:
        for finished, state in await site.database.rows(_RUNS, [gone, gone]):
            unfinished += state != "done"
            late.append(finished - back)
    slowest = max(late, default=0.0)
    # What a person is asked to send again during an outage is not lost: it has the same id and is sent again.
    asked_again = sum(len(page.trouble) for page in load.pages)
    result.refused -= asked_again
    return Finding(
        fault=f"{rounds} PostgreSQL restarts of 0-2 s during runs",
        held_to="every run done ≤ 30 s later, nothing lost",
        measured=(
            f"{len(late)} runs went through a restart, {unfinished} unfinished, the slowest done {slowest:.1f} s "
            f"after it; "
            f"{result.said()}; {asked_again} sends not accepted at first"
        ),
        met=result.clean and not unfinished and slowest <= DONE_WITHIN and bool(late),
        seed=seed,
        problems=result.problems,
    )


async def redis(seed: int, rounds: int) -> Finding:
    """Redis away for `rounds` seconds."""
    async with installed() as site:
        return await stop_redis(site, seed, float(rounds))


async def stop_redis(site: Installation, seed: int, seconds: float, people: int = PEOPLE) -> Finding:
    """The fault itself, on a running site."""
    started = [server.incarnation for server in site.servers]
    async with Load(site, people, seed) as load:
        await asyncio.sleep(3)
        gone = time.time()
        await asyncio.to_thread(site.redis.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(site.redis.start)
        back = time.time()
        await asyncio.sleep(6)  # by then pub/sub must have come back by itself
        again = time.time()
        await asyncio.sleep(4)
        result = await load.settle()
    delays = [delay for page in load.pages for delay in page.delays]
    away = [delay for at, delay in delays if gone <= at <= back]
    resumed = [delay for at, delay in delays if at >= again]
    later = max((delay for at, delay in delays if gone + NOTICING <= at <= back), default=0.0)
    slowest, usual = max(away, default=0.0), statistics.median(resumed) if resumed else DELIVERED_WITHIN
    restarted = started != [server.incarnation for server in site.servers]
    return Finding(
        fault=f"Redis stopped for {seconds:.0f} s, then back",
        held_to="all sends accepted, delivery ≤ 2 s, no restart needed",
        measured=(
            f"{result.said()}; {len(away)} events while it was away, the slowest after {slowest:.2f} s "
            f"(after the first {NOTICING:.0f} s {later:.2f} s, median {statistics.median(away or [0]):.2f} s); "
            f"afterwards median {usual * 1000:.0f} ms"
        ),
        met=result.clean and bool(away) and slowest <= DELIVERED_WITHIN and usual <= SOON and not restarted,
        seed=seed,
        problems=result.problems,
    )
