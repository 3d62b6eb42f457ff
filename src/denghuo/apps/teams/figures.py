"""The indicators of a team's week, computed from its tasks.

Load of a person: Σ share × points of the tasks of the days asked about, without cancelled and carried-over ones, points.
Capacity: Σ duty minutes of the days on which they are not away ÷ ``teams.minutes_per_point``, points.
Saturation: load ÷ capacity; of the team: (loads and unassigned points) ÷ Σ capacities; None where there is no capacity.
Planned-work rate: done tasks with source "planned" ÷ all done tasks. Completion: done ÷ all but cancelled, carried-over
ones counting as not done. On-day rate: done on their day or before ÷ done. Performance: points of done work + marks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.teams.access import people_of
from denghuo.apps.teams.choices import TaskSource, TaskState
from denghuo.apps.teams.models import Absence, TeamTask
from denghuo.apps.teams.points import moment_of
from denghuo.core import policies
from denghuo.core.clocks.calendars import calendar_for
from denghuo.core.scoping.models import OrgUnit

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = dt.timedelta(days=1)
COUNTED = (TaskState.PLANNED, TaskState.STARTED, TaskState.DONE)
OFFICE = "office"


@dataclass
class Person:
    """Somebody's days: capacity in points for each, 0 where away; load in points."""

    staff: Staff
    skills: frozenset[str]
    capacity: dict[dt.date, float]
    away: dict[dt.date, str]
    load: dict[dt.date, float] = field(default_factory=dict)

    @property
    def total_load(self) -> float:
        return round(sum(self.load.values()), 2)

    @property
    def total_capacity(self) -> float:
        return round(sum(self.capacity.values()), 2)

    @property
    def saturation(self) -> float | None:
        """Load ÷ capacity of the days, None without capacity."""
        return ratio(self.total_load, self.total_capacity)


@dataclass
class Week:
    """A team's days with who is there, what is to do, and what it comes to."""

    team: OrgUnit
    days: tuple[dt.date, ...]
    tasks: list[TeamTask]
    people: list[Person]
    unassigned: float = 0.0

    def person(self, staff_id: int | None) -> Person | None:
        return next((one for one in self.people if one.staff.pk == staff_id), None)


def ratio(part: float, whole: float) -> float | None:
    """``part`` ÷ ``whole`` to three digits, None when there is no whole."""
    return round(part / whole, 3) if whole else None


def duty_points(team: OrgUnit, days: Iterable[dt.date]) -> dict[dt.date, float]:
    """Points a person of the team can do on each day: duty minutes ÷ minutes a point. Public holidays count as Sundays,
    make-up days as Mondays, as the team's office calendar says."""
    days = list(days)
    calendar = calendar_for(team, OFFICE, days[0]) if days else None
    special = calendar.exceptions if calendar is not None else {}
    found = {}
    for day in days:
        at = moment_of(day)
        name = DAY_NAMES[day.weekday()]
        if day.isoformat() in special:
            name = "mon" if special[day.isoformat()] else "sun"
        minutes = policies.get("teams.duty_minutes", team, at).get(name, 0)
        found[day] = minutes / (policies.get("teams.minutes_per_point", team, at) or 1)
    return found


def days_of(monday: dt.date) -> tuple[dt.date, ...]:
    """The seven days of the week that begins on ``monday``."""
    return tuple(monday + n * ONE_DAY for n in range(7))


def read_people(team: OrgUnit, days: tuple[dt.date, ...]) -> list[Person]:
    """The team's people with skills and capacity (three queries and the calendar)."""
    staff = list(people_of(team).prefetch_related("skills__skill"))
    away: dict[int, dict[dt.date, str]] = {}
    rows = Absence.objects.filter(staff__in=[one.pk for one in staff], first__lte=days[-1], last__gte=days[0])
    for row in rows:
        for day in days:
            if row.first <= day <= row.last:
                away.setdefault(row.staff_id, {})[day] = row.kind
    full = duty_points(team, days)
    return [
        Person(
            staff=one,
            skills=frozenset(each.skill.code for each in one.skills.all()),
            capacity={day: 0.0 if day in away.get(one.pk, {}) else full[day] for day in days},
            away=away.get(one.pk, {}),
        )
        for one in staff
    ]


