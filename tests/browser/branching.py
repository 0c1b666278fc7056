"""Going about the branches of a thread on its page, and what the model was given."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from chatapp.models import RestorePoint, Thread
from tests.browser.chat import Chat
from tests.planted_threads import Planted
from tests.scripted_model import ScriptedModel

EDITOR = "Text of the message to be changed"
IN_FOCUS = "() => document.activeElement !== document.body"


def fork(chat: Chat, text: str) -> Locator:
    """The arrows at the question or answer with this text."""
    return chat.page.locator("article").filter(has_text=text).get_by_role("group", name=re.compile("^Versions of this"))


def turn(chat: Chat, text: str, way: str, to: str) -> None:
    """Press an arrow, and wait for what it leads to."""
    fork(chat, text).get_by_role("button", name=f"{way} version").click()
    expect(chat.page.locator("article").filter(has_text=to)).to_be_visible()


def edit(chat: Chat, old: str, new: str) -> None:
    """Put a question anew, and wait for the answer."""
    question = chat.question(old)
    question.hover()
    question.get_by_role("button", name="Edit message").click()
    field = chat.page.get_by_role("textbox", name=EDITOR)
    expect(field).to_have_value(old)
    field.fill(new)
    field.press("Enter")
    expect(chat.question(new)).to_be_visible()
    expect(field).to_have_count(0)
    chat.ended()


def answer_again(chat: Chat, number: int = -1, model: str = "scripted") -> None:
    """Have a question answered once more."""
    answer = chat.answers.nth(number)
    before = chat.page.locator(f"id={answer.get_attribute('id')}")
    answer.hover()
    answer.get_by_role("button", name="Answer again").click()
    chat.page.get_by_role("menuitem", name=re.compile(f"^{model}( this answer)?$")).click()
    expect(before).to_have_count(0)
    chat.ended()


def knot(chat: Chat, number: int = -1) -> Locator:
    """Open the card of a turn's knot."""
    chat.page.get_by_role("button", name="About this turn").nth(number).click()
    return chat.page.get_by_role("group", name="About this turn")


def given(endpoint: ScriptedModel) -> list[str]:
    """What the model was given last, without what the system says."""
    conversations = [each.messages for each in endpoint.requests if "Assistant: " not in each.last]
    return [str(each["content"]) for each in conversations[-1] if each["role"] != "system"]


def shown(chat: Chat) -> list[str]:
    """The messages on the page, in order."""
    texts = chat.page.locator("article :is(.question-text, .prose)").all_inner_texts()
    return [" ".join(text.split()) for text in texts]


def rolled_back(thread: Planted, number: int) -> None:
    """As an administrator does it: the thread shows the message of this number last."""
    to, left = thread.messages[number], Thread.objects.get(id=thread.id).head_id
    kind = RestorePoint.Kind.ROLLBACK
    RestorePoint.objects.create(
        thread_id=thread.id, kind=kind, checkpoint_id="c", to_tip="c", to_head_id=to, from_head_id=left
    )
    Thread.objects.filter(id=thread.id).update(head=to)
