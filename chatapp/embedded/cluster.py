"""One PostgreSQL data folder: made whole or not at all, checked before use, freed from what a crash left."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .host import MAJOR, Account, EmbeddedError

ROLE = DATABASE = "everthread"
# Nothing but these: PGDATA, PGOPTIONS, LD_LIBRARY_PATH and the like of the caller must not reach the server.
# TZ saves initdb a search through the whole time zone database.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # No content in the log: neither statements nor parameters, and no ERROR or DETAIL, which quote values.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_line_prefix": "%m [%p] ",
}
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
INITDB = (
    *("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--no-sync", "--no-instructions"),  # what it wrote is synced once, at the end
    *("--set=max_connections=200", "--set=shared_buffers=128MB", "--set=dynamic_shared_memory_type=posix"),
)


@dataclass(frozen=True)
class Cluster:
    """A data folder with the programs and the account to use it."""

    folder: Path
    programs: Path
    account: Account

    @property
    def reference(self) -> str:
        """The folder as PostgreSQL is told it; its working directory is that folder.

        On Linux it goes by /proc, which works at any depth and without entering the parents: an
        unprivileged account that root starts it under may not be allowed to (`/root`, a home with
        mode 0700).
        """
        return "/proc/self/cwd" if sys.platform == "linux" else str(self.folder)

    def command(self, socket_folder: Path, *, fast: bool) -> list[str]:
        """The command line of the server."""
        settings = SETTINGS | (FAST if fast else DURABLE) | {"unix_socket_directories": str(socket_folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", self.reference, *options]

    def prepare(self, password: str) -> None:
        """Make the folder if there is none, with the application's role and database; refuse an unusable one.

        The role `everthread` may create databases but is no superuser; the superuser's password is
        thrown away. Raises EmbeddedError.
        """
        if self.folder.exists():
            self._check_version()
            return
        draft = self.folder.with_name(self.folder.name + ".new")
        _remove(draft)  # an interrupted start left it; nobody has used it
        draft.mkdir(mode=0o700)
        self.account.own(draft)
        with contextlib.ExitStack() as undo:
            undo.callback(_remove, draft)
            Cluster(draft, self.programs, self.account).fill(password)
            draft.rename(self.folder)
            undo.pop_all()
        _sync_folder(self.folder.parent)

    def fill(self, password: str) -> None:
        """Make the cluster in the empty folder. Raises EmbeddedError."""
        with tempfile.TemporaryFile("w") as superuser:
            superuser.write(secrets.token_urlsafe(32) + "\n")
            superuser.flush()
            if self.account.uid is not None and self.account.gid is not None:
                os.fchown(superuser.fileno(), self.account.uid, self.account.gid)
            # By descriptor, as the account cannot reach every folder that we can.
            options = ["--pwfile", f"/dev/fd/{superuser.fileno()}", *INITDB]
            self._run("initdb", *options, keep=(superuser.fileno(),))
        # Single-user mode needs no password and no running server. It reports errors, but not by its exit
        # code.
        statements = (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n"
        )
        if "ERROR:" in (output := self._run("postgres", "--single", stdin=statements, database="postgres")):
            raise EmbeddedError(_sentence("PostgreSQL could not make its database", output))
        self._run("initdb", "--sync-only")

    def _run(
        self,
        program: str,
        *options: str,
        stdin: str = "",
        keep: Sequence[int] = (),
        database: str | None = None,
    ) -> str:
        command = [str(self.programs / program), *options, "-D", self.reference]
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own program
            command + ([database] if database else []),
            cwd=self.folder,
            env=ENVIRONMENT,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            umask=0o077,
            pass_fds=keep,
            check=False,
            **self.account.drop(),
        )
        if done.returncode != 0:
            raise EmbeddedError(_sentence(f"PostgreSQL's {program} failed", done.stdout))
        return done.stdout

    def _check_version(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except PermissionError as error:
            raise EmbeddedError(
                f"{self.folder} belongs to another account, probably because it was made as root: "
                f"start as root again, or make it yours: `sudo chown -R $(id -u) {self.folder.parent}`."
            ) from error
        except OSError as error:
            raise EmbeddedError(
                f"{self.folder} is no PostgreSQL data folder ({error.strerror}): move it away to start empty."
            ) from error
        if found != MAJOR:
            raise EmbeddedError(
                f"{self.folder} was made by PostgreSQL {found} and this is PostgreSQL {MAJOR}: "
                f"save its database with pg_dump under the Everthread that made it, move the folder "
                f"away, start this version and load the dump; or set DATABASE_URL to a server that runs it."
            )

    def end_orphan(self) -> None:
        """Free the folder from a server that outlived its watchdog, or the pid file of one that is gone.

        The caller holds the folder's lock, so that a server found here belongs to nobody. PostgreSQL
        itself takes any living process with the pid in that file for a server, so a pid used again by
        another program would keep it from starting. Raises EmbeddedError when the orphan does not
        end.
        """
        pid_file = self.folder / "postmaster.pid"
        pid = _first_number(pid_file)
        if pid is None or not _alive(pid):
            return  # PostgreSQL clears that up itself
        if not self._serves(pid):
            pid_file.unlink(missing_ok=True)
            return
        deadline = time.monotonic() + 10
        os.kill(pid, signal.SIGQUIT)
        while _alive(pid) and self._serves(pid):
            if time.monotonic() > deadline:
                raise EmbeddedError(f"An old PostgreSQL (pid {pid}) does not end: end it with `kill -9 {pid}`.")
            time.sleep(0.02)

    def _serves(self, pid: int) -> bool:
        """Whether the process is a PostgreSQL server of this very folder, by its command line and folder."""
        if sys.platform == "linux":
            try:
                name = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
                here = Path(f"/proc/{pid}/cwd").samefile(self.folder)
            except OSError:
                return False  # gone, or another user's
            return here and name.rpartition(b"/")[2] == b"postgres"
        command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
        return "postgres" in shown.split(" -D ")[0] and f" -D {self.folder} " in shown

    def ready(self, pid: int) -> bool:
        """Whether the server with that pid accepts connections, as it notes itself in its pid file."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _sentence(what: str, output: str) -> str:
    """The failure with the line of the output that tells most."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(mark in line for mark in ("FATAL", "PANIC", "ERROR", "error:"))]
    return f"{what}: {(telling or lines or ['no output'])[-1]}"
