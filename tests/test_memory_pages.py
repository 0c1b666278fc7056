"""The pages of memory and preferences, as forms send them and people read them."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from chatapp import threads
from chatapp.models import User
from memory import lists, memories, preferences
from memory.memories import Source
from memory.templatetags.memory_pages import when
from tests.planted_memories import keep, nowhere, saved_in, texts
from tests.planted_threads import plant
from tests.test_pages_security import check


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


def page(answer: Any) -> str:  # Any: the test client has a response type of its own
    """The words of a page that keeps the policy, white space made one."""
    assert answer.status_code in (200, 409), answer.status_code
    check(answer)
    main = answer.content.decode().split("<main", 1)[1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def choose(client: Client, verb: str, *ids: UUID, **more: str) -> Any:
    """Press a button of the bar, with these rows ticked."""
    return client.post(reverse("memory_choose"), {verb: "chosen", "ids": [str(each) for each in ids], **more})


def test_list_shows_what_is_kept_where_it_came_from_and_was_used(browser: Client, alice: User) -> None:
    dinner, trip = plant(alice, title="Dinner ideas"), plant(alice, title="A trip")
    kept = keep(alice, "Is <b>vegetarian</b>", saved_in(dinner))
    keep(alice, "Likes trains", nowhere())
    keep(alice, "Plays the cello")
    memories.record_uses(alice.pk, trip.id, trip.messages[-1], [kept.id])
    answer = browser.get("/memory/")
    words = page(answer)
    for said in (
        "Is <b>vegetarian</b> Saved in Dinner ideas , just now",
        "last used just now in A trip",
        "Likes trains Saved in a conversation that is gone, just now",
        "Plays the cello Written by you, just now",
        "3 of 2,000 memories",
    ):
        assert said in words
    source = answer.content.decode()
    assert f'href="{dinner.path}#m-{dinner.messages[-1]}"' in source
    assert f'href="{trip.path}#m-{trip.messages[-1]}"' in source
    assert "<b>vegetarian" not in source


def test_times_are_relative_within_a_week_and_always_exact_underneath() -> None:
    def said(**ago: float) -> str:
        return re.sub(r"<[^>]+>", "", when(timezone.now() - timedelta(**ago))).replace("\xa0", " ")

    assert [said(seconds=5), said(minutes=2), said(hours=30), said(days=6.9)] == [
        "just now",
        "2 minutes ago",
        "1 day ago",
        "6 days ago",
    ]
    old = datetime(2020, 3, 4, 5, 6, tzinfo=UTC)
    assert when(old) == (
        '<time datetime="2020-03-04T05:06:00+00:00" title="4 March 2020, 05:06 UTC">4 March 2020</time>'
    )


def test_thread_in_the_trash_or_of_another_is_not_linked(browser: Client, alice: User, bob: User) -> None:
    mine, theirs = plant(alice, title="Mine"), plant(bob, title="Secret title")
    kept = keep(alice, "One", saved_in(mine))
    keep(alice, "Two", saved_in(theirs))
    memories.record_uses(alice.pk, theirs.id, theirs.messages[-1], [kept.id])
    assert "Saved in Mine" in page(browser.get("/memory/"))
    threads.trash(alice.pk, mine.id)
    for path in ("/memory/", reverse("memory_one", args=[kept.id])):
        words = page(browser.get(path))
        assert "a conversation that is gone" in words
        assert "Mine" not in words
        assert "Secret title" not in words


def test_first_visit_teaches_one_thing(browser: Client) -> None:
    words = page(browser.get("/memory/"))
    assert "Nothing is kept yet. Write something here, or say “Remember that …” in a chat." in words
    assert "Delete everything" not in words


def test_adding_by_hand(browser: Client, alice: User, settings: Settings) -> None:
    assert browser.post("/memory/add/", {"text": " Is vegetarian "}).headers["Location"] == "/memory/"
    assert "Saved." in page(browser.get("/memory/"))
    assert [(each.text, each.source) for each in memories.page(alice.pk)[0]] == [("Is vegetarian", Source("user"))]
    for refused in ("", "  ", "\x00", "x" * 1001):
        answer = browser.post("/memory/add/", {"text": refused})
        assert 'aria-invalid="true"' in answer.content.decode()
        check(answer)
    settings.MEMORY_LIMIT = 1
    assert "The memory is full at 1." in page(browser.post("/memory/add/", {"text": "One more"}))
    assert texts(alice) == ["Is vegetarian"]


def test_search_is_never_in_an_address(browser: Client, alice: User) -> None:
    for number in range(60):
        keep(alice, f"Vegetarian dish number {number}", Source("user") if number % 2 else nowhere())
    other = keep(alice, "Plays the cello")
    answer = browser.post("/memory/", {"q": "vegetarian", "source": "user"})
    words = page(answer)
    assert "Plays the cello" not in words
    assert words.count("Vegetarian dish") >= 30
    assert not re.search(r'(href|action)="[^"]*vegetarian', answer.content.decode(), re.IGNORECASE)
    assert "Plays the cello" in page(browser.get("/memory/?q=vegetarian"))

    first = browser.post("/memory/", {"q": "vegetarian"}).content.decode()
    following = re.search(r'name="cursor" value="([^"]+)"', first)
    assert following is not None
    rest = page(browser.post("/memory/", {"q": "vegetarian", "cursor": following[1]}))
    assert rest.count("Choose: Vegetarian dish") == 10
    assert "Nothing found." in page(browser.post("/memory/", {"q": "zebra"}))

    # What is done with what was found ends at what is found.
    words = page(choose(browser, "trash", other.id, q="cello"))
    assert "Nothing found." in words
    assert "1 memory moved to the trash." in words


def test_filter_and_pages(browser: Client, alice: User) -> None:
    kept = [keep(alice, f"Number {number:02}", Source("user") if number else nowhere()) for number in range(52)]
    first = browser.get("/memory/")
    assert page(first).count("Choose: Number") == 50
    older = re.search(r'href="(/memory/\?cursor=[^"]+)"', first.content.decode())
    assert older is not None
    assert re.findall(r"Choose: (Number \d\d)", page(browser.get(html.unescape(older[1])))) == [
        "Number 01",
        "Number 00",
    ]
    assert re.findall(r"Choose: (Number \d\d)", page(browser.get("/memory/?source=assistant"))) == [kept[0].text]
    assert "Nothing found." in page(browser.get("/memory/?source=import"))
    assert page(browser.get("/memory/?source=nonsense")).count("Choose: Number") == 50
    assert browser.get("/memory/?cursor=nonsense").status_code == 404


def test_several_are_pinned_trashed_and_brought_back(browser: Client, alice: User) -> None:
    one, two, three = (keep(alice, text) for text in ("One", "Two", "Three"))
    choose(browser, "pin", one.id, two.id, uuid4())
    assert [(each.text, each.pinned) for each in memories.page(alice.pk)[0]] == [
        ("Two", True),
        ("One", True),
        ("Three", False),
    ]
    choose(browser, "unpin", two.id)
    # The button of a row is about that row, whatever is ticked.
    answer = browser.post("/memory/choose/", {"trash": str(one.id), "ids": [str(three.id)]})
    assert answer.headers["Location"] == "/memory/"
    assert texts(alice) == ["Three", "Two"]
    offered = browser.get("/memory/").content.decode()
    assert "1 memory moved to the trash." in offered
    assert "moved to the trash" not in browser.get("/memory/").content.decode()
    undo = re.search(rf'name="ids" value="({one.id})"', offered)
    assert undo is not None
    choose(browser, "restore", UUID(undo[1]))
    assert "Restored." in page(browser.get("/memory/"))
    assert texts(alice) == ["One", "Three", "Two"]


def test_senseless_choice_is_refused(browser: Client, alice: User) -> None:
    kept = keep(alice, "One")
    assert browser.post("/memory/choose/", {"ids": [str(kept.id)]}).status_code == 400
    assert browser.post("/memory/choose/", {"explode": "chosen"}).status_code == 400
    assert browser.post("/memory/choose/", {"trash": "../x"}).status_code == 302
    assert browser.post("/memory/trash/choose/", {"pin": str(kept.id)}).status_code == 400
    assert texts(alice) == ["One"]


def test_page_of_one_memory_edits_and_restores(browser: Client, alice: User) -> None:
    dinner = plant(alice, title="Dinner ideas")
    kept = keep(alice, "Lives in Porto", saved_in(dinner))
    memories.record_uses(alice.pk, dinner.id, dinner.messages[-1], [kept.id])
    path = reverse("memory_one", args=[kept.id])
    assert "Saved in Dinner ideas" in page(browser.get(path))
    answer = browser.post(path, {"text": "Lives in Lisbon", "version": 1})
    assert answer.headers["Location"] == path
    words = page(browser.get(path))
    assert re.search(r"Lives in Lisbon Now · Written by you.* Lives in Porto Saved in Dinner ideas.* Restore", words)
    browser.post(reverse("memory_version", args=[kept.id]), {"version": "1"})
    assert texts(alice) == ["Lives in Porto"]
    assert "The earlier text is back." in page(browser.get(path))
    for wrong, status in (("9", 404), ("x", 400), ("", 400)):
        assert browser.post(reverse("memory_version", args=[kept.id]), {"version": wrong}).status_code == status
    assert 'aria-invalid="true"' in browser.post(path, {"text": " ", "version": 3}).content.decode()


def test_edit_of_what_changed_meanwhile_shows_both(browser: Client, alice: User) -> None:
    kept = keep(alice, "Lives in Porto")
    path = reverse("memory_one", args=[kept.id])
    memories.edit(alice.pk, kept.id, "Lives in Faro")
    answer = browser.post(path, {"text": "Lives in Lisbon", "version": 1})
    assert answer.status_code == 409
    words = page(answer)
    assert "This memory was changed in the meantime" in words
    assert "Now it reads: Lives in Faro" in words
    assert ">Lives in Lisbon</textarea>" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()
    assert texts(alice) == ["Lives in Faro"]
    assert browser.post(path, {"text": "Lives in Lisbon", "version": 2}).status_code == 302
    assert texts(alice) == ["Lives in Lisbon"]


def test_trash_restores_and_deletes_for_ever(browser: Client, alice: User, settings: Settings) -> None:
    kept = [keep(alice, text) for text in ("One", "Two", "Three")]
    assert "Nothing here." in page(browser.get("/memory/trash/"))
    memories.trash(alice.pk, [each.id for each in kept])
    words = page(browser.get("/memory/trash/"))
    assert re.search(r"Three Deleted .* gone for ever on \d+ \w+ \d{4}", words)
    browser.post("/memory/trash/choose/", {"restore": str(kept[0].id)})
    assert texts(alice) == ["One"]
    browser.post("/memory/trash/choose/", {"delete": "chosen", "ids": [str(kept[1].id)]})
    assert [each.memory.text for each in lists.trashed(alice.pk)[0]] == ["Three"]
    settings.MEMORY_LIMIT = 1
    browser.post("/memory/trash/choose/", {"restore": str(kept[2].id)})
    assert "The memory is full at 1." in page(browser.get("/memory/trash/"))
    assert texts(alice) == ["One"]


def test_delete_everything_asks_first(browser: Client, alice: User) -> None:
    keep(alice, "One")
    memories.trash(alice.pk, [keep(alice, "Two").id])
    preferences.change(alice.pk, name="Alice")
    assert "All 1 memory with every version, and 1 in the trash, are deleted for ever." in page(
        browser.get("/memory/delete/")
    )
    assert texts(alice) == ["One"]
    browser.post("/memory/delete/")
    assert (texts(alice), lists.trash_size(alice.pk)) == ([], 0)
    assert preferences.load(alice.pk).name == "Alice"


def test_memory_that_is_off_says_so_in_the_list(browser: Client, alice: User) -> None:
    keep(alice, "One")
    assert "Memory is off" not in page(browser.get("/memory/"))
    preferences.change(alice.pk, memory=False)
    assert "Memory is off: none of this is read" in page(browser.get("/memory/"))


def test_list_costs_the_same_queries_however_long_it_is(
    browser: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        thread = plant(alice)
        kept = keep(alice, "A memory", saved_in(thread))
        memories.record_uses(alice.pk, thread.id, thread.messages[-1], [kept.id])
    browser.get("/memory/")
    with django_assert_max_num_queries(16):
        browser.get("/memory/")
