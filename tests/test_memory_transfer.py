"""Export and import on the pages: a file goes out, is looked at, and comes in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from chatapp.models import User
from memory import memories
from tests.planted_memories import keep, texts
from tests.test_memory_pages import page

JSON = {"accept": "application/json"}


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


def upload(client: Client, data: bytes) -> Any:  # Any: the test client has a response type of its own
    """Choose a file and send it."""
    return client.post("/memory/import/", {"file": SimpleUploadedFile("memories.json", data)})


def test_export_is_a_file_that_can_be_imported(browser: Client, alice: User) -> None:
    for number in range(120):
        keep(alice, f"Number {number:03}")
    answer = browser.get("/memory/export/")
    assert re.fullmatch(
        r'attachment; filename="everthread-memories-\d{4}-\d\d-\d\d\.json"', answer.headers["Content-Disposition"]
    )
    assert "no-store" in answer.headers["Cache-Control"]
    assert len(json.loads(answer.content)["memories"]) == 120
    memories.delete_all(alice.pk)

    path = upload(browser, answer.content).headers["Location"]
    assert "New 120 Changed 0 Here already 0" in page(browser.get(path))
    assert memories.count(alice.pk) == 0
    answer = browser.post(path)
    assert answer.headers["Location"] == "/memory/"
    assert "Imported: 120 new, 0 changed." in page(browser.get("/memory/"))
    assert memories.count(alice.pk) == 120
    answer = browser.get(path, follow=True)
    assert "This import is over" in page(answer)


def test_import_in_steps_says_how_much_is_left(browser: Client, alice: User) -> None:
    data = json.dumps([f"Number {number}" for number in range(120)]).encode()
    path = upload(browser, data).headers["Location"]
    steps = [browser.post(path, headers=JSON).json() for _ in range(3)]
    assert steps == [{"left": 70, "next": ""}, {"left": 20, "next": ""}, {"left": 0, "next": "/memory/"}]
    assert memories.count(alice.pk) == 120


def test_import_that_does_not_fit_says_so(browser: Client, alice: User, settings: Settings) -> None:
    settings.MEMORY_LIMIT = 2
    keep(alice, "One")
    path = upload(browser, b'["Two", "Three"]').headers["Location"]
    words = page(browser.get(path))
    assert "There is room for 1 more, and 2 are new." in words
    assert browser.post(path, headers=JSON).json() == {"left": 0, "next": path}
    assert "The memory is full at 2." in page(browser.get(path))
    assert browser.post(f"{path}discard/").headers["Location"] == "/memory/"
    assert browser.post(path).status_code == 404
    assert texts(alice) == ["One"]


@pytest.mark.parametrize("data", [b"", b"not JSON", b'{"memories": 5}'])
def test_file_that_is_none_is_refused_in_a_sentence(browser: Client, data: bytes) -> None:
    answer = upload(browser, data)
    assert answer.status_code == 200
    assert "id_file_error" in answer.content.decode()
    assert "everthread" in page(answer).lower() or "empty" in page(answer)


def test_large_file_is_refused_and_no_other_lies_in_a_temporary_file(browser: Client, settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert "Choose a file of at most 8 MB." in page(upload(browser, b"[" + b" " * 2000 + b"]"))
    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
