"""`make chaos`: every fault at full size, one table, written into docs/reliability.md.

python -m tests.chaos                                   all of it, about half an hour
python -m tests.chaos kills                             one of them; its line is renewed
python -m tests.chaos kills --seed 7 --rounds 10        at another size: nothing is written
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable

import uvloop

from tests.chaos import document
from tests.chaos.faults import clients, kills, outages, pauses, readers, restarts
from tests.chaos.finding import Finding, table

Fault = Callable[[int, int], Awaitable[Finding]]

SEED = 3
# Each fault with its full size; of Redis the seconds that it is away.
FAULTS: dict[str, tuple[Fault, int]] = {
    "kills": (kills.kills, 100),
    "pauses": (pauses.pauses, 15),
    "postgres": (outages.postgres, 20),
    "redis": (outages.redis, 60),
    "disconnects": (clients.disconnects, 1000),
    "sends": (clients.sends, 20),
    "slow-reader": (readers.slow_reader, 4),
    "restarts": (restarts.restarts, 20),
    "clocks": (pauses.clocks, 4),
    "deletions": (clients.deletions, 200),
    "reconnects": (readers.reconnects, 50_000),
}


def main() -> int:
    """Do what the arguments say. The exit code is 1 when something missed what it is held to."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("faults", nargs="*", choices=[[], *FAULTS], help="which faults; all without")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, help="another size than the full one")
    parser.add_argument("--keep", action="store_true", help="write it into the page although it is smaller")
    given = parser.parse_args()
    if shutil.which("redis-server") is None:
        parser.exit(1, "There is no redis-server on the path: install it, say `apt-get install redis-server`.\n")
    # Like Ctrl-C: the processes are ended before this one.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    findings = []
    for name in given.faults or FAULTS:
        findings.append(carry_out(name, given.seed, given.rounds))
        if given.rounds is None or given.keep:
            document.keep(name, findings[-1], full=given.rounds is None)
            document.write(FAULTS)
    print(f"\n{table(findings)}\n")
    return 0 if all(each.passed for each in findings) else 1


def carry_out(name: str, seed: int, rounds: int | None) -> Finding:
    """One fault on a loop of its own; what breaks the harness is a finding too."""
    fault, full = FAULTS[name]
    print(f"  {name}: seed {seed}, {rounds or full} rounds", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(_awaited(fault(seed, rounds or full)))
    except Exception as error:
        traceback.print_exc()
        found = Finding(name, "", f"broke off: {type(error).__name__}: {error}", met=False, seed=seed)
    found.seconds = time.monotonic() - began
    for problem in found.problems[:10]:
        print(f"    {problem}", file=sys.stderr)
    print(f"  {'met' if found.passed else 'MISSED'} in {found.seconds:.0f} s: {found.measured}", file=sys.stderr)
    for control in found.controls:
        print(f"    {control.guard}: {'failed' if control.failed else 'DID NOT FAIL'}: {control.said}", file=sys.stderr)
    return found


async def _awaited(work: Awaitable[Finding]) -> Finding:
    return await work


if __name__ == "__main__":
    sys.exit(main())
