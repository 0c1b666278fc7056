"""Branches as their owner goes about them: edit, answer again, turn, branch off; and what the model is given then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from chatapp.models import Message, User
from tests.browser.branching import (
    EDITOR,
    IN_FOCUS,
    answer_again,
    edit,
    fork,
    given,
    knot,
    rolled_back,
    shown,
    turn,
)
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.browser.test_long_thread import AT_END, SETTLED, TOLERANCE, WATCH, WHERE, scroll_up
from tests.planted_branches import grow
from tests.planted_threads import Planted, plant
from tests.scripted_model import Script, ScriptedModel

LONG = "A paragraph that is long enough to be broken into lines. " + "More words. " * 40 + "\n\nMessage"
# How far the window goes on below the last turn and its line to the composer.
BELOW = """() => document.querySelector(".scroller").getBoundingClientRect().bottom
  - [...document.querySelectorAll(".turn")].at(-1).getBoundingClientRect().bottom"""


def test_whole_way_with_exactly_the_branch_as_context(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(*[Script(f"Answer {number}") for number in range(1, 10)])
    chat.ask("First")
    path = chat.in_thread()
    chat.ask("Second")
    other = enter(alice, path)
    expect(other.answers).to_have_count(2)

    edit(chat, "Second", "Second, better")
    assert given(endpoint) == ["First", "Answer 1", "Second, better"]
    answer_again(chat)
    assert given(endpoint) == ["First", "Answer 1", "Second, better"]
    answer_again(chat, model="scripted-2")
    assert endpoint.requests[-1].body["model"] == "scripted-2"
    expect(fork(chat, "Answer 5")).to_contain_text("3/3")
    assert shown(chat) == ["First", "Answer 1", "Second, better", "Answer 5"]
    expect(fork(other, "Answer 5")).to_contain_text("3/3")
    assert shown(other) == shown(chat)

    turn(chat, "Answer 5", "Previous", "Answer 4")
    expect(fork(chat, "Answer 4")).to_contain_text("2/3")
    expect(other.answers.last).to_contain_text("Answer 4")
    chat.ask("Third")
    assert given(endpoint) == ["First", "Answer 1", "Second, better", "Answer 4", "Third"]
    turn(chat, "Second, better", "Previous", "Answer 2")
    assert shown(chat) == ["First", "Answer 1", "Second", "Answer 2"]
    expect(other.answers.last).to_contain_text("Answer 2")
    turn(chat, "Second", "Next", "Answer 6")
    assert shown(chat)[2:] == ["Second, better", "Answer 4", "Third", "Answer 6"], "as it was left"

    knot(chat, 1).get_by_role("button", name="Branch in new chat").click()
    expect(chat.page).not_to_have_url(re.compile(path))
    copy = chat.in_thread()
    expect(chat.answers).to_have_count(2)
    chat.ask("In the copy")
    branch = ["First", "Answer 1", "Second, better", "Answer 4"]
    assert given(endpoint) == [*branch, "In the copy"]
    chat.page.goto(path)
    expect(chat.answers).to_have_count(3)
    chat.ask("In the first")
    assert given(endpoint) == [*branch, "Third", "Answer 6", "In the first"]
    assert shown(chat) == [*branch, "Third", "Answer 6", "In the first", "Answer 8"]
    expect(other.answers.last).to_contain_text("Answer 8")
    chat.page.goto(copy)
    expect(chat.answers).to_have_count(3)
    assert shown(chat) == [*branch, "In the copy", "Answer 7"]


def test_first_question_is_put_anew_and_an_earlier_one_answered_again(chat: Chat, endpoint: ScriptedModel) -> None:
    endpoint.script(*[Script(f"Answer {number}") for number in range(1, 6)])
    chat.ask("First")
    chat.ask("Second")
    answer_again(chat, 0)
    assert given(endpoint) == ["First"]
    assert shown(chat) == ["First", "Answer 3"]
    edit(chat, "First", "Another beginning")
    assert given(endpoint) == ["Another beginning"]
    assert shown(chat) == ["Another beginning", "Answer 4"]
    turn(chat, "Another beginning", "Previous", "Answer 3")
    turn(chat, "Answer 3", "Previous", "Answer 2")
    assert shown(chat) == ["First", "Answer 1", "Second", "Answer 2"]
    chat.page.reload()
    expect(chat.answers).to_have_count(2)
    assert shown(chat) == ["First", "Answer 1", "Second", "Answer 2"]


def test_branch_from_here_and_back_to_what_followed(
    chat: Chat, enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(*[Script(f"Answer {number}") for number in range(1, 6)])
    for text in ("First", "Second"):
        chat.ask(text)
    other = enter(alice, chat.in_thread())
    expect(other.answers).to_have_count(2)
    go_on = "Go on with what followed"
    knot(chat, 0).get_by_role("button", name="Branch from here").click()
    expect(chat.composer).to_be_focused()
    for tab in (chat, other):
        expect(tab.page.get_by_text("2 messages follow.")).to_be_visible()
        assert shown(tab) == ["First", "Answer 1"]
    chat.page.get_by_role("button", name=go_on).click()
    expect(chat.answers).to_have_count(2)
    expect(other.answers).to_have_count(2)
    assert chat.page.evaluate(IN_FOCUS), "the focus fell off with the button"

    knot(chat, 0).get_by_role("button", name="Branch from here").click()
    expect(chat.answers).to_have_count(1)
    chat.ask("Instead")
    assert given(endpoint) == ["First", "Answer 1", "Instead"]
    expect(fork(chat, "Instead")).to_contain_text("2/2")
    expect(chat.page.get_by_role("button", name=go_on)).to_have_count(0)


def test_edit_waits_for_the_answer_and_is_kept_over_a_turn(chat: Chat, endpoint: ScriptedModel) -> None:
    endpoint.rule("Second", Script("one two", held=True))
    chat.ask("First")
    chat.question("First").hover()
    chat.question("First").get_by_role("button", name="Edit message").click()
    field = chat.page.get_by_role("textbox", name=EDITOR)
    field.fill("First, better")
    chat.say("Second")
    endpoint.wait_for(lambda: endpoint.requests_for("Second"))
    expect(chat.page.get_by_text("Wait until the answer is complete.")).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value("First, better")
    endpoint.release()
    chat.ended()
    field.press("Enter")
    expect(chat.question("First, better")).to_be_visible()
    chat.ended()
    turn(chat, "First, better", "Previous", "Second")
    assert shown(chat)[0] == "First"


@pytest.fixture
def forked(alice: User) -> Planted:
    """230 messages; an answer in the middle has a second version that ends with it, and one with as much after it."""
    thread = plant(alice, 230, title="A long thread", text=LONG)
    question = thread.messages[200]
    grow(thread, question, "A short one")
    grow(thread, question, *[f"{LONG} {number} beside" for number in range(30)])
    return thread


def test_turning_moves_nothing_in_any_frame(enter: Enter, alice: User, forked: Planted) -> None:
    chat, other = enter(alice, forked.path), enter(alice, forked.path)
    page = chat.page
    question = f"m-{forked.messages[200]}"
    for tab in (chat, other):
        expect(tab.answers.last).to_contain_text("Message 229")
        tab.page.locator(f"id={question}").evaluate("(each) => each.scrollIntoView({block: 'start'})")
        tab.page.evaluate(SETTLED)
    arrows = page.locator(f"id={question}").locator("xpath=..").get_by_role("group", name="Versions of this answer")
    before, elsewhere = arrows.bounding_box(), other.page.evaluate(WHERE, question)
    assert before is not None
    for way, text in (("Next", "A short one"), ("Next", "0 beside"), ("Previous", "A short one"), ("Previous", "201")):
        page.evaluate(WATCH, question)
        start = page.evaluate("window.places.length")
        button = arrows.get_by_role("button", name=f"{way} version")
        button.click()
        expect(chat.answers.filter(has_text=text).first).to_be_visible()
        page.wait_for_function("(n) => window.places.length > n + 8", arg=start)
        places = page.evaluate("window.places")
        assert max(places) - min(places) <= 1, f"to {text}: the question was {places} from the top"
        after = arrows.bounding_box()
        assert after is not None
        assert abs(after["y"] - before["y"]) <= 1, f"to {text}: the arrows moved from {before} to {after}"
        assert page.evaluate(IN_FOCUS), "the focus fell off with the arrow"
        if text == "A short one":
            assert page.evaluate(BELOW) > 200, "room is kept, so that nothing moves"
        expect(other.answers.filter(has_text=text).first).to_be_visible()
        other.page.evaluate(SETTLED)
        moved = abs(other.page.evaluate(WHERE, question) - elsewhere)
        assert moved <= TOLERANCE, f"to {text}: what another tab reads moved by {moved} px"
    turn(chat, "201", "Next", "A short one")
    # The room goes away under way to what is read before.
    scroll_up(page, 5_000)
    page.evaluate(SETTLED)
    scroll_up(page, -20_000)
    page.wait_for_function(AT_END)
    assert page.evaluate(BELOW) < 60


def test_rollback_is_a_quiet_line_that_leads_to_what_was_removed(enter: Enter, alice: User) -> None:
    thread = plant(alice, 4)
    chat = enter(alice, thread.path)
    expect(chat.answers).to_have_count(2)
    rolled_back(thread, 1)
    chat.page.reload()
    expect(chat.page.get_by_text(re.compile(r"Rolled back to \d\d:\d\d by an administrator"))).to_be_visible()
    assert shown(chat) == ["Message 0", "Message 1"]
    chat.page.get_by_role("button", name="See what was removed").click()
    expect(chat.answers).to_have_count(2)
    assert shown(chat) == [f"Message {number}" for number in range(4)]
    assert chat.page.evaluate(IN_FOCUS), "the focus fell off with the button"


def test_link_leads_to_messages_far_back_and_on_other_branches(enter: Enter, alice: User, forked: Planted) -> None:
    far = forked.messages[20]
    chat = enter(alice, f"{forked.path}#m-{far}")
    expect(chat.page.locator(f"id=m-{far}")).to_be_in_viewport()
    beside = Message.objects.get(parent=forked.messages[200], children=None).pk
    other = enter(alice, f"{forked.path}#m-{beside}")
    expect(other.page.get_by_text("This message is on another branch.")).to_be_visible()
    other.page.get_by_role("button", name="Show it").click()
    expect(other.page.locator(f"id=m-{beside}")).to_be_in_viewport()
