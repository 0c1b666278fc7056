"""The verbs on memories: every one of them by its outcome, its refusals, and what a second time changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from chatapp.models import User
from memory import entries, lists, memories, store, uses
from memory.entries import InvalidCursor, InvalidMemory, MemoryFull, NoSuchMemory
from memory.memories import Effect, Source
from tests.planted_memories import keep, nowhere, texts
from tests.planted_threads import plant
from tests.test_memory_versions import ASSISTANT, now, said
from tests.test_threads import soon


def test_memory_is_kept_with_its_source(alice: User) -> None:
    kept = keep(alice, "  Is \n\t vegetarian ", ASSISTANT)
    assert now(alice, kept) == kept
    assert (kept.text, kept.source, kept.version, kept.pinned) == ("Is vegetarian", ASSISTANT, 1, False)
    assert kept.created_at == kept.updated_at


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "x" * 1001])
def test_text_of_no_or_too_many_characters_is_refused(alice: User, text: str) -> None:
    with pytest.raises(InvalidMemory):
        keep(alice, text)
    kept = keep(alice, "x")
    with pytest.raises(InvalidMemory):
        memories.edit(alice.pk, kept.id, text)
    assert texts(alice) == ["x"]


def test_text_that_would_break_a_store_or_a_prompt_is_cleaned(alice: User) -> None:
    assert keep(alice, "a\x00b\ud800c\u2028d\x1b[1m").text == "ab\ufffdc d [1m"
    assert keep(alice, "x" * 1000).text == "x" * 1000


def test_adding_again_changes_nothing(alice: User) -> None:
    first = keep(alice, "One", memory_id=uuid4())
    assert keep(alice, "Other", memory_id=first.id) == first
    memories.trash(alice.pk, [first.id])
    assert keep(alice, "Other", memory_id=first.id) == first
    assert texts(alice) == []


def test_full_memory_refuses_with_a_sentence_and_takes_again_what_made_room(alice: User, settings: Settings) -> None:
    settings.MEMORY_LIMIT = 2
    first, _ = keep(alice, "One"), keep(alice, "Two")
    with pytest.raises(MemoryFull, match="full at 2"):
        keep(alice, "Three")
    memories.trash(alice.pk, [first.id])
    keep(alice, "Three")
    with pytest.raises(MemoryFull):
        memories.restore(alice.pk, [first.id])
    assert texts(alice) == ["Three", "Two"]
    assert [each.memory.text for each in lists.trashed(alice.pk)[0]] == ["One"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_exceed_the_limit(alice: User, settings: Settings) -> None:
    settings.MEMORY_LIMIT = 2
    keep(alice, "First")
    outcomes: list[str] = []

    def add() -> None:
        try:
            outcomes.append(keep(alice, "Third").text)
        except MemoryFull:
            outcomes.append("refused")
        finally:
            connection.close()

    with transaction.atomic():
        keep(alice, "Second")
        other = threading.Thread(target=add)
        other.start()
        soon(somebody_waits)
    other.join()
    assert outcomes == ["refused"]
    assert texts(alice) == ["Second", "First"]


def somebody_waits() -> bool:
    """Whether a transaction waits for another's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(cursor.fetchone() != (0,))


def test_pinned_come_first_then_the_newest(alice: User) -> None:
    first, *_ = [keep(alice, text) for text in ("One", "Two", "Three")]
    assert memories.pin(alice.pk, first.id, pinned=True).pinned
    assert texts(alice) == ["One", "Three", "Two"]
    assert memories.pin(alice.pk, first.id, pinned=True).version == 1
    memories.pin(alice.pk, first.id, pinned=False)
    assert texts(alice) == ["Three", "Two", "One"]


