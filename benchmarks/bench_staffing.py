"""Erlang formulas beside pyworkforce: values from print, speed of 10,000 intervals and of one national peak interval.

Both are asked the same: the heads that answer 80 % within 20 s. ``--rounds`` repeats ours; the peer runs once (its Erlang A
takes seconds for one interval).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from benchmarks.common import emit, say
from benchmarks.staffing_days import days
from denghuo.engine.queueing import Targets, blocking, measures, requirement

DAY: Final = 86_400.0
PEAK: Final = 260_000 / 86_400 * 1800 * 1.6  # contacts of a national peak half-hour
HANDLING, PATIENCE, WITHIN = 300.0, 180.0, 20.0
PRINTED: Final = {
    "B(10, 10)": 0.21458, "C(5, 8)": 0.16727, "C(100, 110)": 0.23700, "A wait": 0.47386, "A abandoned": 0.016597,
    "A service level": 0.97784,
}  # fmt: skip


def main(argv: list[str]) -> None:
    """Options: ``--part formulas|days``, ``--intervals N``, ``--rounds N``, ``--no-peer``."""
    parser = argparse.ArgumentParser(prog="denghuo bench staffing")
    parser.add_argument("--part", choices=("formulas", "days"), default="formulas")
    parser.add_argument("--intervals", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args(argv)
    if options.part == "days":
        emit("staffing", days(), None)
        return
    figures: dict[str, Any] = {"printed": printed(), **speed(options.intervals, options.rounds)}
    peer = {} if options.no_peer else pyworkforce(figures["heads_of_the_day"])
    for name in ("erlang_c_day_s", "erlang_a_peak_s"):
        if peer.get(name):
            figures[f"{name}_ratio"] = round(peer[name] / figures[name], 0)
    del figures["heads_of_the_day"]
    say(json.dumps({"ours": figures, "peer": peer}, indent=1, default=float))
    emit("staffing", figures, {"pyworkforce": peer} if peer else None)


def printed() -> dict[str, float]:
    """Largest difference from each printed value."""
    national = measures(260_000, HANDLING, 900, interval=DAY, patience=PATIENCE, within=WITHIN)
    got = {
        "B(10, 10)": blocking(10, 10), "C(5, 8)": measures(5, 1, 8, interval=1).waits[0],
        "C(100, 110)": measures(100, 1, 110, interval=1).waits[0], "A wait": national.waits[0],
        "A abandoned": national.abandoned[0], "A service level": national.service_level[0],
    }  # fmt: skip
    return {name: round(abs(float(got[name]) - value), 8) for name, value in PRINTED.items()}


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Processor seconds of the quickest round; one before them compiles."""
    work()
    spent = []
    for _round in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def speed(intervals: int, rounds: int) -> dict[str, Any]:
    """Seconds for a day of 48 half-hours, for many intervals, and for one peak interval."""
    dice = np.random.default_rng(1)
    profile = 0.3 + 1.3 * np.sin(np.linspace(0.0, np.pi, 48))
    day = 260_000 / 48 * profile / profile.mean()
    many = 260_000 / 48 * dice.uniform(0.3, 1.6, intervals)
    targets = Targets(0.8, WITHIN)
    heads = requirement(many, HANDLING, targets, patience=PATIENCE).heads
    return {
        "intervals": intervals,
        "erlang_c_day_s": timed(lambda: requirement(day, HANDLING, targets), rounds),
        "erlang_a_day_s": timed(lambda: requirement(day, HANDLING, targets, patience=PATIENCE), rounds),
        "erlang_c_many_s": timed(lambda: requirement(many, HANDLING, targets), rounds),
        "erlang_a_many_s": timed(lambda: requirement(many, HANDLING, targets, patience=PATIENCE), rounds),
        "erlang_a_measures_many_s": timed(lambda: measures(many, HANDLING, heads, patience=PATIENCE), rounds),
        "erlang_a_peak_s": timed(lambda: requirement(PEAK, HANDLING, targets, patience=PATIENCE), rounds),
        "heads_of_the_day": [float(value) for value in day],
    }  # fmt: skip


def pyworkforce(day: list[float]) -> dict[str, Any]:
    """The same day with its Erlang C, the same peak interval with its Erlang A; {} when it is not installed."""
    try:
        from pyworkforce import queuing
    except ImportError:
        say("pyworkforce is not installed (make bench): only ours is measured")
        return {}
    began = time.process_time()
    for contacts in day:
        queuing.ErlangC(transactions=contacts, asa=WITHIN / 60, aht=HANDLING / 60, interval=30).required_positions(0.8)
    found: dict[str, Any] = {"erlang_c_day_s": time.process_time() - began}
    if not hasattr(queuing, "ErlangA"):
        say("this version of pyworkforce has no Erlang A")
        return found
    began = time.process_time()
    peak = queuing.ErlangA(
        transactions=PEAK, asa=WITHIN / 60, aht=HANDLING / 60, interval=30, patience=PATIENCE / 60
    ).required_positions(0.8)  # fmt: skip
    return found | {"erlang_a_peak_heads": peak["raw_positions"], "erlang_a_peak_s": time.process_time() - began}
