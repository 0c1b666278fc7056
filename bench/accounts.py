"""Signed-in users for the benchmark, made by Django itself: prints one session cookie per user as JSON.

DATA_DIR=… DATABASE_URL=… python -m bench.accounts 200
"""

from __future__ import annotations

import json
import os
import sys

from chatapp import environment


def main(count: int) -> None:
    """Make the users and sign each of them in."""
    environment.prepare()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from chatapp.models import User

    cookies = []
    for number in range(count):
        user = User.objects.create_user(f"user{number}@example.org")
        client = Client()
        client.force_login(user)
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
    print(json.dumps(cookies))


if __name__ == "__main__":
    main(int(sys.argv[1]))
