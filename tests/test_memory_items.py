"""What the chat page asks about memories, and what deleting a thread offers."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from chatapp import threads
from chatapp.models import User
from memory import memories
from tests.planted_memories import keep, saved_in, texts
from tests.planted_threads import plant
from tests.test_memory_pages import page


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


def test_chat_asks_for_memories_by_id(browser: Client, alice: User, bob: User) -> None:
    one, two, theirs = keep(alice, "One"), keep(alice, "Two"), keep(bob, "Of Bob")
    memories.pin(alice.pk, two.id, pinned=True)
    asked = ",".join(str(each) for each in (two.id, uuid4(), theirs.id, one.id, two.id))
    assert browser.get(f"/memory/items?ids={asked}").json() == {
        "items": [
            {"id": str(two.id), "text": "Two", "pinned": True},
            {"id": str(one.id), "text": "One", "pinned": False},
        ]
    }
    assert browser.get("/memory/items").json() == {"items": []}
    for wrong in ("x", ",".join(str(uuid4()) for _ in range(101))):
        assert browser.get(f"/memory/items?ids={wrong}").status_code == 400


def test_chat_undoes_what_an_answer_did(browser: Client, alice: User) -> None:
    def undo(kind: object, memory: object, version: object) -> int:
        body = json.dumps({"kind": kind, "memory": str(memory), "version": version})
        return browser.post("/memory/undo", body, content_type="application/json").status_code

    kept = keep(alice, "One")
    assert [undo("saved", kept.id, 1) for _ in range(2)] == [204, 204]
    assert texts(alice) == []
    assert undo("forgotten", kept.id, 1) == 204
    assert texts(alice) == ["One"]
    memories.edit(alice.pk, kept.id, "By hand")
    assert undo("saved", kept.id, 1) == 409
    assert undo("forgotten", uuid4(), 1) == 404
    for wrong in (("eaten", kept.id, 1), ("saved", "x", 1), ("saved", kept.id, "1"), ("saved", kept.id, True)):
        assert undo(*wrong) == 400
    assert texts(alice) == ["By hand"]


def test_deleting_a_thread_offers_to_forget_what_came_from_it(browser: Client, alice: User) -> None:
    dinner, trip = plant(alice, title="Dinner"), plant(alice, title="Trip")
    for text in ("One", "Two"):
        keep(alice, text, saved_in(dinner))
    keep(alice, "Three", saved_in(trip))
    for each in (dinner, trip, plant(alice, title="Nothing saved")):
        threads.trash(alice.pk, each.id)
    words = page(browser.get("/trash/"))
    assert words.count("Also move the 2 memories saved in it to the trash") == 1
    assert words.count("Also move the memory saved in it to the trash") == 1
    assert words.count("Also move") == 2

    browser.post(reverse("trash_delete", args=[dinner.id]), {"memories": "on"})
    assert texts(alice) == ["Three"]
    browser.post(reverse("trash_delete", args=[trip.id]))
    assert texts(alice) == ["Three"]


def test_foreign_thread_takes_no_memory_with_it(browser: Client, alice: User, bob: User) -> None:
    theirs = plant(bob)
    threads.trash(bob.pk, theirs.id)
    keep(alice, "One", saved_in(theirs))
    assert browser.post(reverse("trash_delete", args=[theirs.id]), {"memories": "on"}).status_code == 404
    assert texts(alice) == ["One"]
