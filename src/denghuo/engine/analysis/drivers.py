"""What moves with a figure: correlations that allow for the number of tests, regression, and each driver's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from denghuo.engine.analysis.model import Floats, Interval, Unfit, column

MOST_SHARED = 12
LEAST = 4


@dataclass(frozen=True)
class Correlation:
    """One driver with the outcome. ``adjusted``: the p-value allowing for all drivers tested together."""

    name: str
    pearson: Interval
    spearman: float
    p: float
    adjusted: float


@dataclass(frozen=True)
class Coefficient:
    """Change of the outcome for one unit of the driver, all others held; ``standard``: for one standard deviation of it,
    in standard deviations of the outcome; ``inflation``: how far other drivers say the same (VIF)."""

    name: str
    effect: Interval
    standard: float
    p: float
    inflation: float


@dataclass(frozen=True)
class Regression:
    intercept: float
    coefficients: tuple[Coefficient, ...]
    explained: float
    rows: int


def correlations(
    outcome: ArrayLike, drivers: Mapping[str, ArrayLike], *, confidence: float = 0.95
) -> tuple[Correlation, ...]:
    """Every driver with the outcome, the strongest first.

    Pearson's r with Fisher's interval and t test, Spearman's rank correlation beside it (far apart: not a straight line, or a
    few extreme rows), and the Benjamini-Hochberg adjusted p. A driver that never changes is left out. Raises :class:`Unfit`.
    """
    aim = column(outcome, least=LEAST)
    if _constant(aim):
        raise Unfit("constant")
    found = []
    for name, values in drivers.items():
        one = column(values, least=LEAST)
        if len(one) != len(aim):
            raise Unfit("lengths")
        if _constant(one):
            continue
        tested = stats.pearsonr(one, aim)
        r = float(tested.statistic)
        found.append(
            (name, fisher(r, len(aim), confidence), float(stats.spearmanr(one, aim).statistic), float(tested.pvalue))
        )
    adjusted = benjamini_hochberg([row[3] for row in found])
    rows = [Correlation(*row, more) for row, more in zip(found, adjusted, strict=True)]
    return tuple(sorted(rows, key=lambda row: -abs(row.pearson.value)))


def fisher(r: float, rows: int, confidence: float = 0.95) -> Interval:
    """Interval of a correlation by the inverse hyperbolic tangent (Fisher 1921)."""
    if rows < LEAST:
        raise Unfit("too_few")
    if abs(r) >= 1:
        return Interval(r, r, r)
    reach = float(stats.norm.ppf((1 + confidence) / 2)) / np.sqrt(rows - 3)
    return Interval(r, float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach)))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values: those at most q are a set of which a share of at most q is false (Benjamini and Hochberg 1995)."""
    count = len(p_values)
    order = np.argsort(p_values)[::-1]
    adjusted, least = [0.0] * count, 1.0
    for place, at in enumerate(order):
        least = min(least, p_values[int(at)] * count / (count - place))
        adjusted[int(at)] = float(least)
    return adjusted


def regression(outcome: ArrayLike, drivers: Mapping[str, ArrayLike], *, confidence: float = 0.95) -> Regression:
    """Least squares with an intercept and errors that need not be equal (HC3, Long and Ervin 2000).

    Raises :class:`Unfit`: ``too_few`` rows for the number of drivers, ``collinear`` when one driver is made of others.
    """
    names = tuple(drivers)
    aim, table = _table(outcome, drivers)
    rows, width = table.shape
    if rows < width + 3:
        raise Unfit("too_few")
    scale = table.std(axis=0)
    if np.any(scale == 0) or np.linalg.matrix_rank(np.corrcoef(table.T).reshape(width, width), tol=1e-10) < width:
        raise Unfit("collinear")
    # Solved about the means in standard units: figures near their own size differ by ten powers otherwise.
    centred = (table - table.mean(axis=0)) / scale
    design = np.column_stack([np.ones(rows), centred])
    base, upper = np.linalg.qr(design)
    weights = np.linalg.solve(upper, base.T @ aim)
    left = aim - design @ weights
    leverage = np.minimum(np.sum(base**2, axis=1), 1 - 1e-9)
    inverse = np.linalg.inv(upper)
    spread = (inverse @ base.T) * (left / (1 - leverage))
    deviation = np.sqrt(np.diag(spread @ spread.T))[1:]
    reach = float(stats.t.ppf((1 + confidence) / 2, rows - width - 1))
    inflation = np.diag(np.linalg.inv(np.corrcoef(centred.T).reshape(width, width)))
    found = []
    for at, name in enumerate(names):
        slope, error = weights[at + 1] / scale[at], deviation[at] / scale[at]
        p = float(2 * stats.t.sf(abs(slope / error), rows - width - 1)) if error > 0 else 0.0
        effect = Interval(float(slope), float(slope - reach * error), float(slope + reach * error))
        found.append(Coefficient(name, effect, float(weights[at + 1] / aim.std()), p, float(inflation[at])))
    intercept = float(weights[0] - np.sum(weights[1:] * table.mean(axis=0) / scale))
    return Regression(intercept, tuple(found), _explained(aim, design), rows)


def shares(outcome: ArrayLike, drivers: Mapping[str, ArrayLike]) -> dict[str, float]:
    """How much of the explained variance each driver brings: the Shapley value over all orders of entering (LMG; Lindeman,
    Merenda and Gold 1980). They add up to R². Exact over the 2^k subsets, so at most twelve drivers (``too_many``).
    """
    names = tuple(drivers)
    if len(names) > MOST_SHARED:
        raise Unfit("too_many")
    aim, table = _table(outcome, drivers)
    if len(aim) < len(names) + 3:
        raise Unfit("too_few")
    if _constant(aim):
        raise Unfit("constant")
    known = _explained_by_subset(aim, table)
    count = len(names)
    result = {}
    for at, name in enumerate(names):
        others = [other for other in range(count) if other != at]
        value = 0.0
        for size in range(count):
            weight = 1.0 / (count * comb(count - 1, size))
            for group in combinations(others, size):
                mask = sum(1 << other for other in group)
                value += weight * (known[mask | 1 << at] - known[mask])
        result[name] = float(value)
    return result


def _explained_by_subset(aim: Floats, table: Floats) -> Floats:
    ones = np.ones(len(aim))
    count = table.shape[1]
    known = np.zeros(1 << count)
    for mask in range(1, 1 << count):
        chosen = [at for at in range(count) if mask >> at & 1]
        known[mask] = _explained(aim, np.column_stack([ones, table[:, chosen]]))
    return known


def _explained(aim: Floats, design: Floats) -> float:
    weights = np.linalg.lstsq(design, aim, rcond=None)[0]
    whole = float(np.sum((aim - aim.mean()) ** 2))
    return 1.0 - float(np.sum((aim - design @ weights) ** 2)) / whole if whole > 0 else 0.0


def _table(outcome: ArrayLike, drivers: Mapping[str, ArrayLike]) -> tuple[Floats, Floats]:
    if not drivers:
        raise Unfit("no_drivers")
    aim = column(outcome, least=LEAST)
    columns = [column(values, least=LEAST) for values in drivers.values()]
    if any(len(one) != len(aim) for one in columns):
        raise Unfit("lengths")
    return aim, np.column_stack(columns)


def _constant(values: Floats) -> bool:
    return float(np.ptp(values)) <= 1e-12 * max(1.0, float(np.abs(values).max()))
