"""Which crew to send: the quick rule that ranks crews for one job at once.

The planning of whole days over many crews is another matter; this answers the dispatcher who has one fault on the
screen and must choose within two minutes.
"""

from denghuo.engine.dispatch.quick import (
    Candidate,
    Job,
    Ranked,
    RuledOut,
    Travel,
    Weights,
    half_value,
    rank,
    rule_out,
    travel_minutes,
)

__all__ = [
    "Candidate",
    "Job",
    "Ranked",
    "RuledOut",
    "Travel",
    "Weights",
    "half_value",
    "rank",
    "rule_out",
    "travel_minutes",
]
