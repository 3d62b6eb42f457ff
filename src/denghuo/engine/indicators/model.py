"""What an indicator is made of: facts with typed columns, measures over them, formulas of measures, and the definition.

A *fact* is a logical table: what one row stands for and which columns it has. Where its rows come from (product tables, the
lake, a cluster) is the caller's business. A *measure* is one sum or count over the rows of a fact. A *formula* puts measures or
other indicators together. All of it is data; :mod:`denghuo.engine.indicators.computing` turns it into an Ibis expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Parameters = Mapping[str, float]
# An expression over the columns of a fact, written with ``ibis._``, or a function from the parameters to one.
Expression = Any
Formula = Expression | Callable[[Parameters], Expression]


class IndicatorFault(ValueError):
    """A definition or a question that cannot be computed; the text names the field."""


class ColumnType(StrEnum):
    """Types every engine has. The values are Ibis types; moments are UTC, days are business days of the product."""

    TEXT = "string"
    INTEGER = "int64"
    NUMBER = "float64"
    FLAG = "boolean"
    MOMENT = "timestamp('UTC')"
    DAY = "date"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    TARGET = "target"


class Grain(StrEnum):
    """Stretches of business time, finest first. ``HALF_HOUR`` adds the column ``half_hour`` (0–47) beside the day."""

    HALF_HOUR = "half_hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    def within(self, other: Grain) -> bool:
        """Whether this grain is as fine as ``other`` or finer."""
        order = list(Grain)
        return order.index(self) <= order.index(other)


class Unit(StrEnum):
    """Units of values. A share is 0–1 and is shown as a percentage."""

    SHARE = "share"
    SECONDS = "s"
    MINUTES = "min"
    HOURS = "h"
    COUNT = "count"
    SCORE = "score"
    POINTS = "points"
    YUAN = "yuan"
    PER_HEAD = "per_head"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, its names, its unit, and whether figures may be cut by it."""

    name: str
    type: ColumnType
    zh: str
    en: str
    unit: str = ""
    dimension: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A logical table. ``row`` says what one row stands for; ``finest`` is the finest grain its rows can be cut to.

    Every fact has ``day`` (business day); facts of half-hour grain have ``half_hour`` (0–47 of that day) and ``at`` (moment, UTC).
    """

    code: str
    zh: str
    en: str
    row: str
    columns: tuple[Column, ...]
    finest: Grain = Grain.HALF_HOUR

    def column(self, name: str) -> Column:
        """The column of that name; raises IndicatorFault."""
        for column in self.columns:
            if column.name == name:
                return column
        raise IndicatorFault(f"column: {self.code} has no column {name!r}")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the columns that figures may be cut by."""
        return tuple(column.name for column in self.columns if column.dimension)

    @property
    def schema(self) -> dict[str, str]:
        """Column → Ibis type."""
        return {column.name: column.type.value for column in self.columns}


class How(StrEnum):
    """How a measure adds up. ``DISTINCT`` counts different values: it cannot be added over parts."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Measure:
    """A count of rows, a sum of ``of``, or a count of different values of ``of``, over the rows where ``where`` is true."""

    fact: str
    how: How
    of: Formula | None = None
    where: Formula | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """``scale`` × a measure."""

    measure: Measure
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """``offset + scale × top ÷ bottom``; no value where ``bottom`` is nought. The measures may be of two facts."""

    top: Measure
    bottom: Measure
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """An indicator now against the period before: now − before, or with ``relative`` that ÷ before; ``fall`` turns the sign,
    so that a fall counts as a gain."""

    of: str
    relative: bool = True
    fall: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One part of an index: an indicator, the parameter that weighs it, and how its value becomes a part of 0–1."""

    of: str
    weight: str
    shape: Callable[[Any, Parameters], Any] | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """Σ weight × part ÷ Σ weight. Without a value where any part with a weight has none."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """Σ W_i × (now_i − before_i) over the values i of dimension ``over``; weights are parameters ``<prefix><value>``.

    A value without a weight counts nothing; one without a figure in either period counts nothing.
    """

    of: str
    over: str
    prefix: str = "weight_"


@dataclass(frozen=True, slots=True)
class Fluctuation:
    """Standard deviation ÷ mean of an indicator's values over the stretches ``over`` of the period (population form)."""

    of: str
    over: Grain = Grain.DAY


AnyFormula = Amount | Ratio | Change | Index | Gain | Fluctuation


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of a definition that the user may set; ``default`` is documented, a policy overrules it."""

    name: str
    default: float
    zh: str
    en: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """One indicator.

    ``words``: the formula in words (Chinese, as in the guideline). ``source``: document and clause. ``family`` joins the
    variants of one indicator where documents disagree, ``variant`` says which this is. ``ours``: the source names the
    indicator but gives no formula, or the formula is this product's own.
    """

    code: str
    zh: str
    en: str
    meaning: str
    words: str
    formula: AnyFormula
    unit: Unit
    direction: Direction
    source: str
    owner: str
    grain: Grain = Grain.HALF_HOUR
    parameters: tuple[Parameter, ...] = ()
    family: str = ""
    variant: str = ""
    ours: bool = False
    version: int = 1
    tags: tuple[str, ...] = field(default=())

    def settled(self, given: Parameters | None = None) -> dict[str, float]:
        """All parameters with their values; raises IndicatorFault for one that the definition does not have."""
        values = {parameter.name: parameter.default for parameter in self.parameters}
        for name, value in (given or {}).items():
            if name not in values:
                raise IndicatorFault(f"parameters: {self.code} has no parameter {name!r}")
            values[name] = value
        # A whole number stays one: compared with ``20.0``, a column of integers is cast row by row.
        return {name: int(value) if float(value).is_integer() else float(value) for name, value in values.items()}
