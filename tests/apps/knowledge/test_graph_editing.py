"""Editors change the graph; places and days are kept apart; what is read out of answers is confirmed by people."""

from __future__ import annotations

import datetime as dt

import pytest

from denghuo.apps.knowledge.choices import ProposalState, RelationState
from denghuo.apps.knowledge.graph import deciding, extraction, queries
from denghuo.apps.knowledge.graph.actions import (
    EntityDraft,
    RelationDraft,
    confirm_relation,
    expire_entity,
    withdraw_relation,
    write_entity,
    write_relation,
)
from denghuo.apps.knowledge.graph.measuring import measure
from denghuo.apps.knowledge.graph.sync import shipped, sync_graph
from denghuo.apps.knowledge.models import GraphEntity, GraphProposal, GraphRelation, StandardQuestion
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events.testing import recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(actor_for_role, org_tree) -> Actor:
    return actor_for_role("knowledge_editor", org_tree.company)


def _pk(code: str) -> int:
    return GraphEntity.objects.get(code=code).pk


def _draft(**more) -> EntityDraft:
    return EntityDraft(**({"kind": "fee", "name": "每次 35 元", "source": "本省价目", "trust": "S"} | more))


def _relation(tail: int, **more) -> RelationDraft:
    given = {"head_id": _pk("b.meter-check"), "kind": "charged", "tail_id": tail, "source": "本省价目", "trust": "S"}
    return RelationDraft(**(given | more))


def test_product_ships_a_graph_worth_walking() -> None:
    entities, said, _entries = shipped()
    assert len(entities) >= 150
    assert len(said) >= 300
    assert all(one.source and one.trust in "SWKD" for one in [*entities, *said])
    assert sync_graph() == 0, "a second run writes nothing"


def test_shipped_rows_that_a_person_edited_are_left_alone(editor: Actor) -> None:
    row = GraphEntity.objects.get(code="b.meter-check")
    write_entity(editor, EntityDraft("business", "校验电表", source="本省", trust="S"), entity_id=row.pk)
    relation = GraphRelation.objects.filter(head=row, kind="charged").first()
    assert relation is not None
    withdraw_relation(editor, relation.pk)
    assert sync_graph() == 0
    row.refresh_from_db()
    relation.refresh_from_db()
    assert (row.name, relation.state) == ("校验电表", RelationState.WITHDRAWN)


def test_local_statement_is_told_there_and_nowhere_else(editor: Actor, org_tree) -> None:
    fee = write_entity(editor, _draft(), org=org_tree.city)
    write_relation(editor, _relation(fee.pk), org=org_tree.city)
    there, elsewhere = (
        queries.answer("校表收费吗", org_tree.county),
        queries.answer("校表收费吗", org_tree.other_county),
    )
    assert there is not None
    assert elsewhere is not None
    assert "每次 35 元" in there.sentence
    assert "每次 35 元" not in elsewhere.sentence


def test_local_version_stands_in_for_the_shared_entity(editor: Actor, org_tree) -> None:
    base = GraphEntity.objects.get(code="l.meter-5wd")
    draft = EntityDraft("limit", "3 个工作日内出具结果", attributes={"value": "3"}, source="本市承诺", trust="S")
    write_entity(editor, draft, org=org_tree.city, base_id=base.pk)
    found, other = queries.answer("校表多少天", org_tree.county), queries.answer("校表多少天")
    assert found is not None
    assert other is not None
    assert "3 个工作日" in found.sentence
    assert base.name not in found.sentence
    assert base.name in other.sentence


def test_statement_is_told_only_while_it_holds(editor: Actor) -> None:
    fee = write_entity(editor, _draft(valid_from=dt.date(2024, 6, 1)))
    draft = _relation(fee.pk, valid_from=dt.date(2025, 1, 1), valid_to=dt.date(2025, 12, 31))
    write_relation(editor, draft)
    then = dt.datetime(2025, 5, 1, 12, tzinfo=dt.UTC)
    during, after = queries.answer("校表收费吗", at=then), queries.answer("校表收费吗", at=then.replace(year=2026))
    assert during is not None
    assert after is not None
    assert "每次 35 元" in during.sentence
    assert "每次 35 元" not in after.sentence


def test_withdrawn_and_proposed_statements_are_not_told(editor: Actor) -> None:
    fee = write_entity(editor, _draft())
    row = write_relation(editor, _relation(fee.pk), proposed=True)

    def told() -> bool:
        found = queries.answer("校表收费吗")
        return found is not None and "每次 35 元" in found.sentence

    assert not told()
    with recorded("knowledge.graph_relation_confirmed") as events:
        confirm_relation(editor, row.pk)
    assert events.one.payload == {"version": 2, "kind": "charged"}
    assert told()
    withdraw_relation(editor, row.pk)
    assert not told()
    with pytest.raises(Conflict):
        withdraw_relation(editor, row.pk)


