"""Local rules for one person's line, to be combined freely. ``people``: whom a rule concerns (empty: everybody).

``weight``: what each unit outside the rule costs; None makes the rule hard. Every rule enters the pricing, so its effect is
exact: as a *resource* (a track of :mod:`tracks`, with a counter where something is summed) or as a *cost* of days and
actions. Rules that tie people together are in :mod:`links`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denghuo.engine.rostering.model import Person
from denghuo.engine.rostering.tracks import (
    Amount,
    Counter,
    Isolated,
    KindRun,
    RestAfter,
    Succession,
    Use,
    WeekCount,
    Weekends,
    WholeWeekends,
)

if TYPE_CHECKING:
    from denghuo.engine.rostering.automaton import Floats
    from denghuo.engine.rostering.compiling import View
    from denghuo.engine.rostering.pricing import Bools

ANY_DUTY = "+"
ANYTHING = "*"


@dataclass(frozen=True, kw_only=True)
class PersonRule:
    """Base of the rules for one line."""

    people: frozenset[str] = frozenset()

    def concerns(self, person: Person) -> bool:
        """Whether the rule holds for a person."""
        return not self.people or person.code in self.people

    def uses(self, view: View, person: Person) -> list[Use]:
        """Tracks the pricing must follow."""
        return []

    def charge(self, view: View, person: Person, cost: Floats, allowed: Bools) -> None:
        """Add costs of days and actions, or take permissions away."""

    def weights(self) -> tuple[float, ...]:
        """Every number that costs are sums of."""
        weight = getattr(self, "weight", None)
        return () if weight is None else (weight,)


def _counter(least: float, most: float | None, weight: float | None) -> Counter:
    if weight is None:
        return Counter(int(least), None if most is None else int(most))
    return Counter(wanted_low=least, wanted_high=most, weight=weight)


def _ones(view: View, actions: frozenset[int]) -> tuple[int, ...]:
    return tuple(int(action in actions) for action in range(view.actions))


@dataclass(frozen=True, kw_only=True)
class MaxShiftsOfKind(PersonRule):
    """At most ``most`` of the shifts in the horizon, in each week from Monday or each calendar month. Resource."""

    shifts: frozenset[str]
    most: int
    per: str = "horizon"
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.per not in ("horizon", "week", "month"):
            raise ValueError("per: must be horizon, week or month")

    def uses(self, view: View, person: Person) -> list[Use]:
        actions = view.acts(self.shifts)
        if self.per == "week":
            track = WeekCount(actions, self.most, view.problem.start.weekday(), self.weight)
            return [view.use("max_shifts_of_kind", track, 0, person)]
        counter = _counter(0, self.most, self.weight)
        amounts = _ones(view, actions)
        if self.per == "horizon":
            return [Use("max_shifts_of_kind", Amount(amounts), (), counter, lazy=self.weight is None)]
        uses = []
        for month, days in view.months().items():
            past = sum(amounts[action] for day, action in view.history(person) if view.month(day) == month)
            track_of_month = Amount(amounts, days)
            counter = _counter(0, max(self.most, past), self.weight)
            uses.append(Use("max_shifts_of_kind", track_of_month, (), counter, past, lazy=self.weight is None))
        return uses


@dataclass(frozen=True, kw_only=True)
class RequireShiftCount(PersonRule):
    """Between ``least`` and ``most`` of the shifts in the horizon. Resource."""

    shifts: frozenset[str]
    least: int
    most: int | None = None
    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        track = Amount(_ones(view, view.acts(self.shifts)))
        return [Use("require_shift_count", track, (), _counter(self.least, self.most, self.weight))]


@dataclass(frozen=True, kw_only=True)
class MinRun(PersonRule):
    """Once on one of the shifts, stay on them for ``least`` days (nights in blocks). Resource."""

    shifts: frozenset[str]
    least: int
    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        track = KindRun(view.acts(self.shifts), self.least, None, self.weight)
        return [view.use("min_run", track, (0, True), person)]


@dataclass(frozen=True, kw_only=True)
class MaxRun(PersonRule):
    """At most ``most`` days in a row on the shifts. Resource."""

    shifts: frozenset[str]
    most: int
    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        track = KindRun(view.acts(self.shifts), 1, self.most, self.weight)
        return [view.use("max_run", track, (0, True), person)]


@dataclass(frozen=True, kw_only=True)
class WeekendsOff(PersonRule):
    """At least ``least`` of the horizon's weekends without work. Resource.

    A weekend whose work began before the horizon is not counted as worked again.
    """

    least: int
    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        problem = view.problem
        first, weekend = problem.start.weekday(), problem.weekend
        weekdays = [problem.weekday(day) for day in range(problem.days)]
        total = weekdays.count(weekend[0]) + (weekdays[0] == weekend[1])
        counter = _counter(0, total - self.least, self.weight)
        return [view.use("weekends_off", Weekends(first, weekend), False, person, counter=counter)]


@dataclass(frozen=True, kw_only=True)
class WholeWeekend(PersonRule):
    """Work both days of a weekend or neither. Resource."""

    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        track = WholeWeekends(view.problem.start.weekday(), view.problem.weekend, self.weight)
        return [view.use("whole_weekend", track, 0, person)]


@dataclass(frozen=True, kw_only=True)
class NoIsolatedDay(PersonRule):
    """No single working day between two days off. Resource."""

    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        return [view.use("no_isolated_day", Isolated(self.weight), 2, person)]


@dataclass(frozen=True, kw_only=True)
class RotationForward(PersonRule):
    """From one day to the next the shift stays or moves forward in ``order``; a day off starts anew. Resource."""

    order: tuple[str, ...]
    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        numbers = [view.number[code] for code in self.order]
        pairs = frozenset((late, early) for place, late in enumerate(numbers) for early in numbers[:place])
        return [view.use("rotation_forward", Succession(pairs, self.weight), -1, person)]


@dataclass(frozen=True, kw_only=True)
class AvoidSuccession(PersonRule):
    """Not ``second`` on the day after ``first`` (codes; ``OFF`` is allowed in both). Resource."""

    first: str
    second: str
    weight: float | None = None

    def uses(self, view: View, person: Person) -> list[Use]:
        pair = frozenset({(view.number[self.first], view.number[self.second])})
        return [view.use("avoid_succession", Succession(pair, self.weight), -1, person)]


@dataclass(frozen=True, kw_only=True)
class AfterNightsRest(PersonRule):
    """After ``after`` or more days in a row on the shifts (empty: night shifts) come ``rest`` days off. Hard. Resource."""

    after: int
    rest: int
    shifts: frozenset[str] = frozenset()

    def uses(self, view: View, person: Person) -> list[Use]:
        actions = view.acts(self.shifts) if self.shifts else view.nights
        return [view.use("after_nights_rest", RestAfter(actions, self.after, self.rest), (0, 0), person)]


@dataclass(frozen=True, kw_only=True)
class NightsFair(PersonRule):
    """Nights with those of the ``past`` as near to ``target`` as can be, ``weight`` for each one off. Resource."""

    target: float
    weight: float
    past: Mapping[str, int] = field(default_factory=dict, hash=False)
    shifts: frozenset[str] = frozenset()

    def uses(self, view: View, person: Person) -> list[Use]:
        actions = view.acts(self.shifts) if self.shifts else view.nights
        counter = _counter(self.target, self.target, self.weight)
        return [Use("nights_fair", Amount(_ones(view, actions)), (), counter, self.past.get(person.code, 0))]

    def weights(self) -> tuple[float, ...]:
        return self.weight, self.weight * (self.target % 1)


@dataclass(frozen=True, kw_only=True)
class HolidayFair(PersonRule):
    """Duties on holidays (``days`` of the horizon) with those of the ``past`` as near to ``target`` as can be. Resource."""

    days: frozenset[int]
    target: float
    weight: float
    past: Mapping[str, int] = field(default_factory=dict, hash=False)

    def uses(self, view: View, person: Person) -> list[Use]:
        track = Amount(_ones(view, view.duties), self.days)
        counter = _counter(self.target, self.target, self.weight)
        return [Use("holiday_fair", track, (), counter, self.past.get(person.code, 0))]

    def weights(self) -> tuple[float, ...]:
        return self.weight, self.weight * (self.target % 1)


@dataclass(frozen=True, kw_only=True)
class FixedPattern(PersonRule):
    """A repeating pattern of codes, ``OFF``, ``ANY_DUTY`` and ``ANYTHING``; day 0 stands at ``offset``. Cost of days."""

    pattern: tuple[str, ...]
    offset: int = 0
    weight: float | None = None

    def charge(self, view: View, person: Person, cost: Floats, allowed: Bools) -> None:
        for day in range(view.problem.days):
            wanted = self.pattern[(self.offset + day) % len(self.pattern)]
            if wanted == ANYTHING:
                continue
            right = view.duties if wanted == ANY_DUTY else frozenset({view.number[wanted]})
            wrong = [action for action in range(view.actions) if action not in right]
            if self.weight is None:
                allowed[day, wrong] = False
            else:
                cost[day, wrong] += self.weight


@dataclass(frozen=True, kw_only=True)
class AvoidShift(PersonRule):
    """Not the shifts, on the named days or weekdays (None: every day). Cost of days."""

    shifts: frozenset[str]
    days: frozenset[int] | None = None
    weekdays: frozenset[int] | None = None
    weight: float | None = None

    def charge(self, view: View, person: Person, cost: Floats, allowed: Bools) -> None:
        actions = sorted(view.acts(self.shifts))
        for day in range(view.problem.days):
            named = self.days is None or day in self.days
            if not named or (self.weekdays is not None and view.problem.weekday(day) not in self.weekdays):
                continue
            if self.weight is None:
                allowed[day, actions] = False
            else:
                cost[day, actions] += self.weight
