"""A measured figure, and whether it is what issue and design ask for."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["at_most", "at_least", "none"]


@dataclass(slots=True)
class Figure:
    """One figure.

    Attributes:
        target: None for what is only told.
        note: How it was measured, in a few words.
    """

    name: str
    measured: float
    unit: str
    target: float | None = None
    side: Side = "at_most"
    note: str = ""
    digits: int = 1

    @property
    def reached(self) -> bool | None:
        if self.target is None:
            return None
        return self.measured <= self.target if self.side == "at_most" else self.measured >= self.target

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "**not reached**", None: ""}[self.reached]

    def shown(self, value: float) -> str:
        return f"{value:,.{self.digits}f} {self.unit}".strip()

    @property
    def target_shown(self) -> str:
        if self.target is None:
            return ""
        return f"{'≤' if self.side == 'at_most' else '≥'} {self.target:,g} {self.unit}".strip()


@dataclass(slots=True)
class Report:
    """What one benchmark found. `words`: what a reader has to know to judge the figures."""

    title: str
    figures: list[Figure]
    words: list[str] = field(default_factory=list)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie (nearest rank)."""
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, round(percent / 100 * len(ordered) + 0.5) - 1))
    return ordered[rank]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
