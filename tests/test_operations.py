"""What a process tells those who run it: that it lives, whether it can work, what it has counted."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from chatapp import keys, postgres, process, statements
from chatapp.models import EventBatch, Message, Run, User
from chatapp.web import ops
from tests.planted_threads import plant, plant_run
from tests.scripted_model import Script, ScriptedModel
from tests.site import Site
from tests.sockets import Visitor
from tests.test_threads import is_idle, soon

Visit = Callable[[User | None], Visitor]
Json = dict[str, Any]
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{32}|@")


@pytest.fixture
async def here(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[process.Process]:
    """This test's own process, not started; it waits for no check as long as usual."""
    assert ops.CHECK_SECONDS == 2
    monkeypatch.setattr(ops, "CHECK_SECONDS", 0.5)
    yield process.current()
    await postgres.close()


async def ask(path: str, peer: str | None = "127.0.0.1", **headers: str) -> httpx.Response:
    """Ask the application as a peer of this address would."""
    sent: list[Json] = []

    async def send(event: Json) -> None:
        sent.append(event)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": named,
        "client": (peer, 1) if peer is not None else None,
    }
    await ops.application(scope, None, send)  # type: ignore[arg-type]  # as much of a scope as is read
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


async def states() -> dict[str, str]:
    """What each check says: its state, and why."""
    answer = await ask("/readyz")
    checks = answer.json()["checks"]
    assert answer.status_code == (503 if any(each["state"] == "failed" for each in checks.values()) else 200)
    return {name: " ".join(each.values()) for name, each in checks.items()}


# -- lives, and can work --


def test_process_that_answers_is_alive_whatever_the_host_and_scheme(visit: Visit, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    http = visit(None).http
    answer = http.get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.text) == (200, "ok")
    assert http.get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400  # which anything of Django refuses
    head = http.head("/readyz")
    assert (head.content, int(head.headers["content-length"]) > 20) == (b"", True)


def test_running_server_becomes_ready(visit: Visit) -> None:
    http = visit(None).http
    soon(lambda: http.get("/readyz").status_code == 200)
    answer = http.get("/readyz")
    assert answer.json()["status"] == "ready"
    found = {name: each["state"] for name, each in answer.json()["checks"].items()}
    assert found == {"database": "ok", "queue": "ok", "keys": "ok", "redis": "off", "draining": "ok"}


async def test_missing_migration_is_not_ready(here: process.Process) -> None:
    here.queue_works = True
    assert (await states())["database"] == "ok"
    await run("UPDATE django_migrations SET name = 'x' || name WHERE app = 'chatapp'")
    try:
        assert (await states())["database"] == "failed migrations"
    finally:
        await run("UPDATE django_migrations SET name = substr(name, 2) WHERE app = 'chatapp'")
    assert (await states())["database"] == "ok"
    await run("UPDATE checkpoint_migrations SET v = v - 1000")
    try:
        assert (await states())["database"] == "failed migrations"
    finally:
        await run("UPDATE checkpoint_migrations SET v = v + 1000")
    await run("ALTER TABLE checkpoint_migrations RENAME TO elsewhere")
    try:
        assert (await states())["database"] == "failed UndefinedTable"  # the class, and not what it says
    finally:
        await run("ALTER TABLE elsewhere RENAME TO checkpoint_migrations")


async def test_database_that_hangs_holds_nothing_else(here: process.Process) -> None:
    here.queue_works = True
    assert (await states())["database"] == "ok"
    other = await psycopg.AsyncConnection.connect(**postgres.conninfo())
    async with other:
        await other.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        asked = asyncio.create_task(states())
        while not asked.done():  # the loop stays free
            before = time.monotonic()
            assert (await ask("/healthz")).status_code == 200
            await asyncio.sleep(0.01)
            assert time.monotonic() - before < 0.4
        found = await asked
        assert time.monotonic() - began < ops.CHECK_SECONDS + 0.5
        assert found == {**found, "database": "failed TimeoutError", "queue": "ok", "keys": "ok"}
        # The hanging query is waited for, and not asked again.
        assert (await states())["database"] == "failed TimeoutError"
        assert (await postgres.pool()).get_stats()["requests_num"] < 12
    await eventually(lambda found: found["database"] == "ok")


