"""A load that moves while contacts last: who came at ten still talks at a quarter past."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.queueing.model import Floats, Requirement, Targets, columns
from denghuo.engine.queueing.steady import HALF_HOUR, requirement

PARTS = 12  # pieces of an interval in which the load is looked at


def offered_load(
    contacts: ArrayLike, handling: ArrayLike, *, interval: float = HALF_HOUR, start: float | None = None
) -> Floats:
    """Mean number of contacts in hand by interval if nobody ever waited, in erlangs: shape (intervals, PARTS).

    The number in an M_t/M/infinity system follows m' = arrivals - m / handling, solved exactly with rates that hold for an
    interval (Jennings, Mandelbaum, Massey and Whitt, "Server staffing to meet time-varying demand", Management Science 42,
    1996). ``start`` is the number in hand at the beginning; None takes the day to follow another of the same kind. Raises
    ValueError naming the column.
    """
    given = columns(interval, {"contacts": contacts, "handling": handling})
    rates, times = given["contacts"] / interval, given["handling"]
    first = _after_a_day(rates, times, interval) if start is None else start
    found = np.zeros((len(rates), PARTS))
    step = interval / PARTS
    for row, (rate, time) in enumerate(zip(rates, times, strict=True)):
        rest, fade = rate * time, math.exp(-step / time)
        for part in range(PARTS):
            last = rest + (first - rest) * fade
            found[row, part] = rest + (first - last) * time / step  # the mean over the piece
            first = last
    return found


def moving_requirement(
    contacts: ArrayLike,
    handling: ArrayLike,
    targets: Targets,
    *,
    interval: float = HALF_HOUR,
    patience: ArrayLike = math.inf,
    start: float | None = None,
) -> Requirement:
    """The fewest heads by interval for a load that moves: the requirement of the heaviest piece of each interval's offered
    load (modified offered load). Stationary formulas asked with an interval's own contacts lag behind a rising load and stay
    behind a falling one. Arguments as in :func:`requirement` and :func:`offered_load`."""
    given = columns(interval, {"contacts": contacts, "handling": handling, "patience": patience})
    load = offered_load(given["contacts"], given["handling"], interval=interval, start=start)
    alike = load.max(axis=1) / given["handling"] * interval
    return requirement(alike, given["handling"], targets, interval=interval, patience=given["patience"])


def _after_a_day(rates: Floats, times: Floats, interval: float) -> float:
    """The number in hand at the end of the day that is also the one it began with."""
    kept, gained = 1.0, 0.0
    for rate, time in zip(rates, times, strict=True):
        fade = math.exp(-interval / time)
        kept, gained = kept * fade, gained * fade + rate * time * (1.0 - fade)
    return gained / (1.0 - kept)
