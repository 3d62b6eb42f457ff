"""How much a figure swings: the fluctuation coefficient (波动系数), standard deviation over mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from denghuo.engine.analysis.model import Interval, Unfit, column


def fluctuation(values: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Sample standard deviation over mean, with Vangel's interval (The American Statistician 50, 1996), which holds for
    coefficients up to about 0.3; the upper end is infinite where the approximation has none.

    Raises :class:`Unfit` for fewer than three values or a mean that is not positive (``mean``).
    """
    found = column(values, least=3)
    mean = float(found.mean())
    if mean <= 0:
        raise Unfit("mean")
    ratio, free = float(found.std(ddof=1)) / mean, len(found) - 1
    upper, lower = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], free)
    return Interval(ratio, _vangel(ratio, float(upper), free), _vangel(ratio, float(lower), free))


def _vangel(ratio: float, quantile: float, free: int) -> float:
    inside = ((quantile + 2) / (free + 1) - 1) * ratio**2 + quantile / free
    return float(ratio / np.sqrt(inside)) if inside > 0 else float("inf")
