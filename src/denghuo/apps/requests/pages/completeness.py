"""Completeness of requests: the mean by scene, channel, unit and week against the target, and what is missing most."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.scenes.words import named
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.pages.promises import Period, period_of
from denghuo.apps.requests.queries import completeness as q
from denghuo.core import events, policies
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgKind, units_under
from denghuo.web.tables.export import csv_lines


@staff_page("requests.view")
def completeness(request: HttpRequest) -> HttpResponseBase:
    """The figures of a period and unit; ``?export=csv`` gives them as a file."""
    actor = actor_of(request)
    period = period_of(request, actor)
    kind = request.GET.get("type", "")
    kind = kind if kind in RequestType.values else ""
    path = period.unit.path if period.unit else ""
    rows = q.measured(actor, period.since, period.until, org_path=path, kind=kind)
    target = float(policies.get("scene.completeness.target", period.unit))
    parts = _parts(rows, target)
    lacks = [_lack(one) for one in q.lacking(actor, period.since, period.until, org_path=path, kind=kind)]
    if request.GET.get("export") == "csv":
        return _file(actor, period, parts, lacks)
    weeks = q.by_week(rows)
    whole = q.overall(rows)
    context = {
        "period": period, "kind": kind, "types": RequestType.choices, "target": target, "whole": whole,
        "full": round(100 * whole.full / whole.count, 1) if whole.count else None, "reached": whole.mean >= target,
        "units": units_under(actor.paths_for(q.VIEW)).exclude(kind=OrgKind.TEAM).order_by("path"),
        "parts": parts, "lacks": lacks, "weeks": weeks, "chart": chart(weeks, target),
        "export": "?" + period.query(export="csv", **({"type": kind} if kind else {})), "wide": True,
    }  # fmt: skip
    return render(request, "requests/scenes/completeness.html", context)


def _parts(rows: Any, target: float) -> list[dict[str, Any]]:
    found = {group: q.by(rows, group) for group in ("scene", "channel", "unit")}
    units = q.unit_names([one.key for one in found["unit"]])
    names = {
        "scene": scene_name,
        "channel": lambda key: str(dict(Channel.choices).get(key, key)),
        "unit": lambda key: units.get(key, ""),
    }
    labels = {"scene": _("按场景"), "channel": _("按渠道"), "unit": _("按单位")}
    return [
        {
            "code": group,
            "label": labels[group],
            "rows": [
                {
                    "name": names[group](one.key),
                    "row": one,
                    "reached": one.mean >= target,
                    "full": round(100 * one.full / one.count),
                }
                for one in measures
            ],
        }
        for group, measures in found.items()
    ]


def scene_name(code: str | None) -> str:
    """What a scene is called now; its code when it is in force no more."""
    if not code:
        return _("无模板")
    found = scenes.scene(code)
    return named(found[1]) if found else code


def _lack(one: q.Lack) -> dict[str, Any]:
    found = scenes.scene(one.scene)
    field = found[1].by_code.get(one.field) if found else None
    return {
        "scene": scene_name(one.scene),
        "field": named(field) if field else one.field,
        "count": one.count,
        "of": one.of,
        "percent": round(100 * one.count / one.of) if one.of else 0,
    }


def chart(weeks: list[q.Measure], target: float) -> dict[str, Any]:
    """Mean completeness by week, the target as a dashed line."""
    lowest = min([*(week.mean for week in weeks), target], default=0.0)
    line = {
        "name": _("平均完整率"), "type": "line", "symbolSize": 6, "data": [week.mean for week in weeks],
        "markLine": {
            "silent": True, "symbol": "none", "lineStyle": {"type": "dashed"},
            "data": [{"yAxis": target, "name": _("目标")}], "label": {"formatter": "{b} {c}%", "position": "insideStartTop"},
        },
    }  # fmt: skip
    return {
        "grid": {"left": 8, "right": 24, "top": 20, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": [timezone.localtime(week.key).strftime("%m-%d") for week in weeks]},
        "yAxis": {"type": "value", "min": max(0, 10 * (int(lowest) // 10 - 1)), "max": 100},
        "series": [line],
    }


def _file(actor: Actor, period: Period, parts: list[dict[str, Any]], lacks: list[dict[str, Any]]) -> HttpResponseBase:
    heads = [_("维度"), _("名称"), _("诉求数"), _("平均完整率（%）"), _("全部必填齐全"), _("缺失项"), _("缺失数")]
    lines: list[list[Any]] = [
        [part["label"], line["name"], line["row"].count, line["row"].mean, line["row"].full, "", None]
        for part in parts
        for line in part["rows"]
    ]
    lines += [[_("常缺项"), one["scene"], one["of"], None, None, one["field"], one["count"]] for one in lacks]
    payload = {"table": "completeness", "format": "csv", "rows": len(lines), "filters": ["from", "to", "unit"]}
    events.record(actor, "table.exported", ("staff", actor.id or 0), org=None, payload=payload)
    response = StreamingHttpResponse(csv_lines(heads, iter(lines)), content_type="text/csv; charset=utf-8")
    name = f"completeness-{period.first:%Y%m%d}-{period.last:%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
