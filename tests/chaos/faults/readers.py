"""Readers: one that is slow beside many that are not, and ones that come back again and again."""

from __future__ import annotations

import asyncio
import random
import statistics
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID, uuid4

from bench.script import Ask
from bench.sockets import Refused
from tests.chaos.finding import Finding
from tests.chaos.installation import Installation, installed
from tests.chaos.load import ask, tally
from tests.chaos.page import CHANNELS, Page, PageSocket
from tests.chaos.requests import Address
from tests.chaos.servers import Server
from tests.chaos.throttle import Throttle

FAST = 50
SLOW_BYTES = 1000
STREAM = (60_000, 4_000)  # tokens, and tokens a second: some 25 KB a second for fifteen seconds
MOST_RATIO = 1.1
MOST_MEMORY = 1_000_000
LIMITLESS = {"COMMANDS_PER_SECOND": "0"}
COMING = 8  # sockets that are being opened at a time
WARM = 1000
CROWD = 5  # times as many at a time among the first thousand: pools then are as large as they get
# A kilobyte that is lost with every fiftieth of 50,000 would be a megabyte.
MOST_GROWTH = 2_000_000


@dataclass
class Phase:
    """One answer with all its readers."""

    delays: list[float] = field(default_factory=list)
    memory: int = 0  # by how much the process grew meanwhile, at most
    problems: list[str] = field(default_factory=list)


async def slow_reader(seed: int, rounds: int) -> Finding:
    """So many pairs of answers: all readers fast, and one of them slow."""
    async with installed(settings=LIMITLESS) as site:
        return await read_slowly(site, seed, rounds)


async def read_slowly(site: Installation, seed: int, rounds: int, stream: tuple[int, int] = STREAM) -> Finding:
    """The fault itself, on a running site."""
    web, seeds = site.webs[0], count(seed * 1_000_000)
    await _phase(site, web, Ask(next(seeds), *stream), slow=False)  # what the process needs once
    even: list[Phase] = []
    uneven: list[Phase] = []
    for _ in range(rounds):
        even.append(await _phase(site, web, Ask(next(seeds), *stream), slow=False))
        uneven.append(await _phase(site, web, Ask(next(seeds), *stream), slow=True))
    p95, p95_beside = (_p95([delay for phase in phases for delay in phase.delays]) for phases in (even, uneven))
    memory = statistics.median(phase.memory for phase in uneven) - statistics.median(phase.memory for phase in even)
    problems = [problem for phase in (*even, *uneven) for problem in phase.problems]
    return Finding(
        fault=f"one reader at 1 KB/s beside {FAST} fast ones",
        held_to="fast p95 within 10 %, server memory ≤ 1 MB for the slow one",
        measured=(
            f"p95 from event to fast readers {p95_beside * 1000:.1f} ms beside it and {p95 * 1000:.1f} ms without "
            f"it (ratio {p95_beside / p95:.2f}); {max(memory, 0) / 1e6:.2f} MB more memory; the slow one had "
            f"{'everything' if not problems else 'NOT everything'} in the end"
        ),
        met=p95_beside <= MOST_RATIO * p95 and memory <= MOST_MEMORY and not problems,
        seed=seed,
        problems=problems,
    )


async def _phase(site: Installation, web: Server, asked: Ask, *, slow: bool) -> Phase:
    """Let everybody read one answer, the last of them slowly until it has ended."""
    found, thread = Phase(), uuid4()
    throttle = Throttle(web.port, SLOW_BYTES if slow else None)
    await throttle.start()
    cookie = site.cookies[0]
    fast = [Page(site.address(0, web), thread, seed=number) for number in range(FAST)]
    last = Page(Address(throttle.port, cookie), thread, seed=FAST)
    try:
        for page in (*fast, last):
            await page.open.wait()
        before = web.memory
        said = fast[0].say(asked)
        while not fast[0].is_answered(said):
            found.memory = max(found.memory, web.memory - before)
            if not await fast[0].until(lambda: fast[0].is_answered(said), 0.5) and len(found.problems) > 600:
                break
        for page in fast:
            await page.answered(said)
            found.delays += [delay for _, delay in page.delays]
        throttle.rate = None
        await last.answered(said)
        last.said = [said]
        found.problems = (await tally(site, [last])).problems
    finally:
        for page in (*fast, last):
            await page.leave()
        await throttle.stop()
    return found


def _p95(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=20)[-1]


async def reconnects(seed: int, rounds: int) -> Finding:
    """So many sockets opened, subscribed and closed."""
    async with installed(settings=LIMITLESS) as site:
        return await reconnect(site, seed, rounds)


async def reconnect(site: Installation, seed: int, rounds: int) -> Finding:
    """The fault itself, on a running site."""
    threads = await _threads(site, seed)
    await _come_and_go(site, CROWD * threads, min(WARM, rounds // 2), seed)
    warm = [web.memory for web in site.webs]
    await _come_and_go(site, threads, rounds - min(WARM, rounds // 2), seed + 1)
    grown = [web.memory - before for web, before in zip(site.webs, warm, strict=True)]
    return Finding(
        fault=f"{rounds:,} reconnects",
        held_to="no growth of memory after the first thousand",
        measured=(
            f"{' and '.join(f'{before / 1e6:.1f}' for before in warm)} MB after the first {min(WARM, rounds // 2):,}, "
            f"{' and '.join(f'{size / 1e6:+.2f}' for size in grown)} MB at the end (held to {MOST_GROWTH / 1e6:.0f} MB)"
        ),
        met=max(grown) <= MOST_GROWTH,
        seed=seed,
    )


async def _threads(site: Installation, seed: int) -> list[tuple[int, UUID, int]]:
    """A thread with an answer for each of a few users: (user, thread, last number)."""
    chance = random.Random(seed)
    pages = [Page(site.address(user), seed=user) for user in range(COMING)]
    try:
        for page in pages:
            await page.answered(page.say(ask(chance, tokens=(5, 10))))
        return [(user, page.thread, page.since) for user, page in enumerate(pages)]
    finally:
        for page in pages:
            await page.leave()


async def _come_and_go(site: Installation, threads: list[tuple[int, UUID, int]], times: int, seed: int) -> None:
    left = iter(range(times))
    chance = random.Random(seed)

    async def one_after_another(user: int, thread: UUID, last: int) -> None:
        for number in left:
            web = site.webs[number % len(site.webs)]
            await _visit(site.address(user, web), thread, chance.choice((0, last // 2, last)))

    await asyncio.gather(*(one_after_another(*each) for each in threads))


async def _visit(address: Address, thread: UUID, since: int) -> None:
    """Connect, subscribe, have everything above a number, leave."""
    path = f"/api/threads/{thread}/stream/events"
    async with asyncio.timeout(30):
        socket = await PageSocket.connect(address.port, path, address.cookie)
        subscribed = asyncio.get_running_loop().create_future()

        def receive(frame: bytes) -> None:
            if frame.startswith(b'{"type":"success"') and not subscribed.done():
                subscribed.set_result(None)
            elif frame.startswith(b'{"type":"error"') and not subscribed.done():
                subscribed.set_exception(Refused(frame.decode()))

        socket.on_frame = receive
        channels = ",".join(f'"{channel}"' for channel in CHANNELS)
        socket.send(
            f'{{"id":1,"method":"subscription.subscribe","params":{{"channels":[{channels}],"since":{since}}}}}'
        )
        await subscribed
        socket.close()
        await socket.closed.wait()
