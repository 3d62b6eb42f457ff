"""The technician routing problem of Pillac, Gueret and Medaglia (2013, doi:10.1007/s11590-012-0567-4): 25 technicians with
skills, tools and parts, 100 requests with hard windows, one visit of the depot to fetch what is missing.

The aim is the technicians' working time: from leaving home, as late as the windows allow, to being back. A minute is one
unit of distance. :func:`evaluate` recomputes it from the file alone; run on the routes that came with the best known
values it gives those values, which is how we know that both mean the same.
"""

from __future__ import annotations

import ast
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import say
from denghuo.engine.dispatch import Crew, Order, Plan, PlanWeights, Problem, solve

UNSERVED = 100_000.0
ROW = re.compile(r"\[[^\]]*\]|\S+")


@dataclass(frozen=True)
class Node:
    """A line of the file: the depot, a technician's home or a request."""

    x: float
    y: float
    opens: float
    closes: float
    minutes: float
    skills: frozenset[int]
    tools: frozenset[int]
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Instance:
    """``nodes`` are the depot, then ``crews`` homes, then requests."""

    name: str
    crews: int
    nodes: tuple[Node, ...]

    def far(self, one: int, other: int) -> float:
        """Distance and minutes between two nodes."""
        return math.hypot(self.nodes[one].x - self.nodes[other].x, self.nodes[one].y - self.nodes[other].y)


def read(path: Path) -> Instance:
    """An instance from its file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [ROW.findall(line) for line in lines]
    head = next(number for number, row in enumerate(rows) if row[:2] == ["CREW", "COUNT"])
    nodes = []
    for row in rows[head + 2 :]:
        if not row or not row[0].isdigit():
            continue
        skills, tools, parts = (ast.literal_eval(text) for text in row[6:9])
        place = [float(value) for value in row[1:6]]
        nodes.append(Node(*place, frozenset(skills), frozenset(tools), tuple(parts)))
    return Instance(path.stem, int(rows[head + 1][0]), tuple(nodes))


def problem_of(instance: Instance) -> Problem:
    """As the planner knows it: every window is firm, a paid minute is the only cost."""
    points = np.array([(node.x, node.y) for node in instance.nodes])
    minutes = np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1])
    crews = tuple(
        Crew(
            home, end=home, ready=node.opens, shift_end=node.closes, skills=_mask(node.skills), tools=_mask(node.tools),
            parts=node.parts, depot=0,
        )
        for home, node in enumerate(instance.nodes[1 : instance.crews + 1], start=1)
    )  # fmt: skip
    orders = tuple(
        Order(
            place, node.minutes, node.opens, node.closes, firm=True, unserved=UNSERVED, skills=_mask(node.skills),
            tools=_mask(node.tools), parts=node.parts,
        )
        for place, node in enumerate(instance.nodes[instance.crews + 1 :], start=instance.crews + 1)
    )  # fmt: skip
    return Problem(crews, orders, minutes, minutes, PlanWeights(km=0.0, working=1.0))


def visits_of(instance: Instance, plan: Plan) -> list[list[int]]:
    """The plan's routes as nodes, 0 being the depot."""
    routes = []
    for number, route in enumerate(plan.routes):
        visits = [instance.crews + 1 + order for order in route]
        stock = plan.stock[number] if plan.stock else -1
        if visits and stock >= 0:
            visits.insert(stock, 0)
        routes.append(visits)
    return routes


@dataclass(frozen=True)
class Outcome:
    """Working minutes of all technicians, requests served, hard rules broken."""

    working: float
    served: int
    broken: int


def evaluate(instance: Instance, routes: Sequence[Sequence[int]]) -> Outcome:
    """Follow every technician; ``routes[t]`` are the nodes that technician ``t`` visits, without home."""
    working, broken = 0.0, 0
    seen: list[int] = []
    for home, route in enumerate(routes, start=1):
        if not any(route):
            continue
        broken += _unable(instance, home, route)
        spent, late = _hours(instance, home, route)
        working, broken = working + spent, broken + late
        seen += [node for node in route if node]
    return Outcome(working, len(set(seen)), broken + len(seen) - len(set(seen)))


