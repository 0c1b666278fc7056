"""Where django-allauth asks the project: its words, and what else has to happen when an account changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession

from chatapp.models import User
from chatapp.web.signals import close_sockets


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type information
    """Our sentences for what can go wrong."""

    error_messages: ClassVar[dict[str, object]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is disabled. Ask the administrator of this site.",
        "duplicate_email": "This is already your address.",
        "email_password_mismatch": "The email address or the password is not right.",
        "email_taken": "There is already an account with this email address.",
        "enter_current_password": "This is not your current password.",
        "incorrect_code": "This code is not right, or it has expired.",
        "incorrect_password": "The password is not right.",
        "invalid_password_reset": "This link is no longer valid.",
        "rate_limited": "Too many attempts. Wait a few minutes and try again.",
        "same_as_current": "This is already your address.",
        "too_many_login_attempts": "Too many failed attempts. Wait a few minutes and try again.",
    }

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether the password is the user's; counted against the limit of failed logins."""
        # An account made on the command line has no address record yet, and allauth looks the person up by that.
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
        return bool(super().reauthenticate(user, password))


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """A session that ends takes its open sockets with it."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Delete the sessions, then let the sockets of their users authenticate anew."""
        users = {session.user_id: session.user for session in sessions}
        super().end_sessions(sessions)
        for user in users.values():
            close_sockets(UserSession, user)
