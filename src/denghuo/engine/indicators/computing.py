"""From a definition to an Ibis table expression that any backend can run.

The expression has the columns asked for in ``by``, with a grain ``period`` (first business day of the stretch; at the grain of
half hours also ``half_hour``, 0–47 of the business day), and

``value``        float64, empty where it cannot be said (nothing to divide by)
``numerator``    float64, what the value is made of: sums of it over parts give the whole's …
``denominator``  float64, … unless a measure counts different values

Numbers are cast to float64 before they are divided: PostgreSQL divides integers to integers. Nothing uses a quantile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import ibis.expr.types as ir

from denghuo.engine.indicators.book import BOOK
from denghuo.engine.indicators.facts import FACTS
from denghuo.engine.indicators.formulas import change_of, fluctuation_of, gain_of, index_of
from denghuo.engine.indicators.measuring import quotient
from denghuo.engine.indicators.model import (
    Amount,
    Change,
    Definition,
    Fact,
    Fluctuation,
    Gain,
    Grain,
    Index,
    IndicatorFault,
    Measure,
    Parameters,
    Ratio,
)
from denghuo.engine.indicators.sums import bound, combined, keys_of, measured

Source = Mapping[str, ir.Table] | Callable[[Fact], ir.Table]
Period = tuple[dt.date | None, dt.date | None]
Find = Callable[[str], Definition]


@dataclass(frozen=True)
class Question:
    """What is asked of an indicator.

    ``by``: dimensions. ``period``: business days, first and first not (either may be open). ``against``: the period before, for
    indicators of change. ``grain``: stretches of time, None for the period as a whole. ``where``: dimension → value or values,
    or an Ibis deferred condition. ``below``: path of an org unit; only it and those below it.
    """

    by: tuple[str, ...] = ()
    period: Period = (None, None)
    against: Period = (None, None)
    grain: Grain | None = None
    where: Any = None
    below: str = ""
    parameters: Parameters = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row of the answer."""
        return keys_of(self.by, self.grain)


def compute(
    definition: Definition,
    source: Source,
    *,
    by: Sequence[str] = (),
    period: Period = (None, None),
    against: Period = (None, None),
    grain: Grain | str | None = None,
    where: Any = None,
    below: str = "",
    parameters: Parameters | None = None,
    find: Find | None = None,
) -> ir.Table:
    """The indicator as a table expression over ``source`` (fact code → Ibis table, or a function from the fact to one).

    See :class:`Question` for the other arguments and the module for the columns. ``find`` gives other definitions by code for
    indicators made of indicators; default the shipped registry. Raises IndicatorFault for a dimension the facts do not have, a
    grain finer than the definition's, or a fact the source does not have.
    """
    question = Question(
        tuple(by), period, against, Grain(grain) if grain else None, where, below,
        definition.settled(parameters),
    )  # fmt: skip
    return Computing(source, find or shipped).answer(definition, question)


def compute_together(
    definitions: Sequence[Definition],
    source: Source,
    *,
    by: Sequence[str] = (),
    period: Period = (None, None),
    grain: Grain | str | None = None,
    where: Any = None,
    below: str = "",
    parameters: Mapping[str, Parameters] | None = None,
    find: Find | None = None,
) -> ir.Table:
    """Several indicators in one pass over each fact: the keys, and a column named by the code of each.

    Only amounts and ratios; ``parameters`` by code. Values are those of :func:`compute`, except that a group which one
    indicator lacks is there when another has it. Raises IndicatorFault as :func:`compute` does.
    """
    asked = Question(tuple(by), period, (None, None), Grain(grain) if grain else None, where, below)
    computing = Computing(source, find or shipped)
    measures: dict[str, Measure] = {}
    for definition in definitions:
        computing.check(definition, asked)
        settled = definition.settled((parameters or {}).get(definition.code))
        for side, measure in _sides(definition).items():
            measures[f"{side}_{definition.code}"] = bound(measure, settled)
    sums = combined(measures, computing.table, asked)
    values = {}
    for definition in definitions:
        top, formula = sums[f"top_{definition.code}"], definition.formula
        if isinstance(formula, Ratio):
            values[definition.code] = _scaled(quotient(top, sums[f"bottom_{definition.code}"]), formula)
        elif isinstance(formula, Amount):
            values[definition.code] = _scaled(top, formula)
    return sums.select(*asked.keys, **values)


