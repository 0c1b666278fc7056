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

from chatapp import process
from chatapp.streaming.consumer import ThreadConsumer

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
        await _lifespan(receive, send)
    else:
        await _routes(scope, receive, send)


async def _lifespan(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    here = process.current()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await here.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await here.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
