"""The forecast beside what came: chart, table, what it is made of, planners' corrections."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.workforce.demand import actions, counting, events_of, jobs, reading
from denghuo.apps.workforce.demand.common import HOURS, ONE_DAY, Scope, scope_of
from denghuo.apps.workforce.demand.forms import OverrideForm
from denghuo.apps.workforce.demand.models import SLOTS
from denghuo.apps.workforce.demand.reading import PLAN, VIEW, Day
from denghuo.core import events
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.jobs import cancel as cancel_job
from denghuo.core.sheets import XLSX_TYPE, write
from denghuo.web.formtools import add_refusal, once


def effect_names() -> dict[str, str]:
    """Effects of the engine in words."""
    return {
        "baseline": _("平常日来量"), "month": _("月初月末"), "billing": _("出账日"), "holiday": _("节假日"),
        "outage": _("计划停电"), "campaign": _("营销活动"), "warning": _("天气预警"), "weather": _("气温"),
        "pause": _("停业之后"), "models": _("模型组合"), "weekday": _("星期"),
    }  # fmt: skip


def model_names() -> dict[str, str]:
    """Models of the engine in words."""
    return {
        "mean": _("同星期几均值"), "svd_ar": _("奇异向量自回归"), "factors": _("日因子"), "boosting": _("梯度提升"),
        "ets": _("指数平滑"), "tbats": "TBATS", "lstm": "LSTM",
    }  # fmt: skip


@require_GET
@staff_page(VIEW)
def forecast(request: HttpRequest) -> HttpResponse:
    """The forecast of a day or week, of one queue or of a unit."""
    return _page(request, scope_of(request), None)


def _page(request: HttpRequest, scope: Scope, form: OverrideForm | None) -> HttpResponse:
    context = scope.context("forecast")
    if scope.unit is not None:
        found = reading.days_of(scope.unit, scope.queue, scope.day, scope.last)
        actual = actual_of(scope, scope.day, scope.last)
        context |= {
            "days": found, "tiles": _tiles(found, actual), "chart": curve(scope, found, actual),
            "table": _table(scope, found, actual), "effects": _effects(found), "weights": _weights(found),
            "marks": [mark for one in found for mark in one.overrides], "notes": _notes(found),
            "events": [hit | {"label": hit["event"].get_kind_display()} for hit in _events(scope)],
            "made": found[0].row.run if found else None,
            "form": form or (OverrideForm.of(scope.day) if scope.may_plan and scope.queue else None),
        }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return render(request, "workforce/demand/forecast.html", context, status=status)


def actual_of(scope: Scope, first: dt.date, last: dt.date) -> dict[dt.date, counting.Floats]:
    """What came, by day: complete half hours only, the rest ``nan``."""
    queues = [scope.queue] if scope.queue else scope.queues
    now_day, now_slot = reading.now_slot()
    latest = counting.last_counted(queues)
    if latest is not None and counting.slot_of(latest)[0] == now_day:
        now_slot = min(now_slot, counting.slot_of(latest)[1] + 1)  # later half hours may not have been counted yet
    until = min(last, now_day)
    if until < first or not queues:
        return {}
    counts = counting.counted(queues, first, until)
    found: dict[dt.date, counting.Floats] = {}
    for one in counts.values():
        for row in range(len(one.offered)):
            day = one.first + row * ONE_DAY
            found[day] = found.get(day, np.zeros(SLOTS)) + one.offered[row]
    if now_day in found:
        found[now_day][now_slot:] = np.nan
    return found


def _tiles(found: Sequence[Day], actual: dict[dt.date, counting.Floats]) -> list[dict[str, Any]]:
    if not found:
        return []
    total = sum(one.total for one in found)
    tiles = [{"label": _("预测来量"), "value": f"{total:,.0f}", "note": ""}]
    told = [(actual[one.day], one.mean) for one in found if one.day in actual]
    if told:
        known = [(a[np.isfinite(a)], m[np.isfinite(a)]) for a, m in told]
        came, wanted = sum(float(a.sum()) for a, _m in known), sum(float(m.sum()) for _a, m in known)
        tiles.append({"label": _("实际来量"), "value": f"{came:,.0f}", "note": _("截至已统计的时段")})
        if wanted > 0:
            tiles.append({"label": _("实际 ÷ 预测"), "value": f"{100 * came / wanted:.1f}%", "note": _("同一时段相比")})
    peak = max(found, key=lambda one: float(one.mean.max()))
    slot = int(peak.mean.argmax())
    note = f"{peak.day:%m-%d} {HOURS[slot]}"
    tiles.append({"label": _("最忙半小时"), "value": f"{peak.mean[slot]:,.0f}", "note": note})
    return tiles


def curve(scope: Scope, found: Sequence[Day], actual: dict[dt.date, counting.Floats]) -> dict[str, Any]:
    """Forecast with its interval, what came, and what the planner corrected."""
    if not found:
        return {"series": []}
    one_day = scope.span == "day"
    labels = [text if one_day else f"{one.day:%m-%d} {text}" for one in found for text in HOURS]

    def joined(name: str) -> list[float]:
        return [round(float(value), 1) for one in found for value in getattr(one, name)]

    low, high = joined("low"), joined("high")
    came = [
        None if not np.isfinite(value) else float(value)
        for one in found for value in actual.get(one.day, np.full(SLOTS, np.nan))
    ]  # fmt: skip
    quiet = {"type": "line", "symbol": "none", "lineStyle": {"opacity": 0}, "silent": True}
    series: list[dict[str, Any]] = [
        {"type": "line", "name": _("预测"), "data": joined("mean"), "symbol": "none", "lineStyle": {"width": 2.5}},
        {"type": "line", "name": _("实际"), "data": came, "symbol": "none", "lineStyle": {"width": 1.5}},
        quiet | {"name": _("区间下限"), "data": low, "stack": "band"},
        quiet | {"name": _("区间"), "data": [round(b - a, 1) for a, b in zip(low, high, strict=True)], "stack": "band",
                 "areaStyle": {"opacity": 0.16}, "tooltip": {"show": False}},
        quiet | {"name": _("区间上限"), "data": high},
    ]  # fmt: skip
    names = [_("预测"), _("实际"), _("区间")]
    if any(one.overrides for one in found):
        series.append({"type": "line", "name": _("修正前"), "data": joined("machine"), "symbol": "none",
                       "lineStyle": {"type": "dashed", "width": 1}})  # fmt: skip
        names.append(_("修正前"))
    areas = [
        [{"xAxis": labels[hit["at"] + hit["from"]], "name": hit["event"].name},
         {"xAxis": labels[min(hit["at"] + hit["to"], len(labels)) - 1]}]
        for hit in _events(scope, found)
    ]  # fmt: skip
    if areas:
        series[0]["markArea"] = {"data": areas, "itemStyle": {"opacity": 0.12}, "label": {"fontSize": 11}}
    return {
        "legend": {"data": names}, "xAxis": {"type": "category", "data": labels, "boundaryGap": False},
        "yAxis": {"type": "value"}, "series": series,
    }  # fmt: skip


def _events(scope: Scope, found: Sequence[Day] | None = None) -> list[dict[str, Any]]:
    """Events of the days shown; with ``found``, ``at`` is the place of the day's first half hour in the chart."""
    unit = scope.queue.org if scope.queue else scope.unit
    assert unit is not None
    known = events_of.read(unit, scope.day, scope.last + ONE_DAY)
    days = (
        [one.day for one in found]
        if found is not None
        else [scope.day + n * ONE_DAY for n in range((scope.last - scope.day).days + 1)]
    )
    key = scope.queue.pk if scope.queue else None
    return [
        hit | {"at": number * SLOTS, "day": day}
        for number, day in enumerate(days) for hit in events_of.on_day(known, unit, key, day)
    ]  # fmt: skip


