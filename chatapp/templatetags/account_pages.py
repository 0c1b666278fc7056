"""Filters of the account pages."""

from __future__ import annotations

from typing import Final

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()

# In this order: every Edge, Opera and Chrome also calls itself Chrome or Safari.
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@register.filter
def control(field: BoundField) -> SafeString:
    """Render the field's widget in our look, joined to its help and its errors by aria-describedby.

    A placeholder that repeats the label is dropped: the label stands above.
    """
    parts = []
    if field.errors:
        parts.append(f"{field.auto_id}_error")
    if field.help_text:
        parts.append(f"{field.auto_id}_help")
    attrs: dict[str, str | bool] = {"class": "input", "placeholder": False}
    if parts:
        attrs["aria-describedby"] = " ".join(parts)
    if field.widget_type == "password":
        attrs |= {"autocapitalize": "off", "spellcheck": "false"}
    if field.field.widget.attrs.get("autocomplete") == "one-time-code":
        attrs |= {
            "class": "input input-code",
            "autocapitalize": "off",
            "spellcheck": "false",
            "inputmode": "numeric",
        }
    return field.as_widget(attrs=attrs)


@register.filter
def device(user_agent: str) -> str:
    """Name the browser and the system of a User-Agent header, such as "Firefox on Linux"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"


@register.filter
def device_is_phone(user_agent: str) -> bool:
    """Whether the User-Agent header is that of a phone or tablet."""
    return any(mark in user_agent for mark in ("iPhone", "iPad", "Android"))
