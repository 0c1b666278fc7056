"""The administrator's path while the owner looks on: find, give a reason, open, compare, roll back, undo; on record."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Locator, expect

from chatapp import audit
from chatapp.models import AuditEntry, Message, User
from tests.browser.branching import given, shown
from tests.browser.chat import Chat
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.console import Console
from tests.browser.test_axe import AXE, findings
from tests.browser.test_phone import WIDTH
from tests.long_threads import plant_long
from tests.scripted_model import Script, ScriptedModel
from tests.test_audit import unguarded

REASON = "Ticket 1201: the owner asks for yesterday"
SAID = [("First question", "First answer."), ("Second question", "Second answer."), ("Third question", "Third answer.")]


def converse(chat: Chat, endpoint: ScriptedModel) -> str:
    """Three turns; the thread's id."""
    for question, answer in SAID:
        endpoint.script(Script(answer))
        assert chat.ask(question) == answer
    return chat.in_thread().strip("/").split("/")[-1]


def find(desk: Chat, owner: User, thread: str) -> None:
    """From the administration's first page to the thread's, by its owner's address."""
    desk.page.get_by_role("link", name="Threads", exact=True).first.click()
    desk.page.locator("#searchbar").fill(owner.email)
    desk.page.get_by_role("button", name="Search").click()
    rows = desk.page.get_by_role("row").filter(has_text=owner.email)
    expect(rows).to_have_count(1)
    rows.locator(f"a[href*='{thread}']").first.click()
    expect(desk.page.get_by_role("heading", name="Thread", exact=True)).to_be_visible()


def answers(desk: Chat) -> Locator:
    """The checkpoints in the timeline that end an answer, newest first."""
    desk.page.get_by_role("link", name="Timeline").first.click()
    return desk.page.get_by_role("list", name="Checkpoints").locator(".entry-ends").filter(has_text="Answer")


def open_checkpoint(desk: Chat, number: int) -> None:
    """The page of the answer with this number, newest first."""
    answers(desk).nth(number).locator(".entry-name").click()


def words(desk: Chat) -> str:
    """All that the page shows."""
    return desk.page.locator("body").inner_text()


def state_reason(desk: Chat) -> None:
    """Fill in the gate's form, as it is asked before anything is shown."""
    expect(desk.page.get_by_role("heading", name="Give a reason")).to_be_visible()
    assert not [text for turn in SAID for text in turn if text in words(desk)]
    desk.page.get_by_label("Reason").fill(REASON)
    desk.page.get_by_role("button", name="Show it").click()


def compare_with_head(desk: Chat) -> None:
    """What the open checkpoint lacks."""
    desk.page.get_by_role("link", name="Compare with the head").click()
    expect(desk.page.get_by_text("Third answer.")).to_be_visible()
    expect(desk.page.get_by_text("First answer.")).to_have_count(0)


def roll_back(desk: Chat, number: int) -> None:
    """To the answer with this number, by its page; the reason is remembered."""
    open_checkpoint(desk, number)
    desk.page.get_by_role("link", name="Roll back to here").click()
    expect(desk.page.get_by_text("4 messages leave the owner's view.")).to_be_visible()
    expect(desk.page.get_by_label("Reason")).to_have_value(REASON)
    desk.page.get_by_role("button", name="Roll back").click()
    expect(desk.page.get_by_text("The thread was rolled back.")).to_be_visible()


def undo(desk: Chat) -> None:
    """From the thread's page."""
    desk.page.get_by_role("link", name="Undo", exact=True).last.click()
    desk.page.get_by_role("button", name="Undo", exact=True).click()
    expect(desk.page.get_by_text("It was undone")).to_be_visible()


