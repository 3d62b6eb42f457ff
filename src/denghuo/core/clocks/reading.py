"""Reading a clock: how much is used, how much is left, what to show. Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from denghuo.core.clocks.models import LIVE_STATES, Clock, ClockState
from denghuo.core.events.log import Subject, subject_of
from denghuo.core.moment import now as business_now

Level = Literal["ok", "warn", "breached", "paused", "met", "cancelled"]
ZERO = dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock at a moment. ``elapsed + remaining == budget``; ``remaining`` is negative when late.

    ``fraction`` is elapsed ÷ budget (may exceed 1); ``level`` picks the colour of the chip on screens.
    """

    level: Level
    budget: dt.timedelta
    elapsed: dt.timedelta
    remaining: dt.timedelta
    fraction: float
    due_at: dt.datetime | None

    @property
    def remaining_seconds(self) -> int:
        """Whole seconds left, rounded down; negative when late."""
        return int(self.remaining // dt.timedelta(seconds=1))


def elapsed_of(clock: Clock, now: dt.datetime) -> dt.timedelta:
    """Used-up time at ``now``; a clock that does not run keeps what it had."""
    if clock.state != ClockState.RUNNING or now <= clock.counting_from:
        return clock.spent
    return clock.spent + clock.working_calendar().working_between(clock.counting_from, now)


def clock_state(clock: Clock, now: dt.datetime | None = None) -> Reading:
    """The reading of ``clock`` at ``now`` (default: the present)."""
    moment = now or business_now()
    elapsed = elapsed_of(clock, moment)
    remaining = clock.budget - elapsed
    fraction = elapsed / clock.budget if clock.budget else (1.0 if elapsed else 0.0)
    return Reading(_level(clock, elapsed, moment), clock.budget, elapsed, remaining, fraction, clock.due_at)


def _level(clock: Clock, elapsed: dt.timedelta, now: dt.datetime) -> Level:
    if clock.state == ClockState.CANCELLED:
        return "cancelled"
    if clock.state == ClockState.MET:
        return "met"
    if clock.state == ClockState.BREACHED_STOPPED or clock.breached_at is not None or elapsed > clock.budget:
        return "breached"
    if clock.due_at is not None and now > clock.due_at:  # past its moment, though out of hours nothing more is used up
        return "breached"
    if clock.state == ClockState.PAUSED:
        return "paused"
    return "warn" if elapsed >= dt.timedelta(seconds=clock.warn_seconds) else "ok"


def clocks_for(subject: Subject) -> list[Clock]:
    """All clocks of a subject, oldest first."""
    kind, key = subject_of(subject)
    rows = Clock.objects.filter(subject_kind=kind, subject_id=key).select_related("calendar")
    return list(rows.order_by("started_at", "id"))


def live_clock(subject: Subject, kind: str) -> Clock | None:
    """The running or paused clock of ``kind`` on a subject, if any."""
    subject_kind, key = subject_of(subject)
    rows = Clock.objects.filter(subject_kind=subject_kind, subject_id=key, kind=kind, state__in=LIVE_STATES)
    return rows.select_related("calendar").first()


def clocks_for_many(subject_kind: str, subject_ids: Iterable[int], *, live: bool = False) -> dict[int, list[Clock]]:
    """Clocks (``live``: running and paused ones) of many subjects of one kind in one query: id → clocks, oldest first."""
    ids = list(subject_ids)
    found: dict[int, list[Clock]] = {key: [] for key in ids}
    rows = Clock.objects.filter(subject_kind=subject_kind, subject_id__in=ids).select_related("calendar")
    if live:
        rows = rows.filter(state__in=LIVE_STATES)
    for clock in rows.order_by("started_at", "id"):
        found[clock.subject_id].append(clock)
    return found
