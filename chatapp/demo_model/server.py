"""The OpenAI protocol over HTTP, around the answers of `chatapp.demo_model.answers`."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import os
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from chatapp.demo_model.answers import answer
from chatapp.demo_model.conversation import Answer, read

_MODEL: Final = "everthread-demo"
_FIRST_TOKEN: Final = 0.15  # seconds, when the speed is a natural one
_DIMENSIONS: Final = 256
_TOKEN = re.compile(r"\S+\s*|\s+")
_RATE = web.AppKey("rate", float)
_SECRET = web.AppKey("secret", str)

# The body of a request or an answer is JSON of the OpenAI protocol.
Json = dict[str, Any]


@dataclass(frozen=True)
class DemoServer:
    """A running demo model: its base URL (ends in /v1) and the bearer token it wants."""

    url: str
    token: str
    runner: web.AppRunner

    async def stop(self) -> None:
        """Stops listening and ends the answers under way."""
        await self.runner.cleanup()


async def start(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    token: str | None = None,
    tokens_per_second: float | None = None,
) -> DemoServer:
    """Starts the demo model; port 0 takes a free one.

    Without `token` a random one is made, so that other users of this machine cannot use it. Without
    `tokens_per_second` the speed is DEMO_TOKENS_PER_SECOND of the environment, or 60; 0 is "no delay".
    """
    app = web.Application(middlewares=[_guard], client_max_size=64 * 1024 * 1024)
    app[_SECRET] = token or secrets.token_urlsafe(24)
    app[_RATE] = _speed() if tokens_per_second is None else tokens_per_second
    app.router.add_get("/v1/models", _models)
    app.router.add_post("/v1/chat/completions", _chat)
    app.router.add_post("/v1/embeddings", _embeddings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    bound = runner.addresses[0][1]
    return DemoServer(f"http://{host}:{bound}/v1", app[_SECRET], runner)


def _speed() -> float:
    try:
        return max(0.0, float(os.environ.get("DEMO_TOKENS_PER_SECOND") or 60))
    except ValueError:
        return 60.0


@web.middleware
async def _guard(request: web.Request, handler: Any) -> web.StreamResponse:  # Any: aiohttp's handler type
    wanted = f"Bearer {request.app[_SECRET]}"
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        return _error(401, "Incorrect API key provided.", "invalid_api_key")
    response: web.StreamResponse = await handler(request)
    return response


async def _models(request: web.Request) -> web.Response:
    return _json({"object": "list", "data": [{"id": _MODEL, "object": "model", "owned_by": "everthread"}]})


async def _chat(request: web.Request) -> web.StreamResponse:
    try:
        body = orjson.loads(await request.read())
        conversation = read(body["messages"], body.get("tools") or [])
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return _error(400, "The request is not a chat completion request.", "invalid_request_error")
    made = answer(conversation)
    tokens = _TOKEN.findall(made.text)
    cap = body.get("max_completion_tokens") or body.get("max_tokens")
    finish = "tool_calls" if made.calls else "stop"
    if isinstance(cap, int) and 0 < cap < len(tokens):
        tokens, finish = tokens[:cap], "length"
    usage = _usage(sum(len(_TOKEN.findall(text)) for text in conversation.texts()), len(tokens))
    if body.get("stream"):
        wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return await _stream(request, made, tokens, finish, usage if wants_usage else None)
    message: Json = {"role": "assistant", "content": "".join(tokens) or None}
    if made.calls:
        message["tool_calls"] = _calls(made)
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return _json({**_head("chat.completion"), "choices": [choice], "usage": usage})


async def _stream(
    request: web.Request, made: Answer, tokens: list[str], finish: str, usage: Json | None
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    head = _head("chat.completion.chunk")

    async def send(delta: Json, reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        await response.write(b"data: " + orjson.dumps({**head, "choices": [choice]}) + b"\n\n")

    rate = request.app[_RATE]
    try:
        await send({"role": "assistant", "content": ""})
        for number, call in enumerate(_calls(made)):
            await send({"tool_calls": [{"index": number, **call}]})
        due = asyncio.get_running_loop().time() + _FIRST_TOKEN
        for token in tokens:
            if rate:  # by the clock, so that a late wake-up is made good
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                due += 1 / rate
            await send({"content": token})
        await send({}, finish)
        if usage is not None:
            await response.write(b"data: " + orjson.dumps({**head, "choices": [], "usage": usage}) + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
    except ConnectionError:
        pass  # the reader stopped reading, which is how an answer is stopped
    return response


async def _embeddings(request: web.Request) -> web.Response:
    try:
        given = orjson.loads(await request.read())["input"]
        texts = [given] if isinstance(given, str) else [str(text) for text in given]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _error(400, "The request is not an embeddings request.", "invalid_request_error")
    data = [{"object": "embedding", "index": index, "embedding": _embed(text)} for index, text in enumerate(texts)]
    count = sum(len(text.split()) for text in texts)
    usage = {"prompt_tokens": count, "total_tokens": count}
    return _json({"object": "list", "data": data, "model": _MODEL, "usage": usage})


def _embed(text: str) -> list[float]:
    """Feature hashing of words and of their 4-letter beginnings (a poor man's stem); length 1."""
    vector = [0.0] * _DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        for feature, weight in ((word, 1.0), (f"{word[:4]}*", 0.5)):
            digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
            vector[digest % _DIMENSIONS] += weight if digest >> 63 else -weight
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _calls(made: Answer) -> list[Json]:
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": orjson.dumps(call.arguments).decode()},
        }
        for call in made.calls
    ]


def _head(kind: str) -> Json:
    return {
        "id": f"chatcmpl-{secrets.token_hex(8)}",
        "object": kind,
        "created": int(time.time()),
        "model": _MODEL,
    }


def _usage(prompt: int, completion: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _json(body: Json, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _error(status: int, message: str, code: str) -> web.Response:
    return _json({"error": {"message": message, "type": "invalid_request_error", "code": code}}, status)
