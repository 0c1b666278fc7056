"""`manage.py setup`: everything that a new installation or version needs before its processes start."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chatapp import tables
from chatapp.steps import step


class Command(BaseCommand):
    """System checks and tables. Several at once do no harm: one works, the others wait."""

    help = "Check the settings and bring all tables up to date. Run it before `web` and `worker`; repeat as you like."
    requires_system_checks: list[str] = []  # they are a step of their own

    def handle(self, *args: Any, **options: Any) -> None:
        """Two steps; a failing one says why."""
        with step("System checks"):
            self.check(include_deployment_checks=settings.PRODUCTION)
        try:
            with step("Tables"):
                tables.bring_up_to_date()
        except (DatabaseError, psycopg.Error) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise CommandError(f"The tables cannot be brought up to date: {reason}") from None
