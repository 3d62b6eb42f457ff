"""The shipped dialogues hold what the recorded cases say, and the cases guard a release."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from denghuo.apps.assistant import cases, dialogues, understanding
from denghuo.apps.assistant.actions.cases import case_from_talk, release_dialogue, run_cases
from denghuo.apps.assistant.models import Dialogue, DialogueCase
from denghuo.apps.assistant.sync import shipped_cases
from denghuo.apps.catalogue.actions import save_draft
from denghuo.apps.catalogue.sync import shipped
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.choices import Channel, Sender
from denghuo.apps.requests.choices import RequestType
from denghuo.core.errors import InvalidInput
from denghuo.core.events import timeline
from denghuo.core.scoping.models import OrgKind, OrgUnit


@pytest.fixture
def county(db: None, org_tree: Any) -> OrgUnit:
    """The county the cases speak of."""
    return OrgUnit.objects.create(
        kind=OrgKind.COUNTY, code="T-yj", name="映霁区供电公司", name_en="Yingji", parent=org_tree.city
    )


@pytest.mark.parametrize("document", shipped("dialogue"), ids=lambda one: one["code"])
def test_a_shipped_document_has_no_fault(document: dict[str, Any]) -> None:
    assert dialogues.check(document, None) == []


@pytest.mark.parametrize("case", shipped_cases(), ids=lambda one: one["key"])
def test_a_recorded_talk_goes_as_it_went(case: dict[str, Any], county: OrgUnit) -> None:
    book = dialogues.book_of(dialogues.editions_of(None))
    assert book is not None
    assert cases.run(book, case["title"], case["turns"], case.get("results", {})).faults == ()


def test_all_eight_types_are_recorded_in_plain_and_in_spoken_style() -> None:
    found = {(case["code"], case["style"]) for case in shipped_cases()}
    assert {(code, style) for code in RequestType.values for style in ("plain", "spoken")} <= found
    assert len(shipped_cases()) >= 60


def test_a_case_that_no_longer_holds_says_in_which_turn(county: OrgUnit) -> None:
    book = dialogues.book_of(dialogues.editions_of(None))
    assert book is not None
    result = cases.run(book, "", [{"say": "我家没电了"}, {"say": "转人工", "expect": {"done": "ended"}}], {})
    assert not result.passed and "第 2 轮" in result.faults[0]


def _draft(actor: Any, **changes: Any) -> Dialogue:
    held = Dialogue.objects.get(code="fault_report", org=None, state="released")
    row = save_draft(actor, "dialogue", code="fault_report", document={**held.document, **changes})
    assert isinstance(row, Dialogue)
    return row


def test_a_draft_that_fails_a_case_is_not_released_without_a_reason(system: Any, county: OrgUnit) -> None:
    draft = _draft(system, words=["永远不会说的词"], examples=[])
    with pytest.raises(InvalidInput) as refused:
        release_dialogue(system, draft.pk)
    assert "override" in refused.value.fields
    released = release_dialogue(system, draft.pk, override="旧用例已过时，改版后另行补录")
    assert released.state == "released"
    assert "robot.release_overridden" in [event.kind for event in timeline("dialogue", draft.pk)]


def test_a_draft_that_passes_is_released_and_holds_at_once(system: Any, county: OrgUnit) -> None:
    draft = _draft(system, label="停电报修（新）")
    assert run_cases(system, draft.pk).failed == 0
    release_dialogue(system, draft.pk)
    assert dialogues.editions_of(None)["fault_report"] == draft.pk


def test_a_province_may_have_its_own(system: Any, county: OrgUnit, org_tree: Any) -> None:
    held = Dialogue.objects.get(code="praise", org=None, state="released")
    own = save_draft(system, "dialogue", code="praise", document=held.document, org=org_tree.province)
    release_dialogue(system, own.pk)
    assert dialogues.editions_of(org_tree.county)["praise"] == own.pk
    assert dialogues.editions_of(None)["praise"] == held.pk


def test_a_case_made_of_a_talk_holds_nothing_of_the_customer(system: Any, actor_for_role: Any, org_tree: Any) -> None:
    contact = actions.begin_with_robot(system, channel=Channel.WEB_CHAT, org=org_tree.county, client_id=uuid.uuid4())
    for text in ("我家没电了", "只有我家", "柳溪县", "青石巷 77 号", "欧阳锋", "我电话13912345678"):
        actions.post_message(system, contact.pk, client_id=uuid.uuid4(), text=text, sender=Sender.CUSTOMER)
    made = case_from_talk(system, contact.pk)
    kept = str(made.turns)
    assert "13912345678" not in kept and "欧阳锋" not in kept and "青石巷" not in kept
    assert made.code == "fault_report" and len(made.turns) == 6
    assert DialogueCase.objects.get(pk=made.pk).style == "recorded"


def test_several_things_in_one_sentence_are_all_heard(county: OrgUnit) -> None:
    book = dialogues.book_of(dialogues.editions_of(None))
    assert book is not None
    heard = understanding.understand("映霁区这边没电了，我电话13900001111，户号1234567890", book)
    assert ("county", "映霁区供电公司") in heard.slots
    state, _acts = cases.advance(book, cases.State(), heard.text, {})
    assert state.code == "fault_report"
    assert (state.slots["county"], state.slots["phone"], state.slots["phenomenon"]) == (
        "映霁区供电公司",
        "13900001111",
        "no_power",
    )
    assert state.known["account"] == "1234567890"
