"""Making and changing plans: the calls that the product uses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from denghuo.engine.dispatch.costing import moved
from denghuo.engine.dispatch.kernels import place_stock, take
from denghuo.engine.dispatch.model import Order, Plan, Problem
from denghuo.engine.dispatch.search import copy_all, insert_group, load, rebuild, run, spot
from denghuo.engine.dispatch.tables import State, Tables, plan_of, state_of, tables_of

HOT, COLD = 1.5, 0.03  # first and last temperature, in the mean cost of reaching an order
CHUNKS = 40
FIRST_ROUNDS = 40


def solve(
    problem: Problem,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 1,
    start: Plan | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Plan:
    """The best plan found within a number of iterations (the same for the same seed) or within a time (for live use).

    ``start`` is the running plan: its frozen prefixes are kept as they are, and the search goes on from it. Orders of a
    running plan that break a hard rule by now are taken out and placed anew. ``clock`` gives seconds; pass
    ``time.process_time`` to count processor seconds.

    Raises:
        ValueError: not exactly one of ``seconds`` and ``iterations``; a start plan that does not fit the problem.
    """
    if (seconds is None) == (iterations is None):
        raise ValueError("say either seconds or iterations")
    begun = clock()
    tables, now = tables_of(problem), _begin(problem, start)
    random = np.array([seed], dtype=np.uint64)
    _prepare(tables, now)
    if not problem.orders or not problem.crews:
        return plan_of(now)
    touched, barred = np.zeros((2, len(problem.crews)), dtype=np.int64)
    rebuild(tables, now, 0.0, random, touched, barred)
    work, best = state_of(problem, None), state_of(problem, None)
    copy_all(now, work)
    copy_all(now, best)
    hot, cold = _heat(tables, now)
    if iterations is not None:
        run(tables, now, work, best, random, iterations, hot, cold)
        return plan_of(best, iterations)
    assert seconds is not None
    done, rounds = 0, FIRST_ROUNDS
    while (spent := clock() - begun) < seconds:
        here = hot * (cold / hot) ** (spent / seconds)
        run(tables, now, work, best, random, rounds, here, here * (cold / hot) ** (1 / CHUNKS))
        done += rounds
        took = max(clock() - begun - spent, 1e-6)
        left = max(seconds - (clock() - begun), 0.0)
        rounds = max(1, int(rounds * min(seconds / CHUNKS, left) / took))
        if left < took / max(1, rounds):
            break
    return plan_of(best, done)


def insert_now(problem: Problem, plan: Plan, order: Order | int) -> tuple[Problem, Plan]:
    """Green lane: put one order (new, or one that the plan leaves out) in where it costs least, moving nothing else.

    Every other order keeps its crew and sequence; frozen prefixes stay in front. Takes milliseconds. When no crew may
    take it, the plan comes back unchanged with the order unserved. Orders that begin together are placed together.
    """
    if isinstance(order, Order):
        problem = problem.with_order(order)
        number = len(problem.orders) - 1
    else:
        number = order
    tables, state = tables_of(problem), _begin(problem, plan)
    load(tables, state)
    if state.crew_of[number] >= 0:
        return problem, plan
    random = np.array([1], dtype=np.uint64)
    barred = np.zeros(len(problem.crews), dtype=np.int64)
    if tables.group[number] >= 0:
        insert_group(tables, state, tables.group[number], 0.0, random, barred)
        return problem, plan_of(state, plan.iterations)
    cost, crew, position, stock, _ = spot(tables, state, number, 0.0, random, barred, False)
    if crew < 0 or not cost < np.inf:
        return problem, plan
    routes = list(plan.routes)
    routes[crew] = (*routes[crew][:position], number, *routes[crew][position:])
    stocks = list(plan.stock or [-1] * len(routes))
    stocks[crew] = int(stock)
    return problem, replace(plan, routes=tuple(routes), stock=tuple(stocks))


def insertion_costs(problem: Problem, plan: Plan, order: int) -> list[tuple[float, int, int]]:
    """(cost, crew, position) of the cheapest place with every crew that may take an order, cheapest first."""
    if plan.crew_of(order) is not None:
        plan = moved(problem, plan, order, None, 0)
    tables, state = tables_of(problem), _begin(problem, plan)
    load(tables, state)
    random, found = np.array([1], dtype=np.uint64), []
    for crew in range(len(problem.crews)):
        barred = np.ones(len(problem.crews), dtype=np.int64)
        barred[crew] = 0
        cost, who, position, _, _ = spot(tables, state, order, 0.0, random, barred, False)
        if who >= 0 and cost < np.inf:
            found.append((float(cost), crew, int(position)))
    return sorted(found)


def warm_up() -> float:
    """Load (or, the first time, compile) every compiled function, as a worker does at its start; seconds it took."""
    begun = time.perf_counter()
    from denghuo.engine.dispatch.model import Crew

    square = np.ones((2, 2))
    problem = Problem((Crew(0),), (Order(1, 1.0), Order(1, 1.0)), square, square)
    plan = solve(problem, iterations=2)
    insert_now(problem, plan, Order(0, 1.0))
    return time.perf_counter() - begun


def _begin(problem: Problem, start: Plan | None) -> State:
    if start is not None:
        placed = [order for route in start.routes for order in route]
        if len(start.routes) != len(problem.crews) or len(set(placed)) != len(placed):
            raise ValueError("the plan does not fit the problem")
        if placed and max(placed) >= len(problem.orders):
            raise ValueError("the plan names an order that the problem does not have")
    return state_of(problem, start)


def _prepare(tables: Tables, state: State) -> None:
    """Take out of a running plan what breaks a hard rule by now, whole groups with it."""
    load(tables, state)
    for crew in range(len(state.size)):
        while not np.isfinite(state.total[crew]) and state.size[crew] > tables.frozen[crew]:
            take(tables, state, crew, state.size[crew] - 1)
            place_stock(tables, state, crew)
    for members in tables.members:
        group = [int(order) for order in members if order >= 0]
        if any(state.crew_of[order] < 0 for order in group):
            for order in group:
                _take_free(tables, state, order)


def _take_free(tables: Tables, state: State, order: int) -> None:
    crew = int(state.crew_of[order])
    if crew >= 0:
        at = int(np.flatnonzero(state.route[crew, : state.size[crew]] == order)[0])
        if at >= tables.frozen[crew]:
            take(tables, state, crew, at)
            place_stock(tables, state, crew)


def _heat(tables: Tables, state: State) -> tuple[float, float]:
    """Temperatures from what one order costs to reach in the first plan, lateness left out."""
    count, reached, many = len(tables.service), 0.0, 0
    for crew in range(len(state.size)):
        previous = count + crew
        for order in state.route[crew, : state.size[crew]]:
            reached += tables.reach[previous, order]
            previous, many = order, many + 1
    mean = max(reached / max(1, many), 1e-6)
    return HOT * mean, COLD * mean
