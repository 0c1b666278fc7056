"""`manage.py doctor`: each check sees what it is for, says what to do, and tells nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from chatapp import audit, doctor, keys, postgres
from chatapp.doctor import Finding, Level, database, surroundings
from chatapp.models import AuditKey, EventBatch, Fence, Run, User, UserKey
from tests.planted_threads import plant, plant_events, plant_run
from tests.redis_server import RedisServer
from tests.scripted_model import Script, ScriptedModel

ROOT = Path(__file__).resolve().parent.parent
OK, WARNING, FAILURE = Level.OK, Level.WARNING, Level.FAILURE
ADDRESS = "redis://:a-secret@127.0.0.1:1/0"


def execute(statement: str, *values: object) -> None:
    """Carry out a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)  # type: ignore[arg-type]  # whatever the test gives


def levels(findings: Iterable[Finding]) -> list[Level]:
    """How bad each of them is; a bad one says what to do."""
    found = list(findings)
    assert all(finding.advice or finding.level is OK for finding in found), found
    return [finding.level for finding in found]


@pytest.fixture
def alive(transactional_db: None) -> Iterator[None]:
    """A worker somewhere."""
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    yield
    execute("DELETE FROM procrastinate_workers")


@pytest.fixture
def unhurt(alive: None, endpoint: ScriptedModel, alice: User) -> Callable[[], dict[str, Finding]]:
    """An installation with a thread, of which every check says that it is well; and what they say."""
    endpoint.models = list(django_settings.OPENAI_MODELS)
    plant_events(plant(alice, title="A private title"), 1)

    def examined() -> dict[str, Finding]:
        return {finding.check: finding for finding in doctor.examine()}

    return examined


def test_healthy_installation_is_told_so_and_nothing_of_its_content(unhurt: Callable[[], dict[str, Finding]]) -> None:
    out = StringIO()
    call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["healthy"] is True
    found = {each["check"]: each["level"] for each in told["findings"]}
    assert set(found) == {
        "settings",
        "database",
        "tables",
        "connections",
        "redis",
        "model",
        "disk",
        "front end",
        *database.CHECKS,
    }
    assert {name: level for name, level in found.items() if level != "ok"} == {}, out.getvalue()

    plain = StringIO()
    call_command("doctor", stdout=plain)
    assert len(plain.getvalue().splitlines()) == len(told["findings"])
    for text in (out.getvalue(), plain.getvalue()):
        assert "private" not in text
        assert "alice" not in text.lower()
        for secret in (
            django_settings.SECRET_KEY,
            connection.settings_dict["PASSWORD"],
            os.environ["CHATAPP_MASTER_KEYS"],
        ):
            assert secret
            assert secret not in text
        assert "Losing all master keys loses all content" in text


def test_failure_is_the_exit_code(unhurt: Callable[[], dict[str, Finding]], settings: Settings) -> None:
    settings.REDIS_URL = ADDRESS
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    line = next(line for line in out.getvalue().splitlines() if "redis" in line.split()[:2])
    assert line.startswith("failure")
    assert "ConnectionError" in line
    assert "Check REDIS_URL" in line
    assert "a-secret" not in out.getvalue()
    settings.REDIS_URL = ""
    call_command("doctor", stdout=StringIO())


def test_database_that_is_away_is_one_failure(
    monkeypatch: pytest.MonkeyPatch, endpoint: ScriptedModel, db: None
) -> None:
    given = {**postgres.conninfo(), "host": "127.0.0.1", "port": "1", "password": "secret-of-the-database"}
    monkeypatch.setattr(postgres, "conninfo", lambda: given)
    found = {finding.check: finding for finding in doctor.examine()}
    assert (found["database"].level, found["data"].level) == (FAILURE, WARNING)
    assert "DATABASE_URL" in found["database"].advice
    assert not {"tables", *database.CHECKS} & set(found)
    assert "secret" not in repr(found)


def test_missing_migration_and_tables(alive: None) -> None:
    assert levels(database.tables()) == [OK]
    for broken, mended in (
        (
            "UPDATE django_migrations SET name = 'x' || name WHERE app = 'chatapp'",
            "UPDATE django_migrations SET name = substr(name, 2) WHERE app = 'chatapp'",
        ),
        ("UPDATE checkpoint_migrations SET v = v - 1000", "UPDATE checkpoint_migrations SET v = v + 1000"),
        ("UPDATE store_migrations SET v = v - 1000", "UPDATE store_migrations SET v = v + 1000"),
        ("ALTER TABLE chatapp_cache RENAME TO no_cache", "ALTER TABLE no_cache RENAME TO chatapp_cache"),
        ("ALTER TABLE checkpoint_migrations RENAME TO none", "ALTER TABLE none RENAME TO checkpoint_migrations"),
    ):
        execute(broken)
        try:
            (finding,) = database.tables()
            assert finding.level is FAILURE, broken
            assert "manage.py setup" in finding.advice
        finally:
            execute(mended)
    assert levels(database.tables()) == [OK]


