"""A contact centre played through, event by event, with the routing rules that serve live contacts.

:func:`simulate` gives a day's figures with confidence intervals, :func:`compare` two centres under the same customers;
:func:`staffed` finds heads for every interval by simulation, :func:`fewest_heads` the cheapest mix of skills,
:func:`rest_of_day` and :func:`effect_of_move` look ahead from the state of the moment. Why this way: ``docs/explanation/simulation.md``.

Names that bring numba with them are looked up when they are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denghuo.engine.simulation.iterating import Staffed, staffed
    from denghuo.engine.simulation.model import (
        Centre,
        Comparison,
        Estimate,
        Group,
        Outcome,
        Queue,
        Spread,
        Stopped,
        Times,
    )
    from denghuo.engine.simulation.multiskill import MultiSkill, fewest_heads
    from denghuo.engine.simulation.realtime import Now, effect_of_move, moved, rest_of_day
    from denghuo.engine.simulation.running import compare, simulate

_LATER = {
    "Centre": "model",
    "Comparison": "model",
    "Estimate": "model",
    "Group": "model",
    "MultiSkill": "multiskill",
    "Now": "realtime",
    "Outcome": "model",
    "Queue": "model",
    "Spread": "model",
    "Staffed": "iterating",
    "Stopped": "model",
    "Times": "model",
    "compare": "running",
    "effect_of_move": "realtime",
    "fewest_heads": "multiskill",
    "moved": "realtime",
    "rest_of_day": "realtime",
    "simulate": "running",
    "staffed": "iterating",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "Centre",
    "Comparison",
    "Estimate",
    "Group",
    "MultiSkill",
    "Now",
    "Outcome",
    "Queue",
    "Spread",
    "Staffed",
    "Stopped",
    "Times",
    "compare",
    "effect_of_move",
    "fewest_heads",
    "moved",
    "rest_of_day",
    "simulate",
    "staffed",
]
