"""Trend, season and rest of a series, and how strong the first two are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.analysis.model import Floats, column


@dataclass(frozen=True)
class Parts:
    """value = trend + season + rest. Strengths are 0 (none) to 1 (nothing else): Wang, Smith and Hyndman 2006."""

    trend: Floats
    season: Floats
    rest: Floats
    trend_strength: float
    season_strength: float


def seasonal(values: ArrayLike, period: int) -> Parts:
    """Split a series of at least three periods. The trend is the centred mean of one period (ends: the line through the last
    whole period), the season the median of each place in the period, so that one storm makes no season."""
    found = column(values, least=3 * period)
    trend = _trend(found, period)
    places = np.arange(len(found)) % period
    shape = np.array([np.median((found - trend)[places == place]) for place in range(period)])
    season = (shape - shape.mean())[places]
    rest = found - trend - season
    return Parts(trend, season, rest, _strength(rest, rest + trend), _strength(rest, rest + season))


def _trend(values: Floats, period: int) -> Floats:
    weights = np.ones(period) / period if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]]) / period
    inner, half = np.convolve(values, weights, "valid"), len(weights) // 2
    span = min(period, len(inner))
    steps = np.arange(span)
    first = np.polyfit(steps, inner[:span], 1)
    last = np.polyfit(steps, inner[-span:], 1)
    return np.concatenate(
        [np.polyval(first, np.arange(-half, 0)), inner, np.polyval(last, np.arange(span, span + half))]
    )


def _strength(rest: Floats, both: Floats) -> float:
    whole = float(both.var())
    return max(0.0, 1.0 - float(rest.var()) / whole) if whole > 0 else 0.0
