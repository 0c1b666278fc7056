"""A scripted OpenAI-compatible endpoint: a real HTTP server, in a thread of its own, that tests command.

    with ScriptedModel() as endpoint:
        endpoint.script(Script("Hello there", held=True))   # for the next request
        endpoint.rule("weather", Script(status=503))        # for messages with this word
        ...
        endpoint.wait_for(lambda: endpoint.requests)        # a condition, never a sleep
        endpoint.release(2)                                 # two tokens may leave

Without a script it answers `Answer to: <last user message>`. A message may carry its own script, for tests
in another process: `… [[{"cut_after": 3}]]`. As a program: `python -m tests.scripted_model --port N --log F`
writes each finished request to F as a JSON line and takes `POST /control/script|hold|release` (JSON).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests import scripted_answers as answers
from tests.scripted_answers import Json, Script

__all__ = ["Request", "Script", "ScriptedModel"]


@dataclass
class Request:
    """What was asked, and how it went. Times are of `time.monotonic()`."""

    body: Json
    headers: dict[str, str]
    path: str
    peer: str
    started: float
    sent: int = 0
    finished: float | None = None
    disconnected: float | None = None

    @property
    def messages(self) -> list[Json]:
        """The conversation that was sent."""
        found: list[Json] = self.body.get("messages") or []
        return found

    @property
    def last(self) -> str:
        """The last user message."""
        texts = [str(each["content"]) for each in self.messages if each["role"] == "user"]
        return texts[-1] if texts else ""


class ScriptedModel:
    """The server. Scripts and questions come from the test's thread, answers leave from the server's."""

    def __init__(self, port: int = 0, log: str | None = None) -> None:
        self.requests: list[Request] = []
        self.key = "scripted-key"
        self.models = ["scripted"]  # that it lists
        self._log = log
        self._port = port
        self._queue: deque[Script] = deque()
        self._rules: list[tuple[str, Script]] = []
        self._changed = threading.Condition(threading.RLock())
        self._held = False
        self._free = 0  # tokens that may leave although held
        self._loop = asyncio.new_event_loop()
        self._wake: list[asyncio.Future[None]] = []
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="scripted-model", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the scripted endpoint did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        """The base URL, as OPENAI_BASE_URL wants it."""
        return f"http://127.0.0.1:{self._port}/v1"

    def requests_for(self, text: str) -> list[Request]:
        """The requests whose last user message is this one."""
        return [each for each in self.requests if each.last == text]

    def script(self, *scripts: Script) -> None:
        """Answers for the next requests, in this order."""
        with self._changed:
            self._queue.extend(scripts)

    def rule(self, marker: str, script: Script) -> None:
        """The answer to every message that contains `marker`, before any queued script and any older rule."""
        with self._changed:
            self._rules.insert(0, (marker, script))

    def reset(self) -> None:
        """Forget scripts, rules and requests: what a new test begins with."""
        with self._changed:
            self.requests.clear()
            self.models = ["scripted"]
            self._queue.clear()
            self._rules.clear()
        self.release()
        with self._changed:
            self._free = 0

    def hold(self) -> None:
        """From now on no token leaves without `release`."""
        with self._changed:
            self._held, self._free = True, 0

    def release(self, tokens: int | None = None) -> None:
        """Lets `tokens` more tokens leave; without a number all, also those of `held` scripts."""
        with self._changed:
            if tokens is None:
                self._held, self._free = False, 1 << 60
            else:
                self._free += tokens
        self._loop.call_soon_threadsafe(self._wake_all)

    def wait_for(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Blocks until `condition()` holds; it is looked at whenever a request moves on."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(condition()), seconds):
                raise AssertionError(f"not reached in {seconds} s; requests: {self.requests!r:.2000}")

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """`wait_for` for asynchronous tests."""
        await asyncio.to_thread(self.wait_for, condition, seconds)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=256 * 1024 * 1024)
        app.router.add_post("/control/{verb}", self._control)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        # Handlers are cancelled when the client goes: that is how a disconnect is seen without writing.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port, backlog=1024).start()
        self._port = int(runner.addresses[0][1])
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") not in (f"Bearer {self.key}", None):
            return web.json_response({"error": {"message": "Incorrect API key provided"}}, status=401)
        listed = [{"id": name, "object": "model"} for name in self.models]
        return web.json_response({"object": "list", "data": listed})

    async def _control(self, request: web.Request) -> web.Response:
        verb, given = request.match_info["verb"], json.loads(await request.text() or "{}")
        if verb == "script":
            self.script(Script(**given))
        elif verb == "hold":
            self.hold()
        elif verb == "release":
            self.release(given.get("tokens"))
        return web.json_response({"requests": len(self.requests)})

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        peer = str(http.transport.get_extra_info("peername")) if http.transport else ""
        request = Request(await http.json(), dict(http.headers), http.path, peer, time.monotonic())
        with self._changed:
            self.requests.append(request)
            script = self._choose(request)
            self._changed.notify_all()
        try:
            return await self._answer(http, request, script)
        except _CutError:
            raise asyncio.CancelledError from None
        except (ConnectionError, asyncio.CancelledError):
            self._move(request, disconnected=time.monotonic())
            raise asyncio.CancelledError from None
        finally:
            self._move(request, finished=time.monotonic())
            self._record(request)

    def _choose(self, request: Request) -> Script:
        own = re.search(r"\[\[(\{.*\})\]\]", request.last, re.DOTALL)
        if own:
            return Script(**{"text": f"Answer to: {request.last[: own.start()].strip()}", **json.loads(own[1])})
        for marker, script in self._rules:
            if marker in request.last:
                return script
        return self._queue.popleft() if self._queue else Script(f"Answer to: {request.last}")

    async def _answer(self, http: web.Request, request: Request, script: Script) -> web.StreamResponse:
        if script.status != 200 or script.body is not None:
            headers = {"Retry-After": script.retry_after} if script.retry_after is not None else {}
            text = script.body or json.dumps({"error": {"message": f"scripted {script.status}", "code": None}})
            kind = script.content_type or "application/json"
            return web.Response(status=script.status, text=text, content_type=kind, headers=headers)
        if not request.body.get("stream"):
            return web.json_response(answers.whole(script))
        response = web.StreamResponse(headers={"Content-Type": script.content_type or "text/event-stream"})
        await response.prepare(http)
        if script.raw is not None:
            for piece in script.raw:
                await self._gate(script)
                await response.write(piece)
                self._move(request, sent=request.sent + 1)
        else:
            await self._stream(http, response, request, script)
        await response.write_eof()
        return response

    async def _stream(self, http: web.Request, response: web.StreamResponse, request: Request, script: Script) -> None:
        for chunk in answers.before(script):
            await response.write(chunk)
        for number, token in enumerate([*script.tokens(), None]):
            if number == script.cut_after and http.transport is not None:
                # Not abort(): what was written before must still arrive.
                http.transport.close()
                raise _CutError
            if number == script.stall_after:
                await asyncio.Event().wait()
            if number == script.error_after:
                await response.write(answers.data({"error": script.error}))
                return
            if token is None:
                break
            await self._gate(script)
            await response.write(answers.data(answers.chunk({"content": token})))
            self._move(request, sent=request.sent + 1)
            if script.rate:
                await asyncio.sleep(1 / script.rate)
        wants = (request.body.get("stream_options") or {}).get("include_usage")
        for chunk in answers.after(script, with_usage=bool(wants) and script.usage):
            await response.write(chunk)

    async def _gate(self, script: Script) -> None:
        while True:
            with self._changed:
                if not (self._held or script.held):
                    return
                if self._free:
                    self._free -= 1
                    return
                waiter = self._loop.create_future()
                self._wake.append(waiter)
            await waiter

    def _wake_all(self) -> None:
        waiting, self._wake = self._wake, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _move(self, request: Request, **changes: Any) -> None:  # Any: values of Request's fields
        with self._changed:
            for name, value in changes.items():
                setattr(request, name, value)
            self._changed.notify_all()

    def _record(self, request: Request) -> None:
        if self._log:
            with Path(self._log).open("a") as file:  # one short line: no need for a thread
                file.write(json.dumps(asdict(request)) + "\n")


class _CutError(Exception):
    """The script cut the connection."""


def main() -> None:
    """Serves until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log")
    options = parser.parse_args()
    with ScriptedModel(options.port, options.log) as endpoint:
        print(f"Scripted model at {endpoint.url}, key {endpoint.key}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
