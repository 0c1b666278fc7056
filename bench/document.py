"""Puts the figures of a run into `docs/benchmark.md`, and judges them again by the targets as they are now.

    python -m bench.document bench/results/<run>.json

The exit code is 1 when a target is missed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.figures import Figures, Streamed, table, targets, verdicts
from bench.turns import Cost

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmark.md"
BEGIN, END = "<!-- figures of one run: python -m bench.document -->", "<!-- end of figures -->"


def main(path: Path) -> int:
    """Replace what stands between the marks of the page."""
    run = json.loads(path.read_text())
    written = run["figures"]
    figures = Figures(
        streams={name: [Streamed(**each) for each in loads] for name, loads in written["streams"].items()},
        empty=written["empty"],
        turns={name: (Cost(**early), Cost(**late)) for name, (early, late) in written["turns"].items()},
    )
    found = targets(figures)
    kind = "`BENCH_QUICK=1 make bench`" if run["quick"] else "`make bench`"
    load = f"load average {run['load_before'][0]:.1f} before it, {run['load'][0]:.1f} after it"
    said = f"{kind} on {run['machine']}; {run['seconds']:.0f} s; {load}."
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n\n{table(figures)}\n\n{verdicts(found)}\n\n{END}{after}")
    return 0 if all(each.met for each in found) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
