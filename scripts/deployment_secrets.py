"""The secrets of docker-compose.yml, each made once and never changed again: `make secrets`. Standard library only.

The folder is for its owner alone (0700), and that is what protects them on this machine: the files in it can be read by
all (0444), because each container reads its own under an account of its own, whose number means nothing here.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "secrets"


def main(arguments: Sequence[str]) -> int:
    """Make what is missing in the folder (the argument, else deploy/secrets) and say what is to be done with it."""
    folder = Path(arguments[0] if arguments else os.environ.get("SECRETS_DIR") or FOLDER)
    try:
        made = make(folder)
    except OSError as error:
        print(f"{error.filename} cannot be written ({error.strerror}): nothing in it was changed.", file=sys.stderr)
        return 1
    print(f"{folder}: {', '.join(made) if made else 'nothing was missing'}.")
    if "master_keys" in made:
        print("Keep a copy of master_keys apart from the data: whoever loses it loses all content.")
    if "openai_api_key" in made:
        print("Write your provider's key into openai_api_key; while it is empty, the demo model answers.")
    return 0


def make(folder: Path) -> list[str]:
    """Make every secret that is not there; return their names. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    redis = _kept(folder / "redis_password") or secrets.token_hex(32)
    wanted: Mapping[str, str] = {
        "secret_key": secrets.token_urlsafe(50),
        "master_keys": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "postgres_password": secrets.token_hex(32),
        "postgres_admin_password": secrets.token_hex(32),
        "redis_password": redis,
        # Redis' own account list: it holds the password's hash only.
        "redis_users": f"user default on #{hashlib.sha256(redis.encode()).hexdigest()} ~* &* +@all",
        "metrics_token": secrets.token_hex(32),
        # Yours to fill in.
        "openai_api_key": "",
        "email_url": "",
    }
    return [name for name, value in wanted.items() if _made(folder / name, value)]


def _made(path: Path, value: str) -> bool:
    """Write the file unless it is there. Whether it was written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n" if value else "")
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), 0o444 if value else 0o644)
    return True


def _kept(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
