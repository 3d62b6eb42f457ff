"""Screens after an outage: those still out, merging what was inferred apart, classing a fault."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import households
from denghuo.apps.grid.actions.common import MANAGE
from denghuo.apps.grid.choices import OutageCause, RemainingState, SupplyDeviceKind
from denghuo.apps.grid.forms import show_faults
from denghuo.apps.grid.inference import actions, remaining
from denghuo.apps.grid.models import RemainingOutage, SupplyDevice
from denghuo.apps.grid.pages.detail import visible
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import masked
from denghuo.web import tables as t

LOOKS = {
    RemainingState.OPEN: ("danger", "alert-triangle"),
    RemainingState.NESTED: ("ok", "bolt-off"),
    RemainingState.CLEARED: ("muted", "circle-check"),
}
MOST_SHOWN = 50


class ClearForm(forms.Form):
    """How it was found that supply is back at all of them."""

    note = forms.CharField(
        label=gettext_lazy("核实情况"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


class RemainingTable(t.Table):
    """Lists of those still out, of the actor's units."""

    outage = t.Column(gettext_lazy("停电信息"), value=lambda row, ctx: row.outage.number, link="grid:remaining-one")
    feeder = t.Column(
        gettext_lazy("馈线"),
        value=lambda row, ctx: row.outage.feeder.name if row.outage.feeder else "",
        css="gr-nowrap",
    )
    state = t.BadgeColumn(gettext_lazy("状态"), value=lambda row, ctx: row.state, look=lambda value, row: look(row))
    callers = t.NumberColumn(gettext_lazy("恢复后报修"), sort="callers")
    silent = t.NumberColumn(gettext_lazy("未复电电表"), sort="silent")
    unconfirmed = t.NumberColumn(gettext_lazy("未核实报修"), sort="unconfirmed")
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label, css="gr-nowrap")
    restored_at = t.TimeColumn(gettext_lazy("报送恢复"), sort="restored_at")
    found_at = t.TimeColumn(gettext_lazy("发现时间"), sort="found_at")

    class Meta:
        name = "remaining"
        default_sort = "-found_at"
        page_size = 50
        paging = "pages"
        export = True
        filters = [
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=RemainingState.choices),
            t.DateRangeFilter("found_at", gettext_lazy("发现时间")),
        ]
        empty = (
            gettext_lazy("没有恢复后仍无电的客户"),
            gettext_lazy("报送恢复后还有人报修、或电表没有复电上报时会列在这里"),
        )


def look(row: RemainingOutage) -> tuple[str, str, str]:
    """The state as words, tone and icon."""
    return (str(row.get_state_display()), *LOOKS[RemainingState(row.state)])


@require_GET
@staff_page("grid.view")
def remaining_page(request: HttpRequest) -> HttpResponseBase:
    """Who is still out after a restoration, newest first."""
    actor = actor_of(request)
    table = RemainingTable(request, _visible(actor), actor=actor)
    paths = [f"floor:{path}" for path in actor.paths_for("grid.view")]
    return t.table_response(
        request, table, "grid/remaining.html", {"live_topics": paths, "tab": "remaining", "wide": True}
    )


@require_GET
@staff_page("grid.view")
def remaining_one(request: HttpRequest, remaining_id: int) -> HttpResponse:
    """One list: the devices inferred, the households, and the decision."""
    return _page(request, _one(actor_of(request), remaining_id))


@require_POST
@staff_page(MANAGE)
def remaining_act(request: HttpRequest, remaining_id: int, act: str) -> HttpResponse:
    """Make it an outage for the same crew, ask a sample, or note that all have supply."""
    actor = actor_of(request)
    row = _one(actor, remaining_id)
    if act == "accept":
        wanted = request.POST.get("device", "")
        device = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
        nested = remaining.accept(actor, row.pk, device_id=device)
        messages.success(request, _("已转为停电，由原班组继续处理"))
        return redirect("grid:outage", nested.pk)
    if act == "ask":
        asked = remaining.ask(actor, row.pk)
        messages.success(request, _("已询问 %(n)s 户是否来电") % {"n": len(asked)})
        return redirect("grid:remaining-one", row.pk)
    if act != "clear":
        raise NotFound()
    form = ClearForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        remaining.clear(actor, row.pk, note=form.cleaned_data["note"])
    except InvalidInput as error:
        show_faults(form, error)
        return _page(request, row, form)
    messages.success(request, _("已登记全部恢复"))
    return redirect("grid:remaining")


@require_POST
@staff_page(MANAGE)
def inferred_merge(request: HttpRequest, inferred_id: int) -> HttpResponse:
    """Two inferred outages are one."""
    actor = actor_of(request)
    wanted = request.POST.get("other", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise NotFound(_("请选择另一条推断停电"))
    kept = actions.merge_inferred(actor, inferred_id, int(wanted))
    messages.success(request, _("已合并到上级设备"))
    return redirect("grid:inferred-one", kept.pk)


@require_POST
@staff_page(MANAGE)
def outage_classify(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Class a fault by equipment and cause."""
    actor = actor_of(request)
    visible(actor, outage_id)
    actions.classify_outage(
        actor, outage_id, device_kind=request.POST.get("device_kind", ""), cause_code=request.POST.get("cause_code", "")
    )
    messages.success(request, _("已归类"))
    return redirect("grid:outage", outage_id)


def class_choices() -> dict[str, Any]:
    """What a fault may be classed as, for the page of an outage."""
    return {"device_kinds": SupplyDeviceKind.choices, "cause_codes": OutageCause.choices}


def _visible(actor: Actor) -> QuerySet[RemainingOutage]:
    rows = RemainingOutage.objects.visible_to(actor, "grid.view")
    return rows.select_related("outage__feeder", "org", "nested", "decided_by")


def _one(actor: Actor, remaining_id: int) -> RemainingOutage:
    row = _visible(actor).filter(pk=remaining_id).first()
    if row is None:
        raise NotFound(_("没有这份名单，或不在您的管辖范围"))
    return row


def _page(request: HttpRequest, row: RemainingOutage, form: ClearForm | None = None) -> HttpResponse:
    actor = actor_of(request)
    known = SupplyDevice.objects.in_bulk([one["device_id"] for one in row.devices])
    devices = [
        {"device": known[one["device_id"]], "share": f"{one['posterior']:.0%}", **one}
        for one in row.devices
        if one["device_id"] in known
    ]
    context = {
        "row": row, "look": look(row), "devices": devices, "homes": _homes(actor, row), "form": form or ClearForm(),
        "undecided": row.state == RemainingState.OPEN and actor.can(MANAGE, row.org.path),
        "live_topics": [f"remaining:{row.pk}"], "tab": "remaining", "wide": True,
    }  # fmt: skip
    return render(request, "grid/remaining_one.html", context, status=422 if form is not None else 200)


def _homes(actor: Actor, row: RemainingOutage) -> list[dict[str, Any]]:
    """The households, masked for who looks; those the actor may not see are left out."""
    source = households.source()
    wanted = list(dict.fromkeys([*row.account_ids, *row.unconfirmed_ids]))[:MOST_SHOWN]
    if source is None or not wanted:
        return []
    left, asked = set(row.account_ids), set(row.asked_ids)
    return [
        {
            "account": one, "number": masked(one, "number", actor), "address": masked(one, "address", actor),
            "left": one.pk in left, "asked": one.pk in asked,
        }
        for one in source.rows(actor, [], wanted)
    ]  # fmt: skip
