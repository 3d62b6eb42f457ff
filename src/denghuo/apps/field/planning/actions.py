"""Keeping, accepting and rejecting plans, pinning orders. All under the lock of the area's row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.actions.dispatching import WAITING, check_fit, dispatch_request, redispatch_order
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, WorkOrder
from denghuo.apps.field.planning import areas, displacing
from denghuo.apps.field.planning.models import DispatchLock, DispatchPlan, PlanArea, PlanMode, PlanState
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

PERMISSION = "order.dispatch"
OPEN = (PlanState.SHOWN, PlanState.PROPOSED)
MOVABLE = (OrderState.SENT, OrderState.ACCEPTED)


@action("plan.keep")
def keep_plan(
    actor: Actor,
    area_id: int,
    *,
    cause: str,
    digest: str,
    body: Mapping[str, Any],
    costs: Mapping[str, Any],
    solve_ms: int,
    made_at: dt.datetime,
) -> DispatchPlan:
    """Keep a plan that was made and do with it what the teams' modes say.

    The plan before it, if nobody has decided it, is superseded. Changes for automatic teams are sent at once; what remains
    for teams that want suggestions is a proposal, unless just these changes were rejected last. Needs ``order.dispatch``.
    """
    area = _locked(area_id)
    actor.require(PERMISSION, area.org.path)
    before = latest(area.org)
    kept = displacing.with_before(dict(body), before)
    DispatchPlan.objects.filter(org=area.org, state__in=OPEN).update(state=PlanState.SUPERSEDED)
    plan = DispatchPlan.objects.create(
        org=area.org, cause=cause, digest=digest, body=kept, costs=dict(costs), solve_ms=solve_ms, made_at=made_at
    )
    _clear(area.org)
    modes = areas.modes([change["to"] for change in plan.body["changes"]])
    automatic = [one for one in plan.body["changes"] if modes.get(one["to"]) == PlanMode.AUTOMATIC]
    asked = [one for one in plan.body["changes"] if modes.get(one["to"]) == PlanMode.SUGGESTED]
    if automatic:
        _carry_out(actor, plan, automatic)
    if asked and not _refused_before(plan, asked):
        plan.state = PlanState.PROPOSED
    elif automatic:
        plan.state, plan.decided_at = PlanState.ACCEPTED, made_at
    plan.save(update_fields=["state", "decided_at", "body"])
    kind = "plan.proposed" if plan.state == PlanState.PROPOSED else "plan.made"
    payload = {"plan_id": plan.pk, "cause": cause, "changes": len(plan.body["changes"])}
    record(actor, kind, plan, org=plan.org, payload=payload, at=made_at)
    return plan


@action("plan.accept")
def accept_plan(actor: Actor, plan_id: int) -> DispatchPlan:
    """Send what the plan says: crews to waiting requests, other crews to orders that are not yet under way.

    What has changed since (somebody sent, a crew set out) is left as it is and counted as skipped. Needs ``order.dispatch``
    and, for changes of crew, ``order.withdraw``. Raises NotAllowed, NotFound, Conflict ``plan_decided``.
    """
    plan = _undecided(actor, plan_id)
    _carry_out(actor, plan, plan.body["changes"])
    _decide(actor, plan, PlanState.ACCEPTED)
    return plan


@action("plan.reject")
def reject_plan(actor: Actor, plan_id: int, *, reason: str) -> DispatchPlan:
    """Leave everything as it is; the same changes are not proposed again until something else changes.

    Raises NotAllowed, NotFound, Conflict ``plan_decided``, InvalidInput (``reason``).
    """
    clean = common.required_reason(reason)
    plan = _undecided(actor, plan_id)
    plan.reason = clean
    _decide(actor, plan, PlanState.REJECTED)
    record(
        actor, "plan.rejected", plan, org=plan.org, payload={"plan_id": plan.pk, "reason": clean}, at=plan.decided_at
    )
    return plan


@action("order.lock")
def lock_order(actor: Actor, request_id: int, *, crew_id: int) -> DispatchLock:
    """Fix the crew of a request in the plan, waiting or not yet under way. The plan is made anew around it; the crew is
    sent when the plan is accepted. Needs ``order.dispatch`` over the request and the crew.

    Raises NotAllowed, NotFound, Conflict ``order_state``, InvalidInput (``crew_id``: unknown, off duty, lacks a skill).
    """
    request = common.locked_request(request_id)
    actor.require(PERMISSION, request.org.path)
    crew = common.found_crew(crew_id)
    actor.require(PERMISSION, crew.org.path)
    order = WorkOrder.objects.filter(request=request, state__in=OPEN_STATES).first()
    if order is not None and (order.state not in MOVABLE or order.visit > 1) and order.crew_id != crew.pk:
        text = _("工单当前为“%(state)s”，不能改派") % {"state": OrderState(order.state).label}
        raise Conflict(text, code="order_state", state=str(order.state))
    if order is None and request.state not in WAITING:
        raise Conflict(_("诉求不在待派单状态，请刷新后再看"), code="request_state", state=str(request.state))
    form = Form()
    check_fit(form, crew, request)
    form.finish()
    values = {"org": request.org, "crew": crew, "by_id": _staff(actor), "at": moment.now()}
    lock, _created = DispatchLock.objects.update_or_create(request=request, defaults=values)
    _tell(actor, "order.locked", request, crew.pk)
    return lock


@action("order.unlock")
def unlock_order(actor: Actor, request_id: int) -> None:
    """Let the planner choose the crew again; not locked changes nothing. Raises NotAllowed, NotFound."""
    request = common.locked_request(request_id)
    actor.require(PERMISSION, request.org.path)
    lock = DispatchLock.objects.filter(request=request).first()
    if lock is not None:
        lock.delete()
        _tell(actor, "order.unlocked", request, lock.crew_id)


@action("plan.watch")
def watch(actor: Actor, area: OrgUnit) -> PlanArea:
    """Note that somebody looks at the area's board: for a while its plan follows events in manual mode too."""
    actor.require(PERMISSION, area.path)
    row, _created = PlanArea.objects.update_or_create(org=area, defaults={"watched_at": timezone.now()})
    return row


