"""What browsers do: lose their connections, send all at once from two tabs, delete what is being answered."""

from __future__ import annotations

import asyncio
import random
import re
from itertools import pairwise
from typing import Any
from uuid import uuid4

from tests.chaos import guards
from tests.chaos.finding import Control, Finding
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Load, Tally, ask, tally
from tests.chaos.page import Page, Said
from tests.chaos.requests import Failed, fetch_state, post
from tests.chaos.servers import Server

PEOPLE = 12
AT_ONCE = 20
# A person's limits are another matter: here everything is to be accepted.
QUEUE = {"QUEUED_MESSAGES": str(AT_ONCE), "COMMANDS_PER_SECOND": "0"}
DELETED_TOGETHER = 50
PAUSED = 6.0  # seconds: less than it takes to be taken for dead, and more than an answer still needs
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


async def disconnects(seed: int, rounds: int) -> Finding:
    """So many connections lost at random moments of answers; then some with a log that keeps nothing."""
    async with installed() as site:
        found = await disconnect(site, seed, rounds)
        found.controls.append(await without_log(site, seed))
    return found


async def disconnect(
    site: Installation, seed: int, rounds: int, people: int = PEOPLE, patience: float = 90.0
) -> Finding:
    """The fault itself, on a running site."""
    chance = random.Random(seed)
    compared: list[asyncio.Task[str]] = []
    result = Tally()
    async with Load(site, people, seed, pause=0.1) as load:
        while len(compared) < rounds:
            await asyncio.sleep(chance.uniform(0.0, 0.08))
            page = chance.choice(load.pages[-people:])
            if page.open.is_set():
                page.cut()
                page.open.clear()
                compared.append(asyncio.create_task(_compare(page)))
        unlike = [said for said in await asyncio.gather(*compared) if said]
        load.stop()
        result = await tally(site, load.pages, patience)
        skipped = sum(len(page.skipped) for page in load.pages)
    return Finding(
        fault=f"{rounds:,} random disconnects with `since`",
        held_to="client state equal to a fresh fetch, every time",
        measured=(
            f"{rounds - len(unlike):,} of {rounds:,} equal, {skipped} times the log could not tell what was missed; "
            f"{result.said()}"
        ),
        met=not unlike and not skipped and result.clean,
        seed=seed,
        problems=unlike + result.problems,
    )


async def without_log(site: Installation, seed: int, rounds: int = 20) -> Control:
    """A log that keeps nothing: clients that come back must be found to have missed something."""
    await guards.log_off(site.database)
    found = await disconnect(site, seed, rounds, patience=5)
    await guards.log_on(site.database)
    return Control("log off", not found.met, found.measured.partition(";")[0])


async def _compare(page: Page) -> str:
    """What differs from a fresh fetch once the page is connected again."""
    try:
        async with asyncio.timeout(30):
            await page.open.wait()
            return await page.disagreement()
    except (TimeoutError, Failed) as error:
        return f"{page.thread}: {type(error).__name__} {error}"


async def sends(seed: int, rounds: int) -> Finding:
    """Twenty messages at once to one thread, half of them from each of two tabs, so many times."""
    async with installed(settings=QUEUE) as site:
        return await send_at_once(site, seed, rounds)


async def send_at_once(site: Installation, seed: int, rounds: int, together: int = 4) -> Finding:
    """The fault itself, on a running site whose queue holds as many messages."""
    total, disordered, problems = Tally(), 0, []
    for begin in range(0, rounds, together):
        turns = range(begin, min(rounds, begin + together))
        for result, order in await asyncio.gather(*(_two_tabs(site, seed + turn, turn) for turn in turns)):
            _add(total, result)
            disordered += bool(order)
            problems += order
    return Finding(
        fault=f"{AT_ONCE} sends at once to one thread, from two tabs, ×{rounds}",
        held_to="all kept, answered in order of acceptance",
        measured=f"{disordered} threads out of order; {total.said()}",
        met=total.clean and not disordered,
        seed=seed,
        problems=problems + total.problems,
    )


async def _two_tabs(site: Installation, seed: int, user: int) -> tuple[Tally, list[str]]:
    chance, thread = random.Random(seed), uuid4()
    tabs = [Page(site.address(user), thread, seed=seed + tab, at_once=True) for tab in range(2)]
    try:
        for tab in tabs:
            await tab.open.wait()
        for number in range(AT_ONCE):
            tabs[number % 2].say(ask(chance, tokens=(1, 8), rate=100), chance.randint(1, 3))
        everything = [said for tab in tabs for said in tab.said]
        await asyncio.gather(*(_shows(tab, everything) for tab in tabs))
        result = await tally(site, tabs)
    finally:
        for tab in tabs:
            await tab.leave()
    accepted = [
        str(row[0])
        for row in await site.database.rows(
            "SELECT message_id FROM chatapp_run WHERE thread_id = %s ORDER BY created_at, id", [thread]
        )
    ]
    shows = f"{thread}: a tab shows another order than that of acceptance"
    problems = [shows for tab in tabs if [*tab.turns] != accepted]
    asked = "SELECT id::text, parent_id::text FROM chatapp_message WHERE thread_id = %s"
    parents: dict[str, str] = dict(await site.database.rows(asked, [thread]))
    for before, after in pairwise(accepted):
        answer = parents.get(after)
        if answer is None or parents.get(answer) != before:
            problems.append(f"{thread}: {after} does not follow the answer to {before}")
    for tab in tabs:
        own = [each for each in accepted if each in {said.id for said in tab.said}]
        if own != [said.id for said in tab.said]:
            problems.append(f"{thread}: a tab's messages were not accepted in the order in which it sent them")
    return result, problems


