"""Indicators: defined once, true live and over years, on one machine or on a cluster.

:data:`INDICATORS` holds the shipped definitions, :data:`FACTS` the logical tables they are counted from. :func:`compute` gives an
Ibis expression that runs on DuckDB, PostgreSQL or Spark; :func:`compute_together` several over one pass. What a definition is:
:mod:`denghuo.engine.indicators.model`; columns of an answer: :mod:`denghuo.engine.indicators.computing`.
"""

from denghuo.engine.indicators.computing import compute, compute_together, dimensions_of, facts_of
from denghuo.engine.indicators.facts import FACTS
from denghuo.engine.indicators.model import (
    Amount,
    Change,
    Column,
    ColumnType,
    Definition,
    Direction,
    Fact,
    Fluctuation,
    Gain,
    Grain,
    How,
    Index,
    IndicatorFault,
    Measure,
    Parameter,
    Ratio,
    Term,
    Unit,
)
from denghuo.engine.indicators.registry import INDICATORS, Registry, get, unbound
from denghuo.engine.indicators.sums import half_hour_of

__all__ = [
    "FACTS",
    "INDICATORS",
    "Amount",
    "Change",
    "Column",
    "ColumnType",
    "Definition",
    "Direction",
    "Fact",
    "Fluctuation",
    "Gain",
    "Grain",
    "How",
    "Index",
    "IndicatorFault",
    "Measure",
    "Parameter",
    "Ratio",
    "Registry",
    "Term",
    "Unit",
    "compute",
    "compute_together",
    "dimensions_of",
    "facts_of",
    "get",
    "half_hour_of",
    "unbound",
]
