"""The running day: everybody's plan beside what they did, heads needed beside heads there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.choices import AgentState
from denghuo.apps.workforce.demand.common import HOURS, Scope, scope_of
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.pages_forecast import actual_of, curve, workbook
from denghuo.apps.workforce.demand.reading import VIEW, days_of
from denghuo.apps.workforce.today import ahead, reading
from denghuo.apps.workforce.today.adherence import Deviation, Span
from denghuo.apps.workforce.today.reading import Heads, Line
from denghuo.core.scoping.models import OrgUnit

ON_A_PAGE = 40
WIDTH = 1440  # of a strip: one unit a minute
REACH = 720  # minutes past midnight that a strip still shows


@require_GET
@staff_page(VIEW)
def today(request: HttpRequest) -> HttpResponse:
    """A unit's day: what was planned, what happens, what is still to come and what can be done about it.

    ``?out=1`` shows people outside their plan alone; ``?part=1`` is the part that is asked for every minute.
    """
    scope = scope_of(request)
    if getattr(request, "htmx", False) and request.GET.get("part") and scope.unit is not None:
        return render(request, "workforce/today/_day.html", {"scope": scope} | _day(request, scope, scope.unit))
    context = scope.context("today") | {"no_span": True}
    if scope.unit is not None:
        context |= _day(request, scope, scope.unit) | ahead.context(scope.actor, scope.unit, scope.day)
        context["ahead_url"] = scope.url("today-ahead")
    return render(request, "workforce/today/today.html", context)


def _day(request: HttpRequest, scope: Scope, unit: OrgUnit) -> dict[str, Any]:
    people = reading.lines(unit, scope.day)
    heads = reading.heads([scope.queue] if scope.queue else scope.queues, scope.day, people)
    only_out = request.GET.get("out") == "1"
    shown = [one for one in people if one.found and one.found.deviations] if only_out else people
    page = Paginator(shown, ON_A_PAGE).get_page(request.GET.get("page"))
    one_day = replace(scope, span="day")
    expected = days_of(unit, scope.queue, scope.day, scope.day)
    return {
        "volume": curve(one_day, expected, actual_of(one_day, scope.day, scope.day)) if expected else None,
        "rows": [_row(one, scope.day) for one in page.object_list], "page": page, "only_out": only_out,
        "tiles": _tiles(people), "chart": _chart(heads), "people": people,
        "all_url": scope.url("today"), "out_url": scope.url("today", out=1),
        "page_url": scope.url("today", out=1 if only_out else ""), "width": WIDTH + REACH,
    }  # fmt: skip


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest) -> HttpResponseBase:
    """Everybody's figures and stretches outside the plan as a workbook."""
    scope = scope_of(request)
    rows: list[list[Any]] = []
    for one in reading.lines(scope.unit, scope.day) if scope.unit else []:
        found = one.found
        assert found is not None
        rows.append([
            one.staff.employee_no, one.staff.display_name, one.shift.name, _clock(one.planned[0].begin),
            _clock(one.planned[-1].end), _share(found.adherence), _share(found.conformance),
            "；".join(_told(each) for each in found.deviations),
        ])  # fmt: skip
    heads = [
        _("工号"), _("姓名"), _("班次"), _("计划开始"), _("计划结束"), _("排班遵守率"), _("工时符合率"), _("偏离"),
    ]  # fmt: skip
    return workbook(request, f"adherence-{scope.day}", heads, rows, title=_("今日执行"))


def names() -> dict[str, str]:
    """Kinds of stretches outside the plan in words."""
    return {
        "late": _("迟到"), "early": _("早退"), "absent": _("未到岗"), "away": _("中途离岗"), "break": _("计划外小休"),
        "other": _("其他事务"), "working": _("该休未休"), "extra": _("计划外上班"),
    }  # fmt: skip


def _row(one: Line, day: dt.date) -> dict[str, Any]:
    found, start = one.found, midnight(day).timestamp()
    assert found is not None
    label = AgentState(one.state).label if one.state in AgentState.values else _("未签入")
    return {
        "line": one, "state": label, "adherence": _share(found.adherence), "conformance": _share(found.conformance),
        "planned": [_bar(each, start) for each in one.planned], "actual": [_bar(each, start) for each in one.actual],
        "out": [_bar(each, start) | {"text": _told(each)} for each in found.deviations],
        "told": [_told(each) for each in found.deviations[-3:]], "more": max(0, len(found.deviations) - 3),
        "hours": f"{_clock(one.planned[0].begin)}–{_clock(one.planned[-1].end)}",
    }  # fmt: skip


def _bar(one: Span | Deviation, start: float) -> dict[str, Any]:
    begin = min(max(0.0, (one.begin - start) / 60), WIDTH + REACH)
    end = min(max(0.0, (one.end - start) / 60), WIDTH + REACH)
    return {"kind": one.kind, "x": round(begin, 1), "width": round(max(0.0, end - begin), 1)}


def _told(one: Deviation) -> str:
    return f"{names()[one.kind]} {_clock(one.begin)}–{_clock(one.end)}"


def _clock(moment: float) -> str:
    return f"{timezone.localtime(dt.datetime.fromtimestamp(moment, dt.UTC)):%H:%M}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _tiles(people: Sequence[Line]) -> list[dict[str, str]]:
    """Sums over all: people with little planned count little."""
    found = [one.found for one in people if one.found is not None]
    planned, work = sum(one.planned for one in found), sum(one.planned_work for one in found)
    out = sum(1 for one in people if one.out_now)
    return [
        {"label": _("今日有班"), "value": str(len(people)), "note": _("人")},
        {"label": _("排班遵守率"), "value": _share(sum(one.followed for one in found) / planned if planned else None),
         "note": _("按计划状态的时间 ÷ 计划时间")},
        {"label": _("工时符合率"), "value": _share(sum(one.worked for one in found) / work if work else None),
         "note": _("实际上班时间 ÷ 计划上班时间")},
        {"label": _("正在偏离"), "value": str(out), "note": _("人")},
    ]  # fmt: skip


def _chart(heads: Heads) -> dict[str, Any]:
    lines = (
        (_("需要人数"), heads.needed, "solid"),
        (_("计划人数"), heads.planned, "dashed"),
        (_("在岗人数"), heads.there, "solid"),
    )
    return {
        "legend": {"data": [name for name, _data, _style in lines]},
        "xAxis": {"type": "category", "data": HOURS}, "yAxis": {"type": "value"},
        "series": [
            {"type": "line", "name": name, "data": data, "symbol": "none", "step": "middle" if style == "dashed" else False,
             "lineStyle": {"type": style, "width": 2}}
            for name, data, style in lines
        ],
    }  # fmt: skip