def _table(scope: Scope, found: Sequence[Day], actual: dict[dt.date, counting.Floats]) -> list[dict[str, Any]]:
    """By half hour for a day, by day for a week."""
    rows = []
    for one in found:
        came = actual.get(one.day, np.full(SLOTS, np.nan))
        handling = np.array(one.row.handle_seconds or np.zeros(SLOTS))
        lost = np.array(one.row.abandoned or np.zeros(SLOTS))
        if scope.span == "week":
            whole = bool(np.isfinite(came).all())
            weight = max(float(one.mean.sum()), 1e-9)
            rows.append({
                "label": f"{one.day:%m-%d}", "mean": one.total, "low": None, "high": None,
                "came": float(came.sum()) if whole else None, "handling": float((handling * one.mean).sum() / weight),
                "lost": 100 * float((lost * one.mean).sum() / weight), "out": False,
            })  # fmt: skip
            continue
        for slot in range(SLOTS):
            value = float(came[slot]) if np.isfinite(came[slot]) else None
            rows.append({
                "label": HOURS[slot], "mean": one.mean[slot], "low": one.low[slot], "high": one.high[slot], "came": value,
                "handling": handling[slot], "lost": 100 * lost[slot],
                "out": value is not None and not one.low[slot] - 0.5 <= value <= one.high[slot] + 0.5,
            })  # fmt: skip
    return rows


def _effects(found: Sequence[Day]) -> list[dict[str, Any]]:
    names, rows = effect_names(), []
    if not found:
        return rows
    for key, value in sorted(found[0].row.effects.items(), key=lambda item: item[0] != "baseline"):
        base = key == "baseline"
        if not base and abs(value - 1) < 0.005:
            continue
        text = f"{value:,.0f}" if base else f"{100 * (value - 1):+.1f}%"
        rows.append({"label": names.get(key, key), "value": text})
    return rows


def _weights(found: Sequence[Day]) -> list[dict[str, Any]]:
    if not found:
        return []
    names = model_names()
    given = sorted(found[0].row.weights.items(), key=lambda item: -item[1])
    return [{"label": names.get(key, key), "percent": round(100 * value)} for key, value in given if value >= 0.005]


