"""Branches without a mouse, under a finger, and as axe sees them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from chatapp import branches
from chatapp.models import Thread, User
from tests.browser.branching import EDITOR, IN_FOCUS, fork, knot, rolled_back, shown
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Enter
from tests.browser.keys import tab_to
from tests.browser.test_axe import AXE, findings
from tests.browser.test_phone import FINGER, SMALL, TOUCH, WIDTH
from tests.planted_branches import grow
from tests.planted_threads import plant
from tests.scripted_model import Script, ScriptedModel


def test_everything_by_keys(chat: Chat, endpoint: ScriptedModel) -> None:
    endpoint.script(*[Script(f"Answer {number}") for number in range(1, 6)])
    page = chat.page
    chat.ask("First")
    chat.in_thread()
    tab_to(page, chat.question("First").get_by_role("button", name="Edit message"), "Shift+Tab")
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name=EDITOR)
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.question("First").get_by_role("button", name="Edit message")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type(", better")
    page.keyboard.press("Enter")
    expect(chat.question("First, better")).to_be_visible()
    expect(chat.composer).to_be_focused()
    chat.ended()

    tab_to(page, chat.answers.last.get_by_role("button", name="Answer again"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(chat.composer).to_be_focused()
    expect(fork(chat, "Answer 3")).to_contain_text("2/2")
    chat.ended()
    previous = fork(chat, "Answer 3").get_by_role("button", name="Previous version")
    tab_to(page, previous, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(fork(chat, "Answer 2").get_by_role("button", name="Previous version")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Version 1 of 2")).to_have_count(1)
    page.keyboard.press("Enter")  # there is none before it
    expect(fork(chat, "Answer 2").get_by_role("button", name="Previous version")).to_be_focused()

    tab_to(page, page.get_by_role("button", name="About this turn"))
    page.keyboard.press("Enter")
    name = page.get_by_role("button", name="Name this branch")
    tab_to(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Name of the branch")).to_be_focused()
    page.keyboard.type("Calm")
    page.keyboard.press("Enter")
    expect(fork(chat, "Answer 2")).to_contain_text("Calm")
    expect(page.get_by_role("button", name="Rename this branch")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="About this turn")).to_be_focused()


def test_map_by_keys(enter: Enter, alice: User) -> None:
    thread = plant(alice, 4)
    side = grow(thread, thread.messages[1], "Beside", "Its answer")
    chat = enter(alice, thread.path)
    page = chat.page
    opener = page.get_by_role("button", name="Branches", exact=True)
    tab_to(page, opener, "Shift+Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Branches")
    rows = dialog.get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).get_by_role("button", name="Shown now")).to_be_focused()
    tab_to(page, rows.nth(1).get_by_role("button", name=re.compile("^Name this branch")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Name of the branch")).to_be_focused()
    page.keyboard.type("The other way")
    page.keyboard.press("Enter")
    row = rows.nth(1).get_by_role("button", name=re.compile("^The other way"))
    expect(row).to_be_visible()
    assert page.evaluate(IN_FOCUS)
    tab_to(page, row, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    assert shown(chat)[2:] == ["Beside", "Its answer"]
    expect(fork(chat, "Beside")).to_contain_text("The other way")
    assert Thread.objects.get(id=thread.id).head_id == side[-1]
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_contain_text("Shown now")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_axe_and_fingers_find_nothing(enter: Enter, alice: User) -> None:
    thread = plant(alice, 6)
    grow(thread, thread.messages[1], "Beside", "Its answer")
    grow(thread, thread.messages[4], "Another answer")
    branches.label(alice.pk, thread.id, thread.messages[2], "A name that is rather long for what it is about")
    rolled_back(thread, 5)
    chat = enter(alice, "/accounts/login/", **TOUCH)
    page = chat.page
    page.context.add_init_script(path=AXE)
    page.goto(thread.path)
    found: list[str] = []

    def look(name: str, hidden: str = "nothing") -> None:
        found.extend(findings(chat, name))
        found.extend(f"{name}: {each}" for each in chat.run(SMALL, FINGER) if hidden not in each)
        if chat.run(WIDTH) > PHONE["width"]:
            found.append(f"{name}: {chat.run(WIDTH)} px wide")

    expect(chat.answers).to_have_count(3)
    look("forks")
    chat.question("Message 2").get_by_role("button", name="Edit message").tap()
    look("an editor")
    page.get_by_role("button", name="Cancel").tap()
    chat.answers.last.get_by_role("button", name="Answer again").tap()
    look("models", hidden="message-action")  # by the menu
    page.keyboard.press("Escape")
    knot(chat, 1)
    look("a knot", hidden="message-action")  # by its card
    page.get_by_role("button", name="Branch from here").tap()
    expect(page.get_by_text("2 messages follow.")).to_be_visible()
    look("what followed")
    page.get_by_role("button", name="Branches", exact=True).tap()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(4)
    look("the map")
    assert not found, "\n".join(sorted(set(found)))
