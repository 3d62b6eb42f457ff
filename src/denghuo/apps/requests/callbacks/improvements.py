"""Improvement items: what a dissatisfied customer makes us change, from the call to the customer's confirmation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks.choices import ImprovementClass, ImprovementState
from denghuo.apps.requests.callbacks.models import ImprovementItem
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

MANAGE, WORK = "callback.manage", "request.review"
S = ImprovementState


def after_call(actor: Actor, plan: CallBack, at: dt.datetime, *, bad: bool) -> Iterator[NewEvent]:
    """What a finished call means for the request's item: raised, sent back, or confirmed; events, not yet written.

    A first call that was no bad one cannot have an item, so it costs no look.
    """
    if not bad and plan.round == 1:
        return
    item = (
        ImprovementItem.objects.select_for_update().filter(request_id=plan.request_id).exclude(state=S.CLOSED).first()
    )
    if bad:
        yield _returned(actor, item, plan, at) if item is not None else _raised(actor, plan, at)
    elif item is not None and item.state != S.VERIFIED and plan.state == CallBackState.DONE:
        item.state, item.verified_by, item.verified_at = S.VERIFIED, plan, at
        item.save(update_fields=["state", "verified_by", "verified_at"])
        yield common.event(actor, plan.request, "improvement.verified", at, item_id=item.pk, call_back_id=plan.pk)


def _raised(actor: Actor, plan: CallBack, at: dt.datetime) -> NewEvent:
    days = policies.get("callback.improvement_days", plan.request.org, at)
    item = ImprovementItem.objects.create(
        org=plan.request.org, request=plan.request, call_back=plan, said=plan.note, raised_at=at,
        due_on=(timezone.localtime(at) + dt.timedelta(days=days)).date(),
    )  # fmt: skip
    return common.event(actor, plan.request, "improvement.raised", at, item_id=item.pk, call_back_id=plan.pk)


def _returned(actor: Actor, item: ImprovementItem, plan: CallBack, at: dt.datetime) -> NewEvent:
    item.state = S.ASSIGNED if item.owner_id is not None else S.OPEN
    item.returns, item.said, item.verified_by, item.verified_at = item.returns + 1, plan.note, None, None
    item.save(update_fields=["state", "returns", "said", "verified_by", "verified_at"])
    return common.event(
        actor, plan.request, "improvement.returned", at, item_id=item.pk, call_back_id=plan.pk, returns=item.returns
    )


@action("improvement.assign")
def assign_improvement(
    actor: Actor, item_id: int, *, owner_id: int | None, cause_class: str, due_on: dt.date | None
) -> ImprovementItem:
    """Give an item to the unit that must put it right; may be changed until the customer has confirmed.

    Raises NotAllowed (``callback.manage``), NotFound, Conflict, InvalidInput (owner_id, cause_class, due_on).
    """
    item = _locked(item_id)
    actor.require(MANAGE, item.org.path)
    _require(item, (S.OPEN, S.ASSIGNED), _("指派"))
    at = moment.now()
    form = Form()
    cause = form.choice("cause_class", cause_class, ImprovementClass.values)
    owner = OrgUnit.objects.filter(pk=owner_id).first() if owner_id else None
    if owner is None:
        form.wrong("owner_id", _("请选择责任单位"))
    if due_on is None or due_on < timezone.localtime(at).date():
        form.wrong("due_on", _("完成期限不能早于今天，请重新选择"))
    form.finish()
    assert owner is not None and due_on is not None
    item.owner, item.cause_class, item.due_on, item.state = owner, cause, due_on, S.ASSIGNED
    item.save(update_fields=["owner", "cause_class", "due_on", "state"])
    common.tell(
        common.event(
            actor, item.request, "improvement.assigned", at,
            item_id=item.pk, owner_id=owner.pk, cause_class=cause, due_on=due_on,
        )
    )  # fmt: skip
    return item


@action("improvement.measure")
def note_measure(actor: Actor, item_id: int, *, measure: str) -> ImprovementItem:
    """The owner writes what was done. A customer heard in a campaign is then called a second time; one whose request is
    in rework is called when that is done. Raises NotAllowed (``request.review`` at the owner), NotFound, Conflict,
    InvalidInput (measure)."""
    item = _locked(item_id)
    actor.require(WORK, (item.owner or item.org).path)
    _require(item, (S.ASSIGNED, S.VERIFIED), _("填报措施"))
    form = Form()
    text = form.text("measure", measure, longest=policies.get("request.text_length"), required=True)
    form.finish()
    at = moment.now()
    item.measure, item.measured_at = text, at
    item.save(update_fields=["measure", "measured_at"])
    if item.state == S.ASSIGNED:
        _call_again(item, at)
    common.tell(common.event(actor, item.request, "improvement.measured", at, item_id=item.pk))
    return item


@action("improvement.close")
def close_improvement(actor: Actor, item_id: int) -> ImprovementItem:
    """Close an item whose measure is written and which the customer has confirmed, or whose second call reached nobody.

    Raises NotAllowed (``callback.manage``), NotFound, Conflict (what is missing, code ``not_verified`` or ``no_measure``).
    """
    item = _locked(item_id)
    actor.require(MANAGE, item.org.path)
    _require(item, (S.ASSIGNED, S.VERIFIED), _("关闭"))
    if not item.measure:
        raise Conflict(_("尚未填报整改措施，请先由责任单位填报"), code="no_measure")
    how = "confirmed" if item.state == S.VERIFIED else _ended_without_word(item)
    if not how:
        raise Conflict(_("客户尚未在第二次回访中确认，不能关闭"), code="not_verified")
    at = moment.now()
    item.state, item.closed_at = S.CLOSED, at
    item.save(update_fields=["state", "closed_at"])
    common.tell(common.event(actor, item.request, "improvement.closed", at, item_id=item.pk, how=how))
    return item


def _ended_without_word(item: ImprovementItem) -> str:
    """ "unreachable" or "decision" when the last call of the request ended without the customer's word."""
    last = CallBack.objects.filter(request_id=item.request_id, pk__gt=item.call_back_id).order_by("pk").last()
    if last is None or last.state in (CallBackState.PENDING, CallBackState.DONE):
        return ""
    return "unreachable" if last.state == CallBackState.UNREACHABLE else "decision"


def _call_again(item: ImprovementItem, at: dt.datetime) -> None:
    """The second call of a campaign's customer; one at a time."""
    first = item.call_back
    if first.campaign_id is None:
        return
    calls = CallBack.objects.filter(campaign_id=first.campaign_id, request_id=item.request_id)
    if calls.filter(state=CallBackState.PENDING).exists():
        return
    last = calls.order_by("round").last()
    CallBack.objects.create(
        request=item.request, campaign_id=first.campaign_id, round=(last.round if last else first.round) + 1,
        priority=first.priority, window_from=first.window_from, window_to=first.window_to,
        not_before=next_opening(at, item.org, (first.window_from, first.window_to)),
    )  # fmt: skip


def _require(item: ImprovementItem, states: tuple[S, ...], verb: str) -> None:
    if item.state not in states:
        raise Conflict(
            _("该事项为“%(state)s”，不能%(verb)s") % {"state": item.get_state_display(), "verb": verb},
            code="wrong_state",
        )


def _locked(item_id: int) -> ImprovementItem:
    rows = ImprovementItem.objects.select_related("org", "owner", "request__org", "call_back")
    item = rows.select_for_update(of=("self", "request")).filter(pk=item_id).first()
    if item is None:
        raise NotFound(_("没有这个整改事项"))
    return item
