"""Fitting a travel model on the crews' trips."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from denghuo.engine.travel.effects import Floats, backfit
from denghuo.engine.travel.model import FACTORS, Level, TravelModel, levels_of
from denghuo.engine.travel.types import Straight, Trip
from denghuo.engine.travel.zones import Zones

FEWEST = 50  # trips, below which nothing is learned
HELD_OUT = 0.2  # of the trips, the latest: they say how wide the range must be
FURTHEST = 2.5  # a trip more than e^2.5 = 12 times off the straight line was no journey
SMALLEST = 0.5  # minutes: what a clock that tells minutes can say


class TooFewTrips(ValueError):
    """There are fewer usable trips than anything can be learned from."""


def learn(trips: Sequence[Trip], straight: Straight, zones: Zones, *, coverage: float = 0.8) -> TravelModel:
    """Learn from ``trips``, oldest first. What is fitted is the logarithm of how many times longer a trip took than
    ``straight`` says, by pair of zones, by zone left, by zone reached and by hour; levels seldom seen stay near nothing.

    The range holds ``coverage`` of the latest fifth of the trips, which the effects had not seen (split conformal
    prediction, Vovk et al. 2005, on residuals divided by their own standard deviation). Raises TooFewTrips.
    """
    if not 0.5 <= coverage < 1:
        raise ValueError("coverage must lie in [0.5, 1)")
    ratios = np.array([log_ratio(trip, straight) for trip in trips])
    used = np.flatnonzero(np.abs(ratios) <= FURTHEST)
    if len(used) < FEWEST:
        raise TooFewTrips(f"{len(used)} usable trips, at least {FEWEST} are needed")
    rows = [levels_of(trips[int(i)], zones) for i in used]
    y: Floats = ratios[used]
    cut = len(used) - max(int(len(used) * HELD_OUT), 10)
    trial = _fit(rows[:cut], y[:cut], straight, zones, factor=1.0)
    off = [abs(value - mean) / sd for value, (mean, sd) in zip(y[cut:], map(trial.log_of, rows[cut:]), strict=True)]
    rank = min(math.ceil((len(off) + 1) * coverage), len(off))
    return _fit(rows, y, straight, zones, factor=float(np.sort(off)[rank - 1]))


def log_ratio(trip: Trip, straight: Straight) -> float:
    """ln(minutes of the trip ÷ minutes of the straight line), both no less than half a minute."""
    return math.log(max(trip.minutes, SMALLEST) / max(straight.minutes(trip.start, trip.end), SMALLEST))


def _fit(rows: Sequence[tuple[str, ...]], y: Floats, straight: Straight, zones: Zones, *, factor: float) -> TravelModel:
    words = [sorted({row[f] for row in rows}) for f in range(len(FACTORS))]
    index = [{word: n for n, word in enumerate(column)} for column in words]
    codes = [np.array([index[f][row[f]] for row in rows], dtype=np.intp) for f in range(len(FACTORS))]
    found = backfit(y, codes, [len(column) for column in words])
    counts = [np.bincount(code, minlength=len(column)) for code, column in zip(codes, words, strict=True)]
    levels = tuple(
        {
            word: Level(float(value), float(variance), int(count))
            for word, value, variance, count in zip(column, *parts, strict=True)
        }
        for column, *parts in zip(words, found.values, found.variances, counts, strict=True)
    )
    return TravelModel(straight, zones, found.mean, levels, found.spreads, found.sigma2, factor, len(rows))
