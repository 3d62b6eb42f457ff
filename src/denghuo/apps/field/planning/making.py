"""Making the plan of an area: read, search, say why. Runs in a worker; the search must not be inside a transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from denghuo.apps.field.planning import situation
from denghuo.apps.field.planning.situation import Situation
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine import dispatch
from denghuo.engine.dispatch import Plan

Sequence = Mapping[int, list[int]]


@dataclass(frozen=True)
class Made:
    """A plan with what it was made from and how many milliseconds the search took."""

    found: Situation
    plan: Plan
    solve_ms: int


def insert_emergencies(found: Situation, last: Sequence) -> Made | None:
    """The green lane: emergencies that nobody has yet go where they cost least, nothing else moves. None without any.

    Milliseconds; the full search follows.
    """
    if not any(task.emergency and task.order is None for task in found.tasks):
        return None
    _loaded()
    plan, placed, begun = start_of(found, last), 0, time.perf_counter()
    for number, task in enumerate(found.tasks):
        if task.emergency and task.order is None and plan.crew_of(number) is None:
            _problem, plan = dispatch.insert_now(found.problem, plan, number)
            placed += plan.crew_of(number) is not None
    return Made(found, plan, round((time.perf_counter() - begun) * 1000)) if placed else None


@cache
def _loaded() -> float:
    """The compiled search, loaded once a process before the first plan is timed."""
    return dispatch.warm_up()


def solved(found: Situation, last: Sequence, start: Plan | None = None) -> Made:
    """The best plan found in ``dispatch.plan.seconds``, starting from the last one."""
    _loaded()
    seconds, begun = float(policies.get("dispatch.plan.seconds", found.area)), time.perf_counter()
    plan = dispatch.solve(found.problem, seconds=seconds, start=start or start_of(found, last))
    return Made(found, plan, round((time.perf_counter() - begun) * 1000))


def start_of(found: Situation, last: Sequence) -> Plan:
    """The last plan with what has changed since: frozen stops first, finished ones gone, pins and new hands respected,
    what is in a crew's hands and in no plan at the end. Waiting requests of no plan stay out."""
    placed: set[int] = set()
    routes: list[list[int]] = []
    for number, route in enumerate(found.current.routes):
        kept = list(route[: found.problem.crews[number].frozen])
        placed.update(kept)
        routes.append(kept)
    for number, crew in enumerate(found.crews):
        for key in last.get(crew.pk, ()):
            task = found.by_key.get(key)
            if task is not None and task not in placed and _may(found, task, number):
                routes[number].append(task)
                placed.add(task)
    for number, route in enumerate(found.current.routes):
        left = [task for task in route if task not in placed and _may(found, task, number)]
        routes[number] += left
        placed.update(left)
    for number, route in enumerate(routes):
        _respect_pins(found, route, min(found.problem.crews[number].frozen, len(route)))
    return Plan(tuple(tuple(route) for route in routes), stock=(-1,) * len(routes))


def _respect_pins(found: Situation, route: list[int], frozen: int) -> None:
    """Put what a dispatcher fixed back into its sequence where new work came between; frozen stops stay in front."""
    for _turn in found.problem.sequence:
        wrong = [
            (first, then) for first, then in found.problem.sequence
            if first in route and then in route[frozen:] and route.index(first) > route.index(then)
        ]  # fmt: skip
        for first, then in wrong:
            route.remove(then)
            route.insert(route.index(first) + 1, then)


def _may(found: Situation, task: int, crew: int) -> bool:
    order, able = found.problem.orders[task], found.problem.crews[crew]
    return (not order.only or crew in order.only) and not order.skills & ~able.skills


