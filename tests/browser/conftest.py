"""One Chromium for all of it; every test has contexts of its own, and none may end with an error on the console."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chatapp.models import User
from tests.browser.chat import Chat
from tests.browser.chromium import FLAGS, MISSING
from tests.browser.chromium import program as chromium_program
from tests.browser.console import Console
from tests.scripted_model import Script, ScriptedModel
from tests.site import ROOT, Site

MILLISECONDS = 20_000
HERE = Path(__file__).parent
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

Enter = Callable[..., Chat]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives Chromium."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """The system's Chromium. It comes after the test database, whose setup needs the thread's loop for itself."""
    program = chromium_program()
    if program is None:
        assert "CI" not in os.environ, MISSING
        pytest.skip(MISSING)
    assert (ROOT / "static/dist/chat.js").exists(), "The front end is not built: `make test` builds it."
    expect.set_options(timeout=MILLISECONDS)
    # Playwright's loop counts as running in this thread, and Django would refuse every query of a test.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def console() -> Console:
    """What the browser complained about in this test."""
    return Console()


@pytest.fixture
def contexts(chromium: Browser, console: Console) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers of different people: each call gives a fresh one. None may have complained at the end."""
    opened: list[BrowserContext] = []

    def contexts(**options: object) -> BrowserContext:
        given = {"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce", **options}
        context = chromium.new_context(**given)  # type: ignore[arg-type]  # options of new_context
        context.set_default_timeout(MILLISECONDS)
        console.watch(context)
        opened.append(context)
        return context

    yield contexts
    for context in opened:
        for page in context.pages:
            # What is still on its way to us arrives before the answer to this.
            page.evaluate("1")
        context.close()
    console.check()


@pytest.fixture
def enter(live: int, contexts: Callable[..., BrowserContext]) -> Enter:
    """Someone at the running server in a browser of their own: `enter(alice, "/trash/")`."""

    def enter(user: User | None, path: str = "/", **options: object) -> Chat:
        origin = f"http://127.0.0.1:{live}"
        context = contexts(base_url=origin, **options)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}])
        page = context.new_page()
        page.goto(path)
        return Chat(page)

    return enter


@pytest.fixture
def chat(enter: Enter, alice: User) -> Chat:
    """Alice on the page of a new chat."""
    return enter(alice)


@pytest.fixture
def page(chat: Chat) -> Page:
    """Alice's page."""
    return chat.page


@pytest.fixture(scope="package")
def _model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def model(_model: ScriptedModel) -> Iterator[ScriptedModel]:
    """A scripted endpoint for a site of its own."""
    _model.reset()
    _model.rule("\n\nAssistant: ", Script("A title"))
    yield _model
    _model.reset()


@pytest.fixture(scope="package")
def _site(tmp_path_factory: pytest.TempPathFactory, _model: ScriptedModel) -> Iterator[Site]:
    provider = {"OPENAI_BASE_URL": _model.url, "OPENAI_API_KEY": _model.key, "OPENAI_MODEL": "scripted"}
    with Site(tmp_path_factory.mktemp("site") / "data", **provider) as site:
        yield site


@pytest.fixture
def site(_site: Site, model: ScriptedModel) -> Site:
    """The whole program, to be killed and started again, with the scripted endpoint behind it."""
    assert _site.process is not None
    if _site.process.poll() is not None:
        _site.start()
    return _site
