"""One line for each step of the set-up, with its time. Standard library only: scripts/bootstrap.py uses it too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


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
