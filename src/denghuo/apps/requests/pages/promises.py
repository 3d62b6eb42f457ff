"""Promises kept: the mean against the promise, each request against the national standard, and the requests behind."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests import limits
from denghuo.apps.requests.queries import promises as q
from denghuo.core import events, moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import ClockState
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under
from denghuo.web import tables as t
from denghuo.web.tables.export import csv_lines

DAYS, LONGEST = 30, 400
AREAS = ("", *AreaType.values)


@dataclass(frozen=True, slots=True)
class Period:
    """What the page is asked for: days of submission, both included, and a unit."""

    first: dt.date
    last: dt.date
    unit: OrgUnit | None

    @property
    def since(self) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(self.first, dt.time.min))

    @property
    def until(self) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time.min))

    def query(self, **more: Any) -> str:
        unit = {"unit": self.unit.pk} if self.unit else {}
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat(), **unit, **more})


def period_of(request: HttpRequest, actor: Actor) -> Period:
    """From the address; nonsense gives the last thirty days and all units. A unit the actor may not see counts as none."""
    today = timezone.localdate(moment.now())
    last = min(_day(request.GET.get("to", ""), today), today)
    first = _day(request.GET.get("from", ""), last - dt.timedelta(days=DAYS - 1))
    if first > last:
        first, last = last, first
    first = max(first, last - dt.timedelta(days=LONGEST))
    key = request.GET.get("unit", "")
    units = units_under(actor.paths_for(q.VIEW))
    unit = units.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 18 else None
    return Period(first, last, unit)


def _day(text: str, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return default


@staff_page("requests.view")
def promises(request: HttpRequest) -> HttpResponseBase:
    """The figures by area and by unit; ``?export=csv`` gives them as a file."""
    actor = actor_of(request)
    period = period_of(request, actor)
    rows = q.promises(actor, period.since, period.until, moment.now(), period.unit)
    names = dict(OrgUnit.objects.filter(pk__in={row.org_id for row in rows}).values_list("pk", "name"))
    table = _by_unit(rows, names, period)
    if request.GET.get("export") == "csv":
        return _file(actor, period, table)
    tz = timezone.get_current_timezone_name()
    means = q.daily_means(actor, limits.ARRIVAL_MEAN, period.since, period.until, tz, period.unit)
    context = {
        "period": period,
        "units": units_under(actor.paths_for(q.VIEW)).exclude(kind=OrgKind.TEAM).order_by("path"),
        "totals": _totals(rows, period),
        "table": table,
        "chart": chart(means, period, rows),
        "export": "?" + period.query(export="csv"),
        "wide": True,
    }
    return render(request, "requests/clocks/promises.html", context)


def _group(rows: list[q.Kept], key: Any) -> dict[Any, q.Kept]:
    groups: dict[Any, list[q.Kept]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: q.merged(found) for name, found in groups.items()}


def _cell(row: q.Kept | None, period: Period, unit: int | None = None) -> dict[str, Any] | None:
    if row is None:
        return None
    where = {"unit": unit} if unit else {}
    base = reverse("requests:promise-requests")
    return {
        "row": row,
        "percent": None if row.share is None else round(100 * row.share, 1),
        "url": f"{base}?{period.query(kind=row.kind, area_type=row.area, **where)}",
        "late_url": f"{base}?{period.query(kind=row.kind, area_type=row.area, which='late', **where)}",
    }


def _totals(rows: list[q.Kept], period: Period) -> list[dict[str, Any]]:
    """By area over all units: one card for each area that had any."""
    found = _group(rows, lambda row: (row.area, row.kind))
    return [
        {
            "area": area,
            "label": AreaType(area).label if area else _("未分地域"),
            "means": [cell | {"label": limits.LABELS[kind]} for kind in q.MEAN_KINDS
                      if (cell := _cell(found.get((area, kind)), period))],
            "each": [cell | {"label": limits.LABELS[kind]} for kind in q.EACH_KINDS
                     if (cell := _cell(found.get((area, kind)), period))],
        }
        for area in (*AreaType.values, "")
        if any((area, kind) in found for kind in q.KINDS)
    ]  # fmt: skip


def _by_unit(rows: list[q.Kept], names: dict[int, str], period: Period) -> list[dict[str, Any]]:
    """A line for each unit and area: arrival, restoration, national standard."""
    found = {(row.org_id, row.area, row.kind): row for row in rows}
    places = {area: n for n, area in enumerate((*AreaType.values, ""))}
    keys = sorted({key[:2] for key in found}, key=lambda key: (names.get(key[0], ""), places.get(key[1], 9)))
    return [
        {
            "org": names.get(org, ""),
            "area": area,
            "area_label": str(AreaType(area).label) if area else _("未分地域"),
            "cells": {kind: _cell(found.get((org, area, kind)), period, org) for kind in q.KINDS},
            "arrival": _cell(found.get((org, area, limits.ARRIVAL_MEAN)), period, org),
            "restore": _cell(found.get((org, area, limits.RESTORE_MEAN)), period, org),
            "standard": _cell(found.get((org, area, limits.ARRIVAL_STANDARD)), period, org),
        }
        for org, area in keys
        if any((org, area, kind) in found for kind in (*limits.BY_AREA,))
    ]


def chart(means: dict[dt.date, dict[str, float]], period: Period, rows: list[q.Kept]) -> dict[str, Any]:
    """Mean minutes to arrival by day and area, each with its promise as a dashed line."""
    days = sorted(means)
    promised = _group([row for row in rows if row.kind == limits.ARRIVAL_MEAN], lambda row: row.area)
    series = []
    for code in AreaType.values:
        if not any(code in means[day] for day in days):
            continue
        line: dict[str, Any] = {
            "name": str(AreaType(code).label), "type": "line", "connectNulls": True, "symbolSize": 5,
            "data": [round(means[day][code], 1) if code in means[day] else None for day in days],
        }  # fmt: skip
        goal = promised.get(code)
        if goal is not None and goal.promised is not None:
            name = _("%(area)s承诺") % {"area": AreaType(code).label}
            line["markLine"] = {
                "silent": True, "symbol": "none", "lineStyle": {"type": "dashed"},
                "data": [{"yAxis": round(goal.promised, 1), "name": name}],
                "label": {"formatter": "{b} {c}", "position": "insideStartTop"},
            }  # fmt: skip
        series.append(line)
    goals = [row.promised for code, row in promised.items() if row.promised is not None and code]
    highest = max([*goals, *(value for areas in means.values() for value in areas.values())], default=0.0)
    return {
        "legend": {"data": [line["name"] for line in series]},
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": [day.strftime("%m-%d") for day in days]},
        "yAxis": {"type": "value", "max": 10 * (int(highest) // 10 + 1)},
        "series": series,
    }


def _file(actor: Actor, period: Period, table: list[dict[str, Any]]) -> HttpResponseBase:
    heads = [_("单位"), _("地域"), _("时限"), _("已完成"), _("平均（分钟）"), _("承诺或限值（分钟）"), _("达标"),
             _("在办"), _("在办已超时"), _("曾挂起"), _("逐单达标率")]  # fmt: skip
    lines = [
        [line["org"], line["area_label"], str(limits.LABELS[kind]), row.ended, _round(row.mean), _round(row.promised), row.met,
         row.open, row.open_late, row.held, None if row.share is None else round(row.share, 4)]
        for line in table for kind, cell in line["cells"].items() if cell is not None for row in [cell["row"]]
    ]  # fmt: skip
    payload = {"table": "promises", "format": "csv", "rows": len(lines), "filters": ["from", "to", "unit"]}
    events.record(actor, "table.exported", ("staff", actor.id or 0), org=None, payload=payload)
    response = StreamingHttpResponse(csv_lines(heads, iter(lines)), content_type="text/csv; charset=utf-8")
    name = f"promises-{period.first:%Y%m%d}-{period.last:%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


class BehindTable(t.Table):
    """The requests behind a figure."""

    number = t.Column(gettext_lazy("编号"), link="requests:detail", sort="number")
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    area_type = t.StateColumn(gettext_lazy("地域"), kind="area")
    state = t.StateColumn(gettext_lazy("状态"), kind="request")
    submitted_at = t.TimeColumn(gettext_lazy("提交时间"), sort="submitted_at")
    outcome = t.BadgeColumn(
        gettext_lazy("结果"), value=lambda row, ctx: row.clock_state, look=lambda value, row: _look(value)
    )
    spent = t.NumberColumn(
        gettext_lazy("用时（分钟）"), digits=1, sort="spent",
        value=lambda row, ctx: row.spent / dt.timedelta(minutes=1) if row.clock_state in ENDED else None,
    )  # fmt: skip
    budget = t.NumberColumn(gettext_lazy("限值（分钟）"), value=lambda row, ctx: row.budget / 60)
    held_for = t.NumberColumn(
        gettext_lazy("挂起（分钟）"), digits=1,
        value=lambda row, ctx: row.held_for / dt.timedelta(minutes=1) if row.held_for else None,
    )  # fmt: skip

    class Meta:
        name = "promise-requests"
        default_sort = "-submitted_at"
        page_size = 50
        export = True
        filters = [t.ChoiceFilter("area_type", gettext_lazy("地域"), choices=AreaType.choices)]
        empty = (gettext_lazy("没有这样的诉求"), gettext_lazy("换个时段或单位试试"))


ENDED = (ClockState.MET, ClockState.BREACHED_STOPPED)
LOOKS = {
    ClockState.MET: ("ok", "circle-check"),
    ClockState.BREACHED_STOPPED: ("danger", "alert-triangle"),
    ClockState.RUNNING: ("progress", "clock"),
    ClockState.PAUSED: ("muted", "player-pause"),
}


def _look(state: str | None) -> tuple[Any, str, str] | None:
    return (ClockState(state).label, *LOOKS[ClockState(state)]) if state in LOOKS else None


@staff_page("requests.view")
def promise_requests(request: HttpRequest) -> HttpResponseBase:
    """The requests behind a figure of the page, by kind of limit, period, unit and area."""
    actor = actor_of(request)
    period = period_of(request, actor)
    kind = request.GET.get("kind", "")
    kind = kind if kind in q.KINDS else limits.ARRIVAL_STANDARD
    which = request.GET.get("which", "all")
    which = which if which in q.DRILLS else "all"
    rows = q.behind(actor, kind, period.since, period.until, unit=period.unit, which=which)
    table = BehindTable(request, rows, actor=actor)
    context = {
        "period": period,
        "kind": kind,
        "label": limits.LABELS[kind],
        "which": which,
        "tabs": [(code, label, f"?{_tab(request, period, kind, code)}") for code, label in TABS],
        "wide": True,
    }
    return t.table_response(request, table, "requests/clocks/promise_requests.html", context)


TABS = (
    ("all", gettext_lazy("全部")),
    ("late", gettext_lazy("超时")),
    ("open", gettext_lazy("在办")),
    ("held", gettext_lazy("曾挂起")),
)


def _tab(request: HttpRequest, period: Period, kind: str, which: str) -> str:
    area = request.GET.get("area_type", "")
    return period.query(kind=kind, which=which, **({"area_type": area} if area in AREAS and area else {}))
