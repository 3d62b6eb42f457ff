"""The style guide: every component in all its states. Only in development and demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from denghuo.core.policies.models import PolicyValue
from denghuo.web import states, style_samples
from denghuo.web import tables as t
from denghuo.web.http import toast

MACHINES = ("request", "order", "contact", "callback", "satisfaction", "clock", "urgency", "outage")


class SampleTable(t.Table):
    """A table over rows that every installation has: the shipped policies."""

    key = t.Column(_("编号"), sort="key", css="dh-mono", link=lambda row: f"#{row.pk}")
    value = t.Column(_("值"), clip=True)
    trust = t.BadgeColumn(
        _("可信度"),
        look=lambda value, row: (value, {"S": "ok", "D": "warn"}.get(value, "neutral"), "flag"),
        sort="trust",
    )
    source = t.Column(_("来源"), clip=True)
    clock = t.ClockColumn(_("时限"), value=lambda row, ctx: style_samples.clocks()[row.pk % 5])

    class Meta:
        name = "sample"
        default_sort = "key"
        page_size = 8
        filters = [
            t.SearchFilter("q", _("搜索编号或来源"), fields=("key", "source")),
            t.ChoiceFilter("trust", _("可信度"), choices=[("S", "S"), ("W", "W"), ("K", "K"), ("D", "D")]),
            t.DateRangeFilter("changed", _("修改日期"), field="created_at"),
        ]
        export = True
        empty = (_("没有记录"), _("新的记录会自动出现在这里"))


def _open_only_in_demo() -> None:
    if not (settings.DEBUG or settings.DEMO):
        raise Http404


def style_guide(request: HttpRequest) -> HttpResponseBase:
    """All components on the staff frame."""
    _open_only_in_demo()
    table = SampleTable(request, PolicyValue.objects.all())
    machines = [(code, [(state, look) for state, look in states.states_of(code).items()]) for code in MACHINES]
    refused = style_samples.SampleForm({"name": "", "phone": "12", "kind": "none"})
    refused.add_error(None, _("这个号码今天已经报过修，请先查看进度"))
    context: dict[str, Any] = {
        "live_topics": ["floor:"],
        "machines": machines,
        "tones": states.TONES,
        "clocks": style_samples.clocks(),
        "events": style_samples.timeline(),
        "form": style_samples.SampleForm(),
        "refused": refused,
        "chart": style_samples.chart(),
        "no_chart": {"series": []},
        "points": style_samples.points(),
        "no_rows": SampleTable(request, PolicyValue.objects.none()),
    }
    return t.table_response(request, table, "web/style/guide.html", context)


def style_hall(request: HttpRequest) -> HttpResponse:
    """The customer frame."""
    _open_only_in_demo()
    return render(request, "web/style/hall.html", {"form": style_samples.SampleForm()})


def style_field(request: HttpRequest) -> HttpResponse:
    """The crew frame."""
    _open_only_in_demo()
    return render(
        request, "web/style/field.html", {"clocks": style_samples.clocks(), "form": style_samples.SampleForm()}
    )


def style_wall(request: HttpRequest) -> HttpResponse:
    """The wall frame."""
    _open_only_in_demo()
    context = {
        "clocks": style_samples.clocks(),
        "chart": style_samples.chart(),
        "points": style_samples.points(),
        "live_topics": ["floor:"],
    }
    return render(request, "web/style/wall.html", context)


def style_fragment(request: HttpRequest) -> HttpResponseBase:
    """Answers of each kind for trying toasts and failures."""
    _open_only_in_demo()
    kind = request.GET.get("kind", "")
    if kind == "fail":
        return HttpResponse(status=500)
    answer = HttpResponse(status=204)
    levels = {"ok": "success", "warn": "warning", "danger": "error"}
    return toast(answer, str(_("这是一条通知")), levels.get(kind, "info"))  # type: ignore[arg-type]


def style_map(request: HttpRequest) -> JsonResponse:
    """The sample map's outlines."""
    _open_only_in_demo()
    return JsonResponse(style_samples.geojson())
