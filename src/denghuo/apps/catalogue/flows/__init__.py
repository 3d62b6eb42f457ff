"""Flows of requests: which one serves a request, and what a document must satisfy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from denghuo.apps.catalogue.editions import Problem, Row, register
from denghuo.apps.catalogue.models import Flow as FlowEdition
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.flow import Flow

FOLDER: Final = Path(__file__).parents[1] / "shipped" / "flows"


def check(document: Mapping[str, Any], org: OrgUnit | None) -> list[Problem]:
    """Every fault of a flow document, in words."""
    from denghuo.apps.catalogue.flows.problems import findings

    return [Problem(one.where, one.message, one.severe) for one in findings(document)]


FLOWS = register(FlowEdition, Flow.from_document, check, FOLDER)


def flow_for(request_type: str, class_code: str, org: OrgUnit | None, at: dt.datetime) -> Row | None:
    """The edition in force for a request: the flow that names its class most closely, else the one of its type.

    Of each flow the edition of the nearest unit above ``org`` counts, the newest of those valid. No query: from memory.
    """
    near = {unit: depth for depth, unit in enumerate((None, *(org.ancestor_ids() if org else ())))}
    found: dict[str, tuple[int, Row]] = {}
    for row in FLOWS.rows():  # the newest of each code first
        depth = near.get(row.org_id, -1)
        if depth >= 0 and row.holds(at) and (row.code not in found or depth > found[row.code][0]):
            found[row.code] = depth, row
    best, best_fit = None, 0
    for _depth, row in found.values():
        fit = FLOWS.get(row.id).serves(request_type, class_code)
        if fit > best_fit:
            best, best_fit = row, fit
    return best
