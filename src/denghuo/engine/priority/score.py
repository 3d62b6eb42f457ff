"""The priority score and its parts.

The form is ours: the source names t (time gone by), T (the limit), q (complexity), c (the customer's contribution) and
the weights, but its printed formula is lost. A sum was chosen because each part can be shown and argued with by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Name = Literal["time", "complexity", "contribution", "urgent"]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part counts; none below 0. ``time_cap``: the most that t/T counts, in limits used up."""

    time: float
    complexity: float
    contribution: float
    urgent_bonus: float = 0.0
    time_cap: float = math.inf

    def __post_init__(self) -> None:
        values = (self.time, self.complexity, self.contribution, self.urgent_bonus, self.time_cap)
        if any(math.isnan(value) or value < 0 for value in values):
            raise ValueError("weights of the priority score must not be negative")


@dataclass(frozen=True, slots=True)
class Part:
    """One term: ``value`` × ``weight`` = ``points``."""

    name: Name
    value: float
    weight: float

    @property
    def points(self) -> float:
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Score:
    """The parts in the order of the formula; ``total`` is their sum."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        return math.fsum(part.points for part in self.parts)

    def share(self, part: Part) -> float:
        """What a part makes of the whole, 0–1."""
        return part.points / self.total if self.total else 0.0


def score(used: float, complexity: float, contribution: float, weights: Weights, *, urgent: bool = False) -> Score:
    """P of one matter.

    ``used`` is t/T, the share of the limit that has gone by (0 when nothing runs, above 1 when late); ``complexity`` and
    ``contribution`` are on scales from 0 to 1. ValueError outside of these.
    """
    if not used >= 0 or math.isinf(used):
        raise ValueError(f"the share of the limit must be a number not below 0, not {used}")
    for name, value in (("complexity", complexity), ("contribution", contribution)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {value}")
    parts = [
        Part("time", min(used, weights.time_cap), weights.time),
        Part("complexity", complexity, weights.complexity),
        Part("contribution", contribution, weights.contribution),
    ]
    if urgent:
        parts.append(Part("urgent", 1.0, weights.urgent_bonus))
    return Score(tuple(parts))
