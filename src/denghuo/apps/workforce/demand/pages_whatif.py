"""What if: a day of one queue under other conditions, beside the same day as planned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.contacts.choices import ChannelClass
from denghuo.apps.workforce.demand import actions, jobs
from denghuo.apps.workforce.demand.common import HOURS, scope_of
from denghuo.apps.workforce.demand.models import Scenario
from denghuo.apps.workforce.demand.reading import PLAN, VIEW
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.core.jobs import enqueue
from denghuo.core.scoping.models import units_under
from denghuo.web.formtools import PartForm, add_refusal, once

FIELDS = (
    "volume", "handling", "heads", "patience", "deflected", "within", "surge", "surge_from", "surge_to", "absence", "retry",
    "callback_after", "callback_accepted",
)  # fmt: skip


def _number(
    label: Any, low: float, high: float, initial: float, help_text: Any = "", *, required: bool = True
) -> forms.FloatField:
    return forms.FloatField(
        label=label, min_value=low, max_value=high, initial=initial, help_text=help_text, required=required
    )


class ScenarioForm(PartForm):
    """What differs from the day as planned."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    day = forms.DateField(label=gettext_lazy("日期"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    volume = _number(gettext_lazy("来量增减 %"), -90, 900, 0)
    heads = _number(gettext_lazy("每时段增减人数"), -200, 200, 0)
    handling = _number(gettext_lazy("处理时长增减 %"), -80, 300, 0)
    deflected = _number(gettext_lazy("机器人多解决 %"), 0, 95, 0)
    patience = _number(gettext_lazy("客户耐心增减 %"), -90, 500, 0)
    within = _number(gettext_lazy("应答时限（秒）"), 0, 3600, 0, gettext_lazy("0 为照目标不变"))
    surge = _number(gettext_lazy("突发来量倍数"), 0, 30, 1, gettext_lazy("如停电时 5 倍；1 为没有突发"))
    surge_from = forms.TypedChoiceField(
        label=gettext_lazy("突发开始"), choices=[(n, text) for n, text in enumerate(HOURS)], coerce=int, initial=28
    )
    surge_to = forms.TypedChoiceField(
        label=gettext_lazy("突发结束"), choices=[*((n, text) for n, text in enumerate(HOURS)), (48, "24:00")], coerce=int,
        initial=34,
    )  # fmt: skip
    absence = _number(gettext_lazy("缺勤 %"), 0, 90, 0, required=False)
    retry = _number(gettext_lazy("放弃后再打来 %"), 0, 95, 0, required=False)
    callback_after = _number(
        gettext_lazy("等待多久后可改为回呼（秒）"), 0, 3600, 0, gettext_lazy("0 为不提供"), required=False
    )
    callback_accepted = _number(gettext_lazy("愿意改为回呼 %"), 0, 100, 0, required=False)


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def scenarios(request: HttpRequest) -> HttpResponse:
    """A form for a new one and those kept."""
    scope = scope_of(request, whole=False)
    form = ScenarioForm(request.POST or None, initial={"day": scope.day, "name": _("来量多两成"), "volume": 20})
    if request.method == "POST" and form.is_valid() and scope.queue is not None:
        queue, data = scope.queue, form.cleaned_data
        changes = {name: float(data[name] or 0) for name in FIELDS}

        def save() -> int:
            row = actions.save_scenario(scope.actor, queue.pk, name=data["name"], day=data["day"], changes=changes)
            with transaction.atomic():
                number = enqueue(jobs.play, scenario_id=row.pk)
                Scenario.objects.filter(pk=row.pk).update(job_id=number)
            return row.pk

        try:
            return redirect("workforce:scenario", once(request, scope.actor, "scenario.save", save))
        except ActionError as error:
            add_refusal(form, error)
    rows: list[Scenario] = []
    if scope.unit is not None:
        found = Scenario.objects.select_related("queue").filter(org__in=units_under((scope.unit.path,)))
        rows = list(found.order_by("-pk")[:50])
    context = scope.context("scenarios") | {
        "form": form, "rows": [{"row": row, "changes": words(row.changes)} for row in rows], "one_queue": True,
        "lies": scope.queue is not None and scope.queue.channel_class == ChannelClass.DEFERRED,
    }  # fmt: skip
    return render(request, "workforce/demand/scenarios.html", context, status=422 if form.errors else 200)


@require_GET
@staff_page(VIEW)
def scenario(request: HttpRequest, pk: int) -> HttpResponse:
    """Both sides with intervals; while the job runs the page asks again."""
    row = _visible(actor_of(request), pk)
    scope = scope_of(request)
    context = scope.context("scenarios") | {
        "row": row, "changes": words(row.changes), "figures": _figures(row), "chart": _chart(row),
        "heads_chart": _plans(row), "may_plan": scope.actor.can(PLAN, row.org.path),
    }  # fmt: skip
    part = getattr(request, "htmx", False) and request.GET.get("part")
    return render(request, "workforce/demand/_scenario.html" if part else "workforce/demand/scenario.html", context)


