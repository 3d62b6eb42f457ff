"""Starting, pausing, resuming, recomputing, stopping and cancelling clocks.

These run inside the actions of the apps, which have checked the actor's permission on the subject. ``at`` is when the
thing happened; it may lie before now (a crew's phone was offline) but never before the clock's last change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock, ClockChange, ClockFamily, ClockState, WorkCalendar
from denghuo.core.clocks.reading import elapsed_of
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events.log import NewEvent, Subject, record_many, subject_of
from denghuo.core.moment import now as business_now
from denghuo.core.policies.keys import KEYS
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime import WorkingCalendar

WARN_POLICY = "clock.warn_ratio"
Outcome = Literal["met", "breached"]


@dataclass(frozen=True, slots=True)
class NewClock:
    """A clock about to start.

    The budget is given, or is the value of ``policy`` (in minutes or seconds as its type says; ``part`` picks one
    entry of a policy by category). ``warn_ratio`` is the used-up share at which to warn; default policy
    ``clock.warn_ratio``. ``calendar`` None counts round the clock.
    """

    kind: str
    subject: Subject
    org: OrgUnit
    family: str = ClockFamily.FIELD
    budget: dt.timedelta | None = None
    policy: str | None = None
    part: str | None = None
    calendar: WorkCalendar | None = None
    warn_ratio: float | None = None
    at: dt.datetime | None = None
    topics: Sequence[str] = ()


def start(
    actor: Actor,
    kind: str,
    subject: Subject,
    org: OrgUnit,
    *,
    budget: dt.timedelta | None = None,
    policy: str | None = None,
    part: str | None = None,
    family: str = ClockFamily.FIELD,
    at: dt.datetime | None = None,
    calendar: WorkCalendar | None = None,
    warn_ratio: float | None = None,
    topics: Sequence[str] = (),
) -> Clock:
    """Start one clock; see :class:`NewClock` and :func:`start_many`."""
    wanted = NewClock(kind, subject, org, family, budget, policy, part, calendar, warn_ratio, at, topics)
    return start_many(actor, [wanted])[0]


@action("clock.start")
def start_many(actor: Actor, wanted: Iterable[NewClock]) -> list[Clock]:
    """Start clocks: one insert and one batch of ``clock.started`` events however many.

    Raises Conflict when the subject has a live clock of that kind, PolicyMissing when no value is in force.
    """
    clocks = [_new(item) for item in wanted]
    try:
        with transaction.atomic():
            Clock.objects.bulk_create(clocks)
    except IntegrityError as error:
        raise Conflict(_("该事项的同一时限已在计时，请先结束或取消"), code="clock_running") from error
    record_many(
        _event(
            actor,
            clock,
            "clock.started",
            clock.started_at,
            budget_seconds=clock.budget_seconds,
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            policy_value_id=clock.policy_value_id,
        )
        for clock in clocks
    )
    return clocks


@action("clock.pause")
def pause(actor: Actor, clock: Clock, reason: str, at: dt.datetime | None = None) -> Clock:
    """Stop counting until :func:`resume`. Raises Conflict unless running, InvalidInput (``reason``, ``at``)."""
    clock, moment = _locked(clock, at), at or business_now()
    _require(clock, ClockState.RUNNING)
    _check(clock, moment, reason)
    events = _breach_if_over(actor, clock, moment)
    before = _snapshot(clock)
    clock.spent = elapsed_of(clock, moment)
    clock.state, clock.paused_at, clock.due_at, clock.warn_at = ClockState.PAUSED, moment, None, None
    clock.save()
    _note(actor, clock, "paused", reason, moment, before)
    left = int((clock.budget - clock.spent).total_seconds())
    record_many([*events, _event(actor, clock, "clock.paused", moment, reason=reason.strip(), remaining_seconds=left)])
    return clock


@action("clock.resume")
def resume(actor: Actor, clock: Clock, reason: str = "", at: dt.datetime | None = None) -> Clock:
    """Count on with what was left. Raises Conflict unless paused, InvalidInput (``at``)."""
    clock, moment = _locked(clock, at), at or business_now()
    _require(clock, ClockState.PAUSED)
    _check(clock, moment)
    before = _snapshot(clock)
    assert clock.paused_at is not None
    clock.paused_for += moment - clock.paused_at
    clock.state, clock.paused_at, clock.counting_from = ClockState.RUNNING, None, moment
    _schedule(clock)
    clock.save()
    _note(actor, clock, "resumed", reason, moment, before)
    record_many([_event(actor, clock, "clock.resumed", moment, due_at=clock.due_at, warn_at=clock.warn_at)])
    return clock


@action("clock.recompute")
def recompute(
    actor: Actor,
    clock: Clock,
    new_budget: dt.timedelta,
    reason: str,
    *,
    at: dt.datetime | None = None,
    policy_key: str | None = None,
    policy_value_id: int | None = None,
) -> Clock:
    """Give a live clock another budget, counted from its start; what it was is kept in its history.

    A warning or breach of the old budget that the new one does not bear out is taken back, and fires again if the
    new one comes to it. Raises Conflict when stopped, InvalidInput (``reason``, ``budget``).
    """
    clock, moment = _locked(clock, at), at or business_now()
    if not clock.live:
        raise Conflict(_("计时已结束，不能再修改时限"), code="clock_stopped")
    _check(clock, moment, reason)
    before, old = _snapshot(clock), clock.budget_seconds
    share = clock.warn_seconds / old if old else 1.0
    clock.budget_seconds = _seconds(new_budget)
    clock.warn_seconds = round(clock.budget_seconds * share)
    if policy_key is not None:
        clock.policy_key, clock.policy_value_id = policy_key, policy_value_id
    elapsed = elapsed_of(clock, moment)
    if elapsed <= clock.budget:
        clock.breached_at = None
    if elapsed < dt.timedelta(seconds=clock.warn_seconds):
        clock.warned_at = None
    if clock.state == ClockState.RUNNING:
        _schedule(clock)
    clock.save()
    _note(actor, clock, "recomputed", reason, moment, before)
    detail = {"reason": reason.strip(), "old_budget_seconds": old, "budget_seconds": clock.budget_seconds}
    record_many([_event(actor, clock, "clock.recomputed", moment, due_at=clock.due_at, **detail)])
    return clock


@action("clock.stop")
def stop(actor: Actor, clock: Clock, at: dt.datetime | None = None) -> Outcome:
    """End the clock; the outcome follows from ``at`` alone, whether or not the sweeper came first.

    Exactly at the due moment is met. Late with no breach fired yet: it is fired now, once. In time although a breach
    was fired (the news came late): the breach is withdrawn, with a history row. Raises Conflict when already stopped.
    """
    clock, moment = _locked(clock, at), at or business_now()
    if not clock.live:
        raise Conflict(_("计时已结束"), code="clock_stopped")
    _check(clock, moment)
    before = _snapshot(clock)
    events = _breach_if_over(actor, clock, moment)
    elapsed = elapsed_of(clock, moment)
    late = elapsed > clock.budget
    withdrawn = not late and clock.breached_at is not None
    if withdrawn:
        clock.breached_at = None
    _end(clock, ClockState.BREACHED_STOPPED if late else ClockState.MET, elapsed, moment)
    clock.save()
    if withdrawn:
        _note(actor, clock, "corrected", _("实际完成时间早于时限，撤回超时"), moment, before)
    outcome: Outcome = "breached" if late else "met"
    detail = {"elapsed_seconds": int(elapsed.total_seconds()), "budget_seconds": clock.budget_seconds}
    stopped = _event(actor, clock, "clock.stopped", moment, outcome=outcome, breach_withdrawn=withdrawn, **detail)
    record_many([*events, stopped])
    return outcome


@action("clock.cancel")
def cancel(actor: Actor, clock: Clock, reason: str, at: dt.datetime | None = None) -> Clock:
    """End the clock without an outcome (request withdrawn, merged). Raises Conflict when stopped, InvalidInput."""
    clock, moment = _locked(clock, at), at or business_now()
    if not clock.live:
        raise Conflict(_("计时已结束"), code="clock_stopped")
    _check(clock, moment, reason)
    before = _snapshot(clock)
    events = _breach_if_over(actor, clock, moment)  # cancelling must not wash away a limit that was already missed
    _end(clock, ClockState.CANCELLED, elapsed_of(clock, moment), moment)
    clock.save()
    _note(actor, clock, "cancelled", reason, moment, before)
    record_many([*events, _event(actor, clock, "clock.cancelled", moment, reason=reason.strip())])
    return clock


def _new(item: NewClock) -> Clock:
    moment = item.at or business_now()
    budget, value_id = _budget(item, moment)
    ratio = policies.get(WARN_POLICY, item.org, moment) if item.warn_ratio is None else item.warn_ratio
    if not 0 <= ratio <= 1:
        raise InvalidInput({"warn_ratio": _("提醒比例须在 0 到 1 之间")})
    kind, key = subject_of(item.subject)
    seconds = _seconds(budget)
    clock = Clock(
        subject_kind=kind,
        subject_id=key,
        kind=item.kind,
        family=item.family,
        org=item.org,
        calendar=item.calendar,
        started_at=moment,
        counting_from=moment,
        budget_seconds=seconds,
        warn_seconds=round(seconds * ratio),
        policy_key=item.policy or "",
        policy_value_id=value_id,
        topics=list(item.topics),
    )
    _schedule(clock)
    return clock


def _budget(item: NewClock, at: dt.datetime) -> tuple[dt.timedelta, int | None]:
    if item.budget is not None:
        return item.budget, None
    if item.policy is None:
        raise ValueError("a clock needs a budget or a policy")
    found = policies.find(item.policy, item.org, at)
    value = found.value
    if item.part is not None:
        if item.part not in value:
            raise policies.PolicyMissing(f"policy {item.policy!r} has no part {item.part!r}")
        value = value[item.part]
    unit = dt.timedelta(seconds=1) if KEYS[item.policy].type == "seconds" else dt.timedelta(minutes=1)
    return value * unit, found.id


def _seconds(budget: dt.timedelta) -> int:
    seconds = round(budget.total_seconds())
    if not 0 < seconds <= 2**31 - 1:
        raise InvalidInput({"budget": _("时限须大于 0，请核对策略取值")})
    return seconds


def _schedule(clock: Clock) -> None:
    """Set the moments at which to warn and to breach, from what is left since ``counting_from``."""
    calendar, zero = clock.working_calendar(), dt.timedelta(0)
    warn_left = dt.timedelta(seconds=clock.warn_seconds) - clock.spent
    clock.due_at = _due(calendar, clock, clock.budget - clock.spent)
    clock.warn_at = min(clock.due_at, calendar.add_working(clock.counting_from, max(warn_left, zero)))


def _due(calendar: WorkingCalendar, clock: Clock, left: dt.timedelta) -> dt.datetime:
    if left >= dt.timedelta(0):
        return calendar.add_working(clock.counting_from, left)
    # Overspent before counting went on (budget cut during a pause): the limit was passed no later than this moment.
    return clock.counting_from


def _locked(clock: Clock, at: dt.datetime | None) -> Clock:
    if at is not None and at.tzinfo is None:
        raise InvalidInput({"at": _("时间必须带时区")})
    return Clock.objects.select_for_update(of=("self",)).select_related("org", "calendar").get(pk=clock.pk)


def _require(clock: Clock, state: ClockState) -> None:
    if clock.state != state:
        raise Conflict(
            _("当前计时状态为“%(state)s”，不能进行此操作") % {"state": ClockState(clock.state).label},
            code="clock_state",
        )


def _check(clock: Clock, at: dt.datetime, reason: str | None = None) -> None:
    wrong: dict[str, str] = {}
    last = clock.paused_at or clock.counting_from
    if at < last:
        shown = timezone.localtime(last).strftime("%Y-%m-%d %H:%M:%S")
        wrong["at"] = _("时间不能早于该计时的上一次变化（%(last)s），请核对后重填") % {"last": shown}
    if reason is not None and not reason.strip():
        wrong["reason"] = _("请填写原因")
    elif reason is not None and len(reason.strip()) > 300:
        wrong["reason"] = _("原因不能超过 300 个字，请简要说明")
    if wrong:
        raise InvalidInput(wrong)


def _breach_if_over(actor: Actor, clock: Clock, at: dt.datetime) -> list[NewEvent]:
    """Mark and tell of a breach that the sweeper has not yet seen; nothing when it has, or when in time."""
    if clock.breached_at is not None or elapsed_of(clock, at) <= clock.budget:
        return []
    clock.breached_at = clock.due_at or at
    return [_event(actor, clock, "clock.breached", at, due_at=clock.breached_at)]


def _end(clock: Clock, state: ClockState, elapsed: dt.timedelta, at: dt.datetime) -> None:
    if clock.paused_at is not None:
        clock.paused_for += at - clock.paused_at
        clock.paused_at = None
    clock.state, clock.spent, clock.stopped_at = state, elapsed, at


def _snapshot(clock: Clock) -> dict[str, Any]:
    moments = ("due_at", "warn_at", "paused_at", "warned_at", "breached_at")
    shown = {name: value.isoformat() if (value := getattr(clock, name)) else None for name in moments}
    return {
        "state": str(clock.state),
        "budget_seconds": clock.budget_seconds,
        "spent_seconds": clock.spent.total_seconds(),
        "policy_value_id": clock.policy_value_id,
        **shown,
    }


def _note(actor: Actor, clock: Clock, what: str, reason: str, at: dt.datetime, before: dict[str, Any]) -> None:
    ClockChange.objects.create(
        clock=clock,
        at=at,
        what=what,
        reason=reason.strip(),
        before=before,
        after=_snapshot(clock),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
    )


def _event(actor: Actor, clock: Clock, kind: str, at: dt.datetime, **payload: Any) -> NewEvent:
    subject = (clock.subject_kind, clock.subject_id)
    topics = [f"{clock.subject_kind}:{clock.subject_id}", *clock.topics]
    return NewEvent(
        actor, kind, subject, clock.org, {"clock_id": clock.pk, "clock_kind": clock.kind, **payload}, topics, at
    )
