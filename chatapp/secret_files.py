"""Secrets of a development start, made once into DATA_DIR. Production is given its own by the environment."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path


class SecretError(Exception):
    """A secret is missing or unreadable; the message says what to do."""


def secret_key(data_dir: Path) -> str:
    """The key that signs sessions, made when there is none. Losing it logs everybody out."""
    return _once(data_dir / "secret_key", secrets.token_urlsafe(50))


def master_keys(data_dir: Path) -> tuple[str, bool]:
    """The master keys (a line `k1:<base64 of 32 bytes>`), and whether they were made just now.

    Raises SecretError when a database is there and its keys are not: new ones could not open anything in it.
    """
    path = data_dir / "master_keys"
    new = not path.exists()
    if new and (data_dir / "postgres").exists():
        raise SecretError(
            f"{path} is missing and the database in {data_dir / 'postgres'} cannot be read without it: "
            f"put it back from a backup, or set CHATAPP_MASTER_KEYS; to start empty, move {data_dir} away."
        )
    return _once(path, "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()), new


def make_folder(data_dir: Path) -> None:
    """Make DATA_DIR for us alone (0700) if it is not there. Raises SecretError."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SecretError(
            f"{data_dir} cannot be made ({error.strerror}): set DATA_DIR to a folder of yours."
        ) from error


def _once(path: Path, value: str) -> str:
    """What the file holds; if there is none it is made with `value`, readable by us alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise SecretError(f"{path} cannot be written ({error.strerror}): set DATA_DIR to a folder of yours.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    return value


def _read(path: Path) -> str:
    try:
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(
            f"{path} cannot be read: start under the account that made it, or choose another DATA_DIR."
        ) from error
    if not found:
        raise SecretError(
            f"{path} is empty, so an earlier start was cut short: put it back from a backup or remove it."
        )
    return found
