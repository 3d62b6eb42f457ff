"""Day features from the calendar: public holidays with make-up days, festivals, ends of months, billing days.

The public holidays and their make-up days come from the ``chinesecalendar`` package, which follows the yearly notices of the
State Council. Days of a year that it does not know yet are ordinary days, and the note ``calendar_unknown`` says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import chinese_calendar
import numpy as np

from denghuo.engine.forecasting.series import Bools, CalendarRules, Floats, Ints

HOLIDAYS = (
    "New Year's Day",
    "Spring Festival",
    "Tomb-sweeping Day",
    "Labour Day",
    "Dragon Boat Festival",
    "Mid-autumn Festival",
    "National Day",
)
SUNDAY, MIDWEEK = 6, 2
NEAR = 3
MONTH_REACH = 8
_START_FADE, _END_FADE, _WIDTH = 0.85, 0.75, 0.7


@dataclass(frozen=True, slots=True)
class Marks:
    """Of each day: ``holiday`` index into :data:`HOLIDAYS` or -1, ``make_up`` (a weekend day worked), whether known."""

    holiday: Ints
    make_up: Bools
    known: bool


@lru_cache(maxsize=4096)
def _day(day: dt.date) -> tuple[int, bool]:
    off, name = chinese_calendar.get_holiday_detail(day)
    if name is None:
        return -1, False
    if not off:
        return -1, True
    return (HOLIDAYS.index(name) if name in HOLIDAYS else -1), False


def marks(first: dt.date, days: int, country: str = "CN") -> Marks:
    """Holiday and make-up marks of ``days`` days from ``first``; nothing marked for an unknown country or year."""
    holiday = np.full(days, -1, dtype=np.int64)
    make_up = np.zeros(days, dtype=np.bool_)
    known = True
    for row in range(days if country == "CN" else 0):
        try:
            holiday[row], make_up[row] = _day(first + dt.timedelta(days=row))
        except NotImplementedError:
            known = False
    return Marks(holiday, make_up, known)


def holiday_features(found: Marks) -> Floats:
    """Columns (days x columns): any holiday, each holiday, first and last day of one, make-up, 1..3 days before and after.

    The Spring Festival has its own three columns before and after: its run-up is longer and stronger than the others'.
    """
    off = found.holiday >= 0
    columns = [off.astype(float)] + [(found.holiday == index).astype(float) for index in range(len(HOLIDAYS))]
    before = off & ~np.r_[False, off[:-1]]
    after = off & ~np.r_[off[1:], False]
    columns += [before.astype(float), after.astype(float), found.make_up.astype(float)]
    for chosen in (off, found.holiday == 1):
        for distance in range(1, NEAR + 1):
            ahead = np.r_[chosen[distance:], np.zeros(min(distance, len(off)), dtype=bool)][: len(off)]
            behind = np.r_[np.zeros(min(distance, len(off)), dtype=bool), chosen[:-distance]][: len(off)]
            columns += [(ahead & ~off).astype(float), (behind & ~off).astype(float)]
    return np.column_stack(columns)


def month_features(first: dt.date, days: int, working: Sequence[bool]) -> Floats:
    """Soft positions in working days from the start and to the end of the month (days x 16), fading into the month.

    ``working`` says of each weekday whether it usually works; bills and wages follow working days, not dates.
    """
    week = np.array(working, dtype=bool)
    span_first = first.replace(day=1)
    last = first + dt.timedelta(days=days + 31)
    total = (last - span_first).days
    works = week[(np.arange(total) + span_first.weekday()) % 7]
    month = np.array([(span_first + dt.timedelta(days=k)).month for k in range(total)])
    since = np.zeros(total)
    until = np.zeros(total)
    for row in range(1, total):
        same = month[row] == month[row - 1]
        since[row] = since[row - 1] + works[row - 1] if same else 0.0
    for row in range(total - 2, -1, -1):
        same = month[row] == month[row + 1]
        until[row] = until[row + 1] + works[row + 1] if same else 0.0
    at = (first - span_first).days
    place = np.arange(MONTH_REACH)
    near_start = np.exp(-0.5 * ((since[at : at + days, None] - place) / _WIDTH) ** 2) * _START_FADE**place
    near_end = np.exp(-0.5 * ((until[at : at + days, None] - place) / _WIDTH) ** 2) * _END_FADE**place
    return np.hstack([near_start, near_end])


def pause_features(open_days: Bools, weekday: Ints) -> Floats:
    """1 for the first open day after an unusual pause: closed days in a row beyond what that weekday usually follows."""
    days = len(open_days)
    closed = np.zeros(days)
    for row in range(1, days):
        closed[row] = 0 if open_days[row - 1] else closed[row - 1] + 1
    longer = np.zeros(days)
    for day in range(7):
        rows = np.flatnonzero((weekday == day) & open_days)
        if len(rows) > 2:
            longer[rows] = closed[rows] > np.median(closed[rows])
    longer[: min(7, days)] = 0
    return longer[:, None]


def billing_features(first: dt.date, days: int, rules: CalendarRules) -> Floats:
    """1 on the billing days of the month and, in a second column, on the day after."""
    hit = np.array([(first + dt.timedelta(days=row)).day in rules.billing_days for row in range(days)], dtype=float)
    return np.column_stack([hit, np.r_[0.0, hit[:-1]]])
