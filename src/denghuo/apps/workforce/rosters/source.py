"""Everything the automatic roster is worked out from, read in a few statements, with a fingerprint of what must not move."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.plans.reading import plans_in_force
from denghuo.apps.contacts.reach import meets, skills_of
from denghuo.apps.workforce.demand.making import queues_under
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters import reading, rules
from denghuo.apps.workforce.rosters.models import (
    DayKind,
    RosterPeriod,
    ShiftAssignment,
    ShiftNeed,
    ShiftType,
    Wish,
    WishState,
)
from denghuo.apps.workforce.rosters.reading import ONE_DAY, REACH
from denghuo.core import moment, policies

LOOK_BACK = 28  # days before a period in which a weekday's latest required heads are looked for
WHOLE = ""  # the key of needs that anybody can serve


@dataclass(frozen=True)
class Source:
    """A period as it is now. ``rows`` reach :data:`REACH` days beyond it; ``frozen_before``: days before it stay as they are.

    ``away``: days on which somebody cannot work, whatever is planned.
    """

    period: RosterPeriod
    people: list[Staff]
    shifts: list[ShiftType]
    rows: list[ShiftAssignment]
    protected: dict[int, dt.date]
    limits: rules.Limits
    frozen_before: dt.date
    away: dict[int, frozenset[dt.date]] = field(default_factory=dict)

    @cached_property
    def by_person(self) -> dict[int, dict[dt.date, ShiftAssignment]]:
        """Rows by person and date."""
        found: dict[int, dict[dt.date, ShiftAssignment]] = {}
        for row in self.rows:
            found.setdefault(row.staff_id, {})[row.day] = row
        return found

    @property
    def days(self) -> list[dt.date]:
        """Dates of the period."""
        return [
            self.period.first + number * ONE_DAY for number in range((self.period.last - self.period.first).days + 1)
        ]

    def kept(self, row: ShiftAssignment) -> bool:
        """Whether the solver may not touch a day: past, of another period, locked, no plain work, an emergency."""
        return (
            row.day < self.frozen_before
            or row.period_id != self.period.pk
            or row.locked
            or row.kind != DayKind.WORK
            or bool(row.exception)
        )

    def limits_for(self, staff_id: int) -> rules.Limits:
        """Limits of one person."""
        values = {name: getattr(self.limits, name) for name in self.limits.__dataclass_fields__}
        return rules.Limits(**values | {"no_nights_until": self.protected.get(staff_id)})

    @property
    def seen(self) -> str:
        """Fingerprint: another roster, other people, shifts or limits give another one."""
        told = [
            self.period.state, [one.pk for one in self.people], [one.pk for one in self.shifts],
            sorted((pk, day.isoformat()) for pk, day in self.protected.items()), repr(self.limits),
            [
                (row.staff_id, row.day.isoformat(), row.period_id, row.kind, row.shift_id, row.locked, bool(row.exception))
                for row in self.rows
            ],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read(period: RosterPeriod, frozen_before: dt.date, away: dict[int, frozenset[dt.date]] | None = None) -> Source:
    """The period as it is now."""
    people = reading.people_of(period.org)
    known = {one.pk for one in people}
    others = set(period.days.exclude(staff__in=known).values_list("staff_id", flat=True))
    first, last = period.first - REACH * ONE_DAY, period.last + REACH * ONE_DAY
    rows = list(reading.days_of(known | others, first, last))
    return Source(
        period, people, reading.shifts_for(period.org), rows, reading.protected_until(known), reading.limits(period),
        frozen_before, away or {},
    )  # fmt: skip


@dataclass(frozen=True)
class Needs:
    """Heads by date. ``slots``: by key of :attr:`skilled` and half hour; ``typed``: by code of shift, where nothing is
    forecast. ``skilled``: who counts for a key, people by id; :data:`WHOLE` is everybody."""

    slots: dict[dt.date, dict[str, list[int]]]
    typed: dict[dt.date, dict[str, int]]
    skilled: dict[str, frozenset[int]]


def needs_of(source: Source) -> Needs:
    """Required heads of each date: the forecast's; else what a planner typed; else those of the latest same weekday.

    The day after the period is there too: its small hours are the last night's.
    """
    period = source.period
    signs, skilled = _signs(source)
    found: dict[dt.date, dict[str, list[int]]] = {}
    rows = RequirementDay.objects.filter(queue__org__path__startswith=period.org.path, day__lte=period.last + ONE_DAY)
    for row in rows.filter(day__gte=period.first - LOOK_BACK * ONE_DAY):
        for key in {WHOLE, signs.get(row.queue_id, WHOLE)}:
            total = found.setdefault(row.day, {}).setdefault(key, [0] * SLOTS)
            for slot, heads in enumerate(row.rostered[:SLOTS]):
                total[slot] += heads
    typed: dict[dt.date, dict[str, int]] = {}
    for need in ShiftNeed.objects.filter(period=period).select_related("shift"):
        if need.day not in found and need.heads:
            typed.setdefault(need.day, {})[need.shift.code] = need.heads
    slots: dict[dt.date, dict[str, list[int]]] = {}
    for day in [*source.days, period.last + ONE_DAY]:
        if day in found:
            slots[day] = found[day]
        elif day not in typed:
            like = [one for one in found if one < day and one.weekday() == day.weekday()]
            if like:
                slots[day] = found[max(like)]
    return Needs(slots, {day: one for day, one in typed.items() if day in source.days}, skilled)


def _signs(source: Source) -> tuple[dict[int, str], dict[str, frozenset[int]]]:
    """What a queue's plan asks for as a key by queue id, and who meets it by key."""
    ids = [one.pk for one in source.people]
    skills = skills_of(ids)
    signs: dict[int, str] = {}
    skilled: dict[str, frozenset[int]] = {WHOLE: frozenset(ids)}
    for queue_id, plan in plans_in_force(queues_under(source.period.org), moment.now()).items():
        if plan.required:
            key = " ".join(f"{code}:{level}" for code, level in sorted(plan.required.items()))
            signs[queue_id] = key
            skilled[key] = frozenset(pk for pk in ids if meets(skills.get(pk, {}), plan.required))
    return signs, skilled


def wishes_of(source: Source) -> list[Wish]:
    """Open wishes for days of the period."""
    rows = Wish.objects.filter(staff__in=[one.pk for one in source.people], state=WishState.OPEN)
    return list(rows.filter(day__gte=source.period.first, day__lte=source.period.last).select_related("shift"))


def past_nights(source: Source) -> dict[int, float]:
    """Nights of each person before the period as the fairness page counts them; who had no day yet takes the mean."""
    first = source.period.first
    back = int(policies.get("workforce.solver.fair_days", source.period.org))
    balances = reading.fairness(source.period.org, (first - back * ONE_DAY).replace(day=1), first - ONE_DAY)
    had = [one.nights for one in balances if one.days]
    mean = sum(had) / len(had) if had else 0.0
    return {one.staff.pk: float(one.nights) if one.days else mean for one in balances}
