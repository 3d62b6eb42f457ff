"""Several clocks of one subject at once, for actions on the hot path.

:func:`begin`, :func:`end`, :func:`drop`, :func:`hold` and :func:`go_on` write the clocks and *return* their events, so that an action writes its
own and these in one statement and in the order a reader expects (first what happened, then what that did to the
clocks). They must run inside an action that holds a lock on the subject's row: that lock, not a savepoint, is what
keeps a second clock of a kind from being started.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from django.db.models import QuerySet

from denghuo.core import prepared
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import LIVE_STATES, Clock, ClockState
from denghuo.core.clocks.steps import (
    NewClock,
    cancel_locked,
    new_clock,
    pause_locked,
    resume_locked,
    started,
    stop_locked,
)
from denghuo.core.events.log import NewEvent, Subject, subject_of
from denghuo.core.moment import now as business_now


def begin(actor: Actor, wanted: Iterable[NewClock]) -> list[NewEvent]:
    """Start clocks with one insert; gives their ``clock.started`` events, not yet written."""
    clocks = [new_clock(item) for item in wanted]
    prepared.insert(clocks)
    return [started(actor, clock) for clock in clocks]


def end(actor: Actor, subject: Subject, kinds: Collection[str] | None, at: dt.datetime) -> list[NewEvent]:
    """Stop the live clocks of a subject of these kinds (None: all); gives their events, not yet written.

    One locking select however many; nothing to stop is no error. The outcome follows from ``at`` alone. Raises
    InvalidInput (``at``) when it lies before a clock's last change.
    """
    return [event for clock in live(subject, kinds) for event in stop_locked(actor, clock, at)[1]]


def drop(
    actor: Actor, subject: Subject, kinds: Collection[str] | None, reason: str, at: dt.datetime | None = None
) -> list[NewEvent]:
    """Cancel the live clocks of a subject of these kinds (None: all); gives their events, not yet written."""
    moment = at or business_now()
    return [event for clock in live(subject, kinds) for event in cancel_locked(actor, clock, reason, moment)]


def hold(actor: Actor, subject: Subject, kinds: Collection[str] | None, reason: str, at: dt.datetime) -> list[NewEvent]:
    """Pause the running clocks of a subject of these kinds (None: all); gives their events, not yet written.

    Those already held stay as they are. Raises InvalidInput (``reason``; ``at`` before a clock's last change).
    """
    running = [clock for clock in live(subject, kinds) if clock.state == ClockState.RUNNING]
    return [event for clock in running for event in pause_locked(actor, clock, reason, at)]


def go_on(
    actor: Actor, subject: Subject, kinds: Collection[str] | None, at: dt.datetime, reason: str = ""
) -> list[NewEvent]:
    """Let the held clocks of a subject of these kinds (None: all) count on; gives their events, not yet written."""
    held = [clock for clock in live(subject, kinds) if clock.state == ClockState.PAUSED]
    return [event for clock in held for event in resume_locked(actor, clock, reason, at)]


def live(subject: Subject, kinds: Collection[str] | None) -> Sequence[Clock]:
    """Running and paused clocks of a subject, locked, oldest first (index ``core_clock_subject``)."""
    subject_kind, key = subject_of(subject)
    return _live_of(None if kinds is None else len(kinds))(subject_kind, key, *(kinds or ()))


@cache
def _live_of(count: int | None) -> prepared.Select[Clock]:
    """The select with a place for each of ``count`` kinds; None: of whatever kind."""

    def rows(subject_kind: str, key: int, *kinds: str) -> QuerySet[Clock]:
        found = Clock.objects.filter(subject_kind=subject_kind, subject_id=key, state__in=LIVE_STATES)
        if count is not None:
            found = found.filter(kind__in=kinds)
        return found.select_related("org", "calendar").select_for_update(of=("self",)).order_by("started_at", "id")

    return prepared.Select(rows, str, int, *[str] * (count or 0))
