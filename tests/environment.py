"""The environment of the tests: loaded by pytest before the settings, so that they find a database and secrets.

A PostgreSQL of the tests' own is started in a temporary folder, unless DATABASE_URL names one.
"""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import tempfile
from pathlib import Path

from chatapp import embedded

_folder = Path(tempfile.mkdtemp(prefix="everthread-tests-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
os.environ.update(
    {
        "DATA_DIR": str(_folder),
        "SECRET_KEY": base64.b64encode(os.urandom(32)).decode(),
        "CHATAPP_MASTER_KEYS": f"test:{base64.b64encode(os.urandom(32)).decode()}",
        "DEMO_TOKENS_PER_SECOND": "0",
    }
)
for name in ("PRODUCTION", "DEBUG", "REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_MODELS"):
    os.environ.pop(name, None)

if "DATABASE_URL" not in os.environ:
    _server = embedded.start(_folder, fast=True)
    os.environ["DATABASE_URL"] = _server.dsn
    atexit.register(_server.stop)
