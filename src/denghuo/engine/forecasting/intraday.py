"""The rest of the day, once its first intervals are counted.

Two updates are mixed. The penalised one (Shen and Huang 2008) takes the errors within a day as Gaussian with the
covariance that the day factors foretell, and conditions the rest on what was counted. The ratio takes one common factor
from counted over forecast, drawn towards 1 by its own noise and by how little of a morning's error lasts. They have equal shares: which one is ahead
changes with the season of the same series.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from denghuo.engine.forecasting.forecasting import Forecast
from denghuo.engine.forecasting.rooted import POISSON
from denghuo.engine.forecasting.series import Floats, Unfit

PERSISTENCE = 0.9
PENALISED_SHARE = 0.5
DAY_VARIANCE = 0.06**2


def update(made: Forecast, counted: Floats) -> Forecast:
    """The forecast with the rest of its first open day updated.

    ``counted``: counts of that day from midnight, up to the last complete interval; ``nan`` where unknown. Past intervals
    keep the earlier forecast. Raises :class:`Unfit` when no open day is ahead or the counts are longer than a day.
    """
    days = np.flatnonzero(made.open.any(axis=1))
    if not len(days):
        raise Unfit("nothing_ahead")
    row, cut = int(days[0]), len(counted)
    if cut > made.mean.shape[1]:
        raise Unfit("more_than_a_day")
    known = np.isfinite(counted) & made.open[row, :cut]
    rest = np.flatnonzero(made.open[row, cut:]) + cut
    if not known.any() or not len(rest):
        return made
    mean, spread = made.mean[row].copy(), made.spread[row].copy()
    factor = _ratio(mean[:cut][known], counted[known])
    by_ratio = mean[rest] * factor
    if made.covariance is None:
        mean[rest] = by_ratio
    else:
        penalised, deviation = _penalised(made, row, np.flatnonzero(known), counted[known], rest)
        mean[rest] = PENALISED_SHARE * penalised + (1 - PENALISED_SHARE) * by_ratio
        spread[rest] = deviation
    return _with_day(made, row, rest, mean, spread)


def _ratio(expected: Floats, counted: Floats) -> float:
    total = float(expected.sum())
    if total <= 0:
        return 1.0
    trust = DAY_VARIANCE * total / (DAY_VARIANCE * total + 1.0)
    return max(1.0 + PERSISTENCE * trust * (float(counted.sum()) / total - 1.0), 0.0)


def _penalised(
    made: Forecast, row: int, known: np.typing.NDArray[np.intp], counted: Floats, rest: np.typing.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    covariance = made.covariance
    assert covariance is not None
    centre = np.sqrt(np.maximum(made.mean[row] + POISSON - made.spread[row] ** 2, 0.0))
    own = covariance[np.ix_(known, known)] + 1e-6 * np.eye(len(known))
    link = covariance[np.ix_(rest, known)]
    gain = np.linalg.solve(own, link.T).T
    moved = centre[rest] + gain @ (np.sqrt(counted + POISSON) - centre[known])
    left = np.diag(covariance)[rest] - np.einsum("ij,ij->i", gain, link)
    deviation = np.sqrt(np.maximum(left, 0.1 * POISSON))
    return np.maximum(np.maximum(moved, 0.0) ** 2 + deviation**2 - POISSON, 0.0), deviation


def _with_day(made: Forecast, row: int, rest: np.typing.NDArray[np.intp], mean: Floats, spread: Floats) -> Forecast:
    means, lows, highs, spreads = made.mean.copy(), made.low.copy(), made.high.copy(), made.spread.copy()
    means[row], spreads[row] = mean, spread
    if made.widths is not None and made.quarter is not None:
        factor = made.widths.factors[0][made.quarter[rest]]
        centre = np.sqrt(np.maximum(mean[rest] + POISSON - spread[rest] ** 2, 0.0))
        lows[row, rest] = np.maximum(np.maximum(centre - factor * spread[rest], 0.0) ** 2 - POISSON, 0.0)
        highs[row, rest] = (centre + factor * spread[rest]) ** 2 - POISSON
    return replace(made, mean=means, low=lows, high=highs, spread=spreads)
