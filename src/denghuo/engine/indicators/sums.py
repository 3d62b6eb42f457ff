"""Sums and counts over the rows of a fact: the one place that filters, cuts by time and groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from denghuo.engine.indicators.facts import FACTS
from denghuo.engine.indicators.measuring import double, settle
from denghuo.engine.indicators.model import Fact, Grain, How, IndicatorFault, Measure, Parameters

UTC_OFFSET_SECONDS = 8 * 3600
HALF_HOUR_SECONDS = 1800
HALF_HOURS_A_DAY = 48
_UNITS = {Grain.WEEK: "W", Grain.MONTH: "M", Grain.QUARTER: "Q", Grain.YEAR: "Y"}


class Asked(Protocol):
    """The part of a question that rows are chosen and grouped by."""

    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def period(self) -> tuple[dt.date | None, dt.date | None]: ...
    @property
    def grain(self) -> Grain | None: ...
    @property
    def where(self) -> Any: ...
    @property
    def below(self) -> str: ...
    @property
    def parameters(self) -> Parameters: ...


Tables = Callable[[str], ir.Table]


def keys_of(by: Sequence[str], grain: Grain | None) -> tuple[str, ...]:
    """The columns that rows are grouped by."""
    if grain is None:
        return tuple(by)
    return (*by, "period", "half_hour") if grain is Grain.HALF_HOUR else (*by, "period")


def measured(measures: Mapping[str, Measure], tables: Tables, asked: Asked) -> ir.Table:
    """Measures over one fact, grouped, in one pass over its rows: a column of float64 for each name."""
    (code,) = {measure.fact for measure in measures.values()}
    rows = chosen(FACTS[code], tables(code), asked)
    found = {name: _aggregate(rows, measure, asked.parameters) for name, measure in measures.items()}
    return rows.aggregate(by=_cuts(rows, asked), **found)


def combined(measures: Mapping[str, Measure], tables: Tables, asked: Asked) -> ir.Table:
    """As :func:`measured`, of several facts: each is summed by itself, and the sums are laid together.

    A union and a sum, no join: groups that only one fact has stay, and an empty dimension value matches itself.
    """
    by_fact: dict[str, dict[str, Measure]] = {}
    for name, measure in measures.items():
        by_fact.setdefault(measure.fact, {})[name] = measure
    if len(by_fact) == 1:
        return measured(measures, tables, asked)
    keys = keys_of(asked.by, asked.grain)
    parts = []
    for own in by_fact.values():
        part = measured(own, tables, asked)
        columns = {name: part[name] if name in own else ibis.null("float64") for name in measures}
        parts.append(part.select(*keys, **columns))
    laid = ibis.union(*parts)
    return laid.aggregate(
        by=[laid[key] for key in keys], **{name: laid[name].sum().fill_null(double(0)) for name in measures}
    )


def bound(measure: Measure, parameters: Parameters) -> Measure:
    """The measure with its parameters filled in."""
    of = None if measure.of is None else settle(measure.of, parameters)
    return replace(measure, of=of, where=None if measure.where is None else settle(measure.where, parameters))


def chosen(fact: Fact, table: ir.Table, asked: Asked) -> ir.Table:
    """The rows of the period, of the units and of the values asked for."""
    first, end = asked.period
    conditions: list[Any] = []
    if first is not None:
        conditions.append(table["day"] >= ibis.literal(first))
    if end is not None:
        conditions.append(table["day"] < ibis.literal(end))
    if asked.below:
        conditions.append(table["org_path"].startswith(asked.below))
    if isinstance(asked.where, Mapping):
        conditions += [_equals(fact, table, name, wanted) for name, wanted in asked.where.items()]
    elif asked.where is not None:
        conditions.append(asked.where)
    return table.filter(*conditions) if conditions else table


def _equals(fact: Fact, table: ir.Table, name: str, wanted: Any) -> ir.BooleanValue:
    if name not in fact.dimensions:
        raise IndicatorFault(f"where: {fact.code} has no dimension {name!r}")
    if isinstance(wanted, list | tuple | set | frozenset):
        return table[name].isin(sorted(wanted))
    return table[name] == wanted


def _aggregate(rows: ir.Table, measure: Measure, parameters: Parameters) -> ir.Value:
    measure = bound(measure, parameters)
    where = None if measure.where is None else _on(rows, measure.where)
    if measure.how is How.COUNT:
        # Sail counts no rows as nothing instead of nought.
        return rows.count(where=where).fill_null(0).cast("float64")
    of = _on(rows, measure.of)
    if measure.how is How.DISTINCT:
        return of.nunique(where=where).fill_null(0).cast("float64")
    return of.sum(where=where).cast("float64")


def _on(rows: ir.Table, expression: Any) -> Any:
    (found,) = rows.bind(expression)
    return found


def _cuts(rows: ir.Table, asked: Asked) -> dict[str, ir.Value]:
    cuts: dict[str, ir.Value] = {name: rows[name] for name in asked.by}
    if asked.grain is not None:
        day = rows["day"]
        cuts["period"] = day.truncate(_UNITS[asked.grain]) if asked.grain in _UNITS else day
    if asked.grain is Grain.HALF_HOUR:
        cuts["half_hour"] = rows["half_hour"]
    return cuts


def half_hour_of(at: ir.TimestampValue, offset: int = UTC_OFFSET_SECONDS) -> ir.IntegerValue:
    """The half hour of the business day, 0–47, of a moment; ``offset``: seconds that business time is ahead of UTC.

    For sources whose rows have only the moment: a fact holds the half hour beside the day, because DuckDB takes four times as
    long to find it in each query. DuckDB and PostgreSQL need a session in UTC.
    """
    return (at.epoch_seconds() + offset) // HALF_HOUR_SECONDS % HALF_HOURS_A_DAY
