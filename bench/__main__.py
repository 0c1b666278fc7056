"""`make bench`: (a) a bare proxy, (b) a plain LangGraph loop and (c) Everthread, under the same loads.

    BENCH_QUICK=1 make bench        a rough answer in two minutes

Prints a table and whether each target is met, and writes the figures to `bench/results/`. The exit code is 1 when a
target is missed.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.figures import Figures, Streamed, streamed, table, targets, verdicts
from bench.stage import OURS, PLAIN, VARIANTS, Load, Stage, staged
from bench.turns import Cost, costs

RESULTS = Path(__file__).parent / "results"
RATE = 50


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    loads: tuple[tuple[int, int, int, int], ...]  # users, turns of each, tokens of an answer, rounds
    empty: int  # new threads
    late: int  # the late turn
    plain_late: int  # that of the plain loop, whose 1,000 turns would take a quarter of an hour


FULL = Extent(((1, 20, 25, 2), (50, 4, 200, 1), (200, 2, 200, 1)), empty=10, late=1000, plain_late=300)
QUICK = Extent(((1, 8, 25, 1), (50, 1, 150, 1), (200, 1, 100, 1)), empty=5, late=150, plain_late=80)


def main() -> int:
    """Measure, print, write, judge."""
    quick = os.environ.get("BENCH_QUICK") == "1"
    extent = QUICK if quick else FULL
    began, load_before = time.monotonic(), os.getloadavg()
    with staged(users=max(users for users, *_ in extent.loads)) as stage:
        figures = Figures(_streams(stage, extent), _empty(stage, extent), _turns(stage, extent))
    found = targets(figures)
    print(f"\n{table(figures)}\n\n{verdicts(found)}\n")
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    took = time.monotonic() - began
    print(f"{machine}; {took:.0f} s; load average at the end {os.getloadavg()[0]:.1f}")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}{'-quick' if quick else ''}.json"
    written = {"machine": machine, "seconds": took, "quick": quick, "load": os.getloadavg(), "load_before": load_before}
    written |= {"figures": asdict(figures), "targets": [asdict(each) for each in found]}
    path.write_text(json.dumps(written, indent=1))
    print(f"Figures: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return 0 if all(each.met for each in found) else 1


def _streams(stage: Stage, extent: Extent) -> dict[str, list[Streamed]]:
    """Every load on every variant; rounds interleave, so that what else the machine does falls on all of them."""
    found: dict[str, list[Streamed]] = {name: [] for name in VARIANTS}
    for users, turns, tokens, rounds in extent.loads:
        loads: dict[str, list[Load]] = defaultdict(list)
        for _ in range(rounds):
            for name in VARIANTS:
                _say(f"{users} users, {name}")
                stagger = 0 if users == 1 else tokens / RATE
                loads[name].append(stage.run(name, users=users, turns=turns, tokens=tokens, rate=RATE, stagger=stagger))
        for name in VARIANTS:
            found[name].append(streamed(users, loads[name]))
    return found


def _empty(stage: Stage, extent: Extent) -> dict[str, float]:
    """The time to the first token of a thread's first message."""
    found = {}
    for name in VARIANTS:
        _say(f"new threads, {name}")
        load = stage.run(name, users=1, turns=extent.empty, tokens=10, rate=RATE, new_thread_each_turn=True)
        found[name] = statistics.median(load.result.first_tokens)
    return found


def _turns(stage: Stage, extent: Extent) -> dict[str, tuple[Cost, Cost]]:
    found = {}
    for name in (PLAIN, OURS):
        late = extent.late if name == OURS else extent.plain_late
        _say(f"threads of {late:,} turns, {name}")
        found[name] = costs(stage, name, late)
    return found


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
