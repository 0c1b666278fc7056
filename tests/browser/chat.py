"""The chat page as a person sees it: by roles and names, rarely by classes."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect


class Chat:
    """One tab with the chat in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_role("textbox", name="Message", exact=True)
        self.questions = page.locator("article.question")
        self.answers = page.locator("article.answer")
        self.stop = page.get_by_role("button", name="Stop", exact=True)
        self.send = page.locator("form.composer").get_by_role("button", name=re.compile("^Send"))
        self.retry = page.get_by_role("button", name="Try again")
        self.jump = page.get_by_role("button", name="Go to the latest message")
        self.no_connection = page.get_by_text("No connection")
        self.sidebar = page.get_by_role("complementary", name="Threads and account")
        self.threads = self.sidebar.locator(".thread-link")

    def say(self, text: str) -> None:
        """Type a message and press Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def ask(self, text: str) -> str:
        """Say it, wait for the whole answer, return its text."""
        number = self.answers.count()
        self.say(text)
        expect(self.answers).to_have_count(number + 1)
        self.ended()
        return self.text(number)

    def ended(self) -> None:
        """Wait until nothing is being answered any more."""
        expect(self.answers.last).to_have_attribute("aria-busy", "false")
        expect(self.stop).to_have_count(0)

    def text(self, number: int = -1) -> str:
        """The text of an answer, white space made one."""
        return " ".join(self.answers.nth(number).locator(".prose").inner_text().split())

    def question(self, text: str) -> Locator:
        """The question with this text."""
        return self.questions.filter(has_text=text)

    def thread(self, title: str) -> Locator:
        """The row of a thread in the sidebar."""
        return self.sidebar.locator(".thread-row").filter(has_text=title)

    def in_thread(self) -> str:
        """Wait until the chat is a thread; return its path."""
        self.page.wait_for_url(re.compile(r"/t/[0-9a-f-]{36}/"))
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    def menu(self, title: str) -> Locator:
        """Open the menu of a thread in the sidebar."""
        row = self.thread(title)
        row.hover()
        row.get_by_role("button", name=re.compile("^Actions for")).click()
        return self.page.get_by_role("menu")

    def record(self) -> None:
        """From now on note every text that the last answer shows."""
        self.page.evaluate(
            """() => {
              window.shown = [];
              const note = () => {
                const text = [...document.querySelectorAll("article.answer .prose")].at(-1)?.innerText ?? "";
                if (text !== window.shown.at(-1)) window.shown.push(text);
              };
              new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
              note();
            }"""
        )

    def recorded(self) -> list[str]:
        """What the last answer has shown since, one after the other."""
        return [" ".join(str(each).split()) for each in self.page.evaluate("window.shown")]

    def run(self, script: str, argument: Any = None) -> Any:  # Any: what JavaScript gives
        """Evaluate a function in the page."""
        return self.page.evaluate(script, argument)
