"""The newcomer: sign up, chat, reload, the server dies and comes back, carry on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.console import SERVER_GONE, Console
from tests.browser.keys import tab_to
from tests.scripted_model import Script, ScriptedModel
from tests.site import PASSWORD, Site

Contexts = Callable[..., BrowserContext]


def sign_up(page: Page, email: str) -> Chat:
    """Through the form, as a newcomer without a mouse."""
    page.goto("/")
    tab_to(page, page.get_by_role("link", name="Create an account"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(email)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    chat = Chat(page)
    expect(chat.composer).to_be_focused()
    return chat


def test_demo_model_recalls_the_name_after_kill_and_restart(
    tmp_path: Path, contexts: Contexts, console: Console
) -> None:
    console.expect(SERVER_GONE)
    with Site(tmp_path / "data") as site:
        chat = sign_up(contexts(base_url=site.url).new_page(), "alice@example.org")
        expect(chat.page.get_by_text("Demo model")).to_be_visible()
        first = chat.ask("My name is Alice")
        path = chat.in_thread()
        chat.page.reload()
        expect(chat.question("My name is Alice")).to_be_visible()
        assert chat.text() == first

        site.kill()
        site.start()
        chat.page.reload()
        assert chat.page.url.endswith(path)
        assert "Alice" in chat.ask("What is my name?")
        expect(chat.questions).to_have_count(2)


def test_context_after_restart_is_exactly_the_conversation(
    site: Site, model: ScriptedModel, contexts: Contexts, console: Console
) -> None:
    console.expect(SERVER_GONE)
    model.script(Script("Hello Alice."))
    chat = sign_up(contexts(base_url=site.url).new_page(), "alice@example.org")
    assert chat.ask("My name is Alice") == "Hello Alice."
    site.kill()
    site.start()
    model.script(Script("Your name is Alice."))
    # Without a reload: the open page is enough.
    assert chat.ask("What is my name?") == "Your name is Alice."
    (request,) = model.requests_for("What is my name?")
    system, *sent = [(each["role"], each["content"]) for each in request.messages]
    assert system[0] == "system"
    assert sent == [("user", "My name is Alice"), ("assistant", "Hello Alice."), ("user", "What is my name?")]
    assert len(model.requests_for("My name is Alice")) == 1
