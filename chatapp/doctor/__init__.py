"""Examines an installation: one finding per check, and what to do. No content and no secret is in a finding."""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.doctor import database, surroundings
from chatapp.doctor.findings import Check, Finding, Level

__all__ = ["Finding", "Level", "examine"]


def examine(processes: int | None = None, *, call_model: bool = False) -> Iterator[Finding]:
    """Check after check, in an order that helps to read it. What fails to be examined is a failure.

    `processes`: how many web and worker processes are to share the database (else those whose queue worker is alive).
    `call_model`: ask the model for one token, which costs one.
    """
    yield from _carried_out("settings", surroundings.settings_and_secrets)
    for name, check in database.FIRST.items():
        found = list(_carried_out(name, check))
        yield from found
        if any(finding.level is Level.FAILURE for finding in found):
            rest = ", ".join(database.CHECKS)
            yield Finding("data", Level.WARNING, f"Not examined: {rest}.", "Examine again when the above is mended.")
            break
    else:
        for name, check in database.CHECKS.items():
            yield from _carried_out(name, check)
        yield from _carried_out("connections", lambda: database.connections(processes))
    yield from _carried_out("redis", surroundings.redis)
    yield from _carried_out("model", lambda: surroundings.model(call=call_model))
    yield from _carried_out("disk", surroundings.disk)
    yield from _carried_out("front end", surroundings.front_end)


def _carried_out(name: str, check: Check) -> Iterator[Finding]:
    """The check's findings. Of an error only the class: its text may hold an address, a password, or content."""
    try:
        yield from check()
    except Exception as error:
        yield Finding(name, Level.FAILURE, f"This could not be examined: {type(error).__name__}.")
