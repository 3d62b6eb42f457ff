"""From a problem to what the pricing needs of each person: tracks, costs and allowed actions of every day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from denghuo.engine.rostering.automaton import Floats
from denghuo.engine.rostering.model import OFF, Limits, Person, Problem
from denghuo.engine.rostering.pricing import Automata, Bools, Pricer
from denghuo.engine.rostering.tracks import (
    Amount,
    Counter,
    Follow,
    KindRun,
    Overtime,
    Rest,
    Runs,
    Track,
    Use,
    WeekCount,
    Weekends,
)


class View:
    """A problem with its shifts numbered as actions: 0 is off, shift k is k + 1."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.number = {OFF: 0} | {shift.code: place + 1 for place, shift in enumerate(problem.shifts)}
        self.codes = [OFF, *(shift.code for shift in problem.shifts)]
        self.actions = len(self.codes)
        self.worked = (0, *(shift.worked for shift in problem.shifts))
        self.nights = frozenset(self.number[shift.code] for shift in problem.shifts if shift.night)
        self.duties = frozenset(range(1, self.actions))

    def acts(self, codes: Sequence[str] | frozenset[str]) -> frozenset[int]:
        """Numbers of shifts; all when none is named. Raises ValueError for an unknown one."""
        if unknown := set(codes) - set(self.codes):
            raise ValueError(f"shifts: unknown {sorted(unknown)}")
        return frozenset(self.number[code] for code in codes) or self.duties

    def history(self, person: Person) -> list[tuple[int, int]]:
        """(day, action) of the days before the horizon, days negative."""
        size = len(person.history)
        return [(place - size, self.number[code]) for place, code in enumerate(person.history)]

    def place(self, code: str) -> int:
        """Number of a person. Raises ValueError for an unknown code."""
        for number, person in enumerate(self.problem.people):
            if person.code == code:
                return number
        raise ValueError(f"links: unknown person {code}")

    def month(self, day: int) -> tuple[int, int]:
        """(year, month) of a day."""
        date = self.problem.date(day)
        return date.year, date.month

    def months(self) -> dict[tuple[int, int], frozenset[int]]:
        """Days of the horizon by calendar month."""
        found: dict[tuple[int, int], set[int]] = {}
        for day in range(self.problem.days):
            found.setdefault(self.month(day), set()).add(day)
        return {month: frozenset(days) for month, days in found.items()}

    def use(self, code: str, track: Track, neutral: Any, person: Person, **more: Any) -> Use:
        """A track from where the person's history leaves it."""
        return Use(code, track, replay(track, neutral, self.history(person)), **more)


def replay(track: Track, neutral: Any, history: Sequence[tuple[int, int]]) -> Any:
    """The state after the days before. A day that broke the rule leaves a run at its limit, or starts others anew."""
    state = neutral
    for day, action in history:
        step = track.step(state, day, action)
        if step is None and not (action and isinstance(track, Runs | KindRun | WeekCount)):
            step = track.step(neutral, day, action)
        state = step[0] if step is not None else state
    return state


def pricers(problem: Problem) -> list[Pricer]:
    """One pricer for each person, in their order."""
    view = View(problem)
    automata = Automata(problem.days, view.actions)
    return [pricer(view, person, automata) for person in problem.people]


def pricer(view: View, person: Person, automata: Automata) -> Pricer:
    """The pricer of one person."""
    uses = [*_own_uses(view, person), *_limit_uses(view, person)]
    cost, allowed = grids(view, person)
    for rule in view.problem.rules:
        if rule.concerns(person):
            uses += rule.uses(view, person)
            rule.charge(view, person, cost, allowed)
    return Pricer(uses, cost, allowed, automata)


