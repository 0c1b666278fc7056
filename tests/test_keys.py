"""Master, user and thread keys: wrapping, shredding, rotation, and a cache that knows nothing rolled back."""

import base64
import uuid
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from chatapp import keys
from chatapp.keys import InvalidMasterKeys, KeyDamaged, KeyMissing, MasterKeys, parse_master_keys
from chatapp.models import Thread, User
from chatapp.sealers import SealerCache
from chatapp.sealing import Sealer, SealError

OLD, NEW = ("old", b"o" * 32), ("new", b"n" * 32)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def known_keys(settings: Any) -> Iterator[None]:
    settings.MASTER_KEYS = [OLD]
    keys.forget_keys()
    yield
    keys.forget_keys()


def person(email: str) -> User:
    user = User.objects.create(email=email)
    keys.create_user_key(user.pk)
    return user


def thread_of(owner: User) -> UUID:
    thread = Thread.objects.create(owner=owner)
    keys.create_thread_key(owner.pk, thread.id)
    return thread.id


def sql(statement: str, *args: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, args)
        return int(cursor.rowcount)


def test_master_keys_are_read_from_text_with_comments_commas_and_lines() -> None:
    one, two = (base64.b64encode(secret).decode() for _, secret in (OLD, NEW))
    assert parse_master_keys(f"# made in spring\nold:{one}, new:{two} # wraps next\n\n") == [OLD, NEW]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no master key"),
        ("# nothing", "no master key"),
        ("c2VjcmV0", "id:base64"),
        (":c2VjcmV0", "id:base64"),
        ("a:", "id:base64"),
        ("a:c2VjcmV0", "6 bytes"),
        ("a:***", "base64"),
        ("a:{key}\na:{key}", "same id"),
    ],
)
def test_bad_master_keys_are_refused_in_a_sentence_without_key_material(text: str, complaint: str) -> None:
    with pytest.raises(InvalidMasterKeys, match=complaint) as refused:
        parse_master_keys(text.replace("{key}", base64.b64encode(OLD[1]).decode()))
    assert "c2VjcmV0" not in str(refused.value)
    assert OLD[1].decode() not in str(refused.value)


def test_a_wrapped_key_opens_only_with_its_binding_and_master_key() -> None:
    master_id, wrapped = MasterKeys([OLD]).wrap(b"s" * 32, "user key", "1", "ab")
    assert MasterKeys([NEW, OLD]).unwrap(master_id, wrapped, "user key", "1", "ab") == b"s" * 32
    with pytest.raises(KeyDamaged):
        MasterKeys([OLD]).unwrap(master_id, wrapped, "user key", "2", "ab")
    with pytest.raises(KeyDamaged):
        MasterKeys([("old", NEW[1])]).unwrap(master_id, wrapped, "user key", "1", "ab")
    with pytest.raises(KeyMissing):
        MasterKeys([NEW]).unwrap(master_id, wrapped, "user key", "1", "ab")


def test_a_thread_key_survives_a_restart() -> None:
    alice = person("alice@example.org")
    thread = thread_of(alice)
    sealed = keys.thread_sealer(alice.pk, thread).seal(b"hello", "place")
    keys.forget_keys()
    assert keys.thread_sealer(alice.pk, thread).open(sealed, "place") == b"hello"


def test_stranger_gets_no_key_for_a_thread() -> None:
    alice, charlie = person("alice@example.org"), person("charlie@example.org")
    thread = thread_of(alice)
    with pytest.raises(KeyMissing):
        keys.thread_sealer(charlie.pk, thread)


def test_a_key_row_moved_to_another_user_or_thread_is_refused() -> None:
    alice, charlie = person("alice@example.org"), person("charlie@example.org")
    hers, his = thread_of(alice), thread_of(charlie)
    keys.forget_keys()
    copy = "key_id = other.key_id, wrapped = other.wrapped FROM chatapp_threadkey other"
    assert sql(f"UPDATE chatapp_threadkey t SET {copy} WHERE t.thread_id = %s AND other.thread_id = %s", his, hers)
    with pytest.raises(KeyDamaged):
        keys.thread_sealer(charlie.pk, his)
    assert sql("UPDATE chatapp_threadkey SET user_id = %s WHERE thread_id = %s", charlie.pk, hers)
    with pytest.raises(KeyDamaged):
        keys.thread_sealer(charlie.pk, hers)


def test_a_key_row_moved_to_another_thread_of_the_same_user_is_refused() -> None:
    alice = person("alice@example.org")
    one, other = thread_of(alice), thread_of(alice)
    keys.forget_keys()
    copy = "key_id = other.key_id, wrapped = other.wrapped FROM chatapp_threadkey other"
    statement = f"UPDATE chatapp_threadkey t SET {copy} WHERE t.thread_id = %s AND other.thread_id = %s"
    assert sql(statement, one, other) == 1
    with pytest.raises(KeyDamaged):
        keys.thread_sealer(alice.pk, one)
    assert keys.thread_sealer(alice.pk, other).thread_id == str(other)


