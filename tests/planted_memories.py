"""Memories put into the store by the verbs, and where they came from."""

from __future__ import annotations

from uuid import UUID, uuid4

from chatapp.models import User
from memory import memories
from memory.memories import Memory, Source
from tests.planted_threads import Planted


def keep(owner: User, text: str, source: Source | None = None, memory_id: UUID | None = None) -> Memory:
    """A memory, by default written by hand."""
    return memories.add(owner.pk, text, source or Source("user"), memory_id)


def saved_in(planted: Planted) -> Source:
    """The source of what the assistant saved in the last answer of a thread."""
    return Source("assistant", planted.id, planted.messages[-1])


def texts(owner: User, **options: str) -> list[str]:
    """The texts of the first page of the owner's memories."""
    return [each.text for each in memories.page(owner.pk, **options)[0]]


def nowhere() -> Source:
    """The source of what was saved in a thread that is gone."""
    return Source("assistant", uuid4(), uuid4())
