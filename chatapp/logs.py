"""Log lines that carry ids and exception classes, never content."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)


class ContentFree(logging.Formatter):
    """Formats exceptions as traceback and class. Their messages are left out: they may quote what people wrote."""

    def formatException(  # noqa: N802 - the name is logging's
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Where it happened and what it was, causes first."""
        return "\n".join(_told(ei[1])) if ei[1] is not None else ""


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
