"""The page of preferences, and where they show: the prompt's text, the chat's model, the theme of every page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from chatapp.models import User
from memory import preferences
from memory.preferences import Preferences
from tests.test_memory_pages import page
from tests.test_memory_transfer import JSON
from tests.test_pages_security import check


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


def test_preferences_are_saved_and_shown_as_the_prompt_gets_them(browser: Client, alice: User) -> None:
    assert "Added to every prompt Nothing yet." in page(browser.get("/preferences/"))
    form = {"name": "Al", "about": "A cook.\r\nTwo <children>.", "theme": "dark", "memory": "on", "tone": "warm"}
    answer = browser.post("/preferences/", form)
    assert answer.headers["Location"] == "/preferences/"
    assert preferences.load(alice.pk) == Preferences(
        name="Al", about="A cook.\nTwo <children>.", tone="warm", theme="dark", memory=True, ask=False
    )
    words = page(browser.get("/preferences/"))
    assert " ".join(preferences.block(preferences.load(alice.pk)).split()) in words


def test_preview_saves_nothing(browser: Client, alice: User) -> None:
    form = {"name": "Not yet", "theme": "system", "preview": "1"}
    words = page(browser.post("/preferences/", form))
    assert "Not saved yet." in words
    assert "name: Not yet" in words
    answer = browser.post("/preferences/", form, headers=JSON)
    assert answer.json() == {"text": preferences.block(Preferences(name="Not yet"))}
    assert browser.post("/preferences/", {**form, "name": "x" * 81}, headers=JSON).status_code == 400
    assert preferences.load(alice.pk) == Preferences()


def test_wrong_preferences_are_refused_in_place(browser: Client, alice: User) -> None:
    for wrong in ({"name": "x" * 81}, {"tone": "rude"}, {"theme": "pink"}, {"model": "another"}):
        answer = browser.post("/preferences/", {"theme": "dark", **wrong})
        assert answer.status_code == 200, wrong
        check(answer)
    assert preferences.load(alice.pk) == Preferences()


def test_model_is_offered_where_there_is_a_choice_and_the_chat_begins_with_it(
    browser: Client, alice: User, settings: Settings
) -> None:
    settings.OPENAI_MODEL, settings.OPENAI_MODELS = "one", ["one"]
    assert "Model of new messages" not in page(browser.get("/preferences/"))
    settings.OPENAI_MODELS = ["one", "two"]
    assert "The site's own (one) two" in page(browser.get("/preferences/"))
    browser.post("/preferences/", {"theme": "system", "model": "two"})
    assert '"default_model": "two"' in browser.get("/").content.decode()


def test_theme_goes_with_the_person_into_every_browser(browser: Client, alice: User) -> None:
    def theme(client: Client) -> str:
        found = re.search(r'<html lang="en"(?: data-theme="(\w+)")?>', client.get("/settings/").content.decode())
        assert found is not None
        return found[1] or ""

    elsewhere = Client()
    elsewhere.force_login(alice)
    elsewhere.cookies["theme"] = "light"
    assert (theme(browser), theme(elsewhere)) == ("", "light")
    browser.post(reverse("theme"), {"theme": "dark"})
    assert (theme(browser), theme(elsewhere)) == ("dark", "dark")
    browser.post("/preferences/", {"theme": "system"})
    assert (theme(browser), theme(elsewhere)) == ("", "")
    browser.post("/preferences/", {"theme": "light"})
    assert browser.cookies["theme"].value == "light"
    assert preferences.load(alice.pk).theme == "light"


def test_settings_lead_to_memory_and_preferences(browser: Client) -> None:
    source = browser.get("/settings/").content.decode()
    assert f'href="{reverse("memory")}"' in source
    assert f'href="{reverse("preferences")}"' in source
