"""How good a forecast was: error, ratio, bias, coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denghuo.engine.forecasting.series import Floats


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares (0.05 = 5 %). ``wape``: sum of absolute errors over sum of counts. ``ratio``: actual over forecast, the
    figure that operating rules ask for, which hides errors that cancel out. ``bias``: forecast minus actual over actual.
    ``coverage``: share of intervals inside the range. ``nan`` where nothing was counted."""

    wape: float
    ratio: float
    bias: float
    coverage: float
    intervals: int


def accuracy(actual: Floats, forecast: Floats, low: Floats | None = None, high: Floats | None = None) -> Accuracy:
    """Accuracy over all entries with a known actual (``nan`` entries are left out); arrays of one shape."""
    known = np.isfinite(actual) & np.isfinite(forecast)
    truth, guess = actual[known], forecast[known]
    total, planned = float(truth.sum()), float(guess.sum())
    inside = float("nan")
    if low is not None and high is not None and len(truth):
        inside = float(np.mean((truth >= low[known]) & (truth <= high[known])))
    missing = float("nan")
    return Accuracy(
        float(np.abs(truth - guess).sum()) / total if total > 0 else missing,
        total / planned if planned > 0 else missing,
        (planned - total) / total if total > 0 else missing,
        inside,
        int(known.sum()),
    )
