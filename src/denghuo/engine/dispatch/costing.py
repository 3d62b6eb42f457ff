"""The timetable and the cost of a plan in parts, what a drag on the board would cost, and why a crew was chosen, in codes
and numbers. Nothing here is compiled but what :func:`explain` asks, so that a web process may value a drag."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from denghuo.engine.dispatch.model import Costs, Crew, Plan, Problem, Stop

EPS = 1e-6
Code = Literal[
    "unserved",
    "no_crew_able",
    "frozen",
    "together",
    "only_able",
    "nearest_able",
    "cheaper_than_next",
    "earlier_than_next",
    "fewer_orders_than_next",
    "keeps_crew",
    "promise_kept",
    "promise_missed",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code and numbers by name (minutes, km, cost, counts, indices of crews)."""

    code: Code
    numbers: dict[str, float]


@dataclass
class _Walk:
    stops: list[Stop]
    km: float = 0.0
    driving: float = 0.0
    end: float = 0.0
    waited: float = 0.0
    slack: float = math.inf
    ok: bool = True


def timetable(problem: Problem, plan: Plan, crew: int) -> list[Stop]:
    """When a crew arrives, begins and leaves at each of its stops."""
    return _follow(problem, plan, crew).stops


def cost_of(problem: Problem, plan: Plan) -> Costs:
    """The cost of a plan in parts. Hard rules of frozen stops are past and do not count."""
    weights, ok = problem.weights, True
    km = driving = working = breach = late = overtime = moved = 0.0
    for number, route in enumerate(plan.routes):
        if not route:
            continue
        crew, walk = problem.crews[number], _follow(problem, plan, number)
        over = max(0.0, walk.end - crew.shift_end)
        ok = ok and walk.ok and (over <= crew.overtime_max + EPS or len(route) <= crew.frozen)
        km, driving, overtime = km + walk.km, driving + walk.driving, overtime + over
        working += walk.end - crew.ready - min(walk.waited, walk.slack)
        for stop in walk.stops:
            order = problem.orders[stop.order]
            moved += order.crew is not None and order.crew != number
            if stop.late > 0:
                breach += order.breach
                late += order.late * stop.late
    placed = {order for route in plan.routes for order in route}
    ok = ok and _sequence_kept(problem, plan)
    unserved = sum(one.unserved for number, one in enumerate(problem.orders) if number not in placed)
    return Costs(
        km * weights.km,
        driving * weights.driving,
        working * weights.working,
        breach,
        late,
        overtime * weights.overtime,
        unserved,
        moved * weights.reassignment,
        ok and _together_kept(problem, plan, placed),
    )


def _follow(problem: Problem, plan: Plan, number: int) -> _Walk:
    crew, agreed = problem.crews[number], dict(plan.agreed)
    stock = plan.stock[number] if plan.stock else -1
    walk, moment, place, rested = _Walk([]), crew.ready, crew.start, crew.break_from is None
    parts, fetched = list(crew.parts), False
    for position, index in enumerate(plan.routes[number]):
        order, before, left = problem.orders[index], walk.km, moment
        legs = [place, order.place]
        if position == stock and crew.depot is not None:
            legs.insert(1, crew.depot)
            fetched = True
        for one, other in pairwise(legs):
            walk.km += float(problem.km[one, other])
            walk.driving += float(problem.minutes[one, other])
            moment += float(problem.minutes[one, other])
        arrive, tired = moment, rested
        begin = max(arrive, order.release, agreed.get(index, -1.0))
        if not rested and crew.break_from is not None and begin >= crew.break_from:
            begin, rested = max(begin, max(arrive, crew.break_from) + crew.break_minutes), True
        late = begin - order.promise if begin > order.promise + 1e-9 else 0.0
        for kind, need in enumerate(order.parts):
            parts += [0] * (kind + 1 - len(parts))
            parts[kind] -= 0 if fetched else need
        if position >= crew.frozen:
            walk.ok = walk.ok and _allowed(crew, number, problem, index, fetched, parts)
            walk.ok = walk.ok and not (late and order.firm) and begin <= agreed.get(index, math.inf) + EPS
        moment, place = begin + order.minutes, order.place
        walk.waited += begin - arrive
        walk.slack = min(walk.slack, walk.waited + max(0.0, order.promise - begin))
        # A break is taken on arrival, so the crew does not stay behind for that one.
        spare = begin - arrive if rested == tired else 0.0
        walk.stops.append(Stop(index, left + spare, arrive + spare, begin, moment, late, walk.km - before))
    if crew.end is not None and walk.stops:
        walk.km += float(problem.km[place, crew.end])
        walk.driving += float(problem.minutes[place, crew.end])
        moment += float(problem.minutes[place, crew.end])
    walk.end = moment
    return walk


def _allowed(crew: Crew, number: int, problem: Problem, index: int, fetched: bool, parts: list[int]) -> bool:
    order = problem.orders[index]
    if order.skills & ~crew.skills or (order.only and number not in order.only):
        return False
    short = any(need and parts[kind] < 0 for kind, need in enumerate(order.parts))
    return fetched or not (order.tools & ~crew.tools or short)


