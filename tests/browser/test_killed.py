"""kill -9 in the middle of an answer, with tabs open: they recover by themselves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.console import SERVER_GONE, Console
from tests.scripted_model import Script, ScriptedModel
from tests.site import Site

Contexts = Callable[..., BrowserContext]
WORDS = " ".join(f"word{number}" for number in range(60))
DASHED = "getComputedStyle(document.querySelector('.turn'), '::before').backgroundImage.includes('repeating')"


def signed_in(site: Site, contexts: Contexts) -> Page:
    """A page of someone with a new account, without the form."""
    client = site.sign_up(f"{uuid4()}@example.org")
    context = contexts(base_url=site.url)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"], "url": site.url}])
    client.close()
    page = context.new_page()
    page.goto("/")
    return page


def test_both_tabs_recover_and_show_one_answer_without_gap_or_repetition(
    site: Site, model: ScriptedModel, contexts: Contexts, console: Console
) -> None:
    console.expect(SERVER_GONE)
    model.script(Script("Ready."), Script(WORDS, held=True))
    one = Chat(signed_in(site, contexts))
    one.ask("Are you ready?")
    two = Chat(one.page.context.new_page())
    two.page.goto(one.in_thread())
    expect(two.answers).to_have_count(1)

    one.say("Count to sixty")
    expect(two.question("Count to sixty")).to_be_visible()
    model.wait_for(lambda: model.requests_for("Count to sixty"))
    model.release(20)
    for tab in (one, two):
        expect(tab.answers.last).to_contain_text("word19")
        tab.record()

    site.kill()
    model.reset()
    model.rule("\n\nAssistant: ", Script("A title"))
    model.script(Script(WORDS, rate=100))
    site.start()

    for tab in (one, two):
        expect(tab.answers.last).to_contain_text("word59")
        tab.ended()
        expect(tab.answers).to_have_count(2)
        expect(tab.questions).to_have_count(2)
        assert tab.text() == WORDS
        assert all(WORDS.startswith(shown) for shown in tab.recorded()), "something else was shown on the way"
        tab.page.reload()
        expect(tab.answers).to_have_count(2)
        assert tab.text() == WORDS
    assert len(model.requests_for("Count to sixty")) == 1, "after the restart the question was asked once"


def test_lost_connection_is_said_only_when_it_lasts_and_messages_wait(
    site: Site, model: ScriptedModel, contexts: Contexts, console: Console
) -> None:
    console.expect(SERVER_GONE)
    chat = Chat(signed_in(site, contexts))
    chat.ask("Before")
    path = chat.in_thread()
    assert not chat.run(DASHED)
    site.kill()
    killed = time.monotonic()
    expect(chat.no_connection).to_be_visible()
    assert 4 < time.monotonic() - killed < 12, "silent for five seconds, then said"
    assert chat.run(DASHED)
    chat.say("While away")
    expect(chat.question("While away")).to_contain_text("Will be sent")
    chat.say("And then")
    site.start()
    expect(chat.answers).to_have_count(3)
    chat.ended()
    expect(chat.no_connection).to_be_hidden()
    assert not chat.run(DASHED)
    assert chat.page.url.endswith(path)
    texts = [each["content"] for each in model.requests_for("And then")[0].messages if each["role"] == "user"]
    assert texts == ["Before", "While away", "And then"]
    assert len(model.requests_for("While away")) == len(model.requests_for("And then")) == 1
    chat.page.reload()
    expect(chat.questions).to_have_count(3)


def test_message_sent_while_away_survives_closing_the_tab(
    site: Site, model: ScriptedModel, contexts: Contexts, console: Console
) -> None:
    console.expect(SERVER_GONE)
    chat = Chat(signed_in(site, contexts))
    chat.ask("Before")
    site.kill()
    chat.say("While away")
    expect(chat.question("While away")).to_contain_text(re.compile("Sending|Will be sent"))
    context = chat.page.context
    address = chat.page.url
    chat.page.close()
    site.start()
    chat = Chat(context.new_page())
    chat.page.goto(address)
    expect(chat.answers).to_have_count(2)
    chat.ended()
    expect(chat.questions).to_have_count(2)
    assert chat.text() == "Answer to: While away"
    assert len(model.requests_for("While away")) == 1
