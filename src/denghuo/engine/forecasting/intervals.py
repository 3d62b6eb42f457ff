"""Ranges from the errors of the rolling origins (split conformal prediction; Vovk, Gammerman and Shafer 2005).

The error in the root scale is divided by the deviation that the model foretold; the empirical quantile of that ratio, by
band of horizon and quarter of the open day, makes the range. Few trials make a quantile of a cell uncertain, so it is drawn
towards the quantile of all cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denghuo.engine.forecasting.models import Guess
from denghuo.engine.forecasting.rooted import POISSON
from denghuo.engine.forecasting.selecting import BANDS, Selection, band_of, combined
from denghuo.engine.forecasting.series import Floats, Frame, Ints

QUARTERS = 4
BORROWED_DAYS = 10
OVERDISPERSION = 0.05
LEAST_ERRORS = 40
NORMAL = {0.5: 0.674, 0.8: 1.282, 0.9: 1.645, 0.95: 1.960, 0.99: 2.576}


@dataclass(frozen=True, slots=True)
class Widths:
    """Multiples of the deviation: by band and quarter of the day; ``days`` trials days behind them (0 = assumed normal)."""

    factors: Floats
    days: int


def spread_of(mean: Floats, guess: Guess | None) -> Floats:
    """Deviation in the root scale: the model's own, else Poisson noise with 5 % overdispersion of the count."""
    if guess is not None and guess.spread is not None:
        return np.maximum(guess.spread, 1e-6)
    return np.sqrt(POISSON + (OVERDISPERSION / 2) ** 2 * mean)


def quarter_of(framed: Frame) -> Ints:
    """Quarter of the open day of each slot (0 to 3)."""
    slots = np.flatnonzero(framed.open.any(axis=0))
    first, last = (int(slots[0]), int(slots[-1]) + 1) if len(slots) else (0, framed.slots)
    place = (np.arange(framed.slots) - first) * QUARTERS // max(last - first, 1)
    return np.clip(place, 0, QUARTERS - 1).astype(np.int64)


def widths(framed: Frame, selection: Selection, level: float) -> Widths:
    """Quantiles at ``level`` of the scaled errors of the selection's trials."""
    bands = len(BANDS) + 1
    cells: list[list[list[Floats]]] = [[[] for _ in range(QUARTERS)] for _ in range(bands)]
    quarter = quarter_of(framed)
    days = 0
    for trial in selection.trials:
        if not trial.guesses:
            continue
        mean = combined(trial.guesses, trial.horizons, selection.weights)
        spread = spread_of(mean, scaling(list(trial.guesses.values())))
        centre = centre_of(mean, spread)
        for place, row in enumerate(trial.rows):
            use = framed.usable[row]
            ratio = np.abs(np.sqrt(framed.counts[row] + POISSON) - centre[place]) / spread[place]
            for part in range(QUARTERS):
                cells[band_of(int(trial.horizons[place]))][part].append(ratio[use & (quarter == part)])
            days += 1
    every = np.concatenate([one for band in cells for part in band for one in part] or [np.zeros(0)])
    if len(every) < LEAST_ERRORS:
        return Widths(np.full((bands, QUARTERS), NORMAL.get(level, 1.645)), 0)
    pooled = _quantile(every, level)
    result = np.full((bands, QUARTERS), pooled)
    nearer = np.full(QUARTERS, pooled)
    for band in range(bands):
        inside = np.concatenate([one for part in cells[band] for one in part] or [np.zeros(0)])
        tried = len(cells[band][0])
        base = nearer.mean() if not tried else _drawn(_quantile(inside, level), pooled, tried)
        for part in range(QUARTERS):
            own = np.concatenate(cells[band][part] or [np.zeros(0)])
            result[band, part] = _drawn(_quantile(own, level), base, tried) if len(own) else base
        nearer = result[band]
    return Widths(result, days)


def _drawn(own: float, towards: float, days: int) -> float:
    return (days * own + BORROWED_DAYS * towards) / (days + BORROWED_DAYS)


def _quantile(values: Floats, level: float) -> float:
    """The (n + 1) * level-th smallest, between two neighbours in proportion: rounding up would widen small cells."""
    return float(np.quantile(values, level, method="weibull")) if len(values) else 0.0


def scaling(guesses: Sequence[Guess]) -> Guess | None:
    """The guess whose deviation scales the errors: the first that has one."""
    return next((guess for guess in guesses if guess.spread is not None), None)


def centre_of(mean: Floats, spread: Floats) -> Floats:
    """Root-scale centre of a count with that mean and root deviation."""
    return np.sqrt(np.maximum(mean + POISSON - spread**2, 0.0))


def ranges(framed: Frame, mean: Floats, spread: Floats, horizons: Ints, found: Widths) -> tuple[Floats, Floats]:
    """Lower and upper counts (rows x slots), not rounded: rounding outwards would make the ranges cover too much."""
    factor = found.factors[[band_of(int(h)) for h in horizons]][:, quarter_of(framed)]
    centre = centre_of(mean, spread)
    low = np.maximum(np.maximum(centre - factor * spread, 0.0) ** 2 - POISSON, 0.0)
    high = np.maximum((centre + factor * spread) ** 2 - POISSON, 0.0)
    return low, high
