"""Limits of working time for one person's days: labour law (art. 36 to 42) and prudence. Pure; all times local, naive."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Duty:
    """Work of one day. ``minutes`` are working minutes, without unpaid breaks."""

    day: dt.date
    starts: dt.datetime
    ends: dt.datetime
    minutes: int
    night: bool


@dataclass(frozen=True)
class Limits:
    """Minutes and counts that must not be passed. ``no_nights_until``: last day under protection."""

    day: int
    week: int
    month: int
    overtime_day: int
    overtime_month: int
    rest: int
    days_week: int
    days_running: int
    nights_running: int
    comprehensive: bool = False
    no_nights_until: dt.date | None = None


@dataclass(frozen=True)
class Broken:
    """A rule that a plan breaks, on which day, in words that say what to do."""

    rule: str
    day: dt.date
    text: str


def limits_of(org: OrgUnit, comprehensive: bool, no_nights_until: dt.date | None = None) -> Limits:
    """The limits in force at a unit."""

    def get(key: str) -> int:
        value = policies.get(f"workforce.roster.{key}", org)
        return int(value.total_seconds() // 60 if isinstance(value, dt.timedelta) else value)

    return Limits(
        get("day_minutes"), get("week_minutes"), get("month_minutes"), get("overtime_day"), get("overtime_month"),
        get("rest_between"), get("days_week"), get("days_running"), get("nights_running"), comprehensive, no_nights_until,
    )  # fmt: skip


def night_minutes(start: dt.time, minutes: int) -> int:
    """Minutes of a shift between 22:00 and 6:00."""
    begin = start.hour * 60 + start.minute
    end = begin + minutes
    windows = ((0, 360), (1320, 1800), (2760, 3240))
    return sum(max(0, min(end, high) - max(begin, low)) for low, high in windows)


def check(duties: Iterable[Duty], limits: Limits) -> list[Broken]:
    """Every rule that one person's duties break, in order of days; pass neighbouring weeks too, or rests go unseen."""
    rows = sorted(duties, key=lambda one: one.starts)
    found = [*_single(rows, limits), *_rests(rows, limits), *_runs(rows, limits), *_sums(rows, limits)]
    return sorted(found, key=lambda one: (one.day, one.rule))


def _single(rows: Sequence[Duty], limits: Limits) -> Iterable[Broken]:
    most = limits.day + limits.overtime_day
    for one in rows:
        protected = limits.no_nights_until is not None and one.day <= limits.no_nights_until
        if protected and one.night:
            yield Broken("protected", one.day, _("登记了不排夜班，请改排日班或中班"))
        cap = limits.day if protected else most
        if one.minutes > cap and (protected or not limits.comprehensive):
            text = _("当日工时 %(have)s 小时，超过上限 %(most)s 小时，请换较短的班次")
            yield Broken("day", one.day, text % {"have": _hours(one.minutes), "most": _hours(cap)})


def _rests(rows: Sequence[Duty], limits: Limits) -> Iterable[Broken]:
    for before, after in itertools.pairwise(rows):
        rest = int((after.starts - before.ends).total_seconds() // 60)
        if rest < limits.rest:
            text = _("与前一班只隔 %(have)s 小时，须不少于 %(least)s 小时，请换较晚的班次或休息")
            yield Broken("rest", after.day, text % {"have": _hours(rest), "least": _hours(limits.rest)})


def _runs(rows: Sequence[Duty], limits: Limits) -> Iterable[Broken]:
    days = nights = 0
    last: dt.date | None = None
    for one in rows:
        next_day = last is not None and one.day == last + ONE_DAY
        days = days + 1 if next_day else 1
        nights = (nights + 1 if next_day else 1) if one.night else 0
        last = one.day
        if days > limits.days_running:
            text = _("已连续上班 %(have)s 天，最多 %(most)s 天，请安排休息")
            yield Broken("days_running", one.day, text % {"have": days, "most": limits.days_running})
        if nights > limits.nights_running:
            text = _("已连续 %(have)s 个夜班，最多 %(most)s 个，请改排其他班次")
            yield Broken("nights_running", one.day, text % {"have": nights, "most": limits.nights_running})


def _sums(rows: Sequence[Duty], limits: Limits) -> Iterable[Broken]:
    weeks: dict[dt.date, list[Duty]] = {}
    months: dict[tuple[int, int], list[Duty]] = {}
    for one in rows:
        weeks.setdefault(one.day - one.day.weekday() * ONE_DAY, []).append(one)
        months.setdefault((one.day.year, one.day.month), []).append(one)
    overtime: dict[tuple[int, int], int] = {}
    for group in weeks.values():
        last = group[-1].day
        if len({one.day for one in group}) > limits.days_week:
            yield Broken("days_week", last, _("这一周没有休息日，每周至少休息一天"))
        extra = sum(one.minutes for one in group) - limits.week
        if extra > 0:
            key = (last.year, last.month)
            overtime[key] = overtime.get(key, 0) + extra
    for key, group in months.items():
        if limits.comprehensive:
            over = sum(one.minutes for one in group) - limits.month
        else:
            over = overtime.get(key, 0)
        if over > limits.overtime_month:
            text = _("当月加班 %(have)s 小时，最多 %(most)s 小时，请减少班次")
            yield Broken(
                "overtime", group[-1].day, text % {"have": _hours(over), "most": _hours(limits.overtime_month)}
            )


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")