def _together_kept(problem: Problem, plan: Plan, placed: set[int]) -> bool:
    """Orders with one key: all placed with different crews at one agreed moment, or none."""
    groups: dict[int, list[int]] = {}
    for index, order in enumerate(problem.orders):
        if order.together is not None:
            groups.setdefault(order.together, []).append(index)
    agreed = dict(plan.agreed)
    for members in groups.values():
        inside = [order for order in members if order in placed]
        if len(members) < 2 or not inside:
            continue
        crews = {plan.crew_of(order) for order in inside}
        if len(inside) < len(members) or len(crews) < len(members) or len({agreed.get(one) for one in members}) > 1:
            return False
    return True


def _sequence_kept(problem: Problem, plan: Plan) -> bool:
    """Whether every pair that one crew has, outside its frozen prefix, is visited in the sequence that was fixed."""
    at = {order: (crew, place) for crew, route in enumerate(plan.routes) for place, order in enumerate(route)}
    for first, then in problem.sequence:
        if first not in at or then not in at or at[first][0] != at[then][0]:
            continue
        if at[first][1] > at[then][1] >= problem.crews[at[then][0]].frozen:
            return False
    return True


def moved(problem: Problem, plan: Plan, order: int, crew: int | None, position: int) -> Plan:
    """The plan after somebody drags an order to a position of a crew (None: out of the plan); nothing else moves.

    ``position`` counts in the crew's route without the order. Agreed moments of orders that begin together are kept.

    Raises:
        ValueError: the order is frozen, or the position lies in a frozen prefix or beyond the route.
    """
    routes, stocks = [list(route) for route in plan.routes], list(plan.stock or [-1] * len(plan.routes))
    owner = plan.crew_of(order)
    if owner is not None:
        at = routes[owner].index(order)
        if at < problem.crews[owner].frozen:
            raise ValueError("the order is frozen")
        del routes[owner][at]
        stocks[owner] = min(stocks[owner] - (stocks[owner] > at), len(routes[owner]) - 1)
    if crew is not None:
        frozen = min(problem.crews[crew].frozen, len(routes[crew]))
        if not frozen <= position <= len(routes[crew]):
            raise ValueError("the position is frozen or beyond the route")
        routes[crew].insert(position, order)
        stocks[crew] += stocks[crew] >= position
    agreed = plan.agreed if crew is not None else tuple(one for one in plan.agreed if one[0] != order)
    return replace(plan, routes=tuple(tuple(route) for route in routes), stock=tuple(stocks), agreed=agreed)


def cost_of_move(problem: Problem, plan: Plan, order: int, crew: int | None, position: int) -> float:
    """What :func:`moved` would add to the total cost (negative: it saves); inf when it breaks a hard rule.

    Raises:
        ValueError: as :func:`moved`.
    """
    return cost_of(problem, moved(problem, plan, order, crew, position)).total - cost_of(problem, plan).total


def explain(problem: Problem, plan: Plan, order: int) -> list[Reason]:
    """Why an order is where it is, against the next best crew for it in this plan; codes and numbers only.

    ``nearest_able``: its crew comes from nearer than any other able crew. ``*_than_next``: compared with ``crew`` in the
    numbers, which would take it at the least cost among the others.
    """
    from denghuo.engine.dispatch.solving import insertion_costs

    owner, wanted = plan.crew_of(order), problem.orders[order]
    without = plan
    if owner is not None:
        if plan.routes[owner].index(order) < problem.crews[owner].frozen:
            return [Reason("frozen", {"crew": owner})]
        without = moved(problem, plan, order, None, 0)
    offers = insertion_costs(problem, without, order)
    if owner is None:
        least = {"cost": offers[0][0], "penalty": wanted.unserved} if offers else {}
        return [Reason("unserved" if offers else "no_crew_able", least)]
    reasons = [] if wanted.together is None else [Reason("together", {"group": wanted.together})]
    here = next(stop for stop in timetable(problem, plan, owner) if stop.order == order)
    late = max(0.0, here.late)
    reasons.append(Reason("promise_missed", {"minutes": late}) if late else Reason("promise_kept", {}))
    if wanted.crew == owner:
        reasons.append(Reason("keeps_crew", {"crew": owner}))
    others = [offer for offer in offers if offer[1] != owner]
    if not others:
        return [*reasons, Reason("only_able", {"crew": owner})]
    return reasons + _against(problem, plan, without, order, here, others)


def _against(
    problem: Problem, plan: Plan, without: Plan, order: int, here: Stop, others: list[tuple[float, int, int]]
) -> list[Reason]:
    owner = plan.crew_of(order)
    assert owner is not None
    cost, other, position = others[0]
    there_plan = moved(problem, without, order, other, position)
    there = next(stop for stop in timetable(problem, there_plan, other) if stop.order == order)
    against = {"crew": float(other)}
    found = []
    distances = [
        next(s.km for s in timetable(problem, moved(problem, without, order, c, p), c) if s.order == order)
        for _, c, p in others
    ]
    if here.km <= min(distances) + EPS:
        found.append(Reason("nearest_able", {"km": here.km, "next_km": min(distances)}))
    own = cost_of(problem, plan).total - cost_of(problem, without).total + problem.orders[order].unserved
    if cost - own > EPS:
        found.append(Reason("cheaper_than_next", {**against, "cost": cost - own}))
    if there.begin - here.begin > EPS:
        found.append(Reason("earlier_than_next", {**against, "minutes": there.begin - here.begin}))
    fewer = len(without.routes[other]) - len(without.routes[owner])
    if fewer > 0:
        found.append(Reason("fewer_orders_than_next", {**against, "orders": fewer}))
    return found
