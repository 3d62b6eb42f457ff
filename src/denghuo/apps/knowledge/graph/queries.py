"""Reads of the graph: answers, walking, lists."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from denghuo.apps.knowledge.choices import ProposalState
from denghuo.apps.knowledge.graph.answers import Fact, GraphAnswer, answer
from denghuo.apps.knowledge.graph.network import View, view
from denghuo.apps.knowledge.models import GraphEntity, GraphProposal, GraphRelation
from denghuo.apps.knowledge.queries import EDIT, VIEW, may_edit
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound

__all__ = [
    "EDIT", "VIEW", "Fact", "GraphAnswer", "View", "answer", "entities", "entity", "may_edit", "proposals",
    "relations_of", "suggest", "view",
]  # fmt: skip


def entities(actor: Actor) -> QuerySet[GraphEntity]:
    """What one may see: shared by all, and of their units (index ``knowledge_graph_kind``)."""
    return GraphEntity.objects.filter(_own(actor)).select_related("org", "edited_by")


def _own(actor: Actor) -> Q:
    own = Q(org=None)
    for path in actor.paths_for(VIEW) or actor.paths_for(EDIT):
        own |= Q(org__path__startswith=path)
    return own


def entity(actor: Actor, pk: int) -> GraphEntity:
    """One of :func:`entities`. Raises NotFound."""
    row = entities(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def relations_of(actor: Actor, row: GraphEntity) -> QuerySet[GraphRelation]:
    """All statements about an entity, withdrawn ones too (indexes ``knowledge_graph_out``, ``knowledge_graph_in``)."""
    rows = GraphRelation.objects.filter(Q(head=row) | Q(tail=row)).filter(_own(actor))
    return rows.select_related("head", "tail", "place", "org").order_by("kind", "position", "pk")


def suggest(actor: Actor, text: str, *, kinds: tuple[str, ...] = (), limit: int = 12) -> list[GraphEntity]:
    """Active entities whose name or other name holds ``text``, best first (index ``knowledge_graph_name``)."""
    text = text.replace("\x00", "").strip()[:80]
    if not text:
        return []
    rows = entities(actor).filter(active=True).filter(Q(name__icontains=text) | Q(aliases__icontains=text))
    if kinds:
        rows = rows.filter(kind__in=kinds)
    found = list(rows.order_by("pk")[:200])
    found.sort(
        key=lambda row: (row.name != text, text not in row.aliases, not row.name.startswith(text), len(row.name))
    )
    return found[:limit]


def named(actor: Actor, text: str, kinds: tuple[str, ...] = ()) -> GraphEntity | None:
    """The one entity called exactly ``text`` (name, other name or code); None when there is none or more than one."""
    text = text.strip()
    rows = entities(actor).filter(active=True).filter(Q(name=text) | Q(code=text) | Q(aliases__contains=[text]))
    if kinds:
        rows = rows.filter(kind__in=kinds)
    found = list(rows[:10])
    exact = [row for row in found if text in (row.name, row.code)]
    if len(exact) == 1:
        return exact[0]
    return found[0] if len(found) == 1 else None


def proposals(actor: Actor) -> QuerySet[GraphProposal]:
    """Open proposals, surest first (index ``knowledge_graph_open``), from answers one may see."""
    own = Q(entry__org=None)
    for path in actor.paths_for(EDIT):
        own |= Q(entry__org__path__startswith=path)
    rows = GraphProposal.objects.filter(own, state=ProposalState.PROPOSED)
    return rows.select_related("entry", "head", "tail").order_by("-confidence", "pk")
