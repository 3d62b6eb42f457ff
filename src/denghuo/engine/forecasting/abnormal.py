"""Days and intervals that will not repeat, found so that a storm does not become next week's baseline.

A count is compared, as the square root that makes its noise even (Anscombe 1948), with the median of the same interval on
the nearest same weekdays; the spread is the median absolute deviation, never below that of a Poisson count.
"""

from __future__ import annotations

import numpy as np

from denghuo.engine.forecasting.series import Bools, Floats, Ints

NEIGHBOURS = 8
DAY_LIMIT = 6.0
CELL_LIMIT = 7.0
RUN = 4
MAD_TO_SD = 1.4826
LEAST_WEEKS = 5
SMALLEST_SHIFT = 0.25


def abnormal_cells(counts: Floats, usable: Bools, weekday: Ints, eventful: Bools) -> Bools:
    """Mask (days x slots) of what to learn nothing from.

    A whole day is marked when its total lies far outside (:data:`DAY_LIMIT` robust deviations and a quarter of the level), a
    single interval beyond :data:`CELL_LIMIT`. ``eventful`` days (holiday, campaign, warning, outage) are left to their own effects, and
    :data:`RUN` marked open days in a row are a new level, not an exception.
    """
    marked = np.zeros_like(usable)
    open_days = np.asarray(usable.any(axis=1))
    if open_days.sum() < 7 * LEAST_WEEKS / 2:
        return marked
    known = np.where(usable, counts, np.nan)
    totals = np.where(usable.sum(axis=1) > 0, np.nansum(known, axis=1), np.nan)
    filled = usable.mean(axis=1)
    usual = np.array(
        [
            np.median(filled[(weekday == day) & open_days] if ((weekday == day) & open_days).any() else 0)
            for day in range(7)
        ]
    )
    complete = filled >= 0.9 * usual[weekday]
    days = _outside(np.where(complete, totals, np.nan)[:, None], weekday, DAY_LIMIT)[:, 0] & ~eventful
    days = _without_runs(days, open_days)
    marked[days] = True
    rest = np.where(marked, np.nan, known)
    cells = _outside(rest, weekday, CELL_LIMIT)
    cells[eventful] = False
    lasting = cells.mean(axis=1) > 0.5
    cells[lasting] = False
    return marked | cells


def _outside(counts: Floats, weekday: Ints, limit: float) -> Bools:
    values = np.sqrt(counts)
    result = np.zeros(counts.shape, dtype=np.bool_)
    for day in range(7):
        rows = np.flatnonzero((weekday == day) & np.isfinite(counts).any(axis=1))
        if len(rows) < LEAST_WEEKS:
            continue
        block = values[rows]
        centre = np.empty_like(block)
        for place in range(len(rows)):
            low = min(max(0, place - NEIGHBOURS // 2), max(0, len(rows) - NEIGHBOURS - 1))
            centre[place] = _median(block[low : low + NEIGHBOURS + 1])
        off = block - centre
        spread = np.maximum(MAD_TO_SD * _median(np.abs(off)), 0.5)
        far = np.abs(off) > np.maximum(limit * spread, SMALLEST_SHIFT / 2 * centre)
        result[rows] = np.where(np.isfinite(off), far, False)
    return result


def _median(block: Floats) -> Floats:
    """Median of each column over its known entries, 0 without any (several times faster here than ``np.nanmedian``)."""
    ordered = np.sort(block, axis=0)
    number = np.isfinite(block).sum(axis=0)
    column = np.arange(block.shape[1])
    low, high = (
        ordered[np.maximum(number - 1, 0) // 2, column],
        ordered[np.minimum(number // 2, len(block) - 1), column],
    )
    return np.asarray(np.where(number > 0, (low + high) / 2, 0.0))


def _without_runs(days: Bools, open_days: Bools) -> Bools:
    kept = days.copy()
    run: list[int] = []
    for row in np.flatnonzero(open_days):
        if days[row]:
            run.append(int(row))
            continue
        if len(run) >= RUN:
            kept[run] = False
        run = []
    if len(run) >= RUN:
        kept[run] = False
    return kept
