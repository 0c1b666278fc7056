"""Master keys, the users' keys, the threads' keys; rotation and shredding.

A master key (from `settings.MASTER_KEYS`: id and 32 bytes each, the first one wraps) wraps a random key per
user; that wraps a random key per thread. Wrapping is AES-256-GCM with purpose, owner, thread and key id as
associated data, so that a wrapped key opens only in its own row. Deleting a wrapped key shreds what it
sealed.

The rows are read and written through Django's connection and so belong to the caller's transaction. Whatever
is read inside a transaction enters the cache only when that commits: a key that was rolled back must never
seal anything.
"""

import base64
import binascii
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from chatapp.refusals import Refusal
from chatapp.sealing import KEY_ID_SIZE, KEY_SIZE, NONCE_SIZE, TAG_SIZE, Sealer, frame

WRAP_VERSION: Final = b"\x01"
WRAPPED_SIZE: Final = len(WRAP_VERSION) + NONCE_SIZE + KEY_SIZE + TAG_SIZE
CACHE_SIZE: Final = 4096
# A key shredded by another process is forgotten here after this many seconds.
CACHE_SECONDS: Final = 300.0
REWRAP_BATCH: Final = 500


class KeyMissing(Refusal):
    """The key of this content was shredded, or its master key is not configured: it cannot be read."""


class KeyDamaged(Refusal):
    """The stored key of this content was changed, moved, or wrapped by another master key of that name."""


class InvalidMasterKeys(ValueError):
    """The master keys cannot be read."""


class MasterKeys:
    """The configured master keys: the first one wraps, all of them unwrap."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        if not keys:
            raise InvalidMasterKeys("There is no master key: give at least one as id:base64.")
        for master_id, secret in keys:
            if len(secret) != KEY_SIZE:
                raise InvalidMasterKeys(f"Master key {master_id!r} has {len(secret)} bytes and must have {KEY_SIZE}.")
        self._keys = dict(keys)
        if len(self._keys) != len(keys):
            raise InvalidMasterKeys("Two master keys have the same id.")
        self.first_id = keys[0][0]

    def __repr__(self) -> str:
        return f"<MasterKeys {', '.join(self._keys)}>"

    @classmethod
    def configured(cls) -> Self:
        """The keys of `settings.MASTER_KEYS`."""
        return cls(settings.MASTER_KEYS)

    def wrap(self, secret: bytes, *binding: str) -> tuple[str, bytes]:
        """Wrap `secret` under the first master key; return that key's id and the wrapped bytes."""
        return self.first_id, _wrap(self._keys[self.first_id], secret, self.first_id, *binding)

    def unwrap(self, master_id: str, wrapped: bytes, *binding: str) -> bytes:
        """Return the wrapped secret. Raises KeyMissing for an unknown master key, KeyDamaged if the bytes
        differ.
        """
        if master_id not in self._keys:
            raise KeyMissing
        return _unwrap(self._keys[master_id], wrapped, master_id, *binding)


