"""100 simulated days of a load that moves, at equal agent-hours: heads by four methods, and the worst half-hour of each.

The methods differ in where they put the heads: the interval's own load (SIPP), the load one handling time earlier (lag-SIPP), the
modified offered load (MOL), the iterative method by simulation. The iterative one's total is given to all, in proportion.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from benchmarks.common import say
from denghuo.engine.queueing import Targets, moving_requirement, requirement
from denghuo.engine.simulation import Centre, Group, Queue, Times, simulate, staffed
from denghuo.engine.simulation.iterating import scaled

TARGET, WITHIN, PATIENCE, DAYS = 0.8, 20.0, 180.0, 100
INTERVALS: Final = 48


def days() -> dict[str, Any]:
    """For handling times of 300 s and 900 s: worst half-hour's service level by method, all of other seeds than the search."""
    figures: dict[str, Any] = {}
    for handling in (300.0, 900.0):
        for name, value in _methods(handling).items():
            figures[f"handling_{handling:.0f}_{name}"] = value
            say(f"{handling:.0f} s  {name:<24} {value}")
    return figures


def load() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Contacts by half-hour of a provincial day: a quiet night, peaks at ten and at seven in the evening."""
    hour = np.arange(INTERVALS) / 2
    peaks = np.exp(-(((hour - 10) / 2.0) ** 2)) + 0.8 * np.exp(-(((hour - 19) / 2.0) ** 2))
    return np.asarray(60.0 + 540.0 * peaks)


def _methods(handling: float) -> dict[str, Any]:
    contacts, targets = load(), Targets(TARGET, WITHIN)
    earlier = np.interp(np.arange(INTERVALS) - handling / 1800.0, np.arange(INTERVALS), contacts)
    heads = {
        "sipp": requirement(contacts, handling, targets, patience=PATIENCE).heads,
        "lag_sipp": requirement(earlier, handling, targets, patience=PATIENCE).heads,
        "mol": moving_requirement(contacts, handling, targets, patience=PATIENCE).heads,
    }

    def centre(row: tuple[int, ...]) -> Centre:
        queue = Queue("power", tuple(contacts), Times(handling), Times(PATIENCE), within=WITHIN)
        return Centre((queue,), (Group("all", row),))

    found = staffed(centre(tuple(int(n) for n in heads["mol"])), TARGET, 3 * DAYS, seed=1)
    total = sum(found.heads)
    rows = {name: scaled(row, total) for name, row in heads.items()} | {"iterated": found.heads}
    figures: dict[str, Any] = {"agent_hours": total / 2, "rounds": found.rounds}
    for name, row in rows.items():
        level = simulate(centre(row), DAYS, seed=2).by_interval()["service_level"]
        figures[f"{name}_worst"] = round(float(level.min()), 4)
        figures[f"{name}_misses_by_5_points"] = int((level < TARGET - 0.05).sum())
    return figures | {f"{name}_own_agent_hours": float(row.sum()) / 2 for name, row in heads.items()}
