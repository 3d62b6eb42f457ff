"""Which device is open: from calls, meters, breakers and operators over the supply tree, and who is still out after.

The inference brings compiled code with it; a process that never infers must not pay for it, so its names are looked up when
they are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from denghuo.engine.outage.restoring import (
    Course,
    Estimate,
    Past,
    Report,
    Slips,
    estimate,
    learn,
    learn_courses,
    slips,
    stage_of,
)
from denghuo.engine.outage.types import (
    DEFAULT_ODDS,
    KINDS,
    MV_KINDS,
    Call,
    DeviceKind,
    Forest,
    Found,
    Grade,
    Left,
    Observations,
    Parameters,
    Reason,
    forest,
)

if TYPE_CHECKING:
    from denghuo.engine.outage.inference import customers_of, infer, kinds_of, warm_up
    from denghuo.engine.outage.remaining import still_out

_LATER = {
    "customers_of": "inference",
    "infer": "inference",
    "kinds_of": "inference",
    "warm_up": "inference",
    "still_out": "remaining",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "DEFAULT_ODDS",
    "KINDS",
    "MV_KINDS",
    "Call",
    "Course",
    "DeviceKind",
    "Estimate",
    "Forest",
    "Found",
    "Grade",
    "Left",
    "Observations",
    "Parameters",
    "Past",
    "Reason",
    "Report",
    "Slips",
    "customers_of",
    "estimate",
    "forest",
    "infer",
    "kinds_of",
    "learn",
    "learn_courses",
    "slips",
    "stage_of",
    "still_out",
    "warm_up",
]
