"""The labelled set in `tests/retrieval/`: what somebody keeps, in ten languages, and what they later ask.

A file has lines `name: text` for memories, and after `# queries` lines `w name [shared] question` for questions that
share a content word with the memory (`shared` stands in both, in any form) and `p name question` for paraphrases, which
do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.words import fold

FOLDER = Path(__file__).parent / "retrieval"
_QUERY = re.compile(r"(?P<kind>[wp]) (?P<name>\S+) (?:\[(?P<shared>[^\]]+)\] )?(?P<text>.+)")


@dataclass(frozen=True)
class Query:
    """A question, the memory that it is about, and the word that both share, if they share one."""

    language: str
    text: str
    wanted: str
    shared: str | None


def read() -> tuple[dict[str, str], list[Query]]:
    """All memories by id, and all queries. Fails where a label is not true."""
    memories: dict[str, str] = {}
    queries: list[Query] = []
    for file in sorted(FOLDER.glob("??*.txt")):
        if file.stem == "concepts":
            continue
        before, _, after = file.read_text().partition("# queries\n")
        for line in before.splitlines():
            if not line.startswith("#"):
                name, _, text = line.partition(": ")
                assert f"{file.stem}/{name}" not in memories, line
                memories[f"{file.stem}/{name}"] = text
        for line in after.splitlines():
            found = _QUERY.fullmatch(line)
            assert found, line
            wanted = f"{file.stem}/{found['name']}"
            language = found["name"].partition("_")[0] if file.stem == "more" else file.stem
            queries.append(Query(language, found["text"], wanted, found["shared"]))
            assert (found["kind"] == "w") == bool(found["shared"]), line
            if found["shared"]:
                assert fold(found["shared"]) in fold(found["text"]), line
                assert fold(found["shared"]) in fold(memories[wanted]), line
    return memories, queries


def recall(queries: Sequence[Query], search: Callable[[str], Sequence[str]]) -> tuple[float, list[Query]]:
    """The part of queries whose memory is among the five best that `search` finds, and those for which it is not."""
    missed = [query for query in queries if query.wanted not in search(query.text)[:5]]
    return 1 - len(missed) / len(queries), missed
