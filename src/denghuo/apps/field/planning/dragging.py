"""What a drag on the board would cost, and dropping it. Plain Python: runs in a web process, without the compiled search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.field.planning import actions, making, words
from denghuo.apps.field.planning.models import DispatchPlan
from denghuo.apps.field.planning.situation import Pins, Situation
from denghuo.apps.field.suggestions import skill_names, skills_for
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.engine import dispatch
from denghuo.engine.dispatch import Plan

PINNED = "pinned"


def cost_of_move(actor: Actor, plan_id: int, request_id: int, *, crew_id: int, before_id: int | None) -> dict[str, Any]:
    """What giving a request to ``crew_id``, before another one of its route (None: at the end), would add: kilometres,
    promises missed, minutes late, overtime, crews changed, cost, and the same in words. ``allowed`` False with the reason
    when it cannot be. Nothing changes. Raises NotAllowed, NotFound.
    """
    plan = seen(actor, plan_id)
    found = making.read(plan.org, plan.body)
    task, crew = _task(found, request_id), found.crew_index(crew_id)
    if crew is None:
        return _refused(_("该班组不在值班状态"))
    found = found.pinned(_without(found.pins, request_id))  # a drag of the order itself takes its place anew
    before = making.start_of(found, making.sequence_of(plan.body))
    why = _why_not(found, task, crew)
    if why:
        return _refused(why)
    try:
        after = dispatch.moved(found.problem, before, task, crew, _position(found, before, task, crew, before_id))
    except ValueError:
        return _refused(_("在途或在现场的工单不能移动"))
    was, then = making.figures(found, before), making.figures(found, after)
    change = {name: round(then[name] - was[name], 1) for name in then}
    begin = next(stop for stop in dispatch.timetable(found.problem, after, crew) if stop.order == task)
    cost = dispatch.cost_of(found.problem, after)
    if _breaks_pin(found, after, crew):
        return _refused(_("有工单的先后已由调度员固定，请先解除锁定"))
    if not math.isfinite(cost.total) and math.isfinite(dispatch.cost_of(found.problem, before).total):
        return _refused(_("超过班组允许的加班时间"))
    return {
        "allowed": True, "change": change, "begin": found.at(begin.begin), "late": round(begin.late),
        "words": words.change(change), "why": "",
    }  # fmt: skip


def refusals(actor: Actor, plan_id: int, request_id: int) -> dict[int, str]:
    """Crews that cannot take a request wherever it stands in their route, each with the reason; the others may, as far as
    their hours go. Raises NotAllowed, NotFound."""
    plan = seen(actor, plan_id)
    found = making.read(plan.org, plan.body)
    task = _task(found, request_id)
    found = found.pinned(_without(found.pins, request_id))
    reasons = {crew.pk: _why_not(found, task, number) for number, crew in enumerate(found.crews)}
    return {pk: why for pk, why in reasons.items() if why}


def pin(actor: Actor, plan_id: int, request_id: int, *, crew_id: int, before_id: int | None) -> DispatchPlan:
    """Drop: fix the crew (:func:`actions.lock_order`) and the place between the two orders where it was dropped, and show the
    plan so; the worker then makes the rest anew around it. A neighbour that is finished or goes to another crew no longer
    binds. Raises what locking raises, and InvalidInput (``crew_id``) when it cannot be."""
    plan = seen(actor, plan_id)
    actions.lock_order(actor, request_id, crew_id=crew_id)
    found = making.read(plan.org, plan.body)
    task, crew = _task(found, request_id), found.crew_index(crew_id)
    if crew is None:
        raise InvalidInput({"crew_id": _("该班组不在值班状态")})
    found = found.pinned(_without(found.pins, request_id))
    start = making.start_of(found, making.sequence_of(plan.body))
    try:
        after = dispatch.moved(found.problem, start, task, crew, _position(found, start, task, crew, before_id))
    except ValueError:
        raise InvalidInput({"crew_id": _("在途或在现场的工单不能移动")}) from None
    if _breaks_pin(found, after, crew):
        raise InvalidInput({"crew_id": _("有工单的先后已由调度员固定，请先解除锁定")})
    found = found.pinned({**found.pins, str(request_id): _place(found, after, task, crew)})
    return keep(actor, making.Made(found, after, 0), PINNED, digest="", why=plan.body.get("reasons", {}))


def keep(
    actor: Actor, made: making.Made, cause: str, *, digest: str | None = None, why: Mapping[str, Any] | None = None
) -> DispatchPlan:
    """Keep a plan that was made, with the figures of it and of things as they stand."""
    figures = {
        name: making.figures(made.found, plan) for name, plan in (("plan", made.plan), ("current", made.found.current))
    }
    return actions.keep_plan(
        actor, made.found.area.pk, cause=cause, digest=made.found.digest if digest is None else digest,
        body=making.body_of(made, why), costs=figures, solve_ms=made.solve_ms, made_at=made.found.now,
    )  # fmt: skip


def seen(actor: Actor, plan_id: int) -> DispatchPlan:
    """A plan the actor may see. Raises NotFound, NotAllowed."""
    plan = DispatchPlan.objects.select_related("org").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound(_("没有这个派单计划"))
    actor.require(actions.PERMISSION, plan.org.path)
    return plan


def _task(found: Situation, request_id: int) -> int:
    task = found.by_key.get(request_id)
    if task is None:
        raise NotFound(_("该诉求已不在计划中，请刷新"))
    return task


def _position(found: Situation, plan: Plan, task: int, crew: int, before_id: int | None) -> int:
    """Place in the crew's route without the order; never inside the frozen stops."""
    route = [one for one in plan.routes[crew] if one != task]
    before = found.by_key.get(before_id) if before_id is not None else None
    place = route.index(before) if before in route else len(route)
    return max(place, min(found.problem.crews[crew].frozen, len(route)))


def _place(found: Situation, plan: Plan, task: int, crew: int) -> dict[str, int | None]:
    """Crew and neighbours of an order, by key, as a kept plan has them."""
    route = plan.routes[crew]
    at = route.index(task)
    return {
        "crew": found.crews[crew].pk,
        "after": found.tasks[route[at - 1]].key if at else None,
        "before": found.tasks[route[at + 1]].key if at + 1 < len(route) else None,
    }


def _without(pins: Pins, request_id: int) -> Pins:
    """Pins without an order: what is dropped last decides, so others do not hold on to where it was."""
    kept = {}
    for key, pin in pins.items():
        if key != str(request_id):
            kept[key] = {name: None if name != "crew" and value == request_id else value for name, value in pin.items()}
    return kept


def _breaks_pin(found: Situation, plan: Plan, crew: int) -> bool:
    """Whether an order would stand on the wrong side of one whose place is fixed."""
    route, frozen = plan.routes[crew], found.problem.crews[crew].frozen
    return any(
        first in route and then in route[frozen:] and route.index(first) > route.index(then)
        for first, then in found.problem.sequence
    )


def _why_not(found: Situation, task: int, crew: int) -> str:
    order, able = found.problem.orders[task], found.problem.crews[crew]
    if order.skills & ~able.skills:
        return _("缺少必备技能：%(skills)s") % {"skills": skill_names(skills_for(found.tasks[task].request)[0])}
    if not found.tasks[task].movable and order.crew != crew:
        return _("在途或在现场的工单不能移动")
    if order.only and crew not in order.only and found.tasks[task].lock is None:
        return _("该班组不承接此处工单")
    return ""


def _refused(why: str) -> dict[str, Any]:
    return {"allowed": False, "change": {}, "begin": None, "late": 0, "words": [], "why": why}
