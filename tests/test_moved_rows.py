"""What is sealed opens only where it was sealed: rows exchanged between places, threads or users are refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from chatapp import branches, claims, keys, runs, threads
from chatapp.models import SEALED, Run, User
from chatapp.sealing import SealError
from chatapp.streaming import events
from tests.planted_threads import Planted, plant, plant_asking, plant_events, plant_summary

pytestmark = pytest.mark.django_db(transaction=True)
Place = tuple[str | int | UUID, ...]  # the columns that name a row, and its values there


def read_titles(thread: Planted) -> object:
    """One bad title must not take the list away, so it is shown as none; here that is a refusal again."""
    shown = threads.item(thread.owner, thread.id)
    assert shown is not None
    if not shown["title"]:
        raise SealError
    return shown


def read_messages(thread: Planted) -> object:
    return threads.state(thread.owner, thread.id)


def read_labels(thread: Planted) -> object:
    """A message is of use without its name, so a bad one is shown as none; here that is a refusal again."""
    shown = threads.state(thread.owner, thread.id)["messages"][:2]
    if None in [each["label"] for each in shown]:
        raise SealError
    return shown


def read_events(thread: Planted) -> object:
    found, more = events.read(thread.id, keys.thread_sealer(thread.owner, thread.id), 0)
    assert found
    return found, more


def read_summaries(thread: Planted) -> object:
    """As the next run takes them up; without making it."""
    with transaction.atomic():
        desk = claims.Desk(uuid4(), room=True)
        claim = runs.accept(thread.owner, thread.id, runs.Question(uuid4(), "Hello", "scripted"), desk).claim
        transaction.set_rollback(True)
    assert claim is not None
    assert claim.summaries
    return claim


def asking_runs(thread: Planted) -> list[Run]:
    return list(Run.objects.filter(thread_id=thread.id, asked__isnull=False).order_by("id"))


def read_asks(thread: Planted) -> object:
    return [claims.asked(run, keys.thread_sealer(thread.owner, thread.id)) for run in asking_runs(thread)]


# Column → how the application reads it, and which rows of a thread hold it.
READERS: dict[tuple[str, str], tuple[Callable[[Planted], object], Callable[[Planted], list[Place]]]] = {
    ("chatapp_thread", "title"): (read_titles, lambda thread: [("id", thread.id)]),
    ("chatapp_message", "body"): (read_messages, lambda thread: [("id", each) for each in thread.messages[:2]]),
    ("chatapp_message", "label"): (read_labels, lambda thread: [("id", each) for each in thread.messages[:2]]),
    ("chatapp_eventbatch", "body"): (
        read_events,
        # Their numbers are the same in every thread, so only the key tells them apart.
        lambda thread: [("thread_id, last_seq", thread.id, last) for last in (3, 6)],
    ),
    ("chatapp_summary", "body"): (
        read_summaries,
        lambda thread: [("message_id", each) for each in (thread.messages[1], thread.messages[3])],
    ),
    ("chatapp_run", "asked"): (read_asks, lambda thread: [("id", run.id) for run in asking_runs(thread)]),
}
COLUMNS = [pytest.param(table, column, id=f"{table}.{column}") for table, column in READERS]


def full(owner: User) -> Planted:
    """A thread with something in every sealed column."""
    thread = plant(owner, 6)
    for each in thread.messages[:2]:
        branches.label(owner.pk, thread.id, each, f"Name of {each}")
    plant_summary(thread, 1)
    plant_summary(thread, 3)
    plant_events(thread, 1)
    plant_events(thread, 4)
    for _ in range(2):
        plant_asking(thread)
    Run.objects.filter(thread_id=thread.id).update(state=Run.State.DONE)  # so that neither of them is in the way
    return thread


def value(table: str, column: str, place: Place) -> bytes:
    """What is stored there."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE ({place[0]}) = ({_marks(place)})", place[1:])
        (found,) = cursor.fetchone()
        return bytes(found)