def _notes(found: Sequence[Day]) -> list[str]:
    words = {
        "calendar_unknown": _("有日子还没有放假通知，按平日预测"), "no_history": _("没有历史来量，预测为 0"),
        "fallback:short_history": _("历史不满三周，只用同星期几的均值"), "ranges_assumed": _("历史太短，区间按正态分布假定"),
    }  # fmt: skip
    if not found:
        return []
    row = found[0].row
    key = f"queue:{row.queue_id}" if row.queue_id else f"unit:{row.org_id}"
    told = [words[code] for code in row.run.notes.get(key, []) if code in words]
    left = row.run.notes.get("left_out", [])
    if left:
        told.append(_("没有安装所需软件包，未参与比较的模型：%(names)s") % {"names": _("、").join(left)})
    return told


@require_POST
@staff_page(PLAN)
def start(request: HttpRequest) -> HttpResponse:
    """Forecast, staff or replay now, in the background."""
    scope = scope_of(request)
    what = request.POST.get("what", "forecast")
    page = request.POST.get("page", "forecast")
    back = scope.url(page if page in ("forecast", "requirement", "accuracy") else "forecast")
    if scope.unit is None or what not in ("forecast", "staff", "replay"):
        return redirect(back)
    unit = scope.unit
    return attempt(
        request, lambda: once(request, scope.actor, f"workforce.{what}", lambda: jobs.start(scope.actor, unit, what)),
        _("已开始计算，进度见页面上方"), back,
    )  # fmt: skip


@require_POST
@staff_page(PLAN)
def stop(request: HttpRequest) -> HttpResponse:
    """Stop the unit's job."""
    scope = scope_of(request)
    job = scope.context("forecast")["job"]
    if job is not None and scope.may_plan:
        cancel_job(job.job_id)
        messages.success(request, _("已要求停止，当前一步做完即停"))
    return redirect(scope.url("forecast"))


@require_GET
@staff_page(VIEW)
def progress(request: HttpRequest) -> HttpResponse:
    """The job in hand, asked again every two seconds; when it is over the page is loaded anew."""
    scope = scope_of(request)
    context = scope.context("forecast")
    response = render(request, "workforce/demand/_job.html", context)
    if context["job"] is None:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@staff_page(PLAN)
def override(request: HttpRequest) -> HttpResponse:
    """A planner's correction of one queue's forecast."""
    scope = scope_of(request)
    form = OverrideForm(request.POST)
    if scope.queue is None:
        form.add_error(None, _("请先选择一个队列，再修正它的预测"))
    if not form.is_valid() or scope.queue is None:
        return _page(request, scope, form)
    queue, data = scope.queue, form.cleaned_data
    try:
        once(request, scope.actor, "forecast.override", lambda: actions.override(
            scope.actor, queue.pk, starts=data["starts"], ends=data["ends"], factor=data["factor"], value=data["value"],
            reason=data["reason"]).pk)  # fmt: skip
    except ActionError as error:
        add_refusal(form, error)
        return _page(request, scope, form)
    messages.success(request, _("修正已生效；人力需求请重新计算"))
    return redirect(scope.url("forecast"))


@require_POST
@staff_page(PLAN)
def end_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a correction back."""
    scope = scope_of(request)
    return attempt(
        request, lambda: once(
            request, scope.actor, f"forecast.end_override:{pk}", lambda: actions.end_override(scope.actor, pk).pk
        ), _("修正已撤回"), scope.url("forecast"),
    )  # fmt: skip


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest) -> HttpResponseBase:
    """The page's half hours as a workbook."""
    scope = scope_of(request)
    rows: list[list[Any]] = []
    if scope.unit is not None:
        actual = actual_of(scope, scope.day, scope.last)
        for one in reading.days_of(scope.unit, scope.queue, scope.day, scope.last):
            came = actual.get(one.day, np.full(SLOTS, np.nan))
            handling, lost = one.row.handle_seconds or [0.0] * SLOTS, one.row.abandoned or [0.0] * SLOTS
            rows += [
                [one.day.isoformat(), HOURS[n], round(float(one.mean[n]), 2), round(float(one.low[n]), 2),
                 round(float(one.high[n]), 2), round(float(one.machine[n]), 2),
                 int(came[n]) if np.isfinite(came[n]) else "", round(handling[n], 1), round(lost[n], 4)]
                for n in range(SLOTS)
            ]  # fmt: skip
    heads = [
        _("日期"), _("时段"), _("预测来量"), _("区间下限"), _("区间上限"), _("修正前"), _("实际来量"), _("平均处理时长（秒）"),
        _("放弃率"),
    ]  # fmt: skip
    return workbook(request, f"forecast-{scope.day}", heads, rows, title=_("预测"))


def workbook(
    request: HttpRequest, name: str, heads: list[str], rows: list[list[Any]], *, title: str
) -> HttpResponseBase:
    """Rows as an Excel file, and the record that they left the house."""
    actor = actor_of(request)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    count = write(file, "xlsx", heads, rows, title=title)
    payload = {"table": name.split("-")[0], "format": "xlsx", "rows": count, "filters": sorted(request.GET)}
    events.record(actor, "table.exported", ("staff", actor.id or 0), org=None, payload=payload)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
