"""The sealed format: compress, encrypt, bind.

A sealed value is

    version (1 byte) | flags (1) | key id (8) | nonce (12) | AES-256-GCM ciphertext and tag

The header (version, flags, key id) and the *binding* are the associated data of the encryption, every part
behind its length, so that a value opens only where it was sealed: a row copied into another thread, another
column or another version is refused like a forged one. The binding always begins with the owner's and the
thread's id.

Values of `COMPRESS_FROM` bytes or more are compressed with zstd first if that makes them smaller (PostgreSQL
cannot compress what is encrypted). Lengths are therefore not hidden; contents, and where they belong, are.
"""

import hashlib
import hmac
import os
import struct
import threading
from typing import Final

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = 1
FLAG_ZSTD: Final = 1
KEY_SIZE: Final = 32
KEY_ID_SIZE: Final = 8
NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16
HEADER_SIZE: Final = 2 + KEY_ID_SIZE
OVERHEAD: Final = HEADER_SIZE + NONCE_SIZE + TAG_SIZE
COMPRESS_FROM: Final = 96
ZSTD_LEVEL: Final = 3
MAX_OPENED: Final = 64 * 1024 * 1024

_HEADER: Final = struct.Struct(f">BB{KEY_ID_SIZE}s")
_LENGTH: Final = struct.Struct(">I")


class SealError(Exception):
    """A stored value is not what was stored: it was changed, moved, exchanged, or was never sealed by us.

    The text names the kind of defect, never content.
    """


class Sealer:
    """Seals and opens the values of one thread under its data key. Immutable and thread-safe.

    `secret` is the thread's 32 random bytes, `key_id` the 8 bytes that name it, `user_id` and `thread_id` the
    owner and thread that every value is bound to. The encryption key and the MAC key are both derived from
    the secret, so that neither is used for two purposes.
    """

    __slots__ = ("_aead", "_mac_key", "_scope", "key_id", "thread_id", "user_id")

    def __init__(self, secret: bytes, key_id: bytes, user_id: int, thread_id: str) -> None:
        if len(secret) != KEY_SIZE or len(key_id) != KEY_ID_SIZE:
            raise ValueError(f"A data key has {KEY_SIZE} bytes and its id {KEY_ID_SIZE}.")
        self.key_id = key_id
        self.user_id = user_id
        self.thread_id = thread_id
        self._aead = AESGCM(_derive(secret, b"everthread seal 1"))
        self._mac_key = _derive(secret, b"everthread mac 1")
        self._scope = frame(str(user_id), thread_id)

    def __repr__(self) -> str:
        return f"<Sealer key {self.key_id.hex()}>"

    def seal(self, plaintext: bytes, *binding: str, compress_from: int = COMPRESS_FROM) -> bytes:
        """Seal `plaintext` for the place named by `binding` (table, column, row id …). Raises ValueError if
        larger than `open` would accept.
        """
        if len(plaintext) > MAX_OPENED:
            raise ValueError(f"A sealed value holds at most {MAX_OPENED} bytes.")
        flags = 0
        if len(plaintext) >= compress_from:
            smaller = _zstd.compressor.compress(plaintext)
            if len(smaller) < len(plaintext):
                plaintext, flags = smaller, FLAG_ZSTD
        header = _HEADER.pack(VERSION, flags, self.key_id)
        nonce = os.urandom(NONCE_SIZE)
        return header + nonce + self._aead.encrypt(nonce, plaintext, self._bind(header, binding))

    def open(self, sealed: bytes, *binding: str, limit: int = MAX_OPENED) -> bytes:
        """Return what was sealed for the same `binding`; raise SealError if anything about it differs.

        `limit` bounds the opened size in bytes: a larger value is refused before it is decompressed.
        """
        if len(sealed) < OVERHEAD:
            raise SealError("This value is not sealed: it is too short.")
        header = bytes(sealed[:HEADER_SIZE])
        version, flags, key_id = _HEADER.unpack(header)
        if version != VERSION or flags not in (0, FLAG_ZSTD):
            raise SealError("This value is not sealed, or in a format unknown here.")
        if key_id != self.key_id:
            raise SealError("This value is sealed under another key.")
        nonce = bytes(sealed[HEADER_SIZE : HEADER_SIZE + NONCE_SIZE])
        try:
            opened = self._aead.decrypt(nonce, sealed[HEADER_SIZE + NONCE_SIZE :], self._bind(header, binding))
        except InvalidTag:
            raise SealError("This sealed value was changed, or moved from where it belongs.") from None
        if flags & FLAG_ZSTD:
            return _expand(opened, limit)
        if len(opened) > limit:
            raise SealError(f"This sealed value is larger than the {limit} bytes allowed.")
        return opened

    def mac(self, data: bytes, *binding: str) -> bytes:
        """Return the 32-byte HMAC-SHA256 of `data` at the place named by `binding`. Compare with
        `hmac.compare_digest`.
        """
        return hmac.digest(self._mac_key, self._bind(data, binding), "sha256")

    def _bind(self, first: bytes, binding: tuple[str, ...]) -> bytes:
        return b"".join((_LENGTH.pack(len(first)), first, self._scope, frame(*binding)))


def frame(*parts: str) -> bytes:
    """Join `parts`, each behind its length in bytes: no two sequences of strings give the same bytes."""
    framed = bytearray()
    for part in parts:
        # surrogatepass: every Python string has its own bytes, also one that PostgreSQL would refuse.
        encoded = part.encode("utf-8", "surrogatepass")
        framed += _LENGTH.pack(len(encoded))
        framed += encoded
    return bytes(framed)


def _derive(secret: bytes, purpose: bytes) -> bytes:
    """One block of HKDF-Expand (RFC 5869) with SHA-256: the secret is uniformly random already."""
    return hmac.digest(secret, purpose + b"\x01", hashlib.sha256)


def _expand(compressed: bytes, limit: int) -> bytes:
    """Decompress one zstd frame that states its size, never to more than `limit` bytes."""
    try:
        # The size is checked before: `max_output_size` is ignored for a frame that states its own.
        size = zstandard.frame_content_size(compressed)
        if size < 0:
            raise SealError("This sealed value does not state its size.")
        if size > limit:
            raise SealError(f"This sealed value is larger than the {limit} bytes allowed.")
        return _zstd.decompressor.decompress(compressed, max_output_size=limit, allow_extra_data=False)
    except zstandard.ZstdError:
        raise SealError("This sealed value cannot be decompressed.") from None


class _PerThread(threading.local):
    """zstd contexts, one pair per thread: they are costly to make and not thread-safe."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _PerThread()
