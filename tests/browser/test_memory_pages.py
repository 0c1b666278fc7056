"""The pages of memory and preferences in a browser: by mouse, by keyboard, on a phone, and past axe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Route, expect

from chatapp import threads
from chatapp.models import User
from memory import exchange, memories, preferences
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Enter
from tests.browser.console import Console
from tests.browser.test_axe import findings, visitor
from tests.planted_memories import keep, nowhere, saved_in, texts
from tests.planted_threads import plant

__all__ = ["visitor"]

FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll("main :is(.button, .icon-button, .memory-knot, select, .input)")]
  .filter((each) => each.offsetParent && !each.closest("[hidden]") && !each.classList.contains("visually-hidden"))
  .map((each) => [each.getBoundingClientRect(), each.outerHTML.slice(0, 120)])
  .filter(([box]) => box.height < 43.5 || box.width < 34)
  .map(([box, html]) => `${box.width} × ${box.height}: ${html}`)"""


def states(chat: Chat, user: User) -> Iterator[str]:
    """Every page in the states it has."""
    page = chat.page
    page.goto("/memory/")
    expect(page.get_by_text("Nothing is kept yet.")).to_be_visible()
    yield "an empty memory"
    thread = plant(user, title="A long weekend in Lisbon with the children and two grandmothers")
    kept = [keep(user, text, saved_in(thread)) for text in ("Is vegetarian", "يتعلم العربية", "x" * 300)]
    memories.edit(user.pk, kept[0].id, "Is vegan")
    memories.pin(user.pk, kept[0].id, pinned=True)
    memories.record_uses(user.pk, thread.id, thread.messages[-1], [each.id for each in kept])
    memories.trash(user.pk, [keep(user, "Thrown away", nowhere()).id])
    page.goto("/memory/")
    page.get_by_role("checkbox", name="Choose: Is vegan").check()
    expect(page.get_by_role("group", name="Chosen memories")).to_be_visible()
    yield "a list with one chosen"
    page.goto(reverse("memory_one", args=[kept[0].id]))
    yield "one memory"
    memories.edit(user.pk, kept[0].id, "Is vegetarian again")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("textbox", name="Text").fill("Something else")
    yield "one memory, changed"
    for name in ("memory_trash", "memory_import", "memory_delete", "preferences"):
        page.goto(reverse(name))
        yield name
    rows = [*(f"Number {number}" for number in range(30)), {"id": str(kept[1].id), "text": "Changed"}, ""]
    staged = exchange.stage(user.pk, json.dumps(rows).encode())
    page.goto(reverse("memory_staged", args=[staged]))
    yield "an import"
    threads.trash(user.pk, thread.id)
    page.goto("/trash/")
    page.locator("summary").click()
    expect(page.get_by_text("Also move the 3 memories saved in it to the trash")).to_be_visible()
    yield "the trash of threads, asking"


def test_every_page_passes_axe(visitor: Callable[..., Chat], alice: User, console: Console) -> None:
    console.expect("status of 409")
    chat = visitor(alice)
    found = [each for name in states(chat, alice) for each in findings(chat, name)]
    assert not found, "\n".join(found)


def test_every_page_fits_a_phone_and_a_finger(enter: Enter, alice: User, console: Console) -> None:
    console.expect("status of 409")
    chat = enter(alice, "/memory/", viewport=PHONE, has_touch=True, is_mobile=True)
    for name in states(chat, alice):
        assert chat.run(FITS), name
        assert chat.run(SMALL) == [], name


