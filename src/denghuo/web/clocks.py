"""What a clock chip shows: one small picture of a ``core.clocks.Clock`` at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clock_state
from denghuo.core.moment import now as business_now
from denghuo.core.moment import speed
from denghuo.web import durations, states

TICKING = ("running", "warned", "breached")


def facts(clock: Clock) -> dict[str, Any]:
    """A stored clock as the mapping that :func:`chip` reads."""
    state = "breached" if clock.state == "breached_stopped" else str(clock.state)
    if clock.state == "running" and clock.breached_at is not None:
        state = "breached"
    return {
        "state": state,
        "due_at": clock.due_at,
        "warn_at": clock.warn_at,
        "stopped_at": clock.stopped_at,
        "remaining": clock_state(clock).remaining if clock.state == "paused" else None,
    }


def chip(clock: Clock | Mapping[str, Any] | None, label: str = "") -> dict[str, Any]:
    """Context of the clock component; ``present`` is false when there is no clock."""
    if not clock:
        return {"present": False}
    known: Mapping[str, Any] = facts(clock) if isinstance(clock, Clock) else clock
    now = business_now()
    due, warn, stopped = known.get("due_at"), known.get("warn_at"), known.get("stopped_at")
    state = shown_state(str(known.get("state") or "running"), due, warn, now, stopped)
    left = _left(known, state, due, stopped or now)
    return {
        "present": True,
        "state": state,
        "look": states.look_of("clock", state),
        "label": label or known.get("label") or "",
        "due": due,
        "warn": warn,
        "now": now,
        "speed": speed(),
        "ticking": due is not None and stopped is None and state in TICKING,
        "left": left,
        "text": durations.clockwork(left) if left is not None else "",
    }


def shown_state(
    state: str, due: datetime | None, warn: datetime | None, now: datetime, stopped: datetime | None = None
) -> str:
    """A running clock past its warning or due time shows so at once, before the sweeper has come by."""
    if state not in ("running", "warned") or due is None or stopped is not None:
        return state
    if now >= due:
        return "breached"
    return "warned" if state == "warned" or (warn is not None and now >= warn) else "running"


def _left(known: Mapping[str, Any], state: str, due: datetime | None, moment: datetime) -> float | None:
    remaining: timedelta | None = known.get("remaining")
    if state == "paused" and remaining is not None:
        return remaining.total_seconds()
    return (due - moment).total_seconds() if due is not None else None
