"""The steps clocks are changed by: shared by the actions on one clock and those on all of a subject.

They change the row in memory or write it, and *return* events; whoever calls them writes the events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core import policies, prepared
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock, ClockChange, ClockFamily, ClockState, WorkCalendar
from denghuo.core.clocks.reading import elapsed_of
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events.log import NewEvent, Subject, subject_of
from denghuo.core.moment import now as business_now
from denghuo.core.policies.keys import KEYS
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime import Interval, WorkingCalendar

WARN_POLICY: Final = "clock.warn_ratio"
LONGEST_REASON: Final = 300
ZERO: Final = dt.timedelta(0)
ENDED: Final = ("state", "spent", "stopped_at", "paused_at", "paused_for", "breached_at")
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
    policy_value_id: int | None = None  # of a budget that was worked out from a policy by the caller


def new_clock(item: NewClock) -> Clock:
    """The row of a clock about to start, not yet written."""
    moment = item.at or business_now()
    budget, value_id = _budget(item, moment)
    ratio = policies.get(WARN_POLICY, item.org, moment) if item.warn_ratio is None else item.warn_ratio
    if not 0 <= ratio <= 1:
        raise InvalidInput({"warn_ratio": _("提醒比例须在 0 到 1 之间")})
    kind, key = subject_of(item.subject)
    seconds = whole_seconds(budget)
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
    schedule(clock)
    return clock


def _budget(item: NewClock, at: dt.datetime) -> tuple[dt.timedelta, int | None]:
    if item.budget is not None:
        return item.budget, item.policy_value_id
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


def whole_seconds(budget: dt.timedelta) -> int:
    """A budget in whole seconds; InvalidInput (``budget``) when it is nothing or absurd."""
    seconds = round(budget.total_seconds())
    if not 0 < seconds <= 2**31 - 1:
        raise InvalidInput({"budget": _("时限须大于 0，请核对策略取值")})
    return seconds


def schedule(clock: Clock) -> None:
    """Set the moments at which to warn and to breach, from what is left since ``counting_from``."""
    calendar = clock.working_calendar()
    warn_left = dt.timedelta(seconds=clock.warn_seconds) - clock.spent
    clock.due_at = _due(calendar, clock, clock.budget - clock.spent)
    clock.warn_at = min(clock.due_at, calendar.add_working(clock.counting_from, max(warn_left, ZERO)))


def _due(calendar: WorkingCalendar, clock: Clock, left: dt.timedelta) -> dt.datetime:
    if left < ZERO:  # overspent before counting went on: the budget was cut, or counts on another calendar now
        return used_up(clock)
    if left == ZERO and clock.breached_at is not None:  # paused after its limit, outside working hours
        return clock.breached_at
    return calendar.add_working(clock.counting_from, left)


def used_up(clock: Clock) -> dt.datetime:
    """When the budget was, or will be, used up, counted from the start over every pause that has ended (one query)."""
    return clock.working_calendar().add_working(clock.started_at, clock.budget, ended_pauses(clock))


def ended_pauses(clock: Clock) -> list[Interval]:
    """When the clock stood still and then went on, from its history, oldest first."""
    rows = clock.changes.filter(what__in=("paused", "resumed")).order_by("at", "id").values_list("what", "at")
    starts = [at for what, at in rows if what == "paused"]
    ends = [at for what, at in rows if what == "resumed"]
    return list(zip(starts, ends, strict=False))  # a pause that goes on has no end yet


def spent_anew(clock: Clock) -> dt.timedelta:
    """Used-up time on the calendar the clock has now, from its start to where ``spent`` is counted to."""
    calendar, upto = clock.working_calendar(), clock.paused_at or clock.counting_from
    total = calendar.working_between(clock.started_at, upto)
    for opens, closes in ended_pauses(clock):
        total -= calendar.working_between(opens, closes)
    return total


def is_over(clock: Clock, at: dt.datetime) -> bool:
    """Whether the limit of a live clock has been passed at ``at``.

    A limit is a moment: work due at the end of a day and done that evening is late, although no further working time
    has gone by. Exactly at the limit is in time.
    """
    if clock.state == ClockState.RUNNING:
        assert clock.due_at is not None
        return at > clock.due_at
    if clock.spent == clock.budget and clock.paused_at is not None:
        return used_up(clock) < clock.paused_at
    return clock.spent > clock.budget


def locked(clock: Clock, at: dt.datetime | None) -> Clock:
    """The clock as it is now, its row locked; InvalidInput (``at``) for a time without zone."""
    if at is not None and at.tzinfo is None:
        raise InvalidInput({"at": _("时间必须带时区")})
    return Clock.objects.select_for_update(of=("self",)).select_related("org", "calendar").get(pk=clock.pk)


def require_state(clock: Clock, state: ClockState) -> None:
    """Conflict ``clock_state`` unless the clock is in that state."""
    if clock.state != state:
        raise Conflict(
            _("当前计时状态为“%(state)s”，不能进行此操作") % {"state": ClockState(clock.state).label},
            code="clock_state",
        )


def check(clock: Clock, at: dt.datetime, reason: str | None = None) -> None:
    """InvalidInput when ``at`` lies before the last change, or a reason is asked for and missing or too long."""
    wrong: dict[str, str] = {}
    last = clock.paused_at or clock.counting_from
    if at < last:
        shown = timezone.localtime(last).strftime("%Y-%m-%d %H:%M:%S")
        wrong["at"] = _("时间不能早于该计时的上一次变化（%(last)s），请核对后重填") % {"last": shown}
    if reason is not None and not reason.strip():
        wrong["reason"] = _("请填写原因")
    elif reason is not None and len(reason.strip()) > LONGEST_REASON:
        wrong["reason"] = _("原因不能超过 %(max)s 个字，请简要说明") % {"max": LONGEST_REASON}
    if wrong:
        raise InvalidInput(wrong)


def breach_if_over(actor: Actor, clock: Clock, at: dt.datetime) -> list[NewEvent]:
    """Mark and tell of a breach that the sweeper has not yet seen; nothing when it has, or when in time."""
    if clock.breached_at is not None or not is_over(clock, at):
        return []
    clock.breached_at = clock.due_at or used_up(clock)
    return [clock_event(actor, clock, "clock.breached", at, due_at=clock.breached_at)]


def started(actor: Actor, clock: Clock) -> NewEvent:
    """The ``clock.started`` event of a clock that has been written."""
    due = {"due_at": clock.due_at, "warn_at": clock.warn_at, "policy_value_id": clock.policy_value_id}
    return clock_event(actor, clock, "clock.started", clock.started_at, budget_seconds=clock.budget_seconds, **due)


def stop_locked(actor: Actor, clock: Clock, at: dt.datetime) -> tuple[Outcome, list[NewEvent]]:
    """End a locked live clock with the outcome that follows from ``at``; see :func:`.actions.stop`."""
    check(clock, at)
    before = snapshot(clock)
    events = breach_if_over(actor, clock, at)
    elapsed, late = elapsed_of(clock, at), is_over(clock, at)
    withdrawn = not late and clock.breached_at is not None
    if withdrawn:
        clock.breached_at = None
    _end(clock, ClockState.BREACHED_STOPPED if late else ClockState.MET, elapsed, at)
    if withdrawn:
        note(actor, clock, "corrected", _("实际完成时间早于时限，撤回超时"), at, before)
    outcome: Outcome = "breached" if late else "met"
    detail = {"elapsed_seconds": int(elapsed.total_seconds()), "budget_seconds": clock.budget_seconds}
    events.append(clock_event(actor, clock, "clock.stopped", at, outcome=outcome, breach_withdrawn=withdrawn, **detail))
    return outcome, events


def pause_locked(actor: Actor, clock: Clock, reason: str, at: dt.datetime) -> list[NewEvent]:
    """Stop counting on a locked clock; see :func:`.actions.pause`. The events are not yet written."""
    require_state(clock, ClockState.RUNNING)
    check(clock, at, reason)
    events = breach_if_over(actor, clock, at)
    before = snapshot(clock)
    clock.spent = elapsed_of(clock, at)
    clock.state, clock.paused_at, clock.due_at, clock.warn_at = ClockState.PAUSED, at, None, None
    clock.save()
    note(actor, clock, "paused", reason, at, before)
    left = int((clock.budget - clock.spent).total_seconds())
    return [*events, clock_event(actor, clock, "clock.paused", at, reason=reason.strip(), remaining_seconds=left)]


def resume_locked(actor: Actor, clock: Clock, reason: str, at: dt.datetime) -> list[NewEvent]:
    """Count on with what was left on a locked clock; see :func:`.actions.resume`. The events are not yet written."""
    require_state(clock, ClockState.PAUSED)
    check(clock, at)
    before = snapshot(clock)
    assert clock.paused_at is not None
    clock.paused_for += at - clock.paused_at
    clock.state, clock.paused_at, clock.counting_from = ClockState.RUNNING, None, at
    schedule(clock)
    clock.save()
    note(actor, clock, "resumed", reason, at, before)
    return [clock_event(actor, clock, "clock.resumed", at, due_at=clock.due_at, warn_at=clock.warn_at)]


def cancel_locked(actor: Actor, clock: Clock, reason: str, at: dt.datetime) -> list[NewEvent]:
    """End a locked live clock without an outcome; a limit that was already missed is not washed away."""
    check(clock, at, reason)
    before = snapshot(clock)
    events = breach_if_over(actor, clock, at)
    _end(clock, ClockState.CANCELLED, elapsed_of(clock, at), at)
    note(actor, clock, "cancelled", reason, at, before)
    return [*events, clock_event(actor, clock, "clock.cancelled", at, reason=reason.strip())]


def _end(clock: Clock, state: ClockState, elapsed: dt.timedelta, at: dt.datetime) -> None:
    if clock.paused_at is not None:
        clock.paused_for += at - clock.paused_at
        clock.paused_at = None
    clock.state, clock.spent, clock.stopped_at = state, elapsed, at
    prepared.update(clock, ENDED)


def snapshot(clock: Clock) -> dict[str, Any]:
    """What the history keeps of a clock, in JSON types."""
    moments = ("due_at", "warn_at", "paused_at", "warned_at", "breached_at")
    shown = {name: value.isoformat() if (value := getattr(clock, name)) else None for name in moments}
    return {
        "state": str(clock.state),
        "budget_seconds": clock.budget_seconds,
        "spent_seconds": clock.spent.total_seconds(),
        "policy_value_id": clock.policy_value_id,
        "calendar_id": clock.calendar_id,
        **shown,
    }


def note(actor: Actor, clock: Clock, what: str, reason: str, at: dt.datetime, before: dict[str, Any]) -> None:
    """Write a line of the clock\'s history."""
    ClockChange.objects.create(
        clock=clock,
        at=at,
        what=what,
        reason=reason.strip(),
        before=before,
        after=snapshot(clock),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
    )


def clock_event(actor: Actor, clock: Clock, kind: str, at: dt.datetime, **payload: Any) -> NewEvent:
    """An event of a clock: on the clock\'s subject, heard by those who watch it."""
    subject = (clock.subject_kind, clock.subject_id)
    topics = [f"{clock.subject_kind}:{clock.subject_id}", *clock.topics]
    return NewEvent(
        actor, kind, subject, clock.org, {"clock_id": clock.pk, "clock_kind": clock.kind, **payload}, topics, at
    )
