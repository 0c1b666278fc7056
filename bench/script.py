"""What a benchmark's question asks for, and the answer that it must get: both follow from three numbers.

So the endpoint needs no state and the clients can check every answer, character by character.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

WORDS: Final = 997
FIRST_TOKEN_SECONDS: Final = 0.05  # the endpoint's own delay, unless it answers at once
_SYLLABLES: Final = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vö", "日", "zé", "qu")
_MARK: Final = "bench"
# About as long as a question that people write.
_FILLER: Final = "Please explain this in a few words and say what follows from it, with an example or two."


class Ask(NamedTuple):
    """One question: which answer, of how many tokens, at how many tokens per second (0: all at once)."""

    seed: int
    tokens: int
    rate: int

    @property
    def question(self) -> str:
        """The text that a client sends."""
        return f"{_MARK} {self.seed} {self.tokens} {self.rate} {_FILLER}"

    @property
    def answer(self) -> str:
        """The text that it must get."""
        return "".join(word(index) for index in self.words)

    @property
    def words(self) -> list[int]:
        """The answer's tokens, as indices of words."""
        state, found = self.seed * 2654435761 + 12345, []
        for _ in range(self.tokens):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            found.append((state >> 8) % WORDS)
        return found


@lru_cache(WORDS)
def word(index: int) -> str:
    """One token: a space and a word, some of them beyond ASCII."""
    first, second = divmod(index, len(_SYLLABLES))
    third, first = divmod(first, len(_SYLLABLES))
    return f" {_SYLLABLES[first]}{_SYLLABLES[second]}{_SYLLABLES[third % len(_SYLLABLES)] if third else ''}"


def understood(question: str) -> Ask | None:
    """The numbers of a question; None for any other text, such as the request for a title."""
    parts = question.split(" ", 4)
    if len(parts) < 4 or parts[0] != _MARK or not all(part.isdigit() for part in parts[1:4]):
        return None
    return Ask(int(parts[1]), int(parts[2]), int(parts[3]))
