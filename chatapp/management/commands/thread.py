"""`manage.py thread list|show|history|diff|rollback|undo|fork`: the administrator's verbs on any thread.

What is in a thread is shown, and a thread is changed, for a reason only, which its owner can read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatapp import audit, forks, process, timetravel
from chatapp.checkpoints import history
from chatapp.inspector import comparison, records, snapshots
from chatapp.inspector.comparison import Comparison, Field
from chatapp.inspector.records import Record
from chatapp.inspector.snapshots import Snapshot
from chatapp.models import AuditEntry
from chatapp.refusals import Refusal
from chatapp.sealing import SealError

NEWEST = "newest"
MARKS = {"added": "+", "removed": "-", "changed": "~"}
PIECES = {"same": "{}", "added": "{{+{}+}}", "removed": "[-{}-]"}


class Command(BaseCommand):
    """One verb on threads; prints text, or JSON with `--json`."""

    help = "List and examine threads; compare checkpoints; roll a thread back; fork it for its owner."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = _verb(verbs, "list", "threads, the newest first, without titles")
        listing.add_argument("--owner", default="", metavar="EMAIL", help="of this person only")
        listing.add_argument("--state", default="", choices=records.STATES, help="in this state only")
        listing.add_argument("--trash", action="store_true", help="those in the trash")
        listing.add_argument("--most", type=int, default=50, metavar="N", help="at most so many")
        show = _verb(verbs, "show", "a thread in numbers; with --checkpoint what it held there", "thread")
        show.add_argument("--checkpoint", default="", metavar="ID", help=f"its id, or {NEWEST}: what is shown now")
        show.add_argument("--reason", default="", help="why you look at what was written; its owner can read it")
        history_ = _verb(verbs, "history", "the checkpoints of a thread, the newest first, without content", "thread")
        history_.add_argument("--before", metavar="ID", help="those before this one")
        history_.add_argument("--most", type=int, default=history.PAGE, metavar="N", help="at most so many")
        _verb(verbs, "diff", "what leads from one checkpoint to another", "thread", "a", "b", reason=True)
        rollback = _verb(verbs, "rollback", "set a thread back to a checkpoint", "thread", "checkpoint", reason=True)
        rollback.add_argument("--hide", action="store_true", help="hide from its owner what leaves the view")
        rollback.add_argument("--dry-run", action="store_true", help="change nothing: print what would happen")
        _verb(verbs, "undo", "take a rollback or an update back", "thread", "restore", reason=True)
        _verb(verbs, "fork", "a new thread of its owner from a checkpoint", "thread", "checkpoint", reason=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. A refusal is an error with its sentence."""
        try:
            told, lines = getattr(self, f"_{options['verb']}")(options)
        except (Refusal, SealError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2))
            return
        for line in lines:
            self.stdout.write(line)

    def _list(self, options: dict[str, Any]) -> tuple[list[Record], Iterable[str]]:
        found = records.threads(
            owner=options["owner"], state=options["state"], trashed=options["trash"], most=options["most"]
        )
        return found, (
            f"{row['id']}  {row['active_at'][:19]}  {row['state']:8} {row['messages']:6}  {row['owner']}"
            for row in found
        )

    def _show(self, options: dict[str, Any]) -> tuple[Any, Iterable[str]]:
        thread_id, checkpoint_id = options["thread"], options["checkpoint"]
        if not checkpoint_id:
            told = records.thread(thread_id)
            return told, _facts(told)
        if checkpoint_id == NEWEST:
            records.find(thread_id)
            checkpoint_id = history.head(thread_id) or ""
        self._entry(options, AuditEntry.Action.VIEW_CHECKPOINT, checkpoint_id)
        found = process.call(lambda: snapshots.snapshot(thread_id, checkpoint_id))
        return snapshots.as_json(found), _content(found)

    def _history(self, options: dict[str, Any]) -> tuple[Record, Iterable[str]]:
        found, more = records.checkpoints(options["thread"], options["before"], options["most"])
        return {"checkpoints": found, "more": more}, map(_checkpoint_line, found)

    def _diff(self, options: dict[str, Any]) -> tuple[Record, Iterable[str]]:
        thread_id, a, b = options["thread"], options["a"], options["b"]
        self._entry(options, AuditEntry.Action.COMPARE, b, {"with": a}, others=(a,))

        async def both() -> Comparison:
            return comparison.compare(await snapshots.snapshot(thread_id, a), await snapshots.snapshot(thread_id, b))

        found = process.call(both)
        return _difference(found), _difference_lines(found)

    def _rollback(self, options: dict[str, Any]) -> tuple[Record, Iterable[str]]:
        thread_id, checkpoint_id = options["thread"], options["checkpoint"]
        by = audit.command_line(options["reason"])
        if options["dry_run"]:
            seen = process.call(lambda: timetravel.preview(thread_id, checkpoint_id))
            told = {name: _plain(getattr(seen, name)) for name in seen.__dataclass_fields__}
            return told, _facts(told)
        made = process.call(lambda: timetravel.roll_back(thread_id, checkpoint_id, by, hide=options["hide"]))
        return {"restore_point": str(made)}, [f"Rolled back. To take it back: manage.py thread undo {thread_id} {made}"]

    def _undo(self, options: dict[str, Any]) -> tuple[Record, Iterable[str]]:
        by = audit.command_line(options["reason"])
        process.call(lambda: timetravel.undo(options["thread"], options["restore"], by))
        return {"undone": str(options["restore"])}, ["Taken back."]

    def _fork(self, options: dict[str, Any]) -> tuple[Record, Iterable[str]]:
        by = audit.command_line(options["reason"])
        made = process.call(lambda: forks.fork_checkpoint(options["thread"], options["checkpoint"], by, private=False))
        return {"thread": str(made)}, [f"Its owner has a new thread: {made}"]

    def _entry(
        self,
        options: Mapping[str, Any],
        action: AuditEntry.Action,
        checkpoint_id: str,
        details: Mapping[str, Any] | None = None,
        others: Iterable[str] = (),
    ) -> None:
        """Write down who is about to see what, and why. Without that nothing is opened."""
        by = audit.command_line(options["reason"])
        thread = records.find(options["thread"])
        records.require_checkpoints(thread.id, checkpoint_id, *others)
        audit.record_now(by, action, thread.id, thread.owner_id, checkpoint_id, details)


