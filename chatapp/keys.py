"""Master keys, the users' keys, the keys of threads, of memory and of the audit; rotation and shredding.

A master key (from `settings.MASTER_KEYS`: id and 32 bytes each, the first one wraps) wraps a random key per
user; that wraps a random key per thread and one for the user's memory. Wrapping is AES-256-GCM with purpose,
owner, thread and key id as associated data, so that a wrapped key opens only in its own row. Deleting a wrapped
key shreds what it sealed.

The rows are read and written through Django's connection and so belong to the caller's transaction. Whatever
is read inside a transaction enters the cache only when that commits: a key that was rolled back must never
seal anything.
"""

import os
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from chatapp.master_keys import InvalidMasterKeys, KeyDamaged, KeyMissing, MasterKeys, parse_master_keys, unwrap, wrap
from chatapp.refusals import Refusal
from chatapp.sealers import SealerCache
from chatapp.sealing import KEY_ID_SIZE, KEY_SIZE, Sealer

__all__ = ["InvalidMasterKeys", "KeyDamaged", "KeyMissing", "MasterKeys", "parse_master_keys"]

CACHE_SIZE: Final = 4096
# A key shredded by another process is forgotten here after this many seconds.
CACHE_SECONDS: Final = 300.0
REWRAP_BATCH: Final = 500
# Stands where a thread's id stands in the sealer of what is kept across threads.
MEMORY: Final = "memory"
# The audit's key belongs to no user, and is the only one of its kind.
NOBODY: Final = 0
AUDIT: Final = "audit"
AUDIT_ROW: Final = 1
AUDIT_KEY_ID: Final = bytes(KEY_ID_SIZE)


def create_user_key(user_id: int) -> None:
    """Make the key of a user if there is none yet, in the caller's transaction."""
    key_id, secret = os.urandom(KEY_ID_SIZE), os.urandom(KEY_SIZE)
    master_id, wrapped = MasterKeys.configured().wrap(secret, *_user_binding(user_id, key_id))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chatapp_userkey (user_id, key_id, master_key_id, wrapped, created_at)"
            " VALUES (%s, %s, %s, %s, now()) ON CONFLICT (user_id) DO NOTHING",
            (user_id, key_id, master_id, wrapped),
        )


def create_thread_key(user_id: int, thread_id: UUID) -> Sealer:
    """Make the key of a thread in the caller's transaction and return its sealer.

    Raises KeyMissing if the user has no key, IntegrityError if the thread has one already.
    """
    key_id, secret = os.urandom(KEY_ID_SIZE), os.urandom(KEY_SIZE)
    user_secret = _user_secret(user_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chatapp_threadkey (thread_id, user_id, key_id, wrapped, created_at)"
            " VALUES (%s, %s, %s, %s, now())",
            (
                thread_id,
                user_id,
                key_id,
                wrap(user_secret, secret, *_thread_binding(user_id, thread_id, key_id)),
            ),
        )
    return _remember(Sealer(secret, key_id, user_id, str(thread_id)))


def thread_sealer(user_id: int, thread_id: UUID) -> Sealer:
    """Return the sealer of a thread of this user, from the cache or by one query.

    Raises KeyMissing if there is no such key (shredded, or another user's thread) or its master key is
    unknown, and KeyDamaged if a stored key is not what was stored.
    """
    return thread_sealers(user_id, [thread_id])[thread_id]


def cached_sealer(user_id: int, thread_id: UUID) -> Sealer | None:
    """The sealer of a thread, if it is at hand: for code on an event loop, which must not wait for a query."""
    return _cache.get(user_id, str(thread_id))


