"""Cards with what would be kept: answered one by one, together, for ever, not at all, elsewhere."""

from __future__ import annotations

import threading

from playwright.sync_api import WebSocketRoute, expect

from chatapp.models import User
from memory import preferences
from tests.browser.asks import VEGETARIAN, cards, kept, press, remembers
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.scripted_model import Script, ScriptedModel


def test_several_are_answered_one_by_one_without_a_mouse_and_then_together(
    chat: Chat, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(remembers("One", "Two", "Three"), Script("Noted."))
    chat.say("Remember these")
    expect(cards(chat)).to_have_count(3)
    expect(chat.composer).to_be_focused()
    expect(chat.page.get_by_role("status").filter(has_text="Your answer is needed")).to_have_count(1)
    cards(chat).nth(1).get_by_role("button", name="Edit").click()
    field = chat.page.get_by_role("textbox", name="What is kept")
    field.fill("Two, in other words")
    cards(chat).first.get_by_role("button", name="Decline").focus()
    chat.page.keyboard.press("Enter")
    expect(cards(chat)).to_have_count(2)
    # What was begun elsewhere stays, and has the focus.
    expect(field).to_have_value("Two, in other words")
    expect(field).to_be_focused()
    field.press("Enter")
    expect(cards(chat)).to_have_count(1)
    expect(cards(chat).get_by_role("button", name="Accept")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(cards(chat)).to_have_count(0)
    chat.ended()
    expect(chat.composer).to_be_focused()
    assert kept(alice) == ["Three", "Two, in other words"]
    sent = endpoint.requests_for("Remember these")[-1].messages
    results = [each["content"] for each in sent if each["role"] == "tool"]
    assert results == ["The user declined.", "Saved as: Two, in other words", "Saved."]

    endpoint.script(remembers("Four", "Five"), Script("Noted."))
    chat.say("And these")
    expect(cards(chat)).to_have_count(2)
    press(chat.page, "Decline all")
    chat.ended()
    endpoint.script(remembers("Six", "Seven"), Script("Noted."))
    chat.say("And those")
    expect(cards(chat)).to_have_count(2)
    press(chat.page, "Accept all")
    chat.ended()
    assert kept(alice) == ["Seven", "Six", "Three", "Two, in other words"]


def test_who_always_allows_is_not_asked_again_and_undo_takes_back(
    chat: Chat, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(remembers("One"), Script("Noted."), remembers("Two"), Script("Noted."))
    chat.say("Remember one")
    press(cards(chat), "Always allow")
    expect(chat.page.get_by_text("From now on memories are kept without asking.")).to_be_visible()
    expect(chat.answers).to_have_count(1)
    chat.ended()
    chat.ask("Remember two")
    assert kept(alice) == ["One", "Two"]
    assert preferences.load(alice.pk).ask is False
    press(chat.answers.last, "Undo")
    expect(chat.answers.last.get_by_text("Memory as it was before")).to_be_visible()
    expect(chat.answers.last.get_by_role("link", name="Manage")).to_be_focused()
    assert kept(alice) == ["One"]


def test_message_instead_of_an_answer_declines_and_the_list_says_what_waits(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    other = enter(alice)
    endpoint.script(remembers(VEGETARIAN))
    chat.say("Remember this")
    expect(cards(chat)).to_have_count(1)
    for tab in (chat, other):
        expect(tab.threads.first).to_contain_text("needs your answer")
    chat.in_thread()
    chat.page.reload()
    expect(cards(chat)).to_have_count(1)
    chat.say("Something else")
    expect(cards(chat)).to_have_count(0)
    expect(chat.answers.last).to_contain_text("Answer to: Something else")
    chat.ended()
    for tab in (chat, other):
        expect(tab.threads.first).not_to_contain_text("needs your answer")
    assert kept(alice) == []


def test_what_was_answered_elsewhere_meanwhile_goes_away_quietly(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(remembers(VEGETARIAN), Script("Noted."))
    chat.say("Remember this")
    expect(cards(chat)).to_have_count(1)
    late = enter(alice, "/accounts/login/")
    deaf = threading.Event()

    def without_events(socket: WebSocketRoute) -> None:
        behind = socket.connect_to_server()
        behind.on_message(
            lambda frame: None if deaf.is_set() and '"type":"event"' in str(frame) else socket.send(frame)
        )

    late.page.route_web_socket("**/stream/events", without_events)
    late.page.goto(chat.in_thread())
    expect(cards(late)).to_have_count(1)
    deaf.set()
    press(cards(chat), "Decline")
    expect(chat.answers).to_have_count(1)
    chat.ended()
    press(cards(late), "Accept")
    expect(cards(late)).to_have_count(0)
    expect(late.page.locator(".toast")).to_have_count(0)
    assert kept(alice) == []
