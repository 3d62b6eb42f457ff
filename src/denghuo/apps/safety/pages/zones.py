"""Zones: the list and the editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.safety import actions, queries
from denghuo.apps.safety.choices import ZoneKind
from denghuo.apps.safety.forms import ZoneForm
from denghuo.apps.safety.models import SafetyZone
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

VIEW, MANAGE = "safety.view", "safety.manage"
#: where the refusals of the action belong in the form
FIELD_OF = {"lon": "shape", "lat": "shape", "ring": "shape"}


def _holds(row: SafetyZone, ctx: Any) -> str:
    now = moment.now()
    if row.valid_until is not None and row.valid_until <= now:
        return _("已失效")
    return _("未生效") if row.valid_from > now else _("生效中")


def _rule(row: SafetyZone, ctx: Any) -> str:
    parts = [_("进入告警")] if row.on_enter else []
    return _("、").join(parts + ([_("离开告警")] if row.on_leave else [])) or _("只记录")


class ZoneTable(t.Table):
    """Zones in the reader's reach."""

    name = t.Column(gettext_lazy("名称"), sort="name", link="safety:zone")
    kind = t.StateColumn(gettext_lazy("类型"), kind="safety_zone", sort="kind")
    holds = t.Column(gettext_lazy("状态"), value=_holds)
    rule = t.Column(gettext_lazy("规则"), value=_rule)
    subjects = t.Column(gettext_lazy("管控对象"), value=lambda row, ctx: row.get_subjects_display())
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    valid_from = t.TimeColumn(gettext_lazy("生效时间"), sort="valid_from")
    valid_until = t.TimeColumn(gettext_lazy("失效时间"), sort="valid_until")

    class Meta:
        name = "safety-zones"
        default_sort = "-valid_from"
        page_size = 50
        filters = (
            t.SearchFilter("q", gettext_lazy("搜索名称"), fields=("name",)),
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=ZoneKind.choices),
            t.BoolFilter(
                "now", gettext_lazy("只看生效中"),
                apply=lambda qs, _value: qs.filter(valid_from__lte=moment.now()).exclude(valid_until__lte=moment.now()),
            ),
        )  # fmt: skip
        export = True
        empty = (gettext_lazy("没有安全区域"), gettext_lazy("班组到达现场时自动生成作业现场；危险区、禁入区可在此划定"))


@staff_page(VIEW)
@require_GET
def zones(request: HttpRequest) -> HttpResponseBase:
    """The list (index ``safety_zone_org``)."""
    actor = actor_of(request)
    table = ZoneTable(request, SafetyZone.objects.visible_to(actor, VIEW).select_related("org"), actor=actor)
    context = {"tab": "zones", "may_manage": actor.can_somewhere(MANAGE)}
    return t.table_response(request, table, "safety/zones.html", context)


def _found(actor: Actor, pk: int) -> SafetyZone:
    zone = SafetyZone.objects.visible_to(actor, VIEW).select_related("org", "order", "crew").filter(pk=pk).first()
    if zone is None:
        raise NotFound(_("没有这个区域，或不在您的管辖范围"))
    return zone


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Draw a zone."""
    return _edit(request, None)


@staff_page(VIEW)
@require_http_methods(["GET", "POST"])
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a zone; change it, for who may and unless it belongs to an order."""
    return _edit(request, _found(actor_of(request), pk))


def _edit(request: HttpRequest, row: SafetyZone | None) -> HttpResponse:
    actor = actor_of(request)
    may = actor.can_somewhere(MANAGE) if row is None else actor.can(MANAGE, row.org.path)
    form = ZoneForm(actor, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = once(
                request, actor, "safety.set_zone",
                lambda: actions.save_zone(actor, row.pk if row else None, **form.values()).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("安全区域已保存"))
            return redirect("safety:zone", saved)
    now = moment.now()
    others = [one for one in queries.zones_in_force(actor, now) if row is None or one.pk != row.pk]
    own = queries.shapes([row], lambda _zone: "") if row is not None else []
    context = {
        "form": form, "row": row, "tab": "zones", "may_edit": may and (row is None or row.kind != ZoneKind.SITE),
        "may_end": row is not None and may and (row.valid_until is None or row.valid_until > now),
        "rule": _rule(row, None) if row else "", "holds": _holds(row, None) if row else "",
        "zones": queries.shapes(others, lambda _zone: "") + (own if row and row.kind == ZoneKind.SITE else []),
        "centre": [(row.org.lon, row.org.lat)] if row else [], "points": _middle(row),
    }  # fmt: skip
    return render(request, "safety/zone.html", context, status=422 if form.errors else 200)


def _middle(row: SafetyZone | None) -> list[dict[str, Any]]:
    """A pin in the middle of what is shown, so that the map opens there."""
    if row is None or not row.has_ground:
        return []
    corners = row.ring or [[row.lon, row.lat]]
    lon, lat = (sum(corner[n] for corner in corners) / len(corners) for n in (0, 1))
    return [{"id": "middle", "lat": lat, "lng": lon, "icon": "map-pin", "tone": "neutral", "label": row.name}]


@staff_page(MANAGE)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The zone holds no longer."""
    actor = actor_of(request)
    _found(actor, pk)
    once(request, actor, "safety.end_zone", lambda: actions.end_zone(actor, pk).pk)
    messages.success(request, _("区域已失效"))
    return redirect("safety:zone", pk)
