"""Month plans on the shift scheduling benchmark (Curtois, Qu 2014): cost, bound and gap beside the best known, and CP-SAT.

Both run on processor time of one core; CP-SAT runs two workers in a process of its own for the same processor seconds (its
libraries and HiGHS cannot share one). Every roster is recomputed by ``roster_verdict.py``, which shares no code with the engine.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, emit, say
from benchmarks.roster_verdict import verdict
from denghuo.engine import rostering


def main(argv: list[str]) -> None:
    """Options: ``--data DIR`` (holds InstanceN.txt, best_known.csv beside or above), ``--instances N …``, ``--seconds S``."""
    parser = argparse.ArgumentParser(prog="denghuo bench roster")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--instances", type=int, nargs="*", default=list(range(1, 13)))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has ortools")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    folder = options.data if (options.data / "Instance1.txt").exists() else options.data / "shift_scheduling"
    best = best_known(folder)
    warm_up(folder)
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    for number in options.instances:
        path = folder / f"Instance{number}.txt"
        row = figures[str(number)] = ours(path, best.get(number), options.seconds, options.seed)
        say(f"{number:>3}: " + json.dumps(row))
        if not options.no_peer:
            peers[str(number)] = peer(options.peer_python, path, options.seconds)
            say(f"     CP-SAT: {json.dumps(peers[str(number)])}")
    emit("roster", figures, {"cp_sat": peers} if peers else None)


def best_known(folder: Path) -> dict[int, float]:
    """The published cost of each instance; {} without the table."""
    for place in (folder / "best_known.csv", folder.parent / "best_known.csv"):
        if place.exists():
            with place.open(encoding="utf-8", newline="") as rows:
                return {int(row["instance"]): float(row["published_ub"]) for row in csv.DictReader(rows)}
    return {}


def warm_up(folder: Path) -> None:
    """Compile, or load what is compiled, before any clock runs."""
    rostering.solve(rostering.read_instance(folder / "Instance1.txt"), seconds=3)


def ours(path: Path, best: float | None, seconds: float, seed: int) -> dict[str, Any]:
    """What the engine reaches in ``seconds`` of processor time."""
    problem = rostering.read_instance(path)
    began = time.process_time()
    roster = rostering.solve(problem, seconds, seed, now=time.process_time)
    spent = time.process_time() - began
    checked = verdict(path, roster.lines)
    return {
        "best_known": best,
        "cost": roster.cost,
        "bound": round(roster.bound, 2),
        "gap_percent": round(100 * roster.gap, 2),
        "above_best_known_percent": round(100 * (roster.cost / best - 1), 3) if best else None,
        "cpu_s": round(spent, 1),
        "broken_rules": len(checked.broken),
        "verdict_cost": checked.cost,
        "evaluator_agrees": rostering.evaluate(problem, roster.lines).cost == checked.cost == roster.cost,
    }


def peer(python: str, path: Path, seconds: float) -> dict[str, Any]:
    """CP-SAT's plain model in its own process; {} when that interpreter has no ortools."""
    command = [python, str(ROOT / "benchmarks" / "roster_cpsat.py"), str(path), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "stopped"
        say(f"CP-SAT did not run: {reason}")
        return {}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    lines = {code: tuple(line) for code, line in found.pop("lines").items()}
    if lines:
        checked = verdict(path, lines)
        found |= {"broken_rules": len(checked.broken), "verdict_cost": checked.cost}
    return found
