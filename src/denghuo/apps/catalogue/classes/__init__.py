"""Class trees in use: which edition serves whom, and what of it people and checks need.

Apps above say with :func:`count_uses` how many of their rows carry a class, and with :func:`fix_first_level` which
first-level codes their columns rely on; this app cannot know either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language

from denghuo.apps.catalogue.editions import Problem, Row, register
from denghuo.apps.catalogue.models import ClassTree
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.classes import Tree, check_tree, read_tree

KIND: Final = "class_tree"
FOLDER: Final = Path(__file__).parents[1] / "shipped" / "classes"
#: trees the product itself asks for, in the order people meet them
SHIPPED: Final = (
    "fault_class", "fault_cause", "complaint", "consulting", "service_request", "tip_off", "opinion", "suggestion",
    "praise", "sensitive_mark",
)  # fmt: skip

Counter = Callable[[str, OrgUnit | None, bool], Mapping[str, int]]
_counters: list[Counter] = []
_first_levels: dict[str, Collection[str]] = {}


def count_uses(counter: Counter) -> Counter:
    """Register ``counter(tree code, unit, open only) -> {path: rows}``: rows of that unit and below with the class."""
    _counters.append(counter)
    return counter


def fix_first_level(code: str, codes: Collection[str]) -> None:
    """The first level of tree ``code`` must be exactly these codes: columns and rules of an app above rely on them."""
    _first_levels[code] = codes


def uses(code: str, org: OrgUnit | None = None, *, open_only: bool = False) -> dict[str, int]:
    """How many rows carry each class of a tree, by path as written on them; ``open_only``: of those still worked on."""
    total: dict[str, int] = {}
    for counter in _counters:
        for path, count in counter(code, org, open_only).items():
            total[path] = total.get(path, 0) + count
    return total


def first_level(code: str) -> Collection[str] | None:
    """Codes the first level of a tree must hold; None when it is free."""
    return _first_levels.get(code)


def check(document: Mapping[str, Any], org: OrgUnit | None) -> list[Problem]:
    """Every fault of a class tree, in the reader's language."""
    from denghuo.apps.catalogue.classes.words import fault_text

    code = str(document.get("code", ""))
    found = check_tree(
        document, in_force=TREES.document(code, org), used=uses(code, org), first_level=first_level(code)
    )
    return [Problem(fault.where, fault_text(fault), fault.severe) for fault in found]


TREES = register(ClassTree, read_tree, check, FOLDER)


def in_force(code: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> tuple[Row, Tree] | None:
    """The edition of tree ``code`` for a unit at a moment (default: now), with its tree. From memory, no query."""
    row = TREES.in_force(code, org, at)
    return None if row is None else (row, TREES.get(row.id))


def tree_of(edition_id: int) -> Tree:
    """The tree of an edition, by key: what was classed under it is read by it for good."""
    return TREES.get(edition_id)


def english() -> bool:
    """Whether labels are to be read in English."""
    return (get_language() or "").startswith("en")


def path_name(edition_id: int | None, path: str) -> str:
    """The labels of a class from the first level down, by the edition it was chosen from; "" without one."""
    return tree_of(edition_id).name(path, english=english()) if edition_id and path else ""