def thread_sealers(user_id: int, thread_ids: Sequence[UUID]) -> dict[UUID, Sealer]:
    """Return the sealers of several threads of a user by at most one query. Raises like `thread_sealer`."""
    found = {each: cached for each in thread_ids if (cached := _cache.get(user_id, str(each)))}
    missing = {each for each in thread_ids if each not in found}
    if not missing:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.key_id, u.master_key_id, u.wrapped, t.thread_id, t.key_id, t.wrapped"
            " FROM chatapp_threadkey t JOIN chatapp_userkey u ON u.user_id = t.user_id"
            " WHERE t.thread_id = ANY(%s) AND t.user_id = %s",
            (list(missing), user_id),
        )
        rows = cursor.fetchall()
    if len(rows) != len(missing):
        raise KeyMissing
    user_key_id, master_id, user_wrapped = rows[0][:3]
    user_secret = _open_user_key(user_id, bytes(user_key_id), master_id, bytes(user_wrapped))
    for *_, thread_id, key_id, wrapped in rows:
        secret = unwrap(user_secret, bytes(wrapped), *_thread_binding(user_id, thread_id, bytes(key_id)))
        found[thread_id] = _remember(Sealer(secret, bytes(key_id), user_id, str(thread_id)))
    return found


def create_memory_key(user_id: int) -> Sealer:
    """Make the key of what a user has kept, if there is none yet, in the caller's transaction; return its sealer.

    Raises KeyMissing if the user has no key.
    """
    key_id, secret = os.urandom(KEY_ID_SIZE), os.urandom(KEY_SIZE)
    wrapped = wrap(_user_secret(user_id), secret, *_memory_binding(user_id, key_id))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO memory_shelf (user_id, key_id, wrapped, version)"
            " VALUES (%s, %s, %s, nextval('memory_shelf_version')) ON CONFLICT (user_id) DO NOTHING",
            (user_id, key_id, wrapped),
        )
    return memory_sealer(user_id)


def memory_sealer(user_id: int) -> Sealer:
    """Return the sealer of what the user has kept across threads, from the cache or by one query.

    Raises KeyMissing if there is no such key (never made, or shredded), KeyDamaged if it is not what was stored.
    """
    if (cached := _cache.get(user_id, MEMORY)) is not None:
        return cached
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.key_id, u.master_key_id, u.wrapped, s.key_id, s.wrapped"
            " FROM memory_shelf s JOIN chatapp_userkey u ON u.user_id = s.user_id WHERE s.user_id = %s",
            (user_id,),
        )
        row = cursor.fetchone()
    if row is None:
        raise KeyMissing
    user_secret = _open_user_key(user_id, bytes(row[0]), row[1], bytes(row[2]))
    key_id = bytes(row[3])
    secret = unwrap(user_secret, bytes(row[4]), *_memory_binding(user_id, key_id))
    return _remember(Sealer(secret, key_id, user_id, MEMORY))


def create_audit_key() -> Sealer:
    """Make the key of the audit, if there is none yet, in the caller's transaction; return its sealer."""
    master_id, wrapped = MasterKeys.configured().wrap(os.urandom(KEY_SIZE), *_audit_binding())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chatapp_auditkey (id, master_key_id, wrapped, created_at) VALUES (%s, %s, %s, now())"
            " ON CONFLICT (id) DO NOTHING",
            (AUDIT_ROW, master_id, wrapped),
        )
    return audit_sealer()


def audit_sealer() -> Sealer:
    """Return what the audit's entries are chained with. Never from a cache: entries are few.

    Raises KeyMissing if there is no key or its master key is unknown, KeyDamaged if it is not what was stored.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT master_key_id, wrapped FROM chatapp_auditkey WHERE id = %s", (AUDIT_ROW,))
        row = cursor.fetchone()
    if row is None:
        raise KeyMissing
    secret = MasterKeys.configured().unwrap(row[0], bytes(row[1]), *_audit_binding())
    return Sealer(secret, AUDIT_KEY_ID, NOBODY, AUDIT)


def shred_thread(thread_id: UUID) -> None:
    """Delete the key of a thread in the caller's transaction: its content can never be read again."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chatapp_threadkey WHERE thread_id = %s", (thread_id,))
    _forget(lambda _, cached: cached == str(thread_id))


