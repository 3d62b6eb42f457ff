"""Which crew to send: the quick rule that ranks crews for one job at once, and the plan of all crews.

The quick rule (:func:`rank`) answers the dispatcher who has one fault on the screen. The plan (:func:`solve`) decides
over all crews and orders together and is made anew at every event; :func:`insert_now` is its green lane,
:func:`cost_of_move` values a drag on the board, :func:`explain` says why in codes and numbers. Ways and figures:
``docs/explanation/dispatch.md``.

The plan brings compiled code with it, which a process that only ranks must not pay for: its names are looked up when they
are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from denghuo.engine.dispatch.model import Costs, Crew, Order, Plan, Problem, Stop
from denghuo.engine.dispatch.model import Weights as PlanWeights
from denghuo.engine.dispatch.quick import (
    Candidate,
    Driving,
    Job,
    Place,
    Ranked,
    RuledOut,
    Travel,
    Weights,
    half_value,
    rank,
    rule_out,
    travel_minutes,
)

if TYPE_CHECKING:
    from denghuo.engine.dispatch.costing import Reason, cost_of, cost_of_move, explain, moved, timetable
    from denghuo.engine.dispatch.solving import insert_now, insertion_costs, solve, warm_up
    from denghuo.engine.dispatch.tuning import Decision, Fit, PastDay, Played, fit_weights

_COSTING = ("Reason", "cost_of", "cost_of_move", "explain", "moved", "timetable")
_SOLVING = ("insert_now", "insertion_costs", "solve", "warm_up")
_TUNING = ("Decision", "Fit", "PastDay", "Played", "fit_weights")
_LATER = dict.fromkeys(_COSTING, "costing") | dict.fromkeys(_SOLVING, "solving") | dict.fromkeys(_TUNING, "tuning")


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "Candidate",
    "Costs",
    "Crew",
    "Decision",
    "Driving",
    "Fit",
    "Job",
    "Order",
    "PastDay",
    "Place",
    "Plan",
    "PlanWeights",
    "Played",
    "Problem",
    "Ranked",
    "Reason",
    "RuledOut",
    "Stop",
    "Travel",
    "Weights",
    "cost_of",
    "cost_of_move",
    "explain",
    "fit_weights",
    "half_value",
    "insert_now",
    "insertion_costs",
    "moved",
    "rank",
    "rule_out",
    "solve",
    "timetable",
    "travel_minutes",
    "warm_up",
]
