"""Change a published roster as little as possible: an absence, a new need, days before a date frozen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from denghuo.engine.rostering.model import OFF, Cover, Line, Lines, Person, Problem, Roster
from denghuo.engine.rostering.rules import FixedPattern, PersonRule
from denghuo.engine.rostering.solving import Progress, solve


@dataclass(frozen=True)
class Adjusted:
    """The new roster; ``changed`` holds (person, day, before, after) of every day that differs, ordered.

    The roster's cost and bound include ``change_weight`` for each of them except those of the absences themselves.
    """

    roster: Roster
    changed: tuple[tuple[str, int, str, str], ...]


def adjust(
    problem: Problem, lines: Lines, *, absences: Mapping[str, Sequence[int]] | None = None,
    covers: Sequence[Cover] | None = None, frozen_before: int = 0, change_weight: float = 10.0, seconds: float = 10.0,
    seed: int = 1, on_progress: Progress | None = None, now: Callable[[], float] = time.monotonic,
) -> Adjusted:  # fmt: skip
    """The cheapest roster when every changed day costs ``change_weight`` more.

    ``absences``: days on which people cannot work any more. ``covers``: the needs as they are now (None: unchanged). Days
    before ``frozen_before`` stay as they are. Raises ValueError when an absence lies in the frozen days, names a person
    nobody knows, or when what is frozen leaves a person no lawful line.
    """
    away = {code: frozenset(days) for code, days in (absences or {}).items()}
    if unknown := set(away) - {person.code for person in problem.people}:
        raise ValueError(f"absences: unknown people {sorted(unknown)}")
    if any(not frozen_before <= day < problem.days for days in away.values() for day in days):
        raise ValueError("absences: every day must lie after the frozen days and within the horizon")
    people = tuple(
        _held(person, lines[person.code], away.get(person.code, frozenset()), frozen_before)
        for person in problem.people
    )
    kept: list[PersonRule] = [
        FixedPattern(pattern=tuple(_as_published(lines[person.code], away.get(person.code, frozenset()))), weight=change_weight,
                     people=frozenset({person.code}))
        for person in problem.people
    ]  # fmt: skip
    changed = replace(problem, people=people, rules=(*problem.rules, *kept))
    if covers is not None:
        changed = replace(changed, covers=tuple(covers))
    roster = solve(changed, seconds, seed, on_progress, now=now)
    return Adjusted(roster, tuple(_differences(problem, lines, roster.lines)))


def _held(person: Person, line: Line, away: frozenset[int], frozen_before: int) -> Person:
    fixed = {**person.fixed, **dict.fromkeys(away, OFF), **{day: line[day] for day in range(frozen_before)}}
    return replace(person, fixed=fixed)


def _as_published(line: Line, away: frozenset[int]) -> list[str]:
    return [OFF if day in away else code for day, code in enumerate(line)]


def _differences(problem: Problem, before: Lines, after: Lines) -> list[tuple[str, int, str, str]]:
    return [
        (person.code, day, old, new)
        for person in problem.people
        for day, (old, new) in enumerate(zip(before[person.code], after[person.code], strict=True))
        if old != new
    ]
