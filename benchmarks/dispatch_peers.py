"""The other planners: a greedy rule, VROOM, PyVRP and OR-Tools, given the same problem. Each returns routes, or None
where it is not installed. A peer is told how long it may search; what its search took is in :data:`SEARCH`, without the
building of its model."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks.dispatch_world import Spec

Routes = list[list[int]]
Peer = Callable[[Spec, float], Routes | None]


class Stopwatch:
    """Processor seconds spent inside ``with``."""

    def __init__(self) -> None:
        self.spent = 0.0

    def __enter__(self) -> Self:
        self._begun = time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.spent += time.process_time() - self._begun


SEARCH = Stopwatch()


def installed(module: str) -> bool:
    """Whether a peer's package is there."""
    return importlib.util.find_spec(module) is not None


def greedy(spec: Spec, seconds: float) -> Routes:
    """The rule α·distance + β·skill + γ·load for one order after the other, in the order of their promises."""
    problem = spec.problem
    routes: Routes = [[] for _ in problem.crews]
    free = [crew.ready for crew in problem.crews]
    here = [crew.start for crew in problem.crews]
    for index in sorted(range(len(problem.orders)), key=lambda n: (not spec.emergency[n], problem.orders[n].promise)):
        order, best, chosen = problem.orders[index], -1.0, -1
        for number, crew in enumerate(problem.crews):
            done = free[number] + problem.minutes[here[number], order.place] + order.minutes
            if order.skills & ~crew.skills or done > crew.shift_end:
                continue
            distance = 10.0 / (10.0 + problem.km[here[number], order.place])
            score = 0.5 * distance + 0.3 / crew.skills.bit_count() + 0.2 * 4.0 / (4.0 + len(routes[number]))
            if score > best:
                best, chosen = score, number
        if chosen >= 0:
            arrive = free[chosen] + problem.minutes[here[chosen], order.place]
            free[chosen] = max(arrive, order.release) + order.minutes
            here[chosen] = order.place
            routes[chosen].append(index)
    return routes


def vroom(spec: Spec, seconds: float, level: int = 1) -> Routes | None:
    """VROOM at an exploration level. Its windows are hard, so what cannot be in time is appended afterwards."""
    if not installed("vroom"):
        return None
    return fill(spec, _vroom_once(spec, level))


def fill(spec: Spec, routes: Routes) -> Routes:
    """Append what a planner left out, soonest promise first, to the able crew that would be there first."""
    problem = spec.problem
    free, here = [], []
    for crew, route in zip(problem.crews, routes, strict=True):
        clock, place = crew.ready, crew.start
        for index in route:
            order = problem.orders[index]
            clock = max(clock + problem.minutes[place, order.place], order.release) + order.minutes
            place = order.place
        free.append(clock)
        here.append(place)
    placed = {index for route in routes for index in route}
    for index in sorted(set(range(len(problem.orders))) - placed, key=lambda n: problem.orders[n].promise):
        order = problem.orders[index]
        offers = []
        for number, crew in enumerate(problem.crews):
            arrive = free[number] + problem.minutes[here[number], order.place]
            if not order.skills & ~crew.skills and arrive + order.minutes <= crew.shift_end:
                offers.append((max(arrive, order.release), number))
        if offers:
            begin, number = min(offers)
            free[number], here[number] = begin + order.minutes, order.place
            routes[number].append(index)
    return routes


def _vroom_once(spec: Spec, level: int) -> Routes:
    import vroom as library

    problem = spec.problem
    model = library.Input()
    model.set_durations_matrix("car", _seconds(problem.minutes))
    model.set_costs_matrix("car", (problem.km * 1000).astype(np.uint32))
    for number, crew in enumerate(problem.crews):
        window = [int(crew.ready * 60), int(crew.shift_end * 60)]
        model.add_vehicle(
            library.Vehicle(number, start=crew.start, end=crew.end, skills=_bits(crew.skills), time_window=window)
        )
    for index, order in enumerate(problem.orders):
        window = [int(order.release * 60), int(max(order.promise, order.release) * 60)]
        priority = 100 if spec.emergency[index] else 50 if spec.fault[index] else 10
        model.add_job(
            library.Job(
                index,
                location=order.place,
                default_service=int(order.minutes * 60),
                skills=_bits(order.skills),
                priority=priority,
                time_windows=[window],
            )
        )
    with SEARCH:
        answer = model.solve(exploration_level=level, nb_threads=1)
    routes: Routes = [[] for _ in problem.crews]
    table = answer.routes
    for vehicle, kind, index in zip(table["vehicle_id"], table["type"], table["id"], strict=True):
        if kind == "job":
            routes[int(vehicle)].append(int(index))
    return routes


