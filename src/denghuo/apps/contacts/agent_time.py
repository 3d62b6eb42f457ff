"""How long agents were in each state, from their spans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Q
from django.utils import timezone

from denghuo.apps.contacts.models import AgentStateSpan
from denghuo.core import moment


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Local midnight to local midnight."""
    begin = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    return begin, timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))


def agent_day(staff_id: int, day: dt.date) -> dict[str, int]:
    """State -> whole seconds of one agent on one local day; the running state counts up to now."""
    return agents_day([staff_id], day).get(staff_id, {})


def agents_day(staff_ids: Collection[int], day: dt.date) -> dict[int, dict[str, int]]:
    """The same of several agents, one query: the index ``contacts_span_staff`` gives the spans that began that day,
    the unique index of open spans and one look back a day those that reach into it."""
    begin, end = day_bounds(day)
    until = min(end, max(begin, moment.now()))
    # A span that began earlier than a day before has no end yet, or ended within the day it is looked for.
    rows = AgentStateSpan.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=begin), staff__in=staff_ids, started_at__lt=end
    )
    found: dict[int, dict[str, float]] = {}
    for staff_id, state, started, ended in rows.values_list("staff_id", "state", "started_at", "ended_at"):
        seconds = (min(ended or until, until) - max(started, begin)).total_seconds()
        if seconds > 0:
            sums = found.setdefault(staff_id, {})
            sums[state] = sums.get(state, 0.0) + seconds
    return {staff_id: {state: round(total) for state, total in sums.items()} for staff_id, sums in found.items()}
