"""A real Redis for tests: started, stopped, paused and watched."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
import redis


class RedisServer:
    """`redis-server` on a free port of its own, without persistence."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            if os.environ.get("CI"):
                pytest.fail("redis-server is missing")
            pytest.skip("redis-server is not installed")
        self._program = program
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What REDIS_URL names."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Self:
        """Start, or start again, on the same port."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *options, "--dir", str(self._folder)], stdout=log)
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 200)
        errors: list[type[Exception]] = [redis.exceptions.ConnectionError]
        with redis.Redis(port=self.port, retry=retry, retry_on_error=errors) as client:
            client.ping()
        return self

    @contextmanager
    def watched(self) -> Iterator[Path]:
        """Meanwhile every command that reaches it is written to a file."""
        seen = self._folder / "seen.txt"
        with seen.open("wb") as written:
            watcher = subprocess.Popen(["redis-cli", "-p", str(self.port), "monitor"], stdout=written)
            while not seen.read_bytes().startswith(b"OK"):
                assert watcher.poll() is None
            try:
                yield seen
            finally:
                watcher.kill()
                watcher.wait()

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
