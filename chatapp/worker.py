"""The ASGI application of a worker: executes runs and other jobs, and answers an operator's probes. No pages."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")

import django
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

django.setup()

from chatapp.lifespan import lifespan
from chatapp.web import ops


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer a probe, or serve the lifespan of the server."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000, "reason": None})  # unaccepted: refused with 403
    else:
        await ops.application(scope, receive, send)
