"""The public series of ``data/arrivals`` and any file of the same columns, as the forecasting benchmark reads them."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from pathlib import Path

import numpy as np

from denghuo.engine.forecasting import Driver, Series, coarser, from_rows

WEATHER = ("prcp_mm", "snow_mm", "tmax_c", "tmin_c")
COMFORT = {"tmax_c": (10.0, 25.0)}


def read(path: Path, interval: int) -> tuple[Series, tuple[Driver, ...]]:
    """Columns ``timestamp``, ``calls`` and optional daily weather; ``interval`` is that of the rows, in minutes."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    counted = [(dt.datetime.fromisoformat(row["timestamp"]), float(row["calls"])) for row in rows if row["calls"]]
    series = from_rows(counted, interval, path.stem)
    slots = 1440 // interval
    drivers = []
    for name in WEATHER:
        if name not in rows[0]:
            continue
        values = np.full(len(series.counts), np.nan)
        for row in rows:
            at = dt.datetime.fromisoformat(row["timestamp"])
            place = (at.date() - series.start.date()).days * slots + (at.hour * 60 + at.minute) // interval
            if row[name] and 0 <= place < len(values):
                values[place] = float(row[name])
        drivers.append(Driver(name, "weather", values, COMFORT.get(name)))
    return series, tuple(drivers)


def step_of(path: Path) -> int:
    """Interval in minutes of a file: the smallest distance between two of its first rows."""
    with path.open(encoding="utf-8") as file:
        moments = [
            dt.datetime.fromisoformat(row["timestamp"])
            for _, row in zip(range(500), csv.DictReader(file), strict=False)
        ]
    return int(min((later - earlier).total_seconds() for earlier, later in itertools.pairwise(moments)) // 60)


def cut(series: Series, days: int, keep: int | None = None) -> Series:
    """The first ``days`` days of a series that starts at midnight, or the last ``keep`` of those."""
    slots = 1440 // series.interval
    first = max(0, days - keep) if keep else 0
    part = slice(first * slots, days * slots)
    is_open = None if series.open is None else series.open[part]
    return Series(
        series.start + dt.timedelta(days=first), series.interval, series.counts[part], is_open, None, series.name
    )


def cut_drivers(
    drivers: tuple[Driver, ...], slots: int, days: int, ahead: int, keep: int | None = None
) -> tuple[Driver, ...]:
    """Drivers from the start of the cut series to the end of the days ahead."""
    first = max(0, days - keep) if keep else 0
    part = slice(first * slots, (days + ahead) * slots)
    return tuple(Driver(one.name, one.kind, one.values[part], one.comfortable) for one in drivers)


def made(number: int, days: int = 126, interval: int = 30) -> list[Series]:
    """Made series for the fan-out: volumes from 5 to 5,000 a day, weekday and daily shape, a wandering level."""
    random = np.random.default_rng(7)
    slots = 1440 // interval
    hour = np.arange(slots) * interval / 60
    result = []
    for one in range(number):
        shape = np.exp(-((hour - 10.5) ** 2) / 8) + 0.7 * np.exp(-((hour - 16 - random.normal()) ** 2) / 10) + 0.03
        volume = float(np.exp(random.uniform(np.log(5), np.log(5000))))
        level = np.exp(np.cumsum(random.normal(0, 0.02, days)))
        week = np.array([1.2, 1.05, 1.0, 0.98, 1.0, 0.7, 0.6])[(np.arange(days)) % 7]
        mean = volume * (level * week)[:, None] * (shape / shape.sum())
        start = dt.datetime(2026, 3, 2)  # noqa: DTZ001
        result.append(Series(start, interval, random.poisson(mean).astype(float).ravel(), None, None, f"q{one}"))
    return result


__all__ = ["coarser", "cut", "cut_drivers", "made", "read", "step_of"]
