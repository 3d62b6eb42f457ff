"""Did a measure help: one group before and after, or one group beside another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from denghuo.engine.analysis.model import Floats, Interval, Unfit, column


@dataclass(frozen=True)
class Interrupted:
    """``step``: change of level at once; ``slope``: change of trend per period after; ``now``: actual against what the old
    line would have given at the end."""

    step: Interval
    slope: Interval
    now: Interval


def difference_of_shares(first: tuple[int, int], second: tuple[int, int], *, confidence: float = 0.95) -> Interval:
    """First share minus the second, ``(hits, of)`` each, with Newcombe's hybrid score interval (1998, method 10)."""
    parts = []
    for hits, of in (first, second):
        if of <= 0:
            raise Unfit("empty")
        if not 0 <= hits <= of:
            raise Unfit("not_a_share")
        parts.append(wilson(hits, of, confidence=confidence))
    one, two = parts
    gap = one.value - two.value
    low = gap - np.hypot(one.value - one.low, two.high - two.value)
    return Interval(gap, float(low), float(gap + np.hypot(one.high - one.value, two.value - two.low)))


def wilson(hits: int, of: int, *, confidence: float = 0.95) -> Interval:
    """A share with Wilson's score interval (1927)."""
    share, z = hits / of, float(stats.norm.ppf((1 + confidence) / 2))
    middle, half = (share + z * z / (2 * of)), z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return Interval(share, float((middle - half) / scale), float((middle + half) / scale))


def difference_of_means(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """First mean minus the second, variances unequal (Welch 1947)."""
    one, two = column(first, least=2), column(second, least=2)
    found = stats.ttest_ind(one, two, equal_var=False).confidence_interval(confidence)
    return Interval(float(one.mean() - two.mean()), float(found.low), float(found.high))


def interrupted(values: ArrayLike, start: int, *, period: int = 0, confidence: float = 0.95) -> Interrupted:
    """Segmented regression of a series whose measure took effect at index ``start`` (Wagner and others 2002).

    ``period``: places of a season held apart (7 for days of the week; 0 none). Errors may last from one period to the next
    (Newey and West 1987). Raises :class:`Unfit` with fewer than six points on either side (``too_few``).
    """
    found = column(values, least=12)
    if start < 6 or len(found) - start < 6:
        raise Unfit("too_few")
    steps = np.arange(len(found), dtype=float)
    after = (steps >= start).astype(float)
    parts = [np.ones(len(found)), steps, after, after * (steps - start)]
    parts += [(steps % period == place).astype(float) for place in range(1, period)]
    design = np.column_stack(parts)
    if len(found) < design.shape[1] + 4:
        raise Unfit("too_few")
    weights, spread = _newey_west(design, found)
    reach = float(stats.t.ppf((1 + confidence) / 2, len(found) - design.shape[1]))
    last = np.zeros(design.shape[1])
    last[2], last[3] = 1.0, len(found) - 1 - start
    pick = np.eye(design.shape[1])
    step, slope, now = (_interval(weights, spread, row, reach) for row in (pick[2], pick[3], last))
    return Interrupted(step, slope, now)


def _interval(weights: Floats, spread: Floats, row: Floats, reach: float) -> Interval:
    value, half = float(row @ weights), reach * float(np.sqrt(max(float(row @ spread @ row), 0.0)))
    return Interval(value, value - half, value + half)


def _newey_west(design: Floats, values: Floats) -> tuple[Floats, Floats]:
    count, width = design.shape
    weights: Floats = np.linalg.lstsq(design, values, rcond=None)[0].astype(np.float64)
    scores = design * (values - design @ weights)[:, None]
    middle = scores.T @ scores
    reach = int(4 * (count / 100) ** (2 / 9))
    for lag in range(1, reach + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (reach + 1)) * (cross + cross.T)
    inverse = np.linalg.pinv(design.T @ design)
    spread: Floats = inverse @ middle @ inverse * (count / (count - width))
    return weights, spread
