"""A shift library and this and the next month's published rosters: seven days on a wheel, two of them free."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from denghuo.apps.accounts.models import RoleGrant
from denghuo.apps.workforce.rosters import actions, reading
from denghuo.apps.workforce.rosters.models import PeriodState, RosterPeriod, ShiftAssignment, ShiftType
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

#: code -> name, start, minutes with an unpaid meal of half an hour after four hours
LIBRARY = {
    "A": ("早班", dt.time(8), 510), "M": ("中班", dt.time(12), 510), "P": ("晚班", dt.time(15, 30), 510),
    "N": ("夜班", dt.time(23, 30), 510),
}  # fmt: skip
#: Two early, two middle, one late shift and two days off: forty hours, eleven hours between shifts.
WHEEL = ("A", "A", "M", "M", "P", "", "")
MEAL = {"at": 240, "minutes": 30, "paid": False}


def build() -> int:
    """Write them for the units of the planners; gives the rows. Nothing when there are rosters already."""
    if RosterPeriod.objects.exists():
        return 0
    actor, root = Actor.system("demo.rosters"), OrgUnit.objects.filter(parent=None).order_by("path").first()
    if root is None:
        return 0
    shifts = {
        code: actions.save_shift(actor, root, code=code, name=name, start=start, minutes=minutes, breaks=[MEAL])
        for code, (name, start, minutes) in LIBRARY.items()
    }
    this = reading.today().replace(day=1)
    months = (this, (this + dt.timedelta(days=32)).replace(day=1))
    units = _planned_units() or reading.units_of(actor)[:1]
    rows = [row for unit in units for month in months for row in _month(actor, unit, month, shifts)]
    ShiftAssignment.objects.bulk_create(rows)
    return len(rows)


def _planned_units() -> list[OrgUnit]:
    """The units planners plan for, none below another: everybody below a unit is on its roster."""
    grants = RoleGrant.objects.filter(role__code="planner").select_related("org").order_by("org__path")
    found: list[OrgUnit] = []
    for grant in grants:
        if not any(grant.org.path.startswith(unit.path) for unit in found):
            found.append(grant.org)
    return found


def _month(actor: Actor, unit: OrgUnit, month: dt.date, shifts: dict[str, ShiftType]) -> Iterator[ShiftAssignment]:
    people = reading.people_of(unit)
    if not people:
        return
    period = actions.make_period(actor, unit, month=month)
    # Published without telling everybody: a demonstration begins with quiet bells.
    RosterPeriod.objects.filter(pk=period.pk).update(state=PeriodState.PUBLISHED, published_at=period.made_at)
    for turn, person in enumerate(people):
        day = period.first
        while day <= period.last:
            code = WHEEL[(day.toordinal() + 3 * turn) % len(WHEEL)]
            if code:
                yield ShiftAssignment(period=period, staff=person, day=day, shift=shifts[code])
            day += dt.timedelta(days=1)
