"""What the scripted endpoint is told to answer, and the answer's form in the OpenAI protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]  # bodies of the OpenAI protocol


@dataclass(frozen=True)
class Script:
    """One answer. Tokens are words; `text` as a list gives the deltas exactly.

    `held`: each token waits for `release()`. `rate`: tokens a second, 0 is at once.
    `cut_after`, `stall_after`, `error_after`: after that many tokens the connection is cut, goes silent for
    ever, or brings `error`.
    `raw`: byte pieces sent as they are, instead of everything else. `done`: whether [DONE] is sent, `finish`:
    the finish reason (None: none). `calls`: tool calls as (name, arguments JSON), sent in pieces.
    """

    text: str | list[str] = ""
    status: int = 200
    retry_after: str | None = None
    body: str | None = None
    content_type: str | None = None
    rate: float = 0
    held: bool = False
    cut_after: int | None = None
    stall_after: int | None = None
    error_after: int | None = None
    error: Json = field(default_factory=lambda: {"message": "internal", "type": "server_error"})
    calls: list[tuple[str, str]] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    usage: bool = True
    finish: str | None = "stop"
    done: bool = True
    raw: list[bytes] | None = None

    def tokens(self) -> list[str]:
        """The deltas."""
        return self.text if isinstance(self.text, list) else re.findall(r"\S+\s*|\s+", self.text)


def chunk(delta: Json, finish: str | None = None) -> Json:
    """One chunk of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "scripted",
        "choices": [choice],
    }


def before(script: Script) -> Iterator[bytes]:
    """What a stream begins with: role, reasoning, tool calls."""
    yield data(chunk({"role": "assistant", "content": ""}))
    for text in script.reasoning:
        yield data(chunk({"reasoning_content": text}))
    for index, (name, arguments) in enumerate(script.calls):
        function = {"name": name, "arguments": ""}
        call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        yield data(chunk({"tool_calls": [call]}))
        for start in range(0, len(arguments), 5):
            piece = {"index": index, "function": {"arguments": arguments[start : start + 5]}}
            yield data(chunk({"tool_calls": [piece]}))


def after(script: Script, *, with_usage: bool) -> Iterator[bytes]:
    """What a stream ends with."""
    if script.finish is not None:
        yield data(chunk({}, "tool_calls" if script.calls else script.finish))
    if with_usage:
        yield data({**chunk({}), "choices": [], "usage": usage(script)})
    if script.done:
        yield b"data: [DONE]\n\n"


def usage(script: Script) -> Json:
    """The tokens that are counted."""
    count = len(script.tokens())
    return {"prompt_tokens": 10, "completion_tokens": count, "total_tokens": 10 + count}


def whole(script: Script) -> Json:
    """The answer to a request that does not stream."""
    message = {"role": "assistant", "content": "".join(script.tokens())}
    choice = {"index": 0, "message": message, "finish_reason": script.finish}
    return {**chunk({}), "object": "chat.completion", "choices": [choice], "usage": usage(script)}


def data(value: Json) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"
