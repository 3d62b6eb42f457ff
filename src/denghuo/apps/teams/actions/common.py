"""What the actions share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.teams.choices import OPEN_TASKS, PlanState, TaskSource
from denghuo.apps.teams.models import TaskShare, TeamTask, WeekPlan, monday_of
from denghuo.apps.teams.points import catalogue_points
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit


def today() -> dt.date:
    """The business date."""
    return timezone.localdate(moment.now())


def locked_task(task_id: int) -> TeamTask:
    """The task, locked. Raises NotFound."""
    task = TeamTask.objects.select_related("org").select_for_update(of=("self",)).filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("没有这项任务"))
    return task


def locked_plan(team: OrgUnit, monday: dt.date) -> WeekPlan:
    """The team's plan of the week, made as a draft when there is none, locked."""
    WeekPlan.objects.get_or_create(org=team, monday=monday)
    return WeekPlan.objects.select_related("org").select_for_update(of=("self",)).get(org=team, monday=monday)


def require_open_week(team: OrgUnit, day: dt.date) -> None:
    """Raise Conflict ``week_reviewed`` when the week was reviewed: its figures stand."""
    if WeekPlan.objects.filter(org=team, monday=monday_of(day), state=PlanState.REVIEWED).exists():
        raise Conflict(_("该周已评价，任务不能再改动；请安排在之后的周"), code="week_reviewed")


def source_for(team: OrgUnit, day: dt.date) -> str:
    """Planned until the week's plan is released, temporary after."""
    released = WeekPlan.objects.filter(org=team, monday=monday_of(day)).exclude(state=PlanState.DRAFT).exists()
    return str(TaskSource.TEMPORARY if released else TaskSource.PLANNED)


def require_open(task: TeamTask) -> None:
    """Raise Conflict ``task_closed`` for a task that is done, cancelled or carried over."""
    if task.state not in OPEN_TASKS:
        raise Conflict(_("任务%(state)s，不能再办理") % {"state": task.get_state_display()}, code="task_closed")


def require_no_order(task: TeamTask) -> None:
    """Raise Conflict ``task_of_order``: a work order's task follows its order."""
    if task.order_id is not None:
        raise Conflict(_("这是工单任务，状态随工单变化，请在工单中办理"), code="task_of_order")


def set_shares(task: TeamTask, staff_ids: Sequence[int]) -> None:
    """Give the task to these people in equal parts, replacing who had it."""
    ids = list(dict.fromkeys(staff_ids))
    TaskShare.objects.filter(task=task).delete()
    TaskShare.objects.bulk_create(TaskShare(task=task, staff_id=one, share=1 / len(ids)) for one in ids)
    getattr(task, "_prefetched_objects_cache", {}).pop("shares", None)


def price(task: TeamTask, people: int) -> None:
    """Set the task's points by the catalogue of its day."""
    task.points = catalogue_points(
        task.org, task.day, type=task.type, conditions=task.conditions, distance_km=task.distance_km,
        people=max(people, 1),
    ).total  # fmt: skip


def tell(actor: Actor, kind: str, task: TeamTask, *, at: dt.datetime | None = None, **more: Any) -> None:
    """Record an event of the task; its people's phones and the team's board hear of it."""
    payload = {"team_id": task.org_id, "day": task.day, "task_type": task.type, "points": float(task.points), **more}
    record(actor, kind, task, org=task.org, payload=payload, topics=[f"team:{task.org_id}"], at=at)


def save(task: TeamTask, *fields: str) -> None:
    """Save the named fields and count the version on."""
    task.version += 1
    task.save(update_fields=[*fields, "version"])


def require_version(task: TeamTask, version: int | None) -> None:
    """Raise Conflict ``stale`` when the caller saw an older state."""
    if version is not None and version != task.version:
        raise Conflict(_("任务刚被别人改动，请刷新后再试"), code="stale")