def test_a_user_key_moved_to_another_user_is_refused() -> None:
    alice, charlie = person("alice@example.org"), person("charlie@example.org")
    hers = thread_of(alice)
    keys.forget_keys()
    copy = "key_id = other.key_id, wrapped = other.wrapped FROM chatapp_userkey other"
    assert sql(
        f"UPDATE chatapp_userkey u SET {copy} WHERE u.user_id = %s AND other.user_id = %s",
        alice.pk,
        charlie.pk,
    )
    with pytest.raises(KeyDamaged):
        keys.thread_sealer(alice.pk, hers)
    with pytest.raises(KeyDamaged):
        keys.create_thread_key(alice.pk, uuid.uuid4())


def test_a_shredded_thread_is_gone_and_its_neighbour_is_not() -> None:
    alice = person("alice@example.org")
    gone, kept = thread_of(alice), thread_of(alice)
    keys.shred_thread(gone)
    with pytest.raises(KeyMissing, match="cannot be read"):
        keys.thread_sealer(alice.pk, gone)
    keys.thread_sealer(alice.pk, kept)


def test_a_shredded_user_is_gone_and_the_other_is_not() -> None:
    alice, bob = person("alice@example.org"), person("bob@example.org")
    hers, his = thread_of(alice), thread_of(bob)
    keys.shred_user(alice.pk)
    with pytest.raises(KeyMissing):
        keys.thread_sealer(alice.pk, hers)
    with pytest.raises(KeyMissing):
        keys.create_thread_key(alice.pk, uuid.uuid4())
    keys.thread_sealer(bob.pk, his)


def test_a_key_that_was_rolled_back_never_seals() -> None:
    # The page mints thread ids, so a repeated request makes the same thread again, with another key.
    alice = person("alice@example.org")
    thread = Thread.objects.create(owner=alice)
    with transaction.atomic():
        lost = keys.create_thread_key(alice.pk, thread.id)
        assert keys.thread_sealer(alice.pk, thread.id).key_id == lost.key_id
        transaction.set_rollback(True)
    with pytest.raises(KeyMissing):
        keys.thread_sealer(alice.pk, thread.id)
    made = keys.create_thread_key(alice.pk, thread.id)
    with pytest.raises(SealError):
        keys.thread_sealer(alice.pk, thread.id).open(lost.seal(b"x"))
    assert keys.thread_sealer(alice.pk, thread.id) is made


def test_a_second_key_for_a_thread_is_refused_and_for_a_user_ignored() -> None:
    alice = person("alice@example.org")
    thread = thread_of(alice)
    sealed = keys.thread_sealer(alice.pk, thread).seal(b"hello")
    with pytest.raises(IntegrityError):
        keys.create_thread_key(alice.pk, thread)
    keys.create_user_key(alice.pk)
    keys.forget_keys()
    assert keys.thread_sealer(alice.pk, thread).open(sealed) == b"hello"


def test_rotation_rewraps_every_user_in_batches_and_the_old_key_can_retire(settings: Any) -> None:
    people = [person(f"{number}@example.org") for number in range(5)]
    sealed = {user.pk: (thread := thread_of(user), keys.thread_sealer(user.pk, thread).seal(b"x")) for user in people}
    settings.MASTER_KEYS = [NEW, OLD]
    assert keys.rewrap_user_keys(batch=2) == 5
    assert keys.rewrap_user_keys(batch=2) == 0
    settings.MASTER_KEYS = [NEW]
    keys.forget_keys()
    for user_id, (thread, value) in sealed.items():
        assert keys.thread_sealer(user_id, thread).open(value) == b"x"


def test_a_user_whose_master_key_is_not_configured_cannot_be_read(settings: Any) -> None:
    alice = person("alice@example.org")
    thread = thread_of(alice)
    keys.forget_keys()
    settings.MASTER_KEYS = [NEW]
    with pytest.raises(KeyMissing):
        keys.thread_sealer(alice.pk, thread)
    with pytest.raises(KeyMissing):
        keys.rewrap_user_keys()


def test_a_known_key_costs_no_query(django_assert_num_queries: Any) -> None:
    alice = person("alice@example.org")
    thread = thread_of(alice)
    with django_assert_num_queries(0):
        keys.thread_sealer(alice.pk, thread)
    keys.forget_keys()
    with django_assert_num_queries(1):
        keys.thread_sealer(alice.pk, thread)
    keys.forget_keys()
    others = [thread_of(alice), thread_of(alice)]
    keys.forget_keys()
    with django_assert_num_queries(1):
        sealers = keys.thread_sealers(alice.pk, [thread, *others, thread])
    assert {str(each): sealer.thread_id for each, sealer in sealers.items()} == {
        str(t): str(t) for t in (thread, *others)
    }
    with pytest.raises(KeyMissing):
        keys.thread_sealers(alice.pk, [thread, uuid.uuid4()])


def test_the_cache_is_bounded_in_number_and_age() -> None:
    sealers = [Sealer(bytes(32), bytes(8), number, "t") for number in range(4)]
    cache = SealerCache(size=3, seconds=60)
    for sealer in sealers:
        cache.put(sealer)
    assert [cache.get(number, "t") for number in range(4)] == [None, *sealers[1:]]
    expired = SealerCache(size=3, seconds=-1)
    expired.put(sealers[0])
    assert expired.get(0, "t") is None
