"""The messages that wait: changed, removed, sent now, in every tab."""

from __future__ import annotations

from playwright.sync_api import expect

from chatapp.models import User
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.scripted_model import Script, ScriptedModel

EDITOR = "Text of the queued message"


def held(chat: Chat, endpoint: ScriptedModel, *texts: str) -> None:
    """An answer that is being written, and these messages after it."""
    endpoint.rule("First", Script("one two three four", held=True))
    endpoint.rule("\n\nAssistant: ", Script("A title"))  # a held one would take the tokens of the next test
    chat.say("First")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(2)
    expect(chat.answers).to_contain_text("one two")
    for text in texts:
        chat.say(text)
        expect(chat.question(text)).to_contain_text("Queued")


def do(chat: Chat, what: str, text: str) -> None:
    """Press a button of a queued message."""
    chat.question(text).get_by_role("button", name=what).click()


def test_queued_message_is_edited_and_the_other_tab_shows_it(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    held(chat, endpoint, "Second", "Third")
    other = enter(alice, chat.in_thread())
    expect(other.question("Second")).to_contain_text("Queued")
    do(chat, "Edit", "Second")
    editor = chat.page.get_by_role("textbox", name=EDITOR)
    expect(editor).to_have_value("Second")
    editor.fill("Second, in verse")
    editor.press("Shift+Enter")
    chat.page.keyboard.type("with rhymes")
    editor.press("Enter")
    expect(editor).to_have_count(0)
    for tab in (chat, other):
        expect(tab.question("Second, in verse")).to_contain_text("with rhymes")
        expect(tab.questions).to_have_count(3)
    do(other, "Edit", "Third")
    other.page.get_by_role("textbox", name=EDITOR).fill("never mind")
    other.page.keyboard.press("Escape")
    expect(other.question("Third")).to_contain_text("Queued")
    endpoint.release()
    expect(chat.answers).to_have_count(3)
    chat.ended()
    assert chat.text(1) == "Answer to: Second, in verse with rhymes"
    assert chat.text(2) == "Answer to: Third"


def test_removed_message_goes_from_every_tab_and_can_be_put_back(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    held(chat, endpoint, "Second", "Third")
    other = enter(alice, chat.in_thread())
    expect(other.questions).to_have_count(3)
    do(chat, "Remove", "Second")
    for tab in (chat, other):
        expect(tab.question("Second")).to_have_count(0)
        expect(tab.questions).to_have_count(2)
    chat.page.get_by_role("button", name="Undo").click()
    for tab in (chat, other):
        expect(tab.questions).to_have_count(3)
        expect(tab.questions.last).to_contain_text("Second")
        expect(tab.questions.last).to_contain_text("Queued")
    endpoint.release()
    expect(other.answers).to_have_count(3)
    other.ended()
    assert [other.text(number) for number in range(3)] == [
        "one two three four",
        "Answer to: Third",
        "Answer to: Second",
    ]


def test_message_sent_now_stops_the_answer_and_is_the_next(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    held(chat, endpoint, "Second", "Third")
    other = enter(alice, chat.in_thread())
    expect(other.questions).to_have_count(3)
    do(chat, "Send now", "Third")
    endpoint.wait_for(lambda: endpoint.requests_for("First")[0].disconnected)
    for tab in (chat, other):
        expect(tab.answers.first.get_by_text("Stopped", exact=True)).to_be_visible()
        expect(tab.answers).to_have_count(3)
        tab.ended()
        order = [" ".join(each.split()) for each in tab.questions.locator(".question-text").all_inner_texts()]
        assert order == ["First", "Third", "Second"]
        assert [tab.text(number) for number in range(3)] == ["one two", "Answer to: Third", "Answer to: Second"]


def test_change_of_a_message_that_is_taken_up_meanwhile_goes_into_the_composer(
    chat: Chat, endpoint: ScriptedModel
) -> None:
    held(chat, endpoint, "Second")
    do(chat, "Edit", "Second")
    chat.page.get_by_role("textbox", name=EDITOR).fill("Second, but better")
    endpoint.release()
    expect(chat.answers).to_have_count(2)
    chat.ended()
    assert chat.text() == "Answer to: Second"
    expect(chat.page.get_by_role("textbox", name=EDITOR)).to_have_count(0)
    expect(chat.composer).to_have_value("Second, but better")
    expect(chat.composer).to_be_focused()


def test_sixth_message_that_would_wait_is_refused_with_a_sentence(chat: Chat, endpoint: ScriptedModel) -> None:
    held(chat, endpoint, *(f"Message {number}" for number in range(5)))
    chat.say("One too many")
    refused = chat.question("One too many")
    expect(refused.get_by_role("alert")).to_contain_text("Too many messages are waiting")
    do(chat, "Remove", "Message 2")
    expect(chat.questions).to_have_count(6)
    refused.get_by_role("button", name="Send again").click()
    expect(refused).to_contain_text("Queued")
    endpoint.release()
    expect(chat.answers).to_have_count(6)
    chat.ended()


def test_message_beyond_the_limit_waits_visibly_and_starts_by_itself(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.rule("Hold", Script("one two", held=True))
    for _ in range(3):
        enter(alice).say("Hold")
    endpoint.wait_for(lambda: len(endpoint.requests_for("Hold")) == 3)
    chat.say("The fourth")
    expect(chat.question("The fourth")).to_contain_text("Queued until another answer ends")
    expect(chat.stop).to_have_count(0)
    expect(chat.question("The fourth").get_by_role("button", name="Send now")).to_have_count(0)
    chat.in_thread()
    chat.page.reload()
    expect(chat.question("The fourth")).to_contain_text("Queued until another answer ends")
    endpoint.release()
    expect(chat.answers).to_have_count(1)
    chat.ended()
    assert chat.text() == "Answer to: The fourth"
