"""From loads to figures, the printed table, and whether each target is met."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.stage import BARE, OURS, PLAIN, Load
from bench.turns import Cost

NAMES: Final = {BARE: "(a) bare proxy", PLAIN: "(b) plain loop", OURS: "(c) Everthread"}


@dataclass(frozen=True)
class Streamed:
    """One variant under one number of users. Times in ms beyond the endpoint's own delay, CPU in s per 1,000 tokens."""

    users: int
    asked: int
    correct: int
    first_p50: float
    first_p95: float
    server_cpu: float
    database_cpu: float
    memory: int  # bytes

    @property
    def cpu(self) -> float:
        """Server and database together."""
        return self.server_cpu + self.database_cpu


def streamed(users: int, loads: Sequence[Load]) -> Streamed:
    """The figures of the rounds of one load, together."""
    times = sorted(time for load in loads for time in load.result.first_tokens)
    thousands = sum(load.result.tokens for load in loads) / 1000 or float("nan")
    return Streamed(
        users=users,
        asked=sum(load.result.asked for load in loads),
        correct=sum(load.result.correct for load in loads),
        first_p50=_quantile(times, 0.5),
        first_p95=_quantile(times, 0.95),
        server_cpu=sum(load.server_cpu for load in loads) / thousands,
        database_cpu=sum(load.database_cpu for load in loads) / thousands,
        memory=max(load.memory for load in loads),
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


@dataclass(frozen=True)
class Figures:
    """Everything that one run measured."""

    streams: Mapping[str, Sequence[Streamed]]  # variant → one for each number of users
    empty: Mapping[str, float]  # variant → ms to the first token of a new thread
    turns: Mapping[str, tuple[Cost, Cost]]  # variant → at turn 10, at a late turn


def table(figures: Figures) -> str:
    """The figures as Markdown, each with the ratio of (c) to (a) and to (b)."""
    rows = [
        "| | " + " | ".join(NAMES.values()) + " | c/a | c/b |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for index, one in enumerate(figures.streams[OURS]):
        by = {name: streams[index] for name, streams in figures.streams.items()}
        rows.append(f"| **{one.users} user{'s' if one.users > 1 else ''}** | | | | | |")
        rows.append(
            "| complete and correct answers | "
            + " | ".join(f"{by[name].correct}/{by[name].asked}" for name in NAMES)
            + " | | |"
        )
        rows.append(_row("first token, p50, ms added", by, lambda each: each.first_p50))
        rows.append(_row("first token, p95, ms added", by, lambda each: each.first_p95))
        rows.append(_row("server CPU, ms per 1,000 tokens", by, lambda each: each.server_cpu * 1000))
        rows.append(_row("PostgreSQL CPU, ms per 1,000 tokens", by, lambda each: each.database_cpu * 1000))
        rows.append(_row("server memory, MB", by, lambda each: each.memory / 1e6))
    for position in (0, 1):
        costs = {name: pair[position] for name, pair in figures.turns.items()}
        other = "" if costs[PLAIN].turn == costs[OURS].turn else f" ((b): turn {costs[PLAIN].turn:,})"
        rows.append(f"| **turn {costs[OURS].turn:,} of a thread{other}** | | | | | |")
        rows.append(_row("bytes kept per turn", costs, lambda each: each.bytes_kept))
        rows.append(_row("bytes kept for an hour per turn", costs, lambda each: each.bytes_passing))
        rows.append(_row("server CPU per turn, ms", costs, lambda each: each.server_cpu))
        rows.append(_row("PostgreSQL CPU per turn, ms", costs, lambda each: each.database_cpu))
        rows.append(_row("first token, p50, ms added", costs, lambda each: each.first_token))
        rows.append(_row("open, ms", costs, lambda each: each.open))
    rows.append("| **new thread** | | | | | |")
    rows.append(_row("first token, p50, ms added", figures.empty, lambda each: each))
    return "\n".join(rows)


def _row(label: str, by: Mapping[str, Any], of: Callable[[Any], float]) -> str:  # Any: whatever `of` reads
    values = {name: of(each) for name, each in by.items()}
    cells = [f"{values[name]:,.1f}" if name in values else "–" for name in NAMES]
    ratios = [f"{values[OURS] / values[name]:.2f}" if values.get(name) else "–" for name in (BARE, PLAIN)]
    return f"| {label} | " + " | ".join([*cells, *ratios]) + " |"


@dataclass(frozen=True)
class Target:
    """One promise, and what was measured."""

    promise: str
    measured: str
    met: bool


def targets(figures: Figures) -> list[Target]:
    """Each promise of the project, judged by one run."""
    ours = {each.users: each for each in figures.streams[OURS]}
    plain = {each.users: each for each in figures.streams[PLAIN]}
    early, late = figures.turns[OURS]
    most = max(ours)
    empty = figures.empty[OURS]
    dearest = max(ours[users].cpu / plain[users].cpu for users in ours if users > 1)
    return [
        _at_most(
            "1 user: first token (p50) no later than the plain loop's", ours[1].first_p50, plain[1].first_p50, "ms"
        ),
        _at_most(
            "50 users: first token's p95 at most a quarter of the plain loop's",
            ours[50].first_p95,
            plain[50].first_p95 / 4,
            "ms",
        ),
        _at_most(
            "50 and 200 users: CPU per 1,000 tokens, PostgreSQL included, at most half of the plain loop's",
            dearest,
            0.5,
            "of it",
        ),
        Target(
            f"{most} users: every answer complete and correct",
            f"{ours[most].correct} of {ours[most].asked}",
            ours[most].correct == ours[most].asked,
        ),
        _at_most(
            f"a thread of {late.turn:,} turns: first token within 1.5 times that of a new thread",
            late.first_token / empty,
            1.5,
            "times",
        ),
        _at_most(
            f"storage per turn at turn {late.turn:,} within 1.3 times that of turn 10",
            late.bytes_kept / early.bytes_kept,
            1.3,
            "times",
        ),
        _at_most(
            f"CPU per turn at turn {late.turn:,} within 1.3 times that of turn 10",
            late.cpu / early.cpu,
            1.3,
            "times",
        ),
    ]


def _at_most(promise: str, value: float, limit: float, unit: str) -> Target:
    return Target(promise, f"{value:,.2f} {unit} (at most {limit:,.2f})", value <= limit)


def verdicts(found: Sequence[Target]) -> str:
    """The targets as Markdown."""
    rows = ["| target | measured | met |", "|---|---|---|"]
    rows += [f"| {each.promise} | {each.measured} | {'yes' if each.met else '**no**'} |" for each in found]
    return "\n".join(rows)