def test_clock_that_is_wrong(alive: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(database.clock()) == [OK]
    import time

    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 600)
    (finding,) = database.clock()
    assert (finding.level, "600 s ahead of" in finding.found) == (WARNING, True)


def test_more_connections_than_the_server_allows(alive: None) -> None:
    assert levels(database.connections()) == [OK]
    (finding,) = database.connections(50)
    assert finding.level is WARNING
    assert "1800 connections" in finding.found


def test_unknown_master_key(alive: None, alice: User, bob: User, settings: Settings) -> None:
    for user in (alice, bob):
        plant(user)
    assert levels(database.master_keys()) == [OK]
    assert levels(database.sealed_content()) == [OK]
    known = settings.MASTER_KEYS
    UserKey.objects.filter(user_id=alice.pk).update(master_key_id="gone")
    (finding,) = database.master_keys()
    assert finding.level is FAILURE
    assert finding.found.startswith("1 of 2 user keys")
    assert "loses all content" in finding.advice

    settings.MASTER_KEYS = [("another", bytes(32))]
    keys.forget_keys()
    (finding,) = database.master_keys()
    assert finding.found.startswith("2 of 2 user keys")
    assert levels(database.sealed_content()) == [FAILURE]

    settings.MASTER_KEYS = [(known[0][0], bytes(32))]  # the right name, and another key
    UserKey.objects.filter(user_id=alice.pk).update(master_key_id=known[0][0])
    keys.forget_keys()
    (finding,) = database.master_keys()
    assert (finding.level, finding.found[:6]) == (FAILURE, "2 of 2")
    assert levels(database.sealed_content()) == [FAILURE]


def test_rotation_that_is_not_finished(alive: None, alice: User, settings: Settings) -> None:
    plant(alice)
    settings.MASTER_KEYS = [("new", os.urandom(32)), *settings.MASTER_KEYS]
    (finding,) = database.master_keys()
    assert (finding.level, "rewrap_keys" in finding.advice) == (WARNING, True)
    call_command("rewrap_keys", stdout=StringIO())
    assert levels(database.master_keys()) == [OK]
    settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
    keys.forget_keys()
    assert levels(database.master_keys()) == levels(database.sealed_content()) == [OK]


def test_key_of_the_audit(alive: None, settings: Settings) -> None:
    assert levels(database.audit_key()) == [OK]  # there is nothing yet
    audit.record_now(audit.command_line("To have an entry"), "view_thread", uuid4(), 1)
    assert levels(database.audit_key()) == [OK]
    known = settings.MASTER_KEYS
    settings.MASTER_KEYS = [("new", os.urandom(32)), *known]
    (finding,) = database.audit_key()
    assert (finding.level, "rewrap_keys" in finding.advice) == (WARNING, True)
    settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
    assert levels(database.audit_key()) == [FAILURE]
    settings.MASTER_KEYS = known
    AuditKey.objects.all().delete()
    (finding,) = database.audit_key()
    assert (finding.level, "KeyMissing" in finding.found) == (FAILURE, True)


def test_title_of_another_thread_is_not_opened(alive: None, alice: User) -> None:
    assert levels(database.sealed_content()) == [OK]  # there is nothing yet
    first, second = plant(alice), plant(alice)
    assert levels(database.sealed_content()) == [OK]
    execute(
        "UPDATE chatapp_thread SET title = (SELECT title FROM chatapp_thread WHERE id = %s) WHERE id = %s",
        first.id,
        second.id,
    )
    (finding,) = database.sealed_content()
    assert (finding.level, str(second.id) in finding.found) == (FAILURE, True)


def test_queue_without_workers(transactional_db: None, alice: User) -> None:
    execute("DELETE FROM procrastinate_workers")
    assert levels(database.queue()) == [WARNING]
    execute("INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'x', '{}')")
    assert levels(database.queue()) == [FAILURE]
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert levels(database.queue()) == [OK]
    execute("UPDATE procrastinate_jobs SET status = 'doing'")  # of a worker that is gone
    (finding,) = database.queue()
    assert (finding.level, "1 stalled" in finding.found) == (WARNING, True)
    execute("DELETE FROM procrastinate_jobs")
    assert levels(database.queue()) == [OK]
    run = plant_run(plant(alice))
    Run.objects.filter(id=run.id).update(state=Run.State.RUNNING)
    Fence.objects.filter(thread_id=run.thread_id).update(lease_until=timezone.now() - timedelta(minutes=5))
    (finding,) = database.queue()
    assert (finding.level, "1 runs nobody executes" in finding.found) == (WARNING, True)
    execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    assert levels(database.queue()) == [FAILURE]
    execute("DELETE FROM procrastinate_workers")