async def _shows(tab: Page, everything: list[Said]) -> None:
    await tab.until(lambda: all(said.id in tab.turns for said in everything), 60)


def _add(total: Tally, other: Tally) -> None:
    for name in ("sent", "answered", "lost", "twice", "wrong", "gaps", "unlike", "refused"):
        setattr(total, name, getattr(total, name) + getattr(other, name))
    total.problems += other.problems


async def deletions(seed: int, rounds: int) -> Finding:
    """So many threads deleted for ever while they are answered; then some with the fence off."""
    async with installed() as site:
        found = await delete(site, seed, rounds)
        found.controls.append(await without_fence(site, seed, min(rounds, 60)))
    return found


async def without_fence(site: Installation, seed: int, rounds: int) -> Control:
    """A fence that raises for nobody, and no Redis to tell workers of a deletion: rows must be found to be left.

    The site is of no use afterwards.
    """
    await guards.fence_off(site.database)
    await asyncio.to_thread(site.redis.stop)
    unfenced = await delete(site, seed, rounds)
    return Control("fence off", not unfenced.met, unfenced.measured)


async def delete(site: Installation, seed: int, rounds: int, settle: float = 9.0) -> Finding:
    """The fault itself, on a running site."""
    chance = random.Random(seed)
    ids: set[str] = set()
    problems: list[str] = []
    revived = 0
    together = min(DELETED_TOGETHER, (rounds + 1) // 2)
    for batch, begin in enumerate(range(0, rounds, together)):
        turns = range(begin, min(rounds, begin + together))
        pages = [Page(site.address(turn), seed=seed + turn) for turn in turns]
        try:
            ids.update(*await asyncio.gather(*(_begin(site, page, chance) for page in pages)))
            # In every other batch the workers hear of it too late, when their answers are whole.
            sleeping = site.workers if batch % 2 else []
            for worker in sleeping:
                worker.pause()
            awake = asyncio.create_task(_wake(sleeping))
            await asyncio.gather(*(_delete_one(page, chance, 0.0 if sleeping else 2.0) for page in pages))
            await awake
            await asyncio.sleep(settle)  # longer than a lease, so that someone could take a run over
            for page in pages:
                if page.final != 4404:
                    problems.append(f"{page.thread}: its socket was not closed for good, last with {page.closes[-1:]}")
                for attempt in (_resend, _fetch):
                    if said := await attempt(site, page):
                        revived += 1
                        problems.append(said)
        finally:
            for page in pages:
                await page.leave()
    rows = await _rows_with(site, ids)
    return Finding(
        fault=f"{rounds} threads deleted while running",
        held_to="no row of them left in any table, nothing comes back",
        measured=f"{sum(rows.values())} rows left{_where(rows)}, {revived} came back, of {len(ids):,} ids looked for",
        met=not rows and not revived and not problems and len(ids) > rounds,
        seed=seed,
        problems=problems,
    )


async def _wake(sleeping: list[Server]) -> None:
    await asyncio.sleep(PAUSED if sleeping else 0)
    for worker in sleeping:
        worker.go_on()


async def _begin(site: Installation, page: Page, chance: random.Random) -> set[str]:
    """Have an answer begun; return every id that belongs to the thread."""
    said = page.say(ask(chance, tokens=(100, 200)))
    await page.until(lambda: bool(page.turns.get(said.id) and page.turns[said.id].text), 30)
    owned = await site.database.rows(
        "SELECT id FROM chatapp_message WHERE thread_id = %s UNION SELECT id FROM chatapp_run WHERE thread_id = %s",
        [page.thread, page.thread],
    )
    return {str(page.thread), *(str(each) for (each,) in owned)}


async def _delete_one(page: Page, chance: random.Random, within: float) -> None:
    """Delete the thread for ever."""
    await asyncio.sleep(chance.uniform(0.0, within))
    await post(page.address, f"/t/{page.thread}/trash")
    await post(page.address, f"/t/{page.thread}/delete")
    await page.until(lambda: page.final is not None, 10)


async def _resend(site: Installation, page: Page) -> str:
    """What becomes of the message when it is sent once more, by a tab that has not heard."""
    late = Page(page.address, page.thread)
    late.said = page.said
    for said in late.said:
        said.acknowledged.clear()
    await late.until(lambda: late.final is not None or any(said.acknowledged.is_set() for said in late.said), 10)
    await late.leave()
    return "" if late.final == 4404 else f"{page.thread}: a late frame was not refused"


async def _fetch(site: Installation, page: Page) -> str:
    try:
        await fetch_state(page.address, page.thread)
    except Failed as failed:
        return "" if " 404 " in str(failed) else f"{page.thread}: a fetch failed with {failed}"
    return f"{page.thread}: is there again"


async def _rows_with(site: Installation, ids: set[str]) -> dict[str, int]:
    """How many rows of which tables hold one of the ids anywhere. A tombstone is all that may."""
    tables: list[Any] = await site.database.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
        "AND table_name <> 'chatapp_tombstone' AND table_name NOT LIKE 'chaos%'"
    )
    found: dict[str, int] = {}
    for (table,) in tables:
        rows = await site.database.rows(f'SELECT t::text FROM "{table}" t')
        if count := sum(bool(ids.intersection(_UUID.findall(row))) for (row,) in rows):
            found[table] = count
    return found


def _where(rows: dict[str, int]) -> str:
    return f" ({', '.join(f'{table} {count}' for table, count in rows.items())})" if rows else ""
