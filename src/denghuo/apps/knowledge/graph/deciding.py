"""What becomes of statements that were read out of answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import ProposalState, RelationState
from denghuo.apps.knowledge.graph.actions import (
    EntityDraft,
    RelationDraft,
    edited,
    entity,
    fill_entity,
    fill_relation,
    noted,
    save_once,
)
from denghuo.apps.knowledge.models import GraphEntity, GraphProposal, GraphRelation
from denghuo.apps.knowledge.queries import EDIT
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record


@dataclass(frozen=True, slots=True)
class Correction:
    """What a reviewer changes of a proposal; None keeps what was proposed."""

    head_id: int | None = None
    kind: str | None = None
    tail_id: int | None = None
    tail_name: str | None = None
    customer: str = ""
    condition: str = ""
    place_id: int | None = None

    @property
    def changes(self) -> bool:
        """Whether anything was changed."""
        return self != Correction()


@action("knowledge.graph_accept")
def accept_proposal(actor: Actor, proposal_id: int, correction: Correction | None = None) -> GraphRelation:
    """Make a proposal, corrected or as it is, a statement of the graph, with the answer as its source; a new entity is
    made when the other end is none yet. A statement that is there already is kept and counted as accepted.

    Raises NotAllowed (``knowledge.edit`` over the answer's unit), NotFound, Conflict (dealt with), InvalidInput.
    """
    row = _proposal(actor, proposal_id)
    wanted = correction or Correction()
    head_id, kind = wanted.head_id or row.head_id, wanted.kind or row.kind
    tail = _tail(actor, row, wanted)
    entry = row.entry
    draft = RelationDraft(
        head_id, kind, tail.pk, wanted.place_id, customer=wanted.customer, condition=wanted.condition,
        valid_from=entry.valid_from, valid_to=entry.valid_to, source=entry.source, trust=entry.trust,
    )  # fmt: skip
    relation = GraphRelation.objects.filter(
        head_id=head_id, kind=kind, tail=tail, org=entry.org, customer=wanted.customer, condition=wanted.condition,
        place_id=wanted.place_id, state=RelationState.CONFIRMED,
    ).first()  # fmt: skip
    if relation is None:
        relation = GraphRelation(org=entry.org, entry=entry)
        fill_relation(relation, draft)
        edited(relation, actor, new=True)
        save_once(relation)
        noted(actor, "knowledge.graph_relation_written", relation, {"version": 1, "kind": kind})
    row.relation = relation
    _decide(actor, row, ProposalState.CORRECTED if wanted.changes else ProposalState.CONFIRMED)
    return relation


@action("knowledge.graph_reject")
def reject_proposal(actor: Actor, proposal_id: int) -> GraphProposal:
    """The sentence does not say this; it will not be proposed again. Raises NotAllowed, NotFound, Conflict."""
    row = _proposal(actor, proposal_id)
    _decide(actor, row, ProposalState.REJECTED)
    return row


def _proposal(actor: Actor, proposal_id: int) -> GraphProposal:
    rows = GraphProposal.objects.select_for_update(of=("self",)).select_related("entry__org")
    row = rows.filter(pk=proposal_id).first()
    if row is None:
        raise NotFound(_("没有这条建议"))
    actor.require(EDIT, row.entry.org.path if row.entry.org else "")
    if row.state != ProposalState.PROPOSED:
        raise Conflict(_("这条建议已经处理过了"))
    return row


def _tail(actor: Actor, row: GraphProposal, wanted: Correction) -> GraphEntity:
    if wanted.tail_id is not None or (row.tail_id is not None and not wanted.tail_name):
        return entity(wanted.tail_id or row.tail_id or 0)
    name = wanted.tail_name or row.tail_name
    found = GraphEntity.objects.filter(kind=row.tail_kind, name=name, active=True).first()
    if found is not None:
        return found
    entry = row.entry
    made = GraphEntity(code=f"e-{uuid.uuid4().hex[:12]}", org=entry.org)
    draft = EntityDraft(
        row.tail_kind, name, valid_from=entry.valid_from, valid_to=entry.valid_to, source=entry.source,
        trust=entry.trust,
    )  # fmt: skip
    fill_entity(made, draft, new=True)
    edited(made, actor, new=True)
    made.save()
    noted(actor, "knowledge.graph_entity_written", made, {"version": 1, "kind": made.kind})
    return made


def _decide(actor: Actor, row: GraphProposal, state: ProposalState) -> None:
    row.state, row.decided_by_id, row.decided_at = state, actor.id, moment.now()
    row.save()
    payload = {"state": str(state), "kind": row.kind, "pattern": row.pattern}
    record(actor, "knowledge.graph_decided", row, org=row.entry.org, topics=["knowledge"], payload=payload)
