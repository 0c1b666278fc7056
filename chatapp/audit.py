"""The audit: who looked into or changed someone else's thread, when and why.

Entries are only appended (the database refuses to change or delete one) and chained: the hash of each is an
HMAC-SHA256, under the audit's own key, over the hash before it and everything the entry says. So whoever can write to
the database, but has no master key, can neither alter, insert, exchange nor drop an entry unnoticed. What a chain
cannot show by itself is that its end was cut off: whoever keeps the hash of the last entry elsewhere has that shown too
(`verify(head=…)`).

An entry holds ids and numbers, and the reason as its author worded it; never what is in a thread.
"""

from __future__ import annotations

import getpass
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.db import connection, transaction

from chatapp import content, keys
from chatapp.models import AuditEntry, User
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer

REASON_CHARS: Final = (3, 500)
PAGE: Final = 50
BATCH: Final = 1_000
# Before the first entry.
GENESIS: Final = bytes(32)
# Of PostgreSQL's advisory locks: one entry after the other, or two would follow the same one.
_LOCK: Final = "SELECT pg_advisory_xact_lock(19272, 0)"
_NEXT: Final = """
SELECT nextval(pg_get_serial_sequence('chatapp_auditentry', 'id')), clock_timestamp(),
    (SELECT hash FROM chatapp_auditentry ORDER BY id DESC LIMIT 1)
"""


class InvalidReason(Refusal):
    """Give a reason of 3 to 500 characters."""


class InvalidCursor(Refusal):
    """This place in the list does not exist."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Who does something with a thread, and why. `actor_id` is None for the command line."""

    actor_id: int | None
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of the chain: how many entries fit, and the first that does not (None: all fit)."""

    entries: int
    first: int | None
    last: int | None
    head: str  # the hash of the last entry that fits, in hex; keep it elsewhere
    broken: int | None
    problem: str

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, inserted or dropped."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as the thread's owner reads it: no names, no ids. `times`: of how many that are alike the last."""

    at: datetime
    did: str
    reason: str
    times: int = 1


def grounds(user: User, reason: str) -> Grounds:
    """A signed-in person's grounds. Raises `InvalidReason`."""
    return Grounds(user.pk, user.email, checked_reason(reason))


def command_line(reason: str) -> Grounds:
    """The grounds of whoever runs a command. Raises `InvalidReason`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's account need not have a name
        name = "unknown"
    return Grounds(None, f"command line ({content.clean(name)})", checked_reason(reason))


def checked_reason(text: str) -> str:
    """The reason as it is kept, on one line. Raises `InvalidReason`."""
    line = " ".join(content.clean(text).split())
    least, most = REASON_CHARS
    if not least <= len(line) <= most:
        raise InvalidReason
    return line


def record(  # noqa: PLR0917  # an entry has so many parts
    by: Grounds,
    action: str,
    thread_id: UUID,
    owner_id: int,
    checkpoint_id: str = "",
    details: Mapping[str, Any] | None = None,
) -> int:
    """Append one entry in the caller's transaction and return its id.

    `action` is one of `AuditEntry.Action`; `details` holds ids and numbers only (strings, whole numbers, booleans, None
    and lists of them). Call it last: until the transaction ends, no other entry can be written. Raises `KeyMissing` or
    `KeyDamaged` when the audit's key does not open; then, as after every other error, nothing may be shown or done.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry belongs to the transaction of what it tells of.")
    told = json.loads(_canonical(dict(details or {})))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        # A statement of its own: it sees what was committed while the lock was waited for.
        cursor.execute(_NEXT)
        entry_id, at, previous = cursor.fetchone()
    # A key is made for the first entry only: one that was lost is not replaced in silence.
    sealer = keys.audit_sealer() if previous is not None else keys.create_audit_key()
    entry = AuditEntry(
        id=entry_id,
        at=at,
        actor_id=by.actor_id,
        actor=by.actor,
        action=AuditEntry.Action(action),
        thread_id=thread_id,
        owner_id=owner_id,
        checkpoint_id=checkpoint_id,
        reason=checked_reason(by.reason),
        details=told,
        previous=previous or GENESIS,
    )
    entry.hash = _hash(sealer, entry)
    entry.save(force_insert=True)
    return int(entry_id)


def record_now(  # noqa: PLR0917  # likewise
    by: Grounds,
    action: str,
    thread_id: UUID,
    owner_id: int,
    checkpoint_id: str = "",
    details: Mapping[str, Any] | None = None,
) -> int:
    """Append one entry and commit it: what follows may be shown. Raises like `record`."""
    with transaction.atomic(durable=True):
        return record(by, action, thread_id, owner_id, checkpoint_id, details)


