"""What docker-compose.yml says, and its services as processes of this machine.

Every container gets a loopback address of its own, so that all of them listen on the ports that the file names. What
differs from a container is only where things are: host names become those addresses, paths become folders of the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL's package
import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
KEPT: Final = ("LANG", "TMPDIR", "HOME")
# What images bring along that the file relies on.
CADDY: Final = {"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/config"}
VARIABLE: Final = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\})")
STARTING: Final = 120.0  # a machine that does other things too

Service = dict[str, Any]  # Any: YAML


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """The text with `${NAME}`, `${NAME:-default}` and `$$` as Docker Compose takes them."""

    def value(found: re.Match[str]) -> str:
        dollar, name, operator, default = found.groups()
        if dollar:
            return "$"
        given = variables.get(name)
        if operator == ":-":
            return given or default or ""
        assert given is not None, f"{name} has no default"
        return given

    return VARIABLE.sub(value, text)


def read(**variables: str) -> dict[str, Any]:
    """The file as Docker Compose sees it with these variables. Any: YAML."""
    text = (ROOT / "docker-compose.yml").read_text()
    found: dict[str, Any] = yaml.safe_load(interpolated(text, variables))
    return found


def final_stage() -> list[str]:
    """The instructions of the Dockerfile's last stage, one string each."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return re.split(r"^(?=FROM )", text, flags=re.MULTILINE)[-1].strip().splitlines()


def image_environment() -> dict[str, str]:
    """What the image of our own processes sets."""
    pairs = [line.removeprefix("ENV ").split() for line in final_stage() if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for line in pairs for pair in line)


def replicas(service: Service) -> int:
    """How many containers a service has."""
    return int(service.get("deploy", {}).get("replicas", 1))


def program(name: str) -> str:
    """A program that is needed here. Where CI runs, a missing one is a failure."""
    if (found := shutil.which(name)) is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing")
    pytest.skip(f"{name} is not installed")


class Container:
    """One container of a service, as a process."""

    def __init__(self, service: Service, address: str, replaced: Mapping[str, str], log: Path) -> None:
        self.address = address
        self._replaced = {**replaced, "0.0.0.0": address}
        self._log = log
        self.command = [self._local(word) for word in service["command"]]
        own = image_environment() if "build" in service else CADDY
        stated = {**own, **{name: str(value) for name, value in service.get("environment", {}).items()}}
        self.environment = {name: self._local(value) for name, value in stated.items()}
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.probe = [word.replace("127.0.0.1", address) for word in service.get("healthcheck", {}).get("test", [])]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str, **changes: str) -> None:
        """Start the command that the file names."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, *more],
                cwd=ROOT,
                env={**{name: os.environ[name] for name in KEPT if name in os.environ}, **self.environment, **changes},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def healthy(self) -> bool:
        """Whether the health check that the file names succeeds."""
        kind, *words = self.probe
        assert kind == "CMD"
        done = subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, check=False)
        return done.returncode == 0

    def wait_healthy(self) -> None:
        """Wait for the health check to succeed, as Docker does: now and then."""
        deadline = time.monotonic() + STARTING
        while not self.healthy():
            assert self.process is not None
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.3)

    def terminate(self) -> None:
        """SIGTERM, as `docker stop` sends it."""
        assert self.process is not None
        self.process.terminate()

    def ended(self, seconds: float = 40) -> int:
        """Wait for the end; return the exit code."""
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command} did not end:\n{self.said()}") from None

    def kill(self) -> None:
        """End it, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def listens(self) -> set[tuple[str, int]]:
        """The addresses and ports that it accepts connections on."""
        assert self.process is not None
        found = psutil.Process(self.process.pid).net_connections(kind="tcp")
        return {(each.laddr.ip, each.laddr.port) for each in found if each.status == psutil.CONN_LISTEN}

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-3000:]

    def _local(self, text: str) -> str:
        for there, here in self._replaced.items():
            text = text.replace(there, here)
        return text