def latest(area: OrgUnit) -> DispatchPlan | None:
    """The newest plan of an area (index field_plan_org)."""
    return DispatchPlan.objects.filter(org=area).order_by("-id").first()


def _clear(area: OrgUnit) -> None:
    """Forget superseded plans past ``dispatch.plan.keep_days``; what somebody decided stays."""
    limit = moment.now() - dt.timedelta(days=policies.get("dispatch.plan.keep_days", area))
    DispatchPlan.objects.filter(org=area, state=PlanState.SUPERSEDED, made_at__lt=limit).delete()


def _locked(area_id: int) -> PlanArea:
    org = OrgUnit.objects.filter(pk=area_id).first()
    if org is None:
        raise NotFound(_("没有这个单位"))
    PlanArea.objects.get_or_create(org=org)
    return PlanArea.objects.select_related("org").select_for_update(of=("self",)).get(org=org)


def _undecided(actor: Actor, plan_id: int) -> DispatchPlan:
    """The plan, under the area's lock, when it is the newest and open."""
    org_id = DispatchPlan.objects.filter(pk=plan_id).values_list("org_id", flat=True).first()
    if org_id is None:
        raise NotFound(_("没有这个派单计划"))
    area = _locked(org_id)
    actor.require(PERMISSION, area.org.path)
    plan = DispatchPlan.objects.select_related("org").get(pk=plan_id)
    if plan.state not in OPEN:
        raise Conflict(
            _("该计划%(state)s，请查看最新计划") % {"state": PlanState(plan.state).label},
            code="plan_decided", state=str(plan.state),
        )  # fmt: skip
    return plan


def _decide(actor: Actor, plan: DispatchPlan, state: PlanState) -> None:
    plan.state, plan.decided_at, plan.decided_by_id = state, moment.now(), _staff(actor)
    plan.save(update_fields=["state", "decided_at", "decided_by", "reason", "body"])


def _carry_out(actor: Actor, plan: DispatchPlan, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Send and re-send; then tell those whom an emergency pushed back. Rows are locked in the order of their requests."""
    done: dict[str, list[int]] = {"sent": [], "moved": [], "skipped": []}
    for change in sorted(wanted, key=lambda one: int(one["request"])):
        try:
            with transaction.atomic():
                done[_one(actor, change)].append(change["request"])
        except ActionError:
            done["skipped"].append(change["request"])
    plan.body = {**plan.body, "done": done}
    payload = {"plan_id": plan.pk, **{name: len(keys) for name, keys in done.items()}}
    record(actor, "plan.accepted", plan, org=plan.org, payload=payload, at=moment.now())
    displacing.note(actor, plan, set(done["sent"]) | set(done["moved"]))


def _one(actor: Actor, change: Mapping[str, Any]) -> str:
    if change["order"] is None:
        dispatch_request(actor, change["request"], crew_id=change["to"])
        return "sent"
    order = common.locked_order(change["order"])
    if order.state not in MOVABLE or order.crew_id != change["from"]:
        raise Conflict(_("工单已有变化"), code="order_state", state=str(order.state))
    redispatch_order(actor, order.pk, crew_id=change["to"], reason=_("按派单计划改派"))
    return "moved"


def _refused_before(plan: DispatchPlan, asked: Sequence[Mapping[str, Any]]) -> bool:
    """Whether just these changes were the ones of the last plan that was rejected."""
    rejected = DispatchPlan.objects.filter(org=plan.org, state=PlanState.REJECTED).order_by("-id").first()
    if (
        rejected is None
        or DispatchPlan.objects.filter(org=plan.org, state=PlanState.ACCEPTED, pk__gt=rejected.pk).exists()
    ):
        return False
    return _keys(rejected.body["changes"]) >= _keys(asked)


def _keys(rows: Sequence[Mapping[str, Any]]) -> set[tuple[int, int]]:
    return {(int(one["request"]), int(one["to"])) for one in rows}


def _tell(actor: Actor, kind: str, request: Any, crew_id: int) -> None:
    payload = {"request_id": request.pk, "crew_id": crew_id}
    topics = [f"request:{request.pk}", f"crew:{crew_id}"]
    record(actor, kind, request, org=request.org, payload=payload, topics=topics, at=moment.now())


def _staff(actor: Actor) -> int | None:
    return actor.id if actor.kind == "staff" else None
