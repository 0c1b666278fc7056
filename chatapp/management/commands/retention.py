"""`manage.py retention`: delete what has been kept for long enough, and give its room back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chatapp import retention

MEGABYTE = 1024 * 1024


class Command(BaseCommand):
    """One sweep, as a server makes it every night."""

    help = (
        "Delete checkpoints that are older than CHECKPOINT_DAYS and that nothing leads to, "
        "and threads that have lain in the trash for TRASH_DAYS. Messages, branches and restore points stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How much of it to do, and how to say it."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--dry-run", action="store_true", help="delete nothing: print what would go")
        which.add_argument(
            "--compact",
            action="store_true",
            help="give the room back to the disk (VACUUM FULL, which needs room for a copy): nobody can chat meanwhile",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what went, or would go."""
        before = retention.size()
        swept = retention.sweep(dry_run=options["dry_run"])
        if not options["dry_run"]:
            retention.vacuum(full=options["compact"])
        after = retention.size()
        if options["json"]:
            told = {"dry_run": options["dry_run"], **dataclasses.asdict(swept), "size_before": before, "size": after}
            self.stdout.write(json.dumps(told, indent=2))
            return
        self.stdout.write(
            f"{'Would be deleted' if options['dry_run'] else 'Deleted'}: {swept.checkpoints} checkpoints with "
            f"{swept.writes} pending writes, {swept.blobs} values and {swept.items} messages of theirs; "
            f"{swept.threads} threads of the trash. About {swept.bytes / MEGABYTE:.1f} MB."
        )
        if swept.skipped:
            self.stdout.write(f"Left for the next time: {swept.skipped} threads that are in use or cannot be read.")
        if not options["dry_run"]:
            self.stdout.write(f"The tables were {before / MEGABYTE:.1f} MB and are {after / MEGABYTE:.1f} MB.")
