"""A problem and a plan as arrays, which is what the compiled search works on.

Nodes of the travel tables: orders ``0..n-1``, then for each crew its start, its end and its depot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.dispatch.model import Plan, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Tables(NamedTuple):
    """What does not change during a search. ``extra[c, o]`` is inf where crew c may not take order o."""

    go: Floats  # cost of driving between nodes
    reach: Floats  # the same with the paid minutes of driving: how far apart orders are
    minutes: Floats
    service: Floats
    release: Floats
    promise: Floats
    breach: Floats
    late: Floats
    firm: Ints
    unserved: Floats
    emergency: Ints
    group: Ints  # index of the together group, -1 for none
    members: Ints  # orders of each group, -1 filled
    tools: Ints
    parts: Ints
    extra: Floats
    near: Ints  # for each order the others, nearest first
    ready: Floats
    shift_end: Floats
    over_max: Floats
    break_from: Floats
    break_minutes: Floats
    has_end: Ints
    has_depot: Ints
    frozen: Ints
    crew_tools: Ints
    crew_parts: Ints
    rates: Floats  # overtime, working
    needs: int  # 1: tools or parts are wanted, routes are walked in full
    full: int  # 1: insertions cannot be valued from stored prefixes
    sequence: Ints  # pairs (first, then) of orders


class State(NamedTuple):
    """A plan being searched: routes and, for every position, the moment of leaving and the cost so far."""

    route: Ints
    size: Ints
    stock: Ints
    leave: Floats
    taken: Ints
    cost: Floats
    total: Floats
    crew_of: Ints
    agreed: Floats
    scratch: Ints  # parts left while a route is walked


def tables_of(problem: Problem, near: int = 120) -> Tables:
    """Arrays of a problem; O((orders + crews)²) memory."""
    orders, crews, weights = problem.orders, problem.crews, problem.weights
    count = len(orders)
    starts = [one.start for one in crews]
    ends = [one.start if one.end is None else one.end for one in crews]
    depots = [one.start if one.depot is None else one.depot for one in crews]
    rows = np.array([one.place for one in orders] + starts + ends + depots, dtype=np.int64)
    minutes = np.ascontiguousarray(problem.minutes[np.ix_(rows, rows)])
    go = np.ascontiguousarray(weights.km * problem.km[np.ix_(rows, rows)] + weights.driving * minutes)
    group, members = _groups(problem)
    kinds = _kinds(problem)
    needs = int(any(one.tools or any(one.parts) for one in orders))
    reach = go + weights.working * minutes
    both = reach[:count, :count] + reach[:count, :count].T

    def of_orders(name: str) -> Floats:
        return np.array([getattr(one, name) for one in orders], dtype=np.float64)

    def of_crews(name: str) -> Floats:
        return np.array([getattr(one, name) for one in crews], dtype=np.float64)

    return Tables(
        go,
        reach,
        minutes,
        of_orders("minutes"),
        of_orders("release"),
        of_orders("promise"),
        of_orders("breach"),
        of_orders("late"),
        of_orders("firm").astype(np.int64),
        of_orders("unserved"),
        of_orders("emergency").astype(np.int64),
        group,
        members,
        np.array([one.tools for one in orders], dtype=np.int64),
        _padded([one.parts for one in orders], kinds),
        _extra(problem),
        np.ascontiguousarray(np.argsort(both, axis=1, kind="stable")[:, :near]),
        of_crews("ready"),
        of_crews("shift_end"),
        of_crews("overtime_max"),
        np.array([np.inf if one.break_from is None else one.break_from for one in crews]),
        of_crews("break_minutes"),
        np.array([one.end is not None for one in crews], dtype=np.int64),
        np.array([one.depot is not None for one in crews], dtype=np.int64),
        of_crews("frozen").astype(np.int64),
        np.array([one.tools for one in crews], dtype=np.int64),
        _padded([one.parts for one in crews], kinds),
        np.array([weights.overtime, weights.working]),
        needs,
        int(bool(needs or weights.working)),
        np.array(_closed(problem.sequence), dtype=np.int64).reshape(-1, 2),
    )


def state_of(problem: Problem, plan: Plan | None) -> State:
    """Arrays of a plan (empty routes without one); :func:`~.kernels.refresh` must be run on every crew before use."""
    crews, count = len(problem.crews), len(problem.orders)
    width = count + 2
    kinds = _kinds(problem)
    state = State(
        np.full((crews, width), -1, dtype=np.int64),
        np.zeros(crews, dtype=np.int64),
        np.full(crews, -1, dtype=np.int64),
        np.zeros((crews, width)),
        np.zeros((crews, width), dtype=np.int64),
        np.zeros((crews, width)),
        np.zeros(crews),
        np.full(count, -1, dtype=np.int64),
        np.full(count, -1.0),
        np.zeros(kinds, dtype=np.int64),
    )
    if plan is None:
        return state
    for crew, route in enumerate(plan.routes):
        state.route[crew, : len(route)] = route
        state.size[crew] = len(route)
        state.crew_of[list(route)] = crew
        if plan.stock:
            state.stock[crew] = plan.stock[crew]
    for order, moment in plan.agreed:
        state.agreed[order] = moment
    return state


def plan_of(state: State, iterations: int = 0) -> Plan:
    """The plan that a state holds."""
    routes = tuple(
        tuple(int(order) for order in state.route[crew, : state.size[crew]]) for crew in range(len(state.size))
    )
    agreed = tuple((order, float(moment)) for order, moment in enumerate(state.agreed) if moment >= 0)
    return Plan(routes, tuple(int(one) for one in state.stock), agreed, iterations)


def _groups(problem: Problem) -> tuple[Ints, Ints]:
    found: dict[int, list[int]] = {}
    for index, order in enumerate(problem.orders):
        if order.together is not None:
            found.setdefault(order.together, []).append(index)
    group = np.full(len(problem.orders), -1, dtype=np.int64)
    several = [many for many in found.values() if len(many) > 1]
    members = np.full((len(several), max(map(len, several), default=1)), -1, dtype=np.int64)
    for row, many in enumerate(several):
        group[many] = row
        members[row, : len(many)] = many
    return group, members


def _closed(pairs: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """With what follows from them: while an order in the middle is out, its neighbours must not change places."""
    found = set(pairs)
    while True:
        more = {(first, last) for first, then in found for other, last in found if then == other and first != last}
        if more <= found:
            return sorted(found)
        found |= more


def _kinds(problem: Problem) -> int:
    lists = [order.parts for order in problem.orders] + [crew.parts for crew in problem.crews]
    return max(map(len, lists), default=0)


def _padded(lists: list[tuple[int, ...]], width: int) -> Ints:
    made = np.zeros((len(lists), width), dtype=np.int64)
    for row, values in enumerate(lists):
        made[row, : len(values)] = values
    return made


def _extra(problem: Problem) -> Floats:
    """Cost of giving an order to a crew apart from driving and lateness; inf where it may not be."""
    made = np.zeros((len(problem.crews), len(problem.orders)))
    for index, order in enumerate(problem.orders):
        for number, crew in enumerate(problem.crews):
            allowed = order.skills & ~crew.skills == 0 and (not order.only or number in order.only)
            if crew.depot is None:
                stocked = all(need <= have for need, have in zip(order.parts, crew.parts, strict=False))
                missing = any(order.parts[len(crew.parts) :])
                allowed = allowed and order.tools & ~crew.tools == 0 and stocked and not missing
            if not allowed:
                made[number, index] = np.inf
            elif order.crew is not None and order.crew != number:
                made[number, index] = problem.weights.reassignment
    return made
