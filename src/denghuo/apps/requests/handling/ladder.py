"""Which rung of the ladder a request should be on, and whose that is (升级通道)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from denghuo.apps.requests.handling.choices import Level
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.clocks.models import LIVE_STATES, Clock
from denghuo.core.scoping.models import OrgUnit

NAMES: Mapping[int, str] = {level.value: level.name.lower() for level in Level}
MINUTE = dt.timedelta(minutes=1)


def after(request: Request, level: int, at: dt.datetime) -> dt.timedelta | None:
    """How long after the breach ``request`` goes to ``level``; negative: at the warning; None: not at all.

    Policy ``escalation.after_minutes``, the most particular of type/grade/level, type/level, level.
    """
    values, name = policies.get("escalation.after_minutes", request.org, at), NAMES[level]
    wanted = [f"{request.type}/{request.grade}/{name}", f"{request.type}/{name}", name]
    found = next((values[key] for key in wanted if key in values), None)
    return None if found is None else dt.timedelta(minutes=found)


def due_level(request: Request, clocks: Iterable[Clock], now: dt.datetime) -> tuple[int, str]:
    """The highest level due by now with the kind of the clock that asks for it; (0, "") for none."""
    best, why = 0, ""
    watched = policies.get("escalation.clocks", request.org, now)
    for clock in clocks:
        if clock.kind not in watched:
            continue
        for level in Level.values:
            wait = after(request, level, now)
            if wait is None or level <= best:
                continue
            start = clock.warned_at or clock.breached_at if wait < dt.timedelta(0) else clock.breached_at
            if start is not None and now >= start + max(wait, dt.timedelta(0)):
                best, why = level, clock.kind
    return best, why


def live_clocks(request_id: int) -> list[Clock]:
    """Clocks of the request still running that have warned or breached (index ``core_clock_subject``)."""
    rows = Clock.objects.filter(subject_kind="request", subject_id=request_id, state__in=LIVE_STATES)
    return list(rows.exclude(warned_at=None, breached_at=None))


def unit_of(org: OrgUnit, level: int) -> OrgUnit:
    """Who is on this rung: the unit of that kind above ``org``, or ``org`` itself where there is none."""
    if level == Level.TEAM:
        return org
    found = OrgUnit.objects.filter(pk__in=org.ancestor_ids(), kind=NAMES[level]).first()
    return found or org
