"""The whole site as a program of its own, which a test can kill and start again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "SSL_CERT_FILE")
PASSWORD = "correct horse battery"


class Site:
    """`python -m chatapp.serve` on a data folder and a port of its own."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{self.port}"
        self.output: list[str] = []
        self._environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "DEMO_TOKENS_PER_SECOND": "0",
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until it says that it runs. Raises `AssertionError` with what it printed if it does not."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatapp.serve"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        assert ready.wait(60), "".join(self.output)
        assert self.process.poll() is None, "".join(self.output)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; wait; return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)

    def sign_up(self, email: str) -> httpx.Client:
        """A signed-in browser without a page."""
        client = httpx.Client(base_url=self.url, follow_redirects=True)
        sign_up(client, self.url, email)
        return client

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)
            if "Everthread runs at" in line:
                ready.set()
        ready.set()


def sign_up(client: httpx.Client, url: str, email: str) -> None:
    """Sign up, and in, at the site."""
    page = client.get("/accounts/signup/").text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None
    form = {"email": email, "password1": PASSWORD, "csrfmiddlewaretoken": found[1]}
    answer = client.post("/accounts/signup/", data=form, headers={"referer": f"{url}/"})
    assert answer.status_code == 200, answer.text[:500]
    assert "sessionid" in client.cookies, answer.text[:2000]
