"""The checkpoints of a thread as a list: SQL over ids, parents, times and marks. No value is read, and no key needed.

All of it in the root namespace: the chat's graph has no other.
"""

# only constants are put into constants

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from chatapp.checkpoints import history_queries

PAGE: Final = 100
# Ids are hexadecimal: all of them lie before this, in every collation.
_NEWEST: Final = "zzzz"

# What LangGraph calls the writes that say which node is next.
_NEXT: Final = "branch:to:"
_SENT: Final = "__pregel_tasks"
_NO_MESSAGE: Final = (None, "", "", "", None, False)


class Restore(NamedTuple):
    """The rollback or change of the state that wrote a checkpoint, as a copy of `of`."""

    id: UUID
    kind: str
    of: str
    undone: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A checkpoint, without its values."""

    id: str
    parent: str | None
    # What its line is drawn from: its parent; for a rollback the checkpoint rolled back to; where the parent is gone,
    # where the message before its own ended. None where nothing is left.
    origin: str | None
    ns: str
    at: datetime
    source: str
    step: int
    # Channels written by the step that ended here, and the nodes that follow.
    wrote: tuple[str, ...]
    next: tuple[str, ...]
    is_tip: bool
    is_head: bool
    # The message that ends here.
    message: UUID | None
    role: str
    status: str
    model: str
    run: UUID | None
    hidden: bool
    restore: Restore | None
    # Whether a run began here anew.
    replayed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Checkpoints, newest first."""

    rows: list[Row]
    # The next of the page on the way from what the thread shows now to the root; None when that has ended.
    main: str | None
    # Where the lines of newer checkpoints go on to, in this page or after it, and how many lines each.
    open_lines: dict[str, int]
    # The first checkpoint after the page, if there are more.
    following: str | None
    # All ids that are newer than the page, newest first.
    newer: list[str]

    @property
    def open_parents(self) -> list[str]:
        """Where the lines of newer checkpoints go on to: the lanes open at the page's start."""
        return list(self.open_lines)

    @property
    def more(self) -> bool:
        """Whether there are older ones."""
        return self.following is not None


def page(thread_id: UUID, before: str | None = None, limit: int = PAGE) -> Page:
    """The thread's newest checkpoints, or those before one. Reads `limit` + 1 rows, and with `before` the ids of all
    newer ones.
    """
    found = _all(history_queries.ROWS, thread_id, before=before or _NEWEST, limit=limit + 1)
    standing = _standing(thread_id)
    restores = _restores(thread_id)
    newer: dict[str, str | None] = {}
    if before:
        pairs = [(row[0], row[1]) for row in _all(history_queries.NEWER, thread_id, before=before)]
        newer = _origins(thread_id, pairs, restores)
    return Page(
        _marked(thread_id, found[:limit], standing, restores),
        _onward(standing.head, newer),
        dict(Counter(each for each in newer.values() if each is not None and each not in newer)),
        found[limit][0] if len(found) > limit else None,
        list(newer),
    )


def some(thread_id: UUID, ids: Collection[str]) -> dict[str, Row]:
    """Of these checkpoints, by id, those that the thread has."""
    found = _all(history_queries.SOME, thread_id, ids=list(ids))
    rows = _marked(thread_id, found, _standing(thread_id), _restores(thread_id)) if found else []
    return {row.id: row for row in rows}


def children(thread_id: UUID, checkpoint_id: str) -> list[str]:
    """The checkpoints whose parent this one is, oldest first."""
    return [row[0] for row in _all(history_queries.CHILDREN, thread_id, parent=checkpoint_id)]


def count(thread_id: UUID) -> int:
    """How many checkpoints the thread has."""
    return int(_all(history_queries.COUNT, thread_id)[0][0])


def sizes(thread_id: UUID, ids: Collection[str]) -> dict[str, int]:
    """The stored bytes of some checkpoints: row, values and pending writes; without messages, which many share."""
    return {row[0]: int(row[1]) for row in _all(history_queries.SIZES, thread_id, ids=list(ids))}


def head(thread_id: UUID) -> str | None:
    """The checkpoint of what the thread shows now."""
    return _standing(thread_id).head


