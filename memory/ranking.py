"""Which items bear on a query: by words in any language, and by meaning where vectors are known.

Words count by how rare they are among the items (Okapi BM25 without the number of repetitions, k1 = 1.2, b = 0.3), and
forms of a word by their likeness to it. Meaning is the cosine of vectors: first estimated for all items from the signs
of their dimensions, then computed for those that come into question.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from heapq import nlargest
from typing import Final

from langgraph.store.base import get_text_at_path, tokenize_path

from memory import words
from memory.rows import Item, Vector

# Of a long query only so many words: the rarest.
QUERY_WORDS: Final = 48
QUERY_CHARS: Final = 8000
_SATURATION: Final = 1.2
_LENGTH: Final = 0.3
# So many items are compared exactly: the nearest by estimate, and the best by words. One counts from this much above
# the average cosine.
_NEAREST: Final = 50
_BEST: Final = 20
_NEAR: Final = 0.2
_SIGNS: Final = bytes(b"1"[0] if each < 128 else b"0"[0] for each in range(256))

Postings = dict[str, list[str]]


def text_of(item: Item) -> str:
    """What search looks at: the paths that were given with the item, else its `text`, else all text in it."""
    if item.fields is False:
        return ""
    if isinstance(item.fields, list):
        return "\n".join(text for path in item.fields for text in get_text_at_path(item.value, tokenize_path(path)))
    text = item.value.get("text")
    return text if isinstance(text, str) else "\n".join(_texts(item.value))


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


class Index:
    """The words and vectors of the items of one namespace. Never changed once made: threads share it."""

    def __init__(
        self, postings: Postings, forms: Postings, lengths: dict[str, int], vectors: dict[str, tuple[Vector, int]]
    ) -> None:
        self._postings = postings  # word → keys of the items that have it
        self._forms = forms  # gram → words that have it
        self._lengths = lengths
        self._vectors = vectors
        self._average = sum(lengths.values()) / len(lengths) if lengths else 1.0

    @classmethod
    def of(cls, items: Iterable[Item]) -> Index:
        """The index of these items."""
        postings, forms = defaultdict(list), defaultdict(list)
        lengths, vectors = {}, {}
        known = words.Known()
        for item in items:
            found = set(words.words(text_of(item), known))
            lengths[item.key] = len(found)
            for word in found:
                postings[word].append(item.key)
            if item.vector is not None and item.vector.data:
                vectors[item.key] = item.vector, _signs(item.vector.data)
        for word in postings:
            for gram in words.grams(word):
                forms[gram].append(word)
        return cls(dict(postings), dict(forms), lengths, vectors)

    def changed(self, old: Iterable[Item], new: Iterable[Item]) -> Index:
        """The index with some items taken out and others put in, of the same keys or not."""
        postings, forms = dict(self._postings), dict(self._forms)
        lengths, vectors = dict(self._lengths), dict(self._vectors)
        for item in old:
            for word in set(words.words(text_of(item))):
                _take(postings, word, item.key)
                if word not in postings:
                    for gram in words.grams(word):
                        _take(forms, gram, word)
            lengths.pop(item.key, None)
            vectors.pop(item.key, None)
        for item in new:
            found = set(words.words(text_of(item)))
            for word in found:
                if word not in postings:
                    for gram in words.grams(word):
                        forms[gram] = [*forms.get(gram, ()), word]
                postings[word] = [*postings.get(word, ()), item.key]
            lengths[item.key] = len(found)
            if item.vector is not None and item.vector.data:
                vectors[item.key] = item.vector, _signs(item.vector.data)
        return Index(postings, forms, lengths, vectors)

    def search(self, query: str, near: Vector | None = None) -> list[tuple[str, float]]:
        """Key and score of the items that bear on the query, best first; scores are comparable within one query."""
        scores = self._by_words(query)
        if near is not None:
            meant = self._by_meaning(near, scores)
            # The root, as one rare word of many is much, while a good cosine is far from 1. Of what was tried on the
            # labelled set (sums, ranks, standard scores) this loses least of what either finds alone.
            scores = {key: math.sqrt(scores.get(key, 0.0)) + meant.get(key, 0.0) for key in scores.keys() | meant}
        return sorted(scores.items(), key=lambda found: (-found[1], found[0]))

    def _by_words(self, query: str) -> dict[str, float]:
        """For each item with a word of the query: the part of the query's weight that it has, from 0 to about 1."""
        scores: dict[str, float] = {}
        matches = [self._matches(word) for word in dict.fromkeys(words.words(query[:QUERY_CHARS]))]
        weighed = sorted(((self._weight(found), found) for found in matches), key=lambda each: -each[0])[:QUERY_WORDS]
        total = sum(weight for weight, _ in weighed)
        for weight, found in weighed:
            for key, alike in found.items():
                length = 1 - _LENGTH + _LENGTH * self._lengths[key] / self._average
                share = alike * (1 + _SATURATION) / (1 + _SATURATION * length)
                scores[key] = scores.get(key, 0.0) + weight / total * share
        return scores

    def _matches(self, word: str) -> dict[str, float]:
        """The items with the word or a form of it, and how alike that is."""
        found = dict.fromkeys(self._postings.get(word, ()), 1.0)
        shared = Counter(form for gram in words.grams(word) for form in self._forms.get(gram, ()))
        for form, number in shared.items():
            if form != word and (alike := words.likeness(word, form, number)):
                for key in self._postings[form]:
                    found[key] = max(found.get(key, 0.0), alike * alike)
        return found

    def _weight(self, found: Mapping[str, float]) -> float:
        number = sum(found.values())
        # Squared: several words that many items have do not add up to one that few have.
        return math.log((len(self._lengths) + 1) / (number + 0.5)) ** 2

    def _by_meaning(self, near: Vector, by_words: Mapping[str, float]) -> dict[str, float]:
        """For each item whose vector is nearer than most: by how much, from 0 to 1."""
        mine, dimensions = _signs(near.data), len(near.data)
        comparable = {
            key: (vector.data, signs)
            for key, (vector, signs) in self._vectors.items()
            if vector.model == near.model and len(vector.data) == dimensions
        }
        if not comparable:
            return {}
        guessed = {
            # The angle between two vectors is about the part of dimensions whose signs differ (Charikar, 2002).
            key: math.cos(math.pi * (mine ^ signs).bit_count() / dimensions)
            for key, (_, signs) in comparable.items()
        }
        average = sum(guessed.values()) / len(guessed)
        nearest = nlargest(_NEAREST, guessed, key=guessed.__getitem__)
        best = nlargest(_BEST, guessed.keys() & by_words.keys(), key=by_words.__getitem__)
        scores, point = {}, _point(near.data)
        for key in {*nearest, *best}:
            score = (_cosine(point, _point(comparable[key][0])) - average) / max(1 - average, 1e-6)
            if score > _NEAR:
                scores[key] = score
        return scores


def _take(postings: Postings, name: str, key: str) -> None:
    left = [each for each in postings.get(name, ()) if each != key]
    if left:
        postings[name] = left
    else:
        postings.pop(name, None)


def _signs(data: bytes) -> int:
    """One bit for each dimension: whether it is not negative."""
    return int(data.translate(_SIGNS), 2)


def _point(data: bytes) -> tuple[int, ...]:
    return tuple(memoryview(data).cast("b"))


def _cosine(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    # By the law of cosines: of all in the standard library, distances are what is computed fastest.
    a, b = math.hypot(*one), math.hypot(*other)
    return (a * a + b * b - math.dist(one, other) ** 2) / (2 * a * b) if a and b else 0.0
