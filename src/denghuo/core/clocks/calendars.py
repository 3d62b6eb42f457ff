"""Working calendars: which one applies, and the public holidays of China."""

from __future__ import annotations

import datetime as dt
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import chinese_calendar
from django.db.models import Q
from django.utils import timezone

from denghuo.core.clocks.models import Clock, WorkCalendar
from denghuo.core.moment import now as business_now
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime import WorkingCalendar

logger = logging.getLogger("denghuo.clocks")

Pairs = list[list[str]]
OFFICE_WEEK: Final = ("mon", "tue", "wed", "thu", "fri")
ONE_DAY: Final = dt.timedelta(days=1)
# First days of festivals that follow the moon, for years whose notice is not in the data yet: Spring Festival
# (first day of the first month), Dragon Boat (5th of the 5th), Mid-Autumn (15th of the 8th).
LUNAR: Final[Mapping[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]] = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
}


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """Dates of one year that differ from the plain week.

    ``official``: from the State Council's yearly notice, with its make-up days. Otherwise only the days the law
    itself fixes (全国年节及纪念日放假办法, 2024 revision), without make-up days; ``note`` says so in plain words.
    """

    year: int
    holidays: tuple[dt.date, ...]
    makeup_days: tuple[dt.date, ...]
    official: bool
    note: str = field(default="")


def china_holidays(years: Iterable[int]) -> list[HolidayYear]:
    """Public holidays and make-up days of mainland China.

    A year whose yearly notice the data does not hold is answered from the statute and logged as a warning, never
    passed off as the notice. Raises ValueError before 2004, of which nothing is known.
    """
    return [_year(year) for year in years]


def _year(year: int) -> HolidayYear:
    days = [dt.date(year, 1, 1) + i * ONE_DAY for i in range((dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days)]
    try:
        return HolidayYear(
            year,
            tuple(d for d in days if d.weekday() < 5 and chinese_calendar.is_holiday(d)),
            tuple(d for d in days if d.weekday() >= 5 and chinese_calendar.is_workday(d)),
            official=True,
        )
    except NotImplementedError:
        if year < 2004:
            raise ValueError(f"no holiday data before 2004 ({year} was asked for)") from None
    holidays, missing = _statutory(year)
    note = f"{year} 年放假安排尚未收录，仅按法定节日计算，不含调休" + (f"；缺少{missing}" if missing else "")
    logger.warning(
        "holidays of %s: the yearly notice is not in the data; statutory days only%s",
        year,
        f" ({missing})" if missing else "",
    )
    return HolidayYear(year, holidays, (), official=False, note=note)


def _statutory(year: int) -> tuple[tuple[dt.date, ...], str]:
    """The 13 days the law fixes, and the names of festivals whose date is not known for that year."""
    days = {dt.date(year, 1, 1), dt.date(year, 5, 1), dt.date(year, 5, 2), *(dt.date(year, 10, d) for d in (1, 2, 3))}
    terms = chinese_calendar.get_solar_terms(dt.date(year, 4, 1), dt.date(year, 4, 30))
    days.update(date for date, name in terms if name == "清明")
    lunar = LUNAR.get(year)
    if lunar is None:
        return tuple(sorted(days)), "春节、端午节、中秋节"
    spring, dragon_boat, mid_autumn = (dt.date(year, *month_day) for month_day in lunar)
    days.update(spring + i * ONE_DAY for i in range(-1, 3))  # New Year's Eve and the first three days
    days |= {dragon_boat, mid_autumn}
    return tuple(sorted(days)), ""


def office_rows(pairs: Pairs, years: Iterable[int]) -> tuple[dict[str, Pairs], dict[str, Pairs], list[str]]:
    """``windows``, ``exceptions`` and notes for a :class:`WorkCalendar` of an office working ``pairs`` Mon–Fri."""
    exceptions: dict[str, Pairs] = {}
    notes = []
    for year in china_holidays(years):
        exceptions |= {date.isoformat(): [] for date in year.holidays}
        exceptions |= {date.isoformat(): pairs for date in year.makeup_days}
        if year.note:
            notes.append(year.note)
    return dict.fromkeys(OFFICE_WEEK, pairs), exceptions, notes


def calendar_for(org: OrgUnit | None, name: str, on: dt.date | None = None) -> WorkCalendar | None:
    """The calendar ``name`` in force on a date (default: today) for the nearest unit up the tree, or None."""
    date = on or timezone.localdate(business_now())
    lineage = org.ancestor_ids() if org else []
    rows = WorkCalendar.objects.filter(
        Q(org=None) | Q(org_id__in=lineage), Q(valid_to=None) | Q(valid_to__gt=date), name=name, valid_from__lte=date
    )
    depth = {unit: i for i, unit in enumerate(lineage, start=1)}
    return max(rows, key=lambda row: (depth.get(row.org_id or 0, 0), row.valid_from), default=None)


_engines: OrderedDict[tuple[int, dt.datetime], WorkingCalendar] = OrderedDict()
_KEPT = 64


def engine_of(clock: Clock) -> WorkingCalendar:
    """The calculating form of a clock's calendar, kept by row version so that a list of clocks parses it once."""
    row = clock.calendar
    assert row is not None
    key = (row.pk, row.changed_at)
    engine = _engines.get(key)
    if engine is None:
        engine = _engines[key] = row.engine()
        while len(_engines) > _KEPT:
            _engines.popitem(last=False)
    return engine
