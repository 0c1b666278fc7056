"""Which sign-ins still hold. Channels looks at the session once, when a socket connects; this looks again."""

from __future__ import annotations

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from chatapp.models import User

BATCH = 500


def valid(session_keys: set[str]) -> set[str]:
    """Of these sessions, those that exist and belong to an active user with the same password as at sign-in."""
    keys, found = sorted(session_keys), set[str]()
    for start in range(0, len(keys), BATCH):
        rows = Session.objects.filter(session_key__in=keys[start : start + BATCH], expire_date__gt=Now())
        opened = {row.session_key: row.get_decoded() for row in rows}
        users = User.objects.filter(is_active=True).in_bulk(
            [int(data[SESSION_KEY]) for data in opened.values() if SESSION_KEY in data]
        )
        for key, data in opened.items():
            user = users.get(int(data.get(SESSION_KEY, 0)))
            if user and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
                found.add(key)
    return found