def test_administrator_rolls_a_thread_back_and_undoes_it_while_its_owner_looks_on(
    chat: Chat, enter: Enter, endpoint: ScriptedModel, alice: User, administrator: User
) -> None:
    thread = converse(chat, endpoint)
    whole = [text for turn in SAID for text in turn]
    assert shown(chat) == whole
    desk = enter(administrator, "/admin/")
    find(desk, alice, thread)
    assert not [text for text in whole if text in words(desk)]
    assert not AuditEntry.objects.exists()
    open_checkpoint(desk, 2)
    state_reason(desk)
    expect(desk.page.get_by_text("First answer.")).to_be_visible()
    expect(desk.page.get_by_text("Second answer.")).to_have_count(0)
    compare_with_head(desk)
    roll_back(desk, 2)

    # The owner's tab, open all the time, follows without a reload.
    expect(chat.answers).to_have_count(1)
    assert shown(chat) == whole[:2]
    expect(chat.page.get_by_text(re.compile("^Rolled back .* by an administrator"))).to_be_visible()
    endpoint.script(Script("Another second answer."))
    assert chat.ask("Another second question") == "Another second answer."
    assert given(endpoint) == [*whole[:2], "Another second question"]

    undo(desk)
    expect(chat.question("Third question")).to_be_visible()
    assert shown(chat) == whole
    assert Message.objects.filter(thread_id=thread).count() == 8  # nothing is lost

    told = list(AuditEntry.objects.order_by("id").values_list("action", "actor_id", "reason", "thread_id"))
    assert [action for action, *_ in told] == ["view_checkpoint", "compare", "view_checkpoint", "roll_back", "undo"]
    assert {(actor, reason, str(where)) for _, actor, reason, where in told} == {(administrator.pk, REASON, thread)}
    desk.page.get_by_role("link", name="Audit", exact=True).click()
    expect(desk.page.get_by_role("row").filter(has_text=REASON)).to_have_count(len(told))
    assert audit.verify().intact
    middle = AuditEntry.objects.order_by("id")[2]
    with unguarded():
        AuditEntry.objects.filter(id=middle.id).update(reason="Nothing to see")
    assert audit.verify().broken == middle.id


def test_owner_finds_who_looked_in_the_menu_of_the_thread(
    chat: Chat, enter: Enter, endpoint: ScriptedModel, administrator: User
) -> None:
    thread = converse(chat, endpoint)
    desk = enter(administrator, f"/admin/chatapp/thread/{thread}/timeline/")
    open_checkpoint(desk, 0)
    state_reason(desk)
    expect(desk.page.get_by_text("Third answer.")).to_be_visible()
    chat.menu("A title").get_by_role("menuitem", name=re.compile("Who looked")).click()
    expect(chat.page.get_by_role("heading", name="Who looked into this thread")).to_be_visible()
    expect(chat.page.get_by_text("An administrator viewed a checkpoint of this thread")).to_be_visible()
    expect(chat.page.get_by_text(REASON)).to_be_visible()
    expect(chat.page.get_by_text(administrator.email)).to_have_count(0)


@pytest.fixture
def no_entries() -> Iterator[None]:
    """The audit takes no entry."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chatapp_auditentry ADD CONSTRAINT none_today CHECK (id < 0) NOT VALID")
        yield
        cursor.execute("ALTER TABLE chatapp_auditentry DROP CONSTRAINT none_today")


def test_if_the_entry_cannot_be_written_nothing_is_shown_in_the_browser(
    enter: Enter, alice: User, administrator: User, no_entries: None, console: Console
) -> None:
    console.expect("status of 503")
    thread = plant_long(alice, 2)
    desk = enter(administrator, f"/admin/chatapp/thread/{thread.id}/timeline/")
    open_checkpoint(desk, 0)
    desk.page.get_by_label("Reason").fill(REASON)
    desk.page.get_by_role("button", name="Show it").click()
    expect(desk.page.get_by_text("could not be put on record")).to_be_visible()
    assert "Answer 1:" not in words(desk)


def test_pages_of_acts_are_accessible_and_fit_on_a_phone(enter: Enter, alice: User, administrator: User) -> None:
    thread = plant_long(alice, 1)
    desk = enter(administrator, "/accounts/login/")
    desk.page.context.add_init_script(path=AXE)
    at = f"/admin/chatapp/thread/{thread.id}/checkpoint/{thread.checkpoints[0][1]}"
    found = []
    for page in ("update/", "update/", "update/?json", "roll-back/"):
        desk.page.set_viewport_size(DESK)  # type: ignore[arg-type]  # a dict with just these two
        desk.page.goto(f"{at}/{page}")
        expect(desk.page.get_by_role("heading", level=1).last).to_be_visible()
        found += findings(desk, page)
        desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # likewise
        assert desk.page.evaluate(WIDTH) == PHONE["width"], page
        if desk.page.get_by_role("button", name="Show it").count():
            desk.page.get_by_label("Reason").fill(REASON)
            desk.page.get_by_role("button", name="Show it").click()
    assert not found, "\n".join(sorted(set(found)))