def _verb(verbs: Any, name: str, help_text: str, *positional: str, reason: bool = False) -> CommandParser:
    """A verb with what it acts on. Any: argparse has no public name for what it adds parsers to."""
    parser: CommandParser = verbs.add_parser(name, help=help_text)
    for each in positional:
        parser.add_argument(each, type=UUID if each in {"thread", "restore"} else str, metavar=each.upper())
    if reason:
        parser.add_argument("--reason", required=True, help="why; the owner of the thread can read it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _facts(told: Record, indent: str = "") -> Iterable[str]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _facts(value, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{name}: {len(value)}"
            for each in value:
                yield indent + "  " + ("  ".join(str(one) for one in each.values()) if isinstance(each, dict) else each)
        else:
            yield f"{indent}{name}: {'' if value is None else value}"


def _checkpoint_line(row: Record) -> str:
    marks = [name for name in ("tip", "head", "hidden") if row[name]]
    ends = f"{row['role']} {row['message']}" if row["message"] else ""
    more = "  ".join(filter(None, [ends, " ".join(row["next"]), " ".join(marks)]))
    return f"{row['id']}  {row['at'][:19]}  {row['source']:6} {row['step']:5} {row['bytes']:8}  {more}".rstrip()


def _content(found: Snapshot) -> Iterable[str]:
    told = snapshots.as_json(found)
    for name in ("created_at", "next", "tasks", "interrupts", "pending_writes"):
        yield f"{name}: {comparison.text(told[name])}"
    for name, value in told["values"].items():
        yield f"{name}:"
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and "content" in each:
                yield f"  {each.get('type', '')} {each.get('id', '')}: {comparison.text(each['content'])}"
            else:
                yield f"  {comparison.text(each)}"


def _difference(found: Comparison) -> Record:
    return {
        "a": found.a.id,
        "b": found.b.id,
        "messages": [
            {"change": each.change, "id": each.id, "role": each.role, "fields": [*map(_field, each.fields)]}
            for each in found.messages
        ],
        "same_messages": found.same_messages,
        "fields": [*map(_field, found.fields)],
        "same_fields": found.same_fields,
    }


def _field(field: Field) -> Record:
    return {"name": field.name, "change": field.change, "pieces": [[each.kind, each.text] for each in field.pieces]}


def _difference_lines(found: Comparison) -> Iterable[str]:
    for message in found.messages:
        yield f"{MARKS[message.change]} {message.role} {message.id}"
        yield from (f"    {each.name}: {_pieces(each)}" for each in message.fields)
    for field in found.fields:
        yield f"{MARKS[field.change]} {field.name}: {_pieces(field)}"
    if found.is_same:
        yield "Nothing differs."


def _pieces(field: Field) -> str:
    return "".join(PIECES[each.kind].format(each.text) if each.text else "…" for each in field.short)


def _plain(value: Any) -> Any:  # Any: a field of a dataclass, as JSON
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, UUID) else value
