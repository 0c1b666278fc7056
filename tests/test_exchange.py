"""Export and import: what goes out comes in again, twice is once, and a strange file does no harm."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from chatapp.models import User
from memory import exchange, lists, memories, reading, store
from memory.entries import IMPORTS, MemoryFull
from memory.exchange import NoSuchImport, Progress
from memory.memories import Source
from memory.reading import InvalidFile, TooManyMemories
from tests.planted_memories import keep, nowhere, texts


def stage(owner: User, *rows: Any) -> UUID:
    """A file of these rows, staged."""
    return exchange.stage(owner.pk, json.dumps(rows).encode())


def bring_in(owner: User, import_id: UUID) -> Progress:
    """All parts of an import."""
    while (progress := exchange.apply(owner.pk, import_id)).left:
        pass
    return progress


def test_export_comes_in_again_as_it_was(alice: User, bob: User) -> None:
    first = keep(alice, 'Says "hello" 👋 <b>', nowhere())
    memories.edit(alice.pk, first.id, "Says “hello” 👋")
    memories.pin(alice.pk, keep(alice, "Is vegetarian").id, pinned=True)
    memories.trash(alice.pk, [keep(alice, "Thrown away").id])
    data = exchange.export(alice.pk)
    assert "Thrown away" not in data.decode()
    progress = bring_in(bob, exchange.stage(bob.pk, data))
    assert (progress.added, progress.changed) == (2, 0)
    of_alice, of_bob = (memories.page(each.pk)[0] for each in (alice, bob))
    assert [(each.id, each.text, each.pinned, each.created_at, each.updated_at) for each in of_bob] == [
        (each.id, each.text, each.pinned, each.created_at, each.updated_at) for each in of_alice
    ]
    assert {each.source.kind for each in of_bob} == {"import"}
    assert of_bob[1].source.thread == of_alice[1].source.thread


def test_second_import_of_a_file_changes_nothing(alice: User) -> None:
    rows = ["One", {"text": "Two"}, {"id": str(uuid4()), "text": "Three", "pinned": True}]
    first = bring_in(alice, stage(alice, *rows))
    before = memories.page(alice.pk)
    assert first == Progress(left=0, total=3, added=3, changed=0)
    again = stage(alice, *rows)
    preview = exchange.preview(alice.pk, again)
    assert (preview.new, preview.changed, preview.same) == (0, 0, 3)
    assert bring_in(alice, again) == Progress(left=0, total=3, added=0, changed=0)
    assert memories.page(alice.pk) == before


def test_preview_says_what_will_happen_and_changes_nothing(alice: User) -> None:
    kept, same = keep(alice, "Lives in Porto"), keep(alice, "Is vegetarian")
    import_id = stage(
        alice,
        {"id": str(kept.id), "text": "Lives in Lisbon"},
        "is VEGETARIAN",
        {"id": str(same.id), "text": same.text},
        "Plays the cello",
        {"text": ""},
        {"text": 7},
        {"words": "x"},
        None,
        "x" * 1001,
    )
    preview = exchange.preview(alice.pk, import_id)
    assert (preview.total, preview.new, preview.changed, preview.same, preview.left_out) == (3, 1, 1, 1, 5)
    assert preview.new_listed == ["Plays the cello"]
    assert [(each.before, each.after) for each in preview.changed_listed] == [("Lives in Porto", "Lives in Lisbon")]
    assert [problem.split(":")[0] for problem in preview.problems] == [f"Entry {number}" for number in range(5, 10)]
    assert texts(alice) == ["Is vegetarian", "Lives in Porto"]
    assert bring_in(alice, import_id) == Progress(left=0, total=3, added=1, changed=1)
    assert texts(alice) == ["Plays the cello", "Lives in Lisbon", "Is vegetarian"]
    assert [each.text for each in memories.versions(alice.pk, kept.id)] == ["Lives in Lisbon", "Lives in Porto"]


def test_import_brings_back_what_lies_in_the_trash(alice: User) -> None:
    kept = keep(alice, "One")
    data = exchange.export(alice.pk)
    memories.trash(alice.pk, [kept.id])
    assert bring_in(alice, exchange.stage(alice.pk, data)).added == 1
    assert texts(alice) == ["One"]
    assert lists.trashed(alice.pk) == ([], None)


def test_long_import_goes_on_where_it_stopped(alice: User) -> None:
    import_id = stage(alice, *(f"Number {number}" for number in range(120)))
    left = exchange.apply(alice.pk, import_id).left
    assert 0 < left < 120
    assert memories.count(alice.pk) == 120 - left == exchange.PART
    preview = exchange.preview(alice.pk, import_id)
    assert (preview.total, preview.new, preview.new_more) == (left, left, left - exchange.LISTED)
    assert bring_in(alice, import_id) == Progress(left=0, total=120, added=120, changed=0)
    assert exchange.apply(alice.pk, import_id).left == 0
    with pytest.raises(NoSuchImport):
        exchange.preview(alice.pk, import_id)


def test_import_without_room_is_refused(alice: User, settings: Settings) -> None:
    settings.MEMORY_LIMIT = 3
    keep(alice, "One"), keep(alice, "Two")
    import_id = stage(alice, "Three", "Four")
    preview = exchange.preview(alice.pk, import_id)
    assert (preview.fits, preview.room) == (False, 1)
    with pytest.raises(MemoryFull):
        exchange.apply(alice.pk, import_id)
    assert memories.count(alice.pk) == 2
    memories.trash(alice.pk, [each.id for each in memories.page(alice.pk)[0][:1]])
    assert bring_in(alice, import_id).added == 2
    with pytest.raises(TooManyMemories):
        stage(alice, *"abcd")


def test_only_the_latest_import_is_staged_and_only_for_its_user(alice: User, charlie: User) -> None:
    first = stage(alice, "One")
    second = stage(alice, "Two")
    for owner, import_id in ((alice, first), (charlie, second), (alice, uuid4())):
        for verb in (exchange.preview, exchange.apply):
            with pytest.raises(NoSuchImport):
                verb(owner.pk, import_id)
    exchange.discard(charlie.pk, second)
    assert exchange.preview(alice.pk, second).new == 1
    exchange.discard(alice.pk, second)
    assert store.of(alice.pk).all(IMPORTS) == {}


def test_largest_memories_go_through(alice: User) -> None:
    long = [chr(0x1F600 + number) * 1000 for number in range(40)]
    assert bring_in(alice, stage(alice, *long)).added == 40
    assert exchange.apply(alice.pk, exchange.stage(alice.pk, exchange.export(alice.pk))).added == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'"text"',
        b"7",
        b"null",
        b"{}",
        b'{"memories": {}}',
        b'{"memories": "x"}',
        b"[" * 100_000,
        b"NaN",
    ],
)
def test_what_is_no_file_of_memories_is_refused(alice: User, data: bytes) -> None:
    with pytest.raises(InvalidFile):
        exchange.stage(alice.pk, data)
    assert store.of(alice.pk).all(IMPORTS) == {}


def test_senseless_details_are_passed_over(alice: User) -> None:
    row = {
        "id": "7",
        "text": "One\ud800",
        "pinned": "yes",
        "source": {"kind": "root", "thread": "../x", "message": 5},
        "created_at": "0001-01-01T00:00:00+14:00",
        "updated_at": "9999-12-31T23:59:59+00:00",
    }
    data = b"\xef\xbb\xbf" + json.dumps({"memories": [row, row, {**row, "id": str(uuid4())}]}).encode()
    assert bring_in(alice, exchange.stage(alice.pk, data)).added == 1
    ((kept,), _) = memories.page(alice.pk)
    assert (kept.text, kept.pinned, kept.source) == ("One\ufffd", False, Source("import"))
    # Nothing was written tomorrow.
    assert kept.updated_at <= keep(alice, "Later").updated_at


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["text", "id", "source"]), inner),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=6))
def test_any_rows_are_read_or_named(rows: list[Any]) -> None:
    found, problems = reading.read(json.dumps(rows).encode())
    assert len(found) + len(problems) <= len(rows)
    for entry in found:
        assert 0 < len(entry["text"]) <= 1000
        UUID(entry["id"])
        assert set(entry["source"]) <= {"thread", "message"}
