"""What a fault came to, and the table of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Control:
    """The same check with a guard off. It must fail."""

    guard: str
    failed: bool
    said: str


@dataclass
class Finding:
    """One line of the table."""

    fault: str
    held_to: str
    measured: str
    met: bool
    seed: int
    seconds: float = 0.0
    controls: list[Control] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether the fault did what it is held to, and every control failed as it must."""
        return self.met and all(control.failed for control in self.controls)


def table(findings: Iterable[Finding]) -> str:
    """The findings as a Markdown table."""
    lines = ["| fault | held to | measured | |", "|---|---|---|---|"]
    for each in findings:
        measured = [each.measured, *(_control(control) for control in each.controls)]
        told = f"{'met' if each.passed else '**missed**'}; seed {each.seed}, {each.seconds:.0f} s"
        lines.append(f"| {each.fault} | {each.held_to} | {'. '.join(measured)} | {told} |")
    return "\n".join(lines)


def _control(control: Control) -> str:
    return f"Control, {control.guard}: {'fails as it must' if control.failed else '**does not fail**'} ({control.said})"
