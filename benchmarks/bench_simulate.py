"""The simulated centre beside SimPy and Ciw: events a processor second, a national day, 1,000 days of a what-if.

An event is an arrival, the end of a service or the end of a patience, counted alike for everybody. Peers run a shorter day
(``--peer-seconds``) of the same national queue: a whole one takes Ciw a minute.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from benchmarks.common import emit, say
from benchmarks.simulate_peers import ciw_day, simpy_day
from denghuo.engine.routing import QueuePlan, Step
from denghuo.engine.simulation import Centre, Group, Outcome, Queue, Times, compare, simulate

INTERVALS: Final = 48
CONTACTS, HANDLING, PATIENCE, HEADS = 260_000.0, 300.0, 180.0, 900
PRINTED: Final = {"abandonment": 0.016597, "service_level": 0.97784}


def main(argv: list[str]) -> None:
    """Options: ``--days N`` of the what-if, ``--scale S`` (share of the national load in it), ``--peer-seconds``."""
    parser = argparse.ArgumentParser(prog="denghuo bench simulate")
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--scale", type=float, default=0.02)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peer-seconds", type=float, default=3600.0)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args(argv)
    figures = national() | skilled() | what_if(options.days, options.scale, options.workers)
    peer: dict[str, Any] = {}
    if not options.no_peer:
        peer = peers(options.peer_seconds)
        for name, found in peer.items():
            figures[f"{name}_ratio"] = round(figures["single_events_per_s"] / found["events_per_s"], 1)
    say(json.dumps({"ours": figures, "peer": peer}, indent=1, default=float))
    emit("simulate", figures, peer or None)


def timed(work: Callable[[], Outcome]) -> tuple[float, Outcome]:
    """(processor seconds, outcome) after compiling."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def plain() -> Centre:
    """M/M/900+M, the first two hours as warm-up."""
    queue = Queue("power", (CONTACTS / INTERVALS,) * INTERVALS, Times(HANDLING), Times(PATIENCE))
    return Centre((queue,), (Group("all", (HEADS,) * INTERVALS),), warm_up=4)


def national() -> dict[str, Any]:
    """Sixteen national days: speed with drawing included, and whether the printed values lie in the limits."""
    simulate(plain(), 1)
    spent, found = timed(lambda: simulate(plain(), 16))
    figures: dict[str, Any] = {
        "single_events_per_s": round(found.events / spent), "national_day_cpu_s": round(spent / 16, 4)
    }  # fmt: skip
    for measure, value in PRINTED.items():
        got = found.estimate(measure)
        figures[measure], figures[f"{measure}_half_width"] = round(got.mean, 5), round(got.half_width, 5)
        figures[f"{measure}_printed"] = value
    return figures


def mixed(scale: float) -> Centre:
    """Eight queues with priorities, ladders, abandonment, retrial and outage surge; five groups with breaks and absence."""
    skills = [f"s{n}" for n in range(8)]
    surge = tuple(1.5 if 20 <= k < 24 else 1.0 for k in range(INTERVALS))
    queues = []
    for n, skill in enumerate(skills):
        plan = QueuePlan(
            skill, {skill: 2}, base_points=float(n % 3) * 10,
            ladder=(Step(after_seconds=20, lower={skill: 1}), Step(after_seconds=60, alternative={"s1" if n == 0 else "s0": 1})),
        )  # fmt: skip
        share = CONTACTS * scale / INTERVALS / len(skills)
        queues.append(
            Queue(
                skill, (share,) * INTERVALS, Times(HANDLING), Times(PATIENCE), surge=surge if n == 0 else (), retry=0.3,
                routing=plan,
            )
        )  # fmt: skip
    heads = max(2, round(HEADS * scale / 5 * 1.12))
    groups = []
    for g in range(5):
        known = {skills[(2 * g + k) % 8]: 3 - k // 2 for k in range(4)} | {"s0": 1}
        breaks = tuple(heads // 10 if k % 8 == g else 0 for k in range(INTERVALS))
        groups.append(Group(f"g{g}", (heads,) * INTERVALS, known, breaks, absence=0.03))
    return Centre(tuple(queues), tuple(groups), busyness=0.05, warm_up=2)


def skilled() -> dict[str, Any]:
    """The general path around the live router: a provincial centre and the national one."""
    simulate(mixed(0.02), 1)
    figures: dict[str, Any] = {}
    for name, scale, days in (("province", 0.04, 16), ("nation", 1.0, 1)):
        spent, found = timed(lambda scale=scale, days=days: simulate(mixed(scale), days))  # type: ignore[misc]
        figures[f"skilled_{name}_events_per_s"] = round(found.events / spent)
        figures[f"skilled_{name}_day_cpu_s"] = round(spent / days, 3)
    return figures


def what_if(days: int, scale: float, workers: int) -> dict[str, Any]:
    """One head a group more: elapsed seconds of both sides, and the difference with its half width."""
    before = mixed(scale)
    after = replace(before, groups=tuple(replace(g, heads=tuple(h + 1 for h in g.heads)) for g in before.groups))
    began = time.perf_counter()
    found = compare(before, after, days, workers=workers)
    spent = time.perf_counter() - began
    gain = found.difference("service_level")
    return {
        "what_if_days": days, "what_if_contacts_a_day": round(CONTACTS * scale), "what_if_workers": workers,
        "what_if_s": round(spent, 1), "what_if_gain": round(gain.mean, 5), "what_if_half_width": round(gain.half_width, 5),
    }  # fmt: skip


def peers(seconds: float) -> dict[str, Any]:
    """What is installed of SimPy and Ciw."""
    found = {}
    for name, run in (("simpy", simpy_day), ("ciw", ciw_day)):
        try:
            found[name] = run(CONTACTS / 86_400, HANDLING, PATIENCE, HEADS, seconds)
        except ImportError:
            say(f"{name} is not installed (make bench): it is left out")
    return found
