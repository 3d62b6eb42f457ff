"""Quality points of tasks: automatic ones from events, and the leader's own."""

from __future__ import annotations

import datetime as dt
import math

from django.db.models import Sum
from django.utils.translation import gettext as _

from denghuo.apps.teams.access import MANAGE
from denghuo.apps.teams.actions import common
from denghuo.apps.teams.choices import MarkKind, TaskState
from denghuo.apps.teams.models import TaskMark, TeamTask
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import record
from denghuo.core.inputs import Form


def add_automatic(actor: Actor, task: TeamTask, kind: MarkKind, *, at: dt.datetime, event_id: int) -> TaskMark | None:
    """The mark that an event brings, by ``teams.mark_points`` at that time; None when it is 0 or was given before."""
    points = float(policies.get("teams.mark_points", task.org, at).get(str(kind), 0))
    if points == 0:
        return None
    mark, made = TaskMark.objects.get_or_create(
        task=task, kind=kind, event_id=event_id, defaults={"points": points, "at": at}
    )
    if not made:
        return None
    _tell(actor, task, mark)
    return mark


@action("team.mark_task")
def mark_task(actor: Actor, task_id: int, *, points: float, reason: str) -> TaskMark:
    """The leader's own judgement on a finished task, with the reason; all of a task's together stay within
    ``teams.manual_mark_cap``. Raises NotAllowed, NotFound, Conflict, InvalidInput (``points``, ``reason``)."""
    task = common.locked_task(task_id)
    actor.require(MANAGE, task.org.path)
    common.require_open_week(task.org, task.day)
    form = Form()
    clean = form.text("reason", reason, longest=200, required=True)
    cap = float(policies.get("teams.manual_mark_cap", task.org))
    given = task.marks.filter(kind=MarkKind.MANUAL).aggregate(sum=Sum("points"))["sum"] or 0.0
    if task.state != TaskState.DONE:
        form.wrong("points", _("任务完成后才能评定"))
    elif not math.isfinite(points) or points == 0:
        form.wrong("points", _("请填写不为 0 的分值，扣分填负数"))
    elif abs(given + points) > cap + 1e-9:
        form.wrong(
            "points",
            _("班长评定合计须在 ±%(cap)s 分之内，已评 %(given)s 分，请改小")
            % {"cap": f"{cap:g}", "given": f"{given:g}"},
        )
    form.finish()
    mark = TaskMark.objects.create(
        task=task, kind=MarkKind.MANUAL, points=round(points, 2), reason=clean, at=moment.now(),
        by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    _tell(actor, task, mark)
    return mark


def _tell(actor: Actor, task: TeamTask, mark: TaskMark) -> None:
    payload = {"team_id": task.org_id, "mark_kind": str(mark.kind), "mark_points": float(mark.points)}
    topics = [f"team:{task.org_id}"]
    record(actor, "team.task_marked", task, org=task.org, payload=payload, topics=topics, at=mark.at)
