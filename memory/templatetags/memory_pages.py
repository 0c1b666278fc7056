"""Filters of the memory pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = template.Library()

_MINUTE: Final = timedelta(minutes=1)
_WEEK: Final = timedelta(days=7)


@register.filter
def when(at: datetime) -> SafeString:
    """A time: relative within a week, then its day; exact when pointed at."""
    age = timezone.now() - at
    if age < _MINUTE:
        said = "just now"
    elif age < _WEEK:
        said = f"{timesince(at, depth=1)} ago"
    else:
        said = date_format(at, "j F Y")
    exact = f"{date_format(at, 'j F Y, H:i')} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, said)
