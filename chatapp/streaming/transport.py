"""The lowest layer of a socket: what a client that reads slowly, or not at all, may cost.

Uvicorn's protocol waits for room before each frame, but leaves it to the kernel how much is buffered, takes a client
whose pong is late for dead, and waits for ever for one that reads nothing. Here the buffers are small, a slow client is
left in peace as long as it takes something, and one that takes nothing for `SLOW_READER_SECONDS` is cut off.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from asyncio import TimerHandle
from asyncio.transports import BaseTransport
from typing import Final

from django.conf import settings
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from chatapp.streaming import protocol

# What waits in this process, and in the kernel (which doubles the number for its own needs).
BUFFER_BYTES: Final = 32 * 1024
KERNEL_BYTES: Final = 64 * 1024
# After its close frame, a client has so long to take it.
LINGER_SECONDS: Final = 5.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket of uvicorn's whose memory and patience are bounded."""

    _watching: TimerHandle | None = None
    _lingering: TimerHandle | None = None
    _left = 0
    _moved = 0.0

    def connection_made(self, transport: BaseTransport) -> None:
        """Bound the buffers."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        for timer in (self._watching, self._lingering):
            if timer is not None:
                timer.cancel()
        self._watching = self._lingering = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes less than it is sent: see whether it takes anything."""
        super().pause_writing()
        self._watch()

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a close frame that nobody takes does not keep the connection."""
        await super().send(message)
        if message["type"] == "websocket.close":
            self._linger(self.close_timeout + LINGER_SECONDS)

    def keepalive_timeout(self) -> None:
        """A pong is late: the ping may wait behind what the client has still to read."""
        waited = self.loop.time() - self.ping_sent_at
        if self._unsent():
            self._watch()
            self.pong_timer = self.loop.call_later(self._patience, self.keepalive_timeout)
        elif waited < self._patience:
            self.pong_timer = self.loop.call_later(self._patience - waited, self.keepalive_timeout)
        else:
            super().keepalive_timeout()
            self._linger(LINGER_SECONDS)

    @property
    def _patience(self) -> float:
        return float(settings.SLOW_READER_SECONDS)

    def _unsent(self) -> int:
        """Bytes that the client's machine has not taken yet."""
        try:
            (kernel,) = struct.unpack("i", fcntl.ioctl(self._descriptor(), termios.TIOCOUTQ, bytes(4)))
        except OSError:
            kernel = 0
        return int(self.transport.get_write_buffer_size()) + int(kernel)

    def _descriptor(self) -> int:
        return int(self.transport.get_extra_info("socket").fileno())

    def _watch(self) -> None:
        if self._watching is None:
            self._left, self._moved = self._unsent(), self.loop.time()
            self._watching = self.loop.call_later(self._patience / 10, self._look)

    def _look(self) -> None:
        self._watching = None
        left, now = self._unsent(), self.loop.time()
        if left < self._left:
            self._moved = now
        self._left = left
        if not left:
            return
        if now - self._moved >= self._patience:
            self._cut_off()
        else:
            self._watching = self.loop.call_later(self._patience / 10, self._look)

    def _cut_off(self) -> None:
        """Tell the application and, should it read on, the client; then let go of whatever is still to be sent."""
        if not self.close_sent and not self.transport.is_closing():
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": protocol.TOO_SLOW, "reason": ""})
            self.conn.send_close(protocol.TOO_SLOW)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            # Uvicorn closes gently, and so never, when the application has ended, unless a timer stands here.
            self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        self._linger(LINGER_SECONDS)

    def _linger(self, seconds: float) -> None:
        if self._lingering is None and not self.disconnected:
            self._lingering = self.loop.call_later(seconds, self.transport.abort)
