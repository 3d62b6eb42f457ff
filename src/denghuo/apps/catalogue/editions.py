"""Which edition is in force, from memory; and the checks a document must pass before it is released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from denghuo.apps.catalogue.models import Edition, EditionState
from denghuo.core import moment
from denghuo.core.held import Held
from denghuo.core.scoping.models import OrgUnit

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of a document: ``where`` is the place in it, ``message`` what is wrong and what to do, in the reader's
    language. ``severe`` ones bar the release."""

    where: str
    message: str
    severe: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """An edition without its document."""

    id: int
    code: str
    org_id: int | None
    number: int
    label: str
    valid_from: dt.datetime
    valid_to: dt.datetime | None

    def holds(self, at: dt.datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Shelf(Generic[D]):
    """The released editions of one kind. ``parse`` turns a document into what the product works with; since a released
    document never changes, the outcome is kept for good."""

    def __init__(self, model: type[Edition], parse: Callable[[Mapping[str, Any]], D]) -> None:
        self.model, self._parse = model, parse
        self._rows: Held[list[Row]] = Held(f"catalogue_{model.kind}", self._load)
        self._parsed: Held[dict[int, D]] = Held(f"catalogue_{model.kind}_parsed", dict, lasts=True)

    def _load(self) -> list[Row]:
        fields = ("pk", "code", "org_id", "number", "label", "valid_from", "valid_to")
        found = self.model._default_manager.filter(state=EditionState.RELEASED)
        return [Row(*row) for row in found.order_by("code", "-valid_from", "-number").values_list(*fields)]

    def rows(self) -> list[Row]:
        """Every released edition, the newest of each code first."""
        return self._rows.rows()

    def in_force(self, code: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> Row | None:
        """The edition of ``code`` for ``org`` at ``at`` (default: now): that of the nearest unit above it, the newest of
        those valid. None when there is none."""
        when = at or moment.now()
        lineage = [None, *(org.ancestor_ids() if org else [])]
        best: Row | None = None
        for row in self.rows():
            if row.code != code or row.org_id not in lineage or not row.holds(when):
                continue
            if best is None or lineage.index(row.org_id) > lineage.index(best.org_id):
                best = row
        return best

    def codes(self, org: OrgUnit | None = None, at: dt.datetime | None = None) -> Iterator[Row]:
        """The edition in force of every code."""
        for code in dict.fromkeys(row.code for row in self.rows()):
            if row := self.in_force(code, org, at):
                yield row

    def get(self, pk: int) -> D:
        """The parsed document of an edition, released or withdrawn, by key. Raises DoesNotExist."""
        known = self._parsed.rows()
        if pk not in known:
            wanted = {pk, *(row.id for row in self.rows())} - known.keys()
            for key, document in self.model._default_manager.filter(pk__in=wanted).values_list("pk", "document"):
                known[key] = self._parse(document)
        if pk not in known:
            raise self.model.DoesNotExist(f"no {self.model.kind} edition {pk}")
        return known[pk]

    def document(self, code: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> D | None:
        """:meth:`in_force`, parsed."""
        row = self.in_force(code, org, at)
        return None if row is None else self.get(row.id)

    def changed(self) -> None:
        """This transaction has released or withdrawn an edition."""
        self._rows.clear()
        self._rows.read_afresh()


Check = Callable[[Mapping[str, Any], "OrgUnit | None"], list[Problem]]
CHECKS: dict[str, Check] = {}
SHELVES: dict[str, Shelf[Any]] = {}
MODELS: dict[str, type[Edition]] = {}
SHIPPED: dict[str, Path] = {}


def register(model: type[Edition], parse: Callable[[Mapping[str, Any]], D], check: Check, shipped: Path) -> Shelf[D]:
    """Say how documents of a kind are read and checked, and in which folder the shipped ones lie; gives their shelf.

    Once per kind; ValueError for a second time.
    """
    kind = model.kind
    if kind in SHELVES:
        raise ValueError(f"{kind} is registered already")
    shelf: Shelf[D] = Shelf(model, parse)
    MODELS[kind], SHELVES[kind], CHECKS[kind], SHIPPED[kind] = model, shelf, check, shipped
    return shelf


def check(kind: str, document: Any, org: OrgUnit | None) -> list[Problem]:
    """Every fault of a document."""
    return CHECKS[kind](document, org)


__all__ = ["CHECKS", "MODELS", "SHELVES", "SHIPPED", "Problem", "Row", "Shelf", "check", "register"]
