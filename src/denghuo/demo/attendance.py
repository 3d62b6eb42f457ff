"""What the rostered people did on the days before today: mostly as planned, some late, some away, one or the other not there.

States of the present day come from people who sign on; nobody does in a demonstration by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from denghuo.apps.contacts.choices import AgentState
from denghuo.apps.contacts.models import AgentStateSpan
from denghuo.apps.workforce.rosters.models import DayKind, ShiftAssignment
from denghuo.apps.workforce.today.adherence import BREAK, Span
from denghuo.apps.workforce.today.reading import ONE_DAY, planned_spans, today

DAYS = 7
ABSENT, LATE, AWAY, LONG_BREAK = 0.03, 0.12, 0.15, 0.12  # shares of shifts
TALK, GAP, WRAP = 240.0, 150.0, 40.0  # seconds of a conversation, between two, and after one
Stretch = tuple[str, float, float]


def build(seed: int) -> int:
    """Write the states of the last days; gives the rows. Nothing when there are any already."""
    if AgentStateSpan.objects.exists():
        return 0
    first = today() - DAYS * ONE_DAY
    rows = ShiftAssignment.objects.select_related("shift", "staff__org").filter(
        day__gte=first, day__lt=today(), kind=DayKind.WORK, shift__isnull=False
    )
    found = [
        AgentStateSpan(
            staff=row.staff, org=row.staff.org, state=state,
            started_at=dt.datetime.fromtimestamp(begin, dt.UTC), ended_at=dt.datetime.fromtimestamp(end, dt.UTC),
        )
        for row in rows.order_by("day", "staff_id")
        if row.shift is not None
        for state, begin, end in _day(planned_spans(row.day, row.shift), Random(f"{seed}:{row.day}:{row.staff_id}"))
    ]  # fmt: skip
    AgentStateSpan.objects.bulk_create(found, batch_size=2000)
    return len(found)


def _day(planned: list[Span], dice: Random) -> Iterator[Stretch]:
    """States of one shift, in order."""
    if dice.random() < ABSENT:
        return
    at = planned[0].begin + (dice.uniform(300, 1800) if dice.random() < LATE else dice.uniform(-120, 120))
    away = dice.choice(planned) if dice.random() < AWAY else None
    for span in planned:
        end = span.end + (dice.uniform(-60, 60) if span is planned[-1] else 0.0)
        if span.kind == BREAK:
            end += dice.uniform(240, 900) if dice.random() < LONG_BREAK else 0.0
            yield AgentState.MEAL, at, end
        elif span is away and end - at > 3600:
            out = dice.uniform(at + 600, end - 1800)
            back = out + dice.uniform(300, 1200)
            yield from _work(at, out, dice)
            yield AgentState.OTHER, out, back
            yield from _work(back, end, dice)
        else:
            yield from _work(at, end, dice)
        at = end


def _work(begin: float, end: float, dice: Random) -> Iterator[Stretch]:
    """Ready, busy, wrapping up, one after the other, until ``end``."""
    at = begin
    while at < end:
        for state, mean in ((AgentState.READY, GAP), (AgentState.BUSY, TALK), (AgentState.WRAP_UP, WRAP)):
            until = min(end, at + dice.expovariate(1 / mean))
            if until > at:
                yield state, at, until
            at = until
