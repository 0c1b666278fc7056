"""What was changed in a text, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, Literal, NamedTuple

Kind = Literal["same", "added", "removed"]

# A word, a run of space, or a sign; where words are not parted by space, a character.
_WORDS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|\w+|\s+|.", re.DOTALL)
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
# Beyond so many pairs of words lines are compared, and beyond as many pairs of lines nothing is.
_PAIRS: Final = 1_000_000
# Of what was put in or taken out no more than this is shown in one stretch.
_SHOWN: Final = 4_000
# What stays the same for long is cut to its ends: at most so many characters, and so many lines.
_AROUND: Final = 120
_AROUND_LINES: Final = 3


class Piece(NamedTuple):
    """A stretch of text that is in both, in the newer only, or in the older only; or so many characters left out."""

    kind: Kind
    text: str
    left_out: int = 0


def differences(before: str, after: str) -> list[Piece]:
    """The newer text with what was put in and, where it stood, what was taken out."""
    for tokens in (_WORDS, _LINES):
        if (pieces := _compared(tokens.findall(before), tokens.findall(after))) is not None:
            return _joined(pieces)
    return _joined([Piece("removed", before), Piece("added", after)])


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """The same without what is long: of what did not change stays what is next to a change, of the rest the start."""
    short = []
    for number, piece in enumerate(pieces):
        if piece.kind != "same":
            short += [Piece(piece.kind, piece.text[:_SHOWN]), Piece(piece.kind, "", len(piece.text[_SHOWN:]))]
            continue
        first, last = number == 0, number == len(pieces) - 1
        kept = _AROUND * (2 - first - last)
        if len(piece.text) <= 2 * kept + _AROUND or (first and last):
            short.append(piece)
            continue
        head = "" if first else "".join(piece.text[:_AROUND].splitlines(keepends=True)[:_AROUND_LINES])
        tail = "" if last else "".join(piece.text[-_AROUND:].splitlines(keepends=True)[-_AROUND_LINES:])
        short += [Piece("same", head), Piece("same", "", len(piece.text) - len(head) - len(tail)), Piece("same", tail)]
    return [piece for piece in short if piece.text or piece.left_out]


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Piece] | None:
    """The tokens of both; None if there are too many to compare."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle = old[start : len(old) - end], new[start : len(new) - end]
    if len(middle[0]) * len(middle[1]) > _PAIRS:
        return None
    pieces = [Piece("same", "".join(old[:start]))]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *middle).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(middle[0][i1:i2])))
        else:
            pieces += [Piece("removed", "".join(middle[0][i1:i2])), Piece("added", "".join(middle[1][j1:j2]))]
    return [*pieces, Piece("same", "".join(old[len(old) - end :]))]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    most = min(len(old), len(new))
    return next((at for at in range(most) if old[at] != new[at]), most)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Changes that only space parts are one change; neighbours of a kind are one piece."""
    joined: list[Piece] = []
    old, new = "", ""
    for number, piece in enumerate(pieces):
        between = piece.kind == "same" and piece.text.isspace() and (old or new) and _changes(pieces[number + 1 :])
        if piece.kind == "removed" or between:
            old += piece.text
        if piece.kind == "added" or between:
            new += piece.text
        if piece.kind == "same" and not between and piece.text:
            joined += [Piece("removed", old), Piece("added", new), piece]
            old, new = "", ""
    joined += [Piece("removed", old), Piece("added", new)]
    return [piece for piece in joined if piece.text]


def _changes(rest: Sequence[Piece]) -> bool:
    following = next((piece for piece in rest if piece.text), None)
    return following is not None and following.kind != "same"
