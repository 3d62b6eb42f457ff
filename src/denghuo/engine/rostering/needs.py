"""The rows of the master: what lines together have to give, and what each unit short or over costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denghuo.engine.rostering.automaton import Floats
from denghuo.engine.rostering.compiling import View
from denghuo.engine.rostering.model import Problem
from denghuo.engine.rostering.pricing import Actions

NEVER = 1e5
"""Weight that stands for a hard row, so that the master has a solution before it has a good one."""


@dataclass(frozen=True)
class Row:
    """lower <= sum of terms + under - over <= upper. ``terms``: (person, day, action) -> coefficient.

    ``skill`` with ``cells`` is the short form for all people: a coefficient of 1 for each (day, action).
    """

    lower: float
    upper: float
    under_weight: float
    over_weight: float
    cells: tuple[tuple[int, int], ...] = ()
    skill: str = ""
    terms: tuple[tuple[int, int, int, float], ...] = ()


class Needs:
    """All rows of a problem as arrays; ``matrix[p]`` is (cells, rows) of person p, shared by people who count alike."""

    def __init__(self, problem: Problem) -> None:
        view = View(problem)
        self.days, self.actions = problem.days, view.actions
        rows = [*_covers(view), *(row for link in problem.links for row in link.rows(view))]
        self.lower: Floats = np.array([row.lower for row in rows], dtype=np.float64)
        self.upper: Floats = np.array([row.upper for row in rows], dtype=np.float64)
        self.under: Floats = np.array([row.under_weight for row in rows], dtype=np.float64)
        self.over: Floats = np.array([row.over_weight for row in rows], dtype=np.float64)
        self.count = len(rows)
        self.matrix = self._matrices(problem, rows)
        self._offsets = np.arange(self.days) * self.actions

    def _matrices(self, problem: Problem, rows: Sequence[Row]) -> list[Floats]:
        shared: dict[tuple[bool, ...], Floats] = {}
        found = []
        for person in problem.people:
            key = tuple(not row.skill or row.skill in person.skills for row in rows)
            if key not in shared:
                matrix = np.zeros((self.days * self.actions, len(rows)))
                for number, row in enumerate(rows):
                    if key[number]:
                        for day, action in row.cells:
                            matrix[day * self.actions + action, number] = 1.0
                shared[key] = matrix
            found.append(shared[key])
        own = {person for row in rows for person, _day, _action, _value in row.terms}
        for person_number in own:
            found[person_number] = found[person_number].copy()
        for number, row in enumerate(rows):
            for person_number, day, action, value in row.terms:
                found[person_number][day * self.actions + action, number] += value
        return found

    def of(self, person: int, line: Actions) -> Floats:
        """What a line gives to each row."""
        total: Floats = self.matrix[person][self._offsets + line].sum(axis=0)
        return total

    def prices(self, person: int, duals: Floats) -> Floats:
        """What each day and action of a person costs at these duals: minus its worth."""
        return -(self.matrix[person] @ duals).reshape(self.days, self.actions)

    def cost(self, given: Floats) -> float:
        """Weights of what is short or over."""
        short = np.maximum(0.0, self.lower - given)
        over = np.maximum(0.0, given - self.upper)
        return float(short @ self.under + over @ self.over)

    def worth(self, duals: Floats) -> float:
        """The part of the Lagrangian bound that does not depend on lines."""
        with np.errstate(invalid="ignore"):
            sides = np.where(duals > 0, duals * self.lower, np.where(duals < 0, duals * self.upper, 0.0))
        return float(sides.sum())


def _covers(view: View) -> list[Row]:
    rows = []
    for cover in view.problem.covers:
        cells = [(cover.day, view.number[code]) for code in cover.shifts]
        if cover.day:
            cells += [(cover.day - 1, view.number[code]) for code in cover.eve_shifts]
        heads = float(cover.heads - _eve(view, cover.day, cover.eve_shifts, cover.skill))
        rows.append(Row(heads, heads, cover.under_weight, cover.over_weight, tuple(cells), cover.skill))
    return rows


def _eve(view: View, day: int, codes: Sequence[str], skill: str) -> int:
    """Heads that yesterday's shifts, from before the horizon, still give on day 0."""
    if day or not codes:
        return 0
    people = view.problem.people
    return sum(1 for one in people if one.history and one.history[-1] in codes and (not skill or skill in one.skills))


def grain_of(problem: Problem) -> float:
    """The unit that all costs are multiples of, 0 when there is none: a bound may be rounded up to it."""
    weights = [weight for cover in problem.covers for weight in (cover.under_weight, cover.over_weight)]
    weights += [wish.weight for person in problem.people for wish in person.wishes]
    weights += [weight for rule in problem.rules for weight in rule.weights()]
    weights += [weight for link in problem.links for weight in link.weights()]
    if any(weight != int(weight) for weight in weights):
        return 0.0
    return float(math.gcd(*(int(weight) for weight in weights)) or 1) if weights else 1.0
