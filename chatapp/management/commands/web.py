"""`manage.py web`: serve the site, on HOST and PORT. Changes no table: `manage.py setup` does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatapp import server
from chatapp.steps import StepError


class Command(BaseCommand):
    """Serve the site until SIGTERM; with CONCURRENT_RUNS=0 workers execute its runs."""

    help = "Serve the site on HOST and PORT (127.0.0.1 and 8000)."
    requires_system_checks: list[str] = []  # `setup` has made them

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped."""
        try:
            server.serve(server.WEB, "Everthread's site", "PORT", 8000)
        except StepError as error:
            raise CommandError(str(error)) from None
