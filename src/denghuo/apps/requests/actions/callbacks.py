"""The call-back desk: take a plan, dial, note what the customer said.

Every caller gets one plan a round (a unique constraint says so). Taking one is exclusive: its row is locked, rows locked
by others are passed over, and what somebody took and forgot is free again after ``callback.hold_minutes``. What may be
done in which phase is the table in :mod:`..callbacks.machine`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks import outcomes
from denghuo.apps.requests.callbacks.choices import CampaignState, HolderKind
from denghuo.apps.requests.callbacks.machine import Verb, free, is_held, require
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.hours import is_open, next_opening
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import units_under

HOLD = ("holder", "held_at", "holder_kind", "lease", "dialled_at")


@action("callback.take")
def take_callback(actor: Actor, *, at: dt.datetime | None = None, campaign_id: int | None = None) -> CallBack | None:
    """Give ``actor`` a plan that is due in their units: the one they already hold, else by priority the longest due.

    ``campaign_id`` keeps to one campaign (0: to the calls every round of work requires). None when nothing is due, or
    outside calling hours (the plans wait for :func:`..hours.next_opening`). Raises NotAllowed.
    """
    if actor.id is None or actor.kind != "staff" or not actor.can_somewhere("callback.call"):
        raise NotAllowed(_("您没有回访权限，请联系安全管理员"))
    now = at or moment.now()
    mine = Q(holder_id=actor.id) & ~Q(holder_kind=HolderKind.ROBOT)
    rows = due_in(actor, "callback.call", now, also=mine)
    if campaign_id is not None:
        rows = rows.filter(mine | Q(campaign_id=campaign_id or None))
    held_first = Case(When(mine, then=Value(0)), default=Value(1), output_field=IntegerField())
    # Partial index requests_callback_due gives the due ones.
    plan = rows.order_by(held_first, "priority", "not_before", "pk").first()
    if plan is None:
        return None
    again = plan.holder_id == actor.id and is_held(plan, now)
    if not is_open(now, plan.request.org):
        return plan if plan.holder_id == actor.id else None
    hold(plan, actor, HolderKind.STAFF, now)
    if not again:
        common.tell(common.event(actor, plan.request, "callback.taken", now, call_back_id=plan.pk, by="staff"))
    return plan


def due_in(actor: Actor, permission: str, now: dt.datetime, *, also: Q | None = None) -> QuerySet[CallBack]:
    """Plans that may be called now in the units where ``actor`` holds ``permission``, locked; rows locked by others are
    passed over. ``also``: rows that count whoever holds them. Not due: paused campaigns, hours the customer did not ask
    for."""
    clock = timezone.localtime(now).time()
    wished = Q(window_from=None) | Q(window_from__lte=clock)
    wished &= Q(window_to=None) | Q(window_to__gt=clock)
    running = Q(campaign=None) | Q(campaign__state=CampaignState.RUNNING)
    wanted = free(now) & wished & running
    rows = CallBack.objects.filter(wanted if also is None else wanted | also, state=CallBackState.PENDING)
    rows = rows.filter(not_before__lte=now)
    paths = actor.paths_for(permission)
    if ROOT_PATH not in paths:
        rows = rows.filter(request__org__in=units_under(paths))
    return rows.select_related("request__org", "campaign").select_for_update(skip_locked=True, of=("self",))


def hold(plan: CallBack, actor: Actor, kind: HolderKind, now: dt.datetime, lease: uuid.UUID | None = None) -> None:
    """Write down who has the plan; a dialling of whoever had it before is no longer going on."""
    if plan.holder_id != actor.id:
        plan.dialled_at = None
    plan.holder_id, plan.held_at, plan.holder_kind, plan.lease = actor.id, now, kind, lease
    plan.save(update_fields=HOLD)


def let_go(plan: CallBack) -> None:
    """Nobody has the plan; not saved."""
    plan.holder, plan.held_at, plan.holder_kind, plan.lease, plan.dialled_at = None, None, "", None, None


@action("callback.dial")
def dial_callback(actor: Actor, callback_id: int) -> CallBack:
    """The number is being dialled now; from here the plan counts as in call.

    Raises NotAllowed, NotFound, Conflict (not theirs; outside calling hours, code ``closed_hours``).
    """
    plan = locked(callback_id)
    now = moment.now()
    actor.require("callback.call", plan.request.org.path)
    require_holder(actor, plan, Verb.DIAL, now)
    require_open(plan, now)
    plan.dialled_at = plan.held_at = now
    plan.save(update_fields=["dialled_at", "held_at"])
    common.tell(common.event(actor, plan.request, "callback.dialled", now, call_back_id=plan.pk))
    return plan


@action("callback.release")
def release_callback(actor: Actor, callback_id: int) -> CallBack:
    """Put back a plan that ``actor`` took and will not call now. Raises NotFound, Conflict (not theirs)."""
    plan = locked(callback_id)
    now = moment.now()
    require_holder(actor, plan, Verb.RELEASE, now)
    by = str(plan.holder_kind or HolderKind.STAFF)
    let_go(plan)
    plan.save(update_fields=HOLD)
    common.tell(common.event(actor, plan.request, "callback.released", now, call_back_id=plan.pk, by=by))
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
    answers: Mapping[str, str] | None = None,
    script_id: int | None = None,
    ask_at: dt.datetime | None = None,
    language: str = "",
    aspects: Sequence[str] = (),
    lease: uuid.UUID | None = None,
) -> CallBack:
    """Note one dialling by the holder of the plan. What each ``outcome`` does is the policy ``callback.effects``.

    Answered, resolved and not dissatisfied → *done*, the request is archived. Answered but unresolved or dissatisfied →
    *done*, the request goes to *rework* with the next round and an improvement item is raised (from round
    ``callback.max_rounds`` on it goes under supervision instead of straight back to the crew). Refused → *done*, not
    rated, archived. Asked for another time → waits for ``ask_at`` (counts as no attempt, ``callback.max_postponed``
    times). Hung up midway → what was said is kept; unresolved sends it to rework at once. Not reached → the plan waits
    ``callback.spacing_minutes`` within calling hours, a wrong number until the unit has supplied the right one or
    ``callback.number_wait_minutes`` have passed; after ``callback.max_attempts`` → *unreachable*, archived.

    ``answers`` (by question of script ``script_id``) give the three figures; without them the figures are taken as they
    are. ``aspects``: in what the ticket and the customer's words differ, confirmed by the agent; the unit must correct it.
    A call of a campaign moves no request: dissatisfaction raises an improvement item. Raises NotAllowed, NotFound,
    Conflict (done, held by somebody else, taken outside calling hours), InvalidInput (outcome, resolved, satisfaction,
    note, at, ask_at, language, aspects, q_<code>).
    """
    plan = locked(callback_id)
    request = plan.request
    now = moment.now()
    actor.require("callback.lease" if lease is not None else "callback.call", request.org.path)
    require_holder(actor, plan, Verb.RECORD, now, lease)
    told = outcomes.Told(
        outcome=outcome, note=note, resolved=resolved, arrival_honoured=arrival_honoured, satisfaction=satisfaction,
        answers=answers, script_id=script_id, ask_at=ask_at, language=language, aspects=tuple(aspects),
    )  # fmt: skip
    heard = outcomes.checked(plan, told, now)
    when = common.moment_of(at, request, after=request.archived_at if plan.campaign_id else None)
    if actor.kind != "system":
        require_open(plan, plan.dialled_at or plan.held_at or when)
    outcomes.note_attempt(actor, plan, heard, when)
    let_go(plan)
    common.tell(*outcomes.settle(actor, plan, heard, when))
    return plan


@action("callback.reschedule")
def reschedule_callback(
    actor: Actor,
    callback_id: int,
    *,
    not_before: dt.datetime,
    window: tuple[dt.time | None, dt.time | None] = (None, None),
) -> CallBack:
    """The customer would rather be called at another time: not before, and if given only between two times of the day.

    Raises NotAllowed, NotFound, Conflict (being called, or over), InvalidInput (not_before, window_to).
    """
    plan = locked(callback_id)
    request, now = plan.request, moment.now()
    actor.require("callback.call", request.org.path)
    require(plan, Verb.RESCHEDULE, now)
    check_time("not_before", not_before, plan, now)
    check_window(window)
    let_go(plan)
    plan.window_from, plan.window_to = window
    plan.not_before = next_opening(max(not_before, now), request.org, window)
    plan.save(update_fields=[*HOLD, "window_from", "window_to", "not_before"])
    common.tell(
        common.event(
            actor, request, "callback.rescheduled", now, call_back_id=plan.pk, not_before=plan.not_before, why="wish"
        )
    )
    return plan


@action("callback.supply_number")
def supply_number(actor: Actor, callback_id: int, *, phone: str) -> CallBack:
    """The unit gives the right number; the plan is due again. Raises NotAllowed (``request.note``), NotFound, Conflict,
    InvalidInput (phone)."""
    plan = locked(callback_id)
    request, now = plan.request, moment.now()
    actor.require("request.note", request.org.path)
    require(plan, Verb.SUPPLY_NUMBER, now)
    form = Form()
    request.caller_phone = form.phone("phone", phone)
    form.finish()
    request.version += 1
    request.save(update_fields=["caller_phone", "caller_phone_bidx", "version"])
    plan.number_wanted_at = None
    plan.not_before = next_opening(now, request.org, (plan.window_from, plan.window_to))
    plan.save(update_fields=["number_wanted_at", "not_before"])
    common.tell(common.event(actor, request, "callback.number_supplied", now, call_back_id=plan.pk))
    return plan


def locked(callback_id: int) -> CallBack:
    """The plan and its request, both rows locked in one statement. Raises NotFound."""
    rows = CallBack.objects.select_related("request__org", "holder", "campaign")
    plan = rows.select_for_update(of=("self", "request")).filter(pk=callback_id).first()
    if plan is None:
        raise NotFound(_("没有这条回访"))
    return plan


def require_holder(actor: Actor, plan: CallBack, verb: Verb, now: dt.datetime, lease: uuid.UUID | None = None) -> None:
    """Raise Conflict unless the plan is open and ``actor`` (by ``lease``, when a robot) has it."""
    if plan.state != CallBackState.PENDING:
        require(plan, verb, now)
    if actor.kind == "system":
        return
    if plan.holder_id is None:
        raise Conflict(_("请先领取这条回访再操作"), code="not_held")
    if plan.holder_id != actor.id:
        raise Conflict(
            _("该回访已由%(who)s领取") % {"who": plan.holder.display_name if plan.holder else ""}, code="held"
        )
    if (plan.holder_kind == HolderKind.ROBOT) != (lease is not None) or (lease is not None and lease != plan.lease):
        raise Conflict(_("租约已失效，这条回访可能已由他人领取，请重新领取"), code="lease_lost")


def require_open(plan: CallBack, at: dt.datetime) -> None:
    """Raise Conflict unless we may call at ``at``."""
    if not is_open(at, plan.request.org):
        raise Conflict(_("夜间和午休时段不打扰客户，请在回访时段内拨打；这条回访可先放回队列"), code="closed_hours")


def check_time(field: str, value: dt.datetime, plan: CallBack, now: dt.datetime) -> None:
    """A time the customer asked for: to come, and within ``callback.postpone_days``. Raises InvalidInput."""
    days = policies.get("callback.postpone_days", plan.request.org, now)
    form = Form()
    if value.tzinfo is None or value <= now:
        form.wrong(field, _("约定的时间须晚于现在，请重新选择"))
    elif value > now + dt.timedelta(days=days):
        form.wrong(field, _("约定的时间不能晚于 %(days)s 天，请与客户另约") % {"days": days})
    form.finish()


def check_window(window: tuple[dt.time | None, dt.time | None]) -> None:
    """Both ends or none, the second after the first. Raises InvalidInput (window_to)."""
    start, end = window
    form = Form()
    if (start is None) != (end is None) or (start is not None and end is not None and start >= end):
        form.wrong("window_to", _("请填写起止时段，且止时晚于起时"))
    form.finish()
