"""django-allauth's forms in our words; a new password is asked for once, since it can be shown while typing."""

from __future__ import annotations

from typing import Any, Final

from allauth.account import forms
from django.forms import Form

PASSWORD_HELP: Final = "At least 8 characters, and none of the common passwords."


def _reword(form: Form, labels: dict[str, str]) -> None:
    for name, label in labels.items():
        if name in form.fields:
            form.fields[name].label = label
    form.fields.pop("password2", None)
    if "password1" in form.fields:
        form.fields["password1"].help_text = PASSWORD_HELP


class LoginForm(forms.LoginForm):  # type: ignore[misc]  # allauth has no type information
    """Email address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: a form's own arguments
        super().__init__(*args, **kwargs)
        _reword(self, {"login": "Email address"})


class SignupForm(forms.SignupForm):  # type: ignore[misc]
    """Email address and password, each once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"email": "Email address"})


class AddEmailForm(forms.AddEmailForm):  # type: ignore[misc]
    """The new address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"email": "New email address"})


class ResetPasswordForm(forms.ResetPasswordForm):  # type: ignore[misc]
    """The address that gets the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"email": "Email address"})


class ChangePasswordForm(forms.ChangePasswordForm):  # type: ignore[misc]
    """The current password and the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"oldpassword": "Current password", "password1": "New password"})


class SetPasswordForm(forms.SetPasswordForm):  # type: ignore[misc]
    """A first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"password1": "New password"})


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """The new password, behind the link of the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"password1": "New password"})
