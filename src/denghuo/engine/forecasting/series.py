"""A series of counts and the same by days: what every model of this package reads.

All arrays are of equal intervals that divide a day. Times are naive local times of the place that the series belongs to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
DAY_MINUTES = 1440


class Unfit(ValueError):
    """The input cannot be forecast from; ``code`` says why, for the caller's own wording."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Series:
    """Counts per interval from ``start``.

    ``interval`` in minutes divides 1440. ``counts``: float array, ``nan`` where the count is unknown. ``open``: intervals in
    which contacts could arrive (all when None). ``abnormal``: intervals known not to repeat (storm, failed line), which
    no model learns from. Raises :class:`Unfit` for arrays of unequal length, negative counts, an odd interval.
    """

    start: dt.datetime
    interval: int
    counts: Floats
    open: Bools | None = None
    abnormal: Bools | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.interval < 1 or DAY_MINUTES % self.interval:
            raise Unfit("interval_does_not_divide_day")
        if (self.start.hour * 60 + self.start.minute) % self.interval or self.start.second or self.start.tzinfo:
            raise Unfit("start_not_on_local_interval")
        if any(mask is not None and mask.shape != self.counts.shape for mask in (self.open, self.abnormal)):
            raise Unfit("unequal_lengths")
        if bool(np.any(self.counts < 0)):
            raise Unfit("negative_counts")


@dataclass(frozen=True, slots=True)
class Driver:
    """Something that moves the counts and is known ahead: a forecast temperature, a planned outage, a campaign.

    ``kind`` is one of ``weather``, ``warning``, ``outage``, ``campaign``; ``values`` has one number per interval from the
    start of the first day of the series to the end of the last day forecast, ``nan`` where unknown (read as the mean).
    ``comfortable`` (low, high) makes cold and heat two separate effects, as temperature needs.
    """

    name: str
    kind: str
    values: Floats
    comfortable: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """``country`` "CN" reads public holidays and make-up days, "" none; ``billing_days`` are days of the month."""

    country: str = "CN"
    billing_days: tuple[int, ...] = ()


@dataclass(frozen=True)
class Frame:
    """The series by days, with the days ahead: row = day, column = interval of the day.

    ``counts`` (days x slots) is ``nan`` where unknown or ahead; ``usable`` marks what may be learned from; ``known`` is the
    number of leading days that have a history. A model that is fitted "until" row r reads counts of rows before r only.
    ``weekday`` holds the effective weekday (a public holiday counts as Sunday, a make-up day as Wednesday), ``groups``
    named day features for linear effects (days x columns).
    """

    first: dt.date
    interval: int
    counts: Floats
    open: Bools
    usable: Bools
    known: int
    weekday: Ints
    ordinal: Floats
    groups: dict[str, Floats] = field(default_factory=dict)
    columns: dict[str, Floats] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def slots(self) -> int:
        return int(self.counts.shape[1])

    def date(self, row: int) -> dt.date:
        return self.first + dt.timedelta(days=int(row))

    def open_rows(self, start: int, stop: int) -> Ints:
        """Rows of days with any open interval."""
        return np.flatnonzero(self.open[start:stop].any(axis=1)) + start

    def learnable(self, until: int, least: float = 0.5, last: int | None = None) -> Ints:
        """Rows before ``until`` of which at least the share ``least`` of open intervals is usable; the last so many."""
        usable = (self.usable[:until] & self.open[:until]).sum(axis=1)
        wanted = self.open[:until].sum(axis=1)
        rows = np.flatnonzero((wanted > 0) & (usable >= least * wanted))
        return rows if last is None else rows[rows >= until - last]


def from_rows(rows: Iterable[tuple[dt.datetime, float]], interval: int, name: str = "") -> Series:
    """A series from rows of a log or file, in any order; rows of the same interval are added.

    A day without any row and a slot that no day of its weekday has count as closed; single missing intervals as unknown.
    """
    summed: dict[dt.datetime, float] = {}
    for moment, count in rows:
        minute = (moment.hour * 60 + moment.minute) // interval * interval
        at = moment.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
        summed[at] = summed.get(at, 0.0) + count
    if not summed:
        raise Unfit("no_rows")
    start = min(summed).replace(hour=0, minute=0)
    slots = DAY_MINUTES // interval
    days = (max(summed).date() - start.date()).days + 1
    counts = np.full((days, slots), np.nan)
    for at, value in summed.items():
        counts[(at.date() - start.date()).days, (at.hour * 60 + at.minute) // interval] = value
    seen = np.isfinite(counts)
    is_open = np.zeros_like(seen)
    weekdays = (np.arange(days) + start.weekday()) % 7
    for weekday in range(7):
        rows_of = np.flatnonzero((weekdays == weekday) & seen.any(axis=1))
        is_open[rows_of] = seen[rows_of].any(axis=0)
    return Series(start, interval, counts.ravel(), is_open.ravel(), None, name)


def coarser(series: Series, interval: int) -> Series:
    """The same counts at a longer interval; an interval of which any part is missing is unknown."""
    times = interval // series.interval
    if interval % series.interval or (series.start.hour * 60 + series.start.minute) % interval:
        raise Unfit("interval_not_a_multiple")
    length = len(series.counts) // times * times
    shaped = series.counts[:length].reshape(-1, times)
    is_open = None if series.open is None else series.open[:length].reshape(-1, times)
    if is_open is not None:
        shaped = np.where(is_open, shaped, 0.0)
    abnormal = None if series.abnormal is None else np.asarray(series.abnormal[:length].reshape(-1, times).any(axis=1))
    some = None if is_open is None else np.asarray(is_open.any(axis=1))
    return Series(series.start, interval, shaped.sum(axis=1), some, abnormal, series.name)
