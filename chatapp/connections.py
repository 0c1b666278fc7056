"""Kept connections to the models' endpoints: one session for each event loop, and the proxy to use."""

from __future__ import annotations

import asyncio
import weakref
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

# One session, so one pool of kept connections, for each event loop: it cannot be used from another.
_sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = weakref.WeakKeyDictionary()
_draining: set[asyncio.Task[None]] = set()


def session() -> aiohttp.ClientSession:
    """The session of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _sessions.get(loop)
    if found is None or found.closed:
        found = _sessions[loop] = aiohttp.ClientSession(
            # The number of runs is bounded elsewhere; a limit here would queue answers unseen.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=60),
            headers={"User-Agent": "Everthread"},
            auto_decompress=True,
            read_bufsize=256 * 1024,
            cookie_jar=aiohttp.DummyCookieJar(),  # users share the session: nothing may carry over
        )
    return found


async def close() -> None:
    """Closes the connections of the running event loop."""
    for task in list(_draining):
        task.cancel()
    found = _sessions.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()


def drain_later(response: aiohttp.ClientResponse) -> None:
    """Lets a finished answer end by itself for a moment, so that its connection can be used again."""

    async def drain() -> None:
        try:
            async with asyncio.timeout(1):
                while await response.content.readany():
                    pass
            response.release()
        except (aiohttp.ClientError, OSError, TimeoutError):
            response.close()

    task = asyncio.get_running_loop().create_task(drain())
    _draining.add(task)
    task.add_done_callback(_draining.discard)


def proxy_for(url: str) -> str | None:
    """The proxy of the environment for `url`.

    Looked up here because aiohttp's own `trust_env` also reads ~/.netrc, in a thread, for each request.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _LOOPBACK or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
