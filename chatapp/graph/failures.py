"""What can go wrong between us and a model's endpoint, and the sentence a person reads about it.

Nothing of the provider's answer enters a failure: error bodies may quote the conversation or the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from langchain_core.messages.ai import UsageMetadata

Kind: TypeAlias = Literal[
    "unauthorized",
    "not_found",
    "rate_limited",
    "quota",
    "unavailable",
    "cut",
    "stalled",
    "empty",
    "too_long",
    "refused",
    "malformed",
]

SENTENCES: Final[dict[Kind, str]] = {
    "unauthorized": "The model's provider did not accept the API key. Your message is saved; "
    "ask the administrator to check the key, then try again.",
    "not_found": "The model's provider does not know this model or address. Your message is saved; "
    "choose another model, or ask the administrator to check the settings.",
    "rate_limited": "The model is receiving too many requests right now. Your message is saved; "
    "wait a moment and try again.",
    "quota": "The provider's account has no credit left. Your message is saved; "
    "ask the administrator to top it up, then try again.",
    "unavailable": "The model could not be reached. Your message is saved; try again in a moment.",
    "cut": "The connection to the model broke off in the middle of the answer. "
    "What arrived is saved; try again for a whole answer.",
    "stalled": "The model stopped sending its answer. What arrived is saved; try again.",
    "empty": "The model sent an empty answer. Your message is saved; try again, or put the question in other words.",
    "too_long": "This conversation is longer than the model can read. Your message is saved; "
    "send a shorter message, or start a new chat.",
    "refused": "The model's provider refused this request. Your message is saved; "
    "change the message, or choose another model.",
    "malformed": "The model's endpoint answered with something that is not a chat answer. "
    "What arrived is saved; ask the administrator to check its address, then try again.",
}

# Settings of a request that some providers do not know. When a refusal names one, the client leaves
# it out or replaces it, and remembers that for the endpoint.
ADAPTABLE: Final = ("stream_options", "max_completion_tokens", "max_tokens", "temperature")

# Kinds that may pass by themselves: worth another try while nothing has been shown yet.
_TRANSIENT: Final[frozenset[Kind]] = frozenset({"rate_limited", "unavailable", "cut"})

_STATUSES: Final[dict[int, Kind]] = {
    401: "unauthorized",
    402: "quota",
    403: "unauthorized",
    404: "not_found",
    408: "unavailable",
    409: "unavailable",
    413: "too_long",
    425: "unavailable",
    429: "rate_limited",
}

_TOO_LONG_MARKS: Final = (
    "context_length",
    "context length",
    "context window",
    "context size",
    "contextwindowexceeded",
    "maximum context",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "too many tokens",
    "input tokens exceed",
    "string_above_max_length",
)
_QUOTA_MARKS: Final = ("insufficient_quota", "exceeded your current quota", "billing", "insufficient credit")


@dataclass(eq=False)
class ModelFailure(Exception):
    """The model gave no whole answer. `str()` is the sentence for the person in the thread.

    `retry_after`: seconds the provider asked us to wait, if it did. `transient`: the same request may
    succeed a moment later. `partial`: the text that had arrived, `usage`: the tokens it cost, if the
    provider said so. `status`: HTTP status, if there was one.
    `parameters`: the request settings that the refusal named, of `ADAPTABLE`.
    """

    kind: Kind
    retry_after: float | None = None
    transient: bool = False
    partial: str = ""
    status: int | None = None
    usage: UsageMetadata | None = None
    parameters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__init__(self.kind)

    def __str__(self) -> str:
        return SENTENCES[self.kind]


def failure(kind: Kind, *, status: int | None = None) -> ModelFailure:
    """A failure of `kind`, transient when that kind usually is."""
    return ModelFailure(kind, transient=kind in _TRANSIENT, status=status)


def from_status(status: int, body: str, retry_after: float | None = None) -> ModelFailure:
    """The failure an HTTP answer with an error status stands for. `body` is only searched, never kept."""
    found = failure(_kind_of_status(status, body.lower()), status=status)
    found.retry_after = retry_after
    if found.kind == "refused":
        found.parameters = tuple(name for name in ADAPTABLE if name in body)
    return found


def from_error(error: object) -> ModelFailure:
    """The failure an `error` value inside a stream or a 200 answer stands for."""
    status = 0
    if isinstance(error, dict):
        code = error.get("code") or error.get("status")
        if isinstance(code, int) or (isinstance(code, str) and code.isdigit()):
            status = int(code)
    text = str(error).lower()
    if 400 <= status < 600:
        return from_status(status, text)
    if any(mark in text for mark in _TOO_LONG_MARKS):
        return failure("too_long")
    if any(mark in text for mark in _QUOTA_MARKS):
        return failure("quota")
    if "rate_limit" in text or "rate limit" in text:
        return failure("rate_limited")
    if "invalid_request" in text or "content_filter" in text:
        return failure("refused")
    return failure("unavailable")


def _kind_of_status(status: int, body: str) -> Kind:
    if status in (400, 422) and any(mark in body for mark in _TOO_LONG_MARKS):
        return "too_long"
    if status == 429 and any(mark in body for mark in _QUOTA_MARKS):
        return "quota"
    if status >= 500:
        return "unavailable"
    # A redirect is not followed: it would take the key to an address nobody configured.
    return "not_found" if 300 <= status < 400 else _STATUSES.get(status, "refused")
