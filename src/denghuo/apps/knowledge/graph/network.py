"""The graph in memory, narrowed to a unit and a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from denghuo.apps.knowledge.choices import RelationState
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation
from denghuo.apps.knowledge.queries import today
from denghuo.core.held import Held
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.graph import Edge, Gazetteer, Network, Node
from denghuo.engine.graph.network import PLACE

#: kinds of things a question may be about, besides places and prices (which are found by tier, not by name)
ASKED_ABOUT = ("business", "step", "metric", "device", "situation")
MOST_VIEWS = 64


@dataclass(frozen=True)
class View:
    """The graph as it holds for a unit on a day, with the names in it."""

    network: Network
    things: Gazetteer
    places: Gazetteer


@dataclass
class _All:
    entities: list[GraphEntity]
    relations: list[GraphRelation]
    views: dict[tuple[str, dt.date], View] = field(default_factory=dict)


def _load() -> _All:
    entities = list(GraphEntity.objects.filter(active=True).order_by("pk"))
    relations = list(GraphRelation.objects.filter(state=RelationState.CONFIRMED).order_by("pk"))
    return _All(entities, relations)


held: Held[_All] = Held("knowledge.graph", _load)


def view(org: OrgUnit | None = None, at: dt.datetime | None = None) -> View:
    """What holds for ``org`` at ``at`` (default now): valid on that day, of a unit above ``org`` or of all, an entity
    in the nearest version. Without ``org`` only what holds everywhere. No query while held (two when not).
    """
    day, rows = today(at), held.rows()
    key = (org.path if org is not None else "", day)
    found = rows.views.get(key)
    if found is None:
        if len(rows.views) >= MOST_VIEWS:
            rows.views.clear()
        found = rows.views[key] = _narrow(rows, org, day)
    return found


def _narrow(rows: _All, org: OrgUnit | None, day: dt.date) -> View:
    above = org.ancestor_ids() if org is not None else []
    seen = [row for row in rows.entities if row.within(day) and (row.org_id is None or row.org_id in above)]
    nearest: dict[int, GraphEntity] = {}
    for row in seen:
        if row.base_id is not None:
            other = nearest.get(row.base_id)
            if other is None or above.index(row.org_id or 0) > above.index(other.org_id or 0):
                nearest[row.base_id] = row
    nodes = [_node(row) for row in seen if row.base_id is None and row.pk not in nearest]
    # A local version stands in its base's place: what is said of the base is said of it.
    nodes += [_node(row, base) for base, row in nearest.items()]
    same = {row.pk: base for base, row in nearest.items()}
    edges = [
        _edge(row, same) for row in rows.relations if row.within(day) and (row.org_id is None or row.org_id in above)
    ]
    network = Network(nodes, edges)
    names = [(n.id, name) for n in nodes if n.kind in ASKED_ABOUT for name in (n.name, *n.aliases)]
    places = [(n.id, name) for n in nodes if n.kind == PLACE for name in (n.name, *n.aliases)]
    return View(network, Gazetteer(names), Gazetteer(places))


def _node(row: GraphEntity, number: int | None = None) -> Node:
    return Node(
        id=number or row.pk, code=row.code, kind=row.kind, name=row.name, aliases=tuple(row.aliases),
        attributes=row.attributes, source=row.source, trust=row.trust, org_id=row.org_id, note=row.note,
    )  # fmt: skip


def _edge(row: GraphRelation, same: dict[int, int]) -> Edge:
    return Edge(
        id=row.pk, head=same.get(row.head_id, row.head_id), kind=row.kind, tail=same.get(row.tail_id, row.tail_id),
        place=same.get(row.place_id, row.place_id) if row.place_id else None, customer=row.customer,
        voltage=row.voltage, area=row.area, condition=row.condition, position=row.position, source=row.source,
        trust=row.trust, org_id=row.org_id,
    )  # fmt: skip


def places_of(network: Network, org: OrgUnit | None) -> list[int]:
    """Places that a unit or one above it serves, by the place's ``unit_code``, nearest unit first. One query at most."""
    coded: dict[Any, int] = {
        node.attributes["unit_code"]: node.id
        for node in network.nodes.values()
        if node.kind == PLACE and node.attributes.get("unit_code")
    }
    if org is None or not coded:
        return []
    rows: QuerySet[OrgUnit] = OrgUnit.objects.filter(Q(pk__in=org.ancestor_ids()) & Q(code__in=list(coded)))
    return [coded[unit.code] for unit in rows.order_by("-path")]
