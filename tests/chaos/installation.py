"""Everything that runs: PostgreSQL, Redis, the model endpoint, two web processes, two workers, a balancer."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from bench.programs import Program, running
from tests.chaos import audit
from tests.chaos.balancer import Balancer
from tests.chaos.database import Database
from tests.chaos.requests import Address
from tests.chaos.servers import KEPT, ROOT, Server
from tests.redis_server import RedisServer

WEBS: Final = 2
WORKERS: Final = 2
USERS: Final = 60
SKEWED: Final = Path(__file__).parent / "skewed"


@dataclass
class Installation:
    """A whole site under load. `lie` is what a process is started with so that a guard of it is off."""

    folder: Path
    database: Database
    redis: RedisServer
    endpoint: Program
    balancer: Balancer
    webs: list[Server]
    workers: list[Server]
    cookies: list[str]

    @property
    def servers(self) -> list[Server]:
        """Every web and worker process."""
        return [*self.webs, *self.workers]

    def address(self, user: int, server: Server | None = None) -> Address:
        """How a user reaches the site: through the balancer, or one process directly."""
        return Address(server.port if server else self.balancer.port, self.cookies[user % len(self.cookies)])

    def of(self, thread: UUID) -> str:
        """The thread's name in a problem."""
        return str(thread)[:8]

    async def fetch_time(self) -> float:
        """The present moment on the database's clock."""
        return float((await self.database.rows("SELECT extract(epoch FROM clock_timestamp())::float8"))[0][0])

    def complaints(self) -> list[str]:
        """Lines of the processes' logs that speak of something that must not happen."""
        return [
            f"{server.name}: {line}"
            for server in self.servers
            if server.log.exists()
            for line in server.log.read_text(errors="replace").splitlines()
            if " ERROR " in line or "Traceback" in line
        ]


@asynccontextmanager
async def installed(
    *,
    unguarded: str = "",
    shifts: tuple[float, ...] = (),
    users: int = USERS,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Installation]:
    """Start everything in a folder that is removed afterwards; end it when the block is left.

    `unguarded` names guards that the processes start without (see `tests.chaos.unguarded`), `shifts` how many seconds
    the clock of each worker is wrong.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="everthread-chaos-")))
        stack.callback(_keep_logs, folder)
        folder.chmod(0o755)  # PostgreSQL of an unprivileged account passes through
        database = Database(folder)
        await asyncio.to_thread(database.start)
        stack.push_async_callback(asyncio.to_thread, database.stop)
        redis = await asyncio.to_thread(RedisServer(folder).start)
        stack.callback(redis.stop)
        endpoint = stack.enter_context(running(Program("bench.endpoint", folder / "endpoint.log", {})))
        environment = {
            "DATA_DIR": str(folder),
            "DATABASE_URL": database.dsn,
            "SECRET_KEY": base64.b64encode(os.urandom(32)).decode(),
            "CHATAPP_MASTER_KEYS": f"chaos:{base64.b64encode(os.urandom(32)).decode()}",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{endpoint.line('PORT ([0-9]+)')[1]}/v1",
            "OPENAI_API_KEY": "chaos",
            "OPENAI_MODEL": "chaos",
            "REDIS_URL": redis.url,
            **(settings or {}),
        }
        cookies = await _prepare(environment, users)
        await audit.install(database)
        if unguarded:
            environment |= {"DJANGO_SETTINGS_MODULE": "tests.chaos.unguarded.settings", "CHAOS_UNGUARDED": unguarded}
        balancer = Balancer()
        await balancer.start()
        stack.push_async_callback(balancer.stop)
        webs = [Server(f"web-{n}", "web", {**environment, "CONCURRENT_RUNS": "0"}, folder) for n in range(WEBS)]
        workers = [
            Server(f"worker-{n}", "worker", {**environment, **_clock(shifts[n] if shifts else 0)}, folder)
            for n in range(WORKERS)
        ]
        site = Installation(folder, database, redis, endpoint, balancer, webs, workers, cookies)
        for server in site.servers:
            stack.push_async_callback(server.stop)
        await asyncio.gather(*(server.start() for server in site.servers))
        balancer.targets = [web.port for web in webs]
        yield site


async def until(moment: float) -> None:
    """Wait for a moment of `time.monotonic`."""
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


async def _prepare(environment: Mapping[str, str], users: int) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.preparation", str(users)),
        cwd=ROOT,
        env={**{key: os.environ[key] for key in KEPT if key in os.environ}, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("The tables could not be made: the error is above.")
    found: list[str] = json.loads(said.splitlines()[-1])
    return found


def _clock(shift: float) -> dict[str, str]:
    return {"PYTHONPATH": str(SKEWED), "CHAOS_CLOCK_SHIFT": str(shift)} if shift else {}


def _keep_logs(folder: Path) -> None:
    """With CHAOS_LOGS the logs of all processes go there."""
    if wanted := os.environ.get("CHAOS_LOGS"):
        for log in folder.glob("*.log"):
            with (Path(wanted) / log.name).open("ab") as kept:
                kept.write(log.read_bytes())
