"""What a browser complains about: errors on the console, uncaught exceptions, violations of the policy."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

# Chromium's words for a server that is not there.
SERVER_GONE = r"net::ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|WebSocket connection to .* failed"


class Console:
    """Collects the complaints of several browsers. Chromium reports violations of the policy as console errors."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def watch(self, context: BrowserContext) -> None:
        """Listen to all pages of the context."""
        context.on("console", self._said)
        context.on("weberror", self._thrown)

    def expect(self, pattern: str) -> None:
        """What this test makes happen on purpose."""
        self._expected.append(re.compile(pattern))

    def check(self) -> None:
        """Raises `AssertionError` on any complaint that was not expected."""
        found = [each for each in self.complaints if not any(one.search(each) for one in self._expected)]
        assert not found, "On the console:\n" + "\n".join(found)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _thrown(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")
