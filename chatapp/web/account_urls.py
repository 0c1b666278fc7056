"""Addresses of everything about accounts: django-allauth's under /accounts/, ours under /settings/."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from chatapp.web import accounts

# The administration's own login would pass by the rate limits and the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("settings/", accounts.settings, name="settings"),
    path("settings/theme/", accounts.theme, name="theme"),
    path("settings/sessions/<int:session_id>/end/", accounts.end_session, name="session_end"),
    path("settings/delete/", accounts.delete, name="account_delete"),
]
