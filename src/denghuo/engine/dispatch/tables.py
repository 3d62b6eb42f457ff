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


class Memo(NamedTuple):
    """What the cheapest place of an order in a crew's route was found to cost. It holds as long as the route is the one with
    that mark: every change gives a route a new mark, and putting an earlier route back gives it its old one."""

    mark: Ints  # [order, crew] of the route that was looked at
    cost: Floats  # [order, crew]; where ``exact`` is 0 the cost is this or more
    exact: Ints
    at: Ints
    stock: Ints
    last: Ints  # (1,) the last mark given


class Tables(NamedTuple):
    """What does not change during a search. ``extra[c, o]`` is inf where crew c may not take order o."""

    go: Floats  # cost of driving between nodes
    come: Floats  # the same by where to, where from: the rows that a search for an order's place reads
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
    unable: NDArray[np.bool_]  # [order, crew]: the same, for a look over all crews
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
    stops: float  # mean length of a route
    memo: Memo


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
    mark: Ints  # of each route as it is, see :class:`Memo`
    hop: Floats  # cost of driving to each position from the one before; not where a depot lies between
    look: Floats  # while a place is searched: how each crew is still to be looked at


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

    extra = _extra(problem)

    def of_orders(name: str) -> Floats:
        return np.array([getattr(one, name) for one in orders], dtype=np.float64)

    def of_crews(name: str) -> Floats:
        return np.array([getattr(one, name) for one in crews], dtype=np.float64)

    return Tables(
        go,
        np.ascontiguousarray(go.T),
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
        extra,
        np.ascontiguousarray(np.isinf(extra).T),
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
        count / max(1, len(crews)),
        _memo(count, len(crews)),
    )


def _memo(orders: int, crews: int) -> Memo:
    shape = (orders, crews)
    whole = [np.zeros(shape, dtype=np.int64) for _ in range(4)]
    return Memo(whole[0], np.zeros(shape), whole[1], whole[2], whole[3], np.zeros(1, dtype=np.int64))


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
        np.zeros(crews, dtype=np.int64),
        np.zeros((crews, width)),
        np.zeros(crews),
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
    crews, orders = problem.crews, problem.orders
    kinds = _kinds(problem)

    def column(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64).reshape(-1, 1)

    skills, tools = (np.array([getattr(one, name) for one in orders], dtype=np.int64) for name in ("skills", "tools"))
    allowed = skills & ~column([one.skills for one in crews]) == 0
    # Who passes no depot must have what is needed from the start.
    far = column([one.depot is None for one in crews]).astype(bool)
    equipped = tools & ~column([one.tools for one in crews]) == 0
    need, have = _padded([one.parts for one in orders], kinds), _padded([one.parts for one in crews], kinds)
    for kind in range(kinds):
        equipped &= need[:, kind] <= have[:, kind : kind + 1]
    allowed &= equipped | ~far
    made = np.where(allowed, 0.0, np.inf)
    for index, order in enumerate(orders):
        if order.only:
            made[[number for number in range(len(crews)) if number not in order.only], index] = np.inf
        if order.crew is not None:
            made[:, index] += problem.weights.reassignment * (np.arange(len(crews)) != order.crew)
    return made
