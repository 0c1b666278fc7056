"""docker-compose.yml as a running whole, in a folder and on ports of its own, and someone who uses it."""

from __future__ import annotations

import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import httpx
import psycopg
from websockets.sync.client import connect
from websockets.typing import Origin

from tests import compose
from tests.compose import ROOT, Container
from tests.scripted_model import ScriptedModel
from tests.sockets import ALL, Socket

ADDRESSES = {"redis": 2, "web": 11, "worker": 21, "setup": 31, "proxy": 41}


class Deployment:
    """The whole of docker-compose.yml, running."""

    def __init__(self, folder: Path, model: ScriptedModel) -> None:
        self.folder = folder
        self.model = model
        self.dsn, self._database, password = new_database()
        self._secrets = folder / "secrets"
        self._make_secrets(password)
        self.services = compose.read(
            COMPOSE_PROJECT_NAME="everthread",
            OPENAI_BASE_URL=model.url,
            OPENAI_MODEL="scripted",
            SECRETS_DIR=str(self._secrets),
        )["services"]
        # A block of the loopback network for this run: several may run at once.
        self._network = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250) + 1}"
        self.visitor = f"{self._network}.99"  # where a browser comes from: not where the proxy does
        self.port, self.http_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.containers: dict[str, list[Container]] = {}
        self._sockets = ExitStack()

    def start(self) -> None:
        """Start everything in the order that the file asks for, and wait until it is healthy."""
        (redis,) = self._create("redis")
        redis.start("--bind", redis.address)
        setups = [*self._create("setup"), *self._create("setup")]
        for setup in setups:  # several at once do no harm
            setup.start()
        for setup in setups:
            assert setup.ended(120) == 0, setup.said()
        started = [*self._create("web"), *self._create("worker")]
        for container in started:
            container.start()
        for container in started:
            container.wait_healthy()
        (proxy,) = self._create("proxy")
        health = str(free_port())
        proxy.start(LISTEN_HTTP=str(self.http_port), LISTEN_HTTPS=str(self.port), LISTEN_HEALTH=health)
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport) as client:
            assert client.get(f"http://127.0.0.1:{health}/").status_code == 200

    def stop(self) -> None:
        """End everything; the browsers last, which then wait for nobody's goodbye."""
        for containers in self.containers.values():
            for container in containers:
                container.kill()
        self._sockets.close()

    @property
    def trust(self) -> ssl.SSLContext:
        """Trusts the proxy's own authority, and nobody else."""
        root = self.folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return ssl.create_default_context(cafile=str(root))

    def open(self, client: httpx.Client, thread_id: UUID, since: int) -> Socket:
        """A subscribed socket through the proxy."""
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        opening = connect(
            f"{self.url.replace('https', 'wss')}/api/threads/{thread_id}/stream/events",
            ssl=self.trust,
            origin=Origin(self.url),
            additional_headers={"cookie": cookies},
            ping_interval=None,
            open_timeout=40,
            close_timeout=1,
        )
        found = Socket(self._sockets.enter_context(opening))
        assert found.command("subscription.subscribe", channels=ALL, since=since)["type"] == "success"
        return found

    def sockets_of(self, web: Container) -> int:
        """How many sockets a web process says that it has, to those who may ask."""
        token = (self._secrets / "metrics_token").read_text().strip()
        asked = f"http://{web.address}:8000/metrics"
        assert httpx.get(asked).status_code == 404
        page = httpx.get(asked, headers={"authorization": f"Bearer {token}"}).text
        found = re.search(r"^everthread_sockets_open (\S+)$", page, re.MULTILINE)
        assert found is not None, page
        return int(float(found[1]))

    def _create(self, name: str) -> list[Container]:
        service = self.services[name]
        replaced = {
            "/run/secrets/": f"{self._secrets}/",
            "/app/var": str(self.folder / "var"),
            "/data": str(self.folder / "data"),
            "/config": str(self.folder / "config"),
            "everthread@postgres:5432/everthread": self._database,
            "redis:6379": f"{self._network}.2:6379",
            "everthread-web-": f"{self._network}.1",
            **{there: str(ROOT / here) for here, there in self._mounts(service)},
        }
        made = []
        for index in range(compose.replicas(service)):
            address = f"{self._network}.{ADDRESSES[name] + index}"
            made.append(Container(service, address, replaced, self.folder / f"{name}-{index + 1}.log"))
        self.containers.setdefault(name, []).extend(made)
        return made

    @staticmethod
    def _mounts(service: compose.Service) -> list[tuple[str, str]]:
        mounts = [volume.split(":") for volume in service.get("volumes", [])]
        return [(mount[0], mount[1]) for mount in mounts if mount[0].startswith("./")]

    def _make_secrets(self, password: str) -> None:
        make = [sys.executable, "scripts/deployment_secrets.py", str(self._secrets)]
        subprocess.run(make, cwd=ROOT, check=True, capture_output=True)
        for name, value in (("postgres_password", password), ("openai_api_key", self.model.key)):
            (self._secrets / name).unlink()
            (self._secrets / name).write_text(value + "\n")


def new_database() -> tuple[str, str, str]:
    """An empty database of the tests' server: its DSN, the DSN's part from the account on, and the password."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"deployment_{secrets.token_hex(4)}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    parts = parts._replace(path=f"/{name}")
    account, _, host = parts.netloc.rpartition("@")
    password = unquote(parts.password or "")
    rest = parts._replace(scheme="", netloc=f"{account.partition(':')[0]}@{host}").geturl().removeprefix("//")
    assert quote(password, safe="") in account
    return parts.geturl(), rest, password


def free_port() -> int:
    """A port that nobody listens on, at any address."""
    with socket.create_server(("", 0)) as free:
        return int(free.getsockname()[1])


class Visits:
    """Someone who reloads a page, and saves something, again and again."""

    def __init__(self, deployment: Deployment, client: httpx.Client, thread_id: UUID) -> None:
        self.refused: list[int | str] = []
        self._client = client
        self._rename = f"/t/{thread_id}/rename"
        self._own = {"x-csrftoken": client.cookies["csrftoken"], "origin": deployment.url}
        self._count = 0
        self._over = threading.Event()
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> Visits:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def until_more(self) -> None:
        """Wait for some more visits."""
        with self._more:
            wanted = self._count + 20
            assert self._more.wait_for(lambda: self._count >= wanted, 60)

    def _visit(self) -> None:
        while not self._over.is_set():
            try:
                title = {"title": f"Visit {self._count}"}
                answers = [self._client.get("/"), self._client.post(self._rename, json=title, headers=self._own)]
                self.refused += [answer.status_code for answer in answers if answer.status_code != 200]
            except httpx.HTTPError as error:
                self.refused.append(type(error).__name__)
            with self._more:
                self._count += 1
                self._more.notify_all()