@require_POST
@staff_page(PLAN)
def drill(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep it as the script of an exercise."""
    row = _visible(actor_of(request), pk)
    return attempt(
        request, lambda: once(
            request, actor_of(request), f"scenario.drill:{pk}", lambda: actions.keep_as_drill(actor_of(request), pk).pk
        ), _("已存为演练，可下载来量脚本"), f"/staff/workforce/scenarios/{row.pk}/",
    )  # fmt: skip


@require_GET
@staff_page(VIEW)
def script(request: HttpRequest, pk: int) -> HttpResponse:
    """The exercise's traffic by half hour as JSON."""
    row = _visible(actor_of(request), pk)
    if not row.drill:
        raise NotFound()
    other = row.other
    body = {
        "name": row.name, "queue": row.queue.code, "day": row.day.isoformat(), "changes": row.changes,
        "interval_minutes": 30, "contacts": other.get("contacts"), "handling_seconds": other.get("handling"),
        "heads": other.get("heads"),
    }  # fmt: skip
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="drill-{row.pk}.json"'
    return response


def _visible(actor: Actor, pk: int) -> Scenario:
    row = Scenario.objects.select_related("org", "queue").filter(pk=pk).first()
    if row is None or not actor.can(VIEW, row.org.path):
        raise NotFound()
    return row


def words(changes: dict[str, float]) -> list[str]:
    """What differs, in words."""
    told = []
    if changes.get("volume"):
        told.append(_("来量 %(n)+.0f%%") % {"n": changes["volume"]})
    if changes.get("heads"):
        told.append(_("每时段 %(n)+.0f 人") % {"n": changes["heads"]})
    if changes.get("handling"):
        told.append(_("处理时长 %(n)+.0f%%") % {"n": changes["handling"]})
    if changes.get("deflected"):
        told.append(_("机器人多解决 %(n).0f%%") % {"n": changes["deflected"]})
    if changes.get("patience"):
        told.append(_("客户耐心 %(n)+.0f%%") % {"n": changes["patience"]})
    if changes.get("within"):
        told.append(_("应答时限 %(n).0f 秒") % {"n": changes["within"]})
    if changes.get("absence"):
        told.append(_("缺勤 %(n).0f%%") % {"n": changes["absence"]})
    if changes.get("retry"):
        told.append(_("放弃后 %(n).0f%% 再打来") % {"n": changes["retry"]})
    if changes.get("callback_after") and changes.get("callback_accepted"):
        told.append(_("等 %(a).0f 秒后 %(n).0f%% 改为回呼") % {
            "a": changes["callback_after"], "n": changes["callback_accepted"]})  # fmt: skip
    if changes.get("surge", 1) != 1 and changes.get("surge_to", 0) > changes.get("surge_from", 0):
        hours = [*HOURS, "24:00"]
        told.append(_("%(a)s–%(b)s 来量 %(n)g 倍") % {
            "a": hours[int(changes["surge_from"])], "b": hours[int(changes["surge_to"])], "n": changes["surge"]})  # fmt: skip
    return told or [_("与计划相同")]


def _figures(row: Scenario) -> list[dict[str, Any]]:
    names = {
        "contacts": (_("来量"), 1, ""), "service_level": (_("服务水平"), 100, "%"), "abandoned": (_("放弃率"), 100, "%"),
        "lost": (_("放弃的客户"), 1, ""), "answer": (_("平均应答速度"), 1, _("秒")), "occupancy": (_("占用率"), 100, "%"),
        "called_back": (_("改为回呼"), 1, ""), "retried": (_("再次来电"), 1, ""),
    }  # fmt: skip
    if not row.result:
        return []

    def told(side: str, name: str, times: float) -> list[str]:
        return [f"{times * value:,.1f}" for value in row.result[side][name]]

    return [
        {"label": label, "unit": unit, "base": told("base", name, times), "other": told("other", name, times),
         "difference": told("difference", name, times),
         "sure": not row.result["difference"][name][1] <= 0 <= row.result["difference"][name][2]}
        for name, (label, times, unit) in names.items()
        if name in row.result["base"]
    ]  # fmt: skip


def _chart(row: Scenario) -> dict[str, Any]:
    if not row.result:
        return {"series": []}
    curve = {name: [round(100 * value, 1) for value in values] for name, values in row.result["curve"].items()}
    return _lines([(_("按计划"), curve["base"]), (_("推演"), curve["other"])], top=100)


def _plans(row: Scenario) -> dict[str, Any]:
    if not row.result:
        return {"series": []}
    return _lines([
        (_("按计划"), [round(v, 1) for v in row.base["contacts"]]), (_("推演"), [round(v, 1) for v in row.other["contacts"]]),
    ])  # fmt: skip


def _lines(lines: list[tuple[str, list[float]]], top: float | None = None) -> dict[str, Any]:
    return {
        "legend": {"data": [name for name, _data in lines]}, "xAxis": {"type": "category", "data": HOURS},
        "yAxis": {"type": "value"} | ({"max": top} if top else {}),
        "series": [
            {"type": "line", "name": name, "data": data, "symbol": "none",
             "lineStyle": {"type": "dashed" if number else "solid", "width": 2}}
            for number, (name, data) in enumerate(lines)
        ],
    }  # fmt: skip
