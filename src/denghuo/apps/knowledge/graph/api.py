"""The graph over REST."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.knowledge.graph import drawing, exchange, queries
from denghuo.apps.knowledge.models import GraphEntity
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of
from denghuo.core.scoping.models import OrgUnit

router = Router(auth=StaffAuth())


class GraphEntityOut(Schema):
    """A thing of the trade."""

    id: int
    code: str
    kind: str
    name: str
    aliases: list[str]
    attributes: dict[str, Any]
    note: str
    org: str | None
    valid_from: str
    valid_to: str | None
    source: str
    trust: str
    version: int
    active: bool


class GraphRelationOut(Schema):
    """A statement: ``head`` and ``tail`` are codes of entities; empty qualifiers mean any."""

    id: int
    head: str
    kind: str
    tail: str
    place: str | None
    customer: str
    voltage: str
    area: str
    condition: str
    state: str
    org: str | None
    valid_from: str
    valid_to: str | None
    source: str
    trust: str
    version: int


class GraphNeighbourOut(Schema):
    """A statement in force around an entity: ``label`` reads from the entity to ``name``."""

    relation_id: int
    kind: str
    label: str
    forward: bool
    entity_id: int
    entity_kind: str
    name: str
    when: str
    source: str
    trust: str


class GraphFactOut(Schema):
    """One fact of an answer; ``relation_id`` None: it stands in the entity itself."""

    relation_id: int | None
    entity_id: int
    value_id: int
    kind: str
    text: str
    when: str
    source: str
    trust: str


class GraphAnswerOut(Schema):
    """``outcome``: answer, ask (``missing`` must be known first), none (nothing held for that place), unknown (not a
    question of the graph)."""

    outcome: str
    sentence: str = ""
    facts: list[GraphFactOut] = []
    missing: list[str] = []
    options: list[str] = []
    entity_ids: list[int] = []
    kind: str = ""
    thing: str = ""


class GraphAskIn(Schema):
    """A question, and the unit that serves the customer when it is known."""

    text: str = Field(min_length=1, max_length=200)
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


def _viewer(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not (actor.can_somewhere(queries.VIEW) or actor.can_somewhere(queries.EDIT)):
        raise NotAllowed()
    return actor


@router.get("/knowledge/graph/entities", response=list[GraphEntityOut])
def list_entities(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=80)] = "",
    kind: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[int, Query(ge=0, le=BIGGEST_KEY)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:
    """Active entities: those whose names hold ``q``, best first; without it by number from ``after``."""
    actor = _viewer(request)
    if q.strip():
        found = queries.suggest(actor, q, kinds=(kind,) if kind else (), limit=limit)
        return [exchange.entity_json(row) for row in found]
    rows = queries.entities(actor).filter(active=True, pk__gt=after).order_by("pk")
    return [exchange.entity_json(row) for row in (rows.filter(kind=kind) if kind else rows)[:limit]]


@router.get("/knowledge/graph/entities/{pk}", response=GraphEntityOut)
def one_entity(request: HttpRequest, pk: Key) -> dict[str, Any]:
    """One entity."""
    return exchange.entity_json(queries.entity(_viewer(request), pk))


@router.get("/knowledge/graph/entities/{pk}/relations", response=list[GraphRelationOut])
def relations(request: HttpRequest, pk: Key) -> list[dict[str, Any]]:
    """All statements about an entity, proposed and withdrawn ones too."""
    actor = _viewer(request)
    rows = queries.relations_of(actor, queries.entity(actor, pk))
    return [exchange.relation_json(row) for row in rows]


@router.get("/knowledge/graph/entities/{pk}/neighbours", response=list[GraphNeighbourOut])
def neighbours(request: HttpRequest, pk: Key) -> list[dict[str, Any]]:
    """What is in force around an entity today, in both directions."""
    row: GraphEntity = queries.entity(_viewer(request), pk)
    network = queries.view(row.org).network
    node = network.nodes.get(row.base_id or row.pk)
    if node is None:
        return []
    return [
        {
            "relation_id": line.edge.id, "kind": line.edge.kind, "label": group.label,
            "forward": line.edge.head == node.id, "entity_id": line.other.id, "entity_kind": line.other.kind,
            "name": line.other.name, "when": line.when, "source": line.edge.source, "trust": line.edge.trust,
        }
        for group in drawing.groups(network, node)
        for line in group.lines
    ]  # fmt: skip


@router.post("/knowledge/graph/answer", response=GraphAnswerOut)
def answer(request: HttpRequest, body: GraphAskIn) -> dict[str, Any]:
    """What the graph answers to a question; changes nothing."""
    _viewer(request)
    org = None
    if body.org_id is not None:
        org = OrgUnit.objects.filter(pk=body.org_id).first()
        if org is None:
            raise NotFound()
    if not body.text.strip():
        raise InvalidInput({"text": ["请输入问题"]})
    found = queries.answer(body.text, org)
    return found.as_json() if found else {"outcome": "unknown"}
