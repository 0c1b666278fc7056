"""Where django-allauth asks the project: its words, and what else has to happen when an account changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest

from chatapp.models import User
from chatapp.web.signals import close_sockets


class AccountAdapter(DefaultAccountAdapter):
    """Our sentences for what can go wrong, and who may have which address."""

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

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Whether the address may go: never the one the account is known by."""
        if email_address.email == email_address.user.email:
            return False
        return bool(super().can_delete_email(email_address))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Make the address the account's own; refuse one that another account is known by."""
        if User.objects.filter(email=email_address.email).exclude(pk=email_address.user_id).exists():
            # Said only to whoever holds the link, and so the mailbox.
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
            return False
        return bool(super().confirm_email(request, email_address))


class SessionsAdapter(DefaultUserSessionsAdapter):
    """A session that ends takes its open sockets with it."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Delete the sessions, then let the sockets of their users authenticate anew."""
        users = {session.user_id: session.user for session in sessions}
        super().end_sessions(sessions)
        for user in users.values():
            close_sockets(UserSession, user)
