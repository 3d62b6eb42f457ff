"""A plan of the engine passes the platform's own check of working time, and its evaluator finds what that check finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("highspy", reason="the extra 'roster' is not installed")

from denghuo.apps.workforce.rosters import rules
from denghuo.engine import rostering
from denghuo.engine.rostering import Cover, Limits, Person, Problem, Shift

SHIFTS = (
    Shift("早", 510, 480, 480),
    Shift("中", 510, 840, 480),
    Shift("夜", 600, 1320, 540, night=True),
    Shift("长", 720, 480, 660),
)
CODES = ["", *(shift.code for shift in SHIFTS)]
LIMITS = st.builds(
    Limits, week=st.sampled_from([2400, 1500]), month=st.sampled_from([9998, 4000]),
    overtime_day=st.sampled_from([60, 180]), overtime_month=st.sampled_from([2160, 480, 0]),
    rest=st.sampled_from([660, 900]), days_week=st.sampled_from([5, 6]), days_running=st.sampled_from([4, 6]),
    nights_running=st.sampled_from([2, 3]), comprehensive=st.booleans(),
)  # fmt: skip
STARTS = st.dates(min_value=dt.date(2026, 1, 19), max_value=dt.date(2026, 2, 10))


def broken(problem: Problem, person: Person, line: tuple[str, ...]) -> set[tuple[str, dt.date]]:
    """(rule, date) that the platform's check finds in the history and the line together, on days of the horizon."""
    assert problem.limits is not None
    shifts = {shift.code: shift for shift in problem.shifts}
    duties = []
    for place, code in enumerate((*person.history, *line)):
        if code:
            day, shift = problem.date(place - len(person.history)), shifts[code]
            starts = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=shift.start_minute or 0)
            ends = starts + dt.timedelta(minutes=shift.minutes)
            duties.append(rules.Duty(day, starts, ends, shift.worked, shift.night))
    caps = {field.name: getattr(problem.limits, field.name) for field in fields(problem.limits)}
    until = None if person.no_nights_until is None else problem.date(person.no_nights_until)
    found = rules.check(duties, rules.Limits(**caps, no_nights_until=until))
    return {(one.rule, one.day) for one in found if one.day >= problem.start}


@given(LIMITS, STARTS, st.sampled_from([(), ("夜",), ("早", "早", "中"), ("", "夜", "夜")]), st.sampled_from([None, 6]))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_plan_under_pressure_of_work_breaks_no_limit(
    limits: Limits, start: dt.date, history: tuple[str, ...], until: int | None
) -> None:
    people = tuple(Person(code, history=history, no_nights_until=until) for code in "甲乙丙")
    covers = tuple(Cover(day, (shift.code,), 2) for day in range(14) for shift in SHIFTS)
    problem = Problem(14, SHIFTS, people, covers, start, limits)
    roster = rostering.solve(problem, seconds=1.0)
    assert roster.feasible
    for person in people:
        assert broken(problem, person, roster.lines[person.code]) == set()


@given(
    LIMITS, STARTS, st.lists(st.sampled_from(CODES), max_size=5), st.lists(st.sampled_from(CODES), min_size=12, max_size=12),
    st.sampled_from([None, 5]),
)  # fmt: skip
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_evaluator_finds_what_the_platforms_check_finds(
    limits: Limits, start: dt.date, history: list[str], line: list[str], until: int | None
) -> None:
    person = Person("甲", history=tuple(history), no_nights_until=until)
    problem = Problem(12, SHIFTS, (person,), (), start, limits)
    verdict = rostering.evaluate(problem, {"甲": tuple(line)})
    found = {(one.rule, problem.date(one.day)) for one in verdict.violations if one.day is not None}
    assert found == broken(problem, person, tuple(line))


def test_every_limit_of_the_platform_has_its_counterpart_of_the_same_name() -> None:
    ours = {field.name for field in fields(Limits)}
    assert ours == {field.name for field in fields(rules.Limits)} - {"no_nights_until"}
