"""Rows of the store that someone changed in the database: each opens only in its own place, as it was sealed."""

from __future__ import annotations

import pytest

from chatapp import keys
from chatapp.models import User
from memory import rows, shelf, store
from memory.store import UserStore
from tests.test_memory_store import at_rest, run


@pytest.fixture
def kept(alice: User) -> UserStore:
    return store.of(alice.pk)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE store SET value = jsonb_set(value, '{sealed}', to_jsonb(left(value->>'sealed', 40)))",
        'UPDATE store SET value = \'{"text": "forged"}\'',
        'UPDATE store SET value = \'{"sealed": "!!"}\'',
        "UPDATE store SET value = (SELECT value FROM store other WHERE other.key <> store.key LIMIT 1)",
        "UPDATE store SET key = md5(key) || md5(key)",
        "UPDATE store SET prefix = left(prefix, 17) || md5(prefix)",
    ],
)
def test_a_row_that_was_changed_or_moved_is_left_out_and_the_rest_is_read(
    kept: UserStore, attack: str, caplog: pytest.LogCaptureFixture
) -> None:
    kept.put("memories", "one", {"text": "tea"})
    kept.put("memories", "two", {"text": "coffee"})
    kept.put("untouched", "three", {"text": "cocoa"})
    (prefix,) = {prefix for prefix, _, _ in at_rest()} - {
        rows.place(keys.memory_sealer(kept.user_id), (str(kept.user_id), "memories"), "")[0]
    }
    assert run(f"{attack} WHERE prefix <> %s", prefix) == 2
    shelf.forget()
    assert kept.all("memories") == {}
    assert kept.get("untouched", "three") == {"text": "cocoa"}
    assert "was changed" in caplog.text
    assert "tea" not in caplog.text


def test_a_row_copied_to_another_user_is_left_out(kept: UserStore, bob: User) -> None:
    kept.put("memories", "one", {"text": "tea"})
    theirs = store.of(bob.pk)
    theirs.put("memories", "own", {"text": "coffee"})
    mine, other = (
        rows.place(keys.memory_sealer(each), (str(each), "memories"), "one") for each in (kept.user_id, bob.pk)
    )
    assert run("UPDATE store SET prefix = %s, key = %s WHERE key = %s", *other, mine[1]) == 1
    shelf.forget()
    assert set(theirs.all("memories")) == {"own"}


def test_a_key_of_another_user_opens_nothing(kept: UserStore, bob: User) -> None:
    kept.put("memories", "one", {})
    store.of(bob.pk).put("memories", "one", {})
    both = "UPDATE memory_shelf mine SET wrapped = other.wrapped, key_id = other.key_id FROM memory_shelf other"
    run(f"{both} WHERE mine.user_id <> other.user_id")
    keys.forget_keys()
    shelf.forget()
    with pytest.raises(keys.KeyDamaged):
        kept.all("memories")