def test_trash_keeps_the_versions_and_gives_them_back(alice: User, settings: Settings) -> None:
    kept, other = keep(alice, "One"), keep(alice, "Other")
    edited = memories.edit(alice.pk, kept.id, "Two")
    assert memories.trash(alice.pk, [kept.id, kept.id, uuid4()]) == 1
    assert texts(alice) == ["Other"]
    with pytest.raises(NoSuchMemory):
        memories.versions(alice.pk, kept.id)
    ((thrown,), following) = lists.trashed(alice.pk)
    assert (thrown.memory, following) == (edited, None)
    assert thrown.expires_at is not None
    assert abs(thrown.expires_at - thrown.trashed_at - timedelta(days=settings.MEMORY_TRASH_DAYS)) < timedelta(
        minutes=1
    )
    # Earlier texts expire with it, not after it.
    assert store.of(alice.pk).all(entries.VERSIONS) == {}

    assert memories.trash(alice.pk, [kept.id]) == 0
    assert memories.restore(alice.pk, [kept.id, other.id]) == 1
    assert now(alice, kept) == edited
    assert said(alice, kept) == ["Two", "One"]
    assert lists.trashed(alice.pk) == ([], None)
    assert memories.restore(alice.pk, [kept.id]) == 0


def test_deleted_for_ever_leaves_nothing(alice: User) -> None:
    kept, other = keep(alice, "One"), keep(alice, "Other")
    memories.edit(alice.pk, kept.id, "Two")
    memories.record_uses(alice.pk, uuid4(), uuid4(), [kept.id, other.id])
    memories.trash(alice.pk, [kept.id])
    assert memories.delete_for_ever(alice.pk, [kept.id, kept.id, uuid4()]) == 1
    shelf = store.of(alice.pk)
    assert {kind: len(shelf.all(kind)) for kind in entries.KINDS} == {
        "memories": 1,
        "versions": 0,
        "trash": 0,
        "imports": 0,
    }
    assert memories.uses(alice.pk, kept.id, 5) == []
    assert len(memories.uses(alice.pk, other.id, 5)) == 1
    assert memories.delete_for_ever(alice.pk, [other.id]) == 1


def test_delete_all_takes_everything_of_the_user_and_nothing_else(alice: User, bob: User) -> None:
    keep(bob, "Of Bob")
    kept, thrown = keep(alice, "One"), keep(alice, "Two")
    memories.edit(alice.pk, kept.id, "Three")
    memories.trash(alice.pk, [thrown.id])
    memories.record_uses(alice.pk, uuid4(), uuid4(), [kept.id])
    assert memories.delete_all(alice.pk) == 2
    assert not [kind for kind in entries.KINDS if store.of(alice.pk).all(kind)]
    assert uses.uses(alice.pk, kept.id, 1) == []
    assert texts(bob) == ["Of Bob"]


