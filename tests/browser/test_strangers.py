"""Two people at the same server: neither sees anything of the other's."""

from __future__ import annotations

from playwright.sync_api import expect

from chatapp.models import User
from tests.browser.conftest import Enter
from tests.browser.console import Console
from tests.planted_threads import plant


def test_stranger_sees_no_thread_of_mine_and_its_address_is_not_found(
    enter: Enter, alice: User, charlie: User, console: Console
) -> None:
    console.expect("status of 404")
    hers, his = plant(alice, title="Alice's secret plans"), plant(charlie, title="Charlie's own notes")
    at_alice, at_charlie = enter(alice, hers.path), enter(charlie)
    expect(at_alice.thread("Alice's secret plans")).to_be_visible()
    expect(at_charlie.thread("Charlie's own notes")).to_be_visible()
    expect(at_charlie.threads).to_have_count(1)

    # A message of Alice's makes notices for all her tabs, and none for his.
    at_alice.ask("Nobody else may read this")
    at_charlie.ask("Mine")
    expect(at_charlie.threads).to_have_count(2)
    expect(at_charlie.page.locator("body")).not_to_contain_text("Nobody else")

    answer = at_charlie.page.goto(hers.path)
    assert answer is not None
    assert answer.status == 404
    expect(at_charlie.page.get_by_role("heading", name="Nothing here")).to_be_visible()
    expect(at_charlie.page.locator("body")).not_to_contain_text("Alice")
    answer = at_alice.page.goto(his.path)
    assert answer is not None
    assert answer.status == 404


def test_without_a_session_every_page_leads_to_the_login(enter: Enter, alice: User) -> None:
    planted = plant(alice)
    for path in ("/", planted.path, "/trash/", "/settings/"):
        visitor = enter(None, path)
        expect(visitor.page.get_by_role("heading", name="Log in")).to_be_visible()
        visitor.page.context.close()
