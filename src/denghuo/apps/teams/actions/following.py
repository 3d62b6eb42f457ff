"""Tasks that follow work orders and call-backs. Each event takes effect once, however often it is handed over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from denghuo.apps.field.models import CrewMember, WorkOrder
from denghuo.apps.field.queries import live_clocks, promise_of
from denghuo.apps.teams.actions import common
from denghuo.apps.teams.actions.marks import add_automatic
from denghuo.apps.teams.choices import MarkKind, TaskSource, TaskState
from denghuo.apps.teams.models import Absence, TeamTask
from denghuo.apps.teams.points import is_night, moment_of
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.engine.geo import distance_km

#: event of an order → the state its task takes
STATES = {
    "order.accepted": TaskState.PLANNED,
    "order.departed": TaskState.STARTED,
    "order.arrived": TaskState.STARTED,
    "order.finished": TaskState.DONE,
    "order.sent_back": TaskState.STARTED,
    "order.passed": TaskState.DONE,
    "order.withdrawn": TaskState.CANCELLED,
}


@action("team.follow_order")
def follow_order(
    actor: Actor, order_id: int, *, kind: str, event_id: int, at: dt.datetime, payload: dict[str, Any]
) -> TeamTask | None:
    """Take over what happened to an order. An event at or before the last one applied changes nothing.

    The task belongs to the crew's team, lies on the day of the event that sent it, is done by the crew's people who are
    there, in equal parts, and counts as temporary work.
    """
    order = WorkOrder.objects.select_related("crew__org", "request").filter(pk=order_id).first()
    if order is None:
        return None
    task = TeamTask.objects.select_related("org").select_for_update(of=("self",)).filter(order=order).first()
    if task is None:
        task = _made(actor, order, at, event_id if kind == "order.created" else event_id - 1)
    if task.last_event_id < event_id:
        _apply(actor, task, order, kind, event_id, at, payload)
    return task


def _made(actor: Actor, order: WorkOrder, at: dt.datetime, last_event_id: int) -> TeamTask:
    team, request = order.crew.org, order.request
    day = timezone.localdate(order.sent_at)
    types = policies.get("teams.order_types", team, at)
    kind = types.get(request.fault_class) or types.get("default", "repair_other")
    task = TeamTask(
        org=team, order=order, request=request, type=kind, title=order.number, day=day,
        speciality=policies.get("teams.type_speciality", team, at).get(kind, "repair"), source=TaskSource.TEMPORARY,
        conditions=["night"] if is_night(order.sent_at, team) else [], last_event_id=last_event_id,
    )  # fmt: skip
    if order.lon is not None and order.lat is not None:
        task.distance_km = round(distance_km(order.crew.base_lon, order.crew.base_lat, order.lon, order.lat), 1)
    ids = _crew_on(order, day)
    common.price(task, len(ids))
    task.save()
    common.set_shares(task, ids)
    common.tell(actor, "team.task_created", task, at=at, source=str(task.source), order_id=order.pk, staff_ids=ids)
    return task


def _crew_on(order: WorkOrder, day: dt.date) -> list[int]:
    """The crew's people who are there that day, the leader first."""
    away = Absence.objects.filter(first__lte=day, last__gte=day).values("staff_id")
    members = CrewMember.objects.filter(crew_id=order.crew_id, staff__is_active=True).exclude(staff__in=away)
    most = policies.get("teams.most_helpers", order.crew.org, moment_of(day))
    return list(members.order_by("-is_leader", "staff_id").values_list("staff_id", flat=True)[:most])


def _apply(
    actor: Actor, task: TeamTask, order: WorkOrder, kind: str, event_id: int, at: dt.datetime, payload: dict[str, Any]
) -> None:
    state, was = STATES[kind], task.state
    task.last_event_id = event_id
    if state == TaskState.STARTED and task.started_at is None:
        task.started_at = at
    task.done_at = at if kind == "order.finished" else None if kind == "order.sent_back" else task.done_at
    task.state = state
    if kind == "order.withdrawn":
        task.reason = order.withdraw_reason[:200]
    common.save(task, "state", "started_at", "done_at", "reason", "last_event_id")
    if kind == "order.finished":
        minutes = round((at - task.started_at).total_seconds() / 60) if task.started_at else None
        common.tell(actor, "team.task_done", task, at=at, minutes=minutes)
        _finish_marks(actor, task, order, payload, event_id, at)
    elif kind == "order.sent_back":
        common.tell(actor, "team.task_reopened", task, at=at)
        add_automatic(actor, task, MarkKind.RETURNED, at=at, event_id=event_id)
    elif state != was:
        told = {TaskState.STARTED: "team.task_started", TaskState.CANCELLED: "team.task_cancelled"}.get(state)
        if told:
            common.tell(actor, told, task, at=at)


def _finish_marks(
    actor: Actor, task: TeamTask, order: WorkOrder, payload: dict[str, Any], event_id: int, at: dt.datetime
) -> None:
    if payload.get("visit", 1) == 1:  # the promise is measured on the first visit
        clock = promise_of(live_clocks([order.request_id]).get(order.request_id, {}))
        if clock is not None and order.arrived_at is not None:
            late = clock.breached_at is not None and clock.breached_at <= order.arrived_at
            add_automatic(actor, task, MarkKind.LATE if late else MarkKind.ON_TIME, at=at, event_id=event_id)
        _safety_mark(actor, task, payload, event_id, at)
    if payload.get("photos", 1) == 0:
        add_automatic(actor, task, MarkKind.PHOTO_MISSING, at=at, event_id=event_id)
    if payload.get("signed") is False:
        add_automatic(actor, task, MarkKind.SIGNATURE_MISSING, at=at, event_id=event_id)


def _safety_mark(actor: Actor, task: TeamTask, payload: dict[str, Any], event_id: int, at: dt.datetime) -> None:
    """On site every safety measure is ticked on the crew's phone; where ``teams.safety_types`` asks for it, a gap costs."""
    lines = payload.get("safety_lines", 0)
    if not lines:
        return
    task.safety_checked = payload.get("safety_ticked", 0) >= lines
    common.save(task, "safety_checked")
    if not task.safety_checked and task.type in policies.get("teams.safety_types", task.org, at):
        add_automatic(actor, task, MarkKind.SAFETY_MISSING, at=at, event_id=event_id)


@action("team.follow_call_back")
def follow_call_back(
    actor: Actor, request_id: int, *, round: int, satisfaction: str, event_id: int, at: dt.datetime
) -> TeamTask | None:
    """The customer's judgement goes to the task of that round's order; None when there is none, or none was given."""
    kind = {"satisfied": MarkKind.SATISFIED, "dissatisfied": MarkKind.DISSATISFIED}.get(satisfaction)
    if kind is None:
        return None
    task = (
        TeamTask.objects.select_related("org")
        .filter(order__request_id=request_id, order__round=round)
        .exclude(state=TaskState.CANCELLED)
        .first()
    )
    if task is not None:
        add_automatic(actor, task, kind, at=at, event_id=event_id)
    return task
