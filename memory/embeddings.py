"""What texts mean, as vectors of an embedding model: asked for in time, or done without.

Without `OPENAI_EMBEDDING_MODEL` nothing here does anything. A query's vector is waited for shortly; when the endpoint
is slow or away it is left alone for a while, and search goes by words. The vectors of items are made by a job.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import aiohttp
import orjson
from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app as queue
from procrastinate.exceptions import AlreadyEnqueued

from chatapp import connections, content
from memory import ranking
from memory.rows import Item, Vector

logger = logging.getLogger(__name__)

JOB: Final = "memory.embed"
QUERY_SECONDS: Final = 0.5
BATCH_SECONDS: Final = 60.0
BATCH: Final = 64
# Models take a few thousand tokens at most.
TEXT_CHARS: Final = 8000
# The kinds that are searched by meaning too.
SEARCHED: Final = (("memories",),)
DIMENSIONS: Final = 8192
# What an endpoint says of texts that it does not take: too long, or not to its liking.
REFUSALS: Final = (400, 413, 422)
ANSWER_BYTES: Final = 16 * 1024 * 1024
# After a failure queries are not sent for so long.
PAUSE_SECONDS: Final = 30.0
CACHED: Final = 500


class EmbeddingFailed(Exception):
    """The embeddings endpoint did not answer, not in time, or with something else."""


class EmbeddingRefused(EmbeddingFailed):
    """The embeddings endpoint does not take these texts."""


def known(query: str) -> Vector | None:
    """The vector of a query, if `prepare` has asked for it."""
    return _cache.get((settings.OPENAI_EMBEDDING_MODEL, _shortened(query))) if _on() else None


def pausing() -> bool:
    """Whether the endpoint is left alone after a failure."""
    return _cache.pausing()


async def prepare(queries: Iterable[str]) -> None:
    """Ask for the vectors of queries, within half a second; what does not come in time is searched for by words."""
    if not _on() or _cache.pausing():
        return
    model = settings.OPENAI_EMBEDDING_MODEL
    missing = [
        text for text in dict.fromkeys(map(_shortened, queries)) if text.strip() and not _cache.get((model, text))
    ]
    if not missing:
        return
    try:
        for text, vector in zip(missing, await embed(missing, QUERY_SECONDS), strict=True):
            _cache.put((model, text), vector)
    except EmbeddingRefused:
        pass  # of these texts it is, not of the endpoint
    except EmbeddingFailed as failed:
        logger.warning("No vectors of queries for %d seconds: %s", int(PAUSE_SECONDS), failed)
        _cache.pause()


def lacks(item: Item) -> bool:
    """Whether the item is one that is searched by meaning, and has no vector of the present model."""
    return (
        _on()
        and item.namespace[1:] in SEARCHED
        and (item.vector is None or item.vector.model != settings.OPENAI_EMBEDDING_MODEL)
        and bool(ranking.text_of(item).strip())
    )


def ask(user_id: int) -> None:
    """Put the job that makes a user's missing vectors into the queue, unless it waits there; in the transaction."""
    try:
        with transaction.atomic():
            queue.configure_task(JOB, queueing_lock=f"{JOB} {user_id}").defer(user_id=user_id)
    except AlreadyEnqueued:
        pass


async def embed(texts: Sequence[str], seconds: float) -> list[Vector]:
    """The vectors of up to `BATCH` texts. Raises `EmbeddingFailed`, `EmbeddingRefused`."""
    model = settings.OPENAI_EMBEDDING_MODEL
    try:
        async with asyncio.timeout(seconds):
            answer = await _post({"model": model, "input": [_shortened(text) for text in texts]})
        found = sorted(answer["data"], key=lambda each: int(each["index"]))
        vectors = [Vector(model, quantised(each["embedding"])) for each in found]
    except aiohttp.ClientResponseError as error:
        raise (EmbeddingRefused if error.status in REFUSALS else EmbeddingFailed)(f"status {error.status}") from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise EmbeddingFailed(type(error).__name__) from None
    except (KeyError, TypeError, ValueError):  # orjson's error is a ValueError
        raise EmbeddingFailed("the answer is none of the OpenAI protocol") from None
    if len(vectors) != len(texts):
        raise EmbeddingFailed("the answer has not as many vectors as were asked for")
    return vectors


def quantised(numbers: Sequence[float]) -> bytes:
    """A vector with one signed byte for each dimension: the largest becomes 127. Raises ValueError.

    Only directions are compared, and 8 bits keep them to a hundredth of a degree in some hundred dimensions.
    """
    if not 0 < len(numbers) <= DIMENSIONS or not all(map(math.isfinite, numbers)):
        raise ValueError("not a vector")
    largest = max(map(abs, numbers)) or 1.0
    return bytes(round(each / largest * 127) & 0xFF for each in numbers)


async def _post(body: dict[str, Any]) -> dict[str, Any]:
    address = f"{settings.OPENAI_BASE_URL.rstrip('/')}/embeddings"
    async with connections.session().post(
        address,
        data=orjson.dumps(body),
        headers={"Authorization": f"Bearer {settings.OPENAI_API_KEY}", "Content-Type": "application/json"},
        proxy=connections.proxy_for(address),
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(total=None),
    ) as response:
        response.raise_for_status()
        if (response.content_length or 0) > ANSWER_BYTES:
            raise ValueError("too long")
        answer: dict[str, Any] = orjson.loads(await response.read())
        return answer


def _on() -> bool:
    return bool(settings.OPENAI_EMBEDDING_MODEL)


def _shortened(text: str) -> str:
    return content.clean(text[:TEXT_CHARS])


class _Cache:
    """The vectors of the queries asked last, and until when no more are asked for; safe for threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._until = 0.0

    def get(self, key: tuple[str, str]) -> Vector | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: tuple[str, str], vector: Vector) -> None:
        with self._lock:
            self._kept[key] = vector
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def pausing(self) -> bool:
        return time.monotonic() < self._until

    def pause(self) -> None:
        self._until = time.monotonic() + PAUSE_SECONDS

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self._until = 0.0


_cache = _Cache(CACHED)


def forget() -> None:
    """Forget all vectors of queries, and that the endpoint is left alone."""
    _cache.forget()
