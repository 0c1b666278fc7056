"""Which model answers: the configured provider, or the demo model when there is none."""

from __future__ import annotations

from django.conf import settings
from langchain_openai import ChatOpenAI

from chatapp.graph.model import Endpoint, Limits, chat_model

TITLE_TOKENS = 60
SUMMARY_TOKENS = 800

_demo: list[Endpoint] = []


def use_demo(base_url: str, api_key: str) -> None:
    """Name the demo model's address in this process."""
    _demo[:] = [Endpoint(base_url, api_key, "demo", demo=True)]


def is_offered(name: str) -> bool:
    """Whether people may choose the model of this name."""
    return name in settings.OPENAI_MODELS


def endpoint(name: str) -> Endpoint:
    """The endpoint of a model. A model that is not offered any more is replaced by the default one."""
    if settings.DEMO:
        return _demo[0]
    return Endpoint(
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY, name if is_offered(name) else settings.OPENAI_MODEL
    )


def answering(name: str) -> ChatOpenAI:
    """The model that answers people."""
    return chat_model(endpoint(name), limits=_limits())


def titling(name: str) -> ChatOpenAI:
    """The same model, capped to a title's length."""
    return chat_model(endpoint(name), max_tokens=TITLE_TOKENS, limits=_limits())


def summarising(name: str) -> ChatOpenAI:
    """The same model, capped to a summary's length."""
    return chat_model(endpoint(name), max_tokens=SUMMARY_TOKENS, limits=_limits())


def _limits() -> Limits:
    stall = settings.MODEL_STALL_SECONDS
    return Limits(stall=stall, first_byte=max(Limits.first_byte, stall))
