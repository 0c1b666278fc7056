"""The HTTP client below `ChatOpenAI`: one POST, few plain chunks back, failures with a name.

It stands in for openai's `chat.completions` resource, of which `ChatOpenAI` uses only `create`. The
openai package builds a pydantic object per token; this client parses each event once and hands on what
arrived since the last delivery as one dict, about 30 times a second.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson

from chatapp.connections import close, proxy_for, session
from chatapp.graph.failures import ModelFailure, failure, from_status
from chatapp.graph.lean_stream import LeanStream, Limits, read_json
from chatapp.graph.sse import Chunk

__all__ = ["LeanCompletions", "Limits", "close"]

logger = logging.getLogger(__name__)

_ERROR_BODY: Final = 64 * 1024  # bytes of an error answer that are looked at


class LeanCompletions:
    """`create(**payload)` as `ChatOpenAI` calls it: a stream of dicts, or one dict. Raises ModelFailure.

    Tries again, with growing pauses, only while nothing of the answer has been handed on.
    """

    def __init__(self, base_url: str, api_key: str, limits: Limits) -> None:
        self.limits = limits
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._proxy = proxy_for(self._url)
        # Local servers know `max_tokens` alone; OpenAI itself wants the new name.
        official = (urlsplit(base_url).hostname or "").endswith(("openai.com", "openai.azure.com"))
        self._learnt: set[str] = set()  # settings that this endpoint has refused
        self._unknown: set[str] = set() if official else {"max_completion_tokens"}

    @property
    def with_raw_response(self) -> _Raw:
        """The same `create`, its result behind `.parse()`, as `ChatOpenAI.ainvoke` wants it."""
        return _Raw(self)

    async def create(self, **payload: Any) -> LeanStream | Chunk:  # Any: the payload is ChatOpenAI's JSON
        tries = 0
        while True:
            try:
                return await self._ask(payload)
            except ModelFailure as failed:
                if self._learned(payload, failed.parameters):
                    continue
                tries += 1
                pause = failed.retry_after or self.limits.backoff * 2 ** (tries - 1) * _jitter()
                again = failed.transient and tries < self.limits.tries and pause <= self.limits.patience
                logger.warning(
                    "model request failed: %s, status %s, try %d, %s",
                    failed.kind,
                    failed.status,
                    tries,
                    f"again in {pause:.1f} s" if again else "given up",
                )
                if not again:
                    raise
            await asyncio.sleep(pause)

    async def _ask(self, payload: Chunk) -> LeanStream | Chunk:
        response = await self._post(self._adapted(payload))
        try:
            if response.status >= 300:
                raise await _refusal(response)
            if not payload.get("stream"):
                return _whole(await read_json(response, self.limits))
            stream = LeanStream(response, self.limits)
            await stream.open()
        except BaseException:
            response.close()
            raise
        return stream

    async def _post(self, payload: Chunk) -> aiohttp.ClientResponse:
        opened = session()
        try:
            async with asyncio.timeout(self.limits.first_byte):
                return await opened.post(
                    self._url,
                    data=_dumps(payload),
                    headers=self._headers,
                    proxy=self._proxy,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.limits.connect),
                )
        except aiohttp.InvalidURL:
            raise failure("not_found") from None
        except aiohttp.ConnectionTimeoutError:
            raise failure("unavailable") from None
        except TimeoutError:
            raise failure("stalled") from None
        except (aiohttp.ClientError, OSError):
            raise failure("unavailable") from None

    def _learned(self, payload: Chunk, named: tuple[str, ...]) -> bool:
        """Whether leaving out what a refusal named gives another request than before."""
        before = self._adapted(payload)
        refused = next((name for name in named if name in before), None)
        if refused is None or refused in self._learnt:
            return False
        self._learnt.add(refused)
        self._unknown.add(refused)
        # "Use max_completion_tokens instead": the other name is the right one.
        self._unknown -= {name for name in named if name not in self._learnt}
        return True

    def _adapted(self, payload: Chunk) -> Chunk:
        """`payload` in the words that this endpoint understands."""
        adapted = {key: value for key, value in payload.items() if key not in self._unknown}
        for name, other in (("max_completion_tokens", "max_tokens"), ("max_tokens", "max_completion_tokens")):
            if name in payload and name not in adapted and other not in self._unknown:
                adapted[other] = payload[name]
        return adapted


class _Raw:
    def __init__(self, client: LeanCompletions) -> None:
        self._client = client

    async def create(self, **payload: Any) -> _Parsed:  # Any: the payload is ChatOpenAI's JSON
        answer = await self._client.create(**payload)
        return _Parsed(answer)


def _jitter() -> float:
    """Keeps clients that failed together from coming back together."""
    return random.uniform(1, 1.25)  # noqa: S311 -- nothing secret


@dataclass(frozen=True)
class _Parsed:
    answer: LeanStream | Chunk

    def parse(self) -> LeanStream | Chunk:
        return self.answer


async def _refusal(response: aiohttp.ClientResponse) -> ModelFailure:
    try:
        async with asyncio.timeout(5):
            body = await response.content.read(_ERROR_BODY)
    except (aiohttp.ClientError, OSError, TimeoutError):
        body = b""
    return from_status(response.status, body.decode(errors="replace"), _seconds(response.headers.get("Retry-After")))


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None  # a date: rare here, and our own back-off does as well


def _whole(answer: Chunk) -> Chunk:
    """`answer`, an answer that was not streamed. Raises ModelFailure when nothing is in it."""
    message = answer["choices"][0].get("message") or {}
    if not message.get("content") and not message.get("tool_calls"):
        raise failure("empty")
    return answer


def _dumps(payload: Chunk) -> bytes:
    try:
        return orjson.dumps(payload)
    except TypeError:  # a lone surrogate: escaped it is at least JSON
        return json.dumps(payload).encode()
