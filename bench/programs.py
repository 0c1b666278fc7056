"""The processes of a benchmark: how they are started and ended, and what they have used."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL's package

PROJECT = Path(__file__).resolve().parent.parent
STARTING = 60.0
# What the caller's environment must not bring into a measurement.
FOREIGN = ("PRODUCTION", "DEBUG", "REDIS_URL", "OPENAI_MODELS", "EMAIL_URL", "SYSTEM_PROMPT", "DURABILITY")


class Used(NamedTuple):
    """CPU seconds and bytes of memory of a tree of processes."""

    cpu: float
    memory: int


class Program:
    """One Python module running as a process of its own. Its errors go to a log file."""

    def __init__(self, module: str, log: Path, environment: Mapping[str, str], *arguments: str) -> None:
        given = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.module = module
        self._log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**given, **environment},
                text=True,
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def line(self, pattern: str, seconds: float = STARTING) -> re.Match[str]:
        """Wait for a line of its output that holds the pattern. Raises `RuntimeError` with the end of its log."""
        while True:
            try:
                said = self._lines.get(timeout=seconds)
            except queue.Empty:
                said = ""
            if found := re.search(pattern, said):
                return found
            if not said:
                raise RuntimeError(f"{self.module} did not go on:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-2000:]

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """End it and wait."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")


def used(pid: int) -> Used:
    """What a process and its descendants have used; the ended ones count by what their parents remember."""
    cpu, memory = 0.0, 0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            memory += process.memory_info().rss
    return Used(cpu, memory)


@contextlib.contextmanager
def running(program: Program) -> Iterator[Program]:
    """End the program when the block is left."""
    try:
        yield program
    finally:
        program.stop()