def _hours(instance: Instance, home: int, route: Sequence[int]) -> tuple[float, int]:
    """Minutes between the latest leaving that changes nothing after and the return, and windows missed."""
    base = instance.nodes[home]
    clock, here, late = base.opens, home, 0
    waited, slack = 0.0, math.inf
    for node in [*route, home]:
        one = instance.nodes[node]
        clock += instance.far(here, node)
        if node in (0, home):
            slack = min(slack, waited + base.closes - clock)
        else:
            begin = max(clock, one.opens)
            waited += begin - clock
            slack = min(slack, waited + one.closes - begin)
            late += begin > one.closes + 1e-6
            clock = begin + one.minutes
        here = node
    late += clock > base.closes + 1e-6
    return clock - base.opens - max(0.0, min(waited, slack)), late


def _unable(instance: Instance, home: int, route: Sequence[int]) -> int:
    crew, stocked, broken = instance.nodes[home], False, 0
    left = list(crew.parts)
    for node in route:
        if node == 0:
            stocked = True
            continue
        one = instance.nodes[node]
        broken += not one.skills <= crew.skills
        if not stocked:
            left = [has - need for has, need in zip(left, one.parts, strict=True)]
            broken += min(left) < 0 or not one.tools <= crew.tools
    return broken


def best_known(path: Path) -> dict[str, tuple[float, list[list[int]]]]:
    """Value and routes of every instance from the file of best known working times. Nodes above the requests are copies of
    homes and of the depot."""
    values: dict[str, float] = {}
    routes: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, found, value = line.partition("=")
        if not found or line.startswith("#"):
            continue
        if name.endswith("-S"):
            routes[name[:-2]] = value
        elif re.fullmatch(r"[\d.]+", value) and not name.endswith("-K"):
            values[name] = float(value)
    return {name: (value, _routes(routes[name])) for name, value in values.items() if name in routes}


def _routes(text: str, crews: int = 25, requests: int = 100) -> list[list[int]]:
    first, last = crews + 1, crews + requests
    found: list[list[int]] = [[] for _ in range(crews)]
    for part in text.strip("<>").split("|"):
        if not part:
            continue
        home, *rest = (int(node) for node in part.split(","))
        depot = last + crews + home
        found[home - 1] = [0 if node == depot else node for node in rest if first <= node <= last or node == depot]
    return found


def measure(folder: Path, seconds: float, seed: int, wanted: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our working time on every instance, and the best known ones; ``gap`` in per cent."""
    if not folder.is_dir():
        raise SystemExit(f"没有测试数据 · no data at {folder} (--data)")
    best, ours, known = best_known(folder / "bks_min_working_time.sol"), {}, {}
    for path in sorted(folder.glob("*.100_*.txt")):
        if wanted and not path.name.startswith(wanted):
            continue
        instance = read(path)
        value, routes = best[instance.name]
        problem, begun = problem_of(instance), time.process_time()
        plan = solve(problem, seconds=seconds, seed=seed, clock=time.process_time)
        spent = time.process_time() - begun
        found, name = evaluate(instance, visits_of(instance, plan)), instance.name.split(".")[0]
        ours[name] = {
            "working": round(found.working, 1), "gap": round(100 * (found.working / value - 1), 2), "served": found.served,
            "broken": found.broken, "cpu_s": round(spent, 1),
        }  # fmt: skip
        known[name] = {"stated": value, "evaluated": round(evaluate(instance, routes).working, 1)}
        say(f"{name:>6} {ours[name]}  best known {known[name]}")
    gaps = [one["gap"] for one in ours.values()]
    return ours | {"mean_gap": round(float(np.mean(gaps)), 2), "largest_gap": max(gaps)}, known


def _mask(bits: frozenset[int]) -> int:
    return sum(1 << bit for bit in bits)
