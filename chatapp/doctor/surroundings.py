"""What `doctor` examines around the database: settings and secrets, Redis, the model's endpoint, disk, front end."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import aiohttp
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import checks
from langchain_core.messages import HumanMessage
from redis import Redis
from redis.exceptions import RedisError

from chatapp import connections
from chatapp.doctor.findings import Finding, Level
from chatapp.graph import endpoints
from chatapp.graph import model as models
from chatapp.graph.failures import ModelFailure

SECONDS: Final = 5.0
LEAST_BYTES: Final = 200 * 1024**2
FEW_BYTES: Final = 2 * 1024**3
BUNDLE: Final = ("dist/chat.js", "dist/chat.css", "dist/fonts.css")


def settings_and_secrets() -> Iterator[Finding]:
    """Django's checks and ours, those for deployment too in production; who could read the secrets."""
    told = False
    for message in checks.run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.is_silenced():
            continue
        told = True
        level = Level.FAILURE if message.level >= checks.ERROR else Level.WARNING
        yield Finding("settings", level, f"{message.msg} ({message.id})", message.hint or "")
    if settings.PRODUCTION and not settings.TRUSTED_PROXIES:
        told = True
        found = "TRUSTED_PROXIES is 0: rate limits would count everyone behind a proxy as one."
        yield Finding("settings", Level.WARNING, found, "Set it to the number of proxies before Everthread.")
    for name in ("master_keys", "secret_key"):
        path = settings.DATA_DIR / name
        if path.exists() and path.stat().st_mode & 0o077:
            told = True
            yield Finding("settings", Level.WARNING, f"Others than its owner may read {path}.", f"chmod 600 {path}")
    if not told:
        kind = "Production" if settings.PRODUCTION else "Development (PRODUCTION is not set)"
        metrics = "with its token" if settings.METRICS_TOKEN else "on this machine only"
        yield Finding("settings", Level.OK, f"{kind}; all system checks pass; /metrics can be read {metrics}.")


def redis() -> Iterator[Finding]:
    """What is published comes back."""
    if not settings.REDIS_URL:
        yield Finding(
            "redis",
            Level.OK,
            "REDIS_URL is not set: fine for one process; several poll the event log, which is slower.",
        )
        return
    channel, mark = f"everthread:doctor.{uuid4().hex}", uuid4().hex.encode()
    advice = (
        "Check REDIS_URL and that the server runs. Chat goes on without it: events are polled, within about a second."
    )
    try:
        with (
            Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client,
            client.pubsub(ignore_subscribe_messages=True) as listening,
        ):
            listening.subscribe(channel)
            listening.get_message(timeout=SECONDS)  # that it is subscribed
            began = time.monotonic()
            client.publish(channel, mark)
            message = listening.get_message(timeout=SECONDS)
    except (RedisError, OSError, ValueError) as error:
        yield Finding("redis", Level.FAILURE, f"It cannot be used: {type(error).__name__}.", advice)
        return
    took = (time.monotonic() - began) * 1000
    if message is None or message["data"] != mark:
        yield Finding("redis", Level.FAILURE, "What is published does not come back.", advice)
    else:
        yield Finding("redis", Level.OK, f"What is published comes back in {took:.0f} ms.")


def model(*, call: bool = False) -> Iterator[Finding]:
    """The endpoint lists its models; with `call`, it answers with one token."""
    if settings.DEMO:
        level = Level.WARNING if settings.PRODUCTION else Level.OK
        advice = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own." if settings.PRODUCTION else ""
        yield Finding("model", level, "The built-in demo model answers.", advice)
        return
    yield asyncio.run(_one_token() if call else _listed())


async def _listed() -> Finding:
    address = f"{settings.OPENAI_BASE_URL.rstrip('/')}/models"
    headers = {"Authorization": f"Bearer {settings.OPENAI_API_KEY}"} if settings.OPENAI_API_KEY else {}
    try:
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession() as session,
            session.get(
                address, headers=headers, allow_redirects=False, proxy=connections.proxy_for(address)
            ) as answer,
        ):
            status, listed = answer.status, await _names(answer)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        found = f"The model's endpoint cannot be reached: {type(error).__name__}."
        return Finding("model", Level.FAILURE, found, "Check OPENAI_BASE_URL, and that this machine may connect to it.")
    if status in (401, 403):
        return Finding("model", Level.FAILURE, f"The endpoint refuses the key ({status}).", "Check OPENAI_API_KEY.")
    if status != 200:
        found = f"The endpoint does not list its models ({status}), which not every one does."
        return Finding("model", Level.WARNING, found, "`manage.py doctor --model` asks it for one token.")
    if listed and (unknown := [name for name in settings.OPENAI_MODELS if name not in listed]):
        found = f"The endpoint lists {len(listed)} models and not {', '.join(unknown)}."
        return Finding("model", Level.WARNING, found, "Check OPENAI_MODEL and OPENAI_MODELS.")
    return Finding("model", Level.OK, f"The endpoint answers and lists {len(listed)} models.")


async def _names(answer: aiohttp.ClientResponse) -> set[str]:
    """The ids in a list of models; none when it is no such list."""
    if answer.status != 200:
        return set()
    value = await answer.json(content_type=None)
    rows = value.get("data") if isinstance(value, dict) else None
    return (
        {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row} if isinstance(rows, list) else set()
    )


async def _one_token() -> Finding:
    asked = models.chat_model(
        endpoints.endpoint(settings.OPENAI_MODEL), max_tokens=1, limits=models.Limits(tries=1, first_byte=60, stall=60)
    )
    try:
        await models.complete(asked, [HumanMessage("Say yes.")])
    except ModelFailure as failed:
        if failed.kind != "empty":  # one token may be none that is shown
            found = f"The model {settings.OPENAI_MODEL} does not answer: {failed.kind}."
            return Finding("model", Level.FAILURE, found, "Check OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL.")
    finally:
        await models.close()
    return Finding("model", Level.OK, f"The model {settings.OPENAI_MODEL} answers.")


def disk() -> Iterator[Finding]:
    """DATA_DIR's disk. That of a PostgreSQL elsewhere is not seen from here."""
    folder = settings.DATA_DIR
    if not folder.is_dir():
        yield Finding("disk", Level.OK, f"DATA_DIR ({folder}) is not there, and not needed in production.")
        return
    usage = shutil.disk_usage(folder)
    found = f"{usage.free / 1024**3:.1f} GB free where DATA_DIR is ({folder})."
    if usage.free < LEAST_BYTES:
        yield Finding("disk", Level.FAILURE, found, "Make room: a full disk under the database refuses new messages.")
    elif usage.free < FEW_BYTES:
        yield Finding("disk", Level.WARNING, found, "Make room, or watch it.")
    else:
        yield Finding("disk", Level.OK, found)


def front_end() -> Iterator[Finding]:
    """The bundle was built."""
    missing = [name for name in BUNDLE if finders.find(name) is None and not (settings.STATIC_ROOT / name).is_file()]
    if missing:
        found = f"Not built: {', '.join(missing)}."
        yield Finding(
            "front end", Level.FAILURE, found, "Run `npm ci && npm run build`, or use `make run` or the image."
        )
    else:
        yield Finding("front end", Level.OK, "The bundle is built.")
