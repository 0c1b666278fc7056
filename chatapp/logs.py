"""Log lines that carry ids and exception classes, never content; as text, or one JSON object each."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any, Final

logger = logging.getLogger(__name__)

IDS: Final = ("request_id", "run_id", "thread_id", "user_id")
_HOST: Final = socket.gethostname()
_known: ContextVar[Mapping[str, str]] = ContextVar("known", default=MappingProxyType({}))


def about(**ids: object) -> None:
    """From now on, in this task and those it starts, log lines name these ids (of `IDS`). None forgets one."""
    known = {**_known.get(), **{name: str(value) for name, value in ids.items() if value is not None}}
    _known.set({name: value for name, value in known.items() if ids.get(name, value) is not None})


def known() -> Mapping[str, str]:
    """The ids that log lines of this task name."""
    return _known.get()


class ContentFree(logging.Formatter):
    """Formats exceptions as traceback and class. Their messages are left out: they may quote what people wrote."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. What another handler's formatter left in the record is not used: it has the message."""
        record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_text = None

    def formatException(  # noqa: N802 - the name is logging's
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Where it happened and what it was, causes first."""
        return "\n".join(_told(ei[1])) if ei[1] is not None else ""


class Structured(ContentFree):
    """One JSON object a line: time, level, logger, message, where, the ids that are known, and the exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Only what is named here gets into it, whatever else the record carries."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": f"{_HOST}:{record.process}",
            **_known.get(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _told(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
        yield "which led to"
    yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__


def name_only(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An event loop's exception handler: asyncio's own prints the exception with its message."""
    error = context.get("exception")
    logger.error("Unexpected in the event loop: %s.", type(error).__name__ if error else context.get("message"))
