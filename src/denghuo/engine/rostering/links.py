"""Rules that tie people together: rows of the master. ``weight``: what each unit costs; None makes them hard."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denghuo.engine.rostering.needs import NEVER, Row

if TYPE_CHECKING:
    from denghuo.engine.rostering.compiling import View


@dataclass(frozen=True, kw_only=True)
class LinkRule:
    """Base of the rules between people."""

    weight: float | None = None

    def rows(self, view: View) -> list[Row]:
        """Rows of the master."""
        raise NotImplementedError

    def weights(self) -> tuple[float, ...]:
        """Every number that costs are sums of."""
        return (self._price,)

    @property
    def _price(self) -> float:
        return NEVER if self.weight is None else self.weight


@dataclass(frozen=True, kw_only=True)
class PairWithMentor(LinkRule):
    """The newcomer works a shift only when the mentor works it too. Linking rows: newcomer - mentor <= 0."""

    newcomer: str
    mentor: str

    def rows(self, view: View) -> list[Row]:
        young, old = view.place(self.newcomer), view.place(self.mentor)
        return [
            Row(-math.inf, 0.0, 0.0, self._price, terms=((young, day, action, 1.0), (old, day, action, -1.0)))
            for day in range(view.problem.days)
            for action in sorted(view.duties)
        ]


@dataclass(frozen=True, kw_only=True)
class SameTeamTogether(LinkRule):
    """People of a team work the same shifts: each day and shift that one of two neighbours in ``team`` works alone counts.
    Linking rows: one - next = 0."""

    team: tuple[str, ...]

    def rows(self, view: View) -> list[Row]:
        numbers = [view.place(code) for code in self.team]
        return [
            Row(0.0, 0.0, self._price, self._price, terms=((one, day, action, 1.0), (two, day, action, -1.0)))
            for one, two in itertools.pairwise(numbers)
            for day in range(view.problem.days)
            for action in sorted(view.duties)
        ]


@dataclass(frozen=True, kw_only=True)
class NotTogether(LinkRule):
    """At most ``most`` of the people on the same shift of a day. Linking rows: sum <= most."""

    persons: tuple[str, ...]
    most: int = 1

    def rows(self, view: View) -> list[Row]:
        numbers = [view.place(code) for code in self.persons]
        return [
            Row(-math.inf, float(self.most), 0.0, self._price,
                terms=tuple((number, day, action, 1.0) for number in numbers))
            for day in range(view.problem.days)
            for action in sorted(view.duties)
        ]  # fmt: skip
