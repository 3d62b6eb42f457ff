"""What a set of routes really does: recomputed from the problem alone, sharing no code with the engine or any peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.dispatch_world import Spec


@dataclass(frozen=True)
class Outcome:
    """Minutes and kilometres; ``broken`` counts broken hard rules (skills, overtime, an order twice)."""

    served: int
    faults_on_time: int
    on_time: int
    late_minutes: float
    km: float
    overtime: float
    broken: int


def evaluate(spec: Spec, routes: Sequence[Sequence[int]]) -> Outcome:
    """Follow every crew along its route."""
    problem = spec.problem
    seen: list[int] = []
    late = km = overtime = 0.0
    on_time = faults = broken = 0
    for crew, route in zip(problem.crews, routes, strict=True):
        clock, here = crew.ready, crew.start
        for index in route:
            order = problem.orders[index]
            km += float(problem.km[here, order.place])
            clock = max(clock + float(problem.minutes[here, order.place]), order.release)
            missed = max(0.0, clock - order.promise)
            late += missed
            kept = missed <= 1e-6
            on_time += kept
            faults += bool(kept and spec.fault[index])
            broken += (order.skills & crew.skills) != order.skills
            clock, here = clock + order.minutes, order.place
            seen.append(index)
        if route and crew.end is not None:
            km += float(problem.km[here, crew.end])
            clock += float(problem.minutes[here, crew.end])
        overtime += max(0.0, clock - crew.shift_end) if route else 0.0
    broken += len(seen) - len(set(seen)) + (overtime > 1e-6)
    return Outcome(len(set(seen)), faults, on_time, late, km, overtime, broken)
