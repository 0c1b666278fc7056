"""The environment that settings.py reads, completed for development: `.env`, secrets in DATA_DIR, a database.

With PRODUCTION=1 only `.env` is read: everything else must be given. Django must not be imported before this
has run.
"""

from __future__ import annotations

import atexit
import os
import re
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from chatapp import embedded, secret_files
from chatapp.secret_files import SecretError

PROJECT = Path(__file__).resolve().parent.parent
ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")


class EnvironmentFileError(Exception):
    """A line of `.env` is no assignment; the message names it."""


def prepare() -> None:
    """Complete the environment for a command: with the running server's database, or one for its time."""
    load_dotenv()
    if production():
        return
    keep_secrets()
    if not secret("DATABASE_URL"):
        if running := embedded.attach(data_dir()):
            os.environ["DATABASE_URL"] = running
        elif own := start_database():
            atexit.register(own.stop)


def production() -> bool:
    """Whether the operator has said that nothing may be made up."""
    return os.environ.get("PRODUCTION", "").strip().lower() in {"1", "true", "yes", "on"}


def secret(name: str) -> str:
    """A secret from the variable, or from the file that `<name>_FILE` names, which goes first.

    Without surrounding space; empty when neither says anything. Raises SecretError.
    """
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return os.environ.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise SecretError(f"{name}_FILE cannot be read: it is no text.") from None
    except OSError as error:
        raise SecretError(f"{name}_FILE cannot be read: {error.strerror}.") from None


def secret_url(service: str) -> str:
    """The secret `<service>_URL`, with the password that the secret `<service>_PASSWORD` gives it, if there is one.

    So that a server and its clients can read one and the same file. Raises SecretError.
    """
    url, password = secret(f"{service}_URL"), secret(f"{service}_PASSWORD")
    if not (url and password):
        return url
    parts = urlsplit(url)
    account, _, host = parts.netloc.rpartition("@")
    user = account.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def data_dir() -> Path:
    """DATA_DIR, relative to the project, and from now on absolute in the environment."""
    path = PROJECT / (os.environ.get("DATA_DIR", "").strip() or "var")
    os.environ["DATA_DIR"] = str(path)
    return path


def load_dotenv(path: Path = PROJECT / ".env") -> None:
    """Set the variables of the file that the environment does not have. Raises EnvironmentFileError."""
    if path.exists():
        for name, value in parse_dotenv(path.read_text(encoding="utf-8")).items():
            os.environ.setdefault(name, value)


def parse_dotenv(text: str) -> dict[str, str]:
    """The assignments `NAME=value`, `export NAME='value'`, `NAME="value" # comment`, taken literally.

    Raises EnvironmentFileError for a line that is none, without its text: it may hold a secret.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = ASSIGNMENT.match(line)
        if found is None:
            raise EnvironmentFileError(f"Line {number} of .env is not NAME=value: correct it or begin it with #.")
        name, value = found.groups()
        if quoted := re.match(r"""(["'])(.*?)\1\s*(?:#.*)?$""", value):
            value = quoted[2]
        else:
            value = re.sub(r"(^|\s+)#.*$", "", value)
        values[name] = value
    return values


def keep_secrets() -> bool:
    """Set the secrets not given from DATA_DIR, made once. Returns whether master keys were made now.

    Raises SecretError.
    """
    folder = data_dir()
    secret_files.make_folder(folder)
    if not (os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE")):
        os.environ["SECRET_KEY"] = secret_files.secret_key(folder)
    if os.environ.get("CHATAPP_MASTER_KEYS") or os.environ.get("CHATAPP_MASTER_KEYS_FILE"):
        return False
    os.environ["CHATAPP_MASTER_KEYS"], new = secret_files.master_keys(folder)
    return new


def start_database(address: str = "") -> embedded.Embedded | None:
    """Start the embedded PostgreSQL unless DATABASE_URL names another. Raises EmbeddedError.

    A second start is told `address` by the first.
    """
    if secret("DATABASE_URL"):
        return None
    started = embedded.start(data_dir(), address=address)
    os.environ["DATABASE_URL"] = started.dsn
    return started
