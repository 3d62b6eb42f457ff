"""Month plans: who works which shift on which day, with a proven bound beside the cost.

:func:`solve` makes a plan by column generation, :func:`adjust` changes a published one as little as possible,
:func:`evaluate` checks and costs any plan with code of its own, :func:`read_instance` reads the benchmark's text format.
Ways and figures: ``docs/explanation/rostering.md``.

The solver needs ``highspy`` (HiGHS, MIT) and compiled code; both are loaded when a solver's name is first used
(PEP 562), so that a process that only reads or evaluates pays for neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from denghuo.engine.rostering.model import (
    OFF,
    Cover,
    Limits,
    Line,
    Lines,
    Person,
    Problem,
    Reason,
    Roster,
    Shift,
    Unmet,
    Wish,
    interval_cover,
)
from denghuo.engine.rostering.reading import read_instance

if TYPE_CHECKING:
    from denghuo.engine.rostering.adjusting import Adjusted, adjust
    from denghuo.engine.rostering.evaluating import Evaluation, Violation, evaluate
    from denghuo.engine.rostering.links import LinkRule, NotTogether, PairWithMentor, SameTeamTogether
    from denghuo.engine.rostering.rules import (
        ANY_DUTY,
        ANYTHING,
        AfterNightsRest,
        AvoidShift,
        AvoidSuccession,
        FixedPattern,
        HolidayFair,
        MaxRun,
        MaxShiftsOfKind,
        MinRun,
        NightsFair,
        NoIsolatedDay,
        PersonRule,
        RequireShiftCount,
        RotationForward,
        WeekendsOff,
        WholeWeekend,
    )
    from denghuo.engine.rostering.solving import solve

_RULES = (
    "ANYTHING", "ANY_DUTY", "AfterNightsRest", "AvoidShift", "AvoidSuccession", "FixedPattern", "HolidayFair", "MaxRun",
    "MaxShiftsOfKind", "MinRun", "NightsFair", "NoIsolatedDay", "PersonRule", "RequireShiftCount", "RotationForward",
    "WeekendsOff", "WholeWeekend",
)  # fmt: skip
_LATER = (
    dict.fromkeys(_RULES, "rules")
    | dict.fromkeys(("LinkRule", "NotTogether", "PairWithMentor", "SameTeamTogether"), "links")
    | dict.fromkeys(("Evaluation", "Violation", "evaluate"), "evaluating")
    | dict.fromkeys(("Adjusted", "adjust"), "adjusting")
    | {"solve": "solving"}
)


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "ANYTHING",
    "ANY_DUTY",
    "OFF",
    "Adjusted",
    "AfterNightsRest",
    "AvoidShift",
    "AvoidSuccession",
    "Cover",
    "Evaluation",
    "FixedPattern",
    "HolidayFair",
    "Limits",
    "Line",
    "Lines",
    "LinkRule",
    "MaxRun",
    "MaxShiftsOfKind",
    "MinRun",
    "NightsFair",
    "NoIsolatedDay",
    "NotTogether",
    "PairWithMentor",
    "Person",
    "PersonRule",
    "Problem",
    "Reason",
    "RequireShiftCount",
    "Roster",
    "RotationForward",
    "SameTeamTogether",
    "Shift",
    "Unmet",
    "Violation",
    "WeekendsOff",
    "WholeWeekend",
    "Wish",
    "adjust",
    "evaluate",
    "interval_cover",
    "read_instance",
    "solve",
]
