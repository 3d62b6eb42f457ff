"""Alarms: the list, one alarm, taking it in hand and closing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.safety import actions, looks, queries
from denghuo.apps.safety.choices import AlarmKind, AlarmStage
from denghuo.apps.safety.forms import CloseForm
from denghuo.apps.safety.models import SafetyAlarm
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, NotFound
from denghuo.core.events import timeline
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

VIEW = "safety.view"


class AlarmTable(t.Table):
    """Alarms in the reader's reach."""

    at = t.TimeColumn(gettext_lazy("发生时间"), sort="at", link="safety:alarm")
    kind = t.StateColumn(gettext_lazy("类型"), kind="safety_alarm_kind", sort="kind")
    stage = t.StateColumn(gettext_lazy("状态"), kind="safety_stage", sort="stage")
    who = t.Column(gettext_lazy("设备和人员"), value=lambda row, ctx: queries.title_of(row.tracker))
    place = t.Column(gettext_lazy("区域"), value=lambda row, ctx: row.zone.name if row.zone else "")
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    times = t.NumberColumn(gettext_lazy("次数"), sort="times")
    handler = t.Column(
        gettext_lazy("处置人"), value=lambda row, ctx: row.acknowledged_by.display_name if row.acknowledged_by else ""
    )
    outcome = t.Column(gettext_lazy("结论"), value=lambda row, ctx: row.get_outcome_display())

    class Meta:
        name = "safety-alarms"
        default_sort = "-at"
        page_size = 50
        filters = (
            t.SearchFilter("q", gettext_lazy("搜索设备、班组或区域"), fields=("tracker__code", "tracker__name", "crew__name", "zone__name")),
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=AlarmKind.choices),
            t.ChoiceFilter("stage", gettext_lazy("状态"), choices=AlarmStage.choices),
            t.DateRangeFilter("at", gettext_lazy("发生日期")),
        )  # fmt: skip
        export = True
        empty = (gettext_lazy("没有告警"), gettext_lazy("现场人员求救、越界、静止或失联时会出现在这里"))


@staff_page(VIEW)
@require_GET
def alarms(request: HttpRequest) -> HttpResponseBase:
    """The list (index ``safety_alarm_org``)."""
    actor = actor_of(request)
    rows = SafetyAlarm.objects.visible_to(actor, VIEW).select_related(
        "org", "tracker__wearer", "tracker__crew", "zone", "acknowledged_by"
    )
    table = AlarmTable(request, rows, actor=actor)
    topics = [f"floor:{path}" for path in actor.paths_for(VIEW)]
    return t.table_response(request, table, "safety/alarms.html", {"tab": "alarms", "live_topics": topics})


def _found(actor: Actor, pk: int) -> SafetyAlarm:
    rows = SafetyAlarm.objects.visible_to(actor, VIEW).select_related(
        "org", "tracker__wearer", "tracker__crew", "zone", "order", "acknowledged_by", "closed_by"
    )
    alarm = rows.filter(pk=pk).first()
    if alarm is None:
        raise NotFound(_("没有这条告警，或不在您的管辖范围"))
    return alarm


def _page(request: HttpRequest, pk: int, form: CloseForm | None = None) -> HttpResponse:
    actor = actor_of(request)
    alarm = _found(actor, pk)
    person = alarm.tracker.kind == "person"
    located = alarm.lon is not None and (not person or actor.can("safety.locate", alarm.org.path))
    look = looks.ALARM[alarm.kind]
    context: dict[str, Any] = {
        "alarm": alarm, "who": queries.title_of(alarm.tracker), "form": form or CloseForm(), "tab": "alarms",
        "open": alarm.stage != AlarmStage.CLOSED, "may_handle": actor.can("safety.handle", alarm.org.path),
        "located": located, "events": timeline("safety_alarm", alarm.pk), "live_topics": [f"floor:{alarm.org.path}"],
        "points": [{"lat": alarm.lat, "lng": alarm.lon, "icon": look.icon, "tone": look.tone, "label": str(look.label)}],
        "zones": queries.shapes([alarm.zone], lambda zone: "") if alarm.zone else [],
        "limit": f"{alarm.value:g} {alarm.unit}".strip() if alarm.value is not None else "",
    }  # fmt: skip
    return render(request, "safety/alarm.html", context, status=422 if form is not None else 200)


@staff_page(VIEW)
@require_GET
def alarm(request: HttpRequest, pk: int) -> HttpResponse:
    """One alarm: what, who, where, what was done."""
    return _page(request, pk)


@staff_page("safety.handle")
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it in hand."""
    actor = actor_of(request)
    _found(actor, pk)
    try:
        once(request, actor, "safety.acknowledge", lambda: actions.acknowledge_alarm(actor, pk).pk)
        messages.success(request, _("已开始处置，请先联系现场人员"))
    except Conflict as error:
        messages.error(request, error.message)
    back = request.POST.get("from") == "home"
    return redirect(reverse("safety:home") if back else reverse("safety:alarm", args=[pk]))


@staff_page("safety.handle")
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close it with a conclusion."""
    actor = actor_of(request)
    _found(actor, pk)
    form = CloseForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request, actor, "safety.close",
                lambda: actions.close_alarm(actor, pk, outcome=data["outcome"], note=data["note"]).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("告警已解除"))
            return redirect("safety:alarm", pk)
    return _page(request, pk, form)
