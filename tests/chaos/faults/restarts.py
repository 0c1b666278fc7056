"""Rolling restarts: SIGTERM to one process after another while people chat."""

from __future__ import annotations

import asyncio
import random
import time

from tests.chaos.finding import Finding
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Load
from tests.chaos.servers import Server

PEOPLE = 12
SILENT = 5.0  # the page says a word about its connection only when it stays away for longer


async def restarts(seed: int, rounds: int) -> Finding:
    """So many times a web process and a worker are told to end and started again."""
    async with installed() as site:
        return await roll(site, seed, rounds)


async def roll(site: Installation, seed: int, rounds: int, people: int = PEOPLE) -> Finding:
    """The fault itself, on a running site."""
    chance = random.Random(seed)
    ends: list[tuple[str, int, float]] = []
    async with Load(site, people, seed) as load:
        for turn in range(rounds):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            servers = (site.webs[turn % len(site.webs)], site.workers[turn % len(site.workers)])
            ends += await asyncio.gather(*(_restart(server) for server in servers))
        result = await load.settle()
        away = max(page.longest_away for page in load.pages)
        repeated = sum(turn.attempts > 1 for page in load.pages for turn in page.turns.values())
    unclean = [f"{name} ended with {code} after {seconds:.1f} s" for name, code, seconds in ends if code]
    return Finding(
        fault=f"{rounds} rolling restarts of web and worker under load",
        held_to="no error visible to a user",
        measured=(
            f"{result.said()}; no page away for more than {away:.1f} s; {repeated} answers begun anew before the eyes "
            f"of a user; {len(unclean)} of {len(ends)} processes ended with an error"
        ),
        met=result.clean and away <= SILENT and not unclean,
        seed=seed,
        problems=unclean + result.problems,
    )


async def _restart(server: Server) -> tuple[str, int, float]:
    name, began = server.incarnation, time.monotonic()
    code = await server.stop()
    took = time.monotonic() - began
    await server.start()
    return name, code, took
