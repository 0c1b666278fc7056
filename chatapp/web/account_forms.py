"""django-allauth's forms in our words; a new password is asked for once, as it can be shown while typing."""

from __future__ import annotations

from typing import Any, Final

from allauth.account import forms
from allauth.account.models import EmailAddress
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest

NEW_HELP: Final = "At least 8 characters, and none of the common passwords."


def _reword(form: Form, labels: dict[str, str]) -> None:
    for name, label in labels.items():
        if name in form.fields:
            form.fields[name].label = label
    form.fields.pop("password2", None)
    if "password1" in form.fields:
        form.fields["password1"].help_text = NEW_HELP


class LoginForm(forms.LoginForm):
    """Email address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: a form's own arguments
        super().__init__(*args, **kwargs)
        _reword(self, {"login": "Email address"})


class SignupForm(forms.SignupForm):
    """Email address and password, each once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"email": "Email address"})


class AddEmailForm(forms.AddEmailForm):
    """The new address. The present one stays, verified or not, until the new one is confirmed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"email": "New email address"})

    def save(self, request: HttpRequest) -> EmailAddress:
        """Note the address as pending, in place of an earlier one, and send the confirmation to it."""
        # allauth's own would drop a present address that is not verified and leave the account without any.
        with transaction.atomic():
            pending = EmailAddress.objects.filter(user=self.user, verified=False)
            pending.exclude(email=self.user.email).delete()
            address = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"])
        address.send_confirmation(request)
        return address


class ResetPasswordForm(forms.ResetPasswordForm):
    """The address that gets the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"email": "Email address"})


class ChangePasswordForm(forms.ChangePasswordForm):
    """The current password and the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"oldpassword": "Current password", "password1": "New password"})


class SetPasswordForm(forms.SetPasswordForm):
    """A first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"password1": "New password"})


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):
    """The new password, behind the link of the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, {"password1": "New password"})
