"""The running day of a unit: everybody's plan beside what they did, and heads by half hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters.models import DayKind, PeriodState, ShiftAssignment, ShiftType
from denghuo.apps.workforce.today.adherence import BREAK, WORK, Measured, Span, measured
from denghuo.apps.workforce.today.stretches import stretches
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
    row: ShiftAssignment | None = None

    @property
    def at_work(self) -> bool:
        """Whether it is a day of work; training and standby are not."""
        return self.row is None or self.row.kind == DayKind.WORK

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


def today() -> dt.date:
    """The business date."""
    return timezone.localdate(moment.now())


def lines(unit: OrgUnit, day: dt.date, *, others: bool = False) -> list[Line]:
    """Everybody with a published shift that begins on ``day`` at the unit or below, by its beginning; two statements.

    With ``others`` also those in training and on standby.
    """
    kinds = [DayKind.WORK, DayKind.TRAINING, DayKind.STANDBY] if others else [DayKind.WORK]
    rows = ShiftAssignment.objects.select_related("shift", "staff", "staff__org", "period__org").filter(
        day=day, kind__in=kinds, period__org__path__startswith=unit.path, shift__isnull=False
    )
    rows = rows.exclude(period__state=PeriodState.DRAFT)
    found = {
        row.staff_id: Line(row.staff, row.shift, planned_spans(day, row.shift), row=row)
        for row in rows
        if row.shift is not None
    }
    now = moment.now().timestamp()
    tolerance = 60.0 * float(policies.get(TOLERANCE, unit))
    did = stretches(found, day)
    for staff_id, line in found.items():
        if staff_id in did:
            line.actual, line.state = did[staff_id].spans, did[staff_id].state
        line.until = min(now, line.planned[-1].end)
        line.found = measured(line.planned, line.actual, min(now, line.planned[-1].end + 12 * 3600.0), tolerance)
    return sorted(found.values(), key=lambda one: (one.planned[0].begin, one.staff.employee_no))


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