def shred_user(user_id: int) -> None:
    """Delete the key of a user, of all their threads and of their memory in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM memory_shelf WHERE user_id = %s", (user_id,))
        cursor.execute("DELETE FROM chatapp_threadkey WHERE user_id = %s", (user_id,))
        cursor.execute("DELETE FROM chatapp_userkey WHERE user_id = %s", (user_id,))
    _forget(lambda cached, _: cached == user_id)


def rewrap_user_keys(batch: int = REWRAP_BATCH) -> int:
    """Wrap every user key under the first master key, `batch` rows a transaction; return how many changed.

    Can run beside the application and again after an interruption. Raises KeyMissing at the first user key
    whose master key is not configured any more.
    """
    master_keys = MasterKeys.configured()
    done = 0
    while changed := _rewrap_batch(master_keys, batch):
        done += changed
    return done


def rewrap_audit_key() -> bool:
    """Wrap the audit's key under the first master key; whether that changed anything. Raises like `audit_sealer`."""
    master_keys = MasterKeys.configured()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT master_key_id, wrapped FROM chatapp_auditkey WHERE id = %s AND master_key_id <> %s FOR UPDATE",
            (AUDIT_ROW, master_keys.first_id),
        )
        if (row := cursor.fetchone()) is None:
            return False
        secret = master_keys.unwrap(row[0], bytes(row[1]), *_audit_binding())
        cursor.execute(
            "UPDATE chatapp_auditkey SET master_key_id = %s, wrapped = %s WHERE id = %s",
            (*master_keys.wrap(secret, *_audit_binding()), AUDIT_ROW),
        )
    return True


def refusal(user_id: int, key_id: bytes, master_key_id: str, wrapped: bytes) -> str:
    """Why a stored user key does not open: `KeyMissing`, `KeyDamaged`, or nothing. The key itself stays here."""
    try:
        _open_user_key(user_id, key_id, master_key_id, wrapped)
    except Refusal as refused:
        return type(refused).__name__
    return ""


def forget_keys() -> None:
    """Empty this process's cache of sealers."""
    _cache.drop(lambda _user, _thread: True)


def _rewrap_batch(master_keys: MasterKeys, batch: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id, key_id, master_key_id, wrapped FROM chatapp_userkey WHERE master_key_id <> %s"
            " ORDER BY user_id LIMIT %s FOR UPDATE",
            (master_keys.first_id, batch),
        )
        rows = cursor.fetchall()
        for user_id, key_id, master_id, wrapped in rows:
            binding = _user_binding(user_id, bytes(key_id))
            secret = master_keys.unwrap(master_id, bytes(wrapped), *binding)
            cursor.execute(
                "UPDATE chatapp_userkey SET master_key_id = %s, wrapped = %s WHERE user_id = %s",
                (*master_keys.wrap(secret, *binding), user_id),
            )
    return len(rows)


def _user_secret(user_id: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key_id, master_key_id, wrapped FROM chatapp_userkey WHERE user_id = %s", (user_id,))
        row = cursor.fetchone()
    if row is None:
        raise KeyMissing
    return _open_user_key(user_id, bytes(row[0]), row[1], bytes(row[2]))


def _open_user_key(user_id: int, key_id: bytes, master_id: str, wrapped: bytes) -> bytes:
    return MasterKeys.configured().unwrap(master_id, wrapped, *_user_binding(user_id, key_id))


def _user_binding(user_id: int, key_id: bytes) -> tuple[str, ...]:
    return ("user key", str(user_id), key_id.hex())


def _thread_binding(user_id: int, thread_id: UUID, key_id: bytes) -> tuple[str, ...]:
    return ("thread key", str(user_id), str(thread_id), key_id.hex())


def _audit_binding() -> tuple[str, ...]:
    return ("audit key",)


def _memory_binding(user_id: int, key_id: bytes) -> tuple[str, ...]:
    return ("memory key", str(user_id), key_id.hex())


def _remember(sealer: Sealer) -> Sealer:
    """Cache `sealer` when the transaction it was read or made in commits; at once outside one."""
    transaction.on_commit(lambda: _cache.put(sealer))
    return sealer


def _forget(matches: Callable[[int, str], bool]) -> None:
    """Drop from the cache now, and again at commit: another thread may read the key until then."""
    _cache.drop(matches)
    transaction.on_commit(lambda: _cache.drop(matches))


_cache = SealerCache(CACHE_SIZE, CACHE_SECONDS)
