"""Tiny month plans, and the cheapest roster by trying every one of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from denghuo.engine import rostering
from denghuo.engine.rostering import Cover, Person, Problem, Shift

DAY, LATE, NIGHT = Shift("D", 480, 480), Shift("L", 480, 840), Shift("N", 480, 1320, night=True)


def problem(days: int, people: list[Person], covers: list[Cover], **more: Any) -> Problem:
    """Shifts D (8:00), L (14:00) and N (22:00) unless named."""
    shifts = more.pop("shifts", (DAY, LATE, NIGHT))
    return Problem(days, shifts, tuple(people), tuple(covers), **more)


def alone(days: int, rule: Any, *, wanted: str = "", codes: tuple[str, ...] = ("D", "L", "N"), **more: Any) -> Problem:
    """One person, A, under one rule; each day of ``wanted`` (a letter a day, '-' for none) asks for that shift."""
    covers = [Cover(day, (code,), 1) for day, code in enumerate(wanted) if code != "-"]
    shifts = tuple(shift for shift in (DAY, LATE, NIGHT) if shift.code in codes)
    return problem(days, [Person("A", **more)], covers, rules=(rule,), shifts=shifts)


def brute_force(case: Problem) -> float | None:
    """Cost of the cheapest lawful roster among all; None when there is none."""
    codes = ["", *(shift.code for shift in case.shifts)]
    free = list(itertools.product(codes, repeat=case.days))
    options = []
    for person in case.people:
        bare = replace(case, people=(person,), links=())
        options.append([line for line in free if rostering.evaluate(bare, {person.code: line}).feasible])
    best = None
    for lines in itertools.product(*options):
        verdict = rostering.evaluate(case, {one.code: line for one, line in zip(case.people, lines, strict=True)})
        if verdict.feasible and (best is None or verdict.cost < best):
            best = verdict.cost
    return best
