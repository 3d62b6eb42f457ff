"""When a figure moved to another level for good: change points by exact segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.analysis.model import Floats, column


@dataclass(frozen=True)
class Level:
    """A stretch [first, last] with its mean."""

    first: int
    last: int
    mean: float


def levels(values: ArrayLike, *, least: int = 4, penalty: float | None = None) -> tuple[Level, ...]:
    """Stretches of constant mean that cost least: squared error in units of the noise, plus ``penalty`` for each change.

    Exact by dynamic programming over the last change (optimal partitioning; Jackson and others 2005), n² steps. The noise is taken from first
    differences, so that the changes themselves do not hide in it. ``penalty`` defaults to 3 ln n; ``least``: points a stretch
    has at least. One stretch: nothing changed. Raises :class:`~denghuo.engine.analysis.model.Unfit`.
    """
    found = column(values, least=2 * least)
    noise = float(np.median(np.abs(np.diff(found)))) / (0.6745 * np.sqrt(2)) or float(np.diff(found).std())
    if noise == 0:
        return (Level(0, len(found) - 1, float(found.mean())),)
    price = 3 * np.log(len(found)) if penalty is None else penalty
    cuts = _segment(found / noise, least, price)
    edges = [0, *cuts, len(found)]
    return tuple(Level(a, b - 1, float(found[a:b].mean())) for a, b in pairwise(edges))


def _segment(values: Floats, least: int, price: float) -> list[int]:
    count = len(values)
    sums, squares = np.concatenate([[0.0], values.cumsum()]), np.concatenate([[0.0], (values**2).cumsum()])
    best = np.full(count + 1, np.inf)
    best[0], before = -price, np.zeros(count + 1, np.int64)
    for end in range(least, count + 1):
        starts = np.flatnonzero(np.isfinite(best[: end - least + 1]))
        cost = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        total = best[starts] + cost + price
        at = int(np.argmin(total))
        best[end], before[end] = total[at], starts[at]
    cuts, end = [], count
    while before[end] > 0:
        end = int(before[end])
        cuts.append(end)
    return cuts[::-1]
