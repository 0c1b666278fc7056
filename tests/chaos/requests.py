"""HTTP requests of a signed-in user, one connection each."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, NamedTuple
from uuid import UUID

import orjson

SECONDS = 20.0


class Failed(Exception):
    """The request was not answered with success; its message is the status line, or the exception's name."""


class Address(NamedTuple):
    """A port of loopback and the cookie that a user sends there."""

    port: int
    cookie: str


async def fetch_state(address: Address, thread: UUID) -> dict[str, Any]:  # Any: the state's JSON
    """What the page fetches of a thread. Raises `Failed`."""
    return dict(orjson.loads(await request(address, "GET", f"/t/{thread}/state")))


async def post(address: Address, path: str) -> None:
    """Send an empty form, as the page's own scripts do. Raises `Failed`."""
    token = secrets.token_hex(16)
    signed = Address(address.port, f"{address.cookie}; csrftoken={token}")
    await request(signed, "POST", path, f"X-CSRFToken: {token}\r\nContent-Length: 2\r\n", b"{}")


async def request(address: Address, method: str, path: str, headers: str = "", body: bytes = b"") -> bytes:
    """The body of the answer. Raises `Failed`."""
    host = f"127.0.0.1:{address.port}"
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {address.cookie}\r\nConnection: close\r\n{headers}\r\n"
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
            try:
                writer.write(head.encode() + body)
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        raise Failed(type(error).__name__) from error
    head_lines, _, content = answer.partition(b"\r\n\r\n")
    status = head_lines.split(b"\r\n")[0].decode()
    if not status.startswith("HTTP/1.1 2"):
        raise Failed(status or "no answer")
    if b"transfer-encoding: chunked" in head_lines.lower():
        content = _joined(content)
    return content


def _joined(chunked: bytes) -> bytes:
    parts = []
    while chunked:
        size, _, rest = chunked.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        chunked = rest[length + 2 :]
    return b"".join(parts)
