"""The running day of a unit: everybody's plan beside what they did, and heads by half hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.models import AgentStateSpan, Queue
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters.models import DayKind, PeriodState, ShiftAssignment, ShiftType
from denghuo.apps.workforce.today.adherence import BREAK, KINDS, OFF, WORK, Measured, Span, measured
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit

ONE_DAY = dt.timedelta(days=1)
TOLERANCE = "workforce.adherence.tolerance"


@dataclass
class Line:
    """One person's day. ``planned`` and ``actual`` in seconds of business time."""

    staff: Staff
    shift: ShiftType
    planned: list[Span]
    actual: list[Span] = field(default_factory=list)
    state: str = ""
    found: Measured | None = None

    @property
    def out_now(self) -> bool:
        """Whether the last stretch outside the plan still runs."""
        return bool(self.found and self.found.deviations and self.found.deviations[-1].end >= self.until - 1)

    until: float = 0.0


@dataclass
class Heads:
    """Heads by half hour: needed, planned, and there (None from the present half hour on)."""

    needed: list[float]
    planned: list[float]
    there: list[float | None]


def planned_spans(day: dt.date, shift: ShiftType) -> list[Span]:
    """Work and breaks of a shift that begins on ``day``."""
    begin = timezone.make_aware(dt.datetime.combine(day, shift.start)).timestamp()
    end = begin + 60.0 * shift.minutes
    breaks = sorted((begin + 60.0 * one["at"], begin + 60.0 * (one["at"] + one["minutes"])) for one in shift.breaks)
    found, at = [], begin
    for start, stop in breaks:
        start, stop = max(start, at), min(stop, end)
        if start >= stop:
            continue
        if at < start:
            found.append(Span(WORK, at, start))
        found.append(Span(BREAK, start, stop))
        at = stop
    return [*found, Span(WORK, at, end)] if at < end else found


def lines(unit: OrgUnit, day: dt.date) -> list[Line]:
    """Everybody with a published shift that begins on ``day`` at the unit or below, by its beginning; two statements."""
    rows = ShiftAssignment.objects.select_related("shift", "staff", "staff__org").filter(
        day=day, kind=DayKind.WORK, period__org__path__startswith=unit.path, shift__isnull=False
    )
    rows = rows.exclude(period__state=PeriodState.DRAFT)
    found = {
        row.staff_id: Line(row.staff, row.shift, planned_spans(day, row.shift)) for row in rows if row.shift is not None
    }
    now = moment.now().timestamp()
    tolerance = 60.0 * float(policies.get(TOLERANCE, unit))
    spans = spans_of(found, day)
    for staff_id, line in found.items():
        own = spans.get(staff_id, [])
        line.actual = [Span(KINDS.get(state, OFF), begin, end) for state, begin, end in own]  # type: ignore[call-overload]
        line.state, line.until = own[-1][0] if own else "", min(now, line.planned[-1].end)
        line.found = measured(line.planned, line.actual, min(now, line.planned[-1].end + 12 * 3600.0), tolerance)
    return sorted(found.values(), key=lambda one: (one.planned[0].begin, one.staff.employee_no))


def spans_of(staff_ids: Collection[int], day: dt.date) -> dict[int, list[tuple[str, float, float]]]:
    """(state, begin, end) of people from the day's midnight until noon of the next, in order; the open one ends now."""
    begin, end = midnight(day), midnight(day + ONE_DAY) + dt.timedelta(hours=12)
    now = moment.now()
    rows = AgentStateSpan.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=begin), staff__in=list(staff_ids), started_at__lt=min(end, now)
    ).order_by("started_at")
    found: dict[int, list[tuple[str, float, float]]] = {}
    for staff_id, state, started, ended in rows.values_list("staff_id", "state", "started_at", "ended_at"):
        stop = min(ended or now, end).timestamp()
        found.setdefault(staff_id, []).append((state, max(started, begin).timestamp(), stop))
    return found


def heads(queues: Collection[Queue], day: dt.date, people: Collection[Line]) -> Heads:
    """Needed, planned and present heads by half hour of the day; one statement."""
    needed = [0.0] * SLOTS
    for row in RequirementDay.objects.filter(queue__in=[one.pk for one in queues], day=day).values_list(
        "heads", flat=True
    ):
        needed = [one + two for one, two in zip(needed, row, strict=True)]
    start, now = midnight(day).timestamp(), moment.now().timestamp()
    planned, there = [0.0] * SLOTS, [0.0] * SLOTS
    for line in people:
        for one in line.planned:
            _spread(planned, one, start)
        for one in line.actual:
            _spread(there, one, start)
    current = int((now - start) // 1800)
    return Heads(
        needed, [round(n, 2) for n in planned],
        [round(n, 2) if slot < current else None for slot, n in enumerate(there)],
    )  # fmt: skip


def _spread(into: list[float], one: Span, start: float) -> None:
    if one.kind != WORK:
        return
    first, last = max(0, int((one.begin - start) // 1800)), min(SLOTS - 1, int((one.end - start) // 1800))
    for slot in range(first, last + 1):
        low, high = start + 1800 * slot, start + 1800 * (slot + 1)
        into[slot] += max(0.0, min(one.end, high) - max(one.begin, low)) / 1800
