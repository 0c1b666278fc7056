"""What a server starts before it accepts connections and stops after the last one, in whatever process it is."""

from __future__ import annotations

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable

from chatapp import process


async def lifespan(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The lifespan of the ASGI server around this event loop's process."""
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
