"""Control charts: which points are more than the process's own noise (ISO 7870-2, GB/T 17989.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

from denghuo.engine.analysis.model import Floats, Unfit, column

MOVING_RANGE = 2 / np.sqrt(np.pi)  # d2 of two values: mean range over standard deviation
RUN, TREND, ZIGZAG = 9, 6, 14


@dataclass(frozen=True)
class Signal:
    """``rule`` 1 to 4 of Nelson (1984): beyond three sigma; nine on one side; six rising or falling; fourteen up and down in
    turn. ``first`` and ``last`` are the points it is made of."""

    rule: int
    first: int
    last: int


@dataclass(frozen=True)
class Chart:
    """Values with their centre and limits, one of each per point, and what stands out."""

    values: Floats
    centre: Floats
    low: Floats
    high: Floats
    signals: tuple[Signal, ...]


def individuals(values: ArrayLike) -> Chart:
    """Single values with limits from the mean moving range (XmR; Shewhart, Wheeler): centre ± 2.66 mean ranges."""
    found = column(values, least=5)
    sigma = float(np.abs(np.diff(found)).mean() / MOVING_RANGE)
    return _chart(found, np.full(len(found), found.mean()), np.full(len(found), sigma), -np.inf, np.inf)


def proportions(hits: ArrayLike, of: ArrayLike) -> Chart:
    """Shares of unequal totals, with limits widened or narrowed by how the shares vary from point to point (p' chart; Laney
    2002): thousands of calls an interval would put every point outside plain binomial limits. Points of no total are not
    allowed (``empty``)."""
    good, total = column(hits, least=5), column(of, least=5)
    if len(good) != len(total):
        raise Unfit("lengths")
    if np.any(total <= 0):
        raise Unfit("empty")
    if np.any(good < 0) or np.any(good > total):
        raise Unfit("not_a_share")
    share, centre = good / total, float(good.sum() / total.sum())
    plain = np.sqrt(centre * (1 - centre) / total)
    if centre in (0.0, 1.0):
        return _chart(share, np.full(len(share), centre), np.zeros(len(share)), 0.0, 1.0)
    scores = (share - centre) / plain
    between = float(np.abs(np.diff(scores)).mean() / MOVING_RANGE)
    return _chart(share, np.full(len(share), centre), plain * between, 0.0, 1.0)


def false_alarms(sigmas: float = 3.0) -> float:
    """Share of points of a steady normal process that lie beyond the limits: 0.0027 at three sigma."""
    return float(1 - erf(sigmas / np.sqrt(2)))


def _chart(values: Floats, centre: Floats, sigma: Floats, floor: float, ceiling: float) -> Chart:
    low, high = np.maximum(centre - 3 * sigma, floor), np.minimum(centre + 3 * sigma, ceiling)
    return Chart(values, centre, low, high, tuple(_signals(values, centre, low, high)))


def _signals(values: Floats, centre: Floats, low: Floats, high: Floats) -> list[Signal]:
    slack = 1e-12 * max(1.0, float(np.abs(values).max()))
    outside = np.flatnonzero((values > high + slack) | (values < low - slack))
    found = [Signal(1, int(at), int(at)) for at in outside]
    found += _runs(np.sign(values - centre), RUN, 2, 0)
    steps = np.sign(np.diff(values))
    found += _runs(steps, TREND - 1, 3, 1)
    found += _runs(-steps[1:] * steps[:-1], ZIGZAG - 2, 4, 2, only=1.0)
    return sorted(found, key=lambda signal: (signal.first, signal.rule))


def _runs(signs: Floats, least: int, rule: int, more: int, only: float | None = None) -> list[Signal]:
    """Stretches of at least ``least`` equal signs; ``more`` points belong to each than it has signs."""
    found, begin = [], 0
    for at in range(1, len(signs) + 1):
        if at < len(signs) and signs[at] == signs[begin]:
            continue
        sign = signs[begin] if begin < len(signs) else 0.0
        if sign != 0 and (only is None or sign == only) and at - begin >= least:
            found.append(Signal(rule, begin, at - 1 + more))
        begin = at
    return found
