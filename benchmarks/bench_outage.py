"""Outages found from calls and meters on a real network, beside the tuned count rule, with the time of one inference.

Networks: SimBench urban (about 11,500 customers) and a town's low-voltage network, read from ``DIR/topology``. Storms are
made from a seed (``benchmarks/outage_world.py``): 1 to 10 devices open at minute 0, 15 % of the customers without supply
call after an exponential delay, 5 % of the calls are booked on a wrong customer, others call or lose their meter without
any outage. The engine is not told when the outages began nor how many there are. Parameters of the engine are the
habits of the made world except the spreads; the count rule is tuned on storms of other seeds for the best F1.

A device counts as found when a named device takes exactly the same customers: two switches in series with nobody between
them cannot be told apart by any report.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import ROOT, emit, say
from benchmarks.outage_world import Habits, Storm, World, by_counting, network
from denghuo.engine.outage import MV_KINDS, DeviceKind, Forest, Observations, Parameters, infer, kinds_of

SETS = ("simbench_urban", "lv_schutterwald")
Finder = Callable[[Forest, Observations], list[int]]
ODDS = {
    DeviceKind.SOURCE: 2e-4, DeviceKind.FEEDER: 8e-3, DeviceKind.SECTION: 8e-3, DeviceKind.LINE: 1e-2,
    DeviceKind.TRANSFORMER: 6e-3, DeviceKind.LV_FEEDER: 4.5e-3, DeviceKind.SERVICE: 1e-3,
}  # fmt: skip
RULES = [
    (least, share, minutes) for least in (2, 3, 4) for share in (0.0, 0.02, 0.04, 0.08) for minutes in (15.0, 30.0)
]


def main(argv: list[str]) -> None:
    """Options: ``--data`` folder (``../shared/data`` beside the checkout), ``--set`` one network, ``--storms`` (100),
    ``--seed``."""
    parser = argparse.ArgumentParser(prog="denghuo bench outage")
    parser.add_argument("--data", default=os.environ.get("DENGHUO_DATA", str(ROOT.parent / "shared" / "data")))
    parser.add_argument("--set", choices=SETS, default=None, help="one network only")
    parser.add_argument("--storms", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20260701)
    options = parser.parse_args(argv)
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    for name in (options.set,) if options.set else SETS:
        folder = Path(options.data) / "topology" / name
        if not folder.exists():
            say(f"no network at {folder}: pass --data")
            continue
        figures[name], peers[name] = _measured(folder, options.storms, options.seed)
    emit("outage", figures, peers)


def _measured(folder: Path, storms: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    tree = network(folder)
    codes = [code for code, _device in tree.customers]
    world = World(tree.forest(codes), Habits())
    forest = world.forest
    figures: dict[str, Any] = {"customers": forest.customers, "devices": forest.devices, "storms": storms}
    peers: dict[str, Any] = {}
    say(f"{folder.name}: {forest.customers} customers, {forest.devices} devices, {storms} storms")
    rules = Parameters(odds=ODDS)
    for minutes in (5.0, 15.0):
        rng = np.random.default_rng([seed, int(minutes)])
        seen = [world.storm(rng, minutes) for _n in range(storms)]
        other = [world.storm(rng, minutes) for _n in range(max(20, storms // 3))]
        best = max(RULES, key=lambda rule: _score(forest, other, minutes, False, _counter(rule))["f1"])
        label = f"{minutes:.0f}min"
        peers[label] = _score(forest, seen, minutes, False, _counter(best)) | {"rule": list(best)}
        say(f"  {label:>5} count rule        {peers[label]}")
        for meters, what in ((False, "calls"), (True, "calls+gasp")):
            figures[f"{label} {what}"] = _score(forest, seen, minutes, meters, _ours(rules))
            say(f"  {label:>5} {what:<12}      {figures[f'{label} {what}']}")
    figures["ms"] = _speed(world, rules, seed)
    figures["ms_per_10000_customers"] = round(figures["ms"]["median"] * 10000 / forest.customers, 2)
    say(f"  one inference {figures['ms']} ms; per 10,000 customers {figures['ms_per_10000_customers']} ms")
    return figures, peers


def _ours(rules: Parameters) -> Finder:
    return lambda forest, seen: [one.device for one in infer(forest, seen, rules)]


def _counter(rule: tuple[int, float, float]) -> Finder:
    return lambda forest, seen: by_counting(forest, list(seen.calls), *rule, seen.now)


def _score(forest: Forest, storms: list[Storm], minutes: float, meters: bool, finder: Finder) -> dict[str, float]:
    """Over all storms together: precision, recall, F1, and recall by voltage and with two calls or more."""
    kinds = kinds_of(forest)
    named = right = truth = 0
    classes = {"mv": [0, 0], "transformer": [0, 0], "lv": [0, 0], "lv_2_calls": [0, 0]}
    for storm in storms:
        seen = storm.observed(minutes, meters)
        found = finder(forest, seen)
        same = {d: set(forest.alike(d)) for d in found}
        hit = {d for d in storm.opened if any(d in group for group in same.values())}
        named += len(found)
        right += sum(1 for group in same.values() if group & set(storm.opened))
        truth += len(storm.opened)
        callers = [forest.customer_device[c.customer] for c in seen.calls if c.at >= 0]
        for d in storm.opened:
            kind = "mv" if kinds[d] in MV_KINDS else "transformer" if kinds[d] == DeviceKind.TRANSFORMER else "lv"
            many = kind == "lv" and sum(1 for at in callers if at == d) >= 2
            for name in (kind, "lv_2_calls") if many else (kind,):
                classes[name][0] += d in hit
                classes[name][1] += 1
    precision, recall = right / max(named, 1), right / max(truth, 1)
    scored = {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9)}
    scored |= {f"{name}_found": hit / all_ for name, (hit, all_) in classes.items() if all_}
    return {name: round(value, 3) for name, value in scored.items()}


def _speed(world: World, rules: Parameters, seed: int) -> dict[str, float]:
    """Milliseconds of processor time (one core) of one whole inference with everything heard at 15 minutes."""
    rng = np.random.default_rng([seed, 99])
    spent = []
    for _n in range(40):
        seen = world.storm(rng, 15.0).observed(15.0, True)
        began = time.thread_time()
        infer(world.forest, seen, rules)
        spent.append((time.thread_time() - began) * 1000)
    return {"median": round(float(np.median(spent)), 2), "p95": round(float(np.quantile(spent, 0.95)), 2)}
