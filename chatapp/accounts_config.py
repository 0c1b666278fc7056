"""What the settings need for accounts: django-allauth's apps, middleware, backend and options.

People log in with their email address. `EMAIL_VERIFICATION` (none, optional, mandatory) and `TRUSTED_PROXIES`
come from the environment. Rate limits count in the default cache, which all web processes must share: a cache per
process would multiply them.
"""

from __future__ import annotations

import os
from typing import Final

from django.core.exceptions import ImproperlyConfigured

ACCOUNTS_APPS: Final = ["allauth", "allauth.account", "allauth.mfa", "allauth.usersessions"]

ACCOUNTS_MIDDLEWARE: Final = [
    "allauth.account.middleware.AccountMiddleware",
    "chatapp.web.sessions.SeenMiddleware",
]

CONTEXT_PROCESSORS: Final = ["csp.context_processors.nonce", "chatapp.context.theme"]

# The only backend, for the administration too: a second one would be a way round the second factor.
AUTHENTICATION_BACKENDS: Final = ["allauth.account.auth_backends.AuthenticationBackend"]

EMAIL_VERIFICATIONS: Final = ("none", "optional", "mandatory")


def email_verification(value: str) -> str:
    """Return the setting in lower case, `optional` when empty. Raises ImproperlyConfigured."""
    word = value.strip().lower() or "optional"
    if word not in EMAIL_VERIFICATIONS:
        raise ImproperlyConfigured(f"EMAIL_VERIFICATION must be one of {', '.join(EMAIL_VERIFICATIONS)}.")
    return word


def trusted_proxies(value: str) -> int:
    """Return how many reverse proxies stand before us, 0 when empty. Raises ImproperlyConfigured."""
    word = value.strip() or "0"
    if not word.isdigit():
        raise ImproperlyConfigured("TRUSTED_PROXIES must be the number of reverse proxies before Everthread.")
    return int(word)


_VERIFICATION: Final = email_verification(os.environ.get("EMAIL_VERIFICATION", ""))

ALLAUTH: Final[dict[str, object]] = {
    # With none X-Forwarded-For is ignored: anyone can send it, and rate limits go by address.
    "ALLAUTH_TRUSTED_PROXY_COUNT": trusted_proxies(os.environ.get("TRUSTED_PROXIES", "")),
    "ACCOUNT_ADAPTER": "chatapp.web.adapter.AccountAdapter",
    "USERSESSIONS_ADAPTER": "chatapp.web.adapter.SessionsAdapter",
    "ACCOUNT_FORMS": {
        "login": "chatapp.web.account_forms.LoginForm",
        "signup": "chatapp.web.account_forms.SignupForm",
        "add_email": "chatapp.web.account_forms.AddEmailForm",
        "change_password": "chatapp.web.account_forms.ChangePasswordForm",
        "set_password": "chatapp.web.account_forms.SetPasswordForm",
        "reset_password": "chatapp.web.account_forms.ResetPasswordForm",
        "reset_password_from_key": "chatapp.web.account_forms.ResetPasswordKeyForm",
    },
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
    "ACCOUNT_LOGIN_METHODS": {"email"},
    "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
    "ACCOUNT_UNIQUE_EMAIL": True,
    "ACCOUNT_EMAIL_VERIFICATION": _VERIFICATION,
    "ACCOUNT_CHANGE_EMAIL": True,
    # Login, reset and address change never tell whether an address has an account. Sign-up tells unless
    # verification is mandatory: without a mail there is no other way to answer.
    "ACCOUNT_PREVENT_ENUMERATION": True,
    "ACCOUNT_EMAIL_NOTIFICATIONS": True,
    "ACCOUNT_EMAIL_SUBJECT_PREFIX": "Everthread: ",
    "ACCOUNT_LOGOUT_ON_GET": False,
    "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
    "ACCOUNT_SESSION_REMEMBER": True,
    # An unlocked screen must not be enough to take an account over.
    "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
    "ACCOUNT_RATE_LIMITS": {
        "login": "30/m/ip",
        "login_failed": "10/m/ip,5/5m/key",
        "signup": "20/m/ip",
        "reset_password": "20/m/ip,5/m/key",
        "reset_password_from_key": "20/m/ip",
        "change_password": "5/m/user",
        "manage_email": "10/m/user",
        "reauthenticate": "10/m/user",
        "confirm_email": "1/3m/key",
    },
    "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
    "MFA_TOTP_ISSUER": "Everthread",
    "MFA_TOTP_TOLERANCE": 1,
    # Where addresses need no verification, an unverified one must not stand in the way of protection.
    "MFA_ALLOW_UNVERIFIED_EMAIL": _VERIFICATION != "mandatory",
}