def pyvrp(spec: Spec, seconds: float) -> Routes | None:
    """PyVRP: windows hard as promised, what does not fit appended afterwards; one profile a skill set."""
    if not installed("pyvrp"):
        return None
    import pyvrp as library
    from pyvrp.stop import MaxRuntime

    problem = spec.problem
    model = library.Model()
    spots = [model.add_location(n, 0) for n in range(len(problem.crews) + len(problem.orders))]
    depots = [model.add_depot(spot) for spot in spots[: len(problem.crews)]]
    for index, order in enumerate(problem.orders):
        model.add_client(
            spots[len(depots) + index],
            service_duration=int(order.minutes * 60),
            tw_early=int(order.release * 60),
            tw_late=int(max(order.promise, order.release) * 60),
            prize=int(order.unserved * 1000),
            required=False,
        )
    places = [crew.start for crew in problem.crews] + [order.place for order in problem.orders]
    far, seconds_of = 10_000_000, _seconds(problem.minutes)
    profiles = {skills: model.add_profile() for skills in {crew.skills for crew in problem.crews}}
    for skills, profile in profiles.items():
        for a, one in enumerate(spots):
            for b, other in enumerate(spots):
                if a == b:
                    continue
                home = b < len(depots)
                able = home or not problem.orders[b - len(depots)].skills & ~skills
                metres = int(problem.km[places[a], places[b]] * 1000) if able else far
                model.add_edge(one, other, metres, int(seconds_of[places[a], places[b]]), profile=profile)
    for crew, depot in zip(problem.crews, depots, strict=True):
        window = {"tw_early": int(crew.ready * 60), "tw_late": int(crew.shift_end * 60)}
        model.add_vehicle_type(1, start_depot=depot, end_depot=depot, profile=profiles[crew.skills], **window)
    data = model.data()
    with SEARCH:
        best = library.solve(data, stop=MaxRuntime(seconds), display=False).best
    routes: Routes = [[] for _ in problem.crews]
    for route in best.routes():
        routes[route.vehicle_type()] = [int(visit.idx) for visit in route.schedule() if visit.is_client()]
    return fill(spec, routes)


def ortools(spec: Spec, seconds: float) -> Routes | None:
    """OR-Tools routing: guided local search, soft upper bounds for promises, disjunctions for what is left out."""
    if not installed("ortools"):
        return None
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    problem, crews = spec.problem, len(spec.problem.crews)
    places = [order.place for order in problem.orders] + [crew.start for crew in problem.crews]
    count = len(problem.orders)
    starts = [count + n for n in range(crews)]
    manager = pywrapcp.RoutingIndexManager(len(places), crews, starts, starts)
    model = pywrapcp.RoutingModel(manager)
    index = np.array(places)
    cost = np.zeros((len(places), len(places)), dtype=np.int64)
    cost[:] = (problem.km[np.ix_(index, index)] + problem.weights.driving * problem.minutes[np.ix_(index, index)]) * 100
    spend = np.zeros_like(cost)
    spend[:] = _seconds(problem.minutes)[np.ix_(index, index)]
    spend[:count, :] += np.array([int(order.minutes * 60) for order in problem.orders])[:, None]
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(cost.tolist()))
    model.AddDimension(model.RegisterTransitMatrix(spend.tolist()), 36_000, 36_000, False, "time")
    clock = model.GetDimensionOrDie("time")
    for n, order in enumerate(problem.orders):
        at = manager.NodeToIndex(n)
        clock.CumulVar(at).SetMin(int(order.release * 60))
        clock.SetCumulVarSoftUpperBound(at, int(order.promise * 60), max(1, int(order.late * 100 / 60)))
        able = [c for c, crew in enumerate(problem.crews) if not order.skills & ~crew.skills]
        model.VehicleVar(at).SetValues([-1, *able])
        model.AddDisjunction([at], int(order.unserved * 100))
    options = pywrapcp.DefaultRoutingSearchParameters()
    options.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    options.time_limit.FromMilliseconds(int(seconds * 1000))
    with SEARCH:
        answer = model.SolveWithParameters(options)
    routes: Routes = [[] for _ in range(crews)]
    for crew in range(crews if answer else 0):
        at = answer.Value(model.NextVar(model.Start(crew)))
        while not model.IsEnd(at):
            routes[crew].append(manager.IndexToNode(at))
            at = answer.Value(model.NextVar(at))
    return fill(spec, routes)


def _seconds(minutes: Any) -> Any:
    return np.ceil(minutes * 60).astype(np.uint32)


def _bits(mask: int) -> set[int]:
    return {bit for bit in range(mask.bit_length()) if mask >> bit & 1}


PEERS: dict[str, Peer] = {"greedy": greedy, "vroom": vroom, "pyvrp": pyvrp, "ortools": ortools}
