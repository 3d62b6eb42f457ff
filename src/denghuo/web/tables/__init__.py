"""Declarative tables over a queryset: sort, filter, page, export, reload in place."""

from denghuo.web.tables.columns import BadgeColumn, ClockColumn, Column, NumberColumn, StateColumn, TimeColumn
from denghuo.web.tables.export import TooManyRows, neutralise
from denghuo.web.tables.filters import BoolFilter, ChoiceFilter, DateRangeFilter, Filter, SearchFilter
from denghuo.web.tables.response import table_response
from denghuo.web.tables.table import Context, Table

__all__ = [
    "BadgeColumn",
    "BoolFilter",
    "ChoiceFilter",
    "ClockColumn",
    "Column",
    "Context",
    "DateRangeFilter",
    "Filter",
    "NumberColumn",
    "SearchFilter",
    "StateColumn",
    "Table",
    "TimeColumn",
    "TooManyRows",
    "neutralise",
    "table_response",
]
