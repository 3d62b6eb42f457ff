"""Exponential smoothing through the optional ``statsforecast`` package: AutoETS on daily totals, AutoTBATS on intervals.

AutoETS at a season of hundreds of intervals is not defined, so the daily total is smoothed and shared by the weekday's
profile; TBATS models the intervals themselves with the day and the week as seasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from denghuo.engine.forecasting.models import Guess, baseline
from denghuo.engine.forecasting.series import Floats, Frame, Ints, Unfit

LEAST_DAYS = 21
PACKAGE = "statsforecast"


def _statsforecast() -> Any:
    try:
        return import_module("statsforecast.models")
    except ImportError as error:
        raise Unfit(f"package_missing:{PACKAGE}") from error


def _week(framed: Frame, rows: Ints) -> int:
    return len(np.unique(framed.weekday[rows]))


@dataclass(frozen=True, slots=True)
class Smoothing:
    """AutoETS of the totals of open days, season = open days a week, times the mean profile of the weekday."""

    history: int = 365
    name: str = "ets"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> FittedTotals:
        models = _statsforecast()
        rows = framed.learnable(until, last=self.history)
        if len(rows) < LEAST_DAYS:
            raise Unfit("short_history")
        base = baseline(framed, until, rows)
        usable = framed.usable[rows]
        share = np.where(usable, base, 0.0).sum(axis=1) / np.maximum(
            np.where(framed.open[rows], base, 0.0).sum(axis=1), 1e-9
        )
        totals = np.where(usable, framed.counts[rows], 0.0).sum(axis=1) / np.maximum(share, 0.1)
        fitted = models.AutoETS(season_length=_week(framed, rows)).fit(totals)
        return FittedTotals(framed, until, int(rows[-1]), fitted)


@dataclass(frozen=True, slots=True)
class FittedTotals:
    framed: Frame
    until: int
    last: int
    model: Any

    def predict(self, rows: Ints) -> Guess:
        steps = (self.framed.ordinal[rows] - self.framed.ordinal[self.last]).astype(int)
        ahead = np.asarray(self.model.predict(int(max(steps.max(), 1)))["mean"], dtype=np.float64)
        totals = np.maximum(ahead[np.maximum(steps, 1) - 1], 0.0)
        base = np.where(self.framed.open[rows], baseline(self.framed, self.until, rows), 0.0)
        return Guess(base * (totals / np.maximum(base.sum(axis=1), 1e-9))[:, None])


@dataclass(frozen=True, slots=True)
class Tbats:
    """AutoTBATS of the intervals of the last ``history`` days (slow: for comparison, not for many series)."""

    history: int = 56
    name: str = "tbats"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> FittedIntervals:
        models = _statsforecast()
        rows = framed.learnable(until, last=self.history)
        if len(rows) < LEAST_DAYS:
            raise Unfit("short_history")
        slots = np.flatnonzero(framed.open[rows].any(axis=0))
        base = baseline(framed, until, rows)[:, slots]
        counts = np.where(framed.usable[np.ix_(rows, slots)], framed.counts[np.ix_(rows, slots)], base)
        seasons = [len(slots), len(slots) * _week(framed, rows)]
        model = models.AutoTBATS(season_length=seasons).fit(np.sqrt(counts.ravel() + 0.25))
        return FittedIntervals(framed, slots, int(rows[-1]), model)


@dataclass(frozen=True, slots=True)
class FittedIntervals:
    framed: Frame
    slots: Ints
    last: int
    model: Any

    def predict(self, rows: Ints) -> Guess:
        steps = np.maximum((self.framed.ordinal[rows] - self.framed.ordinal[self.last]).astype(int), 1)
        ahead = np.asarray(self.model.predict(int(steps.max()) * len(self.slots))["mean"], dtype=np.float64)
        values: Floats = np.maximum(ahead, 0.0).reshape(-1, len(self.slots))[steps - 1] ** 2
        result = np.zeros((len(rows), self.framed.slots))
        result[:, self.slots] = np.maximum(values - 0.25, 0.0)
        return Guess(result)
