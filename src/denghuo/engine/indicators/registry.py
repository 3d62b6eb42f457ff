"""Definitions by code, the shipped ones and those an installation adds. Each is checked when it is taken in, so that a wrong
column never reaches a query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import ibis
import ibis.expr.types as ir

from denghuo.engine.indicators.book import BOOK
from denghuo.engine.indicators.computing import compute, facts_of
from denghuo.engine.indicators.facts import FACTS
from denghuo.engine.indicators.model import Change, Definition, Fact, Gain, IndicatorFault


class Registry(Mapping[str, Definition]):
    """Definitions by code, in the order they were added. They may refer to one another in any order."""

    def __init__(self, definitions: Iterable[Definition] = ()) -> None:
        self._found: dict[str, Definition] = {}
        self.add(*definitions)

    def add(self, *definitions: Definition) -> None:
        """Take definitions in, all or none; raises IndicatorFault for a code that is there, or one that cannot be computed."""
        before = dict(self._found)
        try:
            for definition in definitions:
                if definition.code in self._found:
                    raise IndicatorFault(f"code: {definition.code!r} is defined twice")
                self._found[definition.code] = definition
            for definition in definitions:
                self.check(definition)
        except IndicatorFault:
            self._found = before
            raise

    def check(self, definition: Definition) -> None:
        """Build the expression over tables without rows; raises IndicatorFault naming what does not fit."""
        for code in facts_of(definition, self.definition):
            if code not in FACTS:
                raise IndicatorFault(f"fact: {definition.code} is counted from {code!r}, which there is not")
            finest = FACTS[code].finest
            if definition.grain is not finest and definition.grain.within(finest):
                raise IndicatorFault(f"grain: {definition.code} is finer than its fact {code}")
        day = dt.date(2000, 1, 1)
        against = (day, day) if isinstance(definition.formula, Change | Gain) else (None, None)
        try:
            compute(definition, unbound, against=against, find=self.definition)
        except IndicatorFault:
            raise
        except Exception as error:  # Ibis tells of an unknown column or a wrong type in errors of many kinds
            raise IndicatorFault(f"formula: {definition.code}: {error}") from error

    def definition(self, code: str) -> Definition:
        """The definition; raises IndicatorFault."""
        try:
            return self._found[code]
        except KeyError:
            raise IndicatorFault(f"code: there is no indicator {code!r}") from None

    def family(self, name: str) -> tuple[Definition, ...]:
        """The variants of one indicator."""
        return tuple(definition for definition in self._found.values() if definition.family == name)

    def tagged(self, tag: str) -> tuple[Definition, ...]:
        """Definitions with a tag: ``headline``, ``decision``, ``composite``."""
        return tuple(definition for definition in self._found.values() if tag in definition.tags)

    def __getitem__(self, code: str) -> Definition:
        return self._found[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def unbound(fact: Fact) -> ir.Table:
    """The fact as a table that belongs to no engine: for SQL in any dialect (``ibis.to_sql``)."""
    return ibis.table(fact.schema, name=f"fact_{fact.code}")


def get(code: str) -> Definition:
    """A shipped definition; raises IndicatorFault."""
    return INDICATORS.definition(code)


INDICATORS = Registry(BOOK.values())
