"""What `make run` ends with: secrets, database, migrations and the server, in one process.

    python -m chatapp.serve

Each step is one line with its time; one that fails says in a sentence what to do. Ctrl-C and SIGTERM stop
everything in order. The settings read the environment when they are imported, so Django is imported after it
is complete.
"""

from __future__ import annotations

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

from chatapp import environment, server
from chatapp.embedded import Embedded, EmbeddedError
from chatapp.environment import EnvironmentFileError
from chatapp.secret_files import SecretError
from chatapp.steps import StepError, step


class Stopped(BaseException):
    """The user stopped the start. Not an Exception, so that nothing on the way takes it for a failure."""


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
    port = server.port("PORT", 8000)
    new_keys, database = False, None
    if not environment.production():
        with step("Secrets"):
            new_keys = environment.keep_secrets()
            (environment.data_dir() / "static").mkdir(exist_ok=True)  # WhiteNoise warns without its STATIC_ROOT
    if environment.secret_url("DATABASE") or not environment.production():
        database = _database(cleanup, server.address(host, port) if port else "")
    with step("Address"):
        listener = cleanup.enter_context(server.listen(host, port))
        os.environ["PORT"] = str(listener.getsockname()[1])
    with step("Application"):
        demo = _load_application()
    with step("Tables"):
        administrator = _migrate()
    with step("System checks"):
        _check()
    site = server.Server(server.config(server.WEB, host))
    site.welcome = _welcome(server.address(host, listener.getsockname()[1]), demo, administrator, new_keys)
    return _serve(site, listener, database)


def _database(cleanup: ExitStack, address: str) -> Embedded | None:
    if url := environment.secret_url("DATABASE"):
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
    from chatapp.postgres import OLDEST

    if version < 10_000 * OLDEST:
        raise StepError(f"The server of DATABASE_URL is too old: Everthread needs PostgreSQL {OLDEST} or newer.")


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
    from django.db import DatabaseError, connections

    from chatapp import tables
    from chatapp.models import User

    try:
        tables.bring_up_to_date()
        return User.objects.filter(is_superuser=True).exists()
    except (DatabaseError, psycopg.Error) as error:
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


def _serve(site: server.Server, listener: socket.socket, database: Embedded | None) -> int:
    failed = threading.Event()
    if database is not None:
        threading.Thread(target=_watch, args=(database, site, failed), daemon=True).start()
    server.run(site, listener)
    if failed.is_set():
        log = Path(os.environ["DATA_DIR"]) / "postgres.log"
        raise StepError(f"PostgreSQL has ended unexpectedly: {log} may say why; start again.")
    print("\nStopped.", flush=True)
    return 0


def _watch(database: Embedded, site: server.Server, failed: threading.Event) -> None:
    """Stop the server when its database has ended though nobody asked it to."""
    database.process.wait()
    if not site.should_exit:
        failed.set()
        site.should_exit = True


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
