"""The master linear program in HiGHS: choose one line for each person so that the rows are met at least cost."""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import NDArray

from denghuo.engine.rostering.automaton import Floats
from denghuo.engine.rostering.needs import Needs
from denghuo.engine.rostering.pricing import Actions

DUAL, PRIMAL = 1, 4
_EMPTY = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kObjectiveBound)


class Master:
    """Columns of the people in ``free``; the others' lines are already taken off the rows (``taken``).

    Variables: first the slacks (short and over of each row), then the columns in the order they came.
    """

    def __init__(self, needs: Needs, free: list[int], taken: Floats) -> None:
        self.needs, self.free, self.taken = needs, free, taken
        self.row_of = {person: needs.count + place for place, person in enumerate(free)}
        self.person: list[int] = []
        self.lines: list[Actions] = []
        self.costs: list[float] = []
        self.given: list[Floats] = []
        self._seen: set[tuple[int, bytes]] = set()
        self.fixed: dict[int, int] = {}
        self._slacks = 2 * needs.count
        self._bounds_moved = False
        self.solved = self.pivots = 0
        self.duals: Floats = np.zeros(needs.count)
        self._highs = self._model()

    def _model(self) -> highspy.Highs:
        highs, needs = highspy.Highs(), self.needs  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("presolve", "off"), ("threads", 1), ("solver", "simplex")):  # fmt: skip
            highs.setOptionValue(option, value)
        ones = np.ones(len(self.free))
        lower = np.concatenate([needs.lower - self.taken, ones])
        upper = np.concatenate([needs.upper - self.taken, ones])
        nothing = np.zeros(0, dtype=np.int32)
        highs.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), nothing, np.zeros(0))
        count = needs.count
        index = np.tile(np.arange(count, dtype=np.int32), 2)
        signs = np.concatenate([np.ones(count), -np.ones(count)])
        weights = np.concatenate([needs.under, needs.over])
        starts = np.arange(2 * count, dtype=np.int32)
        highs.addCols(
            2 * count, weights, np.zeros(2 * count), np.full(2 * count, np.inf), 2 * count, starts, index, signs
        )
        return highs

    def add(self, found: list[tuple[int, float, Actions]]) -> int:
        """Add (person, own cost, line); how many were new."""
        begin = len(self.costs)
        for person, cost, line in found:
            key = (person, line.tobytes())
            if key in self._seen:
                continue
            self._seen.add(key)
            self.person.append(person)
            self.lines.append(line)
            self.costs.append(cost)
            self.given.append(self.needs.of(person, line))
        self._load(range(begin, len(self.costs)))
        return len(self.costs) - begin

    def _load(self, columns: range) -> None:
        if not columns:
            return
        count = len(columns)
        given = np.stack([self.given[column] for column in columns])
        rows, places = np.nonzero(given)
        lengths = np.bincount(rows, minlength=count) + 1
        starts = np.concatenate([[0], np.cumsum(lengths)])
        index, values = np.empty(starts[-1], dtype=np.int32), np.ones(starts[-1])
        last = starts[1:] - 1
        index[last] = [self.row_of[self.person[column]] for column in columns]
        inner = np.ones(starts[-1], dtype=np.bool_)
        inner[last] = False
        index[inner], values[inner] = places, given[rows, places]
        self._highs.addCols(
            count, np.array([self.costs[column] for column in columns]), np.zeros(count), np.full(count, np.inf),
            int(starts[-1]), starts[:-1].astype(np.int32), index, values,
        )  # fmt: skip

    def solve(self) -> tuple[float, Floats, Floats]:
        """(value, values of the columns, duals: rows first, then people)."""
        # Moved bounds leave the basis dual feasible, new columns leave it primal feasible.
        self._highs.setOptionValue("simplex_strategy", DUAL if self._bounds_moved else PRIMAL)
        self._bounds_moved = False
        self._highs.run()
        self.solved += 1
        solution = self._highs.getSolution()
        info = self._highs.getInfo()
        value = float(info.objective_function_value)
        self.pivots += int(info.simplex_iteration_count)
        duals = np.array(solution.row_dual)
        self.duals = duals[: self.needs.count]
        return value, np.array(solution.col_value)[self._slacks :], duals

    def fix(self, column: int) -> None:
        """Give a person this line and no other."""
        person = self.person[column]
        self.fixed[person] = column
        others = np.flatnonzero(self.whose() == person)
        self._bound(others, 0.0)
        self._highs.changeColBounds(self._slacks + column, 1.0, 1.0)

    def release(self) -> None:
        """Undo all fixing."""
        self._bound(np.flatnonzero(np.isin(self.whose(), list(self.fixed))), np.inf)
        self.fixed = {}

    def _bound(self, columns: NDArray[np.int64], upper: float) -> None:
        count = len(columns)
        self._bounds_moved = True
        where = (columns + self._slacks).astype(np.int32)
        self._highs.changeColsBounds(count, where, np.zeros(count), np.full(count, upper))

    def whose(self) -> NDArray[np.int64]:
        """Person of each column."""
        return np.array(self.person, dtype=np.int64)

    def whole(self, seconds: float, cutoff: float, start: list[int] | None = None) -> tuple[float, list[int], float]:
        """The best choice of one whole line each among the columns: (cost, columns, bound) by branch and bound.

        Columns are empty when nothing below ``cutoff`` was found in ``seconds``. ``start``: columns of a known choice.
        """
        highs, total = self._model(), len(self.costs)
        fresh, self._highs = self._highs, highs
        self._load(range(total))
        self._highs = fresh
        places = np.arange(self._slacks, self._slacks + total, dtype=np.int32)
        highs.changeColsIntegrality(total, places, np.full(total, highspy.HighsVarType.kInteger))
        for option, value in (("presolve", "on"), ("solver", "choose"), ("time_limit", max(0.01, seconds)),
                              ("objective_bound", cutoff), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-6)):  # fmt: skip
            highs.setOptionValue(option, value)
        if start is not None:
            highs.setSolution(len(start), places[start], np.ones(len(start)))
        highs.run()
        info, values = highs.getInfo(), np.array(highs.getSolution().col_value)[self._slacks :]
        status = highs.getModelStatus()
        bound = cutoff if status in _EMPTY else float(info.mip_dual_bound)
        chosen = [int(column) for column in np.flatnonzero(values > 0.5)] if len(values) else []
        if (
            len(chosen) != len(self.free)
            or info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible
        ):
            return cutoff, [], bound
        return float(info.objective_function_value), chosen, bound
