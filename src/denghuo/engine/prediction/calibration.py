"""Whether predictions came true: coverage, reliability, sharpness, bias and pinball loss, against plain rivals.

Pinball loss at share p (Koenker and Bassett 1978): p·(y − q) when the outcome y lies above the quantile q, (1 − p)·(q − y)
below; least in the mean for the true quantile. Reliability: how often outcomes fell below each told quantile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from denghuo.engine.prediction.model import GRID, Model, Row
from denghuo.engine.prediction.normal import Floats
from denghuo.engine.prediction.predicting import grids, places_of

FEW: Final = 10  # finished cases, below which the per-cell rival looks at a wider cell


@dataclass(frozen=True, slots=True)
class Scored:
    """One prediction and what came of it. ``grid``: the told quantiles of GRID in minutes; ``actual`` in minutes, None
    while it has not come; ``groups``: names under which it is counted (class, area, week, …)."""

    grid: tuple[float, ...]
    actual: float | None
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a set of predictions with outcomes. Minutes, shares 0–1. ``pinball`` is the mean over the interval's two ends and
    the median; ``bias`` the mean of told median − outcome; ``width`` the median width of the interval; ``margin`` the
    half-width of the 95 % confidence interval of the coverage (Wilson)."""

    n: int
    pending: int
    nominal: float
    coverage: float
    margin: float
    below: float
    above: float
    pinball: float
    bias: float
    median_error: float
    width: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Figures of all, of each group, and the reliability curve: (told share, observed share) for GRID."""

    whole: Figures | None
    groups: Mapping[str, Mapping[str, Figures]]
    reliability: tuple[tuple[float, float], ...]


def calibration(rows: Sequence[Scored], coverage: float = 0.8) -> Calibration:
    """Figures over ``rows``; those whose outcome has not come are counted as pending only. ``whole`` is None without any
    outcome. Raises ValueError for a coverage that is no multiple of 0.1."""
    places_of(coverage)
    cells: dict[str, dict[str, list[Scored]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for kind, name in row.groups.items():
            cells[kind][name].append(row)
    found: dict[str, dict[str, Figures]] = {}
    for kind, named in cells.items():
        figures = ((name, figures_of(named[name], coverage)) for name in sorted(named))
        found[kind] = {name: item for name, item in figures if item is not None}
    return Calibration(figures_of(rows, coverage), found, _reliability(rows))


def figures_of(rows: Sequence[Scored], coverage: float = 0.8) -> Figures | None:
    """Figures of one set; None without any outcome."""
    low_at, high_at = places_of(coverage)
    done = [(row.grid, row.actual) for row in rows if row.actual is not None]
    if not done:
        return None
    grid, actual = np.array([item[0] for item in done]), np.array([item[1] for item in done])
    low, middle, high = grid[:, low_at], grid[:, len(GRID) // 2], grid[:, high_at]
    inside = (actual >= low) & (actual <= high)
    loss = np.mean([pinball(actual, q, p) for q, p in ((low, GRID[low_at]), (middle, 0.5), (high, GRID[high_at]))])
    return Figures(
        n=len(done),
        pending=len(rows) - len(done),
        nominal=coverage,
        coverage=float(inside.mean()),
        margin=wilson(float(inside.mean()), len(done)),
        below=float((actual < low).mean()),
        above=float((actual > high).mean()),
        pinball=float(loss),
        bias=float((middle - actual).mean()),
        median_error=float(np.median(np.abs(middle - actual))),
        width=float(np.median(high - low)),
    )


def pinball(actual: Floats, quantile: Floats, p: float) -> float:
    """Mean pinball loss in the unit of ``actual``."""
    gap = actual - quantile
    return float(np.mean(np.maximum(p * gap, (p - 1) * gap)))


def wilson(share: float, n: int, z: float = 1.96) -> float:
    """Half the width of the Wilson interval of a share (Wilson 1927)."""
    return float(z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))


def _reliability(rows: Sequence[Scored]) -> tuple[tuple[float, float], ...]:
    done = [(row.grid, row.actual) for row in rows if row.actual is not None]
    if not done:
        return ()
    grid, actual = np.array([item[0] for item in done]), np.array([item[1] for item in done])
    seen = (actual[:, None] <= grid).mean(axis=0)
    return tuple((float(told), float(fell)) for told, fell in zip(GRID, seen, strict=True))


def score(
    model: Model, rows: Sequence[Row], first: int, last: int, groups: Callable[[Row], Mapping[str, str]] | None = None
) -> list[Scored]:
    """Predict the end of stage ``last`` for ``rows`` as seen when ``first`` stages were finished, beside what came of it.
    Rows that have not finished ``first`` stages are left out."""
    chosen = [row for row in rows if len(row.durations) >= first]
    if not chosen:
        return []
    known = np.array([row.durations[:first] for row in chosen], dtype=float).reshape(len(chosen), first)
    _stages, ends = grids(model, [row.levels for row in chosen], known, np.zeros(len(chosen)))
    return _paired(chosen, ends[:, last - first, :], first, last, groups)


def rivals(
    past: Sequence[Row],
    rows: Sequence[Row],
    first: int,
    last: int,
    cell: Sequence[int],
    groups: Callable[[Row], Mapping[str, str]] | None = None,
) -> dict[str, list[Scored]]:
    """The same predictions by two plain ways: ``global``, the empirical quantiles of all finished cases of ``past``, and
    ``cell``, those of the cases that share the levels at the places ``cell`` (fewer places while under 10 cases)."""
    chosen = [row for row in rows if len(row.durations) >= first]
    seen: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for row in past:
        if len(row.durations) > last:
            for depth in range(len(cell) + 1):
                seen[tuple(row.levels[p] for p in cell[:depth])].append(sum(row.durations[first : last + 1]))
    if not chosen or not seen[()]:
        return {"global": [], "cell": []}
    tables = {key: np.quantile(values, GRID) for key, values in seen.items() if len(values) >= FEW or key == ()}
    own = np.array([_own(tables, [row.levels[p] for p in cell]) for row in chosen])
    every = np.tile(tables[()], (len(chosen), 1))
    return {
        "global": _paired(chosen, every, first, last, groups),
        "cell": _paired(chosen, own, first, last, groups),
    }


def _own(tables: Mapping[tuple[str, ...], Floats], levels: Sequence[str]) -> Floats:
    depth = len(levels)
    while tuple(levels[:depth]) not in tables:
        depth -= 1
    return tables[tuple(levels[:depth])]


def _paired(
    rows: Sequence[Row],
    grid: Floats,
    first: int,
    last: int,
    groups: Callable[[Row], Mapping[str, str]] | None,
) -> list[Scored]:
    return [
        Scored(
            grid=tuple(float(item) for item in told),
            actual=sum(row.durations[first : last + 1]) if len(row.durations) > last else None,
            groups=groups(row) if groups else {},
        )
        for row, told in zip(rows, grid, strict=True)
    ]
