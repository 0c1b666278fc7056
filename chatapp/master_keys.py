"""Master keys, and how one key wraps another: AES-256-GCM, bound by associated data to where it belongs."""

import base64
import binascii
import os
from collections.abc import Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from chatapp.refusals import Refusal
from chatapp.sealing import KEY_SIZE, NONCE_SIZE, TAG_SIZE, frame

WRAP_VERSION: Final = b"\x01"
WRAPPED_SIZE: Final = len(WRAP_VERSION) + NONCE_SIZE + KEY_SIZE + TAG_SIZE


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
        return self.first_id, wrap(self._keys[self.first_id], secret, self.first_id, *binding)

    def unwrap(self, master_id: str, wrapped: bytes, *binding: str) -> bytes:
        """Return the wrapped secret. Raises KeyMissing for an unknown master key, KeyDamaged if the bytes
        differ.
        """
        if master_id not in self._keys:
            raise KeyMissing
        return unwrap(self._keys[master_id], wrapped, master_id, *binding)


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


def wrap(key: bytes, secret: bytes, *binding: str) -> bytes:
    """Encrypt a secret under another, for the place that `binding` names."""
    nonce = os.urandom(NONCE_SIZE)
    return WRAP_VERSION + nonce + AESGCM(key).encrypt(nonce, secret, WRAP_VERSION + frame(*binding))


def unwrap(key: bytes, wrapped: bytes, *binding: str) -> bytes:
    """The secret that was wrapped for the same `binding`. Raises KeyDamaged."""
    if len(wrapped) != WRAPPED_SIZE or not wrapped.startswith(WRAP_VERSION):
        raise KeyDamaged
    nonce, sealed = wrapped[1 : 1 + NONCE_SIZE], wrapped[1 + NONCE_SIZE :]
    try:
        return AESGCM(key).decrypt(nonce, sealed, WRAP_VERSION + frame(*binding))
    except InvalidTag:
        raise KeyDamaged from None
