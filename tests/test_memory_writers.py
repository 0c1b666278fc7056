"""Two writers of one user's store at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection, transaction

from chatapp.models import User
from memory import shelf, store


def at_once(work: Callable[[str], None]) -> None:
    """Two threads, each with a connection of its own; what goes wrong in one goes wrong in the test."""
    errors: list[Exception] = []

    def run_one(name: str) -> None:
        try:
            work(name)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    both = [threading.Thread(target=run_one, args=(name,)) for name in ("a", "b")]
    for each in both:
        each.start()
    for each in both:
        each.join(20)
    assert errors == []


def test_two_writers_one_after_the_other_lose_nothing(transactional_db: None, alice: User) -> None:
    """Both count what is there under the lock, and each finds what the other has written."""
    counted = []

    def writer(name: str) -> None:
        for _ in range(10):
            with transaction.atomic():
                mine = store.of(alice.pk)
                mine.lock()
                counted.append(len(mine.all("memories")))
                mine.put("memories", f"{name} {counted[-1]}", {})

    at_once(writer)
    assert sorted(counted) == list(range(20))
    assert len(store.of(alice.pk).all("memories")) == 20


def test_two_writers_without_a_lock_are_in_each_others_way_and_still_lose_nothing(
    transactional_db: None, alice: User
) -> None:
    """The first write of each makes the shelf; every later one waits for the other's version, and builds on it."""

    def writer(name: str) -> None:
        for number in range(25):
            store.of(alice.pk).put("memories", f"{name} {number}", {})

    at_once(writer)
    for _ in ("remembered", "read"):
        assert len(store.of(alice.pk).all("memories")) == 50
        shelf.forget()
