"""What the chat asks before anything is kept, as a person sees it."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Locator, Page

from chatapp.models import User
from memory import memories
from tests.browser.chat import Chat
from tests.scripted_model import Script

VEGETARIAN = "The user is vegetarian."


def remembers(*texts: str) -> Script:
    """An answer that wants to keep these."""
    return Script(calls=[("remember", json.dumps({"text": text})) for text in texts], finish="tool_calls")


def cards(chat: Chat) -> Locator:
    """What is asked, one group each."""
    return chat.page.get_by_role("region", name="Needs your answer").get_by_role("group", name=re.compile(" this"))


def press(card: Locator | Page, name: str) -> None:
    card.get_by_role("button", name=name, exact=True).click()


def kept(user: User) -> list[str]:
    """What is kept about the user."""
    return sorted(each.text for each in memories.page(user.pk)[0])
