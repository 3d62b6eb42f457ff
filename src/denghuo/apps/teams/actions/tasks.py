"""Making tasks, working on them, closing them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from denghuo.apps.teams.access import MANAGE, require_worker
from denghuo.apps.teams.actions import common
from denghuo.apps.teams.actions.marks import add_automatic
from denghuo.apps.teams.actions.moving import why_not
from denghuo.apps.teams.choices import MarkKind, TaskState
from denghuo.apps.teams.figures import read_people
from denghuo.apps.teams.models import TeamTask
from denghuo.apps.teams.points import moment_of
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

FARTHEST_KM = 500


@action("team.create_task")
def create_task(
    actor: Actor,
    team: OrgUnit,
    *,
    type: str,
    title: str,
    day: dt.date,
    place: str = "",
    start: dt.time | None = None,
    end: dt.time | None = None,
    conditions: Sequence[str] = (),
    distance_km: float | None = None,
    staff_ids: Sequence[int] = (),
    request_id: int | None = None,
) -> TeamTask:
    """Put a task on a team's board, for ``staff_ids`` in equal parts or for nobody yet.

    It counts as planned work until the week's plan is released, as temporary work after. Raises NotAllowed, Conflict
    ``week_reviewed``, InvalidInput (``type``, ``title``, ``place``, ``day``, ``end``, ``conditions``, ``distance_km``,
    ``staff_ids``).
    """
    actor.require(MANAGE, team.path)
    form = Form()
    task = TeamTask(org=team, day=day, start=start, end=end)
    task.type = form.choice("type", type, policies.get("teams.type_names", team, moment_of(day)))
    task.speciality = policies.get("teams.type_speciality", team, moment_of(day)).get(task.type, "common")
    task.title = form.text("title", title, longest=80, required=True, lines=False)
    task.place = form.text("place", place, longest=120, lines=False)
    if day < common.today():
        form.wrong("day", _("不能安排到过去的日期，请选今天或以后"))
    _check_window(form, start, end)
    _set_conditions(form, task, conditions, distance_km)
    _check_people(form, task, staff_ids)
    form.finish()
    common.require_open_week(team, day)
    task.source = common.source_for(team, day)
    task.request_id = request_id
    task.made_by_id = actor.id if actor.kind == "staff" else None
    common.price(task, len(set(staff_ids)))
    task.save()
    common.set_shares(task, staff_ids)
    common.tell(
        actor,
        "team.task_created",
        task,
        source=str(task.source),
        order_id=None,
        staff_ids=list(dict.fromkeys(staff_ids)),
    )
    return task


def _check_window(form: Form, start: dt.time | None, end: dt.time | None) -> None:
    if start is not None and end is not None and end <= start:
        form.wrong("end", _("结束时间须晚于开始时间，请重新选择"))


def _set_conditions(form: Form, task: TeamTask, conditions: Sequence[str], distance_km: float | None) -> None:
    known = policies.get("teams.condition_names", task.org, moment_of(task.day))
    unknown = [code for code in conditions if code not in known]
    if unknown:
        form.wrong("conditions", _("没有这项作业条件，请从列表中选择"))
    if distance_km is not None and not 0 <= distance_km <= FARTHEST_KM:
        form.wrong("distance_km", _("距离应在 0 到 %(most)s 公里之间") % {"most": FARTHEST_KM})
    task.conditions = [code for code in known if code in set(conditions)]
    task.distance_km = distance_km


def _check_people(form: Form, task: TeamTask, staff_ids: Sequence[int]) -> None:
    """Each must be of the team, there on the day, and able."""
    ids = set(staff_ids)
    if not ids:
        return
    most = policies.get("teams.most_helpers", task.org)
    if len(ids) > most:
        form.wrong("staff_ids", _("一项任务最多 %(most)s 人，请分成几项") % {"most": most})
        return
    known = {one.staff.pk: one for one in read_people(task.org, (task.day,))}
    if ids - known.keys():
        form.wrong("staff_ids", _("所选人员不在本班组，请重新选择"))
    for key in sorted(ids & known.keys()):
        why = why_not(task, known[key], task.day)
        if why:
            form.wrong("staff_ids", f"{known[key].staff.display_name}：{why}")


@action("team.change_task")
def change_task(
    actor: Actor, task_id: int, *, conditions: Sequence[str], distance_km: float | None, version: int | None = None
) -> TeamTask:
    """State the conditions the work is or was done under; the points follow. Also for a work order's task, and for one
    that is done while its week is not reviewed. Raises NotAllowed, NotFound, Conflict, InvalidInput."""
    task = common.locked_task(task_id)
    actor.require(MANAGE, task.org.path)
    common.require_version(task, version)
    common.require_open_week(task.org, task.day)
    if task.state in (TaskState.CANCELLED, TaskState.CARRIED):
        common.require_open(task)
    form = Form()
    _set_conditions(form, task, conditions, distance_km)
    form.finish()
    common.price(task, task.shares.count())
    common.save(task, "conditions", "distance_km", "points")
    common.tell(actor, "team.task_changed", task, conditions=list(task.conditions))
    return task


@action("team.start_task")
def start_task(actor: Actor, task_id: int) -> TeamTask:
    """Work begins now. Already so changes nothing. Raises NotAllowed, NotFound, Conflict (closed, of an order)."""
    task = common.locked_task(task_id)
    require_worker(actor, task)
    common.require_no_order(task)
    if task.state == TaskState.STARTED:
        return task
    common.require_open(task)
    if not task.shares.exists():
        raise Conflict(_("任务还没有执行人，请先分配"), code="nobody")
    task.state, task.started_at = TaskState.STARTED, moment.now()
    common.save(task, "state", "started_at")
    common.tell(actor, "team.task_started", task)
    return task


@action("team.finish_task")
def finish_task(actor: Actor, task_id: int, *, result: str = "", safety_checked: bool = False) -> TeamTask:
    """The task is done now. Where ``teams.safety_types`` asks for a safety talk and none is confirmed, a mark is taken.

    Raises NotAllowed, NotFound, Conflict (closed, of an order, nobody, ``week_reviewed``), InvalidInput (``result``).
    """
    task = common.locked_task(task_id)
    require_worker(actor, task)
    common.require_no_order(task)
    common.require_open(task)
    common.require_open_week(task.org, task.day)
    if not task.shares.exists():
        raise Conflict(_("任务还没有执行人，请先分配"), code="nobody")
    form = Form()
    task.result = form.text("result", result, longest=400)
    form.finish()
    now = moment.now()
    task.state, task.done_at, task.safety_checked = TaskState.DONE, now, safety_checked
    task.started_at = task.started_at or now
    common.save(task, "state", "done_at", "started_at", "safety_checked", "result")
    minutes = round((now - task.started_at).total_seconds() / 60)
    common.tell(actor, "team.task_done", task, minutes=minutes)
    if not safety_checked and task.type in policies.get("teams.safety_types", task.org, now):
        add_automatic(actor, task, MarkKind.SAFETY_MISSING, at=now, event_id=0)
    return task


@action("team.cancel_task")
def cancel_task(actor: Actor, task_id: int, *, reason: str) -> TeamTask:
    """Take a task off, with the reason. Raises NotAllowed, NotFound, Conflict, InvalidInput (``reason``)."""
    task = common.locked_task(task_id)
    actor.require(MANAGE, task.org.path)
    common.require_no_order(task)
    common.require_open(task)
    form = Form()
    task.reason = form.text("reason", reason, longest=200, required=True)
    form.finish()
    task.state = TaskState.CANCELLED
    common.save(task, "state", "reason")
    common.tell(actor, "team.task_cancelled", task)
    return task
