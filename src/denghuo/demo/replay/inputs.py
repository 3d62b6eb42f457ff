"""Reading the day: counts per interval and outages of the same day of the year."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO
from zoneinfo import ZoneInfo

import click


@dataclass(frozen=True)
class RealOutage:
    """One outage of the day, in seconds after midnight."""

    ref: str
    start: float
    end: float
    customers: int
    cause: str


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def read_arrivals(path: Path, day: dt.date, share: float, rng: Random) -> list[float]:
    """Arrival moments of ``day`` in seconds after midnight, spread evenly at random within each interval.

    The file has columns ``timestamp, calls``. ``share`` < 1 keeps each arrival with that probability (thinning keeps
    the shape of the day). Raises click.ClickException when the file has no row of that day.
    """
    counts: list[tuple[dt.datetime, int]] = []
    width = None
    previous = None
    with _open(path) as file:
        for row in csv.DictReader(file):
            moment = dt.datetime.fromisoformat(row["timestamp"])
            if previous is not None and width is None:
                width = (moment - previous).total_seconds()
            previous = moment
            if moment.date() == day:
                counts.append((moment, round(float(row["calls"] or 0))))
    if not counts:
        raise click.ClickException(f"{path.name} 中没有 {day} 的数据 / no row of that day")
    arrivals = []
    for moment, count in counts:
        start = (moment - dt.datetime.combine(day, dt.time.min)).total_seconds()
        arrivals += [start + rng.random() * (width or 300) for _ in range(count) if rng.random() < share]
    return sorted(arrivals)


def read_outages(path: Path, day: dt.date, tz: str = "America/Vancouver") -> tuple[dt.date, list[RealOutage]]:
    """Outages that began on ``day``; when the file does not cover it, on the same day of the year it does cover.

    Gives the day used and the outages, in local time of the place they happened.
    """
    zone = ZoneInfo(tz)
    by_day: dict[dt.date, list[RealOutage]] = {}
    with _open(path) as file:
        for row in csv.DictReader(file):
            if not row["dateOff"] or not row["dateOn"]:
                continue
            off = dt.datetime.fromisoformat(row["dateOff"]).astimezone(zone)
            on = dt.datetime.fromisoformat(row["dateOn"]).astimezone(zone)
            customers = int(row["numCustomersOut"] or 0)
            if customers < 1 or on <= off:
                continue
            midnight = dt.datetime.combine(off.date(), dt.time.min, zone)
            start, end = (off - midnight).total_seconds(), (on - midnight).total_seconds()
            by_day.setdefault(off.date(), []).append(RealOutage(row["id"], start, end, customers, row["cause"]))
    used = _nearest(day, sorted(by_day))
    return used, sorted(by_day[used], key=lambda outage: outage.start)


def _nearest(day: dt.date, days: list[dt.date]) -> dt.date:
    if not days:
        raise click.ClickException("停电文件中没有可用的记录 / no usable outage in the file")
    if day in days:
        return day
    return min(
        days,
        key=lambda other: min(
            (other.timetuple().tm_yday - day.timetuple().tm_yday) % 366,
            (day.timetuple().tm_yday - other.timetuple().tm_yday) % 366,
        ),
    )
