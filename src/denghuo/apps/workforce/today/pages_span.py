"""Month and week of a unit in one view; the day is the page of the running day."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.workforce.demand.common import HOURS, Scope, scope_of, today
from denghuo.apps.workforce.demand.pages_forecast import actual_of, workbook
from denghuo.apps.workforce.demand.reading import VIEW, days_of
from denghuo.apps.workforce.today.reading import ONE_DAY
from denghuo.apps.workforce.today.spans import DayPlan, plans

WEEK = 7


@require_GET
@staff_page(VIEW)
def span(request: HttpRequest) -> HttpResponse:
    """``?span=month`` (the default) or ``week`` around ``?day=``."""
    scope = scope_of(request)
    by_week = request.GET.get("span") == "week"
    first, last = bounds(scope.day, by_week=by_week)
    context = scope.context("span") | {
        "by_week": by_week, "first": first, "last": last, "no_span": True,
        "as_month": scope.url("span", span="month"), "as_week": scope.url("span", span="week"),
        "as_day": scope.url("today"), "now_url": scope.url("span", day=today().isoformat(), span="week" if by_week else "month"),
        "previous": _jump(scope, first - ONE_DAY, by_week), "following": _jump(scope, last + ONE_DAY, by_week),
        "scope_span": "week" if by_week else "month",
    }  # fmt: skip
    if scope.unit is not None:
        rows = plans(scope.unit, [scope.queue] if scope.queue else scope.queues, first, last)
        context |= {"tiles": _tiles(rows), "any": any(row.known or row.planned.any() for row in rows)}
        context |= {"heat": _heat(scope, rows), "hours": HOURS[::4]} if by_week else {"weeks": _weeks(scope, rows)}
    return render(request, "workforce/today/span.html", context)


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest) -> HttpResponseBase:
    """Heads needed and planned by half hour as a workbook."""
    scope = scope_of(request)
    first, last = bounds(scope.day, by_week=request.GET.get("span") == "week")
    rows: list[list[Any]] = []
    if scope.unit is not None:
        for row in plans(scope.unit, [scope.queue] if scope.queue else scope.queues, first, last):
            rows += [
                [row.day.isoformat(), HOURS[slot], round(float(row.needed[slot]), 2), round(float(row.planned[slot]), 2),
                 int(row.short[slot]) if row.known else ""]
                for slot in range(len(HOURS))
            ]  # fmt: skip
    heads = [_("日期"), _("时段"), _("需要人数"), _("计划人数"), _("缺口")]
    return workbook(request, f"plan-{first}", heads, rows, title=_("月周总览"))


def bounds(day: dt.date, *, by_week: bool) -> tuple[dt.date, dt.date]:
    """The week from Monday, or the calendar month, around a day."""
    if by_week:
        first = day - day.weekday() * ONE_DAY
        return first, first + (WEEK - 1) * ONE_DAY
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _jump(scope: Scope, day: dt.date, by_week: bool) -> str:
    return scope.url("span", day=day.isoformat(), span="week" if by_week else "month")


def _tiles(rows: Sequence[DayPlan]) -> list[dict[str, str]]:
    known = [row for row in rows if row.known]
    needed, short = sum(row.hours_needed for row in known), sum(row.hours_short for row in known)
    return [
        {"label": _("需要工时"), "value": f"{needed:,.0f}", "note": _("%(n)d 天已算出需求") % {"n": len(known)}},
        {"label": _("计划工时"), "value": f"{sum(row.hours_planned for row in rows):,.0f}", "note": _("含班内休息")},
        {"label": _("缺口工时"), "value": f"{short:,.0f}", "note": _("人手不足的半小时合计")},
        {"label": _("需求覆盖率"), "value": f"{100 * (1 - short / needed):.1f}%" if needed else "–", "note": _("1 − 缺口 ÷ 需要")},
    ]  # fmt: skip


def _weeks(scope: Scope, rows: Sequence[DayPlan]) -> list[list[dict[str, Any] | None]]:
    """Days of the month in rows of seven from Monday; None outside the month."""
    assert scope.unit is not None
    first, last = rows[0].day, rows[-1].day
    expected = {one.day: one.total for one in days_of(scope.unit, scope.queue, first, last)}
    came = {day: values for day, values in actual_of(scope, first, last).items() if day < today()}
    cells: list[dict[str, Any] | None] = [None] * first.weekday()
    for row in rows:
        actual = came.get(row.day)
        cells.append({
            "row": row, "url": scope.url("today", day=row.day.isoformat()), "off": row.day.weekday() >= 5,
            "today": row.day == today(), "name": date_format(row.day, "m-d D"), "expected": expected.get(row.day),
            "came": None if actual is None else float(actual.sum()), "short": round(row.hours_short),
            "level": _level(row.hours_short / row.hours_needed if row.hours_needed else 0.0),
        })  # fmt: skip
    cells += [None] * (-len(cells) % WEEK)
    return [cells[at : at + WEEK] for at in range(0, len(cells), WEEK)]


def _level(share: float) -> str:
    """Tone by the share of the need that is not covered."""
    return "ok" if share < 0.01 else ("warn" if share < 0.1 else "danger")


def _heat(scope: Scope, rows: Sequence[DayPlan]) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        over = row.planned - row.needed
        cells = []
        for slot in range(len(HOURS)):
            short, extra = int(row.short[slot]), int(over[slot] + 0.1)
            told = {
                "day": f"{row.day:%m-%d}", "time": HOURS[slot], "needed": f"{row.needed[slot]:.0f}",
                "planned": f"{row.planned[slot]:.1f}",
            }  # fmt: skip
            kind = ("short" if short else ("over" if extra > 0 else "even")) if row.known else "none"
            cells.append({
                "kind": kind, "text": f"−{short}" if kind == "short" else (str(extra) if kind == "over" else ""),
                "label": _("%(day)s %(time)s：需要 %(needed)s 人，计划 %(planned)s 人") % told,
            })  # fmt: skip
        found.append({
            "label": f"{row.day:%m-%d}", "weekday": str(WEEKDAYS_ABBR[row.day.weekday()]), "cells": cells,
            "url": scope.url("today", day=row.day.isoformat()), "short": round(row.hours_short), "drafted": row.drafted,
        })  # fmt: skip
    return found