def test_place_served_by_the_unit_answers_without_being_named(editor: Actor, org_tree) -> None:
    row = GraphEntity.objects.get(code="p.zhejiang")
    attributes = {"unit_code": org_tree.province.code}
    write_entity(
        editor, EntityDraft("place", row.name, attributes=attributes, source="区划", trust="S"), entity_id=row.pk
    )
    found = queries.answer("第一档多少钱一度", org_tree.county)
    assert found is not None
    assert "0.538" in found.sentence


def test_stopped_entity_is_told_no_more(editor: Actor) -> None:
    expire_entity(editor, _pk("b.meter-check"))
    assert queries.answer("校表收费吗") is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"source": ""}, "source"),
        ({"kind": "planet"}, "kind"),
        ({"attributes": {"amount": "很多"}}, "attribute_amount"),
        ({"attributes": {"amount": "inf"}}, "attribute_amount"),
        ({"valid_from": dt.date(2025, 1, 2), "valid_to": dt.date(2025, 1, 1)}, "valid_to"),
        ({"name": "不收费"}, "name"),
    ],
)
def test_bad_entity_is_refused_at_its_field(editor: Actor, more: dict, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        write_entity(editor, _draft(**more))
    assert list(refusal.value.fields) == [field]


def test_statement_between_things_that_cannot_stand_so_is_refused(editor: Actor) -> None:
    with pytest.raises(InvalidInput) as refusal:
        write_relation(editor, _relation(_pk("m.id")))
    assert list(refusal.value.fields) == ["tail"]
    with pytest.raises(InvalidInput) as refusal:
        write_relation(editor, _relation(_pk("f.free"), head_id=_pk("m.id")))
    assert list(refusal.value.fields) == ["kind"]


def test_same_statement_twice_and_stale_edits_are_refused(editor: Actor) -> None:
    fee = write_entity(editor, _draft())
    row = write_relation(editor, _relation(fee.pk))
    with pytest.raises(Conflict):
        write_relation(editor, _relation(fee.pk))
    with pytest.raises(Conflict):
        write_relation(editor, _relation(fee.pk), relation_id=row.pk, version=7)


def test_agent_and_editor_of_another_unit_may_not_write(actor_for_role, org_tree) -> None:
    for actor in (actor_for_role("agent", org_tree.city), actor_for_role("knowledge_editor", org_tree.other_city)):
        with pytest.raises(NotAllowed):
            write_entity(actor, _draft(), org=org_tree.city)
        with pytest.raises(NotAllowed):
            write_entity(actor, _draft())


@pytest.fixture
def proposal() -> GraphProposal:
    entry = StandardQuestion.objects.get(code="change.rename")
    entry.answer = "更名请带身份证和街道办证明，到营业厅办理。"
    entry.save()
    extraction.propose([entry])
    return GraphProposal.objects.get(tail_name="街道办证明")


def test_accepted_proposal_becomes_a_statement_with_its_answer_as_source(
    editor: Actor, proposal: GraphProposal
) -> None:
    assert proposal.sentence[proposal.tail_start : proposal.tail_end] == "街道办证明"
    relation = deciding.accept_proposal(editor, proposal.pk)
    assert (relation.tail.name, relation.kind, relation.source) == ("街道办证明", "needs", proposal.entry.source)
    found = queries.answer("更名要什么材料")
    assert found is not None
    assert "街道办证明" in found.sentence
    with pytest.raises(Conflict):
        deciding.accept_proposal(editor, proposal.pk)


def test_corrected_proposal_says_what_the_reviewer_wrote(editor: Actor, proposal: GraphProposal) -> None:
    correction = deciding.Correction(tail_id=_pk("m.rename-proof"), condition="街道出具")
    relation = deciding.accept_proposal(editor, proposal.pk, correction)
    proposal.refresh_from_db()
    assert (relation.tail_id, relation.condition) == (_pk("m.rename-proof"), "街道出具")
    assert proposal.state == ProposalState.CORRECTED


def test_rejected_proposal_is_never_made_again(editor: Actor, proposal: GraphProposal) -> None:
    deciding.reject_proposal(editor, proposal.pk)
    _read, made = extraction.propose([proposal.entry])
    assert made == 0
    assert not queries.proposals(editor).filter(tail_name="街道办证明").exists()


def test_what_the_graph_holds_already_is_not_proposed(proposal: GraphProposal) -> None:
    names = set(GraphProposal.objects.filter(entry=proposal.entry).values_list("tail_name", flat=True))
    assert names == {"街道办证明"}, "identity papers and the hall are in the graph"


def test_most_of_what_is_read_is_right() -> None:
    found = measure(0.5)
    assert found.sentences >= 60
    assert found.precision >= 0.85, found.wrong
    assert found.recall >= 0.45