def test_events_that_nobody_deletes(alive: None, alice: User) -> None:
    assert levels(database.event_log()) == [OK]
    thread = plant(alice)
    plant_events(thread, 1)
    assert levels(database.event_log()) == [OK]
    EventBatch.objects.update(created_at=timezone.now() - timedelta(hours=3))
    assert levels(database.event_log()) == [WARNING]
    Fence.objects.filter(thread_id=thread.id).update(holder=uuid4())  # a run that has lasted so long
    assert levels(database.event_log()) == [OK]


def test_redis_that_answers_and_then_does_not(tmp_path: Path, settings: Settings) -> None:
    assert levels(surroundings.redis()) == [OK]
    server = RedisServer(tmp_path).start()
    settings.REDIS_URL = server.url
    try:
        (finding,) = surroundings.redis()
    finally:
        server.stop()
    assert finding.level is OK
    assert "comes back in" in finding.found
    assert levels(surroundings.redis()) == [FAILURE]
    settings.REDIS_URL = "nonsense://host"
    assert levels(surroundings.redis()) == [FAILURE]


def test_model_endpoint(endpoint: ScriptedModel, settings: Settings) -> None:
    endpoint.models = ["scripted", "scripted-2", "more"]
    assert levels(surroundings.model()) == [OK]
    endpoint.models = ["more"]
    (finding,) = surroundings.model()
    assert (finding.level, "scripted, scripted-2" in finding.found) == (WARNING, True)
    settings.OPENAI_API_KEY = "wrong-key-of-mine"
    (finding,) = surroundings.model()
    assert (finding.level, "OPENAI_API_KEY" in finding.advice) == (FAILURE, True)
    assert "wrong-key" not in repr(finding)
    settings.OPENAI_BASE_URL = f"{endpoint.url}/nowhere"
    (finding,) = surroundings.model()
    assert (finding.level, "--model" in finding.advice) == (WARNING, True)
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    assert levels(surroundings.model()) == [FAILURE]
    settings.DEMO = True
    assert levels(surroundings.model()) == [OK]
    settings.PRODUCTION = True
    assert levels(surroundings.model()) == [WARNING]


def test_model_is_asked_for_one_token_only_on_request(endpoint: ScriptedModel) -> None:
    endpoint.models = ["scripted", "scripted-2"]
    assert levels(surroundings.model()) == [OK]
    assert not endpoint.requests
    endpoint.script(Script("Yes"), Script(status=401))
    assert levels(surroundings.model(call=True)) == [OK]
    (asked,) = endpoint.requests
    assert {asked.body.get("max_tokens"), asked.body.get("max_completion_tokens")} == {1, None}
    assert levels(surroundings.model(call=True)) == [FAILURE]


def test_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    for free, level in ((10**12, OK), (10**9, WARNING), (10**8, FAILURE)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: shutil._ntuple_diskusage(10**12, 0, free))
        assert levels(surroundings.disk()) == [level]


def test_front_end_that_was_not_built(settings: Settings, tmp_path: Path) -> None:
    assert levels(surroundings.front_end()) == [OK]
    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # an lru_cache
    try:
        assert levels(surroundings.front_end()) == [FAILURE]
    finally:
        finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # an lru_cache


def test_secrets_that_others_may_read(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert levels(surroundings.settings_and_secrets()) == [OK]
    (tmp_path / "master_keys").write_text("k")
    (tmp_path / "master_keys").chmod(0o644)
    (finding,) = surroundings.settings_and_secrets()
    assert (finding.level, "chmod 600" in finding.advice) == (WARNING, True)


def test_check_that_breaks_is_a_failure_by_its_class(monkeypatch: pytest.MonkeyPatch, unhurt: Any) -> None:
    def breaks() -> Iterator[Finding]:
        raise RuntimeError("private words")

    monkeypatch.setitem(database.CHECKS, "queue", breaks)
    finding = unhurt()["queue"]
    assert (finding.level, finding.found) == (FAILURE, "This could not be examined: RuntimeError.")


def test_command_of_an_operator_says_what_is_missing(alive: None) -> None:
    environment = {**os.environ, "DATABASE_URL": re.sub(r"/[^/?]*(\?|$)", r"/postgres\1", os.environ["DATABASE_URL"])}
    command = [sys.executable, "manage.py", "doctor", "--json"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1, ended.stderr
    found = {each["check"]: each for each in json.loads(ended.stdout)["findings"]}
    assert (found["database"]["level"], found["tables"]["level"]) == ("ok", "failure")
    assert "manage.py setup" in found["tables"]["advice"]
    assert not set(database.CHECKS) & set(found)
    assert not ended.stderr
