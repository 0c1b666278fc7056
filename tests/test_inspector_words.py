"""What was changed in a text, word by word."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp.inspector import words
from chatapp.inspector.words import Piece

# The machine may be busy.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.lists(st.sampled_from(["red", "fox", "runs", " ", "\n", ".", "狐", "é"]), max_size=30).map("".join)


def without(kind: str, pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != kind)


@PATIENT
@given(TEXTS | st.text(max_size=40), TEXTS | st.text(max_size=40))
def test_both_texts_can_be_read_from_the_differences(before: str, after: str) -> None:
    pieces = words.differences(before, after)
    assert without("added", pieces) == before
    assert without("removed", pieces) == after
    assert all(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("one two three", "one too three", [("removed", "two"), ("added", "too")]),
        ("one two three four", "one 2 3 four", [("removed", "two three"), ("added", "2 3")]),
        ("赤い狐が走る", "赤い犬が走る", [("removed", "狐"), ("added", "犬")]),
        ("", "new", [("added", "new")]),
        ("same", "same", []),
    ],
)
def test_words_are_marked_not_letters(before: str, after: str, changed: list[tuple[str, str]]) -> None:
    assert [(each.kind, each.text) for each in words.differences(before, after) if each.kind != "same"] == changed


def test_long_stretches_that_are_the_same_are_cut() -> None:
    before = "word " * 1000 + "old" + " word" * 1000
    pieces = words.shortened(words.differences(before, before.replace("old", "new")))
    assert [piece.kind for piece in pieces if piece.kind != "same"] == ["removed", "added"]
    left_out = sum(piece.left_out for piece in pieces)
    assert left_out > 9000
    assert left_out + sum(len(piece.text) for piece in pieces if piece.kind != "added") == len(before)
    assert all(len(piece.text) <= 240 for piece in pieces)


def test_long_stretches_that_were_put_in_are_cut_too() -> None:
    (shown, rest) = words.shortened([Piece("added", "x" * 100_000)])
    assert (shown.kind, len(shown.text), rest.kind, rest.text) == ("added", 4_000, "added", "")
    assert rest.left_out == 96_000


def test_texts_too_long_for_words_are_compared_by_lines_and_in_bounded_time() -> None:
    before = "".join(f"line {number} of {number % 7}\n" for number in range(5_000))
    after = before.replace("line 10 ", "LINE 10 ").replace("line 4990 ", "LINE 4990 ")
    started = time.perf_counter()
    pieces = words.differences(before, after)
    assert without("added", pieces) == before
    assert without("removed", pieces) == after
    far = "".join(f"{number * 7919 % 10007} " for number in range(200_000))
    assert next(piece.kind for piece in words.differences(far, far[::-1])) in ("same", "removed")
    assert time.perf_counter() - started < 20
