"""docker-compose.yml, the Dockerfile and the proxy's configuration: what they promise, and that they work.

No Docker engine is needed: the test starts the very commands that the file names, see `tests.compose`.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chatapp import environment, server
from chatapp.secret_files import SecretError
from tests import compose
from tests.compose import ROOT
from tests.deployment import Deployment, Visits
from tests.scripted_model import Script, ScriptedModel
from tests.site import sign_up

ANSWERED = 15.0  # seconds in which an answer of a worker must reach a browser
SERVICES: dict[str, Any] = compose.read(COMPOSE_PROJECT_NAME="everthread")["services"]  # Any: YAML
OURS = [name for name, service in SERVICES.items() if "build" in service]
LASTING = [name for name, service in SERVICES.items() if service["restart"] != "no"]
POSTGRES = {"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}
READ_BY_SETTINGS = """
import json, os
class Recorder(dict):
    def get(self, name, default=None):
        read.add(name)
        return super().get(name, default)
read = set()
os.environ = Recorder(os.environ)
import chatapp.settings
print(json.dumps(sorted(read)))
"""


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text.removesuffix("s"))


# -- what the files say --


def test_no_service_but_the_proxy_publishes_a_port() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert not any("network_mode" in service for service in SERVICES.values())
    networks = compose.read(COMPOSE_PROJECT_NAME="everthread")["networks"]
    assert networks["data"]["internal"] is True
    assert "data" not in SERVICES["proxy"]["networks"]
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["data"]


@pytest.mark.parametrize("name", SERVICES)
def test_service_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert re.fullmatch(r"\d+[mg]", service["deploy"]["resources"]["limits"]["memory"])
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-\w+)?", service["image"])


@pytest.mark.parametrize("name", LASTING)
def test_lasting_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert set(LASTING) == set(SERVICES) - {"setup"}


def test_processes_start_when_what_they_need_is_there() -> None:
    for name in ("web", "worker"):
        needs = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        assert needs == {"setup": "service_completed_successfully", "redis": "service_healthy"}
    assert SERVICES["setup"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_docker_waits_for_as_long_as_a_process_may_take_to_leave(name: str) -> None:
    stated = SERVICES[name]["environment"]
    needed = int(stated["DRAIN_SECONDS"]) + int(stated.get("LEAVE_SECONDS", 0)) + server.STOPPING
    assert seconds(SERVICES[name]["stop_grace_period"]) > needed


def test_every_variable_is_read_by_whom_it_is_given_to() -> None:
    settings = {
        "SECRET_KEY": "x",
        "OPENAI_API_KEY": "x",
        "DATABASE_URL": "postgresql:///x",
        "CHATAPP_MASTER_KEYS": "k1:" + "MTEx" * 10 + "MTE=",
    }
    said = subprocess.run(
        [sys.executable, "-c", READ_BY_SETTINGS], cwd=ROOT, env=settings, capture_output=True, text=True, check=True
    )
    ours = set(json.loads(said.stdout))
    assert {"SECRET_KEY_FILE", "DRAIN_SECONDS", "WORKER_PORT"} <= ours
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= ours, name
    assert set(compose.image_environment()) - {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} <= ours
    assert set(SERVICES["postgres"]["environment"]) <= POSTGRES
    named = set(re.findall(r"\{\$(\w+)", (ROOT / "deploy" / "Caddyfile").read_text()))
    assert set(SERVICES["proxy"]["environment"]) <= named


def test_every_secret_is_a_file_that_make_secrets_makes_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make = ["make", "--silent", "secrets"]
    given = {**os.environ, "SECRETS_DIR": str(folder), "PYTHON": sys.executable}
    subprocess.run(make, cwd=ROOT, env=given, capture_output=True, check=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    subprocess.run(make, cwd=ROOT, env=given, capture_output=True, check=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == made
    stated = compose.read(COMPOSE_PROJECT_NAME="everthread", SECRETS_DIR=str(folder))["secrets"]
    assert {Path(each["file"]) for each in stated.values()} == {folder / name for name in made}
    # Containers read them under accounts of their own: the folder is what keeps others out.
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044 for path in folder.iterdir())
    for name, service in SERVICES.items():
        used = re.findall(r"/run/secrets/(\w+)", json.dumps([service.get("environment"), service.get("command")]))
        assert set(used) <= set(service.get("secrets", [])) <= set(stated), name


def test_image_is_made_of_pinned_parts_by_targets_of_make() -> None:
    text = (ROOT / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1[1-4]\.\d+-slim-\w+", bases[0])
    targets = re.findall(r"^RUN make (\w+)$", text, re.MULTILINE)
    assert targets == ["packages", "frontend", "static", "slim"]
    for target in targets:
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
        assert f"scripts/bootstrap.py {target}" in done.stdout
    last = compose.final_stage()
    assert [line for line in last if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in last)
    assert not re.search(r"^(ARG|ENV) .*(PASSWORD|SECRET|KEY|TOKEN)", text, re.MULTILINE)


def test_build_sees_only_what_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert not let_in & {".env", "var", "deploy", ".git", "tests", "bench"}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source.rstrip("/") for line in copied for source in line.split()}
    assert {source.split("/")[0] for source in sources} <= let_in
    assert all((ROOT / source).exists() for source in sources)


def test_step_that_takes_packages_away_refuses_a_clone() -> None:
    done = subprocess.run(["make", "slim"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "is for the build of an image" in done.stderr


@pytest.mark.parametrize("count", ["1", "2", "8"])
def test_proxy_accepts_its_configuration(count: str, tmp_path: Path) -> None:
    caddy = compose.program("caddy")
    given = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "WEB_HOST": "web-", "WEB_REPLICAS": count}
    command = [caddy, "adapt", "--config", "deploy/Caddyfile", "--adapter", "caddyfile", "--validate"]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r'"dial":"([^"]+)"', done.stdout)) == {f"web-{n}:8000" for n in range(1, int(count) + 1)}


def test_secret_comes_from_its_file_and_password_joins_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone@host:5432/name?sslmode=require")
    monkeypatch.delenv("DATABASE_PASSWORD", raising=False)
    assert environment.secret_url("DATABASE") == "postgresql://someone@host:5432/name?sslmode=require"
    (tmp_path / "password").write_text("p/w@:\n")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    joined = "postgresql://someone:p%2Fw%40%3A@host:5432/name?sslmode=require"
    assert environment.secret_url("DATABASE") == joined
    monkeypatch.setenv("REDIS_URL", "redis://host/0")
    monkeypatch.setenv("REDIS_PASSWORD", "pw")
    assert environment.secret_url("REDIS") == "redis://:pw@host/0"
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "missing"))
    with pytest.raises(SecretError, match=r"DATABASE_PASSWORD_FILE cannot be read: No such file"):
        environment.secret_url("DATABASE")


def test_worker_without_anything_to_do_says_so(settings: Settings) -> None:
    settings.CONCURRENT_RUNS = 0
    with pytest.raises(CommandError, match="CONCURRENT_RUNS=0"):
        call_command("worker")


# -- what the files start --


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    for name in ("caddy", "redis-server"):
        compose.program(name)
    with ScriptedModel() as model, ExitStack() as stack:
        model.rule("\n\nAssistant: ", Script("A title"))
        running = Deployment(tmp_path_factory.mktemp("deployment"), model)
        stack.callback(running.stop)
        running.start()
        yield running


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    """A browser that has signed up through the proxy; it says that it comes from somewhere else."""
    told = {"x-forwarded-for": "203.0.113.7", "forwarded": "for=203.0.113.7"}
    transport = httpx.HTTPTransport(verify=deployment.trust, local_address=deployment.visitor)
    with httpx.Client(
        base_url=deployment.url, transport=transport, headers=told, follow_redirects=True, timeout=40
    ) as client:
        sign_up(client, deployment.url, "alice@example.org")
        yield client


def test_answer_of_a_worker_reaches_a_browser_through_the_proxy(deployment: Deployment, client: httpx.Client) -> None:
    assert all(web.environment["CONCURRENT_RUNS"] == "0" for web in deployment.containers["web"])
    browser = deployment.open(client, uuid4(), since=0)
    assert browser.say("Hello")["type"] == "success"
    assert browser.ended(ANSWERED)["event"] == "completed"
    assert browser.text() == "Answer to: Hello"


def test_site_knows_the_address_that_the_proxy_saw(deployment: Deployment, client: httpx.Client) -> None:
    with psycopg.connect(deployment.dsn) as connection:
        seen = connection.execute("SELECT host(ip) FROM usersessions_usersession").fetchall()
    assert seen == [(deployment.visitor,)]


def test_proxy_keeps_back_what_is_not_for_the_public(deployment: Deployment, client: httpx.Client) -> None:
    for path in ("/readyz", "/metrics"):
        assert client.get(path).status_code == 404
    assert client.get("/healthz").status_code == 200
    # Caddy 2.6 calls it 502; what matters is that the site was not asked, and goes on being asked for other things.
    assert client.post("/accounts/login/", content=b"x" * 2_500_000).status_code in {413, 502}
    assert client.get("/healthz").status_code == 200
    plain = httpx.get(f"http://localhost:{deployment.http_port}/")
    assert plain.status_code == 308
    assert plain.headers["location"].startswith("https://localhost")
    page = client.get("/accounts/login/", headers={"accept-encoding": "gzip"})
    assert page.headers["strict-transport-security"]
    assert "server" not in {name for name, value in page.headers.items() if "uvicorn" in value.lower()}


def test_processes_listen_where_the_file_says_and_nowhere_else(deployment: Deployment, client: httpx.Client) -> None:
    for name, port in (("redis", 6379), ("web", 8000), ("worker", 8001)):
        for container in deployment.containers[name]:
            # (The demo model is not there: a provider is configured.)
            assert container.listens() == {(container.address, port)}, name


def test_restart_of_a_web_process_and_a_worker_shows_nobody_an_error(
    deployment: Deployment, client: httpx.Client
) -> None:
    thread_id = uuid4()
    webs = deployment.containers["web"]
    before = [deployment.sockets_of(each) for each in webs]
    browser = deployment.open(client, thread_id, since=0)
    (web,) = [each for each, count in zip(webs, before, strict=True) if deployment.sockets_of(each) > count]
    worker = deployment.containers["worker"][0]
    deployment.model.rule("long", Script("one two three four five six", held=True))
    assert browser.say("A long answer, please")["type"] == "success"
    deployment.model.wait_for(lambda: deployment.model.requests_for("A long answer, please"), ANSWERED)
    deployment.model.release(2)
    with Visits(deployment, client, thread_id) as visits:
        web.terminate()
        worker.terminate()
        assert browser.closed(30) == 1012
        browser = deployment.open(client, thread_id, since=browser.events[-1]["seq"])
        other = deployment.open(client, uuid4(), since=0)
        assert other.say("Hello")["type"] == "success"
        assert other.ended(ANSWERED)["event"] == "completed"
        deployment.model.release()
        assert browser.ended(ANSWERED)["event"] == "completed"
        for container in (web, worker):
            assert container.ended() == 0, container.said()
            container.start()
            container.wait_healthy()
        visits.until_more()
    assert not visits.refused
    assert client.get(f"/t/{thread_id}/state").json()["messages"][-1]["text"] == "one two three four five six"
    assert len(deployment.model.requests_for("A long answer, please")) == 1
