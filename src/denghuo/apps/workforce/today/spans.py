"""A month or a week of a unit in one table: contacts expected and come, heads needed and planned by half hour."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters.models import DayKind, PeriodState, ShiftAssignment
from denghuo.apps.workforce.today.reading import ONE_DAY, planned_spans
from denghuo.core.scoping.models import OrgUnit

Floats = NDArray[np.float64]
SLOT = 1800.0


@dataclass
class DayPlan:
    """Heads by half hour: ``needed`` with shrinkage as rosters take it, ``planned`` by published and draft rosters.

    ``known``: the heads needed have been worked out for the day. ``drafted``: some of the plan is not published.
    """

    day: dt.date
    needed: Floats = field(default_factory=lambda: np.zeros(SLOTS))
    planned: Floats = field(default_factory=lambda: np.zeros(SLOTS))
    known: bool = False
    drafted: bool = False

    @property
    def short(self) -> Floats:
        """Heads missing by half hour, whole heads; a tenth of a head is no gap."""
        return np.ceil(np.maximum(0.0, self.needed - self.planned) - 0.1)

    @property
    def hours_needed(self) -> float:
        """Hours of work needed."""
        return float(self.needed.sum()) / 2

    @property
    def hours_planned(self) -> float:
        """Hours of the shifts planned, breaks with them."""
        return float(self.planned.sum()) / 2

    @property
    def hours_short(self) -> float:
        """Hours missing where too few are planned; what is too much elsewhere makes up for nothing."""
        return float(self.short.sum()) / 2 if self.known else 0.0


def plans(unit: OrgUnit, queues: Collection[Queue], first: dt.date, last: dt.date) -> list[DayPlan]:
    """One row for each day from ``first`` to ``last``; two statements."""
    found = [DayPlan(first + number * ONE_DAY) for number in range((last - first).days + 1)]
    rows = RequirementDay.objects.filter(queue__in=[one.pk for one in queues], day__gte=first, day__lte=last)
    for day, heads in rows.values_list("day", "rostered"):
        plan = found[(day - first).days]
        plan.needed += np.asarray(heads, dtype=float)
        plan.known = True
    start = midnight(first).timestamp()
    planned = np.zeros(len(found) * SLOTS)
    for row in _assignments(unit, first - ONE_DAY, last):
        assert row.shift is not None
        spans = planned_spans(row.day, row.shift)  # breaks are part of the need's shrinkage, so they are not taken off
        spread(planned, (spans[0].begin - start) / SLOT, (spans[-1].end - start) / SLOT)
        if row.day >= first and row.period.state == PeriodState.DRAFT:
            found[(row.day - first).days].drafted = True
    for number, plan in enumerate(found):
        plan.planned = planned[number * SLOTS : (number + 1) * SLOTS].round(4)
    return found


def _assignments(unit: OrgUnit, first: dt.date, last: dt.date) -> QuerySet[ShiftAssignment]:
    return ShiftAssignment.objects.select_related("shift", "period").filter(
        day__gte=first, day__lte=last, kind=DayKind.WORK, shift__isnull=False, period__org__path__startswith=unit.path
    )


def spread(into: Floats, begin: float, end: float) -> None:
    """Add one head from ``begin`` to ``end`` (in slots); what lies outside falls away, parts of a slot count as parts."""
    first, last = max(0, math.floor(begin)), min(len(into) - 1, math.ceil(end) - 1)
    for slot in range(first, last + 1):
        into[slot] += min(end, slot + 1.0) - max(begin, float(slot))
