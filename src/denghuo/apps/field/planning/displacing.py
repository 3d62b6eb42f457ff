"""Whom an emergency pushes back: found when a plan is carried out, noted once for each emergency, told once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from denghuo.apps.field.planning.models import DispatchPlan, Displacement, PlanState
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.queries import latest_for
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import record


def with_before(body: dict[str, Any], last: DispatchPlan | None) -> dict[str, Any]:
    """``body`` with the begins by request before its emergencies came (``before``).

    They are those of the last plan; where that one had emergencies too and nobody had decided it, those before it: an
    emergency that waits for a decision must not become the usual state by waiting.
    """
    if not body["emergencies"]:
        return body
    if last is None:
        return {**body, "before": begins(body["current"])}
    undecided = last.state in (PlanState.SHOWN, PlanState.PROPOSED) and "before" in last.body
    return {**body, "before": last.body["before"] if undecided else begins(last.body["plan"])}


def begins(table: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Planned begin by request."""
    return {str(stop["request"]): stop["begin"] for rows in table.values() for stop in rows}


def note(actor: Actor, plan: DispatchPlan, sent: set[int]) -> list[Displacement]:
    """Keep what the emergencies among ``sent`` pushed back; each new row is an event, whose subscriber tells the customer.

    Pushed back is whoever would begin later than before and now misses the promise kept before, or comes later than what
    was told or planned by more than ``dispatch.displaced_minutes``.
    """
    emergencies = [key for key in plan.body["emergencies"] if key in sent]
    before = plan.body.get("before", {})
    if not emergencies or not before:
        return []
    stops = {stop["request"]: stop for rows in plan.body["plan"].values() for stop in rows}
    keys = [int(key) for key in before if int(key) in stops and int(key) not in plan.body["emergencies"]]
    requests = list(Request.objects.filter(pk__in=keys).select_related("org"))
    told = latest_for(requests)
    rows = []
    for request in requests:
        stop, was = stops[request.pk], dt.datetime.fromisoformat(before[str(request.pk)])
        due = dt.datetime.fromisoformat(stop["begin"])
        promised = dt.datetime.fromisoformat(stop["promised"]) if stop["promised"] else None
        high = told[request.pk].arrival if request.pk in told else None
        if not _pushed(request, was, due, promised, max(was, high.high) if high else was):
            continue
        row, new = Displacement.objects.get_or_create(
            request=request, emergency_id=_cause(plan, request.pk, emergencies),
            defaults={"org": request.org, "plan": plan, "was_at": was, "due_at": due, "at": moment.now()},
        )  # fmt: skip
        if new:
            _tell(actor, row)
            rows.append(row)
    return rows


def _pushed(
    request: Request, was: dt.datetime, due: dt.datetime, promised: dt.datetime | None, told: dt.datetime
) -> bool:
    slack = dt.timedelta(minutes=policies.get("dispatch.displaced_minutes", request.org))
    missed = promised is not None and was <= promised < due
    return due > was and (missed or due - told > slack)


def _cause(plan: DispatchPlan, request: int, emergencies: list[int]) -> int:
    """The emergency of the same crew where there is one, else the first."""
    for rows in plan.body["plan"].values():
        keys = [stop["request"] for stop in rows]
        if request in keys:
            return next((key for key in emergencies if key in keys), emergencies[0])
    return emergencies[0]


def _tell(actor: Actor, row: Displacement) -> None:
    payload = {
        "request_id": row.request_id, "emergency_id": row.emergency_id, "was_at": row.was_at, "due_at": row.due_at,
    }  # fmt: skip
    topics = [f"request:{row.request_id}", f"customer-request:{row.request.public_token}"]
    record(actor, "order.displaced", row.request, org=row.org, payload=payload, topics=topics, at=row.at)
