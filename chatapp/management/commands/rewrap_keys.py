"""`manage.py rewrap_keys`: wrap every user key under the first master key, so that an older one can be retired."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatapp import keys


class Command(BaseCommand):
    """Re-wrap all user keys; may run beside the server, and again after an interruption."""

    help = "Wrap every user key under the first master key."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many were changed; a missing master key is an error."""
        try:
            changed = keys.rewrap_user_keys()
        except keys.KeyMissing as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{changed} user keys were wrapped anew.")
