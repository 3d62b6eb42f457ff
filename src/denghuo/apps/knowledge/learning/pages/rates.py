"""How well the base does: over all, by who asks, by answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.knowledge.choices import Scene
from denghuo.apps.knowledge.learning import queries, rates
from denghuo.apps.knowledge.learning.pages.common import SIDE_LABELS, SPANS, base, side_of, span_of
from denghuo.apps.knowledge.queries import base as entries_of
from denghuo.core import policies
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of

TOP = 8
LISTED = 100
LISTS = {
    "solve": rates.worst_solved,
    "ignored": rates.never_chosen,
    "transfer": rates.most_transferred,
}


def _chart(weeks: list[dict[str, Any]]) -> dict[str, Any]:
    """Questions by outcome and the solve rate, by week."""
    names = [week["week"].strftime("%m-%d") for week in weeks]
    rest = [week["n"] - week["answered_n"] - week["refused_n"] for week in weeks]
    solved = [round(100 * week["solved_n"] / week["judged_n"]) if week["judged_n"] else None for week in weeks]
    bars = {"type": "bar", "stack": "n", "barMaxWidth": 28}
    return {
        "legend": {},
        "xAxis": {"type": "category", "data": names},
        "yAxis": [
            {"type": "value", "minInterval": 1},
            {
                "type": "value",
                "min": 0,
                "max": 100,
                "axisLabel": {"formatter": "{value}%"},
                "splitLine": {"show": False},
            },
        ],
        "series": [
            bars | {"name": _("直接回答"), "data": [week["answered_n"] for week in weeks]},
            bars | {"name": _("给出选项"), "data": rest},
            bars | {"name": _("未能回答"), "data": [week["refused_n"] for week in weeks]},
            {"type": "line", "yAxisIndex": 1, "name": _("解决率"), "data": solved, "connectNulls": True},
        ],
    }


@require_GET
@staff_page(*queries.WORK)
def overview(request: HttpRequest) -> HttpResponse:
    """The figures of a span, beside each other for the public, the robot and the agents, with the lists to work on."""
    span = span_of(request)
    rows = rates.asked_in(queries.asked(actor_of(request)), span.since, span.until)
    least = policies.get("knowledge.learning.rates_least")
    found = list(rates.rates(rows).values())
    lists = {name: rates.with_entries(pick(found, least)[:TOP]) for name, pick in LISTS.items()}
    sides = [(code, SIDE_LABELS[code], figures) for code, figures in rates.by_side(rows).items()]
    context = base(request, "overview") | {
        "span": span,
        "spans": SPANS,
        "all": rates.summary(rows),
        "sides": sides,
        "chart": _chart(rates.by_week(rows)),
        "lists": lists,
        "least": least,
        "clusters": list(queries.clusters()[:TOP]),
    }
    return render(request, "knowledge/learning/overview.html", context)


@require_GET
@staff_page(*queries.WORK)
def entry_list(request: HttpRequest) -> HttpResponse:
    """Figures of every answer that was found in the span; ``?list=`` one of the lists, ``?scene=``, ``?side=``."""
    span, side = span_of(request), side_of(request)
    rows = rates.asked_in(queries.asked(actor_of(request)), span.since, span.until, side)
    found = list(rates.rates(rows).values())
    chosen = request.GET.get("list", "")
    least = policies.get("knowledge.learning.rates_least")
    picked = (
        LISTS[chosen](found, least) if chosen in LISTS else sorted(found, key=lambda rate: (-rate.hits, rate.entry_id))
    )
    scene = request.GET.get("scene", "")
    listed = [one for one in rates.with_entries(picked) if one.entry and (not scene or one.entry.scene == scene)]
    context = base(request, "entries") | {
        "span": span,
        "spans": SPANS,
        "side": side,
        "sides": list(SIDE_LABELS.items()),
        "scene": scene,
        "scenes": Scene.choices,
        "list": chosen if chosen in LISTS else "",
        "rows": listed[:LISTED],
        "more": max(0, len(listed) - LISTED),
        "least": least,
    }
    return render(request, "knowledge/learning/entries.html", context)


@require_GET
@staff_page(*queries.WORK)
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer: its figures by who asks, its weeks, the questions it was told to."""
    actor = actor_of(request)
    row = entries_of(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    span = span_of(request)
    rows = queries.asked(actor)
    within = rates.asked_in(rows, span.since, span.until)
    sides = []
    for code, label in (("", _("全部")), *SIDE_LABELS.items()):
        asked = rates.asked_in(rows, span.since, span.until, code)
        sides.append((code, label, rates.rates(asked, [pk]).get(pk, rates.Rate(pk))))
    told = within.filter(hits__question=pk, hits__shown=True).select_related("org", "chosen").order_by("-at")
    context = base(request, "entries") | {
        "entry": row,
        "span": span,
        "spans": SPANS,
        "sides": sides,
        "chart": _chart(rates.by_week(within, pk)),
        "asked": list(told[:30]),
    }
    return render(request, "knowledge/learning/entry.html", context)
