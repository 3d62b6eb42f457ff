"""What the board shows: the newest plan of an area with names, words and masked addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.field.models import Crew
from denghuo.apps.field.planning import actions, areas, words
from denghuo.apps.field.planning.models import DispatchLock, DispatchPlan, PlanState
from denghuo.apps.field.suggestions import skills_for
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.privacy.views import masked
from denghuo.core.scoping.models import OrgUnit, units_under

FIGURES = ("late", "late_minutes", "km", "overtime", "moved", "left")
HOUR = dt.timedelta(hours=1)


def board(actor: Actor, area: OrgUnit) -> dict[str, Any]:
    """Everything of the area's board. Six statements, however many orders (index field_plan_org)."""
    plan, now = actions.latest(area), moment.now()
    body: Mapping[str, Any] = plan.body if plan else {}
    crews = _crews(area, body)
    names = {crew.pk: crew.name for crew in crews}
    requests = _requests(area, body)
    locks = dict(DispatchLock.objects.filter(request_id__in=requests).values_list("request_id", "crew_id"))
    rows = {name: _rows(actor, body, name, crews, requests, locks, names) for name in ("plan", "current")}
    changes = [_change(one, requests, names) for one in body.get("changes", ())] if _open(plan) else []
    changed = {one["request"] for one in changes}
    for row in rows["plan"]:
        for stop in row["stops"]:
            stop["changed"] = stop["request"] in changed
    return {
        "area": area, "plan": plan, "now": now, "rows": rows["plan"], "changes": changes, "open": _open(plan),
        "proposed": plan is not None and plan.state == PlanState.PROPOSED,
        "waiting": _waiting(actor, body, requests, rows["plan"], locks, names),
        "compare": _compare(plan), "cause": words.cause(plan.cause) if plan else "",
        "learned": round(100 * body.get("learned", 0)),
        "data": _data(plan, now, rows, body),
        "routes": _routes(rows["plan"], crews), "points": _points(rows["plan"], crews, requests, body),
    }  # fmt: skip


def _open(plan: DispatchPlan | None) -> bool:
    return plan is not None and plan.state in actions.OPEN


def _crews(area: OrgUnit, body: Mapping[str, Any]) -> list[Crew]:
    keys = [int(key) for key in body.get("plan", {})]
    wanted = Q(org__in=units_under((area.path,)), on_duty=True) | Q(pk__in=keys)
    return list(Crew.objects.filter(wanted).select_related("org").order_by("code"))


def _requests(area: OrgUnit, body: Mapping[str, Any]) -> dict[int, Request]:
    keys = {stop["request"] for table in ("plan", "current") for rows in body.get(table, {}).values() for stop in rows}
    waiting = Q(org__in=units_under((area.path,)), state=RequestState.ACCEPTED, type=RequestType.FAULT_REPORT)
    rows = Request.objects.filter(Q(pk__in=keys) | waiting).select_related("org", "account", "transformer")
    return {row.pk: row for row in rows.order_by("accepted_at", "pk")}


def _rows(
    actor: Actor, body: Mapping[str, Any], table: str, crews: list[Crew], requests: Mapping[int, Request],
    locks: Mapping[int, int], names: Mapping[int, str],
) -> list[dict[str, Any]]:  # fmt: skip
    found = []
    for crew in crews:
        stops = []
        for stop in body.get(table, {}).get(str(crew.pk), ()):
            request = requests.get(stop["request"])
            if request is not None:
                stops.append(_stop(actor, stop, request, body, locks, names))
        found.append({"crew": crew, "mode": areas.mode_of(crew), "stops": stops})
    return found


def _stop(
    actor: Actor, stop: Mapping[str, Any], request: Request, body: Mapping[str, Any], locks: Mapping[int, int],
    names: Mapping[int, str],
) -> dict[str, Any]:  # fmt: skip
    times = {name: dt.datetime.fromisoformat(stop[name]) for name in ("leave_for", "arrive", "begin", "done")}
    locked = request.pk in locks
    reasons = body.get("reasons", {}).get(str(request.pk), ())
    return {
        **stop, **times,
        "promised": dt.datetime.fromisoformat(stop["promised"]) if stop["promised"] else None,
        "number": request.number, "what": str(request.get_phenomenon_display() or request.get_type_display()),
        "address": masked(request, "address", actor), "locked": locked, "late": round(stop["late"]),
        "emergency": words.emergency(stop["emergency"]) if stop["emergency"] else "",
        "why": words.why(reasons, names, skills_for(request)[0], locked=locked,
                         pinned=str(request.pk) in body.get("pins", {})),
        "changed": False,
    }  # fmt: skip


