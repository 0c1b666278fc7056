"""What every template knows beyond Django's own: the theme the person chose."""

from __future__ import annotations

from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from chatapp.refusals import Refusal
from memory import preferences

THEME_COOKIE: Final = "theme"
THEME_SECONDS: Final = 60 * 60 * 24 * 365
# The system's theme is the absence of a choice, and of the cookie.
THEMES: Final = ("light", "dark")


def theme(request: HttpRequest) -> dict[str, object]:
    """`theme`: light, dark, or empty for the system's. In the page from its first byte: nothing flashes."""
    asked = cast("Any", request)  # Any: what a request carries besides its own attributes
    if not hasattr(asked, "chosen_theme"):
        # Looked up by the first of a page's templates that asks, and once.
        asked.chosen_theme = SimpleLazyObject(lambda: _chosen(request))
    return {"theme": asked.chosen_theme}


def remember_theme(request: HttpRequest, answer: HttpResponse, chosen: str) -> None:
    """Keep the theme in a cookie, for pages of this browser on which nobody is signed in."""
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=THEME_SECONDS,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    else:
        answer.delete_cookie(THEME_COOKIE, samesite="Lax")


def _chosen(request: HttpRequest) -> str:
    """The preference of whoever is signed in; without one this browser's cookie."""
    chosen = _preferred(request) or request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def _preferred(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ""
    try:
        return preferences.load(user.pk).theme
    except Refusal:  # of the keys: whatever the page is about will say so
        return ""
