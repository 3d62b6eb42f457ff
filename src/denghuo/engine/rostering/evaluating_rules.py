"""What the local rules find in a roster, worked out from their words. Shares no code with the solver."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from denghuo.engine.rostering import links, rules
from denghuo.engine.rostering.model import Line, Lines, Person, Problem

Finding = tuple[str, float | None, float, str, int | None]
"""(code of the rule, weight or None when hard, units outside it, person, day)."""
Count = Iterator[tuple[float, int | None]]


def rule_findings(problem: Problem, lines: Lines) -> Iterator[Finding]:
    """What each person rule finds. Raises ValueError for a kind that has no evaluation."""
    for rule in problem.rules:
        name, found_by = _of(_RULES, rule)
        for person in problem.people:
            if not rule.people or person.code in rule.people:
                for units, day in found_by(rule, problem, person, lines[person.code]):
                    if units:
                        yield name, getattr(rule, "weight", None), units, person.code, day


def link_findings(problem: Problem, lines: Lines) -> Iterator[Finding]:
    """What each rule between people finds."""
    for link in problem.links:
        name, found_by = _of(_LINKS, link)
        for units, who, day in found_by(link, problem, lines):
            if units:
                yield name, link.weight, units, who, day


def _of(table: dict[type, tuple[str, Callable[..., Any]]], rule: object) -> tuple[str, Callable[..., Any]]:
    if type(rule) not in table:
        raise ValueError(f"rules: {type(rule).__name__} has no evaluation")
    return table[type(rule)]


def _kinds(rule: Any, problem: Problem) -> set[str]:
    return set(rule.shifts) or {shift.code for shift in problem.shifts}


def _nights(rule: Any, problem: Problem) -> set[str]:
    return set(rule.shifts) or {shift.code for shift in problem.shifts if shift.night}


def _max_kind(rule: rules.MaxShiftsOfKind, problem: Problem, person: Person, line: Line) -> Count:
    kinds, past = _kinds(rule, problem), len(person.history)
    groups: dict[object, list[int]] = {}
    for place, code in enumerate((*person.history, *line)):
        day = place - past
        if code not in kinds or (rule.per == "horizon" and day < 0):
            continue
        date = problem.date(day)
        key: object = 0
        if rule.per == "week":
            key = date.isocalendar()[:2]
        elif rule.per == "month":
            key = (date.year, date.month)
        groups.setdefault(key, []).append(day)
    for days in groups.values():
        over = [day for day in days[min(rule.most, len(days)) :] if day >= 0]
        yield len(over), over[0] if over else None


def _count(rule: rules.RequireShiftCount, problem: Problem, person: Person, line: Line) -> Count:
    have = sum(code in _kinds(rule, problem) for code in line)
    yield max(0, rule.least - have), None
    yield max(0, have - rule.most) if rule.most is not None else 0, None


def _kind_runs(kinds: set[str], whole: Line) -> Iterator[tuple[int, int]]:
    """(first place, place after the last) of each run of the kinds."""
    begin = None
    for place, code in enumerate((*whole, None)):
        if code in kinds and begin is None:
            begin = place
        elif code not in kinds and begin is not None:
            yield begin, place
            begin = None


def _min_run(rule: rules.MinRun, problem: Problem, person: Person, line: Line) -> Count:
    whole, past = (*person.history, *line), len(person.history)
    for begin, end in _kind_runs(_kinds(rule, problem), whole):
        if begin > 0 and past <= end < len(whole):
            yield max(0, rule.least - (end - begin)), end - past


def _max_run(rule: rules.MaxRun, problem: Problem, person: Person, line: Line) -> Count:
    whole, past = (*person.history, *line), len(person.history)
    for begin, end in _kind_runs(_kinds(rule, problem), whole):
        yield max(0, end - max(past, begin + rule.most)), end - past - 1


Pair = tuple[int, bool, bool | None, bool | None]


def _weekend_pairs(problem: Problem, person: Person, line: Line) -> Iterator[Pair]:
    """(last day inside, begun before, first day worked, second day worked) of the horizon's weekends; None: unknown."""
    for day in range(-1, problem.days):
        if problem.weekday(day) != problem.weekend[0]:
            continue
        if day < 0:
            yield 0, True, bool(person.history[-1]) if person.history else None, bool(line[0])
        else:
            after = day + 1 < problem.days
            yield day + after, False, bool(line[day]), bool(line[day + 1]) if after else None


def _weekends_off(rule: rules.WeekendsOff, problem: Problem, person: Person, line: Line) -> Count:
    pairs = list(_weekend_pairs(problem, person, line))
    worked = sum(bool(two and not one) if begun else bool(one or two) for _day, begun, one, two in pairs)
    yield max(0, rule.least - (len(pairs) - worked)), None


def _whole_weekend(rule: rules.WholeWeekend, problem: Problem, person: Person, line: Line) -> Count:
    for day, _begun, one, two in _weekend_pairs(problem, person, line):
        yield one is not None and two is not None and one != two, day


