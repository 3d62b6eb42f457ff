"""Dispatch plans: a made day and a storm of 60 crews and 400 orders, and a moving day, beside other planners.

Data: ``dispatch/made/{day,storm}_60x400.json`` below ``--data``. Outcomes are recomputed by
``benchmarks/dispatch_evaluator.py``, which shares no code with the engine. Every planner searches for the same processor
seconds (``--seconds``, several: each in turn); ``search_cpu_s`` is what a peer's search really took, ``cpu_s`` all of it with
the building of its model. VROOM knows levels and no limit of time. Peers that are not installed are named as such:
``pip install 'denghuo[bench]'``. The moving day takes ``170 x --replan`` processor seconds for each seed, and VROOM, which is
played on the first seed alone, about as much. Greedy plays it by the same rule as everybody (a crew waits where it is until
it must leave) and also ``at once``, as a dispatcher does who sends everyone who is free; ours says how many
kilometres fewer it drove than either.

``--part trsp``: the technician routing instances below ``dispatch/trsp``, ``--trsp-seconds`` each, beside the best known
working times, whose routes go through the same evaluator.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, emit, say
from benchmarks.dispatch_evaluator import evaluate
from benchmarks.dispatch_moving import Planner, build, play
from benchmarks.dispatch_peers import PEERS, SEARCH, greedy, installed, vroom
from benchmarks.dispatch_trsp import measure as measure_trsp
from benchmarks.dispatch_world import Spec, read
from denghuo.engine.dispatch import Plan, solve, warm_up

PARTS = ("day", "storm", "moving", "trsp")


def main(argv: list[str]) -> None:
    """Options: ``--data``, ``--part`` (several), ``--peers``, ``--seconds`` (several), ``--seed``, ``--seeds``, ``--replan``,
    ``--frozen``."""
    parser = argparse.ArgumentParser(prog="denghuo bench dispatch")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--part", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--trsp-seconds", type=float, default=20.0)
    parser.add_argument("--instances", nargs="*", default=[], help="names that an instance of trsp begins with")
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=list(PEERS))
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0, 20.0])
    parser.add_argument("--replan", type=float, default=0.3)
    parser.add_argument("--frozen", type=int, default=0)  # beyond the one in hand
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="days of the moving part")
    options = parser.parse_args(argv)
    folder = options.data / "dispatch" / "made"
    if not folder.is_dir():
        raise SystemExit(f"没有测试数据 · no data at {folder} (--data)")
    say(f"compiled in {warm_up():.1f} s")
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    for part in options.part:
        if part == "trsp":
            figures[part], peers[part] = measure_trsp(
                folder.parent / "trsp", options.trsp_seconds, options.seed, tuple(options.instances)
            )
            continue
        if part == "moving":
            found = _moving(read(folder / "day_60x400.json"), options)
        else:
            found = _still(read(folder / f"{part}_60x400.json"), options)
        figures[part] = found.pop("denghuo")
        peers[part] = found
    emit("dispatch", figures, peers)


def _still(spec: Spec, options: argparse.Namespace) -> dict[str, Any]:
    """By planner and by the seconds it was given; the greedy rule takes none."""
    found: dict[str, Any] = {name: {} for name in ("denghuo", *options.peers)}
    for name, seconds in ((name, seconds) for seconds in options.seconds for name in found):
        if found[name] == "not installed" or (name == "greedy" and seconds != options.seconds[0]):
            continue
        SEARCH.spent, begun = 0.0, time.process_time()
        if name == "denghuo":
            plan = solve(spec.problem, seconds=seconds, seed=options.seed, clock=time.process_time)
            routes: Sequence[Sequence[int]] | None = plan.routes
        else:
            routes = PEERS[name](spec, seconds)
        spent = time.process_time() - begun
        if routes is None:
            found[name] = "not installed"
        else:
            outcome = {key: round(value, 1) for key, value in asdict(evaluate(spec, routes)).items()}
            search = spent if name == "denghuo" else SEARCH.spent
            found[name][f"{seconds:g}s"] = outcome | {"cpu_s": round(spent, 2), "search_cpu_s": round(search, 2)}
        say(f"{spec.name:>6} {name:>8} {seconds:g} s  {found[name]}")
    return found


def _moving(town: Spec, options: argparse.Namespace) -> dict[str, Any]:
    """Every seed is another day; by planner and seed, ours with how many kilometres fewer than greedy."""

    def ours(spec: Spec, running: Plan) -> list[list[int]]:
        plan = solve(spec.problem, seconds=options.replan, seed=options.seed, start=running, clock=time.process_time)
        return [list(route) for route in plan.routes]

    def anew(spec: Spec, _running: Plan) -> list[list[int]]:
        return greedy(spec, 0.0)

    def by_vroom(spec: Spec, _running: Plan) -> list[list[int]]:
        return vroom(spec, options.replan, level=0) or [[] for _ in spec.problem.crews]

    planners: dict[str, tuple[Planner, bool]] = {"denghuo": (ours, True)}
    if "greedy" in options.peers:
        planners |= {"greedy": (anew, True), "greedy_at_once": (anew, False)}
    if "vroom" in options.peers and installed("vroom"):
        planners["vroom"] = (by_vroom, True)
    found: dict[str, Any] = {name: {} for name in planners}
    for seed in options.seeds:
        day = build(town, seed)
        for name, (planner, hold) in planners.items():
            if name == "vroom" and seed != options.seeds[0]:
                continue
            begun = time.process_time()
            counts = play(day, planner, options.frozen if name == "denghuo" else 0, hold)
            row = {key: round(value, 1) for key, value in counts.items()}
            found[name][f"seed_{seed}"] = row | {"cpu_s": round(time.process_time() - begun, 1)}
            say(f"moving {name:>14} seed {seed}  {found[name][f'seed_{seed}']}")
        for name in ("greedy", "greedy_at_once"):
            if name in found:
                own, other = (found[one][f"seed_{seed}"] for one in ("denghuo", name))
                own[f"fewer_km_than_{name}_pct"] = round(100 * (1 - own["km"] / other["km"]), 1)
    return found
