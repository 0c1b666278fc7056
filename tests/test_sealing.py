"""The sealed format: round trip, binding, and refusal of everything else."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from chatapp import sealing
from chatapp.sealing import FLAG_ZSTD, OVERHEAD, Sealer, SealError, frame

SECRET, KEY_ID = bytes(range(32)), b"8 bytes!"
ALICE = Sealer(SECRET, KEY_ID, 1, "thread-1")
BINDINGS = st.lists(st.text(max_size=8), max_size=4)


@given(st.binary(max_size=4096), BINDINGS)
def test_what_was_sealed_opens_at_its_place(data: bytes, binding: list[str]) -> None:
    assert ALICE.open(ALICE.seal(data, *binding), *binding) == data


@given(BINDINGS, BINDINGS)
def test_no_two_bindings_are_the_same(one: list[str], other: list[str]) -> None:
    assert (frame(*one) == frame(*other)) == (one == other)
    if one != other:
        assert ALICE.mac(b"x", *one) != ALICE.mac(b"x", *other)
        with pytest.raises(SealError):
            ALICE.open(ALICE.seal(b"x", *one), *other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("a",), ("a", "")), (("\x00",), ("", "")), (("\ud800",), ("?",))],
)
def test_parts_of_a_binding_do_not_run_together(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    with pytest.raises(SealError):
        ALICE.open(ALICE.seal(b"x", *one), *other)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_flipped_bit_is_refused(data: bytes, draw: st.DataObject) -> None:
    sealed = bytearray(ALICE.seal(data, "place"))
    bit = draw.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealError):
        ALICE.open(bytes(sealed), "place")


def test_a_value_opens_only_for_its_owner_thread_and_key() -> None:
    sealed = ALICE.seal(b"private", "place")
    for stranger in (
        Sealer(SECRET, KEY_ID, 2, "thread-1"),
        Sealer(SECRET, KEY_ID, 1, "thread-2"),
        Sealer(SECRET, KEY_ID, 11, "hread-1"),
        Sealer(SECRET, b"other id", 1, "thread-1"),
        Sealer(bytes(32), KEY_ID, 1, "thread-1"),
    ):
        with pytest.raises(SealError):
            stranger.open(sealed, "place")
    assert Sealer(SECRET, KEY_ID, 1, "thread-1").open(sealed, "place") == b"private"


@pytest.mark.parametrize("forged", [b"", b"plain text", b"\x80\x04cos\nsystem\n", bytes(200), b"\x01" * 400])
def test_what_was_never_sealed_is_refused(forged: bytes) -> None:
    with pytest.raises(SealError):
        ALICE.open(forged, "place")


def test_a_truncated_value_is_refused_at_every_length() -> None:
    sealed = ALICE.seal(b"x" * 200, "place")
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            ALICE.open(sealed[:length], "place")


def test_compression_is_used_where_it_helps_and_only_there() -> None:
    text = b"the same words again and again, " * 40
    assert len(ALICE.seal(text)) < len(text) / 4
    noise = os.urandom(1000)
    assert len(ALICE.seal(noise)) == len(noise) + OVERHEAD
    assert len(ALICE.seal(b"a" * 95)) == 95 + OVERHEAD


def test_a_decompression_bomb_is_refused() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(sealing.MAX_OPENED + 1))
    assert len(bomb) < 10_000
    with pytest.raises(SealError, match="larger"):
        ALICE.open(_sealed_as_compressed(bomb), "place")


def test_a_bomb_that_hides_its_size_is_refused() -> None:
    unstated = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(10_000))
    with pytest.raises(SealError, match="size"):
        ALICE.open(_sealed_as_compressed(unstated), "place")


def test_a_value_above_the_callers_limit_is_refused() -> None:
    for data in (b"a" * 5000, os.urandom(5000)):
        sealed = ALICE.seal(data, "place")
        assert ALICE.open(sealed, "place", limit=5000) == data
        with pytest.raises(SealError, match="larger"):
            ALICE.open(sealed, "place", limit=4999)


def test_more_than_can_be_opened_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="at most"):
        ALICE.seal(bytes(sealing.MAX_OPENED + 1))


def test_sealing_twice_gives_different_bytes() -> None:
    assert ALICE.seal(b"same", "place") != ALICE.seal(b"same", "place")


def test_the_mac_key_is_not_the_sealing_key() -> None:
    # A MAC must tell nothing about the key that encrypts: both are derived, neither is the secret itself.
    sealed = ALICE.seal(b"x", "place")
    header, nonce, body = sealed[:10], sealed[10:22], sealed[22:]
    with pytest.raises(InvalidTag):
        AESGCM(SECRET).decrypt(nonce, body, ALICE._bind(header, ("place",)))


def test_sealers_work_in_many_threads_at_once() -> None:
    texts = [(f"text {number} " * 500).encode() for number in range(64)]
    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(ALICE.seal, texts, itertools.repeat("place")))
        assert list(threads.map(ALICE.open, sealed, itertools.repeat("place"))) == texts


def test_neither_errors_nor_repr_show_content_or_keys() -> None:
    sealed = ALICE.seal(b"canary text", "place")
    with pytest.raises(SealError) as refused:
        ALICE.open(sealed, "canary place")
    shown = f"{refused.value!r} {refused.value.__cause__!r} {ALICE!r}"
    assert "canary" not in shown
    assert SECRET.hex() not in shown
    assert str(SECRET) not in shown


def _sealed_as_compressed(compressed: bytes) -> bytes:
    """Seal `compressed` as if it were our own compressor's output: what a holder of the key could forge."""
    header, nonce = sealing._HEADER.pack(sealing.VERSION, FLAG_ZSTD, KEY_ID), os.urandom(12)
    return header + nonce + ALICE._aead.encrypt(nonce, compressed, ALICE._bind(header, ("place",)))