def put(table: str, column: str, place: Place, stored: bytes) -> None:
    """What somebody who can write to the database does."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE ({place[0]}) = ({_marks(place)})", [stored, *place[1:]])
        assert cursor.rowcount == 1


def _marks(place: Place) -> str:
    return ", ".join(["%s"] * (len(place) - 1))


def exchange(table: str, column: str, one: Place, other: Place) -> None:
    first, second = value(table, column, one), value(table, column, other)
    assert first != second
    put(table, column, one, second)
    put(table, column, other, first)


def refused(read: Callable[[Planted], object], *planted: Planted) -> None:
    keys.forget_keys()
    for thread in planted:
        with pytest.raises(SealError):
            read(thread)


def test_every_sealed_column_is_tried() -> None:
    assert set(READERS) == {(table, column) for table, names in SEALED.items() for column in names}


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_exchanged_values_are_refused(alice: User, bob: User, table: str, column: str) -> None:
    read, places = READERS[table, column]
    mine, also_mine, foreign = full(alice), full(alice), full(bob)
    for thread in (mine, also_mine, foreign):
        read(thread)  # untouched they are read
    own = places(mine)
    for one, other in pairwise(own):
        exchange(table, column, one, other)
        refused(read, mine)
        exchange(table, column, one, other)
    read(mine)
    for strange in (also_mine, foreign):
        exchange(table, column, places(mine)[0], places(strange)[0])
        refused(read, mine, strange)
        exchange(table, column, places(mine)[0], places(strange)[0])
        read(mine)
        read(strange)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_forged_values_are_refused(alice: User, table: str, column: str) -> None:
    read, places = READERS[table, column]
    thread = full(alice)
    place = places(thread)[0]
    stored = value(table, column, place)
    elsewhere = [value(*other, READERS[other][1](thread)[0]) for other in READERS if other != (table, column)]
    flipped = [stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :] for at in (0, 1, 2, 10, 22, len(stored) - 1)]
    plain = [b"", b'"plain"', b'{"text": "plain"}', b"[]", b"\x00" * 40]
    for forged in (*elsewhere, *flipped, *plain, stored[:-1], stored + b"\x00"):
        if forged or (table, column) != ("chatapp_thread", "title"):  # an empty title is no title
            put(table, column, place, forged)
            refused(read, thread)
    put(table, column, place, stored)
    read(thread)


def test_key_moved_along_with_the_content_is_refused(alice: User, bob: User) -> None:
    mine = full(alice)
    for strange in (full(alice), full(bob)):
        for column in ("key_id", "wrapped"):
            exchange("chatapp_threadkey", column, ("thread_id", mine.id), ("thread_id", strange.id))
        for (table, column), (_, places) in READERS.items():
            for one, other in zip(places(mine), places(strange), strict=True):
                exchange(table, column, one, other)
        keys.forget_keys()
        for thread in (mine, strange):
            with pytest.raises(keys.KeyDamaged):
                keys.thread_sealer(thread.owner, thread.id)
        for column in ("key_id", "wrapped"):
            exchange("chatapp_threadkey", column, ("thread_id", mine.id), ("thread_id", strange.id))
        for (table, column), (_, places) in READERS.items():
            for one, other in zip(places(mine), places(strange), strict=True):
                exchange(table, column, one, other)
        assert read_messages(mine)


def test_thread_given_to_another_owner_is_refused(alice: User, bob: User) -> None:
    thread = full(alice)
    keys.create_user_key(bob.pk)
    put_owner = "UPDATE chatapp_thread SET owner_id = %s WHERE id = %s"
    put_key_owner = "UPDATE chatapp_threadkey SET user_id = %s WHERE thread_id = %s"
    taken = Planted(bob.pk, UUID(str(thread.id)), thread.messages)
    with connection.cursor() as cursor:
        cursor.execute(put_owner, [bob.pk, thread.id])
        keys.forget_keys()
        with pytest.raises(keys.KeyMissing):
            read_messages(taken)
        cursor.execute(put_key_owner, [bob.pk, thread.id])
        with pytest.raises(keys.KeyDamaged):
            read_messages(taken)
