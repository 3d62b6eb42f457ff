"""The same M/M/n+M queue in SimPy and in Ciw, written as their manuals show. Returns events, processor seconds and the result."""

from __future__ import annotations

import random
import time
from typing import Any


def simpy_day(rate: float, handling: float, patience: float, heads: int, seconds: float) -> dict[str, Any]:
    """SimPy: a process a customer, a Resource of ``heads``; who waits longer than their patience leaves."""
    import simpy

    dice, count = random.Random(1), {"offered": 0, "abandoned": 0, "served": 0}

    def customer(env: Any, agents: Any) -> Any:
        with agents.request() as turn:
            got = yield turn | env.timeout(dice.expovariate(1 / patience))
            if turn in got:
                count["served"] += 1
                yield env.timeout(dice.expovariate(1 / handling))
            else:
                count["abandoned"] += 1

    def source(env: Any, agents: Any) -> Any:
        while True:
            yield env.timeout(dice.expovariate(rate))
            count["offered"] += 1
            env.process(customer(env, agents))

    env = simpy.Environment()
    env.process(source(env, simpy.Resource(env, heads)))
    began = time.process_time()
    env.run(until=seconds)
    return _report(count, time.process_time() - began)


def ciw_day(rate: float, handling: float, patience: float, heads: int, seconds: float) -> dict[str, Any]:
    """Ciw: one node with reneging."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate)],
        service_distributions=[ciw.dists.Exponential(1 / handling)],
        reneging_time_distributions=[ciw.dists.Exponential(1 / patience)],
        number_of_servers=[heads],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    began = time.process_time()
    simulation.simulate_until_max_time(seconds)
    spent = time.process_time() - began
    records = simulation.get_all_records()
    left = sum(record.record_type == "renege" for record in records)
    return _report({"offered": len(records), "abandoned": left, "served": len(records) - left}, spent)


def _report(count: dict[str, int], spent: float) -> dict[str, Any]:
    events = sum(count.values())
    return {
        "events": events, "cpu_s": round(spent, 3), "events_per_s": round(events / spent),
        "abandoned": round(count["abandoned"] / max(1, count["offered"]), 5),
    }  # fmt: skip
