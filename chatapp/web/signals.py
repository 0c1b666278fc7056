"""When someone signs out or changes the password, their sockets are closed; they reconnect only if still welcome.

These are signals of sign-in, not of models: Django and allauth offer no verb to hook into.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from chatapp import process
from chatapp.models import User
from chatapp.streaming import protocol


@receiver([user_logged_out, password_changed, password_reset, password_set])
def close_sockets(sender: Any, user: User | None, **_: Any) -> None:
    """Let every socket of the user authenticate anew."""
    if user is not None:
        user_id = user.pk
        process.tell(lambda here: here.hub.close_user(user_id, protocol.RESTARTING))
