"""What every template knows beyond Django's own: the theme the person chose."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

THEME_COOKIE: Final = "theme"
# The system's theme is the absence of a choice, and of the cookie.
THEMES: Final = ("light", "dark")


def theme(request: HttpRequest) -> dict[str, str]:
    """`theme`: light, dark, or empty for the system's. In the page from its first byte: nothing flashes."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": chosen if chosen in THEMES else ""}
