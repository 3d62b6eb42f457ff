"""Balancing: giving a task to somebody else or another day, and what that does to their load."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Skill
from denghuo.apps.teams.access import MANAGE
from denghuo.apps.teams.actions import common
from denghuo.apps.teams.choices import AbsenceKind, PlanState, TaskState
from denghuo.apps.teams.figures import COUNTED, Person, days_of, level, ratio, read_people
from denghuo.apps.teams.models import TaskShare, TeamTask, WeekPlan, monday_of
from denghuo.apps.teams.points import catalogue_points, skills_needed
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody's saturation of the week before and after; None without capacity. ``level`` is of the state after."""

    staff_id: int
    name: str
    before: float | None
    after: float | None
    level: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do. ``why`` says why it cannot be; ``warnings`` what to mind when it can."""

    allowed: bool
    why: str
    changes: tuple[Change, ...]
    points: float
    warnings: tuple[str, ...]
    words: str


def why_not(task: TeamTask, person: Person, day: dt.date) -> str:
    """Why ``person`` cannot do the task on ``day``; "" when they can. Away, or a skill is missing."""
    if day in person.away:
        return _("当天%(kind)s，请改日期或换人") % {"kind": AbsenceKind(person.away[day]).label}
    missing = skills_needed(task.org, day, task.type, task.conditions) - person.skills
    if missing:
        names = _("、").join(one.label for one in Skill.objects.filter(code__in=missing)) or _("、").join(
            sorted(missing)
        )
        return _("缺少技能：%(skills)s") % {"skills": names}
    return ""


def preview_move(
    actor: Actor, task_id: int, *, day: dt.date, staff_id: int | None, from_staff_id: int | None = None
) -> Preview:
    """What giving the task to ``staff_id`` (None: nobody) on ``day`` would do; nothing changes.

    Of a task of several people only ``from_staff_id`` is replaced, without it all of them. Raises NotAllowed, NotFound.
    """
    task = TeamTask.objects.select_related("org").filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("没有这项任务"))
    actor.require(MANAGE, task.org.path)
    return _weigh(task, day, staff_id, from_staff_id)


def _after_ids(task: TeamTask, staff_id: int | None, from_staff_id: int | None) -> list[int]:
    held = [share.staff_id for share in task.shares.order_by("pk")]
    if from_staff_id is None or from_staff_id not in held:
        kept: list[int] = []
    else:
        kept = [one for one in held if one != from_staff_id]
    if staff_id is not None and staff_id not in kept:
        kept.append(staff_id)
    return kept


def _fixed(task: TeamTask, day: dt.date, staff_id: int | None) -> str:
    """Why the task cannot be moved at all."""
    if task.state == TaskState.STARTED and task.order_id is None and day != task.day:
        return _("任务已开工，日期不能再改，可以换人")
    if task.state not in (TaskState.PLANNED, TaskState.STARTED):
        return _("任务%(state)s，不能再调整") % {"state": task.get_state_display()}
    if task.order_id is not None and day != task.day:
        return _("工单任务的日期随工单，不能改；可以换人")
    if task.order_id is not None and staff_id is None:
        return _("工单任务须有执行人；改派其他班组请到派单调度")
    if day != task.day and day < common.today():
        return _("不能安排到过去的日期，请选今天或以后")
    weeks = {monday_of(day), monday_of(task.day)}
    if WeekPlan.objects.filter(org=task.org, monday__in=weeks, state=PlanState.REVIEWED).exists():
        return _("该周已评价，任务不能再改动；请安排在之后的周")
    return ""


def _weigh(task: TeamTask, day: dt.date, staff_id: int | None, from_staff_id: int | None) -> Preview:
    why = _fixed(task, day, staff_id)
    days = days_of(monday_of(day))
    people = {one.staff.pk: one for one in read_people(task.org, days)}
    if not why and staff_id is not None:
        person = people.get(staff_id)
        why = _("该人员不在本班组，请重新选择") if person is None else why_not(task, person, day)
    after = _after_ids(task, staff_id, from_staff_id)
    points = catalogue_points(
        task.org, day, type=task.type, conditions=task.conditions, distance_km=task.distance_km,
        people=max(len(after), 1),
    ).total  # fmt: skip
    changes = _changes(task, day, after, points, people, days)
    warnings = tuple(
        _("%(name)s将超过饱和度上限 %(limit)s") % {
            "name": one.name, "limit": percent(policies.get("teams.saturation_high", task.org))
        }
        for one in changes
        if one.level == "high" and (one.after or 0) > (one.before or 0)
    )  # fmt: skip
    said = _("；").join(f"{one.name} {percent(one.before)} → {percent(one.after)}" for one in changes)
    return Preview(not why, why, tuple(changes), points, warnings, said)


def _changes(
    task: TeamTask, day: dt.date, after: list[int], points: float, people: dict[int, Person],
    days: tuple[dt.date, ...],
) -> list[Change]:  # fmt: skip
    """Loads of the week of ``day`` for everybody the move touches."""
    held = {share.staff_id: share.share for share in task.shares.all()}
    touched = [key for key in dict.fromkeys([*held, *after]) if key in people]
    loads: dict[int, float] = dict.fromkeys(touched, 0.0)
    rows = TaskShare.objects.filter(
        staff__in=touched, task__org=task.org, task__day__range=(days[0], days[-1]), task__state__in=COUNTED
    ).values_list("staff_id", "share", "task__points")
    for key, share, worth in rows:
        loads[key] += share * worth
    in_week = task.day in days
    found = []
    for key in touched:
        before = loads[key]
        then = before - (held.get(key, 0.0) * task.points if in_week else 0.0)
        then += points / len(after) if key in after else 0.0
        capacity = people[key].total_capacity
        if abs(then - before) < 1e-9 and key not in (set(held) ^ set(after)):
            continue
        rate = ratio(then, capacity)
        found.append(Change(key, people[key].staff.display_name, ratio(before, capacity), rate, level(rate, task.org)))
    return found


@action("team.move_task")
def move_task(
    actor: Actor,
    task_id: int,
    *,
    day: dt.date,
    staff_id: int | None,
    from_staff_id: int | None = None,
    version: int | None = None,
) -> Preview:
    """Give the task to ``staff_id`` on ``day``; gives saturation before and after. The same place changes nothing.

    Raises NotAllowed, NotFound, Conflict (``stale``, ``not_movable``), InvalidInput (``staff_id``: away, skill missing).
    """
    task = common.locked_task(task_id)
    actor.require(MANAGE, task.org.path)
    common.require_version(task, version)
    before_ids = [share.staff_id for share in task.shares.order_by("pk")]
    after = _after_ids(task, staff_id, from_staff_id)
    fixed = _fixed(task, day, staff_id)
    if fixed:
        raise Conflict(fixed, code="not_movable")
    seen = _weigh(task, day, staff_id, from_staff_id)
    if not seen.allowed:
        raise InvalidInput({"staff_id": seen.why})
    if after == before_ids and day == task.day:
        return seen
    was = task.day
    task.day, task.points = day, seen.points
    if monday_of(was) != monday_of(day):
        task.source = common.source_for(task.org, day)
    common.set_shares(task, after)
    common.save(task, "day", "points", "source")
    target = next((one for one in seen.changes if one.staff_id == staff_id), None)
    common.tell(
        actor, "team.task_moved", task, from_day=was, staff_ids=after, before_ids=before_ids,
        from_ratio=target.before if target else None, to_ratio=target.after if target else None,
    )  # fmt: skip
    return seen


def percent(value: float | None) -> str:
    """A ratio as people read it; a dash without one."""
    return "—" if value is None else f"{value * 100:.0f}%"
