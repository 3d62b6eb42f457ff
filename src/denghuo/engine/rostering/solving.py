"""The month plan: bound by column generation, roster by diving and exact re-optimisation of a few people at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from denghuo.engine.rostering.compiling import View, pricers
from denghuo.engine.rostering.evaluating import evaluate
from denghuo.engine.rostering.explaining import explain
from denghuo.engine.rostering.generating import Clock, StoppedError
from denghuo.engine.rostering.improving import improve
from denghuo.engine.rostering.model import Line, Problem, Roster
from denghuo.engine.rostering.needs import Needs, grain_of
from denghuo.engine.rostering.searching import NoLineError, Search

Progress = Callable[[str, float, float], bool]


def solve(
    problem: Problem, seconds: float = 60.0, seed: int = 1, on_progress: Progress | None = None, *,
    now: Callable[[], float] = time.monotonic,
) -> Roster:  # fmt: skip
    """The best roster found in ``seconds`` of the clock ``now``, with a proven lower bound on the cost of any.

    ``on_progress(stage, cost, bound)`` is told at every round; False ends the search, the best so far is returned. The same
    seed gives the same roster where the search ends by itself. Raises ValueError when a person has no lawful line.
    """
    clock = Clock(seconds, on_progress, now)
    view = View(problem)
    search = Search(Needs(problem), pricers(problem), grain_of(problem), clock, seed)
    try:
        search.start()
        improve(search)
    except StoppedError:
        pass
    except NoLineError as error:
        code = problem.people[error.person].code
        raise ValueError(f"people: {code} has no lawful line under the rules and fixed days") from error
    lines: dict[str, Line] = {
        person.code: tuple(view.codes[action] for action in line)
        for person, line in zip(problem.people, search.lines, strict=True)
    }
    verdict = evaluate(problem, lines)
    unmet = explain(problem, search.needs, search.pricers, lines)
    return Roster(lines, verdict.cost, search.bound, verdict.feasible, unmet, clock.cancelled, clock.spent)
