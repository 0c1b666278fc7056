"""Without a mouse: every step from the login to the logout."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from chatapp.models import User
from tests.browser.chat import Chat
from tests.browser.conftest import DESK, Enter
from tests.browser.keys import tab_to
from tests.conftest import PASSWORD
from tests.planted_threads import plant
from tests.scripted_model import Script, ScriptedModel


def test_whole_way_from_login_to_logout(enter: Enter, alice: User, endpoint: ScriptedModel) -> None:
    plant(alice, title="An older thread")
    page = enter(None, "/").page
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(alice.email)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    chat = Chat(page)
    expect(chat.composer).to_be_focused()

    endpoint.script(Script("one two three", held=True))
    page.keyboard.type("A question")
    page.keyboard.press("Enter")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(1)
    expect(chat.answers).to_contain_text("one")
    expect(chat.composer).to_be_focused()
    tab_to(page, chat.stop)
    page.keyboard.press("Enter")
    expect(chat.answers.get_by_text("Stopped", exact=True)).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body"), "the focus fell off with the button"

    older = chat.thread("An older thread").get_by_role("link")
    tab_to(page, older, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("An older thread")
    expect(chat.composer).to_be_focused()

    account = page.get_by_role("button", name=alice.first_name)
    tab_to(page, account, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Settings")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(account).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Log out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_menu_of_a_thread_by_keys(enter: Enter, alice: User) -> None:
    plant(alice, title="To be renamed")
    chat = enter(alice)
    page = chat.page
    dots = page.get_by_role("button", name="Actions for To be renamed")
    tab_to(page, dots, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Who looked")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Move to trash")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dots).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Title of the thread")).to_be_focused()
    page.keyboard.type("Renamed")
    page.keyboard.press("Enter")
    expect(chat.thread("Renamed")).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body"), "the focus fell off with the field"


def test_trash_leads_to_the_next_row_and_at_last_to_a_new_chat(enter: Enter, alice: User) -> None:
    for title in ("Below", "Middle", "Above"):
        plant(alice, title=title)
    chat = enter(alice)
    page = chat.page
    expect(chat.threads).to_have_text(["Above", "Middle", "Below"])
    new = chat.sidebar.get_by_role("link", name="New chat")
    below, above = (chat.threads.filter(has_text=title) for title in ("Below", "Above"))
    for title, following in (("Middle", below), ("Below", above), ("Above", new)):
        dots = page.get_by_role("button", name=f"Actions for {title}")
        dots.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("End")
        expect(page.get_by_role("menuitem", name="Move to trash")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dots).to_have_count(0)
        expect(following).to_be_focused()


def test_try_again_and_the_queue_by_keys(enter: Enter, alice: User, endpoint: ScriptedModel) -> None:
    chat = enter(alice)
    endpoint.script(Script("Half of", cut_after=2), Script("one two", held=True))
    chat.say("A question")
    chat.retry.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.retry).to_have_count(0)
    expect(chat.composer).to_be_focused()
    endpoint.wait_for(lambda: [each.last for each in endpoint.requests].count("A question") == 2)
    chat.say("Another one")
    chat.say("The last one")
    another, last = chat.question("Another one"), chat.question("The last one")
    expect(last).to_contain_text("Queued")
    edit = another.get_by_role("button", name="Edit")
    tab_to(chat.page, edit, "Shift+Tab")
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("textbox", name="Text of the queued message")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    chat.page.keyboard.press("Tab")
    expect(another.get_by_role("button", name="Remove")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(last.get_by_role("button", name="Remove")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat.questions).to_have_count(1)
    expect(chat.composer).to_be_focused()
    endpoint.release()
    chat.ended()


def test_shortcut_and_skip_link(enter: Enter, alice: User) -> None:
    planted = plant(alice, title="A thread")
    chat = enter(alice, planted.path)
    chat.page.keyboard.press("Control+Shift+O")
    expect(chat.page).to_have_url(re.compile(r"/$"))
    expect(chat.page.get_by_role("heading", name="Start a thread")).to_be_visible()
    chat.page.goto("/settings/")
    chat.page.keyboard.press("Tab")
    skip = chat.page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("main")).to_be_focused()


def test_escape_closes_the_drawer_and_gives_the_focus_back(enter: Enter, alice: User) -> None:
    chat = enter(alice, viewport={**DESK, "width": 700})
    page = chat.page
    opener = page.get_by_role("button", name="Show threads")
    tab_to(page, opener, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(chat.sidebar.get_by_role("button", name="Close")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('.stage')"), "the focus went behind the drawer"
    page.keyboard.press("Escape")
    expect(chat.sidebar).to_be_hidden()
    expect(opener).to_be_focused()
