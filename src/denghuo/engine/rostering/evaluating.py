"""What a roster breaks and costs, worked out from the words of the rules alone: no code is shared with the solver."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from denghuo.engine.rostering.evaluating_rules import link_findings, rule_findings
from denghuo.engine.rostering.model import OFF, Cover, Line, Lines, Person, Problem, Shift


@dataclass(frozen=True)
class Violation:
    """A hard rule broken: by whom, on which day of the horizon (None: over the whole of it)."""

    rule: str
    person: str
    day: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """``parts``: cost by wishes, under, over and the code of each soft rule."""

    violations: tuple[Violation, ...]
    parts: dict[str, float]

    @property
    def cost(self) -> float:
        """Sum of the parts."""
        return sum(self.parts.values())

    @property
    def feasible(self) -> bool:
        """No hard rule is broken."""
        return not self.violations


def evaluate(problem: Problem, lines: Lines) -> Evaluation:
    """Check and cost a roster. Raises ValueError when a line is missing, has the wrong length or an unknown shift."""
    _complete(problem, lines)
    shifts = {shift.code: shift for shift in problem.shifts}
    broken: list[Violation] = []
    parts = {"wishes": 0.0, "under": 0.0, "over": 0.0}
    for person in problem.people:
        line = lines[person.code]
        broken += _own(problem, person, line, shifts)
        broken += _limits(problem, person, line, shifts)
        parts["wishes"] += sum(
            wish.weight for wish in person.wishes
            if 0 <= wish.day < problem.days and (line[wish.day] == wish.shift) != wish.wanted
        )  # fmt: skip
    for cover in problem.covers:
        heads = sum(_heads(cover, person, lines[person.code]) for person in problem.people)
        parts["under"] += max(0, cover.heads - heads) * cover.under_weight
        parts["over"] += max(0, heads - cover.heads) * cover.over_weight
    for code, weight, units, who, day in (*rule_findings(problem, lines), *link_findings(problem, lines)):
        if weight is None:
            broken.append(Violation(code, who, day))
        else:
            parts[code] = parts.get(code, 0.0) + weight * units
    return Evaluation(tuple(broken), parts)


def _complete(problem: Problem, lines: Lines) -> None:
    codes = {shift.code for shift in problem.shifts} | {OFF}
    for person in problem.people:
        line = lines.get(person.code)
        if line is None or len(line) != problem.days:
            raise ValueError(f"lines: {person.code} needs {problem.days} days")
        if unknown := set(line) - codes:
            raise ValueError(f"lines: {person.code} has unknown shifts {sorted(unknown)}")


def _heads(cover: Cover, person: Person, line: Line) -> int:
    """Shifts of a person that count for a need."""
    if cover.skill and cover.skill not in person.skills:
        return 0
    eve = line[cover.day - 1] if cover.day else (person.history[-1] if person.history else OFF)
    return (line[cover.day] in cover.shifts) + (eve in cover.eve_shifts)


def _own(problem: Problem, person: Person, line: Line, shifts: dict[str, Shift]) -> Iterator[Violation]:
    def wrong(rule: str, day: int | None = None) -> Violation:
        return Violation(rule, person.code, day)

    for code, most in person.max_shifts.items():
        if line.count(code) > most:
            yield wrong("max_shifts")
    minutes = sum(shifts[code].worked for code in line if code)
    if minutes < person.min_minutes:
        yield wrong("min_minutes")
    if person.max_minutes is not None and minutes > person.max_minutes:
        yield wrong("max_minutes")
    for day, code in person.fixed.items():
        if line[day] != code:
            yield wrong("fixed", day)
    yield from _run_lengths(person, line)
    whole = (*person.history, *line)
    for place in range(max(1, len(person.history)), len(whole)):
        before, code = whole[place - 1], whole[place]
        if before and code in shifts[before].cannot_be_followed_by:
            yield wrong("follow", place - len(person.history))
    if person.max_weekends is not None and _weekends(problem, person, line) > person.max_weekends:
        yield wrong("weekends")


def _run_lengths(person: Person, line: Line) -> Iterator[Violation]:
    """Runs of the line with the history before it; an open border makes a run long enough, not too long."""
    past = len(person.history)
    whole = (*person.history, *line)
    begin = 0
    for place in range(1, len(whole) + 1):
        if place < len(whole) and bool(whole[place]) == bool(whole[begin]):
            continue
        length, inner = place - begin, begin > 0 and place < len(whole)
        if whole[begin]:
            if person.max_run is not None and length > person.max_run and place > past:
                yield Violation("max_run", person.code, place - past - 1)
            if inner and length < person.min_run and place >= past:
                yield Violation("min_run", person.code, place - past - 1)
        elif inner and length < person.min_off and place >= past:
            yield Violation("min_off", person.code, place - past - 1)
        begin = place


def _weekends(problem: Problem, person: Person, line: Line) -> int:
    """Weekends worked that had not begun to be worked before the horizon."""
    count = 0
    for day in range(problem.days):
        weekday = problem.weekday(day)
        if weekday == problem.weekend[0] and line[day]:
            count += 1
        elif weekday == problem.weekend[1] and line[day]:
            eve = line[day - 1] if day else (person.history[-1] if person.history else OFF)
            count += 0 if eve else 1
    return count


@dataclass(frozen=True)
class _Duty:
    day: int
    starts: int
    ends: int
    minutes: int
    night: bool


def _duties(person: Person, line: Line, shifts: dict[str, Shift]) -> list[_Duty]:
    past = len(person.history)
    found = []
    for place, code in enumerate((*person.history, *line)):
        if code:
            shift, day = shifts[code], place - past
            starts = day * 1440 + (shift.start_minute or 0)
            found.append(_Duty(day, starts, starts + shift.minutes, shift.worked, shift.night))
    return found


def _limits(problem: Problem, person: Person, line: Line, shifts: dict[str, Shift]) -> Iterator[Violation]:
    limits, until = problem.limits, person.no_nights_until
    rows = _duties(person, line, shifts)
    for one in rows:
        protected = until is not None and one.day <= until
        if one.day >= 0 and protected and one.night:
            yield Violation("protected", person.code, one.day)
        if limits is not None and one.day >= 0:
            most = limits.day if protected else limits.day + limits.overtime_day
            if one.minutes > most and (protected or not limits.comprehensive):
                yield Violation("day", person.code, one.day)
    if limits is None:
        return
    for before, after in itertools.pairwise(rows):
        if after.day >= 0 and after.starts - before.ends < limits.rest:
            yield Violation("rest", person.code, after.day)
    for rule, only, most in (
        ("days_running", False, limits.days_running),
        ("nights_running", True, limits.nights_running),
    ):
        chosen = {one.day for one in rows if one.night or not only}
        for day in sorted(chosen):
            if day >= 0 and all(day - back in chosen for back in range(most + 1)):
                yield Violation(rule, person.code, day)
    yield from _sums(problem, person, rows)


def _sums(problem: Problem, person: Person, rows: Sequence[_Duty]) -> Iterator[Violation]:
    limits = problem.limits
    assert limits is not None
    weeks: dict[dt.date, list[_Duty]] = {}
    months: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], int] = {}
    for one in rows:
        date = problem.date(one.day)
        weeks.setdefault(date - dt.timedelta(days=date.weekday()), []).append(one)
        months[date.year, date.month] = months.get((date.year, date.month), 0) + one.minutes
        last[date.year, date.month] = one.day
    extra = dict.fromkeys(months, 0)
    for group in weeks.values():
        end = group[-1].day
        if len(group) > limits.days_week and end >= 0:
            yield Violation("days_week", person.code, end)
        date = problem.date(end)
        extra[date.year, date.month] += max(0, sum(one.minutes for one in group) - limits.week)
    over = {month: sum_ - limits.month for month, sum_ in months.items()} if limits.comprehensive else extra
    for month, minutes in over.items():
        if minutes > limits.overtime_month and last[month] >= 0:
            yield Violation("overtime", person.code, last[month])
