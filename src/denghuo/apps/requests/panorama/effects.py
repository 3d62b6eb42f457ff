"""How well closed voltage complaints were answered: the index E, our own formula with weights as policies."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.models import CallBack, Request
from denghuo.apps.requests.queries import visible
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.engine.voltage import effect_index
from denghuo.web import tables as t

VOLTAGE = Q(fault_class="power_quality") | Q(class_code__startswith="power_quality") | Q(phenomenon="low_voltage")


def closed_complaints(actor: Actor) -> QuerySet[Request]:
    """Filed voltage complaints the actor may see, with ``solved`` of their last call-back (``requests_newest``)."""
    calls = CallBack.objects.filter(request=OuterRef("pk"), state=CallBackState.DONE).order_by("-round")
    rows = visible(actor).filter(VOLTAGE, state="archived").select_related("org")
    return rows.annotate(solved=Subquery(calls.values("resolved")[:1]))


def hours_taken(row: Request) -> float | None:
    """From the request to its solution (returned by the crew, else filed), in hours."""
    end = row.returned_at or row.archived_at
    return max(0.0, (end - row.submitted_at).total_seconds() / 3600) if end else None


def effect_of(row: Any) -> float | None:
    """E of a row of :func:`closed_complaints`; None without a time of solution. Unknown parts count what the policy says."""
    taken = hours_taken(row)
    if taken is None:
        return None
    weights = policies.get("voltage.effect.weights", row.org)
    unknown = policies.get("voltage.effect.unknown", row.org)
    satisfaction = policies.get("voltage.effect.satisfaction", row.org).get(row.satisfaction, unknown)
    return effect_index(
        policies.get("voltage.effect.ideal_hours", row.org),
        taken,
        unknown if row.solved is None else float(row.solved),
        satisfaction,
        (weights["response"], weights["resolution"], weights["satisfaction"]),
    )


def _solved(row: Any, _ctx: Any) -> str:
    return _("未回访") if row.solved is None else _("是") if row.solved else _("否")


class EffectTable(t.Table):
    """Closed voltage complaints, newest first."""

    number = t.Column(gettext_lazy("编号"), link="requests:detail", sort="number")
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    submitted_at = t.TimeColumn(gettext_lazy("提交时间"), sort="submitted_at")
    taken = t.NumberColumn(gettext_lazy("办结用时（小时）"), digits=1, value=lambda row, ctx: hours_taken(row))
    solved = t.Column(gettext_lazy("问题解决"), value=_solved)
    satisfaction = t.Column(gettext_lazy("满意度"), value=lambda row, ctx: row.get_satisfaction_display())
    effect = t.NumberColumn(gettext_lazy("响应效果指数 E"), digits=2, value=lambda row, ctx: effect_of(row))

    class Meta:
        name = "voltage-effects"
        default_sort = "-submitted_at"
        page_size = 50
        export = True
        filters = [t.DateRangeFilter("submitted_at", gettext_lazy("提交日期"))]
        empty = (gettext_lazy("没有已办结的电压诉求"), gettext_lazy("换个日期范围试试"))


@staff_page("requests.view")
def effects(request: HttpRequest) -> HttpResponseBase:
    """Closed voltage complaints of the actor's units with their index; filters and export."""
    actor = actor_of(request)
    table = EffectTable(request, closed_complaints(actor), actor=actor)
    return t.table_response(request, table, "requests/panorama/effects.html", {"wide": True})
