"""Where the lines of a tree run when its nodes stand in rows, newest first: a lane for each branch.

One algorithm for the map of a thread's branches and for the administrator's timeline. A node knows its parent; between
the two runs a line, and a lane is what a line runs in. Lane 0 is the main line's, from the node that is shown now back
to the root, and nobody else's; so what is shown now is a straight line, whatever branches off it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

# Lanes that are drawn beside each other; what lies further out shares the last.
MOST: Final = 7
STEP: Final = 14
# Where the node sits, from the top of its row, and what belongs to it; its row may be as high as it likes.
KNOT_AT: Final = 22
TOP: Final = KNOT_AT - 13
BOTTOM: Final = KNOT_AT + 13

K = TypeVar("K", bound=Hashable)


class Place(NamedTuple):
    """A node's row: the lane it lies in, and the lines that run through the row."""

    lane: int
    # Whether it lies on the main line.
    main: bool
    # Lanes whose lines come from newer nodes and end here, its own among them if one does; in order.
    above: tuple[int, ...]
    # Lanes whose lines go past.
    passing: tuple[int, ...]
    # Whether a line goes on to its parent.
    below: bool


class Laid(NamedTuple, Generic[K]):
    """The places of some rows, and the parents that their lines go on to below the last row."""

    places: list[Place]
    waiting: list[K]


def lay(nodes: Iterable[tuple[K, K | None]], main: K | None = None, waiting: Sequence[K] = ()) -> Laid[K]:
    """Give each node a place. `nodes` are (node, its parent or None), newest first.

    `main` is the node that lane 0 waits for: the one that is shown now or, when newer rows were laid before these, the
    next one on its way to the root. `waiting` are the parents that those newer rows' lines go on to, each once. A
    parent that stands before its child (clocks differ) gets no line.
    """
    board = _Board(main, waiting)
    places = [board.place(node, parent) for node, parent in nodes]
    return Laid(places, board.waiting())


class _Board(Generic[K]):
    """The lanes at one row's edge: the node that each waits for, or None for a free one."""

    def __init__(self, main: K | None, waiting: Sequence[K]) -> None:
        self._has_main = main is not None
        self._lanes: list[K | None] = [main] if main is not None else []
        # Lane 0 is kept for the main line before it begins, and has no line then.
        self._begun = main in waiting
        self._lanes += [each for each in waiting if each != main]
        self._seen: set[K] = set()

    def place(self, node: K, parent: K | None) -> Place:
        self._seen.add(node)
        ends = [lane for lane, awaited in enumerate(self._lanes) if awaited == node]
        lane = ends[0] if ends else self._free()
        above = tuple(each for each in ends if each or not self._has_main or self._begun)
        passing = tuple(
            each
            for each, awaited in enumerate(self._lanes)
            if awaited is not None and each not in ends and (each or not self._has_main or self._begun)
        )
        for each in ends:
            self._lanes[each] = None
        goes_on = parent is not None and parent not in self._seen
        self._lanes[lane] = parent if goes_on else None
        main = self._has_main and lane == 0
        self._begun |= main
        while len(self._lanes) > self._has_main and self._lanes[-1] is None:
            self._lanes.pop()
        return Place(lane, main, above, passing, goes_on)

    def waiting(self) -> list[K]:
        """What the lines below the last row go on to, each once, the main line's first."""
        drawn = self._lanes if self._begun or not self._has_main else self._lanes[1:]
        return list(dict.fromkeys(each for each in drawn if each is not None))

    def _free(self) -> int:
        for lane in range(self._has_main, len(self._lanes)):
            if self._lanes[lane] is None:
                return lane
        self._lanes.append(None)
        return len(self._lanes) - 1


class Drawing(NamedTuple):
    """A row's lines in pixels: as attributes of SVG, since the policy allows no inline style.

    Straight lines end at `TOP` and go on at `BOTTOM`: what joins them to the node between is drawn with it, as a knot
    is a part of the line. Bends reach the node.
    """

    width: int
    # Where the node sits.
    x: int
    main: bool
    # Lines that go past: where, and whether it is the main one.
    passing: list[tuple[int, bool]]
    # Paths from the row's upper edge to the node, and whether each is the main line's.
    above: list[tuple[str, bool]]
    below: bool
    # Whether the lane is one that several share, as there are too many.
    shared: bool


def draw(places: Sequence[Place]) -> list[Drawing]:
    """The lines of rows that stand below each other, all equally wide."""
    farthest = max((max(place.lane, *place.passing, *place.above, 0) for place in places), default=0)
    width = (min(farthest, MOST - 1) + 1) * STEP
    has_main = any(place.main for place in places)
    return [_draw(place, width, has_main) for place in places]


def _draw(place: Place, width: int, has_main: bool) -> Drawing:
    x = _at(place.lane)
    past = {_at(lane): has_main and lane == 0 for lane in reversed(place.passing)}
    return Drawing(
        width,
        x,
        place.main,
        sorted(past.items()),
        [(_line(_at(lane), x), place.main and lane == 0) for lane in place.above],
        place.below,
        place.lane >= MOST - 1,
    )


def _at(lane: int) -> int:
    return min(lane, MOST - 1) * STEP + STEP // 2


def _line(start: int, end: int) -> str:
    """From the row's upper edge down to the node, in a soft bend."""
    if start == end:
        return f"M{start} 0V{TOP}"
    return f"M{start} 0C{start} {KNOT_AT * 3 // 4} {end} {KNOT_AT // 4} {end} {KNOT_AT}"
