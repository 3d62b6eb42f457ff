"""Local rules as the engine takes them. The engine's rules are loaded only when a problem is built."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from denghuo.apps.workforce.rosters import reading
from denghuo.apps.workforce.rosters.models import RosterPeriod, ShiftType
from denghuo.apps.workforce.rosters.reading import ONE_DAY
from denghuo.apps.workforce.rosters.rule_kinds import ANY_WORD, DUTY_WORD, OFF_WORD
from denghuo.apps.workforce.rosters.solution_models import RuleChoice
from denghuo.core.clocks.calendars import china_holidays
from denghuo.core.scoping.models import OrgUnit

if TYPE_CHECKING:
    from denghuo.engine.rostering import LinkRule, PersonRule


@dataclass
class Chosen:
    """Rules in force. ``nights_fair``: the weight chosen for it, None where the policy's holds."""

    rules: list[PersonRule] = field(default_factory=list)
    links: list[LinkRule] = field(default_factory=list)
    nights_fair: float | None = None


@dataclass(frozen=True)
class Frame:
    """What rules are built in: dates, people by code, shifts of the engine by their code in the library."""

    org: OrgUnit
    first: dt.date
    last: dt.date
    people: frozenset[str]
    shifts: Mapping[str, tuple[str, ...]]
    nights: frozenset[str]

    def codes(self, names: Collection[str]) -> frozenset[str]:
        """The engine's shifts of the named ones; all for none. Empty when none of the names is known any more."""
        if not names:
            return frozenset(code for some in self.shifts.values() for code in some)
        return frozenset(code for name in names for code in self.shifts.get(name, ()))


def current(org: OrgUnit, first: dt.date, last: dt.date) -> list[RuleChoice]:
    """Rules of the unit and the units above it that are in force on a day between (index ``workforce_rule_current``)."""
    rows = RuleChoice.objects.filter(org__in=org.ancestor_ids(), retired_at=None, active_from__lte=last)
    return list(rows.filter(Q(active_to=None) | Q(active_to__gte=first)).select_related("org").order_by("kind", "pk"))


def chosen(
    period: RosterPeriod, people: Collection[int], work: Mapping[str, ShiftType], *, hard_only: bool = False
) -> Chosen:
    """The period's rules for the people. One that names only shifts or people no longer there is left out."""
    shifts: dict[str, tuple[str, ...]] = {}
    for code, one in work.items():
        shifts[one.code] = (*shifts.get(one.code, ()), code)
    frame = Frame(
        period.org, period.first, period.last, frozenset(map(str, people)), shifts,
        frozenset(code for code, one in work.items() if one.night),
    )  # fmt: skip
    found = Chosen()
    for row in current(period.org, period.first, period.last):
        if hard_only and row.weight is not None:
            continue
        if row.kind == "nights_fair":
            found.nights_fair = row.weight
        elif row.kind in LINKS:
            found.links += LINKS[row.kind](row, frame)
        elif row.kind in RULES:
            found.rules += _person_rules(row, frame)
    return found


def _person_rules(row: RuleChoice, frame: Frame) -> list[PersonRule]:
    who = frozenset(map(str, row.people)) & frame.people
    if row.people and not who:
        return []
    return RULES[row.kind](row, frame, {"people": who} | ({} if row.kind in WEIGHTLESS else {"weight": row.weight}))


More = dict[str, Any]


