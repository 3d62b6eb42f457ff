"""Why a need stays short: every able person who does not fill it is checked against every rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from denghuo.engine.rostering.automaton import Floats
from denghuo.engine.rostering.compiling import View
from denghuo.engine.rostering.model import OFF, Cover, Lines, Person, Problem, Reason, Unmet
from denghuo.engine.rostering.needs import Needs
from denghuo.engine.rostering.pricing import Actions, Pricer, follow


def explain(problem: Problem, needs: Needs, pricers: Sequence[Pricer], lines: Lines) -> tuple[Unmet, ...]:
    """Every need that is short, by how many and why.

    A person's reason is the first rule that giving them the shift, all else unchanged, would break. When none breaks it is
    ``trade_off``, with what the roster would cost more. Codes: ``leave`` and ``locked`` (fixed days), ``not_allowed``
    (protection, minutes of the day, shifts the person never works), and those of limits and rules.
    """
    view = View(problem)
    numbers = {one.code: np.array([view.number[code] for code in lines[one.code]]) for one in problem.people}
    given = np.zeros(needs.count)
    for place, person in enumerate(problem.people):
        given += needs.of(place, numbers[person.code])
    found = []
    for number, cover in enumerate(problem.covers):
        missing = round(float(needs.lower[number] - given[number]))
        if missing > 0:
            found.append(_unmet(view, needs, pricers, numbers, given, cover, missing))
    return tuple(found)


def _unmet(
    view: View, needs: Needs, pricers: Sequence[Pricer], numbers: dict[str, Actions], given: Floats, cover: Cover,
    missing: int,
) -> Unmet:  # fmt: skip
    reasons, able = [], 0
    for place, person in enumerate(view.problem.people):
        if cover.skill and cover.skill not in person.skills:
            continue
        shifts = [view.number[code] for code in cover.shifts if person.max_shifts.get(code, 1) > 0]
        if not shifts:
            continue
        able += 1
        line = numbers[person.code]
        if line[cover.day] in shifts:
            continue
        options = [_reason(view, needs, pricers[place], place, line, given, cover.day, action) for action in shifts]
        reasons.append(min(options, key=lambda one: (one.rule != "trade_off", one.cost)))
    if not able:
        why = "nobody_qualified"
    else:
        why = "trade_off" if any(one.rule == "trade_off" for one in reasons) else "all_at_limit"
    return Unmet(cover, missing, why, tuple(reasons))


def _reason(
    view: View, needs: Needs, pricer: Pricer, place: int, line: Actions, given: Floats, day: int, action: int
) -> Reason:  # fmt: skip
    person = view.problem.people[place]
    if not pricer.allowed[day, action]:
        return Reason(person.code, _forbidden(person, day))
    changed = line.copy()
    changed[day] = action
    for use in pricer.uses:
        found = follow(use, changed)
        if found is None or (use.counter is not None and use.counter.cost(found[1]) == math.inf):
            return Reason(person.code, _counter_code(use.code, None if found is None else found[1], person))
    after = given - needs.of(place, line) + needs.of(place, changed)
    more = pricer.own_cost(changed) - pricer.own_cost(line) + needs.cost(after) - needs.cost(given)
    return Reason(person.code, "trade_off", more)


def _counter_code(code: str, amount: int | None, person: Person) -> str:
    if code != "minutes" or amount is None:
        return code
    return "min_minutes" if amount < person.min_minutes else "max_minutes"


def _forbidden(person: Person, day: int) -> str:
    if day in person.fixed:
        return "leave" if person.fixed[day] == OFF else "locked"
    return "not_allowed"