def test_list_is_paged_and_filtered(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    kept = [keep(alice, f"Number {number}", Source("user") if number % 2 else nowhere()) for number in range(5)]
    memories.trash(alice.pk, [kept[4].id])
    first, following = lists.page(alice.pk)
    assert following is not None
    second, end = lists.page(alice.pk, cursor=following)
    assert [each.text for each in (*first, *second)] == [f"Number {number}" for number in (3, 2, 1, 0)]
    assert end is None
    assert texts(alice, source="assistant") == ["Number 2", "Number 0"]
    for damaged in ("x", following + "x"):
        with pytest.raises(InvalidCursor):
            lists.page(alice.pk, cursor=damaged)
    assert memories.count(alice.pk) == 4


def test_search_finds_words_and_keeps_to_the_filter(alice: User) -> None:
    for text, source in (("Is vegetarian", Source("user")), ("Vegetarian dinners on Fridays", nowhere())):
        keep(alice, text, source)
    keep(alice, "Plays the cello")
    assert sorted(texts(alice, query="vegetarian")) == ["Is vegetarian", "Vegetarian dinners on Fridays"]
    assert texts(alice, query="vegetarian", source="assistant") == ["Vegetarian dinners on Fridays"]
    assert texts(alice, query="zebra") == []
    assert [each.text for each in memories.search(alice.pk, "cello", 3)] == ["Plays the cello"]


def test_memory_is_named_by_its_mark_only_when_that_is_unique(alice: User) -> None:
    one = keep(alice, "One", memory_id=UUID("aaaaaaaa-0000-4000-8000-000000000001"))
    assert memories.marked(alice.pk, memories.mark(str(one.id))) == one
    assert memories.marked(alice.pk, f" {str(one.id).upper()} ") == one
    assert memories.marked(alice.pk, "aaaaa") is None
    two = keep(alice, "Two", memory_id=UUID("aaaaaaaa-0000-4000-8000-000000000002"))
    assert memories.marked(alice.pk, "aaaaaaaa") is None
    assert memories.marked(alice.pk, str(two.id)) == two
    for unknown in ("", "bbbbbbbb", "%"):
        assert memories.marked(alice.pk, unknown) is None


def test_memories_of_a_thread_follow_it(alice: User) -> None:
    thread = uuid4()
    source = Source("assistant", thread, uuid4())
    kept = [keep(alice, text, source) for text in ("One", "Two")]
    other = keep(alice, "Other", ASSISTANT)
    assert set(memories.from_thread(alice.pk, thread)) == {each.id for each in kept}
    assert memories.counts_by_thread(alice.pk, [thread, uuid4()]) == {thread: 2}
    assert memories.trash_from_thread(alice.pk, thread) == 2
    assert memories.trash_from_thread(alice.pk, thread) == 0
    assert memories.get(alice.pk, [kept[0].id, other.id]) == [other]


def test_uses_are_noted_once_and_go_with_the_thread(alice: User) -> None:
    kept, other = keep(alice, "One"), keep(alice, "Other")
    places = [(uuid4(), uuid4()) for _ in range(3)]
    for thread, message in (*places, places[0]):
        memories.record_uses(alice.pk, thread, message, [kept.id, kept.id])
    assert [use[:2] for use in memories.uses(alice.pk, kept.id, 2)] == [places[2], places[1]]
    assert uses.last_uses(alice.pk, [kept.id, other.id]).keys() == {kept.id}
    uses.forget_thread(places[2][0])
    assert uses.last_uses(alice.pk, [kept.id])[kept.id][:2] == places[1]


def test_thread_that_is_deleted_for_ever_is_no_place_of_use(alice: User) -> None:
    from chatapp import threads

    planted, kept = plant(alice), keep(alice, "One")
    memories.record_uses(alice.pk, planted.id, planted.messages[-1], [kept.id])
    threads.delete(alice.pk, planted.id)
    assert memories.uses(alice.pk, kept.id, 1) == []


VERBS: dict[str, Callable[[int, UUID], object]] = {
    "edit": lambda user, memory: memories.edit(user, memory, "Mine"),
    "pin": lambda user, memory: memories.pin(user, memory, pinned=True),
    "versions": memories.versions,
    "restore version": lambda user, memory: memories.restore_version(user, memory, 1),
    "undo an update": lambda user, memory: memories.undo(user, Effect("updated", memory, 1)),
    "undo a forgetting": lambda user, memory: memories.undo(user, Effect("forgotten", memory, 1)),
}
QUIET: dict[str, Callable[[int, UUID], object]] = {
    "trash": lambda user, memory: memories.trash(user, [memory]),
    "restore": lambda user, memory: memories.restore(user, [memory]),
    "delete": lambda user, memory: memories.delete_for_ever(user, [memory]),
    "get": lambda user, memory: memories.get(user, [memory]),
    "undo a saving": lambda user, memory: memories.undo(user, Effect("saved", memory, 1)),
    "search": lambda user, _: memories.search(user, "secret", 5),
    "mark": lambda user, memory: memories.marked(user, str(memory)),
    "uses": lambda user, memory: memories.uses(user, memory, 5),
    "last uses": lambda user, memory: uses.last_uses(user, [memory]),
}


def test_stranger_gets_nothing_by_any_verb(alice: User, charlie: User) -> None:
    kept = keep(alice, "Alice's secret")
    thread = uuid4()
    memories.record_uses(alice.pk, thread, uuid4(), [kept.id])
    for name, verb in VERBS.items():
        with pytest.raises(NoSuchMemory):
            verb(charlie.pk, kept.id)
        verb(alice.pk, keep(alice, f"For {name}").id)
    for name, verb in QUIET.items():
        assert not verb(charlie.pk, kept.id), name
    # Charlie may have a memory of the same id; it is another one.
    keep(charlie, "Charlie's own", memory_id=kept.id)
    memories.delete_all(charlie.pk)
    assert now(alice, kept) == kept
    assert len(memories.uses(alice.pk, kept.id, 5)) == 1