class _Standing(NamedTuple):
    tip: str | None
    # The checkpoint of the head; while a run goes on that is the tip.
    head: str | None


def _standing(thread_id: UUID) -> _Standing:
    rows = _all(history_queries.STANDING, thread_id)
    if not rows:
        return _Standing(None, None)
    tip, runs, shown = rows[0]
    return _Standing(tip, (tip if runs else shown) or tip)


def _restores(thread_id: UUID) -> dict[str, Restore]:
    """By the checkpoint that each wrote."""
    return {row[0]: Restore(row[2], row[3], row[1], row[4]) for row in _all(history_queries.RESTORES, thread_id)}


def _origins(
    thread_id: UUID, pairs: Sequence[tuple[str, str | None]], restores: Mapping[str, Restore]
) -> dict[str, str | None]:
    """What the line of each checkpoint, given with its parent, is drawn from."""
    wanted = {each: restores[each].of if each in restores else parent for each, parent in pairs}
    there = _there(thread_id, wanted)
    lost = [each for each, origin in wanted.items() if origin is not None and origin not in there]
    if not lost:
        return wanted
    links = {row[0]: row[1:] for row in _all(history_queries.LINKS, thread_id, ids=lost)}
    for each in lost:
        wanted[each] = next((link for link in links.get(each, ()) if link is not None and link < each), None)
    return wanted


def _there(thread_id: UUID, wanted: Mapping[str, str | None]) -> set[str]:
    """Of all these and what they are drawn from, those that exist."""
    asked = {origin for origin in wanted.values() if origin is not None and origin not in wanted}
    there = {row[0] for row in _all(history_queries.THERE, thread_id, ids=list(asked))} if asked else set()
    return there | wanted.keys()


def _onward(shown: str | None, newer: Mapping[str, str | None]) -> str | None:
    """The first checkpoint on the way from what is shown to the root that is not among the newer ones."""
    while shown is not None and shown in newer:
        shown = newer[shown]
    return shown


def _messages(thread_id: UUID, ids: Sequence[str]) -> dict[str, Sequence[Any]]:
    """By checkpoint, the message that ends there: the answer, where its question has the same."""
    found: dict[str, Sequence[Any]] = {}
    for row in _all(history_queries.MESSAGES, thread_id, ids=list(ids)):
        if row[0] not in found or row[2] == "assistant":
            found[row[0]] = row[1:]
    return found


def _marked(
    thread_id: UUID, found: Sequence[Sequence[Any]], standing: _Standing, restores: Mapping[str, Restore]
) -> list[Row]:
    """Rows of `history_queries.ROWS`, with what else is known of these checkpoints."""
    ids = [row[0] for row in found]
    origins = _origins(thread_id, [(row[0], row[1]) for row in found], restores)
    messages = _messages(thread_id, ids)
    replayed = {row[0] for row in _all(history_queries.REPLAYS, thread_id, ids=ids)}
    rows = []
    for checkpoint_id, parent, at, source, step, wrote in found:
        message, role, status, model, run, hidden = messages.get(checkpoint_id, _NO_MESSAGE)
        rows.append(
            Row(
                id=checkpoint_id,
                parent=parent,
                origin=origins[checkpoint_id],
                ns="",
                at=datetime.fromisoformat(at),
                source=source or "",
                step=step or 0,
                wrote=tuple(each for each in wrote if not each.startswith(("__", "branch:"))),
                next=tuple(_followers(wrote)),
                is_tip=checkpoint_id == standing.tip,
                is_head=checkpoint_id == standing.head,
                message=message,
                role=role,
                status=status,
                model=model,
                run=run,
                hidden=hidden,
                restore=restores.get(checkpoint_id),
                replayed=checkpoint_id in replayed,
            )
        )
    return rows


def _followers(wrote: Iterable[str]) -> Iterable[str]:
    for each in wrote:
        if each.startswith(_NEXT):
            yield each.removeprefix(_NEXT)
        elif each == _SENT:
            yield "tools"


def _all(statement: str, thread_id: UUID, **parameters: Any) -> list[tuple[Any, ...]]:  # Any: a column's value
    with connection.cursor() as cursor:
        cursor.execute(statement, {"thread": thread_id, **parameters})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
