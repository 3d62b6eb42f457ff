"""Indicators made of indicators: change, weighted index, weighted gain, fluctuation.

Answers are laid one under the other with a number, and put side by side by conditional sums: no join, so that a group that one
part lacks stays (without a value), and every engine does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from denghuo.engine.indicators.measuring import quotient
from denghuo.engine.indicators.model import Change, Fluctuation, Gain, Index, IndicatorFault, Parameters

if TYPE_CHECKING:
    from denghuo.engine.indicators.computing import Question

Answer = Callable[["Question"], ir.Table]


def side_by_side(parts: Sequence[ir.Table], keys: Sequence[str]) -> ir.Table:
    """The ``value`` of each part as ``value_0``, ``value_1`` … by the keys; empty where a part has none."""
    laid = ibis.union(
        *(
            part.select(*keys, part=ibis.literal(number, "int64"), value=part["value"])
            for number, part in enumerate(parts)
        )
    )
    columns = {
        f"value_{number}": laid["value"].sum(where=laid["part"] == number) for number in range(len(parts))
    }  # fmt: skip
    return laid.aggregate(by=[laid[key] for key in keys], **columns)


def change_of(formula: Change, answer: Answer, question: Question) -> ir.Table:
    """Now against before. ``numerator`` is the difference, ``denominator`` the value before."""
    now, before = _two_periods(answer, question)
    sides = side_by_side([now, before], question.keys)
    difference = sides["value_0"] - sides["value_1"]
    if formula.fall:
        difference = -difference
    value = quotient(difference, sides["value_1"]) if formula.relative else difference
    return sides.select(*question.keys, value=value, numerator=difference, denominator=sides["value_1"])


def gain_of(formula: Gain, answer: Answer, question: Question) -> ir.Table:
    """Σ W_i (now_i − before_i). ``denominator`` is the sum of the weights that counted."""
    keys = (*question.keys, formula.over)
    inner = replace(question, by=(*question.by, formula.over))
    if formula.over in question.by:
        raise IndicatorFault(f"by: the gain is summed over {formula.over}, it cannot be cut by it")
    now, before = _two_periods(answer, inner)
    sides = side_by_side([now, before], keys)
    weights = {
        name.removeprefix(formula.prefix): value
        for name, value in question.parameters.items()
        if name.startswith(formula.prefix)
    }
    weight = _weight(sides[formula.over], weights)
    part = weight * (sides["value_0"] - sides["value_1"])
    parts = sides.select(*question.keys, part=part, weight=part.isnull().ifelse(ibis.null("float64"), weight))
    sums = parts.aggregate(
        by=[parts[key] for key in question.keys], value=parts["part"].sum(), denominator=parts["weight"].sum()
    )
    return sums.select(*question.keys, "value", numerator=sums["value"], denominator=sums["denominator"])


def index_of(formula: Index, answers: Sequence[Answer], question: Question) -> ir.Table:
    """Σ weight × part ÷ Σ weight; terms that weigh nothing need no value."""
    weighed = [
        (term, question.parameters[term.weight], answer)
        for term, answer in zip(formula.terms, answers, strict=True)
        if question.parameters[term.weight] != 0
    ]
    whole = sum(weight for _term, weight, _answer in weighed)
    if whole <= 0 or any(weight < 0 for _term, weight, _answer in weighed):
        raise IndicatorFault("parameters: weights must not be negative and not all nought")
    sides = side_by_side([answer(question) for _term, _weight_, answer in weighed], question.keys)
    numerator: Any = None
    for number, (term, weight, _answer) in enumerate(weighed):
        part = _shaped(term.shape, sides[f"value_{number}"], question.parameters) * weight
        numerator = part if numerator is None else numerator + part
    return sides.select(
        *question.keys, value=numerator / whole, numerator=numerator, denominator=ibis.literal(float(whole))
    )


def fluctuation_of(formula: Fluctuation, answer: Answer, question: Question) -> ir.Table:
    """σ ÷ μ over the stretches of the period. ``numerator`` is σ, ``denominator`` μ."""
    if question.grain is not None:
        raise IndicatorFault("grain: a fluctuation is taken over the whole period")
    parts = answer(replace(question, grain=formula.over))
    sums = parts.aggregate(
        by=[parts[key] for key in question.keys],
        numerator=parts["value"].std(how="pop").cast("float64"),
        denominator=parts["value"].mean().cast("float64"),
    )
    value = quotient(sums["numerator"], sums["denominator"])
    return sums.select(*question.keys, value=value, numerator=sums["numerator"], denominator=sums["denominator"])


def _two_periods(answer: Answer, question: Question) -> tuple[ir.Table, ir.Table]:
    if question.against == (None, None):
        raise IndicatorFault("against: a change needs the period before")
    if question.grain is not None:
        raise IndicatorFault("grain: a change compares two whole periods")
    return answer(question), answer(replace(question, period=question.against, against=(None, None)))


def _weight(over: ir.Value, weights: Parameters) -> ir.Value:
    branches = [(over == name, ibis.literal(float(value))) for name, value in sorted(weights.items())]
    if not branches:
        raise IndicatorFault("parameters: a gain needs weights")
    return ibis.cases(*branches, else_=ibis.null("float64"))


def _shaped(shape: Callable[[Any, Parameters], Any] | None, value: ir.Value, parameters: Parameters) -> Any:
    return value if shape is None else shape(value, parameters)
