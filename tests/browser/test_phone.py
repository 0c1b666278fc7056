"""On a phone: nothing sticks out, and a finger hits what it means."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from chatapp.models import User
from tests.browser import pages
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Enter
from tests.browser.console import Console
from tests.planted_threads import plant
from tests.scripted_model import ScriptedModel

FINGER = 44
TOUCH: dict[str, Any] = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
WIDTH = "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth)"
# How far from its middle a control is still hit, in each direction; text links inside of sentences need not be large.
SMALL = """(finger) => {
  const controls = [...document.querySelectorAll("button, a, input, textarea, select, summary")].filter((each) =>
    each.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !each.closest("[inert]") &&
    !each.closest("p, .prose, .skip-link"));
  const reach = (control, x, y, dx, dy) => {
    let steps = 0;
    const hit = (n) => control.contains(document.elementFromPoint(x + dx * n, y + dy * n));
    while (steps < finger && hit(steps + 1)) steps += 1;
    return steps;
  };
  return controls.flatMap((control) => {
    control.scrollIntoView({block: "center"});
    const {left, top, width, height} = control.getBoundingClientRect();
    const x = left + width / 2, y = top + height / 2;
    if (!control.contains(document.elementFromPoint(x, y))) return [];
    const wide = reach(control, x, y, -1, 0) + reach(control, x, y, 1, 0) + 1;
    const high = reach(control, x, y, 0, -1) + reach(control, x, y, 0, 1) + 1;
    const name = control.getAttribute("aria-label") ?? control.textContent.trim().slice(0, 30);
    return wide >= finger - 1 && high >= finger - 1 ? [] : [`${name} (${control.className}): ${wide} x ${high}`];
  });
}"""


def sticking_out(chat: Chat, name: str) -> list[str]:
    """Nothing, or how wide the page is."""
    width = chat.run(WIDTH)
    return [] if width <= PHONE["width"] else [f"{name}: {width} px"]


def test_no_page_scrolls_sideways(enter: Enter, alice: User, endpoint: ScriptedModel, console: Console) -> None:
    console.expect("status of 404")
    chat = enter(None, **TOUCH)
    found = [each for name in pages.outside(chat) for each in sticking_out(chat, name)]
    found += [each for name in pages.inside(chat, alice) for each in sticking_out(chat, name)]
    states = pages.chats(chat, endpoint, plant(alice, 4, title="A title that is much too long for a phone " * 4))
    found += [each for name in states for each in sticking_out(chat, name)]
    assert not found, "\n".join(sorted(set(found)))


def test_controls_of_the_chat_are_as_large_as_a_finger(enter: Enter, alice: User, endpoint: ScriptedModel) -> None:
    chat = enter(alice, **TOUCH)
    found = [
        f"{name}: {each}" for name in pages.chats(chat, endpoint, plant(alice, 4)) for each in chat.run(SMALL, FINGER)
    ]
    chat.page.get_by_role("button", name="Show threads").tap()
    expect(chat.sidebar.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    found += [f"the drawer: {each}" for each in chat.run(SMALL, FINGER)]
    assert not found, "\n".join(sorted(set(found)))


def test_too_much_text_takes_two_fifths_of_the_screen_at_most(enter: Enter, alice: User) -> None:
    chat = enter(alice, **TOUCH)
    chat.composer.fill("word " * 50_000)
    expect(chat.page.get_by_role("alert")).to_be_in_viewport(ratio=1)
    expect(chat.send).to_be_in_viewport(ratio=1)
    box = chat.page.get_by_role("form", name="Message").bounding_box()
    assert box is not None
    assert 0.3 * PHONE["height"] < box["height"] <= 0.4 * PHONE["height"] + 1


def test_enter_breaks_the_line_and_the_button_sends(enter: Enter, alice: User) -> None:
    chat = enter(alice, **TOUCH)
    chat.composer.tap()
    chat.page.keyboard.type("one")
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.type("two")
    expect(chat.composer).to_have_value("one\ntwo")
    chat.send.tap()
    expect(chat.questions).to_have_count(1)
    chat.ended()


def test_drawer_opens_a_thread_and_closes(enter: Enter, alice: User) -> None:
    plant(alice, title="A thread")
    chat = enter(alice, **TOUCH)
    expect(chat.sidebar).to_be_hidden()
    chat.page.get_by_role("button", name="Show threads").tap()
    expect(chat.sidebar).to_be_visible()
    chat.thread("A thread").get_by_role("link").tap()
    expect(chat.sidebar).to_be_hidden()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("A thread")
    expect(chat.answers).to_have_count(1)
