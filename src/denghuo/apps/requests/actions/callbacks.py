"""The call-back desk: take a plan, dial, note what the customer said.

Every caller gets one plan a round (a unique constraint says so). Taking one is exclusive: its row is locked, rows locked
by others are passed over, and what somebody took and forgot is free again after ``callback.hold_minutes``.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext as _

from denghuo.apps.requests import limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.closing import archive
from denghuo.apps.requests.choices import AttemptOutcome, CallBackState, RequestState, Satisfaction
from denghuo.apps.requests.hours import is_open, next_opening
from denghuo.apps.requests.models import CallBack, CallBackAttempt
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import units_under

# Outcomes after which dialling again makes no sense, and those after which it does.
FINAL_OUTCOMES = (AttemptOutcome.ANSWERED, AttemptOutcome.REFUSED)


@action("callback.take")
def take_callback(actor: Actor, *, at: dt.datetime | None = None) -> CallBack | None:
    """Give ``actor`` a plan that is due in their units: the one they already hold, else the longest due.

    None when nothing is due, or outside calling hours (the plans wait for :func:`.hours.next_opening`). Raises NotAllowed.
    """
    if actor.id is None or actor.kind != "staff" or not actor.can_somewhere("callback.call"):
        raise NotAllowed(_("您没有回访权限，请联系安全管理员"))
    now = at or moment.now()
    stale = now - dt.timedelta(minutes=policies.get("callback.hold_minutes"))
    mine = Q(holder_id=actor.id)
    free = Q(holder=None) | Q(held_at__lt=stale)
    rows = CallBack.objects.filter(mine | free, state=CallBackState.PENDING, not_before__lte=now)
    paths = actor.paths_for("callback.call")
    if ROOT_PATH not in paths:
        rows = rows.filter(request__org__in=units_under(paths))
    held_first = Case(When(mine, then=Value(0)), default=Value(1), output_field=IntegerField())
    # Partial index requests_callback_due gives the due ones.
    plan = (
        rows.select_related("request__org")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by(held_first, "not_before", "pk")
        .first()
    )
    if plan is None or (plan.holder_id != actor.id and not is_open(now, plan.request.org)):
        return None
    plan.holder_id, plan.held_at = actor.id, now
    plan.save(update_fields=["holder", "held_at"])
    return plan


@action("callback.release")
def release_callback(actor: Actor, callback_id: int) -> CallBack:
    """Put back a plan that ``actor`` took and will not call now. Raises NotFound, Conflict (not theirs)."""
    plan = _locked(callback_id)
    _require_holder(actor, plan)
    plan.holder, plan.held_at = None, None
    plan.save(update_fields=["holder", "held_at"])
    return plan


@action("callback.record_attempt")
def record_attempt(
    actor: Actor,
    callback_id: int,
    *,
    outcome: str,
    note: str = "",
    resolved: bool | None = None,
    arrival_honoured: bool | None = None,
    satisfaction: str = "",
    at: dt.datetime | None = None,
) -> CallBack:
    """Note one dialling by the holder of the plan.

    Answered, resolved and not dissatisfied → *done*, the request is archived. Answered but unresolved or dissatisfied →
    *done*, the request goes to *rework* with the next round (from round ``callback.max_rounds`` on it goes under
    supervision instead of straight back to the crew). Refused → *done*, not rated, archived. Not reached → the plan
    waits ``callback.spacing_minutes`` within calling hours; after ``callback.max_attempts`` → *unreachable*, archived.
    Raises NotAllowed, NotFound, Conflict (done, or held by somebody else), InvalidInput (outcome, resolved,
    satisfaction, note, at).
    """
    plan = _locked(callback_id)
    request = plan.request
    actor.require("callback.call", request.org.path)
    _require_holder(actor, plan)
    clean = _clean(plan, outcome, note, resolved, satisfaction)
    moment_ = common.moment_of(at, request)
    CallBackAttempt.objects.create(
        call_back=plan, at=moment_, by_id=actor.id if actor.kind == "staff" else None, outcome=outcome, note=clean[:300]
    )
    plan.attempts += 1
    plan.holder, plan.held_at = None, None
    if outcome == AttemptOutcome.ANSWERED:
        plan.resolved, plan.arrival_honoured, plan.satisfaction, plan.note = (
            resolved,
            arrival_honoured,
            satisfaction,
            clean,
        )
    elif outcome == AttemptOutcome.REFUSED:
        plan.satisfaction, plan.note = Satisfaction.NOT_RATED, clean
    _settle(actor, plan, outcome, moment_)
    return plan


def _settle(actor: Actor, plan: CallBack, outcome: str, at: dt.datetime) -> None:
    request = plan.request
    if outcome in FINAL_OUTCOMES:
        plan.state = CallBackState.DONE
    elif plan.attempts >= policies.get("callback.max_attempts", request.org, at):
        plan.state = CallBackState.UNREACHABLE
    else:
        spacing = dt.timedelta(minutes=policies.get("callback.spacing_minutes", request.org, at))
        plan.not_before = next_opening(at + spacing, request.org)
    again = plan.not_before if plan.state == CallBackState.PENDING else None
    if plan.state != CallBackState.PENDING:
        plan.done_at = at
    plan.save()
    tried = common.event(
        actor, request, "request.callback_attempted", at,
        call_back_id=plan.pk, attempt=plan.attempts, outcome=outcome, not_before=again,
    )  # fmt: skip
    if again is not None:
        common.tell(tried)
        return
    done = common.event(
        actor, request, "request.callback_done", at,
        call_back_id=plan.pk, round=plan.round, state=plan.state, satisfaction=plan.satisfaction, resolved=plan.resolved,
        arrival_honoured=plan.arrival_honoured,
    )  # fmt: skip
    request.satisfaction = plan.satisfaction
    if plan.state == CallBackState.DONE and _unhappy(plan):
        common.tell(tried, done, _rework(actor, plan, at))
    else:
        how = "unreachable" if plan.state == CallBackState.UNREACHABLE else "called_back"
        common.tell(tried, done, archive(actor, request, at, how))


def _unhappy(plan: CallBack) -> bool:
    return plan.resolved is False or plan.satisfaction == Satisfaction.DISSATISFIED


def _rework(actor: Actor, plan: CallBack, at: dt.datetime) -> list[NewEvent]:
    """*callback* → *rework*, next round; the events, not yet written."""
    request = plan.request
    request.state, request.round = RequestState.REWORK, plan.round + 1
    exhausted = plan.round >= policies.get("callback.max_rounds", request.org, at)
    request.supervised = request.supervised or exhausted
    common.save(request, "state", "round", "satisfaction", "supervised")
    ended = common.end(actor, request, at, limits.CALL_BACK)
    begun = common.begin(actor, limits.on_rework(request, at))
    if exhausted:
        told = common.event(actor, request, "request.escalated", at, round=request.round, why="rounds")
    else:
        told = common.event(
            actor, request, "request.rework_required", at,
            round=request.round, call_back_id=plan.pk, master_id=request.master_id,
        )  # fmt: skip
    return [told, *ended, *begun]


def _locked(callback_id: int) -> CallBack:
    """The plan and its request, both rows locked in one statement."""
    rows = CallBack.objects.select_related("request__org", "holder").select_for_update(of=("self", "request"))
    plan = rows.filter(pk=callback_id).first()
    if plan is None:
        raise NotFound(_("没有这条回访"))
    return plan


def _require_holder(actor: Actor, plan: CallBack) -> None:
    if plan.state != CallBackState.PENDING:
        raise Conflict(
            _("该回访已结束（%(state)s），不能再记录") % {"state": plan.get_state_display()}, code="wrong_state"
        )
    if actor.kind == "system":
        return
    if plan.holder_id is None:
        raise Conflict(_("请先领取这条回访再操作"), code="not_held")
    if plan.holder_id != actor.id:
        raise Conflict(
            _("该回访已由%(who)s领取") % {"who": plan.holder.display_name if plan.holder else ""}, code="held"
        )


def _clean(plan: CallBack, outcome: str, note: str, resolved: bool | None, satisfaction: str) -> str:
    form = Form()
    form.choice("outcome", outcome, AttemptOutcome.values)
    text = form.text("note", note, longest=policies.get("request.text_length"))
    if outcome == AttemptOutcome.ANSWERED:
        form.choice("satisfaction", satisfaction, Satisfaction.values)
        if resolved is None:
            form.wrong("resolved", _("请记录客户是否认为问题已解决"))
        if not text and (resolved is False or satisfaction == Satisfaction.DISSATISFIED):
            form.wrong("note", _("客户不满意或问题未解决时，请记录客户意见"))
    elif resolved is not None or satisfaction:
        form.wrong("outcome", _("未接通时不应有满意度和解决情况，请核对拨打结果"))
    form.finish()
    return text
