"""A short cut of the chaos suite (`make chaos` is the whole): real processes, real faults, one installation for all.

Rolling restarts have their own test beside the proxy, in `test_deployment`.

The two workers' clocks are ten minutes fast and slow throughout. Seeds are printed; CHAOS_SEED repeats one.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Iterator

import pytest
import uvloop

from tests.chaos import audit
from tests.chaos.faults import clients, kills, outages, pauses
from tests.chaos.finding import Finding, table
from tests.chaos.installation import Installation, installed

pytestmark = pytest.mark.chaos

SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))
PEOPLE = 6


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The loop of the installation and its clients."""
    print(f"chaos: CHAOS_SEED={SEED}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner


@pytest.fixture(scope="module")
def site(runner: asyncio.Runner) -> Iterator[Installation]:
    """Two web processes, two workers with wrong clocks, and everything that they need."""
    context = installed(shifts=pauses.SHIFTS, settings=clients.QUEUE)
    yield runner.run(context.__aenter__())
    runner.run(_leave(context.__aexit__(None, None, None)))


async def _leave(exiting: Awaitable[bool | None]) -> None:
    await exiting


def judge(*found: Finding) -> None:
    """Print what the faults came to, and fail with their problems."""
    print(f"\nCHAOS_SEED={SEED}\n{table(found)}")
    missed = [each for each in found if not each.passed]
    assert not missed, "\n".join(
        [f"{each.fault}: {each.measured}\n" + "\n".join(each.problems[:10]) for each in missed]
    )


def test_killed_processes_lose_nothing_and_answer_once(site: Installation, runner: asyncio.Runner) -> None:
    judge(runner.run(kills.kill(site, SEED, 2, PEOPLE)))


def test_paused_worker_writes_nothing_stale_whatever_its_clock_says(site: Installation, runner: asyncio.Runner) -> None:
    judge(runner.run(pauses.misjudge(site, SEED, 1, PEOPLE)))


def test_postgresql_may_go_away_during_runs(site: Installation, runner: asyncio.Runner) -> None:
    judge(runner.run(outages.restart_postgres(site, SEED, 2, PEOPLE)))


def test_clients_that_disconnect_send_at_once_or_delete_find_what_they_should(
    site: Installation, runner: asyncio.Runner
) -> None:
    async def together() -> tuple[Finding, ...]:
        return await asyncio.gather(
            clients.disconnect(site, SEED, 40, PEOPLE),
            clients.send_at_once(site, SEED, 2),
            clients.delete(site, SEED, 8, settle=6.0),
        )

    judge(*runner.run(together()))


def test_nobody_trusted_a_wrong_clock_in_all_this(site: Installation, runner: asyncio.Runner) -> None:
    noted = runner.run(audit.claims(site.database, 0.0))
    assert noted.takeovers > 0
    assert (noted.wrong, noted.stale) == (0, 0)


def test_check_fails_with_the_log_off(site: Installation, runner: asyncio.Runner) -> None:
    """The control, last: the site is of no use afterwards. Those of the other faults are `make chaos`'s."""
    control = runner.run(clients.without_log(site, SEED))
    assert control.failed, f"{control.guard}: {control.said}"
