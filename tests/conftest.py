"""The cast, the database, and a real server with a scripted model behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase
from procrastinate.contrib.django import app as queue
from pytest_django import DjangoDbBlocker, Settings

from chatapp import jobs, keys, postgres, process, runs
from chatapp.models import User
from memory import embeddings, shelf
from tests import tables
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor

PASSWORD = "correct horse battery"


django_settings.PASSWORD_HASHERS = ["tests.hashers.QuickArgon2", *django_settings.PASSWORD_HASHERS[1:]]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """LangGraph's tables beside Django's; the pool closed before the test database goes."""
    with django_db_blocker.unblock():
        asyncio.run(postgres.setup_langgraph())
        call_command("createcachetable", verbosity=0)
        connection.close()
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """After a transactional test the tables are emptied our way."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda _: tables.empty(tables.managed()))
        yield


@pytest.fixture(autouse=True)
def clean_tables(request: pytest.FixtureRequest) -> None:
    """Tables that Django does not manage keep their rows between tests otherwise; and counted attempts end."""
    keys.forget_keys()
    shelf.forget()
    embeddings.forget()
    if "transactional_db" in request.fixturenames or "live" in request.fixturenames:
        request.getfixturevalue("transactional_db")
        tables.empty(tables.UNMANAGED)
    elif "db" in request.fixturenames:
        request.getfixturevalue("db")
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    """A user."""
    return User.objects.create_user("alice@example.org", PASSWORD, first_name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    """Another user."""
    return User.objects.create_user("bob@example.org", PASSWORD)


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger, who must not see anything of Alice's."""
    return User.objects.create_user("charlie@example.org", PASSWORD)


@pytest.fixture
def administrator(db: None) -> User:
    """Someone with every permission."""
    return User.objects.create_superuser("admin@example.org", PASSWORD)


@pytest.fixture(scope="session")
def _endpoint() -> Iterator[ScriptedModel]:
    with ScriptedModel() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(_endpoint: ScriptedModel, settings: Settings) -> Iterator[ScriptedModel]:
    """The scripted model, configured as the provider."""
    _endpoint.reset()
    _endpoint.rule("\n\nAssistant: ", Script("A title"))
    settings.DEMO = False
    settings.OPENAI_BASE_URL = _endpoint.url
    settings.OPENAI_API_KEY = _endpoint.key
    settings.OPENAI_MODEL = "scripted"
    settings.OPENAI_MODELS = ["scripted", "scripted-2"]
    yield _endpoint
    _endpoint.reset()


class ThreadedServer:
    """The application under uvicorn, on a loop in a thread of its own."""

    def __init__(self) -> None:
        config = uvicorn.Config(
            "chatapp.asgi:application",
            port=0,
            ws="chatapp.streaming.transport:SocketProtocol",
            ws_max_size=django_settings.FRAME_BYTES,
            lifespan="on",
            log_config=None,
            access_log=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="server", daemon=True)

    def start(self) -> int:
        """Start; return the port."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("The server did not start.")
            threading.Event().wait(0.01)
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Stop and wait."""
        self._server.should_exit = True
        self._thread.join(20)


@pytest.fixture(scope="session")
def _server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "untaken", _untaken(runs.untaken))
        server = ThreadedServer()
        port = server.start()
        yield port
        server.stop()


@pytest.fixture
def live(transactional_db: None, endpoint: ScriptedModel, _server: int) -> Iterator[int]:
    """The port of a running server whose model is the scripted endpoint."""
    _looks_out.set()
    yield _server
    _looks_out.clear()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The running server takes no run over during the test, and makes no titles."""
    claims, titles = (queue.configure_task(name, schedule_in={"hours": 1}) for name in (jobs.CLAIM, jobs.TITLE))
    monkeypatch.setattr(jobs, "claim", lambda run_id: claims.defer(run_id=str(run_id)))
    monkeypatch.setattr(jobs, "title", lambda answer_id: titles.defer(message_id=str(answer_id)))
    looked_out = _looks_out.is_set()
    _looks_out.clear()
    yield
    if looked_out:
        _looks_out.set()


_looks_out = threading.Event()


def _untaken(real: Callable[..., list[UUID]]) -> Callable[..., list[UUID]]:
    """`runs.untaken` that in the server, which outlives the tests, finds the runs of those that use it only."""

    def untaken(*arguments: Any) -> list[UUID]:
        return real(*arguments) if _looks_out.is_set() or threading.current_thread() is threading.main_thread() else []

    return untaken


@pytest.fixture
def visit(live: int) -> Iterator[Callable[[User | None], Visitor]]:
    """Someone at the running server: `visit(alice).open(thread_id)` is a socket."""
    visitors: list[Visitor] = []

    def visit(user: User | None) -> Visitor:
        visitors.append(Visitor.of(live, user))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.leave()
    quiet()


def quiet() -> None:
    """Let go of every run of the server, so that the tables can be emptied under it."""
    done = threading.Event()

    async def let_go(here: process.Process) -> None:
        await here.runner.close()
        await here.announced()
        done.set()

    def begin(here: process.Process) -> None:
        _quieting.append(asyncio.ensure_future(let_go(here)))

    process.tell(begin)
    assert done.wait(10)
    _quieting.clear()


_quieting: list[asyncio.Future[None]] = []
