"""One line for each step of the set-up, with its time, and programs run quietly. Standard library only.

scripts/bootstrap.py uses this before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LOGS = Path(__file__).resolve().parent.parent / ".venv" / "logs"


class StepError(Exception):
    """A step failed; the message says in a sentence what happened and what to do."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print the name at once and, when the block ends, the seconds it took or that it failed."""
    print(f"  {name:<28}", end="", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print("  failed", flush=True)
        raise
    print(f"{time.monotonic() - begun:6.2f} s", flush=True)


def call(command: Sequence[str], failure: str, **extra: str) -> None:
    """Run a program quietly; its output goes to a log. Raises StepError when it fails.

    That shows the end of the log and then `failure`, a sentence that says what to do; or, if that is empty,
    the whole of it.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{Path(command[0]).name}-{os.getpid()}.log"
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - programs that we name
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **extra},
            check=False,
        )
    text = log.read_text(errors="replace")
    if done.returncode == 0:
        log.unlink()
        return
    if not failure:
        log.unlink()
        raise StepError(text.rstrip())
    lines = "".join(f"    {line}\n" for line in text.splitlines()[-20:])
    raise StepError(f"{lines}{failure} The whole output is in {log}.")
