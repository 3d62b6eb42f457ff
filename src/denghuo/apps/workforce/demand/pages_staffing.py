"""Required heads: a heat map of days by half hours, the reason of each figure in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.workforce.demand.common import HOURS, ONE_DAY, Scope, scope_of
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.demand.pages_forecast import workbook
from denghuo.apps.workforce.demand.reading import VIEW
from denghuo.core.errors import NotFound

DAYS = 14


def reason(code: int) -> str:
    """Which target the number of heads hangs on, in words."""
    return {
        0: _("没有来量，不需要人"),
        1: _("服务水平：少一人就达不到目标"),
        2: _("平均应答速度：少一人就超过目标"),
        3: _("放弃率：少一人就超过上限"),
        4: _("占用率：少一人坐席就过于繁忙"),
        5: _("最少人数：来量再少也要留人"),
        6: _("办结时限：少一人就有逾期"),
    }[code]


@require_GET
@staff_page(VIEW)
def requirement(request: HttpRequest) -> HttpResponse:
    """Two weeks from the day chosen, of one queue or of all; ``?kind=rostered`` with shrinkage."""
    scope = scope_of(request)
    rostered = request.GET.get("kind") == "rostered"
    context = scope.context("requirement")
    rows = _rows(scope)
    most = max((max(row["values"](rostered)) for row in rows), default=0)
    context |= {
        "rostered": rostered, "as_net": scope.url("requirement", kind="net"),
        "as_rostered": scope.url("requirement", kind="rostered"), "hours": HOURS[::4], "tiles": _tiles(rows),
        "rows": [_shown(scope, row, rostered, most) for row in rows],
        "targets": _targets(rows[0]["parts"][0]) if rows and scope.queue else [],
    }  # fmt: skip
    cell = request.GET.get("slot", "")
    if rows and cell.isdigit() and int(cell) < SLOTS:
        context["detail"] = _detail(scope, rows, request.GET.get("at", ""), int(cell))
    return render(request, "workforce/demand/requirement.html", context)


@require_GET
@staff_page(VIEW)
def cell(request: HttpRequest) -> HttpResponse:
    """One half hour in words: ``?at=2026-01-31&slot=20``."""
    scope = scope_of(request)
    slot = request.GET.get("slot", "")
    if not slot.isdigit() or int(slot) >= SLOTS:
        raise NotFound()
    detail = _detail(scope, _rows(scope), request.GET.get("at", ""), int(slot))
    return render(request, "workforce/demand/_cell.html", {"detail": detail, "scope": scope})


def _rows(scope: Scope) -> list[dict[str, Any]]:
    """Days with heads, each with the queues it is made of."""
    keys = [scope.queue.pk] if scope.queue else [one.pk for one in scope.queues]
    found = RequirementDay.objects.select_related("queue").filter(
        queue__in=keys, day__gte=scope.day, day__lt=scope.day + DAYS * ONE_DAY
    )
    by_day: dict[dt.date, list[RequirementDay]] = {}
    for row in found.order_by("day", "queue__position", "queue__code"):
        if len(row.heads) == SLOTS == len(row.bound):
            by_day.setdefault(row.day, []).append(row)

    def values(parts: Sequence[RequirementDay], rostered: bool) -> list[int]:
        columns = [part.rostered if rostered else part.heads for part in parts]
        return [sum(column) for column in zip(*columns, strict=True)]

    return [
        {"day": day, "parts": parts, "values": lambda rostered, parts=parts: values(parts, rostered)}
        for day, parts in sorted(by_day.items())
    ]


def _shown(scope: Scope, row: dict[str, Any], rostered: bool, most: int) -> dict[str, Any]:
    values = row["values"](rostered)
    return {
        "label": f"{row['day']:%m-%d}", "weekday": date_format(row["day"], "D"), "iso": row["day"].isoformat(),
        "hours": round(sum(values) / 2),
        "cells": [
            {
                "value": value, "level": 0 if not value else min(5, 1 + 5 * (value - 1) // max(most, 1)), "slot": slot,
                "url": scope.url("requirement-cell", at=row["day"].isoformat(), slot=slot),
                "label": _("%(day)s %(time)s：%(heads)d 人") % {
                    "day": f"{row['day']:%m-%d}", "time": HOURS[slot], "heads": value},
            }
            for slot, value in enumerate(values)
        ],
    }  # fmt: skip


def _tiles(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    first = rows[0]
    net, gross = first["values"](False), first["values"](True)
    slot = max(range(SLOTS), key=lambda number: net[number])
    return [
        {"label": _("首日最多同时在岗"), "value": net[slot], "note": HOURS[slot]},
        {"label": _("首日在岗工时"), "value": f"{sum(net) / 2:,.0f}", "note": _("小时")},
        {"label": _("首日排班工时"), "value": f"{sum(gross) / 2:,.0f}", "note": _("小时，含休假、培训、休息等缩减")},
        {"label": _("显示天数合计"), "value": f"{sum(sum(row['values'](True)) for row in rows) / 2:,.0f}",
         "note": _("排班工时，小时")},
    ]  # fmt: skip


def _targets(part: RequirementDay) -> list[dict[str, str]]:
    told, given = [], part.targets
    if given.get("service_level"):
        told.append({"label": _("服务水平"), "value": _("%(share).0f%% 在 %(within).0f 秒内应答") % {
            "share": 100 * given["service_level"], "within": given.get("within", 0)}})  # fmt: skip
    if given.get("answer"):
        told.append({"label": _("平均应答速度"), "value": _("%(s).0f 秒") % {"s": given["answer"]}})
    if given.get("abandoned"):
        told.append({"label": _("放弃率"), "value": _("不高于 %(share).1f%%") % {"share": 100 * given["abandoned"]}})
    if given.get("occupancy"):
        told.append({"label": _("占用率"), "value": _("不高于 %(share).0f%%") % {"share": 100 * given["occupancy"]}})
    if given.get("fewest"):
        told.append({"label": _("最少人数"), "value": str(given["fewest"])})
    return told


def _detail(scope: Scope, rows: Sequence[dict[str, Any]], day: str, slot: int) -> dict[str, Any]:
    row = next((one for one in rows if one["day"].isoformat() == day), None)
    if row is None:
        raise NotFound()
    parts = row["parts"]
    one = parts[0] if scope.queue else None
    return {
        "label": f"{row['day']:%m-%d} {HOURS[slot]}", "one": one is not None,
        "parts": [
            {
                "name": part.queue.label, "heads": part.heads[slot], "rostered": part.rostered[slot],
                "contacts": part.contacts[slot], "handling": part.handling[slot], "reason": reason(part.bound[slot]),
            }
            for part in parts
        ],
        "beside": _beside(one, slot) if one else [],
    }  # fmt: skip


def _beside(part: RequirementDay, slot: int) -> list[dict[str, Any]]:
    """One head fewer, as required, one more: what each gives."""

    def line(heads: int, given: dict[str, list[float]], chosen: bool) -> dict[str, Any]:
        return {
            "heads": heads, "chosen": chosen, "service_level": 100 * given["service_level"][slot],
            "answer": given["answer"][slot], "abandoned": 100 * given["abandoned"][slot],
            "occupancy": 100 * given["occupancy"][slot],
        }  # fmt: skip

    names = ("service_level", "answer", "abandoned", "occupancy")
    middle = line(part.heads[slot], {name: getattr(part, name) for name in names}, True)
    found = [middle]
    if part.beside:
        if part.heads[slot] > 0:
            found.insert(0, line(part.beside["fewer"]["heads"][slot], part.beside["fewer"], False))
        found.append(line(part.beside["more"]["heads"][slot], part.beside["more"], False))
    return found


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest) -> HttpResponseBase:
    """The half hours of the page's days as a workbook, by queue."""
    scope = scope_of(request)
    rows = [
        [row["day"].isoformat(), HOURS[slot], part.queue.label, round(part.contacts[slot], 2), part.handling[slot],
         part.heads[slot], part.rostered[slot], reason(part.bound[slot]), part.service_level[slot], part.answer[slot],
         part.abandoned[slot], part.occupancy[slot]]
        for row in _rows(scope) for part in row["parts"] for slot in range(SLOTS)
    ]  # fmt: skip
    heads = [
        _("日期"), _("时段"), _("队列"), _("预测来量"), _("平均处理时长（秒）"), _("在岗人数"), _("排班人数"), _("原因"),
        _("服务水平"), _("平均应答速度（秒）"), _("放弃率"), _("占用率"),
    ]  # fmt: skip
    return workbook(request, f"requirement-{scope.day}", heads, rows, title=_("人力需求"))
