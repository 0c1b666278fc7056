"""A thread of 230 messages: its end is shown, the rest comes as one scrolls, nothing moves under the reader's eyes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from chatapp.models import User
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.planted_threads import Planted, plant
from tests.scripted_model import Script, ScriptedModel

MESSAGES = 230
TEXT = "## A heading\n\nA paragraph that is long enough to be broken into lines. " + "More words. " * 30 + "\n\nMessage"
TOLERANCE = 4

# Two frames later, everything that reacts to what just happened has reacted.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
# What one reads at the top of the window, and how far from the top.
READING = """() => {
  const box = document.querySelector(".scroller").getBoundingClientRect();
  const article = document.elementFromPoint(box.left + box.width / 2, box.top + 90).closest("article");
  return {id: article.id, top: article.getBoundingClientRect().top - box.top};
}"""
WHERE = """(id) => document.getElementById(id).getBoundingClientRect().top
  - document.querySelector(".scroller").getBoundingClientRect().top"""
# Where an element was in each painted frame. What happens to the document between the paint and this look at it was
# never on the screen: the height tells, which the observer sees in the course of painting.
WATCH = """(id) => {
  window.places = [];
  const box = document.querySelector(".scroller").getBoundingClientRect();
  const column = document.querySelector(".column");
  const height = () => column.getBoundingClientRect().height;
  let drawn = height();
  new ResizeObserver(() => { drawn = height(); }).observe(column);
  const painted = new MessageChannel();
  painted.port1.onmessage = () => {
    if (height() === drawn) window.places.push(document.getElementById(id).getBoundingClientRect().top - box.top);
    requestAnimationFrame(frame);
  };
  const frame = () => painted.port2.postMessage(null);
  requestAnimationFrame(frame);
}"""
DISTANCE = """() => {
  const {scrollHeight, clientHeight, scrollTop} = document.querySelector(".scroller");
  return scrollHeight - clientHeight - scrollTop;
}"""
AT_END = f"() => ({DISTANCE})() < 2"


@pytest.fixture
def planted(alice: User) -> Planted:
    return plant(alice, MESSAGES, title="A long thread", text=TEXT)


@pytest.fixture
def long(enter: Enter, alice: User, planted: Planted) -> Chat:
    """Alice at the end of a long thread."""
    chat = enter(alice, planted.path)
    expect(chat.answers.last).to_contain_text("Message 229")
    return chat


def scroll_up(page: Page, by: int) -> None:
    """Turn the wheel over the conversation."""
    box = page.locator(".scroller").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -by)


def reading(page: Page) -> dict[str, Any]:
    """The message at the top of the window, once everything is at rest."""
    page.evaluate(SETTLED)
    found: dict[str, Any] = page.evaluate(READING)
    return found


def test_it_opens_at_its_end_with_one_page_of_messages(long: Chat) -> None:
    assert long.questions.count() + long.answers.count() == 50
    expect(long.answers.last).to_be_in_viewport()
    long.page.wait_for_function(AT_END)
    expect(long.jump).to_have_count(0)


def test_older_messages_load_on_the_way_up_and_what_is_read_stays_in_place(long: Chat, planted: Planted) -> None:
    page = long.page
    held: list[Route] = []
    page.route("**/messages?before=*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    articles = page.locator("article")
    for shown in (100, 150, 200, 230):
        while not held:
            scroll_up(page, 2_000)
            page.evaluate(SETTLED)
        before = reading(page)
        held.pop().continue_()
        expect(articles).to_have_count(shown)
        page.evaluate(SETTLED)
        moved = abs(page.evaluate(WHERE, before["id"]) - before["top"])
        assert moved <= TOLERANCE, f"what was read moved by {moved} px at {shown} messages"
    numbers = articles.evaluate_all("all => all.map((each) => each.id)")
    assert numbers == [f"m-{each}" for each in planted.messages], "every message once, in order"
    expect(page.get_by_text("Loading older messages")).to_have_count(0)


def test_no_frame_shows_what_is_read_elsewhere_while_older_messages_come(long: Chat) -> None:
    page = long.page
    held: list[Route] = []
    page.route("**/messages?before=*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    while not held:
        scroll_up(page, 2_000)
        page.evaluate(SETTLED)
    before = reading(page)
    page.evaluate(WATCH, before["id"])
    held.pop().continue_()
    expect(page.locator("article")).to_have_count(100)
    seen = page.evaluate("window.places.length")
    page.wait_for_function("(n) => window.places.length > n + 6", arg=seen)
    moved = max(abs(place - before["top"]) for place in page.evaluate("window.places"))
    assert moved <= TOLERANCE, f"for a frame, what was read was {moved} px away"


def test_link_to_a_message_opens_at_the_message(enter: Enter, alice: User, planted: Planted) -> None:
    wanted = planted.messages[-21]
    chat = enter(alice, f"{planted.path}#m-{wanted}")
    expect(chat.page.locator(f"id=m-{wanted}")).to_be_in_viewport()
    expect(chat.answers.last).not_to_be_in_viewport()
    expect(chat.jump).to_be_visible()


def test_reader_who_scrolled_up_is_left_in_peace_and_the_button_leads_back(long: Chat, endpoint: ScriptedModel) -> None:
    page = long.page
    lines = [f"Line {number} of the new answer.\n\n" for number in range(80)]
    endpoint.script(Script(lines, held=True))
    long.say("Go on for long")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(20)
    expect(long.answers.last).to_contain_text("Line 19")
    page.wait_for_function(AT_END)
    expect(long.jump).to_have_count(0)

    scroll_up(page, 700)
    expect(long.jump).to_be_visible()
    before = reading(page)
    endpoint.release(20)
    expect(long.answers.last).to_contain_text("Line 39")
    after = reading(page)
    assert after["id"] == before["id"]
    assert abs(after["top"] - before["top"]) <= 1, "the text moved under the reader's eyes"

    long.jump.click()
    page.wait_for_function(AT_END)
    expect(long.jump).to_have_count(0)
    endpoint.release(20)
    expect(long.answers.last).to_contain_text("Line 59")
    page.wait_for_function(AT_END)

    # Back at the end by one's own hand counts as well.
    scroll_up(page, 300)
    expect(long.jump).to_be_visible()
    scroll_up(page, -100_000)
    expect(long.jump).to_have_count(0)
    endpoint.release()
    expect(long.answers.last).to_contain_text("Line 79")
    long.ended()
    page.wait_for_function(AT_END)
