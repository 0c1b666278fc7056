"""What the operator's programs ask a process: does it live, can it work, what has it counted.

Answered before anything of Django: no host or scheme is checked (a probe asks by address), no session is read, and no
thread is waited for that a lost database holds.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.conf import settings
from django.db import connections

from chatapp import jobs, keys, metrics, postgres, process, schema, statements
from chatapp.models import Run
from chatapp.process import Process

CHECK_SECONDS: Final = 2.0
COUNT_SECONDS: Final = 3.0
SAMPLED_KEYS: Final = 5
# Their presence means that someone passed the request on, whoever the peer is.
FORWARDED: Final = {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"}

State = Literal["ok", "off", "degraded", "failed"]
_TABLES: Final = f"""
SELECT
    EXISTS (SELECT FROM procrastinate_jobs) AS jobs,
    EXISTS (SELECT FROM procrastinate_workers WHERE {jobs.ALIVE}) AS works
"""  # noqa: S608  # a constant in a constant
_KEYS: Final = """
SELECT user_id, key_id, master_key_id, wrapped FROM chatapp_userkey ORDER BY user_id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a failed one keeps the process from being ready. `why` is a word or an exception's class."""

    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application of a process without pages: these addresses, and nothing else."""
    if scope["type"] != "http":
        return
    answer = await _answer(scope)
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if answer.status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers, "trailers": False})
    body = b"" if scope["method"] == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _answer(scope: HTTPScope) -> Answer:
    asked = PATHS.get(scope["path"])
    if asked is None:
        return NOT_FOUND
    if scope["method"] not in ("GET", "HEAD"):
        return Answer(405, b"Method not allowed\n")
    return await asked(scope)


async def healthz(_scope: HTTPScope) -> Answer:
    """The process answers. Nothing else is asked."""
    return Answer(200, b"ok")


async def readyz(_scope: HTTPScope) -> Answer:
    """Whether requests should come here: 200 or 503, and a word about each part. Takes `CHECK_SECONDS` at most."""
    here = process.current()
    checks: dict[str, Callable[[], Awaitable[Finding]]] = {
        "database": _database,
        "queue": lambda: _queue(here),
        "keys": _master_keys,
    }
    found = dict(zip(checks, await asyncio.gather(*(_within(*check) for check in checks.items())), strict=True))
    found["redis"] = _redis(here)
    found["draining"] = Finding("failed", "stopping") if here.draining else Finding("ok")
    states = {finding.state for finding in found.values()}
    status = "not ready" if "failed" in states else "degraded" if "degraded" in states else "ready"
    told = {
        "status": status,
        "checks": {
            name: {"state": finding.state, **({"why": finding.why} if finding.why else {})}
            for name, finding in found.items()
        },
    }
    return Answer(503 if status == "not ready" else 200, json.dumps(told).encode(), "application/json")


async def metrics_page(scope: HTTPScope) -> Answer:
    """What was counted, for those who may read it; for others there is no such address."""
    if not may_read_metrics(scope):
        return NOT_FOUND
    await _measure(process.current())
    return Answer(200, metrics.page(), metrics.CONTENT_TYPE)


NOT_FOUND: Final = Answer(404, b"Not found\n")
PATHS: Final[dict[str, Callable[[HTTPScope], Awaitable[Answer]]]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics_page,
}


def may_read_metrics(scope: HTTPScope) -> bool:
    """With METRICS_TOKEN whoever has it; without, who connects from this machine itself.

    Forwarded headers never let anyone in. They keep out: a proxy on this machine connects from loopback for strangers.
    """
    headers = list(scope["headers"])
    if settings.METRICS_TOKEN:
        given = [value for name, value in headers if name == b"authorization"]
        scheme, _, token = (given[0] if len(given) == 1 else b"").partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), settings.METRICS_TOKEN.encode())
    peer = scope["client"]
    return peer is not None and is_loopback(peer[0]) and not any(name in FORWARDED for name, _ in headers)


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own, also when IPv4 is written as IPv6."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback


async def _database() -> Finding:
    """It answers, and has every table of this version."""
    row = await _row(schema.STATE, await asyncio.to_thread(schema.parameters))
    return Finding("failed", "migrations") if schema.missing(row) else Finding("ok")


async def _queue(here: Process) -> Finding:
    """Its tables answer, and this process's worker runs if it is to have one; else any other does."""
    row = await _row(_TABLES, {})
    if here.queue_works is None:
        return Finding("ok") if row["works"] else Finding("degraded", "no worker")
    return Finding("ok") if here.queue_works else Finding("failed", "worker")


