"""Lists: matters told again and again, areas with frequent outages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.choices import ComplaintGrade
from denghuo.apps.requests.linking import reading
from denghuo.apps.requests.linking.choices import OutageBand, RepeatKind
from denghuo.apps.requests.linking.models import FrequentOutageArea
from denghuo.apps.requests.queries.lists import visible
from denghuo.core import moment, policies
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.states import Look, register_states

MAP_POINTS = 500

register_states(
    "outage_band",
    {
        OutageBand.FREQUENT: Look(OutageBand.FREQUENT.label, "bolt-off", "warn"),
        OutageBand.WORSE: Look(OutageBand.WORSE.label, "alert-triangle", "danger"),
    },
)


class RepeatedTable(t.Table):
    """Repeated matters, the latest contact first."""

    number = t.Column(
        gettext_lazy("首次诉求"), value=lambda row, ctx: row.request.number,
        link=lambda row: f"/staff/requests/{row.request_id}/",
    )  # fmt: skip
    kind = t.Column(gettext_lazy("情形"), value=lambda row, ctx: row.get_kind_display())
    contacts = t.NumberColumn(gettext_lazy("次数"), sort="contacts")
    type = t.Column(gettext_lazy("业务类型"), value=lambda row, ctx: row.request.get_type_display())
    state = t.StateColumn(gettext_lazy("状态"), kind="request", value=lambda row, ctx: row.request.state)
    grade = t.Column(
        gettext_lazy("建议等级"), value=lambda row, ctx: dict(ComplaintGrade.choices).get(row.proposed_grade)
    )
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    first_at = t.TimeColumn(gettext_lazy("首次来电"), sort="first_at")
    at = t.TimeColumn(gettext_lazy("最近来电"), sort="at")

    class Meta:
        name = "repeated"
        default_sort = "-at"
        page_size = 50
        export = True
        filters = [
            t.ChoiceFilter("kind", gettext_lazy("情形"), choices=RepeatKind.choices),
            t.DateRangeFilter("at", gettext_lazy("最近来电")),
        ]
        empty = (gettext_lazy("没有重复诉求"), gettext_lazy("同一客户就同一事项多次来电时自动列入"))


@staff_page("requests.view")
def repeated(request: HttpRequest) -> HttpResponse:
    """Matters told again and again, with the index: their share of the requests of the period."""
    actor = actor_of(request)
    days = policies.get("repeat.days")
    since = moment.now() - dt.timedelta(days=days)
    rows = reading.repeated_matters(actor)
    table = RepeatedTable(request, rows, actor=actor)
    totals = dict.fromkeys(RepeatKind.values, 0) | dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    told = visible(actor).filter(submitted_at__gte=since).count()
    lately = rows.filter(at__gte=since, kind=RepeatKind.CONTACTS).count()
    context: dict[str, Any] = {
        "share_label": _("三次来电件数占比") if policies.get("repeat.contacts") == 3 else _("多次来电件数占比"),
        "share": f"{100 * lately / told:.2f}" if told else "—",
        "tab": "repeated", "days": round(days), "least": policies.get("repeat.contacts"), "totals": totals, "wide": True,
    }  # fmt: skip
    return t.table_response(request, table, "requests/linking/repeated.html", context)


class AreaTable(t.Table):
    """Areas on the list, most outages first."""

    name = t.Column(gettext_lazy("台区"), value=lambda row, ctx: row.transformer.name)
    code = t.Column(gettext_lazy("台区编号"), value=lambda row, ctx: row.transformer.code, css="dh-mono")
    band = t.StateColumn(gettext_lazy("程度"), kind="outage_band")
    times = t.NumberColumn(gettext_lazy("停电次数"), sort="times")
    causes = t.Column(
        gettext_lazy("停电类型与原因"), template="requests/linking/_causes_cell.html",
        value=lambda row, ctx: "、".join(f"{name} {n}" for name, n in row.kinds_shown),
    )  # fmt: skip
    feeder = t.Column(gettext_lazy("馈线"), value=lambda row, ctx: row.transformer.feeder.name)
    customers = t.NumberColumn(gettext_lazy("户数"), value=lambda row, ctx: row.transformer.customers)
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    last_at = t.TimeColumn(gettext_lazy("最近停电"), sort="last_at")

    class Meta:
        name = "frequent_areas"
        default_sort = "-times"
        page_size = 50
        export = True
        filters = [t.ChoiceFilter("band", gettext_lazy("程度"), choices=OutageBand.choices)]
        empty = (gettext_lazy("没有频繁停电台区"), gettext_lazy("统计期内停电次数达到标准的台区自动列入"))


@staff_page("grid.view")
def areas(request: HttpRequest) -> HttpResponse:
    """Areas with frequent outages, with their place on the map."""
    actor = actor_of(request)
    rows = reading.frequent_areas(actor)
    table = AreaTable(request, rows, actor=actor)
    totals = dict(rows.order_by().values_list("band").annotate(n=Count("pk")))
    context = {
        "tab": "areas",
        "days": policies.get("outage.repeated_days"),
        "least": policies.get("outage.repeated_times"),
        "worse": policies.get("outage.repeated_worse"),
        "totals": {"frequent": sum(totals.values()), "worse": totals.get(OutageBand.WORSE, 0)},
        "points": [_point(row) for row in rows.order_by("-times")[:MAP_POINTS]],
        "wide": True,
    }
    return t.table_response(request, table, "requests/linking/areas.html", context)


def _point(row: FrequentOutageArea) -> dict[str, Any]:
    worse = row.band == OutageBand.WORSE
    return {
        "lat": row.transformer.lat,
        "lng": row.transformer.lon,
        "icon": "alert-triangle" if worse else "bolt-off",
        "tone": "danger" if worse else "warn",
        "label": _("%(name)s：停电 %(n)s 次") % {"name": row.transformer.name, "n": row.times},
        "square": worse,
    }
