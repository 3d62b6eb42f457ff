"""Rosters as pages and actions read them: people, days, limits, cover against need, fairness."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import RoleGrant, Staff
from denghuo.apps.accounts.queries import in_force
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters import rules
from denghuo.apps.workforce.rosters.models import (
    DayKind,
    HoursSystem,
    NightLimit,
    PeriodState,
    RosterPeriod,
    ShiftAssignment,
    ShiftNeed,
    ShiftType,
)
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import OrgUnit, units_under

VIEW, PLAN, APPROVE, WORK = "roster.view", "roster.plan", "roster.approve", "roster.work"
ON_DUTY = (DayKind.WORK, DayKind.TRAINING)
ONE_DAY = dt.timedelta(days=1)
REACH = 8  # days beside a period that its rests, runs and weeks depend on


def today() -> dt.date:
    """The business date."""
    return timezone.localdate(moment.now())


def units_of(actor: Actor, permission: str = VIEW) -> list[OrgUnit]:
    """Units with queues of their own or below that the actor may see, the highest first."""
    paths = actor.paths_for(permission)
    if not paths:
        return []
    queues = Queue.objects.filter(active=True).select_related("org")
    wanted = {pk for queue in queues for pk in queue.org.ancestor_ids()}
    return list(units_under(paths).filter(pk__in=wanted).order_by("path"))


def need_period(actor: Actor, pk: int, permission: str = VIEW) -> RosterPeriod:
    """The period. Raises NotFound also for one the actor may not see, NotAllowed for lack of ``permission``."""
    period = RosterPeriod.objects.select_related("org").filter(pk=pk).first()
    if period is None or not actor.can(VIEW, period.org.path):
        raise NotFound()
    actor.require(permission, period.org.path)
    return period


def people_of(org: OrgUnit) -> list[Staff]:
    """Who can be rostered at a unit: active staff of it and below with a role that works shifts."""
    holders = RoleGrant.objects.filter(in_force(timezone.now()), role__permissions__contains=[WORK])
    rows = Staff.objects.filter(is_active=True, org__path__startswith=org.path, pk__in=holders.values("staff_id"))
    return list(rows.select_related("org").order_by("org__path", "employee_no"))


def shifts_for(org: OrgUnit) -> list[ShiftType]:
    """Current shifts of a unit and of the units above it, the earliest first."""
    rows = ShiftType.objects.filter(retired_at=None, org__in=org.ancestor_ids()).select_related("org")
    return sorted(rows, key=lambda one: (one.start, one.minutes))


def duty_of(row: ShiftAssignment) -> rules.Duty | None:
    """The work of a day, or None for leave and standby."""
    if row.shift is None or row.kind not in ON_DUTY:
        return None
    return duty(row.day, row.shift)


def duty(day: dt.date, shift: ShiftType) -> rules.Duty:
    """The work a shift means on a day."""
    starts = dt.datetime.combine(day, shift.start)
    ends = starts + dt.timedelta(minutes=shift.minutes)
    return rules.Duty(day, starts, ends, shift.paid_minutes, shift.night)


def days_of(staff_ids: Collection[int], first: dt.date, last: dt.date) -> QuerySet[ShiftAssignment]:
    """Days of people (unique index ``workforce_shift_once_a_day``)."""
    rows = ShiftAssignment.objects.select_related("shift", "period")
    return rows.filter(staff__in=staff_ids, day__gte=first, day__lte=last).order_by("staff_id", "day")


def protected_until(staff_ids: Collection[int]) -> dict[int, dt.date]:
    """Until when people work no nights."""
    return dict(NightLimit.objects.filter(staff__in=staff_ids).values_list("staff_id", "until"))


def limits(period: RosterPeriod, until: dt.date | None = None) -> rules.Limits:
    """Limits in force for a period."""
    return rules.limits_of(period.org, period.hours == HoursSystem.COMPREHENSIVE, until)


def broken_by(period: RosterPeriod, staff_id: int, changes: dict[dt.date, rules.Duty | None]) -> list[rules.Broken]:
    """Rules that a person's plan would break with ``changes`` and does not break without them."""
    first, last = period.first - REACH * ONE_DAY, period.last + REACH * ONE_DAY
    rows = {row.day: found for row in days_of([staff_id], first, last) if (found := duty_of(row))}
    caps = limits(period, protected_until([staff_id]).get(staff_id))
    before = {(one.rule, one.day) for one in rules.check(rows.values(), caps)}
    for day, new in changes.items():
        rows.pop(day, None)
        if new is not None:
            rows[day] = new
    return [one for one in rules.check(rows.values(), caps) if (one.rule, one.day) not in before]


@dataclass
class Person:
    """A row of the grid: days by date, what is broken by date, working minutes and counts of the period."""

    staff: Staff
    days: dict[dt.date, ShiftAssignment] = field(default_factory=dict)
    broken: dict[dt.date, list[str]] = field(default_factory=dict)
    minutes: int = 0
    nights: int = 0
    weekends: int = 0

    @property
    def hours(self) -> float:
        return self.minutes / 60