def _isolated(rule: rules.NoIsolatedDay, problem: Problem, person: Person, line: Line) -> Count:
    whole, past = (*person.history, *line), len(person.history)
    for place in range(1, len(whole) - 1):
        if place + 1 >= past:
            yield bool(whole[place]) and not whole[place - 1] and not whole[place + 1], place - past


def _pairs(person: Person, line: Line) -> Iterator[tuple[int, str, str]]:
    whole, past = (*person.history, *line), len(person.history)
    for place in range(max(1, past), len(whole)):
        yield place - past, whole[place - 1], whole[place]


def _rotation(rule: rules.RotationForward, problem: Problem, person: Person, line: Line) -> Count:
    rank = {code: number for number, code in enumerate(rule.order)}
    for day, one, two in _pairs(person, line):
        yield one in rank and two in rank and rank[two] < rank[one], day


def _succession(rule: rules.AvoidSuccession, problem: Problem, person: Person, line: Line) -> Count:
    for day, one, two in _pairs(person, line):
        yield one == rule.first and two == rule.second, day


def _after_nights(rule: rules.AfterNightsRest, problem: Problem, person: Person, line: Line) -> Count:
    whole, past = (*person.history, *line), len(person.history)
    for begin, end in _kind_runs(_nights(rule, problem), whole):
        if end - begin >= rule.after:
            for place in range(max(end, past), min(end + rule.rest, len(whole))):
                yield bool(whole[place]), place - past


def _nights_fair(rule: rules.NightsFair, problem: Problem, person: Person, line: Line) -> Count:
    kinds = _nights(rule, problem)
    yield abs(rule.past.get(person.code, 0) + sum(code in kinds for code in line) - rule.target), None


def _holiday_fair(rule: rules.HolidayFair, problem: Problem, person: Person, line: Line) -> Count:
    duties = sum(1 for day, code in enumerate(line) if code and day in rule.days)
    yield abs(rule.past.get(person.code, 0) + duties - rule.target), None


def _pattern(rule: rules.FixedPattern, problem: Problem, person: Person, line: Line) -> Count:
    for day, code in enumerate(line):
        wanted = rule.pattern[(day + rule.offset) % len(rule.pattern)]
        fits = wanted == rules.ANYTHING or (bool(code) if wanted == rules.ANY_DUTY else code == wanted)
        yield not fits, day


def _avoid(rule: rules.AvoidShift, problem: Problem, person: Person, line: Line) -> Count:
    kinds = _kinds(rule, problem)
    for day, code in enumerate(line):
        named = (rule.days is None or day in rule.days) and (
            rule.weekdays is None or problem.weekday(day) in rule.weekdays
        )
        yield named and code in kinds, day


def _mentor(link: links.PairWithMentor, problem: Problem, lines: Lines) -> Iterator[tuple[float, str, int]]:
    for day, (young, old) in enumerate(zip(lines[link.newcomer], lines[link.mentor], strict=True)):
        yield bool(young) and young != old, link.newcomer, day


def _team(link: links.SameTeamTogether, problem: Problem, lines: Lines) -> Iterator[tuple[float, str, int]]:
    for one, two in itertools.pairwise(link.team):
        for day, (first, second) in enumerate(zip(lines[one], lines[two], strict=True)):
            yield (bool(first) + bool(second)) * (first != second), one, day


def _apart(link: links.NotTogether, problem: Problem, lines: Lines) -> Iterator[tuple[float, str, int]]:
    for day in range(problem.days):
        for shift in problem.shifts:
            here = [code for code in link.persons if lines[code][day] == shift.code]
            yield max(0, len(here) - link.most), here[-1] if here else "", day


_RULES: dict[type, tuple[str, Callable[..., Any]]] = {
    rules.MaxShiftsOfKind: ("max_shifts_of_kind", _max_kind),
    rules.RequireShiftCount: ("require_shift_count", _count),
    rules.MinRun: ("min_run", _min_run),
    rules.MaxRun: ("max_run", _max_run),
    rules.WeekendsOff: ("weekends_off", _weekends_off),
    rules.WholeWeekend: ("whole_weekend", _whole_weekend),
    rules.NoIsolatedDay: ("no_isolated_day", _isolated),
    rules.RotationForward: ("rotation_forward", _rotation),
    rules.AvoidSuccession: ("avoid_succession", _succession),
    rules.AfterNightsRest: ("after_nights_rest", _after_nights),
    rules.NightsFair: ("nights_fair", _nights_fair),
    rules.HolidayFair: ("holiday_fair", _holiday_fair),
    rules.FixedPattern: ("fixed_pattern", _pattern),
    rules.AvoidShift: ("avoid_shift", _avoid),
}
_LINKS: dict[type, tuple[str, Callable[..., Any]]] = {
    links.PairWithMentor: ("pair_with_mentor", _mentor),
    links.SameTeamTogether: ("same_team_together", _team),
    links.NotTogether: ("not_together", _apart),
}
