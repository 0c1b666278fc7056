"""Every page and state passes axe without a serious finding, in light and dark, under the strict policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from playwright.sync_api import expect

from chatapp.models import Thread, User
from tests.browser import pages
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Enter
from tests.browser.console import Console
from tests.planted_history import plant_past
from tests.planted_threads import plant
from tests.scripted_model import ScriptedModel
from tests.site import ROOT

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RUN = """async () => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"]});
  return violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target} ${failureSummary}`));
}"""


def findings(chat: Chat, name: str) -> list[str]:
    """What axe says about the page, in light and dark."""
    found: list[str] = []
    for scheme in ("light", "dark"):
        chat.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        found.extend(f"{name}, {scheme}: {each}" for each in chat.run(RUN))
    return found


@pytest.fixture
def visitor(enter: Enter) -> Callable[..., Chat]:
    """Someone whose pages carry axe. It is put there by the browser, not by the page, so the policy stays."""

    def visitor(user: User | None, **options: object) -> Chat:
        chat = enter(user, "/accounts/login/", **options)
        chat.page.context.add_init_script(path=AXE)
        return chat

    return visitor


def test_axe_finds_what_is_wrong(visitor: Callable[..., Chat]) -> None:
    chat = visitor(None)
    chat.page.goto("/accounts/login/")
    chat.run("() => document.querySelectorAll('label').forEach((label) => label.remove())")
    assert any("label" in each for each in chat.run(RUN))


def test_pages_before_the_login(visitor: Callable[..., Chat], console: Console) -> None:
    console.expect("status of 404")
    chat = visitor(None)
    assert [each for name in pages.outside(chat) for each in findings(chat, name)] == []


def test_pages_about_the_account(visitor: Callable[..., Chat], alice: User) -> None:
    trashed(alice)
    chat = visitor(None)
    assert [each for name in pages.inside(chat, alice) for each in findings(chat, name)] == []


def test_chat_in_all_its_states(visitor: Callable[..., Chat], alice: User, endpoint: ScriptedModel) -> None:
    chat = visitor(alice)
    found = [each for name in pages.chats(chat, endpoint, plant(alice, 4)) for each in findings(chat, name)]
    assert not found, "\n".join(sorted(set(found)))


def test_menus_cards_and_the_drawer_on_a_phone(visitor: Callable[..., Chat], alice: User) -> None:
    planted = plant(alice, 2, title="A thread")
    chat = visitor(alice, viewport=PHONE)
    chat.page.goto(planted.path)
    chat.page.get_by_role("button", name="About this turn").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_text("Copy link")).to_be_visible()
    found = findings(chat, "the card of a knot")
    chat.page.keyboard.press("Escape")
    chat.page.get_by_role("button", name="Show threads").click()
    expect(chat.sidebar).to_be_visible()
    found += findings(chat, "the drawer")
    chat.menu("A thread")
    found += findings(chat, "the menu of a thread")
    assert not found, "\n".join(sorted(set(found)))


def test_pages_of_the_inspector(visitor: Callable[..., Chat], alice: User, administrator: User) -> None:
    past = plant_past(alice)
    chat = visitor(administrator)
    found: list[str] = []
    # Loaded anew for each: the administration lets colours fade into each other.
    for scheme in ("light", "dark"):
        chat.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        for path in (
            "",
            f"{past.id}/change/",
            f"{past.id}/timeline/?texts=1",
            f"{past.id}/checkpoint/{past.checkpoints['third question']}/",
            f"{past.id}/compare/?a={past.checkpoints['a mile']}&b={past.checkpoints['two miles']}",
        ):
            chat.page.goto(f"/admin/chatapp/thread/{path}")
            if chat.page.get_by_label("Reason").count():
                chat.page.get_by_label("Reason").fill("She asked me to")
                chat.page.get_by_role("button", name="Show it").click()
            expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
            found += [f"{path}, {scheme}: {each}" for each in chat.run(RUN)]
            assert not chat.page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
    assert not found, "\n".join(sorted(set(found)))


def trashed(owner: User) -> None:
    """A thread in the trash."""
    Thread.objects.filter(id=plant(owner, title="Thrown away").id).update(trashed_at=Now())
