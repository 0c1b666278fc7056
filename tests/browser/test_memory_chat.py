"""Memory in the chat: what is asked before it is kept, what an answer used and changed, chats that leave nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Route, expect
from pytest_django import Settings

from chatapp import demo_model
from chatapp.demo_model import server
from chatapp.demo_model.answers import answer
from chatapp.demo_model.conversation import Answer, Conversation
from chatapp.models import User
from memory import memories, preferences
from memory.memories import Source
from tests.browser.asks import VEGETARIAN, cards, kept, press, remembers
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.browser.console import SERVER_GONE, Console
from tests.browser.test_axe import AXE, findings
from tests.browser.test_killed import signed_in
from tests.scripted_model import Script, ScriptedModel
from tests.site import Site

Contexts = Callable[..., BrowserContext]


@pytest.fixture
def prompts(endpoint: ScriptedModel, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The demo model as the provider: the system prompts that it is sent, as it gets them."""
    seen: list[str] = []

    def noted(talk: Conversation) -> Answer:
        if talk.tools:
            seen.append(talk.system)
        return answer(talk)

    monkeypatch.setattr(server, "answer", noted)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    demo = asyncio.run_coroutine_threadsafe(demo_model.start(tokens_per_second=0), loop).result(10)
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = demo.url, demo.token
    yield seen
    asyncio.run_coroutine_threadsafe(demo.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def test_what_is_kept_by_consent_shapes_new_threads_until_it_is_deleted(
    chat: Chat, enter: Enter, alice: User, prompts: list[str]
) -> None:
    page = chat.page
    chat.say("Remember that I am vegetarian")
    card = cards(chat)
    expect(card).to_contain_text("Remember this?")
    expect(card).to_contain_text(VEGETARIAN)
    assert kept(alice) == []
    other = enter(alice, chat.in_thread())
    expect(cards(other)).to_contain_text(VEGETARIAN)
    press(card, "Accept")
    for tab in (chat, other):
        expect(cards(tab)).to_have_count(0)
        expect(tab.answers).to_have_count(1)
        tab.ended()
        assert tab.text() == "I will remember that you are vegetarian."
        expect(tab.answers.get_by_text("Memory updated")).to_be_visible()
    assert kept(alice) == [VEGETARIAN]

    assert "vegetarian" in dinner(chat)
    assert VEGETARIAN in prompts[-1]
    press(chat.answers.last, "What I used")
    used = page.get_by_role("region", name="What I used")
    expect(used.get_by_role("listitem")).to_have_text(VEGETARIAN)
    thread = chat.in_thread()

    page.goto("/memory/")
    page.get_by_role("link", name=f"Edit: {VEGETARIAN}").click()
    page.get_by_label("Text").fill("The user is vegan.")
    press(page, "Save")
    expect(page.get_by_text("The user is vegan.").first).to_be_visible()
    assert "vegan" in dinner(chat)
    assert "The user is vegan." in prompts[-1]
    assert VEGETARIAN not in prompts[-1]

    page.goto("/memory/")
    press(page, "Delete: The user is vegan.")
    expect(page.get_by_text("Nothing is kept yet.")).to_be_visible()
    dinner(chat)
    assert "<memories>" not in prompts[-1]
    page.goto(thread)
    press(chat.answers.last, "What I used")
    expect(used).to_contain_text("One memory that was used has been deleted since.")

    page.goto("/memory/trash/")
    press(page, "Restore: The user is vegan.")
    expect(page.get_by_text("Nothing here.")).to_be_visible()
    assert "vegan" in dinner(chat)
    assert "The user is vegan." in prompts[-1]


def dinner(chat: Chat) -> str:
    """What is said, in a new thread, about dinner."""
    chat.page.goto("/")
    return chat.ask("Give me a dinner idea, please")


def test_card_survives_kill_and_is_answered_once_from_another_tab(
    site: Site, model: ScriptedModel, contexts: Contexts, console: Console
) -> None:
    console.expect(SERVER_GONE)
    model.script(remembers(VEGETARIAN), Script("Noted."))
    one = Chat(signed_in(site, contexts))
    one.say("Remember that I am vegetarian")
    expect(cards(one)).to_contain_text(VEGETARIAN)
    two = Chat(one.page.context.new_page())
    two.page.goto(one.in_thread())
    expect(cards(two)).to_have_count(1)
    site.kill()
    site.start()
    press(cards(two), "Accept")
    for tab in (one, two):
        expect(cards(tab)).to_have_count(0)
        expect(tab.answers).to_have_count(1)
        tab.ended()
        assert tab.text() == "Noted."
        tab.page.reload()
        expect(tab.answers).to_have_count(1)
        expect(tab.answers.get_by_text("Memory updated")).to_have_count(1)
    one.page.goto("/memory/")
    expect(one.page.get_by_role("list", name="Memories").get_by_role("listitem")).to_have_count(1)
    assert len(model.requests_for("Remember that I am vegetarian")) == 2, "one call, and the answer after it"


def test_temporary_chat_uses_and_leaves_nothing(chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel) -> None:
    memories.add(alice.pk, VEGETARIAN, Source("user"))
    toggle = chat.page.get_by_role("button", name="Temporary chat")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    notice = chat.page.get_by_role("note")
    expect(notice).to_contain_text("deleted 24 hours after it began")
    chat.composer.fill("half a secret")
    chat.page.goto("/trash/")
    chat.page.goto("/")
    expect(chat.composer).to_have_value("")
    expect(notice).to_have_count(0)
    toggle.click()
    assert chat.ask("A secret") == "Answer to: A secret"
    (request,) = endpoint.requests_for("A secret")
    assert VEGETARIAN not in str(request.body)
    assert "tools" not in request.body
    path = chat.in_thread()
    chat.ask("Another one")
    expect(chat.threads).to_have_count(0)
    chat.page.reload()
    expect(chat.questions).to_have_count(2)
    expect(notice).to_be_visible()
    expect(toggle).to_have_count(0)
    expect(chat.threads).to_have_count(0)
    assert enter(alice, path).threads.count() == 0
    chat.page.get_by_role("link", name="New chat").click()
    expect(notice).to_have_count(0)
    expect(toggle).to_have_attribute("aria-pressed", "false")


def test_failures_of_what_is_fetched_are_said(
    chat: Chat, alice: User, endpoint: ScriptedModel, console: Console
) -> None:
    console.expect("status of 400")
    memories.add(alice.pk, VEGETARIAN, Source("user"))
    preferences.change(alice.pk, ask=False)
    endpoint.script(remembers("Two"), Script("Noted."))
    chat.ask("Remember vegetarian")

    def refused(route: Route) -> None:
        route.fulfill(status=400, content_type="application/json", body='{"detail": "A sentence."}')

    chat.page.route("**/memory/**", refused)
    press(chat.answers, "What I used")
    expect(chat.page.get_by_role("region", name="What I used").get_by_role("alert")).to_have_text("A sentence.")
    press(chat.answers, "Undo")
    expect(chat.page.locator(".toast")).to_contain_text("A sentence.")
    expect(chat.answers.get_by_role("button", name="Undo")).to_be_enabled()


def test_cards_chip_and_panel_pass_axe(chat: Chat, alice: User, endpoint: ScriptedModel) -> None:
    preferences.change(alice.pk, name="Alice", ask=False)
    memories.add(alice.pk, VEGETARIAN, Source("user"))
    chat.page.context.add_init_script(path=AXE)
    chat.page.reload()
    press(chat.page, "Temporary chat")
    found = findings(chat, "a new temporary chat")
    press(chat.page, "Temporary chat")
    endpoint.script(remembers("One"), Script("Noted."))
    chat.ask("Remember vegetarian")
    press(chat.answers, "What I used")
    expect(chat.page.get_by_role("region", name="What I used").get_by_role("listitem")).to_have_count(1)
    preferences.change(alice.pk, ask=True)
    endpoint.script(remembers("Two", "Three"))
    chat.say("And more")
    expect(cards(chat)).to_have_count(2)
    press(cards(chat).first, "Edit")
    found += findings(chat, "cards, a chip and a panel")
    assert not found, "\n".join(sorted(set(found)))
