"""The map of a thread's branches: which there are, in which order, how they are drawn, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatapp import branches, content, keys
from chatapp.models import Message, User
from tests.planted_branches import grow
from tests.planted_threads import Planted, plant
from tests.test_branches import turn

pytestmark = pytest.mark.django_db


def drawn(planted: Planted) -> list[tuple[str, int, int, bool, str | None]]:
    """The map: what each branch begins with, its length, depth, whether it is shown, and its name."""
    found = branches.branch_map(planted.owner, planted.id)
    return [
        (each["preview"], each["messages"], each["depth"], each["active"], each["label"]) for each in found["branches"]
    ]


def test_map_has_every_branch_after_the_one_it_leaves(alice: User) -> None:
    thread = plant(alice, 6)
    grow(thread, None, "Anew", "Answer")
    side = grow(thread, thread.messages[1], "Side", "Answer", "Then", "Answer")
    grow(thread, thread.messages[2], "Other answer")
    grow(thread, side[1], "Side of side")
    assert drawn(thread) == [
        ("Message 0", 6, 0, True, None),
        ("Side", 4, 1, False, None),
        ("Side of side", 1, 2, False, None),
        ("Other answer", 1, 1, False, None),
        ("Anew", 2, 0, False, None),
    ]
    found = branches.branch_map(alice.pk, thread.id)
    assert (found["head"], found["more"]) == (str(thread.messages[-1]), False)
    end = Message.objects.get(id=side[-1])
    assert found["branches"][1] == {
        "id": str(side[0]),
        "from": str(thread.messages[1]),
        "end": str(side[-1]),
        "messages": 4,
        "at": end.created_at.isoformat(),
        "preview": "Side",
        "label": None,
        "active": False,
        "depth": 1,
    }


def test_map_marks_the_branches_that_what_is_shown_runs_through(alice: User) -> None:
    thread = plant(alice, 4)
    side = grow(thread, thread.messages[1], "Side", "Answer")
    (inner,) = grow(thread, side[0], "Inner")
    turn(thread, inner)
    assert [(text, active) for text, _, _, active, _ in drawn(thread)] == [
        ("Message 0", True),
        ("Side", True),
        ("Inner", True),
    ]
    turn(thread, thread.messages[0], end=False)
    assert [active for _, _, _, active, _ in drawn(thread)] == [True, False, False]


def test_branch_with_a_name_begins_with_the_message_that_has_it(alice: User) -> None:
    """Also where it was there first: then it goes on from what came before it, at the same depth."""
    thread = plant(alice, 6)
    grow(thread, thread.messages[1], "Side", "Answer")
    branches.label(alice.pk, thread.id, thread.messages[2], "With butter")
    branches.label(alice.pk, thread.id, thread.messages[0], "Cake")
    assert drawn(thread) == [
        ("Message 0", 2, 0, True, "Cake"),
        ("Side", 2, 1, False, None),
        ("Message 2", 4, 0, True, "With butter"),
    ]


def test_map_is_bounded_and_keeps_the_newest_branches(alice: User) -> None:
    thread = plant(alice, 2)
    for number in range(203):
        grow(thread, thread.messages[0], f"Answer {number}")
    found = branches.branch_map(alice.pk, thread.id)
    previews = [each["preview"] for each in found["branches"]]
    assert found["more"]
    assert previews == ["Message 0", *(f"Answer {number}" for number in range(4, 203))]


def test_beginning_of_a_branch_is_short_and_one_that_is_damaged_is_left_out(alice: User) -> None:
    thread = plant(alice, 2)
    (long,) = grow(thread, thread.messages[0], "  Long\n\n" + "word " * 10_000)
    (damaged,) = grow(thread, thread.messages[0], "Damaged")
    Message.objects.filter(id=damaged).update(
        body=content.seal(keys.thread_sealer(alice.pk, thread.id), {"text": "x"}, "message", "body", long)
    )
    previews = [each["preview"] for each in branches.branch_map(alice.pk, thread.id)["branches"]]
    assert previews[1:] == [("Long " + "word " * 20)[:80], ""]


def test_map_of_an_empty_thread_is_empty(alice: User) -> None:
    thread = plant(alice, 0)
    assert branches.branch_map(alice.pk, thread.id) == {"head": None, "more": False, "branches": []}


def test_map_and_turning_are_quick_in_a_long_thread(alice: User) -> None:
    """Counted in statements and rows: what is as long as the thread stays in the database."""
    thread = plant(alice, 6000)
    for number in range(100, 6000, 60):
        grow(thread, thread.messages[number - 1], "Side")
    with CaptureQueriesContext(connection) as counted:
        found = branches.branch_map(alice.pk, thread.id)
    assert len(counted) <= 4
    assert len(found["branches"]) == 100
    assert found["branches"][0]["messages"] == 6000
    seconds = sum(float(query["time"]) for query in counted.captured_queries)
    print(f"map of 6,000 messages: {seconds * 1000:.0f} ms")
    with CaptureQueriesContext(connection) as counted:
        turn(thread, thread.messages[10])
    print(f"turning in it: {sum(float(query['time']) for query in counted.captured_queries) * 1000:.0f} ms")
    assert len(counted) <= 9
    assert timedelta(seconds=seconds) < timedelta(seconds=2)
