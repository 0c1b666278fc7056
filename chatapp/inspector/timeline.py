"""A page of a thread's checkpoints as a graph: each row with its lines, its mark and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from chatapp import content, keys, lanes
from chatapp.checkpoints import history
from chatapp.checkpoints.history import Page, Row
from chatapp.models import Message, Thread

PREVIEW_CHARS: Final = 160


class Source(NamedTuple):
    """What wrote a checkpoint: its word, and what that means."""

    name: str
    word: str
    meaning: str


SOURCES: Final = (
    Source("input", "Input", "a question came in"),
    Source("loop", "Loop", "the graph took a step"),
    Source("update", "Update", "changed from outside: a stop, a failure, an administrator"),
    Source("fork", "Fork", "copied from an earlier one: a rollback, a replay"),
)
_WORDS: Final = {source.name: source.word for source in SOURCES}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the timeline."""

    row: Row
    drawing: lanes.Drawing
    # How many lines go on from here; none where a branch ends.
    lines: int
    preview: str = ""

    @property
    def word(self) -> str:
        """What wrote it."""
        return word(self.row)

    @property
    def mark(self) -> str:
        """Its shape: a knot where an answer ends."""
        return "knot" if self.row.role == "assistant" and self.row.source == "loop" else self.row.source or "loop"

    @property
    def says(self) -> str:
        """What ends here."""
        return says(self.row)

    @property
    def cut_off(self) -> bool:
        """Whether its parent was deleted, so that its line leads elsewhere."""
        return self.row.parent is not None and self.row.restore is None and self.row.origin != self.row.parent


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of it."""

    entries: list[Entry]
    total: int
    # The places of the first and the last entry, from the newest.
    first: int
    last: int
    # Where the pages before and after this one begin.
    newer: str
    older: str
    shares_lane: bool


def of(thread_id: UUID, start: str | None, limit: int = history.PAGE) -> Timeline:
    """The thread's newest checkpoints or, with `start`, those from this one on."""
    # Whatever follows the id of `start`, and nothing of another checkpoint.
    page = history.page(thread_id, f"{start}0" if start else None, limit)
    laid = lanes.lay(((row.id, row.origin) for row in page.rows), page.main, page.open_parents)
    drawn = lanes.draw(laid.places)
    lines = _lines(page)
    entries = [Entry(row, drawing, lines.get(row.id, 0)) for row, drawing in zip(page.rows, drawn, strict=True)]
    first = len(page.newer) + 1
    return Timeline(
        entries,
        total=history.count(thread_id),
        first=first,
        last=first + len(entries) - 1,
        newer=page.newer[-limit:][0] if page.newer else "",
        older=page.following or "",
        shares_lane=any(entry.drawing.shared for entry in entries),
    )


def with_texts(timeline: Timeline, thread: Thread) -> list[Entry]:
    """The entries with the beginnings of the messages that end there. Opens content: behind the gate only."""
    wanted = [entry.row.message for entry in timeline.entries if entry.row.message]
    sealer = keys.thread_sealer(thread.owner_id, thread.id)
    texts = {
        message.id: content.unseal(sealer, message.body, "message", "body", message.id)["text"]
        for message in Message.objects.filter(id__in=wanted).only("id", "body")
    }
    return [
        Entry(entry.row, entry.drawing, entry.lines, _beginning(texts, entry.row.message)) for entry in timeline.entries
    ]


def word(row: Row) -> str:
    """What wrote a checkpoint, in a word."""
    return _WORDS.get(row.source, row.source.capitalize() or "Unknown")


def says(row: Row) -> str:
    """The message that ends at a checkpoint, in words."""
    if row.role == "user":
        return "Question"
    if row.role == "assistant":
        return {"stopped": "Stopped answer", "failed": "Failed answer"}.get(row.status, "Answer")
    return row.role.capitalize()


def _beginning(texts: Mapping[UUID, str], message: UUID | None) -> str:
    text = " ".join(texts.get(message, "").split()) if message else ""
    return text if len(text) <= PREVIEW_CHARS else f"{text[:PREVIEW_CHARS].rstrip()}…"


def _lines(page: Page) -> dict[str, int]:
    """How many lines go on from each checkpoint, as far as this page and what is newer know."""
    lines: dict[str, int] = dict(page.open_lines)
    for row in page.rows:
        if row.origin is not None:
            lines[row.origin] = lines.get(row.origin, 0) + 1
    return lines
