"""Starting, pausing, resuming, recomputing, stopping and cancelling clocks.

These run inside the actions of the apps, which have checked the actor's permission on the subject. ``at`` is when the
thing happened; it may lie before now (a crew's phone was offline) but never before the clock's last change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock, ClockFamily, ClockState, WorkCalendar
from denghuo.core.clocks.reading import elapsed_of
from denghuo.core.clocks.steps import (
    NewClock,
    Outcome,
    cancel_locked,
    check,
    clock_event,
    is_over,
    locked,
    new_clock,
    note,
    pause_locked,
    resume_locked,
    schedule,
    snapshot,
    spent_anew,
    started,
    stop_locked,
    used_up,
    whole_seconds,
)
from denghuo.core.errors import Conflict
from denghuo.core.events.log import Subject, record_many
from denghuo.core.moment import now as business_now
from denghuo.core.scoping.models import OrgUnit


class Kept(Enum):
    """Marks what is to stay as it is where None has a meaning of its own."""

    KEPT = "kept"


KEPT: Final = Kept.KEPT

__all__ = ["NewClock", "Outcome", "cancel", "pause", "recompute", "resume", "start", "start_many", "stop"]


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
    clocks = [new_clock(item) for item in wanted]
    try:
        with transaction.atomic():
            Clock.objects.bulk_create(clocks)
    except IntegrityError as error:
        raise Conflict(_("该事项的同一时限已在计时，请先结束或取消"), code="clock_running") from error
    record_many(started(actor, clock) for clock in clocks)
    return clocks


@action("clock.pause")
def pause(actor: Actor, clock: Clock, reason: str, at: dt.datetime | None = None) -> Clock:
    """Stop counting until :func:`resume`. Raises Conflict unless running, InvalidInput (``reason``, ``at``)."""
    clock = locked(clock, at)
    record_many(pause_locked(actor, clock, reason, at or business_now()))
    return clock


@action("clock.resume")
def resume(actor: Actor, clock: Clock, reason: str = "", at: dt.datetime | None = None) -> Clock:
    """Count on with what was left. Raises Conflict unless paused, InvalidInput (``at``)."""
    clock = locked(clock, at)
    record_many(resume_locked(actor, clock, reason, at or business_now()))
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
    calendar: WorkCalendar | Kept | None = KEPT,
) -> Clock:
    """Give a live clock another budget, counted from its start; what it was is kept in its history.

    With ``calendar`` (None: round the clock) it also counts on that one, again from its start and over its pauses. A
    warning or breach of the old budget that the new one does not bear out is taken back, and fires again if the new one
    comes to it; a breach that stands is dated to the moment the new budget ran out, and not told of a second time.
    Raises Conflict when stopped, InvalidInput (``reason``, ``budget``).
    """
    clock, moment = _live(clock, at), at or business_now()
    check(clock, moment, reason)
    before, old = snapshot(clock), clock.budget_seconds
    share = clock.warn_seconds / old if old else 1.0
    clock.budget_seconds = whole_seconds(new_budget)
    clock.warn_seconds = round(clock.budget_seconds * share)
    if policy_key is not None:
        clock.policy_key, clock.policy_value_id = policy_key, policy_value_id
    if not isinstance(calendar, Kept):
        clock.calendar = calendar
        clock.spent = spent_anew(clock)
    told, clock.breached_at = clock.breached_at is not None, None
    if clock.state == ClockState.RUNNING:
        schedule(clock)
    if told and is_over(clock, moment):
        clock.breached_at = clock.due_at or used_up(clock)
    if elapsed_of(clock, moment) < dt.timedelta(seconds=clock.warn_seconds):
        clock.warned_at = None
    clock.save()
    note(actor, clock, "recomputed", reason, moment, before)
    detail = {"reason": reason.strip(), "old_budget_seconds": old, "budget_seconds": clock.budget_seconds}
    record_many([clock_event(actor, clock, "clock.recomputed", moment, due_at=clock.due_at, **detail)])
    return clock


@action("clock.stop")
def stop(actor: Actor, clock: Clock, at: dt.datetime | None = None) -> Outcome:
    """End the clock; the outcome follows from ``at`` alone, whether or not the sweeper came first.

    Exactly at the due moment is met. Late with no breach fired yet: it is fired now, once. In time although a breach
    was fired (the news came late): the breach is withdrawn, with a history row. Raises Conflict when already stopped.
    """
    clock = _live(clock, at)
    outcome, events = stop_locked(actor, clock, at or business_now())
    record_many(events)
    return outcome


@action("clock.cancel")
def cancel(actor: Actor, clock: Clock, reason: str, at: dt.datetime | None = None) -> Clock:
    """End the clock without an outcome (request withdrawn, merged). Raises Conflict when stopped, InvalidInput."""
    clock = _live(clock, at)
    record_many(cancel_locked(actor, clock, reason, at or business_now()))
    return clock


def _live(clock: Clock, at: dt.datetime | None) -> Clock:
    clock = locked(clock, at)
    if not clock.live:
        raise Conflict(_("计时已结束"), code="clock_stopped")
    return clock
