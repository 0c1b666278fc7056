"""What `make run` ends with: secrets, database, migrations and the server, in one process.

    python -m chatapp.serve

Each step is one line with its time; one that fails says in a sentence what to do. Ctrl-C and SIGTERM stop
everything in order. The settings read the environment when they are imported, so Django is imported after it
is complete.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from types import FrameType

import psycopg
import uvicorn

from chatapp import environment
from chatapp.embedded import Embedded, EmbeddedError
from chatapp.environment import EnvironmentFileError
from chatapp.secret_files import SecretError
from chatapp.steps import StepError, step

FRAME_BYTES = 1024 * 1024  # a longer WebSocket message closes its socket with 1009
OLDEST_POSTGRESQL = 150000
STOPPING = 10  # seconds that open requests are given


class Stopped(BaseException):
    """The user stopped the start. Not an Exception, so that nothing on the way takes it for a failure."""


class Server(uvicorn.Server):
    """Uvicorn that tells when it is ready."""

    welcome = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and accept connections; then print the welcome."""
        await super().startup(sockets)
        if self.started:
            print(self.welcome, flush=True)


def main() -> int:
    """Start, serve until stopped, clean up. The exit code is 0 when the user stopped it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        with ExitStack() as cleanup:
            return _start(cleanup)
    except Stopped:
        print("\nStopped.", flush=True)
        return 0
    except (EmbeddedError, EnvironmentFileError, SecretError, StepError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _start(cleanup: ExitStack) -> int:
    environment.load_dotenv()
    host = os.environ.get("HOST", "").strip() or "127.0.0.1"
    port = _port()
    new_keys, database = False, None
    if not environment.production():
        with step("Secrets"):
            new_keys = environment.keep_secrets()
            (environment.data_dir() / "static").mkdir(exist_ok=True)  # WhiteNoise warns without its STATIC_ROOT
    if os.environ.get("DATABASE_URL") or not environment.production():
        database = _database(cleanup, _address(host, port) if port else "")
    with step("Address"):
        listener = cleanup.enter_context(_listen(host, port))
        os.environ["PORT"] = str(listener.getsockname()[1])
    with step("Application"):
        demo = _load_application()
    with step("Tables"):
        administrator = _migrate()
    with step("System checks"):
        _check()
    server = Server(_config(host))
    server.welcome = _welcome(_address(host, listener.getsockname()[1]), demo, administrator, new_keys)
    return _serve(server, listener, database)


def _port() -> int:
    given = os.environ.get("PORT", "").strip() or "8000"
    if not given.isdecimal() or int(given) > 65535:
        raise StepError("PORT must be a number from 0 to 65535 (0: any free port).")
    return int(given)


def _database(cleanup: ExitStack, address: str) -> Embedded | None:
    if url := os.environ.get("DATABASE_URL"):
        with step("Database"):
            _reach(url)
        return None
    with step("PostgreSQL 18"):
        started = environment.start_database(address)
    if started is not None:
        cleanup.callback(started.stop)
    return started


def _reach(url: str) -> None:
    """Raise StepError unless the database of DATABASE_URL accepts us and is new enough."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise StepError(
            f"The database cannot be used ({reason}): check that DATABASE_URL is right and its server runs."
        ) from error
    if version < OLDEST_POSTGRESQL:
        raise StepError("The server of DATABASE_URL is too old: Everthread needs PostgreSQL 15 or newer.")


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: from now on browsers wait for an answer instead of being refused."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(where[:2], family=family, backlog=2048)
    except OSError as error:
        raise StepError(
            f"Port {port} of {host} cannot be used ({error.strerror or error}): "
            f"stop the program that uses it, or choose another with `PORT={port % 65535 + 1} make run`."
        ) from error


def _load_application() -> bool:
    """Import Django and the application. Returns whether the demo model answers."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
        from django.conf import settings

        import chatapp.asgi  # noqa: F401 - imported now, so that its time and its errors belong to this step
    except ImproperlyConfigured as error:
        raise StepError(str(error)) from error
    return bool(settings.DEMO)


def _migrate() -> bool:
    """Bring all tables up to date, quickly if they are. Returns whether there is an administrator."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection, connections
    from django.db.migrations.executor import MigrationExecutor

    from chatapp.models import User
    from chatapp.postgres import setup_langgraph

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        asyncio.run(setup_langgraph())
        return User.objects.filter(is_superuser=True).exists()
    except DatabaseError as error:
        raise StepError(f"The tables cannot be brought up to date: {error}") from error
    finally:
        connections.close_all()


def _check() -> None:
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    try:
        call_command("check", stdout=StringIO())
    except SystemCheckError as error:
        raise StepError(str(error)) from error


def _config(host: str) -> uvicorn.Config:
    return uvicorn.Config(
        "chatapp.asgi:application",
        host=host,
        loop="auto",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,  # tokens are tiny; compressing each costs more than it saves
        lifespan="on",
        log_config=None,  # Django has configured logging
        access_log=False,  # addresses name threads, queries may hold anything
        server_header=False,
        proxy_headers=False,  # settings say how many proxies are trusted; a header from loopback is not enough
        timeout_graceful_shutdown=STOPPING,
    )


def _serve(server: Server, listener: socket.socket, database: Embedded | None) -> int:
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    failed = threading.Event()
    if database is not None:
        threading.Thread(target=_watch, args=(database, server, failed), daemon=True).start()
    # Uvicorn raises the signal again when it has stopped: what is left to do then must not be cut short.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        server.run(sockets=[listener])
    except SystemExit as error:
        raise StepError("The application does not start: the error is above.") from error
    if failed.is_set():
        log = Path(os.environ["DATA_DIR"]) / "postgres.log"
        raise StepError(f"PostgreSQL has ended unexpectedly: {log} may say why; start again.")
    print("\nStopped.", flush=True)
    return 0


def _watch(database: Embedded, server: Server, failed: threading.Event) -> None:
    """Stop the server when its database has ended though nobody asked it to."""
    database.process.wait()
    if not server.should_exit:
        failed.set()
        server.should_exit = True


def _address(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    if ":" in host:
        host = f"[{'::1' if host == '::' else host}]"
    elif host == "0.0.0.0":  # noqa: S104 - the address that nobody can open is replaced
        host = "127.0.0.1"
    return f"http://{host}:{port}"


def _welcome(address: str, demo: bool, administrator: bool, new_keys: bool) -> str:
    lines = ["", f"Everthread runs at {address}/   (Ctrl-C stops it)"]
    if demo:
        lines.append("The built-in demo model answers; .env.example says how to set a real one.")
    if not administrator and not environment.production():
        lines.append("To become administrator sign up, and type in another terminal:")
        lines.append("    make admin EMAIL=you@example.org")
    if new_keys:
        keys = Path(os.environ["DATA_DIR"]) / "master_keys"
        lines.append(f"New master keys are in {keys}: keep a copy elsewhere. Whoever loses them loses all content.")
    return "\n".join(lines)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
