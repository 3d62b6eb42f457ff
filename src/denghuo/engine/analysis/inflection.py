"""Where satisfaction begins to fall: the inflection point (拐点) of one figure against another, for proposing a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from denghuo.engine.analysis.model import Floats, Interval, Unfit, column

LEAST = 12
EDGE = 0.1
GRID = 200


@dataclass(frozen=True)
class Inflection:
    """``at`` with its interval, in the driver's unit; slopes of the outcome per unit of the driver on either side; ``p`` that
    a straight line would look as bent by chance."""

    at: Interval
    before: float
    after: float
    p: float


def inflection(driver: ArrayLike, outcome: ArrayLike, *, confidence: float = 0.95) -> Inflection:
    """The bend of two joined straight lines that fits best (Hinkley 1971), over all places with a tenth of the rows either side.

    The interval holds every bend whose fit is not clearly worse (profile likelihood). ``p`` is from the supremum F test with
    two extra parameters, drawn towards 1: it is an upper bound in practice, not exact. Raises :class:`Unfit`.
    """
    along, aim = column(driver, least=LEAST), column(outcome, least=LEAST)
    if len(along) != len(aim):
        raise Unfit("lengths")
    low, high = np.quantile(along, [EDGE, 1 - EDGE])
    if low >= high:
        raise Unfit("constant")
    places = np.linspace(low, high, GRID)
    errors = np.array([_error(along, aim, place)[0] for place in places])
    best = int(np.argmin(errors))
    _least, weights = _error(along, aim, float(places[best]))
    straight = np.column_stack([np.ones(len(along)), along])
    plain = float(np.sum((aim - straight @ np.linalg.lstsq(straight, aim, rcond=None)[0]) ** 2))
    free = len(along) - 4
    floor = max(float(errors[best]), 1e-12 * max(plain, 1e-12))
    limit = floor * (1 + float(stats.f.ppf(confidence, 1, free)) / free)
    kept = places[errors <= limit]
    p = float(stats.f.sf(max(plain - floor, 0.0) / 2 / (floor / free), 2, free))
    at = Interval(float(places[best]), float(kept.min()), float(kept.max()))
    return Inflection(at, float(weights[1]), float(weights[1] + weights[2]), min(1.0, 2 * p))


def _error(along: Floats, aim: Floats, place: float) -> tuple[float, Floats]:
    design = np.column_stack([np.ones(len(along)), along, np.maximum(along - place, 0.0)])
    weights = np.linalg.lstsq(design, aim, rcond=None)[0]
    return float(np.sum((aim - design @ weights) ** 2)), weights