def _sides(definition: Definition) -> dict[str, Measure]:
    formula = definition.formula
    if isinstance(formula, Amount):
        return {"top": formula.measure}
    if isinstance(formula, Ratio):
        return {"top": formula.top, "bottom": formula.bottom}
    raise IndicatorFault(f"definitions: {definition.code} is made of other indicators and is computed by itself")


def _scaled(value: ir.Value, formula: Amount | Ratio) -> ir.Value:
    """Without the steps that change nothing: engines do not all leave them out."""
    scaled = value if formula.scale == 1.0 else value * formula.scale
    return scaled + formula.offset if isinstance(formula, Ratio) and formula.offset else scaled


def shipped(code: str) -> Definition:
    """A shipped definition; raises IndicatorFault."""
    try:
        return BOOK[code]
    except KeyError:
        raise IndicatorFault(f"code: there is no indicator {code!r}") from None


def facts_of(definition: Definition, find: Find | None = None) -> tuple[str, ...]:
    """Codes of the facts an indicator is counted from, also through other indicators."""
    formula, find = definition.formula, find or shipped
    if isinstance(formula, Amount):
        return (formula.measure.fact,)
    if isinstance(formula, Ratio):
        return tuple(dict.fromkeys((formula.top.fact, formula.bottom.fact)))
    parts = [term.of for term in formula.terms] if isinstance(formula, Index) else [formula.of]
    return tuple(dict.fromkeys(fact for part in parts for fact in facts_of(find(part), find)))


def dimensions_of(definition: Definition, find: Find | None = None) -> tuple[str, ...]:
    """The dimensions an indicator may be cut by: those that all its facts have."""
    first, *others = (FACTS[code].dimensions for code in facts_of(definition, find))
    return tuple(name for name in first if all(name in other for other in others))


@dataclass(frozen=True)
class Computing:
    """One source, and where definitions come from."""

    source: Source
    find: Find

    def answer(self, definition: Definition, question: Question) -> ir.Table:
        """The expression; ``question.parameters`` are settled."""
        self.check(definition, question)
        formula = definition.formula
        if isinstance(formula, Amount):
            sums = measured({"numerator": formula.measure}, self.table, question)
            return _valued(sums, question, _scaled(sums["numerator"], formula), None)
        if isinstance(formula, Ratio):
            sums = combined({"numerator": formula.top, "denominator": formula.bottom}, self.table, question)
            value = _scaled(quotient(sums["numerator"], sums["denominator"]), formula)
            return _valued(sums, question, value, sums["denominator"])
        if isinstance(formula, Change):
            return change_of(formula, self.inner(formula.of, question), question)
        if isinstance(formula, Gain):
            return gain_of(formula, self.inner(formula.of, question), question)
        if isinstance(formula, Fluctuation):
            return fluctuation_of(formula, self.inner(formula.of, question), question)
        return index_of(formula, [self.inner(term.of, question) for term in formula.terms], question)

    def inner(self, code: str, outer: Question) -> Callable[[Question], ir.Table]:
        """Answers another indicator; it takes those of the outer parameters that it has itself."""
        definition = self.find(code)
        known = {parameter.name for parameter in definition.parameters}
        given = {name: value for name, value in outer.parameters.items() if name in known}
        settled = definition.settled(given)
        return lambda question: self.answer(definition, replace(question, parameters=settled))

    def table(self, code: str) -> ir.Table:
        """The fact's table."""
        fact = FACTS[code]
        if callable(self.source):
            return self.source(fact)
        if code not in self.source:
            raise IndicatorFault(f"source: it has no fact {code!r}")
        return self.source[code]

    def check(self, definition: Definition, question: Question) -> None:
        """Raise IndicatorFault for a question the definition has no answer to."""
        missing = [name for name in question.by if name not in dimensions_of(definition, self.find)]
        if missing:
            raise IndicatorFault(f"by: {definition.code} cannot be cut by {', '.join(missing)}")
        if question.grain is not None and not definition.grain.within(question.grain):
            raise IndicatorFault(f"grain: {definition.code} has none finer than {definition.grain.value}")


def _valued(sums: ir.Table, question: Question, value: ir.Value, denominator: ir.Value | None) -> ir.Table:
    below = ibis.null("float64") if denominator is None else denominator
    return sums.select(*question.keys, value=value, numerator=sums["numerator"], denominator=below)