async def _master_keys() -> Finding:
    """They wrap and unwrap, and open the newest user keys; a single damaged one is not the process's fault."""
    master_keys = keys.MasterKeys.configured()
    master_id, wrapped = master_keys.wrap(bytes(32), "readiness")
    master_keys.unwrap(master_id, wrapped, "readiness")
    async with (await postgres.pool()).connection(timeout=CHECK_SECONDS) as conn:
        rows = await (await conn.execute(_KEYS, {"most": SAMPLED_KEYS})).fetchall()
    refused = [name for row in rows if (name := keys.refusal(**row))]
    return Finding("failed", refused[0]) if rows and len(refused) == len(rows) else Finding("ok")


def _redis(here: Process) -> Finding:
    """A lost Redis is no reason to stay away: events are polled then."""
    if not settings.REDIS_URL:
        return Finding("off")
    return Finding("ok") if here.relay is not None and here.relay.healthy else Finding("degraded", "polling")


async def _row(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:  # Any: what a column holds
    async with (await postgres.pool()).connection(timeout=CHECK_SECONDS) as conn:
        row = await (await conn.execute(statement, parameters)).fetchone()
    assert row is not None
    return row


async def _within(name: str, check: Callable[[], Awaitable[Finding]]) -> Finding:
    """What the check finds in `CHECK_SECONDS`.

    One that hangs is left behind (cancelling a query waits for its server) and not begun again before it ends.
    """
    here = _under_way.setdefault(asyncio.get_running_loop(), {})
    task = here.get(name)
    if task is None or task.done():
        task = here[name] = asyncio.ensure_future(check())
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    done, _ = await asyncio.wait({task}, timeout=CHECK_SECONDS)
    if not done:
        return Finding("failed", "TimeoutError")
    try:
        return task.result()
    except Exception as error:
        return Finding("failed", type(error).__name__)


_under_way: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Future[Finding]]] = WeakKeyDictionary()


async def _measure(here: Process) -> None:
    """Bring the gauges up to date."""
    metrics.EXECUTING.set(here.runner.active)
    metrics.SOCKETS.set(here.hub.sockets)
    metrics.DRAINING.set(here.draining)
    metrics.REDIS_UP.set(_redis(here).state in ("ok", "off"))
    pools = {"async": await postgres.pool(), "django": connections["default"].pool}  # type: ignore[attr-defined]  # PostgreSQL's
    for name, pool in pools.items():
        stats = pool.get_stats()
        metrics.POOL_SIZE.labels(name).set(stats["pool_size"])
        metrics.POOL_FREE.labels(name).set(stats["pool_available"])
        metrics.POOL_MAX.labels(name).set(stats["pool_max"])
        metrics.POOL_WAITING.labels(name).set(stats["requests_waiting"])
    if time.monotonic() - _counted.get(asyncio.get_running_loop(), float("-inf")) > COUNT_SECONDS:
        metrics.DATABASE_UP.set((await _within("runs", _count_runs)).state == "ok")


async def _count_runs() -> Finding:
    async with (await postgres.pool()).connection(timeout=CHECK_SECONDS) as conn:
        rows = await (await conn.execute(statements.LIVE_RUNS)).fetchall()
    found = {row["state"]: row for row in rows}
    for state in Run.LIVE:
        metrics.RUNS.labels(state.value).set(found[state]["runs"] if state in found else 0)
    queued = found.get(Run.State.QUEUED)
    metrics.OLDEST_QUEUED.set(queued["oldest"] if queued else 0)
    _counted[asyncio.get_running_loop()] = time.monotonic()
    return Finding("ok")


_counted: WeakKeyDictionary[asyncio.AbstractEventLoop, float] = WeakKeyDictionary()
