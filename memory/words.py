"""Text as words that can be compared, in any language.

Case, accents and other marks above and below letters are folded. Scripts that put no spaces between words (Chinese,
Japanese, Thai …) are cut into overlapping pairs of characters. No word is left out and no ending cut off: what is a
filler or an ending in one language is a word in another. Alike words are found by the letters that they share.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import Final

# Marks on letters of alphabets that are read without them too: accents, Hebrew points, Arabic vowels and stretching.
_MARKS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+")
# Letters that people write for one another, and that Unicode does not take apart.
_SAME: Final = str.maketrans(
    {"_": " ", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ى": "ي", "ة": "ه"}
    | {"ک": "ك", "ی": "ي", "ς": "σ"}
)
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Vowel signs of Indic scripts are no letters to Python's \w, and do not end a word.
_SIGNS: Final = "\u0900-\u0963\u0971-\u0dff"
_ASCII: Final = re.compile("[a-z0-9]+")
_WRITTEN: Final = re.compile(f"[\\w{_SIGNS}\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u3099\u309a]+")
_RUNS: Final = re.compile(f"[\\w{_SIGNS}]+")
_UNSPACED_RUNS: Final = re.compile(f"([{_UNSPACED}]+)")
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_VOICED: Final = re.compile("[\u3099\u309a]")

# What is longer is no word that anyone asks for, and would be compared letter by letter.
LONGEST: Final = 64
# From here on two words are taken for forms of one.
ALIKE: Final = 0.51
# A common beginning of so many letters, and of this part of the shorter word, is a stem: elsewhere than in the Latin
# script letters say more, and words are shorter.
_STEM: Final = (4, 0.6)
_STEM_ELSEWHERE: Final = (3, 0.55)


def fold(text: str) -> str:
    """The text without case and without marks."""
    if text.isascii():
        return text.lower()
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_SAME)
    # Left taken apart otherwise: a Korean syllable and its forms share letters, which they do not as one character.
    return unicodedata.normalize("NFC", folded) if _VOICED.search(folded) else folded


class Known(dict[str, list[str]]):
    """What was worked out, for the next text: people use the same words again and again."""

    def __missing__(self, written: str) -> list[str]:
        parts = self[written] = _parts(written)
        return parts


def words(text: str, known: Known | None = None) -> list[str]:
    """The words of a text, in order; of unspaced scripts pairs of characters."""
    known = Known() if known is None else known
    return list(chain.from_iterable(map(known.__getitem__, _WRITTEN.findall(text))))


def _parts(written: str) -> list[str]:
    """The words of what stands between two spaces or signs."""
    folded = fold(written)
    if folded.isascii():
        return [folded[:LONGEST]] if folded.isalnum() else [word[:LONGEST] for word in _ASCII.findall(folded)]
    found: list[str] = []
    for run in _RUNS.findall(_UNSPACED_RUNS.sub(r" \1 ", folded)):
        if len(run) > 2 and _IS_UNSPACED.match(run):
            found.extend(run[start : start + 2] for start in range(len(run) - 1))
            found.extend(_HAN.findall(run))
        else:
            found.append(run[:LONGEST])
    return found


def grams(word: str) -> set[str]:
    """Every three letters of a word that stand together, with its beginning and end; of pairs and numbers none."""
    if len(word) < 3 or word.isdigit() or (not word.isascii() and _IS_UNSPACED.match(word)):
        return set()
    return {a + b + c for a, b, c in zip(f" {word}", word, f"{word[1:]} ", strict=False)}


def likeness(one: str, other: str, shared: int) -> float:
    """How far two words are forms of one, from 0 to 1; `shared` is the number of grams that both have."""
    short, long = sorted((one, other), key=len)
    alike = 2 * shared / (len(one) + len(other))
    stem = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        stem += 1
    least, part = _STEM if short.isascii() else _STEM_ELSEWHERE
    if stem >= least and stem >= part * len(short):
        alike = max(alike, 0.9 * stem / len(short))
    elif len(short) >= least and short in long:
        alike = max(alike, 0.7)
    return alike if alike >= ALIKE else 0.0
