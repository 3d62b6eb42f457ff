"""The moving day: planned work is known in the morning, faults arrive, and every arrival makes a new plan.

The made town of the day file with 260 of its planned orders; 170 faults arrive over the first eight hours at places of the
town with promises of 45, 90 and 120 minutes after arrival by zone, one in ten an emergency. Crews carry the plan out
between events: what they are driving to or working on is frozen. Where work may not begin yet a crew waits where it is
(``hold``, as ``Stop.set_out`` of the engine has it); without it a crew drives as soon as it is free. Every planner is
played by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.dispatch_world import BREACH_MINUTES, Spec
from denghuo.engine.dispatch import Crew, Order, Plan

PROMISE = (45.0, 90.0, 120.0)
# Prices of the moving day: a changed crew costs as much as ten kilometres, a missed promise of planned work as 17, of a fault
# as 26, of an emergency as 170.
KM, REASSIGNMENT = 7.0, 70.0
# A crew may come home up to an hour late, at ``overtime`` a minute of the made day's weights: a late emergency is not left.
OVERTIME_MAX = 60.0
PLANNED_BREACH, PLANNED_UNSERVED, EMERGENCY_BREACH, EMERGENCY_UNSERVED = 120.0, 1500.0, 1200.0, 10_000.0
#: A planner: the situation and the running plan in, routes out; the leading frozen orders must stay.
Planner = Callable[[Spec, Plan], list[list[int]]]


@dataclass(frozen=True)
class Day:
    """All orders of the day with the minute at which each is known."""

    spec: Spec
    known: list[float]


def build(day: Spec, seed: int, planned: int = 260, faults: int = 170) -> Day:
    """A day from the made file's places and work."""
    rng = np.random.default_rng(seed)
    quiet = [n for n in range(len(day.problem.orders)) if not day.fault[n]]
    chosen = sorted(rng.permutation(quiet)[:planned].tolist())
    orders = [replace(day.problem.orders[n], breach=PLANNED_BREACH, unserved=PLANNED_UNSERVED) for n in chosen]
    known, fault, urgent = [0.0] * planned, [False] * planned, [False] * planned
    town = day.problem.orders
    for moment in np.sort(rng.uniform(0, 480, faults)):
        number = int(rng.integers(len(town)))
        like = town[number]
        zone = int(day.zone[number])
        emergency = bool(rng.random() < 0.1)
        weight = 10.0 if emergency else 3.0
        kind = int(rng.choice([0, 3, 4, 5], p=[0.7, 0.15, 0.07, 0.08]))
        orders.append(
            Order(
                like.place,
                float(np.clip(rng.lognormal(3.75, 0.45), 15, 120)),
                release=float(moment),
                promise=float(moment) + PROMISE[zone],
                breach=EMERGENCY_BREACH if emergency else BREACH_MINUTES * weight,
                late=weight,
                unserved=EMERGENCY_UNSERVED if emergency else 1500.0,
                emergency=emergency,
                skills=1 << kind,
            )
        )
        known.append(float(moment))
        fault.append(True)
        urgent.append(emergency)
    problem = replace(
        day.problem,
        crews=tuple(replace(crew, overtime_max=OVERTIME_MAX) for crew in day.problem.crews),
        orders=tuple(orders),
        weights=replace(day.problem.weights, km=KM, reassignment=REASSIGNMENT),
    )
    return Day(Spec("moving", problem, np.array(fault), np.array(urgent), np.zeros(0, dtype=np.int64)), known)