def grid(period: RosterPeriod) -> list[Person]:
    """Everybody's month, with what is broken. People without a day are there too; three statements in all."""
    people = {one.pk: Person(one) for one in people_of(period.org)}
    planned = period.days.exclude(staff__in=people).values("staff")
    people |= {one.pk: Person(one) for one in Staff.objects.filter(pk__in=planned).select_related("org")}
    caps = protected_until(people)
    duties: dict[int, list[rules.Duty]] = {pk: [] for pk in people}
    for row in days_of(people, period.first - REACH * ONE_DAY, period.last + REACH * ONE_DAY):
        work = duty_of(row)
        if work is not None:
            duties[row.staff_id].append(work)
        if row.period_id == period.pk:
            person = people[row.staff_id]
            person.days[row.day] = row
            if work is not None:
                person.minutes += work.minutes
                person.nights += work.night
                person.weekends += row.day.weekday() >= 5
    base = limits(period)
    for pk, person in people.items():
        until = caps.get(pk)
        for one in rules.check(duties[pk], limits(period, until) if until else base):
            if period.first <= one.day <= period.last:
                person.broken.setdefault(one.day, []).append(one.text)
    return list(people.values())


def cover(period: RosterPeriod, people: Sequence[Person]) -> dict[dt.date, list[str]]:
    """What each day lacks, in words: by half hour where required heads are known, else by the planner's own needs."""
    heads: dict[dt.date, list[int]] = {}
    wanted = RequirementDay.objects.filter(queue__org__path__startswith=period.org.path)
    for row in wanted.filter(day__gte=period.first, day__lte=period.last):
        total = heads.setdefault(row.day, [0] * SLOTS)
        heads[row.day] = [one + two for one, two in zip_longest(total, row.rostered[: len(total)], fillvalue=0)]
    there = _present(people)
    found: dict[dt.date, list[str]] = {}
    for day, need in heads.items():
        short = [max(0, one - two) for one, two in zip(need, there.get(day, [0] * SLOTS), strict=True)]
        found[day] = list(_spans(short))
    working: dict[tuple[dt.date, str], int] = {}
    for person in people:
        for day, one in person.days.items():
            if one.kind == DayKind.WORK and one.shift is not None:
                working[day, one.shift.code] = working.get((day, one.shift.code), 0) + 1
    for typed in ShiftNeed.objects.filter(period=period).select_related("shift"):
        lack = typed.heads - working.get((typed.day, typed.shift.code), 0)
        if typed.day not in heads and lack > 0:
            text = _("%(shift)s缺 %(count)s 人") % {"shift": typed.shift.name, "count": lack}
            found.setdefault(typed.day, []).append(text)
    return {day: texts for day, texts in found.items() if texts}


def _present(people: Iterable[Person]) -> dict[dt.date, list[int]]:
    """Heads at work by half hour: a half hour counts when worked in full; breaks are within the need's shrinkage."""
    there: dict[dt.date, list[int]] = {}
    for person in people:
        for row in person.days.values():
            if row.kind != DayKind.WORK or row.shift is None:
                continue
            start = row.shift.start.hour * 60 + row.shift.start.minute
            for slot in range(-(-start // 30), (start + row.shift.minutes) // 30):
                day = row.day + (slot // SLOTS) * ONE_DAY
                there.setdefault(day, [0] * SLOTS)[slot % SLOTS] += 1
    return there


def _spans(short: Sequence[int]) -> Iterable[str]:
    begin = 0
    for slot in range(1, SLOTS + 1):
        if slot < SLOTS and (short[slot] > 0) == (short[begin] > 0):
            continue
        if short[begin] > 0:
            yield _("%(from)s–%(to)s 最多缺 %(count)s 人") % {
                "from": _clock(begin), "to": _clock(slot), "count": max(short[begin:slot])
            }  # fmt: skip
        begin = slot


def _clock(slot: int) -> str:
    return f"{slot // 2:02d}:{slot % 2 * 30:02d}"


@dataclass
class Balance:
    """What somebody has carried over the months looked at."""

    staff: Staff
    nights: int = 0
    weekends: int = 0
    minutes: int = 0
    days: int = 0

    @property
    def hours(self) -> float:
        return self.minutes / 60


def fairness(org: OrgUnit, first: dt.date, last: dt.date) -> list[Balance]:
    """Nights, weekend days and hours by person from published rosters, the most burdened first."""
    found = {one.pk: Balance(one) for one in people_of(org)}
    for row in days_of(found, first, last).exclude(period__state=PeriodState.DRAFT):
        work = duty_of(row)
        if work is not None:
            one = found[row.staff_id]
            one.days += 1
            one.minutes += work.minutes
            one.nights += work.night
            one.weekends += row.day.weekday() >= 5
    return sorted(found.values(), key=lambda one: (-one.nights, -one.weekends, -one.minutes, one.staff.employee_no))


def planned(staff_ids: Collection[int], day: dt.date) -> dict[int, ShiftAssignment]:
    """Published days of people on one date: what the running day holds the floor against."""
    rows = days_of(staff_ids, day, day).exclude(period__state=PeriodState.DRAFT)
    return {row.staff_id: row for row in rows}
