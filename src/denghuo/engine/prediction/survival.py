"""The distribution of values of which some are only known to be larger (Kaplan and Meier 1958)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.prediction.normal import Floats, cdf

Bools = NDArray[np.bool_]


def steps(values: Floats, hidden: Bools) -> tuple[Floats, Floats]:
    """The values seen, rising, and the estimated share at or below each. Ties: what was seen comes before what was cut off."""
    order = np.lexsort((hidden, values))
    ranked, open_ = values[order], hidden[order]
    at_risk = len(values) - np.arange(len(values))
    staying: Floats = np.asarray(np.cumprod(np.where(open_, 1.0, 1.0 - 1.0 / at_risk)), dtype=np.float64)
    return ranked[~open_], 1.0 - staying[~open_]


def quantiles(values: Floats, hidden: Bools, p: Floats) -> Floats:
    """Quantiles at ``p``, interpolated between the middles of the steps; beyond the last step, its value."""
    seen, share = steps(values, hidden)
    if not seen.size:
        return np.full(len(p), np.nan)
    before = np.concatenate(([0.0], share[:-1]))
    return np.interp(p, (before + share) / 2, seen)


def reach(values: Floats, hidden: Bools) -> tuple[float, float]:
    """The shares between which the estimate rests on values that were seen."""
    seen, share = steps(values, hidden)
    if not seen.size:
        return 0.5, 0.5
    before = float(share[-2]) if len(share) > 1 else 0.0
    return float(share[0]) / 2, (before + float(share[-1])) / 2


def score_grid(values: Floats, hidden: Bools, step: float = 0.1, most: float = 3.0) -> tuple[Floats, Floats]:
    """Normal scores z and the values that stand at them: a monotone map between the data and the normal distribution.

    With fewer than eight values seen the data are taken as normal with mean 0 and variance 1.
    """
    if int((~hidden).sum()) < 8:
        return np.array([-1.0, 1.0]), np.array([-1.0, 1.0])
    grid = np.round(np.arange(-most, most + step / 2, step), 10)
    low, high = reach(values, hidden)
    share = cdf(grid)
    inside = (share >= low) & (share <= high)
    if int(inside.sum()) < 3:
        return np.array([-1.0, 1.0]), np.array([-1.0, 1.0])
    grid = grid[inside]
    found = np.maximum.accumulate(quantiles(values, hidden, share[inside]))
    return grid, found + 1e-9 * grid
