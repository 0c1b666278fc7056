"""`manage.py promote you@example.org`: make an account an administrator's."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatapp.models import User


class Command(BaseCommand):
    """Make the account with this e-mail address an administrator."""

    help = "Make the account with this e-mail address an administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        """One argument: the address."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the flags; a missing account is an error."""
        email = options["email"].strip().lower()
        if not User.objects.filter(email=email).update(is_staff=True, is_superuser=True):
            raise CommandError(f"There is no account with the address {email}: sign up in the browser first.")
        self.stdout.write(f"{email} is an administrator now.")