def stops(found: Situation, plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """The timetable by crew (its key as text, as JSON has it): keys, times, minutes late, km; times in ISO form."""
    table = {}
    for number, crew in enumerate(found.crews):
        before, rows = 0.0, []
        for place, stop in enumerate(dispatch.timetable(found.problem, plan, number)):
            task = found.tasks[stop.order]
            rows.append(
                {
                    "request": task.key, "order": task.order.pk if task.order else None, "state": task.state,
                    "leave_for": found.at(max(before, stop.set_out)).isoformat(), "arrive": found.at(stop.arrive).isoformat(),
                    "begin": found.at(stop.begin).isoformat(), "done": found.at(stop.leave).isoformat(),
                    "promised": task.promised_at.isoformat() if task.promised_at else None,
                    "late": round(stop.late, 1), "km": round(stop.km, 1),
                    "frozen": place < found.problem.crews[number].frozen, "emergency": task.emergency,
                    "lon": round(task.place[0], 5), "lat": round(task.place[1], 5),
                }
            )  # fmt: skip
            before = stop.leave
        table[str(crew.pk)] = rows
    return table


def figures(found: Situation, plan: Plan) -> dict[str, float]:
    """What a plan comes to: promises missed, minutes late, km, minutes of overtime, crews changed, left out, cost."""
    cost = dispatch.cost_of(found.problem, plan)
    late, km, overtime, moved = [], 0.0, 0.0, 0
    for number, crew in enumerate(found.problem.crews):
        table = dispatch.timetable(found.problem, plan, number)
        late += [stop.late for stop in table if stop.late > 0]
        km += sum(stop.km for stop in table)
        overtime += max(0.0, (table[-1].leave if table else 0.0) - crew.shift_end)
        moved += sum(found.problem.orders[stop.order].crew not in (None, number) for stop in table)
    placed = {order for route in plan.routes for order in route}
    return {
        "late": len(late), "late_minutes": round(sum(late)), "km": round(km, 1), "overtime": round(overtime),
        "moved": moved, "left": len(found.tasks) - len(placed),
        "cost": round(cost.km + cost.driving + cost.working + cost.breach + cost.late + cost.overtime + cost.unserved
                      + cost.reassignment, 1),
    }  # fmt: skip


def changes(found: Situation, plan: Plan) -> list[dict[str, Any]]:
    """What accepting would do: requests that get a crew, orders that get another."""
    rows = []
    for number, route in enumerate(plan.routes):
        for index in route:
            task = found.tasks[index]
            own = task.order.crew_id if task.order else None
            if own != found.crews[number].pk:
                rows.append(
                    {
                        "request": task.key, "order": task.order.pk if task.order else None, "from": own,
                        "to": found.crews[number].pk, "emergency": task.emergency,
                    }
                )  # fmt: skip
    return sorted(rows, key=lambda row: (not row["emergency"], row["request"]))


def reasons(found: Situation, plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """Why each order is where it is, by request: the engine's codes, crews by their key."""
    told = {}
    for index, task in enumerate(found.tasks):
        told[str(task.key)] = [
            {"code": reason.code, **dict(_numbers(found, reason.numbers))}
            for reason in dispatch.explain(found.problem, plan, index)
        ]
    return told


def _numbers(found: Situation, numbers: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, value in numbers.items():
        yield name, (found.crews[int(value)].pk if name == "crew" else round(float(value), 2))


def body_of(made: Made, why: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All of a plan that is kept. ``why``: reasons to keep instead of asking the engine, whose compiled half a web process
    does not load."""
    found, plan = made.found, made.plan
    placed = {order for route in plan.routes for order in route}
    return {
        "plan": stops(found, plan),
        "current": stops(found, found.current),
        "changes": changes(found, plan),
        "reasons": dict(why) if why is not None else reasons(found, plan),
        "left": [task.key for index, task in enumerate(found.tasks) if index not in placed],
        "unplaced": list(found.unplaced),
        "emergencies": [task.key for task in found.tasks if task.emergency and task.order is None],
        "learned": round(found.learned, 3),
        "pins": {key: dict(pin) for key, pin in found.pins.items()},
    }


def sequence_of(body: Mapping[str, Any]) -> dict[int, list[int]]:
    """Requests by crew, as a kept plan has them."""
    return {int(crew): [stop["request"] for stop in rows] for crew, rows in body.get("plan", {}).items()}


def read(area: OrgUnit, body: Mapping[str, Any] | None) -> Situation:
    """The area as it stands, with the sequence of the last plan and the places that were fixed in it."""
    return situation.read(area, sequence_of(body) if body else None, pins=body.get("pins") if body else None)