def _waiting(
    actor: Actor, body: Mapping[str, Any], requests: Mapping[int, Request], rows: list[dict[str, Any]],
    locks: Mapping[int, int], names: Mapping[int, str],
) -> list[dict[str, Any]]:  # fmt: skip
    """Requests without a crew, those for the green lane first, each with what the plan means to do about it."""
    planned = {stop["request"]: (row["crew"], stop) for row in rows for stop in row["stops"]}
    emergencies, unplaced = set(body.get("emergencies", ())), set(body.get("unplaced", ()))
    known = planned.keys() | set(body.get("left", ())) | unplaced
    found = []
    for request in requests.values():
        if request.state != RequestState.ACCEPTED or request.held_at is not None:
            continue
        crew, stop = planned.get(request.pk, (None, None))
        if stop is not None:
            note = ""
        elif request.pk in unplaced:
            note = _("没有位置，无法排入计划")
        elif request.pk not in known:
            note = _("等待排入计划")
        else:
            reasons = body.get("reasons", {}).get(str(request.pk), ())
            note = words.why(reasons, names, frozenset(), locked=request.pk in locks)
        found.append(
            {
                "request": request, "address": masked(request, "address", actor), "crew": crew, "stop": stop,
                "note": note, "emergency": request.pk in emergencies, "locked": request.pk in locks,
            }
        )  # fmt: skip
    return sorted(found, key=lambda row: (not row["emergency"], row["request"].accepted_at))


def _change(one: Mapping[str, Any], requests: Mapping[int, Request], names: Mapping[int, str]) -> dict[str, Any]:
    request = requests.get(one["request"])
    return {
        "request": one["request"], "number": request.number if request else "", "emergency": bool(one["emergency"]),
        "was": names.get(one["from"], "") if one["from"] else "", "to": names.get(one["to"], ""),
    }  # fmt: skip


def _compare(plan: DispatchPlan | None) -> list[dict[str, Any]]:
    """The figures of things as they stand beside the plan's; ``better`` True, False, or None where equal."""
    if plan is None or not plan.costs:
        return []
    labels = {
        "left": (_("未安排"), _("单")), "late": (_("晚于承诺"), _("单")), "late_minutes": (_("迟到合计"), _("分钟")),
        "km": (_("路程"), _("公里")), "overtime": (_("加班"), _("分钟")), "moved": (_("改派"), _("单")),
    }  # fmt: skip
    found = []
    for name, (label, unit) in labels.items():
        was, then = plan.costs["current"][name], plan.costs["plan"][name]
        found.append(
            {"label": label, "unit": unit, "was": was, "then": then, "better": None if was == then else then < was}
        )
    return found


def _data(
    plan: DispatchPlan | None, now: dt.datetime, rows: Mapping[str, list[dict[str, Any]]], body: Mapping[str, Any]
) -> dict[str, Any]:
    """What the script draws the chart from; times as text of the wall clock are made there."""
    ends = [stop["done"] for table in rows.values() for row in table for stop in row["stops"]]
    start = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    last = max([now + 4 * HOUR, *ends])
    return {
        "plan": plan.pk if plan else None, "now": now.isoformat(), "from": start.isoformat(),
        "to": (timezone.localtime(last).replace(minute=0, second=0, microsecond=0) + HOUR).isoformat(),
        "views": {name: [_row_data(row) for row in table] for name, table in rows.items()},
    }  # fmt: skip


def _row_data(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = (
        "request", "number", "what", "address", "late", "km", "frozen", "locked", "emergency", "changed", "why", "state",
    )  # fmt: skip
    times = ("leave_for", "arrive", "begin", "done", "promised")
    return {
        "crew": row["crew"].pk, "name": row["crew"].name, "mode": row["mode"],
        "stops": [
            {**{name: stop[name] for name in plain},
             **{name: stop[name] and timezone.localtime(stop[name]).isoformat() for name in times}}
            for stop in row["stops"]
        ],
    }  # fmt: skip


TONES = ("info", "ok", "warn", "progress", "danger", "neutral")


def _routes(rows: Iterable[Mapping[str, Any]], crews: list[Crew]) -> dict[str, Any]:
    """A line a crew, from where it is over its stops."""
    features = []
    for number, row in enumerate(rows):
        crew = row["crew"]
        line = [[crew.lon, crew.lat], *([stop["lon"], stop["lat"]] for stop in row["stops"])]
        if len(line) > 1:
            shape = {"type": "LineString", "coordinates": line}
            look = {"tone": TONES[number % len(TONES)], "label": crew.name, "dashed": False}
            features.append({"type": "Feature", "geometry": shape, "properties": look})
    return {"type": "FeatureCollection", "features": features}


def _points(
    rows: list[dict[str, Any]], crews: list[Crew], requests: Mapping[int, Request], body: Mapping[str, Any]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in rows:
        crew = row["crew"]
        found.append(
            {"id": f"crew-{crew.pk}", "lat": crew.lat, "lng": crew.lon, "icon": "truck", "tone": "info", "label": crew.name,
             "square": True}
        )  # fmt: skip
        for place, stop in enumerate(row["stops"], start=1):
            label = _("%(crew)s 第 %(n)d 站：%(number)s %(what)s") % {
                "crew": crew.name, "n": place, "number": stop["number"], "what": stop["what"],
            }  # fmt: skip
            tone = "danger" if stop["emergency"] else "warn" if stop["late"] else "neutral"
            icon = "urgent" if stop["emergency"] else "clock-exclamation" if stop["late"] else "bolt-off"
            found.append(
                {"id": f"stop-{stop['request']}", "lat": stop["lat"], "lng": stop["lon"], "icon": icon, "tone": tone,
                 "label": label}
            )  # fmt: skip
    return found
