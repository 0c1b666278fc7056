"""Answers as they are drawn: everything Markdown has, nothing that runs, the same streamed and loaded."""

from __future__ import annotations

import re

from playwright.sync_api import Dialog, Locator, Page, expect

from chatapp.models import User
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.scripted_model import Script, ScriptedModel

EVERYTHING = """\
# A heading

Some **strong**, *emphasised* and `inline` text with a formula $e^{i\\pi} + 1 = 0$ and a price of $5 or $10.

| Planet | Moons |
|:-------|------:|
| Mars   |     2 |
| Earth  |     1 |

```python
def greet(name: str) -> str:
    return f"Hello {name}"  # <b>not bold</b>
```

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

- [x] done
- [ ] to do

1. one
2. two
   - nested

> A quotation

Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

שלום עולם, מה שלומך?

Emoji: 👩‍👩‍👧‍👦 🇺🇳 👍🏽

[a link](https://example.org/there) and https://example.org/bare

The end.
"""

HOSTILE = """\
<script>alert(1)</script>

<img src=x onerror=alert(2)>

<a href="javascript:alert(3)" onclick="alert(4)">click</a> [click](javascript:alert(5)) [data](data:text/html,x)

![pixel](https://tracker.example.org/pixel.png) <iframe src="https://tracker.example.org/"></iframe>

<style>body { display: none }</style> <svg onload=alert(6)><use href="#logo"></use></svg>

<form action="https://tracker.example.org/"><input name=password></form> <button onclick=alert(7)>go</button>

<div id="chat" class="app" style="position:fixed;inset:0">cover</div>

`<script>alert(8)</script>` $\\href{javascript:alert(9)}{x}$ $\\includegraphics{https://tracker.example.org/p.png}$

The end.
"""


def pieces(text: str) -> list[str]:
    """Cut where it hurts: inside of marks, tags and fences."""
    return [text[start : start + 3] for start in range(0, len(text), 3)]


def drawn(chat: Chat) -> str:
    """The HTML of the answer, without what differs from one load to the next."""
    return str(chat.answers.last.locator(".prose").inner_html())


def test_everything_is_drawn_and_looks_the_same_streamed_and_loaded(
    chat: Chat, page: Page, endpoint: ScriptedModel
) -> None:
    endpoint.script(Script(pieces(EVERYTHING), rate=400))
    chat.ask("Show everything")
    prose = chat.answers.locator(".prose")
    expect(prose).to_contain_text("The end.")
    expect(prose.get_by_role("heading", name="A heading")).to_be_visible()
    expect(prose.get_by_role("columnheader")).to_have_text(["Planet", "Moons"])
    expect(prose.get_by_role("cell")).to_have_text(["Mars", "2", "Earth", "1"])
    expect(prose.locator("pre code .hljs-keyword").first).to_have_text("def")
    expect(prose.locator("pre")).to_contain_text("# <b>not bold</b>")
    expect(prose.locator(".katex")).to_have_count(2)
    expect(prose).to_contain_text("a price of $5 or $10.")
    expect(prose.get_by_role("img", name="to do")).to_be_visible()
    expect(prose.get_by_role("img", name="done")).to_be_visible()
    expect(prose.get_by_role("link", name="a link")).to_have_attribute("rel", re.compile("noopener"))
    expect(prose.locator("p", has_text="👩‍👩‍👧‍👦 🇺🇳 👍🏽")).to_be_visible()
    assert direction(prose.locator("p", has_text="שלום")) == "rtl"
    assert direction(prose.locator("p", has_text="The end.")) == "ltr"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert prose.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "a long word sticks out"

    streamed = drawn(chat)
    chat.in_thread()
    page.reload()
    expect(prose.locator(".hljs-keyword").first).to_be_visible()
    expect(prose.locator(".katex")).to_have_count(2)
    assert drawn(chat) == streamed


def test_hostile_answer_runs_nothing_and_loads_nothing(chat: Chat, page: Page, endpoint: ScriptedModel) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))

    def dismiss(dialog: Dialog) -> None:
        asked.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)
    endpoint.script(Script(pieces(HOSTILE), rate=400))
    chat.ask("Try it")
    prose = chat.answers.locator(".prose")
    for turn in ("streamed", "loaded"):
        expect(prose).to_contain_text("The end.")
        expect(prose).to_contain_text("<script>alert(1)</script>")
        expect(prose).to_contain_text("<img src=x onerror=alert(2)>")
        for tag in ("script", "img", "iframe", "style", "svg:not(.katex svg)", "form", "input", "[onclick]", "#chat"):
            expect(prose.locator(tag)).to_have_count(0)
        hrefs = prose.locator("a").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
        assert all(href is None or href.startswith("https://tracker.example.org/") for href in hrefs), hrefs
        expect(prose.locator("a.remote-image")).to_have_text("pixel")
        for link in prose.get_by_text("click", exact=True).all():
            link.click()
        expect(chat.composer).to_be_visible()
        if turn == "streamed":
            streamed = drawn(chat)
            chat.in_thread()
            page.reload()
    assert drawn(chat) == streamed
    origin = page.evaluate("location.origin")
    assert asked, "no request was seen at all"
    assert [url for url in asked if not url.startswith((origin, origin.replace("http", "ws")))] == []


def test_question_and_title_are_text(chat: Chat, page: Page, endpoint: ScriptedModel) -> None:
    endpoint.rule("\n\nAssistant: ", Script("<img src=x onerror=alert(1)> & <b>title</b>"))
    chat.ask("<b>bold?</b> <script>alert(2)</script>\n  two spaces")
    # Exactly: an expectation would make all white space one.
    shown = chat.questions.locator(".question-text").inner_text()
    assert shown == "<b>bold?</b> <script>alert(2)</script>\n  two spaces"
    expect(chat.thread("<img src=x onerror=alert(1)> & <b>title</b>")).to_be_visible()
    page.reload()
    expect(page).to_have_title(re.compile(r"^<img src=x onerror=alert\(1\)> & <b>title</b>"))


def test_code_and_answer_are_copied_as_they_were_written(enter: Enter, alice: User, endpoint: ScriptedModel) -> None:
    chat = enter(alice, permissions=["clipboard-read", "clipboard-write"])
    code = "if a < b && c:\n\tprint('\"x\"')"
    endpoint.script(Script(f"Look:\n\n```python\n{code}\n```"))
    chat.ask("Code")
    chat.answers.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.answers.get_by_role("button", name="Copied")).to_be_visible()
    assert chat.run("() => navigator.clipboard.readText()") == code
    chat.answers.hover()
    chat.answers.get_by_role("button", name="Copy answer").click()
    chat.page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('Look:')")
    assert chat.run("() => navigator.clipboard.readText()") == f"Look:\n\n```python\n{code}\n```"


def direction(locator: Locator) -> str:
    """In which direction the element's text runs."""
    return str(locator.evaluate("(element) => getComputedStyle(element).direction"))
