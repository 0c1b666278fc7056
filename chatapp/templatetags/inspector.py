"""Filters of the inspector's pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def brief(value: object) -> str:
    """An id, short enough to be told from others at a glance."""
    return str(value)[:8]


@register.filter
def brief_checkpoint(value: object) -> str:
    """A checkpoint's id, short: its beginning is the time and alike among neighbours, its end is not."""
    text = str(value)
    return f"{text[:8]}…{text[-4:]}" if len(text) > 12 else text


@register.filter
def until(start: datetime | None, end: datetime | None) -> str:
    """How long it took, such as "2.3 s" or "4 min 10 s"; nothing for what has not ended."""
    if start is None or end is None:
        return ""
    seconds = max((end - start) / timedelta(seconds=1), 0.0)
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def stamp(value: datetime | None) -> SafeString | str:
    """A time to the second, for machines to the last digit."""
    if value is None:
        return "—"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), f"{value:%-d %b %Y, %H:%M:%S}")