def parse_master_keys(text: str) -> list[tuple[str, bytes]]:
    """Read "id:base64" entries separated by commas or line ends; `#` begins a comment to the end of its line.

    Each key is 32 bytes. Raises InvalidMasterKeys, whose text never holds key material.
    """
    keys: list[tuple[str, bytes]] = []
    lines = (line.split("#", 1)[0] for line in text.splitlines())
    for number, entry in enumerate((part.strip() for line in lines for part in line.split(",")), start=1):
        if not entry:
            continue
        master_id, colon, encoded = (part.strip() for part in entry.partition(":"))
        if not (colon and master_id and encoded):
            raise InvalidMasterKeys(f"Entry {number} of the master keys is not of the form id:base64.")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidMasterKeys(f"Master key {master_id!r} is not valid base64.") from None
        keys.append((master_id, secret))
    MasterKeys(keys)
    return keys


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT key_id, master_key_id, wrapped FROM chatapp_userkey WHERE user_id = %s", (user_id,))
        row = cursor.fetchone()
        if row is None:
            raise KeyMissing
        user_secret = _open_user_key(user_id, bytes(row[0]), row[1], bytes(row[2]))
        cursor.execute(
            "INSERT INTO chatapp_threadkey (thread_id, user_id, key_id, wrapped, created_at)"
            " VALUES (%s, %s, %s, %s, now())",
            (
                thread_id,
                user_id,
                key_id,
                _wrap(user_secret, secret, *_thread_binding(user_id, thread_id, key_id)),
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
    return _cache.get((user_id, str(thread_id)))


def thread_sealers(user_id: int, thread_ids: Sequence[UUID]) -> dict[UUID, Sealer]:
    """Return the sealers of several threads of a user by at most one query. Raises like `thread_sealer`."""
    found = {each: cached for each in thread_ids if (cached := _cache.get((user_id, str(each))))}
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
        secret = _unwrap(user_secret, bytes(wrapped), *_thread_binding(user_id, thread_id, bytes(key_id)))
        found[thread_id] = _remember(Sealer(secret, bytes(key_id), user_id, str(thread_id)))
    return found


def shred_thread(thread_id: UUID) -> None:
    """Delete the key of a thread in the caller's transaction: its content can never be read again."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chatapp_threadkey WHERE thread_id = %s", (thread_id,))
    _forget(lambda _, cached: cached == str(thread_id))


def shred_user(user_id: int) -> None:
    """Delete the key of a user and of all their threads in the caller's transaction."""
    with connection.cursor() as cursor:
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


def _open_user_key(user_id: int, key_id: bytes, master_id: str, wrapped: bytes) -> bytes:
    return MasterKeys.configured().unwrap(master_id, wrapped, *_user_binding(user_id, key_id))


def _user_binding(user_id: int, key_id: bytes) -> tuple[str, ...]:
    return ("user key", str(user_id), key_id.hex())


def _thread_binding(user_id: int, thread_id: UUID, key_id: bytes) -> tuple[str, ...]:
    return ("thread key", str(user_id), str(thread_id), key_id.hex())


def _wrap(key: bytes, secret: bytes, *binding: str) -> bytes:
    nonce = os.urandom(NONCE_SIZE)
    return WRAP_VERSION + nonce + AESGCM(key).encrypt(nonce, secret, WRAP_VERSION + frame(*binding))


def _unwrap(key: bytes, wrapped: bytes, *binding: str) -> bytes:
    if len(wrapped) != WRAPPED_SIZE or not wrapped.startswith(WRAP_VERSION):
        raise KeyDamaged
    nonce, sealed = wrapped[1 : 1 + NONCE_SIZE], wrapped[1 + NONCE_SIZE :]
    try:
        return AESGCM(key).decrypt(nonce, sealed, WRAP_VERSION + frame(*binding))
    except InvalidTag:
        raise KeyDamaged from None


def _remember(sealer: Sealer) -> Sealer:
    """Cache `sealer` when the transaction it was read or made in commits; at once outside one."""
    transaction.on_commit(lambda: _cache.put(sealer))
    return sealer


def _forget(matches: Callable[[int, str], bool]) -> None:
    """Drop from the cache now, and again at commit: another thread may read the key until then."""
    _cache.drop(matches)
    transaction.on_commit(lambda: _cache.drop(matches))


class _Cache:
    """The sealers used last, at most `size` and none older than `seconds`; safe for threads."""

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sealers: OrderedDict[tuple[int, str], tuple[float, Sealer]] = OrderedDict()

    def get(self, key: tuple[int, str]) -> Sealer | None:
        with self._lock:
            made, sealer = self._sealers.get(key, (0.0, None))
            if sealer is None or time.monotonic() - made > self._seconds:
                self._sealers.pop(key, None)
                return None
            self._sealers.move_to_end(key)
            return sealer

    def put(self, sealer: Sealer) -> None:
        with self._lock:
            self._sealers[sealer.user_id, sealer.thread_id] = (time.monotonic(), sealer)
            self._sealers.move_to_end((sealer.user_id, sealer.thread_id))
            while len(self._sealers) > self._size:
                self._sealers.popitem(last=False)

    def drop(self, matches: Callable[[int, str], bool]) -> None:
        with self._lock:
            for key in [key for key in self._sealers if matches(*key)]:
                del self._sealers[key]


_cache = _Cache(CACHE_SIZE, CACHE_SECONDS)