async def test_database_that_is_away_is_told_by_class_only(
    here: process.Process, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {**postgres.conninfo(), "host": "127.0.0.1", "port": "1", "password": "secret-of-the-database"}
    monkeypatch.setattr(postgres, "conninfo", lambda: given)
    answer = await ask("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["why"] in ("PoolTimeout", "TimeoutError")
    assert "127.0.0.1" not in answer.text
    assert "secret" not in answer.text


async def test_process_without_its_queue_worker_is_not_ready(here: process.Process) -> None:
    here.queue_works = False
    assert (await states())["queue"] == "failed worker"
    here.queue_works = None  # a process that executes nothing has none; somebody else should
    await run("DELETE FROM procrastinate_workers")
    assert (await states())["queue"] == "degraded no worker"
    await run("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert (await states())["queue"] == "ok"
    await run("DELETE FROM procrastinate_workers")


async def test_unknown_master_key_is_not_ready(here: process.Process, alice: User, settings: Settings) -> None:
    here.queue_works = True
    await postgres.call(keys.create_user_key, alice.pk)
    assert (await states())["keys"] == "ok"
    master_id, _ = django_settings.MASTER_KEYS[0]
    settings.MASTER_KEYS = [("another", bytes(32))]
    assert (await states())["keys"] == "failed KeyMissing"
    settings.MASTER_KEYS = [(master_id, bytes(32))]
    assert (await states())["keys"] == "failed KeyDamaged"
    settings.MASTER_KEYS = []
    assert (await states())["keys"] == "failed InvalidMasterKeys"


async def test_one_damaged_key_does_not_stop_everyone(here: process.Process, alice: User, bob: User) -> None:
    here.queue_works = True
    for user in (alice, bob):
        await postgres.call(keys.create_user_key, user.pk)
    await run("UPDATE chatapp_userkey SET wrapped = decode(repeat('01', 61), 'hex') WHERE user_id = %s", bob.pk)
    assert (await states())["keys"] == "ok"
    await run("UPDATE chatapp_userkey SET wrapped = decode(repeat('01', 61), 'hex')")
    assert (await states())["keys"] == "failed KeyDamaged"


async def test_lost_redis_is_degraded_and_still_ready(here: process.Process, settings: Settings) -> None:
    here.queue_works = True
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = await ask("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["redis"] == {"state": "degraded", "why": "polling"}


async def test_draining_process_wants_no_more_requests(here: process.Process) -> None:
    here.queue_works = here.draining = True
    assert (await states())["draining"] == "failed stopping"
    assert (await ask("/healthz")).status_code == 200


# -- has counted --


async def test_task_that_does_not_listen_keeps_no_process_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "END_SECONDS", 0.1)
    here, let_go = process.Process(), asyncio.Event()

    async def deaf() -> None:
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await let_go.wait()

    here._keep("deaf", deaf)
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(5):
            await here._end("deaf")
    finally:
        let_go.set()


async def test_metrics_are_for_this_machine_or_for_the_token(here: process.Process, settings: Settings) -> None:
    assert (await ask("/metrics")).status_code == 200
    assert (await ask("/metrics", "::ffff:127.0.0.1")).status_code == 200
    for peer in ("10.0.0.7", "::ffff:10.0.0.7", "localhost", "", None):
        assert (await ask("/metrics", peer)).status_code == 404, peer
        assert (await ask("/metrics", peer, x_forwarded_for="127.0.0.1")).status_code == 404, peer
    for header in ("x_forwarded_for", "forwarded", "x_real_ip", "via"):  # a proxy on this machine
        assert (await ask("/metrics", **{header: "127.0.0.1"})).status_code == 404, header
    assert (await ask("/metrics", authorization="Bearer ")).status_code == 200  # no token: nothing to present

    settings.METRICS_TOKEN = "a-token"
    for refused in ({}, {"authorization": "Bearer b-token"}, {"authorization": "Basic a-token"}):
        assert (await ask("/metrics", **refused)).status_code == 404, refused
    assert (await ask("/metrics", authorization="Bearer a-token€")).status_code == 404
    for allowed in ("Bearer a-token", "bearer a-token"):
        answer = await ask("/metrics", "10.0.0.7", authorization=allowed)
        assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def read(http: httpx.Client) -> dict[str, float]:
    """Every sample by its name and labels."""
    found = {}
    for family in text_string_to_metric_families(http.get("/metrics").text):
        for each in family.samples:
            found[each.name + "".join(f" {value}" for value in each.labels.values())] = each.value
    return found


def test_runs_are_counted_and_nobody_is_named(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    before = read(visitor.http)
    endpoint.script(Script("Three words answered.", held=True), Script(status=401))
    socket.say("A question for the metrics")
    soon(EventBatch.objects.filter(thread_id=thread_id).exists)  # a flush before the end, which writes the rest
    endpoint.release()
    assert socket.ended()["event"] == "completed"
    soon(is_idle)
    assert socket.say("Another")["type"] == "success"
    assert socket.ended()["event"] == "failed"
    soon(is_idle)
    after = read(visitor.http)
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert grown["everthread_runs_ended_total done"] == 1
    assert grown["everthread_runs_ended_total failed"] == 1
    assert grown["everthread_first_text_seconds_count"] == 1
    assert 0 < grown["everthread_first_text_seconds_sum"] < 5
    assert grown["everthread_queue_wait_seconds_count"] == 2
    assert 0 < grown["everthread_queue_wait_seconds_sum"] < 5
    assert grown["everthread_model_errors_total unauthorized answer"] == 1
    answer = Message.objects.get(thread_id=thread_id, role=Message.Role.ASSISTANT, status=Message.Status.DONE)
    assert grown["everthread_model_tokens_total in answer"] == answer.input_tokens != 0
    assert grown["everthread_model_tokens_total out answer"] == answer.output_tokens != 0
    assert grown["everthread_events_published_total"] >= len(socket.events)
    assert after["everthread_sockets_open"] == 1
    assert after["everthread_runs_executing"] == 0
    assert after["everthread_database_up"] == after["everthread_redis_up"] == 1
    assert after["everthread_database_pool_limit async"] == 16
    assert after["everthread_database_pool_connections django"] >= 1
    assert grown["everthread_event_log_flush_seconds_count"] >= 1
    assert after["everthread_event_loop_lag_seconds_count"] >= 1
    assert after["process_resident_memory_bytes"] > 1e6
    page = visitor.http.get("/metrics").text
    assert not ID.search(page)
    assert "question" not in page


async def test_live_runs_are_counted_by_their_index(here: process.Process, alice: User) -> None:
    def planted() -> None:
        thread = plant(alice)
        for state in (Run.State.QUEUED, Run.State.QUEUED, Run.State.RUNNING, Run.State.DONE):
            Run.objects.filter(id=plant_run(thread).id).update(state=state)
        done = plant_run(thread)
        columns = ", ".join(field.column or "" for field in Run._meta.concrete_fields if field.column != "id")
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO chatapp_run (id, {columns}) SELECT gen_random_uuid(), {columns} FROM chatapp_run,"
                " generate_series(1, 3000) WHERE id = %s",
                [done.id],
            )
            cursor.execute("ANALYZE chatapp_run")

    await postgres.call(planted)
    samples: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families((await ask("/metrics")).text):
        samples |= {(each.name, *each.labels.values()): each.value for each in family.samples}
    assert samples["everthread_runs", "queued"] == 2
    assert samples["everthread_runs", "running"] == 1
    assert samples["everthread_runs", "waiting"] == 0
    assert samples["everthread_oldest_queued_run_seconds",] > 0
    async with (await postgres.pool()).connection() as conn:
        plan = await (await conn.execute(f"EXPLAIN {statements.LIVE_RUNS}")).fetchall()
    text = " ".join(row["QUERY PLAN"] for row in plan)
    assert "Seq Scan" not in text
    assert "Index" in text


async def test_counts_go_on_without_the_database(here: process.Process, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**postgres.conninfo(), "host": "127.0.0.1", "port": "1"}
    monkeypatch.setattr(postgres, "conninfo", lambda: given)
    answer = await ask("/metrics")
    assert answer.status_code == 200
    assert "everthread_database_up 0.0" in answer.text


def test_program_logs_json_tells_that_redis_is_lost_and_counts_for_its_machine(tmp_path: Any) -> None:
    with Site(tmp_path, LOG_FORMAT="json", REDIS_URL="redis://127.0.0.1:1/0", LOG_LEVEL="INFO") as site:
        with httpx.Client(base_url=site.url) as http:
            soon(lambda: http.get("/readyz").status_code == 200)
            assert http.get("/readyz").json()["status"] == "degraded"
            assert "everthread_redis_up 0.0" in http.get("/metrics").text
        soon(lambda: any("ConnectionError" in line for line in site.output))
        assert site.stop() == 0
    told = [json.loads(line) for line in site.output if line.startswith("{")]
    assert any("ConnectionError" in line["message"] and line["level"] == "WARNING" for line in told)


async def run(statement: str, *values: object) -> None:
    """Carry out a statement on a connection of its own."""
    async with (await postgres.pool()).connection() as conn:
        await conn.execute(statement, values or None)


async def eventually(wanted: Callable[[dict[str, str]], bool]) -> None:
    """Ask until the checks say what is wanted."""
    deadline = time.monotonic() + 10
    while not wanted(await states()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