def _of_shifts(name: str, *numbers: str) -> Callable[[RuleChoice, Frame, More], list[PersonRule]]:
    """A rule of a set of shifts with numbers."""

    def build(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
        from denghuo.engine import rostering

        shifts = frame.codes(row.parameters.get("shifts", []))
        given = {key: row.parameters[key] for key in numbers if row.parameters.get(key) is not None}
        return [getattr(rostering, name)(shifts=shifts, **given, **more)] if shifts else []

    return build


def _plain(name: str, *numbers: str) -> Callable[[RuleChoice, Frame, More], list[PersonRule]]:
    def build(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
        from denghuo.engine import rostering

        return [getattr(rostering, name)(**{key: row.parameters[key] for key in numbers}, **more)]

    return build


def _after_nights(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
    from denghuo.engine.rostering import AfterNightsRest

    names = row.parameters.get("shifts", [])
    shifts = frame.codes(names) if names else frame.nights
    return (
        [AfterNightsRest(after=row.parameters["after"], rest=row.parameters["rest"], shifts=shifts, **more)]
        if shifts
        else []
    )


def _forward(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
    from denghuo.engine.rostering import RotationForward

    order = tuple(code for name in row.parameters["order"] for code in frame.shifts.get(name, ())[:1])
    return [RotationForward(order=order, **more)] if len(order) > 1 else []


def _succession(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
    from denghuo.engine.rostering import OFF, AvoidSuccession

    def codes(name: str) -> tuple[str, ...]:
        return frame.shifts.get(name, ()) if name else (OFF,)

    return [
        AvoidSuccession(first=one, second=two, **more)
        for one in codes(row.parameters["first"]) for two in codes(row.parameters["second"])
    ]  # fmt: skip


def _pattern(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
    from denghuo.engine.rostering import ANY_DUTY, ANYTHING, OFF, FixedPattern

    words = {OFF_WORD: OFF, DUTY_WORD: ANY_DUTY, ANY_WORD: ANYTHING}
    words = {name: codes[0] for name, codes in frame.shifts.items()} | words
    pattern = tuple(words.get(name, ANYTHING) for name in row.parameters["pattern"])
    offset = (frame.first - dt.date.fromisoformat(row.parameters["from"])).days % len(pattern)
    return [FixedPattern(pattern=pattern, offset=offset, **more)]


def _avoid(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
    from denghuo.engine.rostering import AvoidShift

    shifts, weekdays = frame.codes(row.parameters["shifts"]), row.parameters.get("weekdays")
    return [AvoidShift(shifts=shifts, weekdays=frozenset(weekdays) if weekdays else None, **more)] if shifts else []


def _holidays(row: RuleChoice, frame: Frame, more: More) -> list[PersonRule]:
    """Duties on holidays near the mean; those of the year before the period count."""
    from denghuo.engine.rostering import HolidayFair

    begin = frame.first - 365 * ONE_DAY
    holidays = holidays_between(begin, frame.last)
    days = frozenset((day - frame.first).days for day in holidays if day >= frame.first)
    if not days or not frame.people:
        return []
    past = dict.fromkeys(frame.people, 0)
    rows = reading.days_of([int(code) for code in frame.people], begin, frame.first - ONE_DAY).filter(day__in=holidays)
    for one in rows.exclude(period__state="draft"):
        past[str(one.staff_id)] += reading.duty_of(one) is not None
    target = sum(past.values()) / len(past) + len(days) / 2
    return [HolidayFair(days=days, target=int(target) + 0.5, weight=row.weight or 0.0, past=past)]


def holidays_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Public holidays with the weekends they run into."""
    years = china_holidays(range(first.year, last.year + 1))
    found = {day for year in years for day in year.holidays}
    makeup = {day for year in years for day in year.makeup_days}
    for day in sorted(found):
        for step in (ONE_DAY, -ONE_DAY):
            near = day + step
            while near.weekday() >= 5 and near not in makeup:
                found.add(near)
                near += step
    return sorted(day for day in found if first <= day <= last)


def _mentor(row: RuleChoice, frame: Frame) -> list[LinkRule]:
    from denghuo.engine.rostering import PairWithMentor

    young, old = str(row.parameters["newcomer"]), str(row.parameters["mentor"])
    return [PairWithMentor(newcomer=young, mentor=old, weight=row.weight)] if {young, old} <= frame.people else []


def _team(row: RuleChoice, frame: Frame) -> tuple[str, ...]:
    return tuple(str(pk) for pk in row.parameters["team"] if str(pk) in frame.people)


def _together(row: RuleChoice, frame: Frame) -> list[LinkRule]:
    from denghuo.engine.rostering import SameTeamTogether

    team = _team(row, frame)
    return [SameTeamTogether(team=team, weight=row.weight)] if len(team) > 1 else []


def _apart(row: RuleChoice, frame: Frame) -> list[LinkRule]:
    from denghuo.engine.rostering import NotTogether

    team = _team(row, frame)
    return [NotTogether(persons=team, most=row.parameters["most"], weight=row.weight)] if len(team) > 1 else []


WEIGHTLESS = {"after_nights_rest"}
RULES: dict[str, Callable[[RuleChoice, Frame, More], list[PersonRule]]] = {
    "max_shifts_of_kind": _of_shifts("MaxShiftsOfKind", "most", "per"),
    "require_shift_count": _of_shifts("RequireShiftCount", "least", "most"),
    "min_run": _of_shifts("MinRun", "least"),
    "max_run": _of_shifts("MaxRun", "most"),
    "weekends_off": _plain("WeekendsOff", "least"),
    "whole_weekend": _plain("WholeWeekend"),
    "no_isolated_day": _plain("NoIsolatedDay"),
    "rotation_forward": _forward,
    "avoid_succession": _succession,
    "after_nights_rest": _after_nights,
    "holiday_fair": _holidays,
    "fixed_pattern": _pattern,
    "avoid_shift": _avoid,
}
LINKS: dict[str, Callable[[RuleChoice, Frame], list[LinkRule]]] = {
    "pair_with_mentor": _mentor,
    "same_team_together": _together,
    "not_together": _apart,
}
