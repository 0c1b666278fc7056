"""Everything that runs during a benchmark: one database server, one endpoint, three variants, one load at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psycopg

from bench.clients import Plan, Result
from bench.programs import FOREIGN, PROJECT, Program, running, used
from chatapp import embedded

BARE, PLAIN, OURS = "bare", "plain", "everthread"
VARIANTS = (BARE, PLAIN, OURS)
SETTLING = 1.5  # seconds in which work that follows an answer (titles, summaries) still counts


@dataclass(frozen=True)
class Variant:
    """One of the three programs under test."""

    name: str
    program: Program
    port: int
    dsn: str = field(repr=False)
    cookies: list[str] = field(repr=False, default_factory=list)


@dataclass(frozen=True)
class Load:
    """What one load came to: the clients' result and what the server and the database used for it."""

    result: Result
    server_cpu: float
    database_cpu: float
    memory: int


class Stage:
    """The running set. `run` puts a load on one variant; the others idle meanwhile."""

    def __init__(self, folder: Path, database: embedded.Embedded, variants: dict[str, Variant]) -> None:
        self.folder = folder
        self.variants = variants
        self._database = database
        self._seed = 1

    def run(self, name: str, **plan: int | float | bool | list[str]) -> Load:
        """Let the clients carry out a plan (see `bench.clients.Plan`) on a variant."""
        variant = self.variants[name]
        dialect = "everthread" if name == OURS else "plain"
        base = Plan(dialect, variant.port, 0, 0, 0, 0, self._seed)
        whole = replace(base, cookies=variant.cookies, **plan)  # type: ignore[arg-type]  # keyword by keyword
        self._seed += whole.users * 1000
        if (code := variant.program.process.poll()) is not None:
            raise RuntimeError(f"{name} has ended with {code}:\n{variant.program.last_words()}")
        with running(Program("bench.clients", self.folder / "clients.log", {})) as clients:
            clients.tell(json.dumps(asdict(whole)))
            clients.line("READY")
            before, database_before = used(variant.program.process.pid), used(self._database.pid)
            clients.tell("GO")
            said = clients.line(r"^\{.*", seconds=900)
            peak = used(variant.program.process.pid).memory
            time.sleep(SETTLING)
        after, database_after = used(variant.program.process.pid), used(self._database.pid)
        result = Result(**json.loads(said.string))
        for problem in result.problems[:3]:
            print(f"  {name}: {problem}", file=sys.stderr)
        return Load(result, after.cpu - before.cpu, database_after.cpu - database_before.cpu, peak)


@contextmanager
def staged(users: int) -> Iterator[Stage]:
    """Start everything in a folder that is removed afterwards; end it when the block is left."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="everthread-bench-")))
        database = embedded.start(folder / "database")  # durable: commits reach the disk
        stack.callback(database.stop)
        endpoint = stack.enter_context(running(Program("bench.endpoint", folder / "endpoint.log", {})))
        base_url = f"http://127.0.0.1:{endpoint.line('PORT ([0-9]+)')[1]}/v1"
        variants = {}
        for name in (BARE, PLAIN):
            dsn = _new_database(database.dsn, name)
            environment = {"OPENAI_BASE_URL": base_url, "DATABASE_URL": dsn}
            program = stack.enter_context(running(Program(f"bench.{name}", folder / f"{name}.log", environment)))
            variants[name] = Variant(name, program, int(program.line("PORT ([0-9]+)")[1]), dsn)
        variants[OURS] = _everthread(stack, folder, _new_database(database.dsn, OURS + "_bench"), base_url, users)
        stage = Stage(folder, database, variants)
        for name in VARIANTS:  # imports, connections, prepared statements
            stage.run(name, users=2, turns=3, tokens=5, rate=50)
        yield stage


def _everthread(stack: ExitStack, folder: Path, dsn: str, base_url: str, users: int) -> Variant:
    """The real server, as `make run` ends with it, and signed-in users."""
    environment = {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": dsn,
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": "bench",
        "OPENAI_MODEL": "bench",
        "HOST": "127.0.0.1",
        "PORT": "0",
    }
    log = folder / "everthread.log"
    program = stack.enter_context(running(Program("bench.everthread", log, environment)))
    port = int(program.line(r"runs at http://127\.0\.0\.1:([0-9]+)/")[1])
    cookies = subprocess.run(
        [sys.executable, "-m", "bench.accounts", str(users)],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name not in FOREIGN} | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return Variant(OURS, program, port, dsn, json.loads(cookies.splitlines()[-1]))


def _new_database(dsn: str, name: str) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return dsn.replace("/everthread?", f"/{name}?")
