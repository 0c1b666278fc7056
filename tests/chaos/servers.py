"""The web and worker processes: started, killed, paused and ended like an operator's."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL's package

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")
STARTING = 180.0
ENDING = 40.0


class Server:
    """`manage.py web` or `manage.py worker` on a port of its own. Each start is an incarnation with its own name."""

    def __init__(self, name: str, role: str, environment: Mapping[str, str], folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.name, self.role = name, role
        self.log = folder / f"{name}.log"
        self._environment = {
            **{key: os.environ[key] for key in KEPT if key in os.environ},
            "HOST": "127.0.0.1",
            "PYTHONFAULTHANDLER": "1",
            {"web": "PORT", "worker": "WORKER_PORT"}[role]: str(self.port),
            **environment,
        }
        self._started = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.up = False

    @property
    def incarnation(self) -> str:
        """What PostgreSQL calls the connections of this start."""
        return f"{self.name}.{self._started}"

    @property
    def memory(self) -> int:
        """Bytes of memory that the process has to itself."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_full_info().uss)

    async def start(self) -> None:
        """Start, and return when it serves. Raises `RuntimeError` with the end of its log."""
        self._started += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", self.role],
                cwd=ROOT,
                env={**self._environment, "PGAPPNAME": self.incarnation},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + STARTING
        while not await self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not start:\n{self.last_words()}")
            await asyncio.sleep(0.05)
        self.up = True

    async def kill(self) -> None:
        """SIGKILL; return when it is gone."""
        assert self.process is not None
        self.up = False
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def stop(self) -> int:
        """SIGTERM; return the exit code. One that does not end in time is aborted."""
        self.up = False
        if self.process is None:
            return 0
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            return await asyncio.to_thread(self.process.wait, ENDING)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # its log says then where every thread of it is
            return await asyncio.to_thread(self.process.wait)

    def pause(self) -> None:
        """SIGSTOP."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    async def _answers(self) -> bool:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
                    return (await reader.read(12)).startswith(b"HTTP/1.1 ")
                finally:
                    writer.close()
        return False
