"""Which of a checkpoint's metadata may stand in plain text: an allowlist.

LangGraph copies every scalar of `configurable` and of `config["metadata"]` into the row. Here only what its
own logic and the lists of checkpoints need gets through, and only in the expected shape; all else is dropped.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

SOURCES: Final = frozenset({"input", "loop", "update", "fork"})
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def allowed(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return `source`, `step`, `parents` (namespace → checkpoint id) and `run_id` where they have their
    proper shape.
    """
    kept: dict[str, Any] = {}
    if metadata.get("source") in SOURCES:
        kept["source"] = metadata["source"]
    if type(metadata.get("step")) is int:
        kept["step"] = metadata["step"]
    parents = metadata.get("parents")
    if isinstance(parents, dict):
        kept["parents"] = {ns: one for ns, one in parents.items() if isinstance(ns, str) and _is_id(one)}
    run_id = metadata.get("run_id")
    if isinstance(run_id, UUID) or _is_id(run_id):
        kept["run_id"] = str(run_id)
    return kept


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None
