"""Earlier texts of a memory, and undoing what an answer did to it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from chatapp.models import User
from memory import entries, lists, memories, store
from memory.entries import EditConflict, NoSuchMemory
from memory.memories import Effect, Memory, Source
from tests.planted_memories import keep, texts

ASSISTANT = Source("assistant", UUID(int=1), UUID(int=2))


def now(owner: User, memory: Memory) -> Memory:
    """The memory as it is."""
    (found,) = memories.get(owner.pk, [memory.id])
    return found


def said(owner: User, memory: Memory) -> list[str]:
    """The texts that the memory has and had, newest first."""
    return [each.text for each in memories.versions(owner.pk, memory.id)]


def test_edit_keeps_the_text_before_and_the_source(alice: User) -> None:
    kept = keep(alice, "Lives in Porto", ASSISTANT)
    edited = memories.edit(alice.pk, kept.id, "Lives in Lisbon")
    assert (edited.text, edited.version, edited.source) == ("Lives in Lisbon", 2, ASSISTANT)
    assert edited.created_at == kept.created_at < edited.updated_at
    versions = memories.versions(alice.pk, kept.id)
    assert [(each.version, each.text, each.source) for each in versions] == [
        (2, "Lives in Lisbon", Source("user")),
        (1, "Lives in Porto", ASSISTANT),
    ]
    other = Source("assistant", uuid4(), uuid4())
    assert memories.edit(alice.pk, kept.id, "Lives in Faro", other).source == other


def test_same_text_makes_no_version(alice: User) -> None:
    kept = keep(alice, "One")
    assert memories.edit(alice.pk, kept.id, " One ", expected=7) == kept
    assert said(alice, kept) == ["One"]


def test_edit_of_what_changed_meanwhile_is_refused(alice: User) -> None:
    kept = keep(alice, "One")
    memories.edit(alice.pk, kept.id, "Two", expected=1)
    with pytest.raises(EditConflict):
        memories.edit(alice.pk, kept.id, "Three", expected=1)
    assert said(alice, kept) == ["Two", "One"]


def test_oldest_versions_go(alice: User) -> None:
    kept = keep(alice, "Text 1")
    for number in range(2, 26):
        memories.edit(alice.pk, kept.id, f"Text {number}")
    assert said(alice, kept) == [f"Text {number}" for number in range(25, 4, -1)]
    assert len(store.of(alice.pk).all(entries.VERSIONS)) == entries.VERSIONS_KEPT


def test_earlier_version_comes_back_as_the_next(alice: User) -> None:
    kept = keep(alice, "One")
    memories.edit(alice.pk, kept.id, "Two")
    assert memories.restore_version(alice.pk, kept.id, 1).version == 3
    assert said(alice, kept) == ["One", "Two", "One"]
    assert memories.restore_version(alice.pk, kept.id, 3).version == 3
    for missing in (0, 4, -1):
        with pytest.raises(NoSuchMemory):
            memories.restore_version(alice.pk, kept.id, missing)


def test_undo_of_what_was_saved_moves_it_to_the_trash(alice: User) -> None:
    kept = keep(alice, "One", ASSISTANT)
    for _ in range(2):
        memories.undo(alice.pk, Effect("saved", kept.id, 1))
        assert texts(alice) == []
        assert [each.memory.id for each in lists.trashed(alice.pk)[0]] == [kept.id]
    memories.delete_for_ever(alice.pk, [kept.id])
    memories.undo(alice.pk, Effect("saved", kept.id, 1))


def test_undo_of_an_update_brings_the_text_before(alice: User) -> None:
    kept = keep(alice, "One", Source("user"))
    memories.edit(alice.pk, kept.id, "Two", ASSISTANT)
    for _ in range(2):
        memories.undo(alice.pk, Effect("updated", kept.id, 2))
        assert said(alice, kept) == ["One", "Two", "One"]
        assert now(alice, kept).source == Source("user")


def test_undo_of_what_was_forgotten_brings_it_back(alice: User) -> None:
    kept = keep(alice, "One")
    memories.trash(alice.pk, [kept.id])
    for _ in range(2):
        memories.undo(alice.pk, Effect("forgotten", kept.id, 1))
        assert texts(alice) == ["One"]
    memories.delete_for_ever(alice.pk, [kept.id])
    with pytest.raises(NoSuchMemory):
        memories.undo(alice.pk, Effect("forgotten", kept.id, 1))


def test_all_effects_of_an_answer_can_be_undone_the_last_first(alice: User) -> None:
    kept = keep(alice, "One", ASSISTANT)
    for text in ("Two", "Three"):
        memories.edit(alice.pk, kept.id, text, ASSISTANT)
    memories.undo(alice.pk, Effect("updated", kept.id, 3))
    assert now(alice, kept).text == "Two"
    memories.undo(alice.pk, Effect("updated", kept.id, 2))
    assert now(alice, kept).text == "One"
    memories.undo(alice.pk, Effect("updated", kept.id, 3))
    assert now(alice, kept).text == "One"
    memories.undo(alice.pk, Effect("saved", kept.id, 1))
    assert texts(alice) == []


def test_undo_never_throws_a_later_change_away(alice: User) -> None:
    kept = keep(alice, "One", ASSISTANT)
    memories.edit(alice.pk, kept.id, "Two", ASSISTANT)
    memories.edit(alice.pk, kept.id, "By hand")
    for effect in (Effect("saved", kept.id, 1), Effect("updated", kept.id, 2)):
        with pytest.raises(EditConflict):
            memories.undo(alice.pk, effect)
    assert said(alice, kept) == ["By hand", "Two", "One"]


def test_undo_of_an_update_that_changed_nothing_does_nothing(alice: User) -> None:
    kept = keep(alice, "One")
    memories.undo(alice.pk, Effect("updated", kept.id, 1))
    assert said(alice, kept) == ["One"]
