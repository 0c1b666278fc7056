"""System checks of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from chatapp.keys import MasterKeys


@register
def master_keys(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The master keys must be usable."""
    try:
        MasterKeys.configured()
    except ValueError as error:
        return [Error(str(error), id="chatapp.E001")]
    return []


@register(deploy=True)
def relay(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Several processes want a relay."""
    if settings.PRODUCTION and not settings.REDIS_URL:
        hint = "Set REDIS_URL, or silence this check when there is one process only."
        text = "Without REDIS_URL events of other processes arrive by polling, about a second late."
        return [Warning(text, hint=hint, id="chatapp.W002")]
    return []


@register(deploy=True)
def provider(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """In production a real provider should answer."""
    if settings.PRODUCTION and settings.DEMO:
        hint = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own."
        return [Warning("The demo model answers: no provider is configured.", hint=hint, id="chatapp.W001")]
    return []
