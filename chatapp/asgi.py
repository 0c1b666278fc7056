"""The ASGI application: pages over HTTP, threads over WebSockets, and the lifespan of what runs beside them."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

django_application = get_asgi_application()

from chatapp.lifespan import lifespan
from chatapp.streaming.consumer import ThreadConsumer
from chatapp.web import ops
from chatapp.web.request_ids import RequestIds

_routes = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AuthMiddlewareStack(
            URLRouter([path("api/threads/<uuid:thread_id>/stream/events", ThreadConsumer.as_asgi())])
        ),
    }
)


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Serve one connection, or the lifespan of the server."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] in ops.PATHS:
        await ops.application(scope, receive, send)
    else:
        await _named(scope, receive, send)


_named = RequestIds(_routes)
