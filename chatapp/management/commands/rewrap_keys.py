"""`manage.py rewrap_keys`: wrap all keys of users and the audit's under the first master key: older ones can go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatapp import keys


class Command(BaseCommand):
    """Re-wrap all user keys and the audit's; may run beside the server, and again after an interruption."""

    help = "Wrap every user key and the audit's key under the first master key."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many were changed; a missing master key is an error."""
        try:
            changed = keys.rewrap_user_keys()
            audit_too = keys.rewrap_audit_key()
        except keys.KeyMissing as error:
            raise CommandError(str(error)) from None
        audit = ", and the audit's" if audit_too else ""
        self.stdout.write(f"{changed} user keys were wrapped anew{audit}.")
