"""What a person sees when the model fails, and Try again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.scripted_model import Script, ScriptedModel


@pytest.mark.parametrize(
    ("failing", "sentence", "kept"),
    [
        (Script(status=401), "did not accept the API key", ""),
        (Script(status=429, retry_after="0"), "too many requests right now", ""),
        (Script(status=500, retry_after="0"), "could not be reached", ""),
        (Script("half of an answer", cut_after=2), "broke off in the middle", "half of"),
        (Script(""), "empty answer", ""),
    ],
    ids=["key", "busy", "error", "cut", "empty"],
)
def test_failure_says_what_happened_and_try_again_answers(
    chat: Chat, endpoint: ScriptedModel, failing: Script, sentence: str, kept: str
) -> None:
    endpoint.rule("Please answer", failing)
    chat.say("Please answer")
    expect(chat.answers).to_contain_text(sentence)
    chat.ended()
    assert chat.text() == kept
    chat.in_thread()
    chat.page.reload()
    expect(chat.answers).to_contain_text(sentence)
    assert chat.text() == kept

    endpoint.rule("Please answer", Script("The whole answer."))
    chat.retry.click()
    expect(chat.answers.last).to_contain_text("The whole answer.")
    expect(chat.answers).to_have_count(1)
    expect(chat.retry).to_have_count(0)
    chat.page.reload()
    expect(chat.answers).to_have_count(1)
    assert chat.text() == "The whole answer."