def read_week(team: OrgUnit, monday: dt.date) -> Week:
    """The week's people, tasks and loads (index teams_task_org_day); six queries whatever the number of tasks."""
    days = days_of(monday)
    tasks = list(
        TeamTask.objects.filter(org=team, day__range=(days[0], days[-1]))
        .select_related("order")
        .prefetch_related("shares__staff", "marks")
        .order_by("day", "start", "pk")
    )
    week = Week(team, days, tasks, read_people(team, days))
    known = {one.staff.pk: one for one in week.people}
    for task in tasks:
        for share in task.shares.all():
            if share.staff_id not in known:  # helped from another team, or left since: shown with what they did here
                full = duty_points(team, days)
                person = Person(share.staff, frozenset(), dict.fromkeys(full, 0.0), {})
                known[share.staff_id] = person
                week.people.append(person)
    add_loads(week)
    return week


def add_loads(week: Week) -> None:
    """Fill loads of people and the unassigned points from the tasks."""
    by_id = {one.staff.pk: one for one in week.people}
    for one in week.people:
        one.load = {}
    week.unassigned = 0.0
    for task in week.tasks:
        if task.state not in COUNTED:
            continue
        shares = list(task.shares.all())
        if not shares:
            week.unassigned += task.points
        for share in shares:
            person = by_id.get(share.staff_id)
            if person is not None:
                person.load[task.day] = person.load.get(task.day, 0.0) + task.points * share.share


def team_saturation(week: Week) -> float | None:
    """All points of the week ÷ all capacity of its people."""
    load = sum(one.total_load for one in week.people) + week.unassigned
    return ratio(load, sum(one.total_capacity for one in week.people))


def level(value: float | None, team: OrgUnit) -> str:
    """``low``, ``fit`` or ``high`` by the limits of the team; ``none`` without capacity."""
    if value is None:
        return "none"
    if value > policies.get("teams.saturation_high", team):
        return "high"
    return "low" if value < policies.get("teams.saturation_low", team) else "fit"


def indicators(week: Week) -> dict[str, Any]:
    """The week's figures: counts, points, rates 0–1 (None where nothing was there to measure)."""
    live = [one for one in week.tasks if one.state != TaskState.CANCELLED]
    done = [one for one in live if one.state == TaskState.DONE]
    planned = [one for one in done if one.source == TaskSource.PLANNED]
    on_day = [one for one in done if one.done_at and timezone.localtime(one.done_at).date() <= one.day]
    marks = sum(mark.points for task in week.tasks for mark in task.marks.all())
    done_points = sum(one.points for one in done)
    return {
        "tasks": len(live),
        "done": len(done),
        "carried": sum(1 for one in live if one.state == TaskState.CARRIED),
        "temporary": sum(1 for one in live if one.source == TaskSource.TEMPORARY),
        "points": round(done_points, 2),
        "marks": round(marks, 2),
        "performance": round(done_points + marks, 2),
        "completion": ratio(len(done), len(live)),
        "planned_rate": ratio(len(planned), len(done)),
        "on_day": ratio(len(on_day), len(done)),
        "saturation": team_saturation(week),
    }


def by_person(week: Week) -> list[dict[str, Any]]:
    """For each person: tasks done, points and marks by share, performance, saturation."""
    rows = []
    for one in week.people:
        done, points, marks = 0, 0.0, 0.0
        for task in week.tasks:
            share = next((each.share for each in task.shares.all() if each.staff_id == one.staff.pk), 0.0)
            if not share or task.state == TaskState.CANCELLED:
                continue
            if task.state == TaskState.DONE:
                done, points = done + 1, points + task.points * share
            marks += sum(mark.points for mark in task.marks.all()) * share
        rows.append(
            {
                "person": one, "done": done, "points": round(points, 2), "marks": round(marks, 2),
                "performance": round(points + marks, 2), "saturation": one.saturation,
                "level": level(one.saturation, week.team),
            }
        )  # fmt: skip
    return rows
