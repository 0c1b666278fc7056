"""`manage.py doctor`: examine this installation, and say what to do."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chatapp import doctor
from chatapp.doctor import Level


class Command(BaseCommand):
    """One line per check. Exit code 1 when one is a failure."""

    help = "Examine this installation: settings, database, keys, queue, Redis, model, disk. Exit code 1 on a failure."
    requires_system_checks: list[str] = []  # they are a finding of their own

    def add_arguments(self, parser: CommandParser) -> None:
        """What to examine besides, and how to say it."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--model", action="store_true", help="ask the model for one token (which costs one)")
        parser.add_argument("--processes", type=int, help="how many processes are to share the database")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings as they come."""
        findings = []
        for finding in doctor.examine(options["processes"], call_model=options["model"]):
            findings.append(finding)
            if not options["json"]:
                styled = {
                    Level.OK: self.style.SUCCESS,
                    Level.WARNING: self.style.WARNING,
                    Level.FAILURE: self.style.ERROR,
                }
                level = styled[finding.level](f"{finding.level:8}")
                self.stdout.write(f"{level} {finding.check:12} {finding.found} {finding.advice}".rstrip())
        worst = Level.FAILURE in {finding.level for finding in findings}
        if options["json"]:
            told = [dataclasses.asdict(finding) for finding in findings]
            self.stdout.write(json.dumps({"healthy": not worst, "findings": told}, indent=2))
        if worst:
            sys.exit(1)
