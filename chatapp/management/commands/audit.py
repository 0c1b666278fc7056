"""`manage.py audit verify|list`: whether the audit is whole, and what it says."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from chatapp import audit
from chatapp.models import AuditEntry


class Command(BaseCommand):
    """Check the chain of the audit's entries, or print the newest. Changes nothing."""

    help = "Check that no entry of the audit was altered, added or dropped; or list the newest."

    def add_arguments(self, parser: CommandParser) -> None:
        """`verify` with a hash noted earlier; `list`; as JSON."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="check the whole chain; status 1 if it is broken")
        verify.add_argument(
            "--from", type=int, default=0, dest="from_id", metavar="ID", help="check from this entry on"
        )
        verify.add_argument("--head", default="", metavar="HASH", help="a hash noted earlier: it must still be there")
        listing = verbs.add_parser("list", help="print the newest entries")
        listing.add_argument("--thread", type=UUID, metavar="ID", help="of this thread only")
        listing.add_argument("--most", type=int, default=50, metavar="N", help="at most so many")
        for each in (verify, listing):
            each.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print; a broken chain ends with status 1."""
        if options["verb"] == "verify":
            self._verify(audit.verify(options["from_id"], options["head"]), as_json=options["json"])
            return
        entries = audit.newest(options["most"], options["thread"])
        if options["json"]:
            self.stdout.write(json.dumps([_told(entry) for entry in entries], indent=2))
            return
        for entry in entries:
            at = entry.at.strftime("%Y-%m-%d %H:%M:%S")
            self.stdout.write(f"{entry.id}  {at}  {entry.actor}  {entry.action}  {entry.thread_id}  {entry.reason}")

    def _verify(self, verdict: audit.Verdict, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"intact": verdict.intact, **dataclasses.asdict(verdict)}, indent=2))
        elif verdict.intact:
            count = f"{verdict.entries} entr{'y' if verdict.entries == 1 else 'ies'}"
            self.stdout.write(self.style.SUCCESS(f"Intact: {count}. The last one's hash, to keep elsewhere:"))
            self.stdout.write(verdict.head)
        else:
            which = f"Broken at entry {verdict.broken}" if verdict.broken is not None else "Broken"
            self.stdout.write(self.style.ERROR(f"{which}: {verdict.problem}"))
        if not verdict.intact:
            sys.exit(1)


def _told(entry: AuditEntry) -> dict[str, Any]:  # Any: JSON
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "actor_id": entry.actor_id,
        "actor": entry.actor,
        "action": entry.action,
        "thread_id": str(entry.thread_id),
        "owner_id": entry.owner_id,
        "checkpoint_id": entry.checkpoint_id,
        "reason": entry.reason,
        "details": entry.details,
        "hash": bytes(entry.hash).hex(),
    }
