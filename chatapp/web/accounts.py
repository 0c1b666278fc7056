"""The account pages of our own: settings, name, theme, ending one session, deleting the account.

Everything else about accounts (login, sign-up, password, email address, second factor) is django-allauth's.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chatapp import process, threads
from chatapp.context import THEMES, remember_theme
from chatapp.models import User
from chatapp.streaming import protocol
from memory import preferences


class ProfileForm(forms.Form):
    """The name by which a person wants to be called."""

    name = forms.CharField(
        label="Name",
        max_length=150,
        required=False,
        help_text="Shown in place of your email address.",
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )


class DeleteAccountForm(forms.Form):
    """The password, once more."""

    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:  # Any: a form's own arguments
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Refuse a password that is not the user's, or too many attempts."""
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The overview; a POST saves the name."""
    user = cast("User", request.user)
    form = ProfileForm(request.POST if request.method == "POST" else None, initial={"name": user.first_name})
    if request.method == "POST" and form.is_valid():
        user.first_name = form.cleaned_data["name"]
        user.save(update_fields=["first_name"])
        messages.success(request, "Saved.")
        return redirect("settings")
    return render(request, "settings/overview.html", {"form": form, **_overview(user)})


def _overview(user: User) -> dict[str, object]:
    addresses = EmailAddress.objects.filter(user=user)
    return {
        "pending_email": addresses.filter(verified=False).exclude(email=user.email).first(),
        "verified": addresses.filter(email=user.email, verified=True).exists(),
        "two_factor": is_mfa_enabled(user, [Authenticator.Type.TOTP]),
        "session_count": len(UserSession.objects.purge_and_list(user)),
    }


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme, for this browser and whoever is signed in; all but light and dark is the system's."""
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(back, hosts, require_https=request.is_secure()):
        back = "settings" if request.user.is_authenticated else "account_login"
    response = redirect(back)
    if request.user.is_authenticated:
        preferences.change(request.user.pk, theme=chosen if chosen in THEMES else "system")
    remember_theme(request, response, chosen)
    return response


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of the user's own sessions; someone else's is not found."""
    session = get_object_or_404(UserSession, pk=session_id, user_id=request.user.pk)
    current = session.session_key == request.session.session_key
    end_sessions(request, [session])
    if current:
        return redirect("account_login")
    messages.success(request, "Session ended.")
    return redirect("usersessions_list")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Explain, ask for the password, and a code where a second factor is on; then delete the account."""
    user = cast("User", request.user)
    data = request.POST if request.method == "POST" else None
    form = DeleteAccountForm(data, user=user)
    code = ReauthenticateForm(user=user) if is_mfa_enabled(user) else None
    if data is not None:
        if not ratelimit.consume(request, action="reauthenticate", user=user):
            return cast("HttpResponse", ratelimit.respond_429(request))
        # The code only after the password: looking at it uses it up.
        if form.is_valid() and code is not None:
            code = ReauthenticateForm(data, user=user)
        if form.is_valid() and (code is None or code.is_valid()):
            end_other_sessions(request, user)
            user_id = user.pk  # gone from the object afterwards, so the sign-out cannot name whose sockets end
            threads.delete_account(user)
            logout(request)
            process.tell(lambda here: here.hub.close_user(user_id, protocol.SIGNED_OUT))
            messages.success(request, "Your account and everything in it is deleted.")
            return redirect("account_login")
    return render(request, "settings/delete.html", {"form": form, "code_form": code})
