"""The week's plan: released, carried over, reviewed, with what is to be done better."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.teams import figures
from denghuo.apps.teams.access import MANAGE, people_of
from denghuo.apps.teams.actions import common
from denghuo.apps.teams.choices import OPEN_TASKS, ItemState, PlanState, TaskSource, TaskState
from denghuo.apps.teams.models import ImprovementItem, TeamTask, WeekPlan, WeekReview, monday_of
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit


@action("team.release_plan")
def release_plan(actor: Actor, team: OrgUnit, monday: dt.date) -> WeekPlan:
    """The plan holds: what stands in it now is planned work, what comes after is temporary.

    Raises NotAllowed, Conflict (``released`` already, ``nothing_planned``, ``unassigned`` tasks).
    """
    actor.require(MANAGE, team.path)
    plan = common.locked_plan(team, monday)
    if plan.state != PlanState.DRAFT:
        raise Conflict(_("本周计划已下达"), code="released")
    tasks = TeamTask.objects.filter(org=team, day__range=_range(monday), state__in=figures.COUNTED)
    planned = list(tasks.filter(source=TaskSource.PLANNED).prefetch_related("shares"))
    if not planned:
        raise Conflict(_("计划里还没有任务，请先新建任务"), code="nothing_planned")
    nobody = [one for one in planned if not one.shares.all()]
    if nobody:
        raise Conflict(_("还有 %(n)s 项任务没有执行人，请分配后再下达") % {"n": len(nobody)}, code="unassigned")
    plan.state, plan.released_at = PlanState.RELEASED, moment.now()
    plan.released_by_id = actor.id if actor.kind == "staff" else None
    plan.released_tasks, plan.released_points = len(planned), round(sum(one.points for one in planned), 2)
    plan.version += 1
    plan.save()
    payload = {
        "team_id": team.pk, "week": plan.week, "tasks": plan.released_tasks, "points": float(plan.released_points),
    }  # fmt: skip
    record(actor, "team.plan_released", plan, org=team, payload=payload, topics=[f"team:{team.pk}"])
    return plan


@action("team.carry_over")
def carry_over(actor: Actor, team: OrgUnit, monday: dt.date) -> list[TeamTask]:
    """Each open task of the week goes on in the next: the old one stays as carried over, a new one with the same people
    lies on the Monday after. Work orders' tasks stay. Gives the new ones. Raises NotAllowed, Conflict ``week_reviewed``.
    """
    actor.require(MANAGE, team.path)
    common.require_open_week(team, monday)
    target = max(monday + dt.timedelta(days=7), monday_of(common.today()))
    common.require_open_week(team, target)
    rows = (
        TeamTask.objects.select_related("org")
        .filter(org=team, day__range=_range(monday), state__in=OPEN_TASKS, order=None)
        .select_for_update(of=("self",))
        .order_by("day", "pk")
    )
    return [_carry(actor, task, target) for task in rows]


def _carry(actor: Actor, task: TeamTask, day: dt.date) -> TeamTask:
    ids = [share.staff_id for share in task.shares.order_by("pk")]
    new = TeamTask(
        org=task.org, speciality=task.speciality, type=task.type, title=task.title, place=task.place,
        day=max(day, common.today()), start=task.start, end=task.end, conditions=task.conditions,
        distance_km=task.distance_km, request_id=task.request_id, carried_from=task, made_by_id=task.made_by_id,
        source=common.source_for(task.org, day),
    )  # fmt: skip
    common.price(new, len(ids))
    new.save()
    common.set_shares(new, ids)
    task.state = TaskState.CARRIED
    common.save(task, "state")
    common.tell(actor, "team.task_carried", task, to_task_id=new.pk)
    common.tell(actor, "team.task_created", new, source=str(new.source), order_id=None, staff_ids=ids)
    return new


@action("team.review_week")
def review_week(actor: Actor, team: OrgUnit, monday: dt.date, *, remarks: str = "") -> WeekReview:
    """Close the week: its indicators are kept as they stand, its tasks no longer change.

    Raises NotAllowed, Conflict (``not_released``, ``week_reviewed``, ``not_over``, ``open_tasks``), InvalidInput.
    """
    actor.require(MANAGE, team.path)
    plan = common.locked_plan(team, monday)
    if plan.state == PlanState.REVIEWED:
        raise Conflict(_("该周已评价"), code="week_reviewed")
    if plan.state == PlanState.DRAFT:
        raise Conflict(_("该周计划没有下达，不能评价；请先下达"), code="not_released")
    if monday + dt.timedelta(days=4) > common.today():
        raise Conflict(_("该周还没有结束，请在周五以后评价"), code="not_over")
    week = figures.read_week(team, monday)
    left = sum(1 for one in week.tasks if one.state in OPEN_TASKS and one.order_id is None)
    if left:
        raise Conflict(_("还有 %(n)s 项任务没有办完，请完成、取消或结转后再评价") % {"n": left}, code="open_tasks")
    form = Form()
    clean = form.text("remarks", remarks, longest=1000)
    form.finish()
    found = figures.indicators(week)
    review = WeekReview.objects.create(
        plan=plan, figures=found, remarks=clean, reviewed_at=moment.now(),
        reviewed_by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    plan.state = PlanState.REVIEWED
    plan.version += 1
    plan.save(update_fields=["state", "version"])
    payload = {
        "team_id": team.pk, "week": plan.week, "completion": found["completion"],
        "planned_rate": found["planned_rate"], "points": float(found["performance"]),
    }  # fmt: skip
    record(actor, "team.week_reviewed", plan, org=team, payload=payload, topics=[f"team:{team.pk}"])
    return review


@action("team.add_improvement")
def add_improvement(
    actor: Actor, team: OrgUnit, monday: dt.date, *, text: str, owner_id: int | None, due: dt.date | None
) -> ImprovementItem:
    """Something to do better, found in this week. Raises NotAllowed, InvalidInput (``text``, ``owner``, ``due``)."""
    actor.require(MANAGE, team.path)
    form = Form()
    item = ImprovementItem(org=team, text=form.text("text", text, longest=300, required=True))
    if owner_id is None or not people_of(team).filter(pk=owner_id).exists():
        form.wrong("owner", _("请从本班组选择责任人"))
    if due is None or due < common.today():
        form.wrong("due", _("请选择今天或以后的期限"))
    form.finish()
    assert owner_id is not None
    assert due is not None
    item.plan, item.owner_id, item.due = common.locked_plan(team, monday), owner_id, due
    item.save()
    _tell_item(actor, item)
    return item


@action("team.close_improvement")
def close_improvement(actor: Actor, item_id: int, *, state: str, outcome: str) -> ImprovementItem:
    """Say what came of it: done or dropped. Its owner or the leader may. Raises NotAllowed, NotFound, Conflict,
    InvalidInput (``state``, ``outcome``)."""
    item = ImprovementItem.objects.select_related("org").select_for_update(of=("self",)).filter(pk=item_id).first()
    if item is None:
        raise NotFound(_("没有这条改进项"))
    if actor.kind != "staff" or actor.id != item.owner_id:
        actor.require(MANAGE, item.org.path)
    if item.state != ItemState.OPEN:
        raise Conflict(_("改进项已办结"), code="closed")
    form = Form()
    item.state = form.choice("state", state, [str(ItemState.DONE), str(ItemState.DROPPED)])
    item.outcome = form.text("outcome", outcome, longest=300, required=True)
    form.finish()
    item.closed_at = moment.now()
    item.save(update_fields=["state", "outcome", "closed_at"])
    _tell_item(actor, item)
    return item


def _tell_item(actor: Actor, item: ImprovementItem) -> None:
    payload = {"team_id": item.org_id, "owner_id": item.owner_id, "due": item.due, "item_state": str(item.state)}
    record(actor, "team.improvement_set", item, org=item.org, payload=payload, topics=[f"team:{item.org_id}"])


def _range(monday: dt.date) -> tuple[dt.date, dt.date]:
    return monday, monday + dt.timedelta(days=6)