def verify(from_id: int = 0, head: str = "", batch: int = BATCH) -> Verdict:
    """Check every entry from this id on, `batch` at a time, and that the one with the hash `head` (in hex) is there.

    From 0 the chain must begin with the first entry ever written; from later on, the entry before is believed.
    """
    count, first, last = 0, None, None
    previous = _hash_before(from_id)
    found = not head or previous.hex() == head.lower()
    sealer: Sealer | None = None
    for entry in _entries(from_id, batch):
        try:
            sealer = sealer or keys.audit_sealer()
        except Refusal as refused:
            return Verdict(0, None, None, previous.hex(), entry.id, f"The audit's key does not open: {refused}")
        if bytes(entry.previous) != previous:
            return Verdict(count, first, last, previous.hex(), entry.id, "An entry before it is missing or was added.")
        if not hmac.compare_digest(bytes(entry.hash), _hash(sealer, entry)):
            return Verdict(count, first, last, previous.hex(), entry.id, "It is not what was written.")
        previous = bytes(entry.hash)
        count, first, last = count + 1, first if first is not None else entry.id, entry.id
        found = found or previous.hex() == head.lower()
    problem = "" if found else "The entry with this hash is not there: the end was cut off, or all was exchanged."
    return Verdict(count, first, last, previous.hex(), None, problem)


def newest(most: int, thread_id: UUID | None = None) -> list[AuditEntry]:
    """The newest entries, of all threads or of one."""
    rows = AuditEntry.objects.order_by("-id")
    return list((rows.filter(thread_id=thread_id) if thread_id is not None else rows)[:most])


def of_thread(owner_id: int, thread_id: UUID, cursor: str | None = None) -> tuple[list[Seen], str | None]:
    """A page of what was done with the owner's thread, newest first, and the cursor of the next one.

    Raises `InvalidCursor`. A thread of someone else's has no entries here.
    """
    rows = AuditEntry.objects.filter(owner_id=owner_id, thread_id=thread_id).order_by("-id")
    if cursor is not None:
        rows = rows.filter(id__lt=_read_cursor(cursor))
    page = list(rows[: PAGE + 1])
    after = signing.dumps(page[PAGE - 1].id, salt="audit") if len(page) > PAGE else None
    return [Seen(row.at, row.get_action_display(), row.reason) for row in page[:PAGE]], after


def gathered(page: Iterable[Seen]) -> list[Seen]:
    """A page's entries, those that follow each other and say the same on the same day told once."""
    alike = groupby(page, lambda one: (one.did, one.reason, one.at.date()))
    groups = [list(group) for _, group in alike]
    return [replace(group[0], times=len(group)) for group in groups]


def _hash(sealer: Sealer, entry: AuditEntry) -> bytes:
    said = {
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": entry.actor_id,
        "actor": entry.actor,
        "action": str(entry.action),
        "thread_id": str(entry.thread_id),
        "owner_id": entry.owner_id,
        "checkpoint_id": entry.checkpoint_id,
        "reason": entry.reason,
        "details": entry.details,
    }
    return sealer.mac(bytes(entry.previous) + _canonical(said), "audit", "entry")


def _canonical(value: Any) -> bytes:  # Any: JSON
    """One way to write a JSON value. What PostgreSQL would give back otherwise than it got it is not written at all."""
    _only_ids_and_numbers(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _only_ids_and_numbers(value: Any) -> None:  # Any: whatever a caller hands over
    if isinstance(value, dict):
        for name, each in value.items():
            _only_ids_and_numbers(name)
            _only_ids_and_numbers(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _only_ids_and_numbers(each)
    elif not isinstance(value, str | int | None):  # a float need not come back as it went in
        raise TypeError(f"An audit entry holds ids and whole numbers, not {type(value).__name__}.")


def _hash_before(from_id: int) -> bytes:
    before = AuditEntry.objects.filter(id__lt=from_id).order_by("-id").values_list("hash", flat=True).first()
    return bytes(before) if before is not None else GENESIS


def _entries(from_id: int, batch: int) -> Iterator[AuditEntry]:
    """Every entry from this id on, in order, a batch in memory."""
    while page := list(AuditEntry.objects.filter(id__gte=from_id).order_by("id")[:batch]):
        yield from page
        from_id = page[-1].id + 1


def _read_cursor(cursor: str) -> int:
    try:
        return int(signing.loads(cursor, salt="audit"))
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidCursor from None
