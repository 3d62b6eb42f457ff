"""From a series to the frame by days that the models read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from denghuo.engine.forecasting import calendars
from denghuo.engine.forecasting.abnormal import abnormal_cells
from denghuo.engine.forecasting.series import DAY_MINUTES, Bools, CalendarRules, Driver, Floats, Frame, Ints, Series

EIGHT_WEEKS = 56


def frame(
    series: Series,
    ahead: int,
    *,
    drivers: Sequence[Driver] = (),
    future_open: Bools | None = None,
    rules: CalendarRules | None = None,
    detect: bool = True,
) -> Frame:
    """The days of ``series`` and ``ahead`` days more.

    A last day that is not complete becomes the first day ahead. ``future_open`` (ahead x slots) says when the days ahead are
    open; without it they are open as the same weekdays mostly were in the last eight weeks. ``detect`` marks abnormal days.
    """
    rules = rules or CalendarRules()
    slots = DAY_MINUTES // series.interval
    counts, is_open, told = _by_days(series, slots)
    known = len(counts)
    first = series.start.date()
    total = known + ahead
    marks = calendars.marks(first, total, rules.country)
    plain = (np.arange(total) + first.weekday()) % 7
    opened = np.vstack([is_open, _open_ahead(is_open, plain, ahead) if future_open is None else future_open])
    weekday = np.where(marks.make_up, calendars.MIDWEEK, plain)
    if opened[plain == calendars.SUNDAY].any():
        weekday = np.where(marks.holiday >= 0, calendars.SUNDAY, weekday)
    columns, groups = _drivers(drivers, total, slots)
    eventful = _eventful(groups, total) | (marks.holiday >= 0)
    full = np.vstack([counts, np.full((ahead, slots), np.nan)])
    usable = np.isfinite(full) & opened
    usable[:known] &= ~told
    if detect and known:
        usable[:known] &= ~abnormal_cells(full[:known], usable[:known], weekday[:known], eventful[:known])
    days_open = np.asarray(opened.any(axis=1))
    groups["month"] = calendars.month_features(first, total, _working(opened, plain))
    groups["pause"] = calendars.pause_features(days_open, plain)
    groups["holiday"] = calendars.holiday_features(marks)
    if rules.billing_days:
        groups["billing"] = calendars.billing_features(first, total, rules)
    ordinal = np.cumsum(days_open).astype(np.float64)
    notes = () if marks.known else ("calendar_unknown",)
    return Frame(first, series.interval, full, opened, usable, known, weekday, ordinal, groups, columns, notes)


def _by_days(series: Series, slots: int) -> tuple[Floats, Bools, Bools]:
    lead = (series.start.hour * 60 + series.start.minute) // series.interval
    days = (lead + len(series.counts)) // slots

    def shaped(values: Floats) -> Floats:
        return np.asarray(np.r_[np.full(lead, np.nan), values][: days * slots].reshape(days, slots))

    opened = np.ones(len(series.counts)) if series.open is None else series.open.astype(float)
    abnormal = np.zeros(len(series.counts)) if series.abnormal is None else series.abnormal.astype(float)
    return shaped(series.counts.astype(float)), shaped(opened) > 0, shaped(abnormal) > 0


def _open_ahead(is_open: Bools, weekday: Ints, ahead: int) -> Bools:
    known = len(is_open)
    result = np.zeros((ahead, is_open.shape[1]), dtype=np.bool_)
    recent = np.arange(max(0, known - EIGHT_WEEKS), known)
    for row in range(ahead):
        same = recent[weekday[recent] == weekday[known + row]]
        chosen = same if len(same) else recent
        if len(chosen):
            result[row] = is_open[chosen].mean(axis=0) >= 0.5
    return result


def _working(opened: Bools, plain: Ints) -> list[bool]:
    volume = np.asarray(opened.any(axis=1))
    return [bool(volume[plain == day].mean() >= 0.5) if (plain == day).any() else day < 5 for day in range(7)]


def _drivers(drivers: Sequence[Driver], days: int, slots: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
    columns: dict[str, Floats] = {}
    grouped: dict[str, list[Floats]] = {}
    for driver in drivers:
        values = np.full(days * slots, np.nan)
        given = driver.values[: days * slots]
        values[: len(given)] = given
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
        table = np.where(np.isfinite(values), values, mean).reshape(days, slots)
        columns[driver.name] = table
        day = table.mean(axis=1)
        if driver.comfortable is None:
            parts = [day]
        else:
            low, high = driver.comfortable
            parts = [np.maximum(low - day, 0.0), np.maximum(day - high, 0.0)]
        for part in parts:
            scale = float(np.sqrt(np.mean(part**2)))
            if scale > 0:
                centre = 0.0 if driver.kind != "weather" or driver.comfortable else float(part.mean())
                grouped.setdefault(driver.kind, []).append((part - centre) / scale)
    return columns, {kind: np.column_stack(parts) for kind, parts in grouped.items()}


def _eventful(groups: dict[str, Floats], days: int) -> Bools:
    result = np.zeros(days, dtype=np.bool_)
    for kind in ("warning", "outage", "campaign"):
        if kind in groups:
            result |= (groups[kind] != 0).any(axis=1)
    return result


def moment(framed: Frame, row: int, slot: int) -> dt.datetime:
    """Start of one interval of the frame."""
    return dt.datetime.combine(framed.date(row), dt.time()) + dt.timedelta(minutes=slot * framed.interval)
