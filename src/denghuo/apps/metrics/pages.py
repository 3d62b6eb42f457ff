"""The supervisor's board, its wall form, and the rows behind the arrival figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.metrics import charts, looks, queries  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.metrics.models import ArrivalRecord
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.states import look_of

REQUEST_STATES = ("submitted", "accepted", "dispatched", "handling", "returned", "rework", "callback", "merged")
ORDER_STATES = ("sent", "accepted", "departed", "arrived", "finished", "sent_back")


def context_of(actor: Actor) -> dict[str, Any]:
    """Everything either board shows, for the units the actor may watch."""
    now = moment.now()
    today = timezone.localtime(now).date()
    floor = queries.floor(actor, now)
    waiting = floor.contacts.get("waiting", 0)
    crews = queries.crews_on_map(actor)
    orders = queries.arrival_orders(actor, today)
    breaches = sum(floor.today.get("clock.breached", {}).values())
    return {
        "floor": floor,
        "now": now,
        "waiting": waiting,
        "waiting_tone": "danger" if waiting >= policies.get("floor.waiting.warn") else "",
        "in_service": floor.contacts.get("in_service", 0),
        "request_states": [
            (state, look_of("request", state), floor.requests.get(state, 0)) for state in REQUEST_STATES
        ],
        "order_states": [(state, look_of("order", state), floor.orders.get(state, 0)) for state in ORDER_STATES],
        "open_requests": sum(floor.requests.values()),
        "clocks": _clock_rows(queries.clocks_running_out(actor, policies.get("floor.clock.list"))),
        "areas": _areas(floor.arrivals),
        "crews_free": sum(1 for crew in crews if crew["state"] == "free"),
        "crews_of": f"/ {len(crews)}",
        "crew_points": [_crew_point(crew) for crew in crews],
        "arrival_chart": charts.arrivals(orders, floor.arrivals),
        "arrival_count": len(orders),
        "contacts_today": sum(floor.today.get("contact.opened", {}).values()),
        "requests_today": sum(floor.today.get("request.submitted", {}).values()),
        "breaches_today": breaches,
        "breach_tone": "warn" if breaches else "",
        "satisfaction": floor.today.get("callback.done", {}),
        "paths": actor.paths_for(queries.PERMISSION),
        "live_topics": [f"floor:{path}" for path in actor.paths_for(queries.PERMISSION)],
        "live_lag": queries.live_lag_seconds(),
    }


def _area(code: str) -> str:
    return str(AreaType(code).label) if code in AreaType.values else _("未标注")


def _areas(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The arrivals by area in the order of the trade, with what the page writes of them."""
    order = {code: place for place, code in enumerate(AreaType.values)}
    return [
        row
        | {
            "label": _area(row["area_type"]),
            "met_percent": round(100 * row["met_share"], 1),
            "mean_text": f"{row['mean']:.1f}",
            "promise_text": _("承诺 %(minutes)g 分") % {"minutes": row["promise"]} if row["promise"] else "",
            "tone": "ok" if row["kept"] else "danger",
        }
        for row in sorted(rows, key=lambda row: order.get(row["area_type"], len(order)))
    ]


def _clock_rows(clocks: list[Clock]) -> list[dict[str, Any]]:
    """Clocks with what they are on: the number of the request, or that it is a conversation."""
    numbers = queries.numbers_of(clock.subject_id for clock in clocks if clock.subject_kind == "request")
    return [
        {
            "clock": clock,
            "url": f"/staff/requests/{clock.subject_id}/" if clock.subject_kind == "request" else "",
            "number": numbers.get(clock.subject_id, "") if clock.subject_kind == "request" else _("联络"),
            "label": look_of("clock_kind", clock.kind).label,
        }
        for clock in clocks
    ]


def _crew_point(crew: dict[str, Any]) -> dict[str, Any]:
    look = look_of("crew", crew["state"])
    label = f"{crew['name']} · {look.label}" + (f" · {crew['order']}" if crew["order"] else "")
    return {
        "id": crew["id"],
        "lat": crew["lat"],
        "lng": crew["lon"],
        "icon": "truck",
        "tone": look.tone,
        "label": label,
        "square": True,
    }


@staff_page(queries.PERMISSION)
def floor_page(request: HttpRequest) -> HttpResponse:
    """The board; an HTMX call gets the moving part only."""
    context = context_of(actor_of(request)) | {"wide": True}
    template = "metrics/_board.html" if getattr(request, "htmx", False) else "metrics/floor.html"
    return render(request, template, context)


@staff_page(queries.PERMISSION)
def wall_page(request: HttpRequest) -> HttpResponse:
    """The board for a wall: large figures, no controls."""
    context = context_of(actor_of(request))
    template = "metrics/_wall.html" if getattr(request, "htmx", False) else "metrics/wall.html"
    return render(request, template, context)


class ArrivalTable(t.Table):
    """The arrivals behind the mean, one row an order."""

    number = t.Column(gettext_lazy("编号"), sort="number", link=lambda row: f"/staff/requests/{row.request_id}/")
    area = t.StateColumn(gettext_lazy("地域"), kind="area", value=lambda row, ctx: row.area_type, sort="area_type")
    crew = t.Column(gettext_lazy("班组"), value=lambda row, ctx: row.crew_name, sort="crew_name")
    accepted_at = t.TimeColumn(gettext_lazy("受理时间"), sort="accepted_at")
    arrived_at = t.TimeColumn(gettext_lazy("到达时间"), sort="arrived_at")
    minutes = t.Column(gettext_lazy("用时（分钟）"), value=lambda row, ctx: f"{row.minutes:.1f}", sort="minutes")
    limit = t.Column(
        gettext_lazy("逐单标准（分钟）"),
        value=lambda row, ctx: "—" if row.limit_minutes is None else f"{row.limit_minutes:.0f}",
    )
    met = t.Column(
        gettext_lazy("是否达标"),
        value=lambda row, ctx: gettext_lazy("达标") if row.met else gettext_lazy("超时"),
        sort="met",
    )

    class Meta:
        name = "arrivals"
        default_sort = "-arrived_at"
        page_size = 50
        export = True
        filters = [
            t.ChoiceFilter("area_type", gettext_lazy("地域"), choices=AreaType.choices),
            t.DateRangeFilter("arrived_at", gettext_lazy("到达日期")),
            t.BoolFilter("late", gettext_lazy("只看超时"), apply=lambda qs, _on: qs.filter(met=False)),
        ]
        empty = (gettext_lazy("还没有到达记录"), gettext_lazy("班组到达现场后，这里会逐单列出用时"))


@staff_page(queries.PERMISSION)
def arrivals_page(request: HttpRequest) -> HttpResponse:
    """Every arrival the actor may see, with sort, filter, paging and export."""
    actor = actor_of(request)
    rows = ArrivalRecord.objects.visible_to(actor, queries.PERMISSION)
    table = ArrivalTable(request, rows, actor=actor)
    return t.table_response(request, table, "metrics/arrivals.html", {"live_topics": []})
