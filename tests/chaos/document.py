"""Keeps what each fault came to at full size, and puts it into `docs/reliability.md`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.chaos.finding import Control, Finding, table

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- what one run came to: make chaos -->", "<!-- end of the run -->"


def keep(name: str, finding: Finding, *, full: bool) -> None:
    """Remember a finding, with the moment and the machine, and whether it is one of full size."""
    RESULTS.mkdir(exist_ok=True)
    moment = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    written: dict[str, object] = {"at": moment, "machine": _machine(), "commit": _commit()}
    written |= {"load": os.getloadavg()[1], "full": full, "finding": asdict(finding)}
    (RESULTS / f"{name}.json").write_text(json.dumps(written, indent=1) + "\n")


def write(names: Iterable[str]) -> None:
    """Replace what stands between the marks of the page by the newest findings, in this order."""
    names = list(names)
    paths = [path for name in names if (path := RESULTS / f"{name}.json").exists()]
    kept = [json.loads(path.read_text()) for path in paths]
    findings = [_restored(each["finding"]) for each in kept]
    moments = sorted(each["at"] for each in kept)
    machines = sorted({each["machine"] for each in kept})
    loads = [each["load"] for each in kept]
    commits = sorted({each["commit"] for each in kept})
    said = (
        f"`make chaos`, {moments[0]} to {moments[-1]}, on {'; '.join(machines)}; commit {', '.join(commits)} "
        f"(`+`: with changes that became the next commit); load average {min(loads):.0f} to {max(loads):.0f}. "
        f"One fault alone: "
        f"`.venv/bin/python -m tests.chaos <name> --seed <seed>`, with the names {', '.join(p.stem for p in paths)}."
    )
    if small := [path.stem for path, each in zip(paths, kept, strict=True) if not each["full"]]:
        said += f" **Smaller than full size**: {', '.join(small)}."
    if absent := [name for name in names if not (RESULTS / f"{name}.json").exists()]:
        said += f" **Not measured yet**: {', '.join(absent)}."
    missed = [each for each in findings if not each.passed]
    verdict = f"{len(findings) - len(missed)} of {len(findings)} met."
    details = "".join(f"\n* {each.fault}: {problem}" for each in missed for problem in each.problems[:5])
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n\n{table(findings)}\n\n{verdict}{details}\n\n{END}{after}")


def _restored(written: dict[str, object]) -> Finding:
    controls = [Control(**each) for each in written.pop("controls")]  # type: ignore[attr-defined]  # as asdict wrote it
    return Finding(**written, controls=controls)  # type: ignore[arg-type]  # as asdict wrote it


def _machine() -> str:
    model = platform.machine()
    cpus = Path("/proc/cpuinfo")
    for line in cpus.read_text().splitlines() if cpus.exists() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if git("status", "--porcelain") else "")