def play(day: Day, planner: Planner, frozen: int, hold: bool = True) -> dict[str, float]:
    """Play the day; counts of what was on time, kilometres, and how often an order changed crews."""
    problem = day.spec.problem
    ids: list[int] = []  # indices into the day's orders, as the planner knows them
    done: list[list[tuple[int, float]]] = [[] for _ in problem.crews]  # (order, begin)
    state = [(crew.ready, crew.start) for crew in problem.crews]
    km, changes, over = 0.0, 0, 0.0
    plan: list[list[int]] = [[] for _ in problem.crews]
    owner: dict[int, int] = {}
    hopeless: set[int] = set()
    for event in [*sorted(set(day.known)), float("inf")]:
        for number, route in enumerate(plan):  # carry out what has begun by now: driving starts when the crew is free
            while route:
                free, here = state[number]
                order = problem.orders[route[0]]
                drive = float(problem.minutes[here, order.place])
                set_out = max(free, day.known[route[0]], order.release - drive if hold else 0.0)
                if set_out > event:
                    break
                km += float(problem.km[here, order.place])
                begin = max(set_out + drive, order.release)
                done[number].append((route[0], begin))
                state[number] = (begin + order.minutes, order.place)
                ids.remove(route.pop(0))
        if event == float("inf"):
            break
        fresh_ids = [n for n, moment in enumerate(day.known) if moment == event]
        hopeless |= {n for n in fresh_ids if day.spec.emergency[n] and not _possible(day, n, state, event)}
        ids += fresh_ids
        spec, running = _situation(day, ids, plan, state, event, frozen, owner)
        fresh = planner(spec, running)
        plan = [[ids[index] for index in route] for route in fresh]
        for number, route in enumerate(plan):
            for order_id in route:
                changes += order_id in owner and owner[order_id] != number
                owner[order_id] = number
    for crew, (free, here), own in zip(problem.crews, state, done, strict=True):
        if own and crew.end is not None:
            km += float(problem.km[here, crew.end])
            over += max(0.0, free + float(problem.minutes[here, crew.end]) - crew.shift_end)
    return _counts(day, done, over, km, changes, hopeless)


def _possible(day: Day, number: int, state: list[tuple[float, int]], now: float) -> bool:
    """Whether an able crew, going there as soon as it is free, would be in time and done within its shift and overtime."""
    problem, order = day.spec.problem, day.spec.problem.orders[number]
    for crew, (free, here) in zip(problem.crews, state, strict=True):
        begin = max(max(free, now) + float(problem.minutes[here, order.place]), order.release)
        latest = crew.shift_end + crew.overtime_max - order.minutes
        if not order.skills & ~crew.skills and begin <= min(order.promise, latest):
            return True
    return False


def _situation(
    day: Day,
    ids: list[int],
    plan: list[list[int]],
    state: list[tuple[float, int]],
    now: float,
    frozen: int,
    owner: dict[int, int],
) -> tuple[Spec, Plan]:
    problem = day.spec.problem
    position = {order: n for n, order in enumerate(ids)}
    crews: list[Crew] = []
    for crew, (free, here), route in zip(problem.crews, state, plan, strict=True):
        crews.append(replace(crew, ready=max(free, now), start=here, frozen=min(frozen, len(route))))
    orders = tuple(replace(problem.orders[n], crew=owner.get(n)) for n in ids)
    spec = Spec(
        "moving",
        replace(problem, crews=tuple(crews), orders=orders),
        day.spec.fault[ids],
        day.spec.emergency[ids],
        day.spec.zone,
    )
    return spec, Plan(tuple(tuple(position[n] for n in route) for route in plan))


def _counts(
    day: Day,
    done: list[list[tuple[int, float]]],
    over: float,
    km: float,
    changes: int,
    hopeless: set[int],
) -> dict[str, float]:
    problem = day.spec.problem
    begun = {order: begin for crew in done for order, begin in crew}
    kept = np.array([begun.get(n, np.inf) <= order.promise + 1e-6 for n, order in enumerate(problem.orders)])
    fault, urgent = day.spec.fault, day.spec.emergency
    return {
        "faults_on_time_pct": 100 * float(kept[fault].mean()),
        "planned_on_time_pct": 100 * float(kept[~fault].mean()),
        "emergencies_on_time_pct": 100 * float(kept[urgent].mean()),
        "emergencies": int(urgent.sum()),
        # when they came, no able crew could have been there in time and done by the end of its shift, whatever the plan
        "emergencies_out_of_reach": len(hopeless),
        "emergencies_out_of_reach_missed": sum(not kept[n] for n in hopeless),
        "unserved": len(problem.orders) - len(begun),
        "km": km,
        "reassignments": changes,
        "overtime_min": over,  # of all crews, the way home included
    }
