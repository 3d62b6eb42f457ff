"""What a month plan is about: shifts, people, needs, limits, and the roster that comes out. Plain data, no solver."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denghuo.engine.rostering.links import LinkRule
    from denghuo.engine.rostering.rules import PersonRule

OFF = ""
Line = tuple[str, ...]
"""One person's days of the horizon: the code of a shift, or ``OFF``."""
Lines = Mapping[str, Line]
"""Lines by code of person."""


@dataclass(frozen=True)
class Shift:
    """A kind of duty.

    ``minutes`` from begin to end, ``paid_minutes`` the working minutes in it (None: all). ``start_minute`` counts from
    midnight of the day the shift belongs to; None when only ``cannot_be_followed_by`` speaks of rest.
    """

    code: str
    minutes: int
    start_minute: int | None = None
    paid_minutes: int | None = None
    night: bool = False
    cannot_be_followed_by: frozenset[str] = frozenset()

    @property
    def worked(self) -> int:
        """Working minutes, without unpaid breaks."""
        return self.minutes if self.paid_minutes is None else self.paid_minutes


@dataclass(frozen=True)
class Wish:
    """A preference: ``weight`` is paid when ``wanted`` and not given the shift, or not wanted and given it."""

    day: int
    shift: str
    weight: float
    wanted: bool = True


@dataclass(frozen=True)
class Person:
    """Someone who can be rostered. Days count from 0, the first day of the horizon; None is no limit.

    Counts and minutes are over the horizon. ``fixed`` days are given (``OFF`` for leave). ``history`` are the days before
    the horizon, the last one yesterday; without it a run or rest that touches the border counts as long enough and as
    not yet begun (the convention of the shift scheduling benchmark).
    """

    code: str
    skills: frozenset[str] = frozenset()
    max_shifts: Mapping[str, int] = field(default_factory=dict)
    min_minutes: int = 0
    max_minutes: int | None = None
    min_run: int = 1
    max_run: int | None = None
    min_off: int = 1
    max_weekends: int | None = None
    fixed: Mapping[int, str] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()
    no_nights_until: int | None = None
    history: Line = ()


@dataclass(frozen=True)
class Cover:
    """How many heads the listed shifts of a day need together, and what each missing or surplus one costs.

    ``eve_shifts``: shifts of the day before that still run, so that an interval after midnight can be asked for.
    Someone whose shifts of both days run in the interval counts twice, which any rule of rest rules out.
    ``skill``: only people with it count.
    """

    day: int
    shifts: tuple[str, ...]
    heads: int
    under_weight: float = 100.0
    over_weight: float = 1.0
    skill: str = ""
    eve_shifts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Limits of working time in minutes and days, with the names and meanings of the working-time rules of the platform.

    Labour Law of the PRC, art. 36 to 42. A week runs from Monday. ``comprehensive``: hours are summed over the month
    instead of the day and the week.
    """

    day: int = 480
    week: int = 2400
    month: int = 9998
    overtime_day: int = 60
    overtime_month: int = 2160
    rest: int = 660
    days_week: int = 6
    days_running: int = 6
    nights_running: int = 3
    comprehensive: bool = False


@dataclass(frozen=True)
class Problem:
    """A horizon of ``days`` from ``start``. ``rules`` hold for each person they name, ``links`` between people."""

    days: int
    shifts: tuple[Shift, ...]
    people: tuple[Person, ...]
    covers: tuple[Cover, ...]
    start: dt.date = dt.date(2024, 1, 1)
    limits: Limits | None = None
    rules: tuple[PersonRule, ...] = ()
    links: tuple[LinkRule, ...] = ()
    weekend: tuple[int, int] = (5, 6)

    def __post_init__(self) -> None:
        codes = {shift.code for shift in self.shifts}
        if self.days < 1:
            raise ValueError("days: must be at least 1")
        if len(codes) != len(self.shifts) or OFF in codes:
            raise ValueError("shifts: codes must differ and not be empty")
        if len({person.code for person in self.people}) != len(self.people):
            raise ValueError("people: codes must differ")
        for person in self.people:
            self._known(person, codes)
        for cover in self.covers:
            if not 0 <= cover.day < self.days:
                raise ValueError(f"covers: day {cover.day} is outside the horizon")
            if unknown := {*cover.shifts, *cover.eve_shifts} - codes:
                raise ValueError(f"covers: unknown shifts {sorted(unknown)}")

    def _known(self, person: Person, codes: set[str]) -> None:
        named = {*person.max_shifts, *person.fixed.values(), *person.history, *(wish.shift for wish in person.wishes)}
        if unknown := named - codes - {OFF}:
            raise ValueError(f"people: {person.code} names unknown shifts {sorted(unknown)}")
        if any(not 0 <= day < self.days for day in person.fixed):
            raise ValueError(f"people: {person.code} has fixed days outside the horizon")

    def date(self, day: int) -> dt.date:
        """The calendar date of a day of the horizon (or before it: negative)."""
        return self.start + dt.timedelta(days=day)

    def weekday(self, day: int) -> int:
        """0 for Monday."""
        return (self.start.weekday() + day) % 7

    @property
    def index(self) -> dict[str, int]:
        """Number of each shift by its code."""
        return {shift.code: number for number, shift in enumerate(self.shifts)}


def interval_cover(
    shifts: tuple[Shift, ...], day: int, begin: int, end: int, heads: int, *, under_weight: float = 100.0,
    over_weight: float = 1.0, skill: str = "",
) -> Cover:  # fmt: skip
    """The need of an interval of a day (minutes from midnight): shifts that span it whole, of that day or the day before.

    Raises ValueError when a shift has no ``start_minute``.
    """
    today, eve = [], []
    for shift in shifts:
        if shift.start_minute is None:
            raise ValueError(f"shifts: {shift.code} has no start_minute")
        last = shift.start_minute + shift.minutes
        if shift.start_minute <= begin and end <= last:
            today.append(shift.code)
        if shift.start_minute - 1440 <= begin and end <= last - 1440:
            eve.append(shift.code)
    return Cover(day, tuple(today), heads, under_weight, over_weight, skill, tuple(eve))


@dataclass(frozen=True)
class Reason:
    """Why one able person does not fill a gap: ``rule`` is the code of the limit, or ``trade_off`` with its ``cost``."""

    person: str
    rule: str
    cost: float = 0.0


@dataclass(frozen=True)
class Unmet:
    """A need that stays short by ``missing``; ``why`` is nobody_qualified, all_at_limit or trade_off."""

    cover: Cover
    missing: int
    why: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Roster:
    """A plan with its cost and a proven lower ``bound`` on the cost of any plan. ``gap`` is a share of the cost."""

    lines: dict[str, Line]
    cost: float
    bound: float
    feasible: bool
    unmet: tuple[Unmet, ...] = ()
    cancelled: bool = False
    seconds: float = 0.0

    @property
    def gap(self) -> float:
        """(cost - bound) / cost; 0 when both are 0."""
        return max(0.0, self.cost - self.bound) / abs(self.cost) if self.cost else max(0.0, -self.bound)
