"""The store: what one user keeps comes back as it was, to nobody else, in no place but its own, and not for longer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from chatapp import keys, threads
from chatapp.models import User
from chatapp.sealing import Sealer
from memory import rows, shelf, store
from memory.models import Shelf
from memory.rows import Item
from memory.store import UserStore


@pytest.fixture
def kept(alice: User) -> UserStore:
    return store.of(alice.pk)


def at_rest() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prefix, key, value::text FROM store ORDER BY prefix, key")
        return list(cursor.fetchall())


def run(statement: str, *parameters: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def test_what_is_put_comes_back_from_this_process_and_from_the_table(kept: UserStore) -> None:
    value = {"text": "I like tea", "n": [1, 2.5, None, True, {"ä": "日本"}]}
    kept.put("memories", "one", value)
    for _ in ("remembered", "read"):
        assert kept.get("memories", "one") == value
        (item,) = kept.all("memories").values()
        assert (item.value, item.expires_at) == (value, None)
        assert item.created_at == item.updated_at
        shelf.forget()
    assert kept.get("memories", "two") is None
    assert kept.get("other", "one") is None
    kept.delete("memories", "one")
    kept.delete("memories", "one")
    assert kept.all("memories") == {}
    shelf.forget()
    assert kept.all("memories") == {}
    assert at_rest() == []


def test_reading_makes_no_shelf_and_what_is_read_once_is_read_no_more(
    kept: UserStore, alice: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    assert (kept.get("memories", "one"), kept.all("memories"), kept.search("memories", "tea", 5)) == (None, {}, [])
    kept.delete("memories", "one")
    assert not Shelf.objects.exists()
    for number in range(20):
        kept.put("memories", str(number), {"text": f"tea number {number}"})
    keys.forget_keys()
    shelf.forget()
    with django_assert_num_queries(3):  # version, key, rows
        assert len(kept.all("memories")) == 20
    with django_assert_num_queries(2):  # each only the version
        kept.get("memories", "3")
        kept.search("memories", "tea", 3)


def test_nothing_of_names_and_values_stands_in_the_table_and_all_labels_are_of_one_length(kept: UserStore) -> None:
    kept.put("memories", "rhubarb-key", {"text": "rhubarb pie", "rhubarb": 1})
    kept.put("m", "k" * 512, {})
    kept.put("preferences.and.more", "rhubarb-key", {"text": "rhubarb pie"})
    found = at_rest()
    assert len(found) == 3
    assert "rhubarb" not in str(found)
    assert "memories" not in str(found)
    assert {(len(prefix), len(key)) for prefix, key, _ in found} == {(49, 64)}
    assert len({prefix[:17] for prefix, _, _ in found}) == 1
    assert len({key for _, key, _ in found}) == 3, "the same key in two kinds has two labels"


def test_the_last_of_two_writes_counts_and_the_time_it_was_made_stays(kept: UserStore) -> None:
    kept.put("memories", "one", {"text": "first"})
    run("UPDATE store SET created_at = created_at - interval '1 day'")
    kept.put("memories", "one", {"text": "second"})
    shelf.forget()
    (item,) = kept.all("memories").values()
    assert item.value == {"text": "second"}
    assert (item.updated_at - item.created_at).days == 1


@pytest.mark.parametrize(
    ("key", "value", "refusal"),
    [
        ("", {}, rows.InvalidKey),
        ("k" * 513, {}, rows.InvalidKey),
        ("a\x00b", {}, rows.InvalidKey),
        ("a\ud800b", {}, rows.InvalidKey),
        ("k", {"text": "a\x00b"}, rows.InvalidValue),
        ("k", {"text": ["a\udfffb"]}, rows.InvalidValue),
        ("k", {"a\x00b": 1}, rows.InvalidValue),
        ("k", {1: "a"}, rows.InvalidValue),
        ("k", {"n": math.nan}, rows.InvalidValue),
        ("k", {"n": math.inf}, rows.InvalidValue),
        ("k", {"n": 2**70}, rows.InvalidValue),
        ("k", {"b": b"bytes"}, rows.InvalidValue),
        ("k", {"s": {1, 2}}, rows.InvalidValue),
        ("k", {"text": "x" * 102_400}, rows.ValueTooLarge),
    ],
)
def test_what_a_row_cannot_hold_is_refused_at_the_door(
    kept: UserStore, key: str, value: dict[Any, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        kept.put("memories", key, value)
    assert at_rest() == []
    kept.put("memories", "k" * 512, {"text": "x" * 102_360, "pair": "\U0001f600"})
    assert len(kept.all("memories")) == 1


def test_a_nested_value_without_end_is_refused(kept: UserStore) -> None:
    value: dict[str, Any] = {}
    value["again"] = value
    with pytest.raises(rows.InvalidValue):
        kept.put("memories", "k", value)


def test_one_refused_value_of_many_keeps_none(kept: UserStore) -> None:
    with pytest.raises(rows.InvalidValue):
        kept.put_all("memories", {"a": {"text": "fine"}, "b": {"text": "\x00"}})
    assert kept.all("memories") == {}


def test_many_at_once_cost_as_many_statements_as_one(
    kept: UserStore, django_assert_num_queries: Callable[[int], Any]
) -> None:
    kept.put("memories", "first", {})
    # A savepoint and its release, the version, the key (known outside the transaction that made it), the rows.
    with django_assert_num_queries(5):
        kept.put_all("memories", {str(number): {"n": number} for number in range(300)})
    with django_assert_num_queries(5):
        kept.delete_all("memories", [str(number) for number in range(299)])
    for _ in range(2):
        assert set(kept.all("memories")) == {"first", "299"}
        shelf.forget()


def test_what_has_expired_is_not_there_and_swept_away(kept: UserStore) -> None:
    kept.put("trash", "soon", {"text": "tea"}, ttl_minutes=0.0001)
    kept.put("trash", "later", {"text": "tea"}, ttl_minutes=60)
    kept.put("trash", "never", {"text": "tea"})
    run("UPDATE store SET expires_at = expires_at - interval '1 minute'")
    run("UPDATE memory_shelf SET version = nextval('memory_shelf_version')")
    for _ in range(2):
        assert set(kept.all("trash")) == {"later", "never"}
        assert kept.get("trash", "soon") is None
        assert {key for key, _, _ in kept.search("trash", "tea", 9)} == {"later", "never"}
        shelf.forget()
    assert len(at_rest()) == 3
    kept.put("trash", "soon", {"text": "tea"})
    (soon,) = [item for item in kept.all("trash").values() if item.key == "soon"]
    assert soon.created_at == soon.updated_at, "what had expired begins anew"


@pytest.mark.parametrize("minutes", [math.nan, math.inf, -math.inf, 1e12])
def test_a_time_that_is_none_is_refused(kept: UserStore, minutes: float) -> None:
    with pytest.raises(rows.InvalidTtl):
        kept.put("trash", "k", {}, ttl_minutes=minutes)


def test_a_write_that_is_rolled_back_leaves_nothing_in_this_process(kept: UserStore) -> None:
    kept.put("memories", "stays", {"text": "tea"})
    assert kept.search("memories", "tea", 5)
    with transaction.atomic():
        kept.put("memories", "goes", {"text": "tea"})
        kept.put("memories", "stays", {"text": "coffee"})
        kept.put("memories", "stays", {"text": "cocoa"})
        assert set(kept.all("memories")) == {"goes", "stays"}
        assert [key for key, _, _ in kept.search("memories", "cocoa", 5)] == ["stays"]
        transaction.set_rollback(True)
    rolled_back = shelf._shelves._kept.copy()
    assert kept.get("memories", "stays") == {"text": "tea"}
    assert [key for key, _, _ in kept.search("memories", "tea", 5)] == ["stays"]
    for name in ("next", "more", "last"):  # as many as were rolled back
        kept.put("memories", name, {"text": "tea"})
    shelf._shelves._kept = rolled_back  # as if another process had written that
    assert set(kept.all("memories")) == {"next", "more", "last", "stays"}
    assert kept.get("memories", "stays") == {"text": "tea"}


def test_a_write_of_another_process_is_read_and_only_what_changed_is_opened(
    kept: UserStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put_all("memories", {str(number): {"text": f"tea {number}"} for number in range(10)})
    known = kept.all("memories")
    ours = shelf._shelves._kept.copy()
    kept.put("memories", "3", {"text": "coffee"})
    kept.delete("memories", "4")
    kept.put("memories", "new", {"text": "cocoa"})
    shelf._shelves._kept = ours  # as in a process that did not write this
    opened: list[str] = []
    real = rows.opened

    def counted(sealer: Sealer, row: Sequence[Any]) -> Item:
        opened.append(row[1])
        return real(sealer, row)

    monkeypatch.setattr(rows, "opened", counted)
    found = kept.all("memories")
    assert len(opened) == 2
    assert {key: item.value["text"] for key, item in found.items()} == {
        **{str(number): f"tea {number}" for number in (0, 1, 2, 5, 6, 7, 8, 9)},
        "3": "coffee",
        "new": "cocoa",
    }
    assert found["1"] is known["1"]
    assert [key for key, _, _ in kept.search("memories", "coffee", 5)] == ["3"]


def test_what_is_handed_out_can_be_changed_without_changing_what_is_kept(kept: UserStore) -> None:
    kept.put("memories", "one", {"list": [1]})
    value = kept.get("memories", "one")
    assert value is not None
    value["list"].append(2)
    assert kept.get("memories", "one") == {"list": [1]}


def test_locking_needs_a_transaction_and_makes_the_shelf(transactional_db: None, alice: User) -> None:
    kept = store.of(alice.pk)
    with pytest.raises(TransactionManagementError):
        kept.lock()
    with transaction.atomic():
        kept.lock()
        assert Shelf.objects.count() == 1


def test_deleting_the_account_deletes_rows_and_key_and_nothing_is_kept_afterwards(alice: User, bob: User) -> None:
    for user in (alice, bob):
        store.of(user.pk).put("memories", "one", {"text": "tea"})
    gone = alice.pk
    threads.delete_account(alice)
    assert len(at_rest()) == 1
    assert list(Shelf.objects.values_list("user_id", flat=True)) == [bob.pk]
    assert store.of(gone).all("memories") == {}
    with pytest.raises(store.NoSuchUser):
        store.of(gone).put("memories", "one", {})
    with pytest.raises(store.NoSuchUser), transaction.atomic():
        store.of(gone).lock()
    assert store.of(bob.pk).get("memories", "one") == {"text": "tea"}


def test_a_shredded_key_leaves_nothing_readable(kept: UserStore) -> None:
    kept.put("memories", "one", {"text": "tea"})
    keys.shred_user(kept.user_id)
    assert kept.all("memories") == {}
    with pytest.raises(keys.KeyMissing):
        keys.memory_sealer(kept.user_id)
