"""Brings the tables up to date and signs users in, as a program: prints one session cookie per user as JSON.

DATABASE_URL=… SECRET_KEY=… CHATAPP_MASTER_KEYS=… python -m tests.chaos.preparation 12
"""

from __future__ import annotations

import json
import os
import sys


def main(users: int) -> None:
    """Migrate, make the users, sign each of them in."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from chatapp.models import User

    call_command("setup")
    cookies = []
    for number in range(users):
        client = Client()
        client.force_login(User.objects.create_user(f"user{number}@example.org"))
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
    print(json.dumps(cookies))


if __name__ == "__main__":
    main(int(sys.argv[1]))
