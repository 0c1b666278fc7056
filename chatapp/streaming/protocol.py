"""The wire format: LangChain's Agent Streaming Protocol, as LangGraph's own clients speak it.

Source: langchain-ai/agent-protocol, `streaming/protocol.cddl`; snake_case as its clients send it. Commands come in as
`{"id", "method", "params"}`, answers go out as `{"type": "success"|"error"}`, everything else as `{"type": "event"}`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

CHANNELS: Final = frozenset(
    {"values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom"}
)
MAX_SUBSCRIPTIONS: Final = 32

# Close codes. Clients take 44xx as final, except 4408 and 4429.
SIGNED_OUT: Final = 4401
NOT_FOUND: Final = 4404
TOO_SLOW: Final = 4408
TOO_FAST: Final = 4429
RESTARTING: Final = 1012


class CommandError(Exception):
    """A command that is refused, with its protocol code and a sentence for the caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Event(NamedTuple):
    """One event as it is sent. `seq` is None for a notice, which is a hint and not part of the stream."""

    seq: int | None
    channel: str
    name: str  # of a custom event, else ""
    frame: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """One well-formed frame from a client."""

    id: int
    method: str
    params: dict[str, Any]


# The escape of a surrogate, half of a character beyond the first 65,536.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str) -> Any:  # Any: JSON from outside, checked by who reads it
    """The value of a JSON text. Raises `ValueError`.

    Browsers escape a lone surrogate (half an emoji, cut by an editor) and orjson refuses it: that text is read by the
    slower parser, and what people wrote is cleaned later.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        if _SURROGATE.search(text) is None:
            raise
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def parse(frame: str) -> Command:
    """The command in a text frame. Raises `CommandError`, whose id is then unknown."""
    try:
        value = read_json(frame)
    except ValueError:
        raise CommandError("invalid_argument", "A frame must be valid JSON.") from None
    if not isinstance(value, dict):
        raise CommandError("invalid_argument", "A frame must be a JSON object.")
    number, method, params = value.get("id"), value.get("method"), value.get("params", {})
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**53:
        raise CommandError("invalid_argument", "A command needs a whole number as its id.")
    if not isinstance(method, str):
        raise RefusedCommand(number, "invalid_argument", "A command needs a method.")
    if not isinstance(params, dict):
        raise RefusedCommand(number, "invalid_argument", "The params of a command must be an object.")
    return Command(number, method, params)


class RefusedCommand(CommandError):
    """A command that is refused after its id was read."""

    def __init__(self, number: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.id = number


def success(number: int, result: Mapping[str, Any]) -> bytes:
    """The answer to a command that was carried out."""
    return orjson.dumps({"type": "success", "id": number, "result": result})


def error(number: int | None, failure: CommandError) -> bytes:
    """The answer to a command that was refused."""
    return orjson.dumps({"type": "error", "id": number, "error": failure.code, "message": str(failure)})


def event(seq: int | None, method: str, data: Mapping[str, Any]) -> Event:
    """An event on the channel that its method begins with; its number is also its id."""
    frame = _packed(
        {
            "type": "event",
            "event_id": None if seq is None else str(seq),
            "seq": seq,
            "method": method,
            "params": {"namespace": [], "timestamp": time.time_ns() // 1_000_000, "data": data},
        }
    )
    return Event(seq, _channel(method), data.get("name", "") if method == "custom" else "", frame)


def custom(seq: int | None, name: str, payload: Mapping[str, Any]) -> Event:
    """What the page needs beyond the protocol's own channels."""
    return event(seq, "custom", {"name": name, "payload": payload})


def restored(frame: Mapping[str, Any]) -> Event:
    """An event read back from the log."""
    data = frame["params"]["data"]
    name = data.get("name", "") if frame["method"] == "custom" else ""
    return Event(frame["seq"], _channel(frame["method"]), name, _packed(frame))


def _channel(method: str) -> str:
    """`input` of `input.requested`; the others are named like their channels."""
    return method.partition(".")[0]


def _packed(value: Mapping[str, Any]) -> bytes:
    """JSON that is kept for a while: orjson's own bytes hold on to the few kilobytes that it had set aside for them."""
    return bytes(memoryview(orjson.dumps(value)))


@dataclass(slots=True)
class Subscription:
    """What one subscription wants, and how far it has been served."""

    id: str
    channels: frozenset[str]
    position: int
    start: int = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.position

    def had(self, event: Event) -> bool:
        """Whether this subscription has brought the event already."""
        return self.wants(event) and self.start < (event.seq or 0) <= self.position

    def wants(self, event: Event) -> bool:
        """Whether the event is on one of its channels; `custom` stands for every `custom:<name>`."""
        return event.channel in self.channels or (event.name != "" and f"custom:{event.name}" in self.channels)


def channels(params: Mapping[str, Any]) -> frozenset[str]:
    """The channels of a subscription. Raises `CommandError` for none, or one that does not exist."""
    wanted = params.get("channels")
    if not isinstance(wanted, list) or not wanted or len(wanted) > 64:
        raise CommandError("invalid_argument", "A subscription needs a list of channels.")
    for channel in wanted:
        named = isinstance(channel, str) and channel.startswith("custom:") and len(channel) > len("custom:")
        if not named and (not isinstance(channel, str) or channel not in CHANNELS):
            raise CommandError("invalid_argument", "A subscription names a channel that does not exist.")
    return frozenset(wanted)


def since(params: Mapping[str, Any], default: int | None) -> int:
    """Where a subscription begins: events above this number. Raises `CommandError`."""
    value = params.get("since", default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise CommandError("invalid_argument", "since must be a sequence number.")
    return value
