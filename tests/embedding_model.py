"""An embeddings endpoint with the OpenAI protocol: a real HTTP server in a thread of its own, with the same vectors
for the same texts wherever and whenever they are made.

A text is the sum of a direction for each of its words and one for each line of `tests/retrieval/concepts.txt` that it
touches. It stands in for a real model, which knows more of the kind.
"""

from __future__ import annotations

import asyncio
import math
import random
import threading
from functools import cache
from typing import Any, Self

from aiohttp import web

from memory.words import fold, words
from tests.labelled import FOLDER

DIMENSIONS = 256


class EmbeddingModel:
    """The server. `failing` answers 503, `slow` never answers, `answer` replaces what it answers, and a request with a
    text that holds `refused` gets 400.
    """

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failing = self.slow = False
        self.answer: Any = None
        self.refused = ""
        self.key = "embedding-key"
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._port = 0
        self._thread = threading.Thread(target=self._run, name="embedding-model", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the embeddings endpoint did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        """The base URL, as OPENAI_BASE_URL wants it."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def texts(self) -> list[str]:
        """Every text that was sent."""
        return [text for asked in self.asked for text in asked]

    def reset(self) -> None:
        """What a new test begins with."""
        self.asked.clear()
        self.failing = self.slow = False
        self.answer = None
        self.refused = ""

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/embeddings", self._embeddings)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._port = int(runner.addresses[0][1])
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _embeddings(self, request: web.Request) -> web.Response:
        given = await request.json()
        self.asked.append(given["input"])
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": {"message": "Incorrect API key provided"}}, status=401)
        if self.slow:
            await asyncio.Event().wait()
        if self.failing:
            return web.json_response({"error": {"message": "scripted 503"}}, status=503)
        if self.refused and any(self.refused in text for text in given["input"]):
            return web.json_response({"error": {"message": "too long"}}, status=400)
        if self.answer is not None:
            return web.json_response(self.answer)
        data = [{"index": number, "embedding": vector(text)} for number, text in enumerate(given["input"])]
        data.reverse()  # the protocol numbers them, and says nothing of their order
        return web.json_response({"object": "list", "model": given["model"], "data": data})


def vector(text: str) -> list[float]:
    """The vector of a text, of length 1."""
    folded, total = fold(text), [0.0] * DIMENSIONS
    features = [(word, 0.35) for word in set(words(text))]
    found = set(words(text))
    for number, stems in enumerate(_concepts()):
        if any(_touches(stem, folded, found) for stem in stems):
            features.append((f"concept {number}", 1.0))
    for feature, weight in features:
        for place, value in enumerate(_direction(feature)):
            total[place] += weight * value
    length = math.hypot(*total) or 1.0
    return [value / length for value in total]


def _touches(stem: str, folded: str, found: set[str]) -> bool:
    """Whether a stem is the beginning of a word; of a script without spaces, whether it stands anywhere."""
    if stem.isascii():
        return any(word.startswith(stem) for word in found) if len(stem) > 3 else stem in found
    return stem in folded


@cache
def _concepts() -> list[list[str]]:
    lines = (FOLDER / "concepts.txt").read_text().splitlines()
    return [[fold(stem) for stem in line.split()] for line in lines if not line.startswith("#")]


@cache
def _direction(feature: str) -> list[float]:
    drawn = random.Random(feature)
    values = [drawn.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = math.hypot(*values)
    return [value / length for value in values]