def grids(view: View, person: Person) -> tuple[Floats, Bools]:
    """Cost and permission of each day and action: wishes, fixed days, shifts never allowed, protection, minutes a day."""
    problem, limits = view.problem, view.problem.limits
    cost = np.zeros((problem.days, view.actions))
    allowed = np.ones((problem.days, view.actions), dtype=np.bool_)
    for code, most in person.max_shifts.items():
        if most <= 0 and code:
            allowed[:, view.number[code]] = False
    for wish in person.wishes:
        if not 0 <= wish.day < problem.days:
            continue
        column = view.number[wish.shift]
        cost[wish.day, column] += -wish.weight if wish.wanted else wish.weight
        if wish.wanted:
            cost[wish.day] += wish.weight
    until = -1 if person.no_nights_until is None else person.no_nights_until
    for action in view.nights:
        allowed[: until + 1, action] = False
    if limits is not None:
        for action in view.duties:
            if view.worked[action] > limits.day:
                allowed[: until + 1, action] = False
            if view.worked[action] > limits.day + limits.overtime_day and not limits.comprehensive:
                allowed[:, action] = False
    for day, code in person.fixed.items():
        kept = allowed[day, view.number[code]]
        allowed[day] = False
        allowed[day, view.number[code]] = kept
    return cost, allowed


def _own_uses(view: View, person: Person) -> list[Use]:
    """Runs, follow-ups, minutes, weekends and counts of shifts."""
    problem = view.problem
    limits = problem.limits
    runs = [run for run in (person.max_run, limits.days_running if limits else None) if run is not None]
    uses = []
    if runs or person.min_run > 1 or person.min_off > 1:
        track = Runs(person.min_run, min(runs) if runs else None, person.min_off)
        uses.append(view.use("runs", track, (0, False), person))
    if any(shift.cannot_be_followed_by for shift in problem.shifts):
        sets = (frozenset[int](), *(_after(view, shift.cannot_be_followed_by) for shift in problem.shifts))
        uses.append(view.use("follow", Follow(sets), frozenset(), person))
    most = person.max_minutes
    if most is not None or person.min_minutes:
        uses.append(Use("minutes", Amount(view.worked), (), Counter(person.min_minutes, most)))
    if person.max_weekends is not None:
        weekends = Weekends(problem.start.weekday(), problem.weekend)
        counter = Counter(0, person.max_weekends)
        uses.append(view.use("weekends", weekends, False, person, counter=counter))
    for code, cap in person.max_shifts.items():
        if code and 0 < cap < problem.days:
            only = tuple(int(action == view.number[code]) for action in range(view.actions))
            uses.append(Use(f"max_shifts:{code}", Amount(only), (), Counter(0, cap), lazy=True))
    return uses


def _after(view: View, codes: frozenset[str]) -> frozenset[int]:
    return frozenset(view.number[code] for code in codes)


def _limit_uses(view: View, person: Person) -> list[Use]:
    """Working-time limits beyond those of a single day: rest, nights, days of a week, overtime."""
    limits, problem = view.problem.limits, view.problem
    if limits is None:
        return []
    if any(shift.start_minute is None for shift in problem.shifts):
        raise ValueError("shifts: start_minute is needed where limits ask for rest")
    begins = (0, *(shift.start_minute or 0 for shift in problem.shifts))
    lengths = (0, *(shift.minutes for shift in problem.shifts))
    first = problem.start.weekday()
    uses = [
        view.use("rest", Rest(begins, lengths, limits.rest), 0, person),
        view.use("days_week", WeekCount(view.duties, limits.days_week, first), 0, person, lazy=True),
    ]
    if view.nights:
        nights = KindRun(view.nights, 1, limits.nights_running)
        uses.append(view.use("nights_running", nights, (0, True), person))
    return uses + _month_uses(view, person, limits)


def _month_uses(view: View, person: Person, limits: Limits) -> list[Use]:
    problem, history = view.problem, view.history(person)
    months = view.months()
    if limits.comprehensive:
        cap = Counter(0, limits.month + limits.overtime_month)
        uses = []
        for month, inside in months.items():
            past = sum(view.worked[action] for day, action in history if view.month(day) == month)
            uses.append(Use("overtime", Amount(view.worked, inside), (), cap, past, lazy=True))
        return uses
    # A week that began in the month before counts there if its last duty does.
    wanted = dict.fromkeys([view.month(-1), *months] if problem.start.weekday() else months)
    cap = Counter(0, limits.overtime_month)
    uses = []
    for month in wanted:
        track = Overtime(view.worked, limits.week, problem.start, month)
        state, past = _replayed(track, history)
        uses.append(Use("overtime", track, state, cap, past, lazy=True))
    return uses


def _replayed(track: Overtime, history: Sequence[tuple[int, int]]) -> tuple[tuple[int, bool], int]:
    state, past = (0, False), 0
    for day, action in history:
        state, _cost, added = track.step(state, day, action)
        past += added
    return state, past
