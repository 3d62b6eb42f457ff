"""Adding and measuring working time.

All arithmetic is on UTC instants, so a zone that changes its clocks is right too; days cost O(1) each, minutes
nothing. A window belongs to the day on which it starts: a holiday cancels the windows that start on it, and a night
shift that began the evening before runs out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from denghuo.engine.worktime.windows import DAY_MINUTES, Window, day, windows_from_pairs, windows_to_pairs

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = dt.timedelta(days=1)
ZERO = dt.timedelta(0)
SHANGHAI = ZoneInfo("Asia/Shanghai")
# A year and a day without a single working minute is a calendar that was never filled in, not a long holiday.
LONGEST_REST = dt.timedelta(days=366)

Interval = tuple[dt.datetime, dt.datetime]


class NeverWorks(ValueError):
    """The calendar has no working time within a year of the moment asked about."""


@dataclass(frozen=True)
class WorkingCalendar:
    """Windows for each weekday (Monday first), and for single dates that differ.

    ``exceptions`` maps a date to its windows: an empty tuple is a holiday, others are a make-up or a short day.
    """

    weekly: tuple[tuple[Window, ...], ...]
    exceptions: Mapping[dt.date, tuple[Window, ...]] = field(default_factory=lambda: MappingProxyType({}))
    tz: ZoneInfo = SHANGHAI

    def __post_init__(self) -> None:
        if len(self.weekly) != len(DAY_NAMES):
            raise ValueError(f"a week has 7 days, {len(self.weekly)} were given")
        object.__setattr__(self, "weekly", tuple(day(windows) for windows in self.weekly))
        frozen = {date: day(windows) for date, windows in self.exceptions.items()}
        object.__setattr__(self, "exceptions", MappingProxyType(frozen))

    @classmethod
    def from_json(
        cls,
        windows: Mapping[str, Sequence[Sequence[str]]],
        exceptions: Mapping[str, Sequence[Sequence[str]]] | None = None,
        tz: str = "Asia/Shanghai",
    ) -> WorkingCalendar:
        """From ``{"mon": [["08:30", "12:00"]], …}`` and ``{"2026-10-01": [], …}``; a day not named is free."""
        unknown = set(windows) - set(DAY_NAMES)
        if unknown:
            raise ValueError(f"unknown weekdays: {', '.join(sorted(unknown))}; known: {', '.join(DAY_NAMES)}")
        return cls(
            tuple(windows_from_pairs(windows.get(name, ())) for name in DAY_NAMES),
            {dt.date.fromisoformat(key): windows_from_pairs(pairs) for key, pairs in (exceptions or {}).items()},
            ZoneInfo(tz),
        )

    def to_json(self) -> dict[str, Any]:
        """``windows``, ``exceptions`` and ``tz`` as :meth:`from_json` takes them."""
        return {
            "windows": {n: windows_to_pairs(w) for n, w in zip(DAY_NAMES, self.weekly, strict=True) if w},
            "exceptions": {d.isoformat(): windows_to_pairs(w) for d, w in sorted(self.exceptions.items())},
            "tz": self.tz.key,
        }

    def windows_on(self, date: dt.date) -> tuple[Window, ...]:
        """The windows that start on ``date``."""
        found = self.exceptions.get(date)
        return self.weekly[date.weekday()] if found is None else found

    @cached_property
    def always(self) -> bool:
        """Whether every moment is working time."""
        return not self.exceptions and all(windows == (Window(0, DAY_MINUTES),) for windows in self.weekly)

    def working_between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Working time from ``start`` to ``end``; negative when ``end`` is earlier. Both must carry a zone."""
        a, b = _utc(start), _utc(end)
        if b < a:
            return -self.working_between(end, start)
        if self.always:
            return b - a
        total = ZERO
        for opens, closes in self._intervals(a):
            if opens >= b:
                break
            total += min(closes, b) - max(opens, a)
            if closes >= b:
                break
        return total

    def add_working(self, start: dt.datetime, duration: dt.timedelta, pauses: Iterable[Interval] = ()) -> dt.datetime:
        """The earliest moment by which ``duration`` of working time has passed since ``start``, outside ``pauses``.

        A duration that fills a window exactly ends with it, not at the start of the next one. The answer is in the
        zone of ``start``. Raises ValueError for a negative duration, :class:`NeverWorks` for an empty calendar.
        """
        a = _utc(start)
        if duration < ZERO:
            raise ValueError("a negative duration cannot be added to a calendar")
        if duration == ZERO:
            return start
        left = duration
        for opens, closes in _without(self._open_from(a), _merged(pauses)):
            length = closes - opens
            if length >= left:
                return (opens + left).astimezone(start.tzinfo)
            left -= length
        raise NeverWorks(f"the calendar runs out of working time after {start.isoformat()}")

    def is_working(self, at: dt.datetime) -> bool:
        """Whether ``at`` lies in a window; a window's last instant does not."""
        moment = _utc(at)
        if self.always:
            return True
        opens = next((opens for opens, closes in self._intervals(moment) if closes > moment), None)
        return opens is not None and opens <= moment

    def next_working(self, at: dt.datetime) -> dt.datetime:
        """``at`` when it is working time, else the start of the next window, in the zone of ``at``."""
        moment = _utc(at)
        opens = next((opens for opens, _closes in self._open_from(moment)), None)
        if opens is None:
            raise NeverWorks(f"no working time within {LONGEST_REST.days} days after {at.isoformat()}")
        return at if opens <= moment else opens.astimezone(at.tzinfo)

    def _open_from(self, moment: dt.datetime) -> Iterator[Interval]:
        """Working intervals from ``moment`` on, the first cut to start at it."""
        if self.always:
            yield moment, dt.datetime.max.replace(tzinfo=dt.UTC)
            return
        for opens, closes in self._intervals(moment):
            if closes > moment:
                yield max(opens, moment), closes

    def _intervals(self, moment: dt.datetime) -> Iterator[Interval]:
        """Disjoint working intervals in order, the first ending after ``moment``; ends after a year without any.

        Where a night shift reaches into the next day's first window, that window is cut to what is left of it.
        """
        date = moment.astimezone(self.tz).date() - ONE_DAY  # yesterday's night shift may still run
        worked, reached = date, moment.min.replace(tzinfo=dt.UTC)
        while date - worked <= LONGEST_REST:
            for window in self.windows_on(date):
                worked = date
                opens = max(self._instant(date, window.start), reached)
                closes = self._instant(date, window.end)
                if closes > opens:  # else swallowed by the shift before it, or by a change of clocks
                    reached = closes
                    if closes > moment:
                        yield opens, closes
            date += ONE_DAY

    def _instant(self, date: dt.date, minute: int) -> dt.datetime:
        wall = dt.datetime.combine(date, dt.time(), tzinfo=self.tz) + dt.timedelta(minutes=minute)
        return wall.astimezone(dt.UTC)


ALWAYS = WorkingCalendar(((Window(0, DAY_MINUTES),),) * 7)


def _utc(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} carries no time zone")
    return moment.astimezone(dt.UTC)


def _merged(pauses: Iterable[Interval]) -> list[Interval]:
    """Pauses as disjoint UTC intervals in order; one that ends before it starts is a ValueError."""
    merged: list[Interval] = []
    for opens, closes in sorted((_utc(a), _utc(b)) for a, b in pauses):
        if closes < opens:
            raise ValueError(f"pause ends at {closes.isoformat()}, before it starts")
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def _without(intervals: Iterable[Interval], pauses: Sequence[Interval]) -> Iterator[Interval]:
    """``intervals`` with ``pauses`` cut out; both in order."""
    first = 0
    for opens, closes in intervals:
        while first < len(pauses) and pauses[first][1] <= opens:
            first += 1
        at = opens
        for pause_opens, pause_closes in pauses[first:]:
            if pause_opens >= closes:
                break
            if pause_opens > at:
                yield at, pause_opens
            at = max(at, pause_closes)
        if at < closes:
            yield at, closes