def test_a_memory_is_added_edited_trashed_and_brought_back(enter: Enter, alice: User) -> None:
    page = enter(alice, "/memory/").page
    page.get_by_role("textbox", name="New memory").fill("Is vegetarian")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    row = page.get_by_role("list", name="Memories").get_by_role("listitem")
    expect(row).to_have_count(1)
    page.get_by_role("link", name="Edit: Is vegetarian").click()
    page.get_by_role("textbox", name="Text").fill("Is vegan")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Restore: Is vegetarian").click()
    expect(page.get_by_text("The earlier text is back.")).to_be_visible()
    page.get_by_role("link", name="Memory", exact=True).click()
    page.get_by_role("button", name="Pin: Is vegetarian").click()
    expect(page.get_by_role("button", name="Pin: Is vegetarian")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Delete: Is vegetarian").click()
    expect(page.get_by_role("status")).to_have_text("1 memory moved to the trash.")
    assert texts(alice) == []
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Is vegetarian")
    assert texts(alice) == ["Is vegetarian"]


def test_several_are_chosen_by_keyboard(enter: Enter, alice: User) -> None:
    for number in range(4):
        keep(alice, f"Number {number}")
    page = enter(alice, "/memory/").page
    bar = page.get_by_role("group", name="Chosen memories")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Choose: Number 3").focus()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("1 chosen")
    bar.get_by_role("button", name="All").click()
    expect(bar).to_contain_text("4 chosen")
    page.get_by_role("checkbox", name="Choose: Number 0").uncheck()
    bar.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_role("status")).to_have_text("3 memories moved to the trash.")
    assert texts(alice) == ["Number 0"]


def test_search_stays_with_what_was_found(enter: Enter, alice: User) -> None:
    for text in ("Vegetarian dinners", "Vegetarian lunches", "Plays the cello"):
        keep(alice, text)
    page = enter(alice, "/memory/").page
    rows = page.get_by_role("list", name="Memories").get_by_role("listitem")
    page.get_by_role("searchbox", name="Search memories").fill("vegetarian")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Delete: Vegetarian lunches").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Vegetarian dinners")
    assert "vegetarian" not in page.url.lower()


def test_import_shows_how_far_it_is_and_goes_on_after_a_lost_connection(
    enter: Enter, alice: User, tmp_path: Path, console: Console
) -> None:
    console.expect("ERR_CONNECTION_RESET")
    file = tmp_path / "memories.json"
    file.write_text(json.dumps([f"Number {number}" for number in range(130)]))
    page = enter(alice, "/memory/import/").page
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_text("And 110 more.")).to_be_visible()

    steps: list[int] = []

    def second_is_lost(route: Route) -> None:
        if route.request.method == "POST":
            steps.append(memories.count(alice.pk))
        route.abort("connectionreset") if len(steps) == 2 else route.continue_()

    page.route("**/memory/import/**", second_is_lost)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("The connection broke"))
    assert page.get_by_role("progressbar").evaluate("bar => bar.value") == exchange.PART
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Imported: 130 new, 0 changed.")).to_be_visible()
    assert steps == [0, 50, 50, 100]


@pytest.mark.parametrize("script", [True, False])
def test_preview_follows_what_is_written(enter: Enter, alice: User, script: bool) -> None:
    page = enter(alice, "/preferences/", java_script_enabled=script).page
    page.get_by_label("What to call you").fill("Al")
    if not script:
        page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Text that is added to every prompt")).to_contain_text("name: Al")
    assert preferences.load(alice.pk).name == ""
    # Enter in a field saves, whatever buttons there are.
    page.get_by_label("What to call you").press("Enter")
    expect(page.get_by_text("Saved. It holds from the next message on.")).to_be_visible()
    assert preferences.load(alice.pk).name == "Al"


def test_everything_works_without_a_script(enter: Enter, alice: User) -> None:
    keep(alice, "One"), keep(alice, "Two")
    page = enter(alice, "/memory/", java_script_enabled=False).page
    page.get_by_role("checkbox", name="Choose: One").check()
    page.get_by_role("group", name="Chosen memories").get_by_role("button", name="Move to trash").click()
    expect(page.get_by_role("status")).to_have_text("1 memory moved to the trash.")
    staged = exchange.stage(alice.pk, json.dumps([f"Number {number}" for number in range(60)]).encode())
    page.goto(reverse("memory_staged", args=[staged]))
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Imported: 60 new, 0 changed.")).to_be_visible()
