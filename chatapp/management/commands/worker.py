"""`manage.py worker`: execute runs and other jobs in a process of its own; its probes are at HOST and WORKER_PORT."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatapp import server
from chatapp.steps import StepError


class Command(BaseCommand):
    """Execute until SIGTERM; then runs may end for DRAIN_SECONDS, and the rest is handed over."""

    help = "Execute runs; answers /healthz, /readyz and /metrics on HOST and WORKER_PORT (127.0.0.1 and 8001)."
    requires_system_checks: list[str] = []  # `setup` has made them

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until stopped. Raises CommandError when the settings leave nothing to do."""
        if not settings.CONCURRENT_RUNS:
            raise CommandError(
                "With CONCURRENT_RUNS=0 a worker would have nothing to do: set how many runs it may execute at a time."
            )
        try:
            server.serve(server.WORKER, "A worker", "WORKER_PORT", 8001)
        except StepError as error:
            raise CommandError(str(error)) from None
