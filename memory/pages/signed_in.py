"""Who asks."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from chatapp.models import User


def user_id_of(request: HttpRequest) -> int:
    """The id of the signed-in user; for views behind `login_required`."""
    return cast("User", request.user).pk
