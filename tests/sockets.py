"""Real sockets and requests of a signed-in user, for tests of the running server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from chatapp.models import User

Json = dict[str, Any]
SECONDS = 10.0
ALL = ["messages", "lifecycle", "custom"]


class Visitor:
    """A browser without a page: its cookies, its requests, its sockets."""

    def __init__(self, port: int, session: str | None) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session}" if session else ""
        self._open = ExitStack()
        self.http = httpx.Client(base_url=self.origin, headers={"cookie": self.cookie} if session else {})

    @classmethod
    def of(cls, port: int, user: User | None) -> Self:
        """A browser in which this user has signed in."""
        client = Client()
        if user is not None:
            client.force_login(user)
        cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
        return cls(port, cookie.value if cookie else None)

    def open(self, thread_id: UUID, *, origin: str | None = "own", subscribe: int | None = None) -> Socket:
        """A socket on the thread; with `subscribe` a subscription to everything above that number."""
        headers = {"cookie": self.cookie} if self.cookie else {}
        opening = connect(
            f"ws://127.0.0.1:{self.port}/api/threads/{thread_id}/stream/events",
            additional_headers=headers,
            origin=Origin(self.origin) if origin == "own" else Origin(origin) if origin else None,
            max_size=None,
            ping_interval=None,
        )
        socket = Socket(self._open.enter_context(opening))
        if subscribe is not None:
            socket.command("subscription.subscribe", channels=ALL, since=subscribe)
        return socket

    def state(self, thread_id: UUID) -> Json:
        """What the page fetches of a thread."""
        answer = self.http.get(f"/t/{thread_id}/state")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def leave(self) -> None:
        """Close everything."""
        self._open.close()
        self.http.close()


class Socket:
    """One WebSocket. Frames are kept in `frames`, events among them in `events`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Json] = []
        self._number = 0

    @property
    def events(self) -> list[Json]:
        """The numbered events received so far."""
        return [each for each in self.frames if each.get("type") == "event" and each["seq"] is not None]

    def send(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        self.connection.send(frame)

    def command(self, method: str, **params: Any) -> Json:
        """Send a command and return its answer, whatever comes between."""
        self._number += 1
        self.send(json.dumps({"id": self._number, "method": method, "params": params}))
        number = self._number
        return self.until(lambda frame: frame.get("id") == number and frame.get("type") in ("success", "error"))

    def say(self, text: str, message_id: UUID | None = None, **config: Any) -> Json:
        """Send a message; return the answer to the command."""
        message = {"id": str(message_id or uuid4()), "type": "human", "content": text}
        params: Json = {"assistant_id": "chat", "input": {"messages": [message]}}
        if config:
            params["config"] = {"configurable": config}
        return self.command("run.start", **params)

    def until(self, wanted: Callable[[Json], object], seconds: float = SECONDS) -> Json:
        """Receive until a frame is wanted; return it. Raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while True:
            frame = json.loads(self.connection.recv(timeout=max(0.0, deadline - time.monotonic())))
            self.frames.append(frame)
            if wanted(frame):
                return dict(frame)

    def ended(self, seconds: float = SECONDS) -> Json:
        """Receive until the current run has ended; return the data of its last lifecycle event."""
        frame = self.until(
            lambda frame: (
                frame.get("method") == "lifecycle"
                and frame["params"]["data"]["event"] in ("completed", "failed", "interrupted")
            ),
            seconds,
        )
        return dict(frame["params"]["data"])

    def text(self, run_id: str | None = None) -> str:
        """The answer as the events received so far tell it."""
        text = ""
        for event in self.events:
            data = event["params"]["data"]
            if data.get("name") == "attempt":
                text = ""
            if data.get("event") == "content-block-delta" and run_id in (None, data["run_id"]):
                text += data["delta"].get("text", "")
        return text

    def closed(self, seconds: float = SECONDS) -> int:
        """Receive until the server closes; return the code."""
        try:
            self.until(lambda frame: False, seconds)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError("unreachable")
