"""Heads for every interval by simulation, where formulas for a steady state do not hold.

After Feldman, Mandelbaum, Massey and Whitt, "Staffing of time-varying queues to achieve time-stable performance"
(Management Science 54, 2008): simulate, correct every interval's heads by what was seen, repeat until nothing is missed.
Theirs corrects by the distribution of the number in the centre, for a chance to wait; this one by the service level of the
interval, moved along the square-root rule, because the service level is what is promised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from denghuo.engine.simulation.model import Centre, Floats
from denghuo.engine.simulation.running import simulate


@dataclass(frozen=True)
class Staffed:
    """Heads by interval, the service level they gave in each, and how many rounds it took."""

    heads: tuple[int, ...]
    service_level: Floats
    rounds: int

    @property
    def worst(self) -> float:
        return float(self.service_level.min())


def staffed(centre: Centre, target: float = 0.8, replications: int = 100, seed: int = 1, rounds: int = 30) -> Staffed:
    """Heads of a centre of one queue and one group that reach ``target`` in every interval; begins at those it has.

    ``moving_requirement`` of engine/queueing is a good beginning. An interval without contacts keeps its heads. Of all rounds
    the fewest head-intervals that miss nowhere are returned, or the best worst interval when none did. Raises ValueError.
    """
    if len(centre.queues) != 1 or len(centre.groups) != 1 or not 0.0 < target < 1.0:
        raise ValueError("iterative staffing takes one queue, one group and a target between 0 and 1")
    queue = centre.queues[0]
    load = np.asarray(queue.contacts) * queue.handling.mean / centre.interval
    heads = np.maximum(np.asarray(centre.groups[0].heads), 1)
    best: Staffed | None = None
    number, reach = 0, 2.0
    for number in range(1, rounds + 1):
        group = replace(centre.groups[0], heads=tuple(int(n) for n in heads))
        found = simulate(replace(centre, groups=(group,)), replications, seed).by_interval()
        level = np.where(found["offered"] > 0.0, found["service_level"], 1.0)
        seen = Staffed(group.heads, level, number)
        if best is None or _better(seen, best, target):
            best = seen
        step = reach * (target - level) * np.sqrt(np.maximum(load, 1.0))
        change = np.where(level < target, np.ceil(step), np.ceil(step))
        change = np.where(load > 0.0, change, 0.0).astype(np.int64)
        if not change.any():
            break
        heads = np.maximum(heads + change, 1)
        reach = max(0.6, reach * 0.9)
    assert best is not None
    return Staffed(best.heads, best.service_level, number)


def _better(one: Staffed, other: Staffed, target: float) -> bool:
    if (one.worst >= target) != (other.worst >= target):
        return one.worst >= target
    return sum(one.heads) < sum(other.heads) if one.worst >= target else one.worst > other.worst


def scaled(heads: Floats, total: float) -> tuple[int, ...]:
    """Whole heads in the proportions of ``heads`` that sum to ``total``: largest remainders."""
    exact = np.asarray(heads, np.float64) * (total / float(np.sum(heads)))
    whole = np.floor(exact).astype(np.int64)
    missing = math.floor(total + 0.5) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return tuple(int(n) for n in whole)
