"""Writing: keys, input methods, drafts, too much text, the queue, stop."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.scripted_model import Script, ScriptedModel


def test_enter_sends_and_shift_enter_breaks_the_line(chat: Chat, page: Page, endpoint: ScriptedModel) -> None:
    chat.composer.click()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    expect(chat.questions).to_have_count(0)
    expect(chat.composer).to_have_value("first line\nsecond line")
    page.keyboard.press("Enter")
    expect(chat.composer).to_have_value("")
    expect(chat.question("first line")).to_have_count(1)
    chat.ended()
    assert endpoint.requests[0].last == "first line\nsecond line"
    # Nothing to send: an empty message and white space stay where they are.
    chat.composer.press("Enter")
    chat.composer.fill("   \n ")
    chat.composer.press("Enter")
    expect(chat.questions).to_have_count(1)


def test_enter_that_ends_a_composition_does_not_send(chat: Chat, page: Page) -> None:
    chat.composer.click()
    ime = page.context.new_cdp_session(page)
    ime.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    page.evaluate("addEventListener('keydown', (event) => (window.composing = event.isComposing), true)")
    page.keyboard.press("Enter")
    assert page.evaluate("window.composing") is True, "no composition was going on"
    ime.send("Input.insertText", {"text": "日本"})
    expect(chat.questions).to_have_count(0)
    page.keyboard.press("Enter")
    expect(chat.questions).to_have_count(1)
    expect(chat.questions).to_contain_text("日本")


def test_safari_end_of_a_composition_does_not_send(chat: Chat, page: Page) -> None:
    chat.composer.fill("日本")
    page.evaluate(
        """() => document.querySelector("textarea").dispatchEvent(
             new KeyboardEvent("keydown", {key: "Enter", keyCode: 229, bubbles: true, cancelable: true}))"""
    )
    expect(chat.composer).to_have_value("日本")
    expect(chat.questions).to_have_count(0)


def test_draft_stays_over_a_reload_and_belongs_to_its_thread(chat: Chat, page: Page) -> None:
    chat.ask("A thread of its own")
    chat.in_thread()
    chat.composer.fill("half a thought")
    page.reload()
    expect(chat.composer).to_have_value("half a thought")
    page.get_by_role("link", name="New chat").click()
    expect(chat.composer).to_have_value("")
    chat.composer.fill("another one")
    page.go_back()
    expect(chat.composer).to_have_value("half a thought")
    chat.composer.press("Enter")
    chat.ended()
    page.reload()
    expect(chat.composer).to_have_value("")
    page.goto("/")
    expect(chat.composer).to_have_value("another one")


def test_a_megabyte_pasted_is_refused_with_a_sentence_and_kept(chat: Chat, page: Page, endpoint: ScriptedModel) -> None:
    text = "word " * 200_000
    chat.composer.fill(text)
    expect(page.get_by_role("alert")).to_have_text(
        "This message is 800,000 characters too long. Up to 200,000 can be sent at once."
    )
    expect(chat.send).to_be_disabled()
    chat.composer.press("Enter")
    expect(chat.questions).to_have_count(0)
    page.reload()
    expect(chat.composer).to_have_value(text)
    chat.composer.fill("x" * 200_001)
    expect(page.get_by_role("alert")).to_contain_text("is 1 character too long")
    chat.composer.fill("x" * 200_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    chat.composer.press("Enter")
    chat.ended()
    assert len(endpoint.requests[0].last) == 200_000


def test_queue_is_shown_and_kept_in_order(chat: Chat, page: Page, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("one two three", held=True))
    chat.say("First")
    endpoint.wait_for(lambda: endpoint.requests)
    for text in ("Second", "Third", "Fourth"):
        chat.say(text)
        expect(chat.question(text)).to_contain_text("Queued")
    chat.question("Third").get_by_role("button", name="Remove").click()
    expect(chat.question("Third")).to_have_count(0)
    page.reload()
    expect(chat.questions).to_have_count(3)
    expect(chat.question("Fourth")).to_contain_text("Queued")
    endpoint.release()
    expect(chat.answers).to_have_count(3)
    chat.ended()
    assert [chat.text(number) for number in range(3)] == ["one two three", "Answer to: Second", "Answer to: Fourth"]
    order = page.locator("article").evaluate_all("all => all.map((each) => each.className)")
    assert order == ["question", "answer"] * 3
    assert not endpoint.requests_for("Third")


def test_stop_keeps_the_beginning_and_marks_it(chat: Chat, page: Page, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("one two three four five", held=True))
    chat.say("Count")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(2)
    expect(chat.answers).to_contain_text("one two")
    chat.stop.click()
    expect(chat.answers.get_by_text("Stopped", exact=True)).to_be_visible()
    chat.ended()
    endpoint.wait_for(lambda: endpoint.requests[0].disconnected)
    assert chat.text() == "one two"
    page.reload()
    expect(chat.answers.get_by_text("Stopped", exact=True)).to_be_visible()
    assert chat.text() == "one two"
    assert chat.ask("And now") == "Answer to: And now"
