"""Every page there is, in the states it has."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from playwright.sync_api import expect

from chatapp.models import User
from tests.browser.chat import Chat
from tests.conftest import PASSWORD
from tests.planted_threads import Planted
from tests.scripted_model import Script, ScriptedModel

OUTSIDE = ("account_login", "account_signup", "account_reset_password", "account_reset_password_done")
INSIDE = (
    "settings",
    "account_email",
    "account_change_password",
    "account_logout",
    "account_delete",
    "usersessions_list",
    "mfa_index",
    "mfa_activate_totp",
    "trash",
)
ANSWER = """\
Some **text** with `code`, [a link](https://example.org) and $x^2$.

| Planet | Moons |
|:-------|------:|
| Mars   |     2 |

```python
def greet(name: str) -> str:
    \"\"\"Say hello.\"\"\"
    return f"Hello {name}"  # 42
```

- [x] done
- [ ] to do

> A quotation
"""


def outside(chat: Chat) -> Iterator[str]:
    """Open one after the other the pages of someone who is not signed in; give each a name."""
    for name in OUTSIDE:
        chat.page.goto(reverse(name))
        yield name
    chat.page.goto(reverse("account_login"))
    log_in(chat, "nobody@example.org", "wrong password")
    expect(chat.page.locator(".field-error, [role=alert]").first).to_be_visible()
    yield "a login that failed"
    chat.page.goto("/nowhere/")
    yield "404"


def inside(chat: Chat, user: User) -> Iterator[str]:
    """Sign in, so that nothing asks for the password again; then the pages about the account."""
    chat.page.goto(reverse("account_login"))
    log_in(chat, user.email, PASSWORD)
    expect(chat.composer).to_be_visible()
    for name in INSIDE:
        chat.page.goto(reverse(name))
        expect(chat.page.get_by_role("heading", level=1).first).to_be_visible()
        yield name


def chats(chat: Chat, endpoint: ScriptedModel, planted: Planted) -> Iterator[str]:
    """The chat: empty, with a conversation, while an answer comes, with a queue, failed, stopped."""
    page = chat.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Start a thread")).to_be_visible()
    yield "a new chat"
    endpoint.rule("fail", Script("Half of", cut_after=2))
    endpoint.rule("stream", Script("Some words that come", held=True))
    page.goto(planted.path)
    endpoint.script(Script(ANSWER))
    say(chat, "Show something")
    expect(chat.answers.last.locator(".katex")).to_have_count(1)
    expect(chat.answers.last.locator(".hljs-keyword").first).to_be_visible()
    chat.ended()
    yield "a conversation"
    say(chat, "stream")
    endpoint.wait_for(lambda: endpoint.requests_for("stream"))
    endpoint.release(2)
    expect(chat.answers.last).to_contain_text("Some words")
    say(chat, "one more")
    expect(chat.question("one more")).to_contain_text("Queued")
    yield "an answer that comes, and a queue"
    chat.question("one more").get_by_role("button", name="Edit").click()
    expect(page.get_by_role("textbox", name="Text of the queued message")).to_be_focused()
    yield "a queued message that is being changed"
    page.keyboard.press("Escape")
    chat.question("one more").get_by_role("button", name="Remove").click()
    expect(chat.question("one more")).to_have_count(0)
    expect(page.get_by_text("Removed from the queue.")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    chat.stop.click()
    expect(chat.answers.last).to_contain_text("Stopped")
    yield "a stopped answer"
    say(chat, "fail")
    expect(chat.retry).to_be_visible()
    chat.composer.fill("x" * 200_001)
    expect(page.get_by_role("alert").filter(has_text="too long")).to_be_visible()
    yield "a failed answer, and too much text"
    chat.composer.fill("")


def say(chat: Chat, text: str) -> None:
    """Send with the button, as on a phone."""
    chat.composer.fill(text)
    chat.send.click()


def log_in(chat: Chat, email: str, password: str) -> None:
    """Through the form."""
    chat.page.get_by_label("Email").fill(email)
    chat.page.get_by_label("Password", exact=True).fill(password)
    chat.page.get_by_role("button", name="Log in").click()
