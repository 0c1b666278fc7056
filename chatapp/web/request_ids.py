"""A name for each request and each socket, in every log line that comes of it and in the answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from django.conf import settings

from chatapp import logs

Application = Callable[[Scope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]
HEADER: Final = b"x-request-id"
# Anything else could forge log lines, or fill them.
WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class RequestIds:
    """Names what it hands on to an ASGI application, and says the name in the answer's `X-Request-ID`."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        request_id = _given(scope) or uuid4().hex.encode()
        logs.about(request_id=request_id.decode())

        async def named(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event.get("headers", ()), (HEADER, request_id)]
            await send(event)

        await self._application(scope, receive, named if scope["type"] == "http" else send)


def _given(scope: Scope) -> bytes | None:
    """The name that a proxy of ours gave to the request. Without one, whoever sends the header is a stranger."""
    if not settings.TRUSTED_PROXIES or scope["type"] == "lifespan":
        return None
    given = [value for name, value in scope["headers"] if name == HEADER]
    return given[0] if len(given) == 1 and WELL_FORMED.fullmatch(given[0]) else None
