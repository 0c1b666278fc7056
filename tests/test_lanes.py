"""Lanes: where the lines of a tree run, whatever its shape."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp import lanes
from chatapp.lanes import Place

Nodes = list[tuple[int, int | None]]
# The machine may be busy.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_one_branch_is_one_straight_line() -> None:
    laid = lanes.lay([(3, 2), (2, 1), (1, None)], main=3)
    assert laid.places == [
        Place(0, True, (), (), True),
        Place(0, True, (0,), (), True),
        Place(0, True, (0,), (), False),
    ]
    assert laid.waiting == []


def test_branch_beside_the_main_line_joins_it_where_it_left() -> None:
    laid = lanes.lay([(4, 1), (3, 2), (2, 1), (1, None)], main=3)
    assert [place.lane for place in laid.places] == [1, 0, 0, 0]
    assert [place.main for place in laid.places] == [False, True, True, True]
    assert laid.places[0].passing == ()  # the main line has not begun yet
    assert laid.places[1].passing == (1,)
    assert laid.places[3].above == (0, 1)


def test_lane_of_the_main_line_stays_its_own_after_its_root() -> None:
    laid = lanes.lay([(4, 3), (3, None), (2, 1), (1, None)], main=4)
    assert [place.lane for place in laid.places] == [0, 0, 1, 1]
    assert [place.main for place in laid.places] == [True, True, False, False]


def test_lane_that_became_free_is_used_again() -> None:
    nodes: Nodes = [(9, 8), (7, 6), (6, 8), (5, 4), (4, 8), (8, None)]
    laid = lanes.lay(nodes, main=9)
    assert [place.lane for place in laid.places] == [0, 1, 1, 2, 2, 0]
    free: Nodes = [(9, 3), (8, None), (7, None), (3, None)]
    assert [place.lane for place in lanes.lay(free, main=9).places] == [0, 1, 1, 0]


def test_parent_that_stands_before_its_child_gets_no_line() -> None:
    laid = lanes.lay([(1, None), (2, 1)], main=2)
    assert laid.places == [Place(1, False, (), (), False), Place(0, True, (), (), False)]
    assert laid.waiting == []


def test_drawing_keeps_to_its_width_however_many_branches_there_are() -> None:
    nodes: Nodes = [*((number, 0) for number in range(40, 0, -1)), (0, None)]
    drawn = lanes.draw(lanes.lay(nodes, main=40).places)
    assert {each.width for each in drawn} == {lanes.MOST * lanes.STEP}
    assert all(0 < each.x < each.width for each in drawn)
    assert sum(each.shared for each in drawn) == 40 - lanes.MOST + 1
    assert [x for x, _ in drawn[-2].passing] == sorted({x for x, _ in drawn[-2].passing})


@st.composite
def trees(draw: st.DrawFn) -> tuple[Nodes, int]:
    size = draw(st.integers(1, 40))
    parents = [draw(st.none() | st.integers(0, number - 1)) if number else None for number in range(size)]
    return [(number, parents[number]) for number in reversed(range(size))], draw(st.integers(0, size - 1))


@PATIENT
@given(trees())
def test_every_line_runs_from_child_to_parent_without_a_gap(given: tuple[Nodes, int]) -> None:
    nodes, main = given
    laid = lanes.lay(nodes, main=main)
    open_lanes: dict[int, int | None] = {}  # what each lane's line goes on to
    for (node, parent), place in zip(nodes, laid.places, strict=True):
        assert set(place.above) == {lane for lane, awaited in open_lanes.items() if awaited == node}
        assert set(place.passing) == open_lanes.keys() - set(place.above)
        assert place.lane not in place.passing
        open_lanes = {lane: awaited for lane, awaited in open_lanes.items() if awaited != node}
        if place.below:
            open_lanes[place.lane] = parent
        assert place.below == (parent is not None)
    assert not open_lanes
    path, parents = {main}, dict(nodes)
    while (above := parents[main]) is not None:
        path.add(main := above)
    assert {node for (node, _), place in zip(nodes, laid.places, strict=True) if place.main} == path


@PATIENT
@given(trees(), st.integers(1, 39))
def test_pages_continue_each_others_lines(given: tuple[Nodes, int], cut: int) -> None:
    nodes, main = given
    first = lanes.lay(nodes[:cut], main=main)
    onward: int | None = main
    parents, newer = dict(nodes), {node for node, _ in nodes[:cut]}
    while onward is not None and onward in newer:
        onward = parents[onward]
    second = lanes.lay(nodes[cut:], main=onward, waiting=first.waiting)
    whole = lanes.lay(nodes, main=main)
    for page, (_, place) in zip(second.places, zip(nodes[cut:], whole.places[cut:], strict=True), strict=True):
        assert page.main == place.main
        assert page.below == place.below
        assert bool(page.above) == bool(place.above)
    assert second.waiting == []
