"""Trained models are kept with their card, released only when better, and seen by the staff who answer for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.knowledge.choices import LearnedState
from denghuo.apps.knowledge.learned import current, keep_candidate, release_model
from denghuo.apps.knowledge.learned.cards import ROLES, measured
from denghuo.apps.knowledge.learned.trends import trends
from denghuo.apps.knowledge.models import Asked, LearnedModel
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events.testing import recorded
from denghuo.engine.language.intents import train_intents

pytestmark = pytest.mark.django_db


def artifact(word: str = "停电") -> bytes:
    """A small model of two labels."""
    return train_intents(
        [f"{word}了", f"{word}啦", f"家里{word}", "怎么过户", "过户怎么办", "办过户"], ["fault"] * 3 + ["change"] * 3
    ).to_bytes()


def card(before: float, after: float) -> dict[str, Any]:
    """A data card with its measure on a frozen set."""
    return {"frozen": {"set": "测评集 1", "n": 50, "measure": "准确率", "before": before, "after": after}}


def test_the_product_understands_before_anything_is_trained_here() -> None:
    model = current("intent")
    assert model is not None and model.predict(["转人工"])[0][0] == "transfer"
    assert current("class").predict(["充电桩坏了"])[0][0] == "fault_class/charging"
    assert current("ranker") is not None
    assert current("no such kind") is None


def test_a_better_model_is_released_used_at_once_and_the_old_one_retires(actor_for_role: Any, org_tree: Any) -> None:
    manager = actor_for_role("manager", org_tree.province)
    with recorded("knowledge.model_kept", "knowledge.model_released") as events:
        first = release_model(manager, keep_candidate(manager, "intent", artifact(), card(0.8, 0.9)).pk)
        assert set(current("intent").labels) == {"fault", "change"}
        second = release_model(manager, keep_candidate(manager, "intent", artifact("断电"), card(0.9, 0.91)).pk)
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == (LearnedState.RETIRED, LearnedState.RELEASED, 2)
    assert len(events) == 4
    release_model(manager, first.pk)
    second.refresh_from_db()
    assert second.state == LearnedState.RETIRED, "the way back needs no better figure"


@pytest.mark.parametrize(("before", "after"), [(0.9, 0.9), (0.9, 0.85)])
def test_a_model_that_is_not_better_stays_a_candidate(
    actor_for_role: Any, org_tree: Any, before: float, after: float
) -> None:
    manager = actor_for_role("manager", org_tree.province)
    row = keep_candidate(manager, "intent", artifact(), card(before, after))
    with pytest.raises(Conflict) as refused:
        release_model(manager, row.pk)
    assert refused.value.code == "not_better"
    row.refresh_from_db()
    assert row.state == LearnedState.CANDIDATE


def test_editors_may_keep_but_not_release_and_agents_neither(actor_for_role: Any, org_tree: Any) -> None:
    editor, agent = actor_for_role("knowledge_editor", org_tree.province), actor_for_role("agent", org_tree.county)
    row = keep_candidate(editor, "intent", artifact(), card(0.8, 0.9))
    with pytest.raises(NotAllowed):
        release_model(editor, row.pk)
    with pytest.raises(NotAllowed):
        keep_candidate(agent, "intent", artifact(), card(0.8, 0.9))


def test_what_cannot_be_read_back_or_was_not_measured_is_refused(actor_for_role: Any, org_tree: Any) -> None:
    manager = actor_for_role("manager", org_tree.province)
    for kind, data, told in (
        ("intent", b"broken", card(0.8, 0.9)),
        ("intent", artifact(), {}),
        ("nothing", artifact(), card(0.8, 0.9)),
    ):
        with pytest.raises(InvalidInput):
            keep_candidate(manager, kind, data, told)
    assert not LearnedModel.objects.exists()
    with pytest.raises(NotFound):
        release_model(manager, 999_999)


def test_every_part_has_a_card_whose_figures_were_written_by_the_measuring_command() -> None:
    cards = measured()
    assert set(cards) == {role.code for role in ROLES} and len(ROLES) == 6
    for one in cards.values():
        assert one["date"] and one["command"] == "denghuo language measure"
        assert all(row["label"] and row["set"] and row["n"] > 0 for row in one["figures"])


def test_staff_read_the_cards_and_try_a_sentence(browser_for: Any, org_tree: Any) -> None:
    page = browser_for("knowledge_editor", org_tree.province)
    assert "意图识别与分类建议" in page.get("/staff/knowledge/models/").content.decode()
    for role in ROLES:
        answer = page.get(
            f"/staff/knowledge/models/role/{role.code}/", {"text": "我姓王，我要投诉，打12398，电话13900001234"}
        )
        assert answer.status_code == 200
    assert (
        "13900001234" in page.get("/staff/knowledge/models/role/slots/", {"text": "电话13900001234"}).content.decode()
    )
    assert page.get("/staff/knowledge/models/role/none/").status_code == 404
    assert page.get("/staff/knowledge/models/999999/").status_code == 404


def test_a_manager_releases_from_the_card_and_a_worse_one_offers_no_button(
    browser_for: Any, org_tree: Any, system: Any
) -> None:
    page = browser_for("manager", org_tree.province)
    good = keep_candidate(system, "intent", artifact(), card(0.8, 0.9))
    bad = keep_candidate(system, "intent", artifact("断电"), card(0.9, 0.8))
    assert (
        f"/staff/knowledge/models/{good.pk}/release/"
        in page.get(f"/staff/knowledge/models/{good.pk}/").content.decode()
    )
    shown = page.get(f"/staff/knowledge/models/{bad.pk}/").content.decode()
    assert f"/staff/knowledge/models/{bad.pk}/release/" not in shown and "没有比现用的更好" in shown
    assert page.post(f"/staff/knowledge/models/{good.pk}/release/").status_code in (200, 302)
    good.refresh_from_db()
    assert good.state == LearnedState.RELEASED


def test_this_weeks_topic_is_shown_to_those_who_may_see_its_texts(
    actor_for_role: Any, browser_for: Any, org_tree: Any
) -> None:
    now = moment.now()
    rows = [
        Asked(at=now - dt.timedelta(weeks=week, minutes=n), by="customer", org=org_tree.county, text=text, digest="d", outcome="answer")
        for week, texts in ((0, ["整个单元的充电桩都坏了"] * 12 + ["电费多少"] * 10), (1, ["电费多少"] * 40), (2, ["停电了"] * 40))
        for n, text in enumerate(texts)
    ]  # fmt: skip
    Asked.objects.bulk_create(rows)
    found = trends(actor_for_role("knowledge_editor", org_tree.county), "asked")
    assert [rise.word for rise, _weeks in found.rises] == ["充电桩"]
    assert found.rises[0][1][-1] == 12 and found.sizes[-1] == 22
    page = browser_for("knowledge_editor", org_tree.county)
    assert "充电桩" in page.get("/staff/knowledge/topics/", {"source": "asked"}).content.decode()
    elsewhere = trends(actor_for_role("knowledge_editor", org_tree.other_county), "asked")
    assert elsewhere.sizes[-1] == 0


def test_a_quiet_week_says_so(browser_for: Any, org_tree: Any) -> None:
    page = browser_for("knowledge_editor", org_tree.province).get("/staff/knowledge/topics/").content.decode()
    assert "本周还没有提问和诉求" in page
