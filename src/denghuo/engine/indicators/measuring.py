"""Short ways to write measures and the formulas made of them."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import ibis

from denghuo.engine.indicators.model import Amount, Expression, Formula, How, Measure, Parameters, Ratio

# Seconds to minutes. As a factor of the quotient: dividing whole seconds by a literal gives a rounded decimal in some engines.
MINUTE = 1 / 60


def count(fact: str, where: Formula | None = None) -> Measure:
    """How many rows."""
    return Measure(fact, How.COUNT, None, where)


def total(fact: str, of: Formula, where: Formula | None = None) -> Measure:
    """The sum of ``of``; rows without a value add nothing."""
    return Measure(fact, How.SUM, of, where)


def different(fact: str, of: Formula, where: Formula | None = None) -> Measure:
    """How many different values of ``of``."""
    return Measure(fact, How.DISTINCT, of, where)


def amount(measure: Measure, scale: float = 1.0) -> Amount:
    return Amount(measure, scale)


def share(fact: str, part: Formula, of: Formula | None = None) -> Ratio:
    """Rows where ``part`` holds ÷ rows where ``of`` holds (default: all rows), 0–1."""
    return Ratio(count(fact, part if of is None else both(of, part)), count(fact, of))


def mean(fact: str, of: Formula, where: Formula | None = None, scale: float = 1.0) -> Ratio:
    """``scale`` × the mean of ``of`` over the rows that have a value."""
    return Ratio(total(fact, of, where), count(fact, known(of) if where is None else both(where, known(of))), scale)


def of_sums(fact: str, top: Formula, bottom: Formula, where: Formula | None = None, scale: float = 1.0) -> Ratio:
    """The sum of ``top`` ÷ the sum of ``bottom``."""
    return Ratio(total(fact, top, where), total(fact, bottom, where), scale)


def settle(formula: Formula, parameters: Parameters) -> Expression:
    """The expression of a formula: a function is called with the parameters."""
    # Ibis's deferred expressions are callable objects too.
    return formula(parameters) if isinstance(formula, FunctionType) else formula


def both(first: Formula, second: Formula) -> Formula:
    """Both conditions hold."""
    return lambda p: settle(first, p) & settle(second, p)


def known(formula: Formula) -> Formula:
    """The value is there."""
    return lambda p: settle(formula, p).notnull()


def double(value: int) -> Any:
    """A whole number as float64. A literal ``0.0`` is a decimal in some engines and would make the other side one too."""
    return ibis.literal(value, "int64").cast("float64")


def quotient(top: Any, bottom: Any) -> Any:
    """``top ÷ bottom`` of float64 values; empty where ``bottom`` is nought."""
    return top / bottom.nullif(double(0))
