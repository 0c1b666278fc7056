"""What a turn costs at turn 10 and at turn 1,000 of a thread: bytes in the database, CPU, time to the first token.

    python -m bench.turns

prints it for Everthread alone. Threads are grown through the same sockets and verbs that people use, with an endpoint
that answers at once.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields

import orjson
import psycopg

from bench.clients import fetch_state
from bench.sockets import ClientSocket
from bench.stage import OURS, Stage, Variant, staged

ANSWER_TOKENS = 100
TURNS = 10  # measured at a time, half of them before the turn that is named
ROUNDS = 4
THREADS = 4
PACED = 5  # turns for the time to the first token
# What ends with the thread's retention or after an hour (the log that replays are served from) is counted apart.
KEPT = (
    "checkpoints",
    "checkpoint_blobs",
    "checkpoint_writes",
    "chatapp_message",
    "chatapp_run",
    "chatapp_modelcall",
    "chatapp_summary",
)
PASSING = ("chatapp_eventbatch",)


@dataclass(frozen=True)
class Cost:
    """Of one turn, around a turn of this number. Times in milliseconds, CPU in milliseconds too."""

    turn: int
    bytes_kept: float
    bytes_passing: float
    server_cpu: float
    database_cpu: float
    first_token: float
    open: float

    @property
    def cpu(self) -> float:
        """Server and database together."""
        return self.server_cpu + self.database_cpu


def costs(stage: Stage, name: str, late: int) -> tuple[Cost, Cost]:
    """Grow threads to turn `late`, then measure turns of theirs and of new threads around turn 10, in alternation.

    So neither a machine that slows down nor tables that have grown count for one of them only, and what happens every
    ten turns (a summary) is counted as often as it happens. Of the plain loop there is one long thread only.
    """
    variant, early, later = stage.variants[name], [], []
    grown = _grow(stage, name, late - ROUNDS * TURNS // 2, THREADS if name == OURS else 1, [])
    for _ in range(ROUNDS):
        new = _grow(stage, name, 10 - TURNS // 2, THREADS, [])
        early.append(_measure(stage, variant, 10, new))
        later.append(_measure(stage, variant, late, grown))
    return _mean(early), _mean(later)


def _mean(costs: list[Cost]) -> Cost:
    means = {each.name: statistics.fmean(getattr(cost, each.name) for cost in costs) for each in fields(Cost)}
    return Cost(**means | {"turn": costs[0].turn})  # type: ignore[arg-type]  # field by field


def _grow(stage: Stage, name: str, turns: int, threads: int, grown: list[str]) -> list[str]:
    load = stage.run(name, users=threads, turns=turns, tokens=ANSWER_TOKENS, rate=0, threads=grown)
    assert load.result.correct == load.result.asked, load.result.problems
    return load.result.threads


def _measure(stage: Stage, variant: Variant, turn: int, threads: list[str]) -> Cost:
    before = _bytes(variant, threads)
    load = stage.run(
        variant.name,
        users=len(threads),
        turns=TURNS,
        tokens=ANSWER_TOKENS,
        rate=0,
        threads=threads,
    )
    after = _bytes(variant, threads)
    turns = load.result.correct
    assert turns == load.result.asked, load.result.problems
    paced = stage.run(variant.name, users=1, turns=PACED, tokens=10, rate=50, threads=threads[:1])
    return Cost(
        turn=turn,
        bytes_kept=(after[0] - before[0]) / turns,
        bytes_passing=(after[1] - before[1]) / turns,
        server_cpu=load.server_cpu / turns * 1000,
        database_cpu=load.database_cpu / turns * 1000,
        first_token=statistics.median(paced.result.first_tokens),
        open=asyncio.run(_open(variant, threads[0])) * 1000,
    )


async def _open(variant: Variant, thread: str) -> float:
    """The median of opening the thread ten times, in seconds."""
    times = []
    if variant.name == OURS:
        for _ in range(10):
            body, seconds = await fetch_state(variant.port, variant.cookies[0], thread)
            assert orjson.loads(body)["messages"]
            times.append(seconds)
        return statistics.median(times)
    loop = asyncio.get_running_loop()
    socket = await ClientSocket.connect(variant.port, "/")
    for _ in range(10):
        answered: asyncio.Future[bytes] = loop.create_future()
        socket.on_frame = answered.set_result
        started = loop.time()
        socket.send(orjson.dumps({"open": thread}).decode())
        assert orjson.loads(await answered)["opened"]
        times.append(loop.time() - started)
    socket.close()
    return statistics.median(times)


def _bytes(variant: Variant, threads: list[str]) -> tuple[int, int]:
    """What these threads take in the database: the stored size of every column of every row, and the rows' headers.

    Not the relations' size: that grows by whole pages and counts the dead rows that the next vacuum frees.
    """
    with psycopg.connect(variant.dsn) as connection:
        kept = sum(_table_bytes(connection, table, threads) for table in KEPT)
        return kept, sum(_table_bytes(connection, table, threads) for table in PASSING)


def _table_bytes(connection: psycopg.Connection, table: str, threads: list[str]) -> int:
    columns = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
    ).fetchall()
    if not columns:
        return 0
    size = " + ".join(f'coalesce(pg_column_size("{name}"), 0)' for (name,) in columns)
    query = f"SELECT coalesce(sum(24 + {size}), 0) FROM {table} WHERE thread_id::text = ANY(%s)"
    found = connection.execute(query.encode(), (threads,)).fetchone()
    return int(found[0]) if found else 0


def main() -> None:
    """Print the costs for Everthread, and whether they stay within 1.3 times."""
    late = 300 if os.environ.get("BENCH_QUICK") == "1" else 1000
    with staged(users=THREADS) as stage:
        early, late_cost = costs(stage, OURS, late)
    print(f"{'per turn':26}{'turn 10':>12}{f'turn {late:,}':>12}{'ratio':>8}")
    rows: list[tuple[str, Callable[[Cost], float]]] = [
        ("bytes kept", lambda cost: cost.bytes_kept),
        ("bytes kept for an hour", lambda cost: cost.bytes_passing),
        ("CPU ms, server", lambda cost: cost.server_cpu),
        ("CPU ms, database", lambda cost: cost.database_cpu),
        ("CPU ms", lambda cost: cost.cpu),
        ("first token, ms", lambda cost: cost.first_token),
        ("open, ms", lambda cost: cost.open),
    ]
    for label, of in rows:
        print(f"{label:26}{of(early):12,.1f}{of(late_cost):12,.1f}{of(late_cost) / max(of(early), 1e-9):8.2f}")
    sys.exit(late_cost.bytes_kept > 1.3 * early.bytes_kept or late_cost.cpu > 1.3 * early.cpu)


if __name__ == "__main__":
    main()
