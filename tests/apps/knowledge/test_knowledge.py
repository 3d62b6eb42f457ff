"""Standard questions: where and when they hold, how they are found, who writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.knowledge import actions, queries
from denghuo.apps.knowledge.choices import Kind, Scene
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.sync import sync_knowledge
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from denghuo.core.http.limits import buckets
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db


def draft(**changes: Any) -> actions.Draft:
    wanted = {
        "scene": "price", "question": "空中飞车充电怎么收费", "answer": "按当地标准每次 8 元。", "source": "试用价目",
        "similar": ("飞车充一次多少钱",), "trust": "K",
    }  # fmt: skip
    return actions.Draft(**{**wanted, **changes})


def codes(text: str, *args: Any, **kwargs: Any) -> list[str]:
    return [hit.entry.code for hit in queries.search(text, *args, **kwargs)]


# --- the shipped base -------------------------------------------------------------------------------------------


def test_the_base_has_eighty_answers_each_with_three_wordings_a_source_and_a_mark() -> None:
    rows = list(StandardQuestion.objects.all())
    assert len(rows) >= 80
    assert {row.scene for row in rows} == set(Scene.values)
    for row in rows:
        assert len(row.similar) >= 3, row.code
        assert row.source, row.code
        assert row.trust in "SWKD", row.code
        assert row.kind == Kind.ARTICLE or len(row.answer) <= 200, row.code


def test_every_standard_question_finds_itself_first() -> None:
    lost = [row.code for row in StandardQuestion.objects.all() if codes(row.question)[:1] != [row.code]]
    assert lost == []


def test_shipping_again_writes_nothing_and_spares_what_a_person_edited(system: Any) -> None:
    assert sync_knowledge() == 0
    row = StandardQuestion.objects.get(code="outage.trip")
    actions.write_entry(system, draft(question=row.question), entry_id=row.pk)
    StandardQuestion.objects.filter(code="outage.fire").update(answer="旧")
    StandardQuestion.objects.filter(code="safety.fire").update(answer="旧")
    assert sync_knowledge() == 1
    assert StandardQuestion.objects.get(code="outage.trip").answer == "按当地标准每次 8 元。"


# --- search -----------------------------------------------------------------------------------------------------


def test_an_answer_is_found_by_a_colloquial_wording_with_reasons(system: Any) -> None:
    made = actions.write_entry(system, draft())
    hit = queries.search("我家飞车充一次电要多少钱")[0]
    assert hit.entry.pk == made.pk
    assert hit.wording == "飞车充一次多少钱"
    assert hit.parts["words"] > 0 < hit.parts["grams"]
    assert 0 < hit.percent <= 100


def test_what_is_not_yet_or_no_longer_valid_is_not_found(system: Any) -> None:
    today = queries.today()
    made = actions.write_entry(system, draft(valid_from=today + dt.timedelta(days=1)))
    assert made.code not in codes("空中飞车充电怎么收费")
    assert made.code in codes("空中飞车充电怎么收费", at=dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
    actions.write_entry(system, draft(valid_from=today, valid_to=today), entry_id=made.pk)
    assert made.code in codes("空中飞车充电怎么收费")
    assert made.code not in codes("空中飞车充电怎么收费", at=dt.datetime.now(dt.UTC) + dt.timedelta(days=2))


def test_an_answer_of_one_city_is_not_told_in_another(system: Any, org_tree: Any) -> None:
    made = actions.write_entry(system, draft(), org=org_tree.city)
    assert made.code in codes("空中飞车充电怎么收费", org_tree.county)
    assert made.code not in codes("空中飞车充电怎么收费", org_tree.other_county)
    assert made.code not in codes("空中飞车充电怎么收费")


def test_a_local_version_takes_the_place_of_the_shared_answer_there_only(system: Any, org_tree: Any) -> None:
    shared = actions.write_entry(system, draft())
    local = actions.write_entry(system, draft(answer="本市每次 6 元。"), org=org_tree.city, base_id=shared.pk)
    assert codes("空中飞车充电怎么收费", org_tree.county)[0] == local.code
    assert shared.code not in codes("空中飞车充电怎么收费", org_tree.county)
    assert codes("空中飞车充电怎么收费", org_tree.other_county)[0] == shared.code


def test_a_negative_question_keeps_an_answer_out(system: Any) -> None:
    made = actions.write_entry(system, draft(negative=("空中飞车违章充电罚款",)))
    assert made.code in codes("空中飞车充电怎么收费")
    assert made.code not in codes("空中飞车违章充电罚款多少")


def test_odd_queries_give_nothing_and_break_nothing() -> None:
    for text in ("", "   ", "？？！！", "的了吗", "%_'\"\\", "a" * 5000):
        assert isinstance(queries.search(text), list)
    assert queries.search("？？") == []


# --- writing ------------------------------------------------------------------------------------------------------


def test_an_edit_is_a_version_and_an_event_and_a_late_one_is_refused(system: Any) -> None:
    made = actions.write_entry(system, draft())
    actions.write_entry(system, draft(answer="改"), entry_id=made.pk, version=1)
    with refused(Conflict):
        actions.write_entry(system, draft(answer="晚了"), entry_id=made.pk, version=1)
    kinds = [event.kind for event in timeline("standard_question", made.pk)]
    assert sorted(kinds) == ["knowledge.published"] * 2 + ["knowledge.written"] * 2
    made.refresh_from_db()
    assert (made.answer, made.version) == ("改", 2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"question": ""}, "question"),
        ({"answer": ""}, "answer"),
        ({"source": ""}, "source"),
        ({"scene": "x"}, "scene"),
        ({"negative": ("飞车充一次多少钱",)}, "negative"),
        ({"valid_from": dt.date(2026, 2, 1), "valid_to": dt.date(2026, 1, 1)}, "valid_to"),
    ],
)
def test_what_is_missing_is_said_at_its_field(system: Any, changes: dict[str, Any], field: str) -> None:
    with refused(InvalidInput) as caught:
        actions.write_entry(system, draft(**changes))
    assert field in caught.value.fields


def test_who_edits_a_province_writes_its_own_version_but_not_what_all_share(actor_for_role: Any, org_tree: Any) -> None:
    editor = actor_for_role("knowledge_editor", org_tree.province)
    shared = StandardQuestion.objects.get(code="price.tiers")
    with refused(NotAllowed):
        actions.write_entry(editor, draft(), entry_id=shared.pk)
    with refused(NotAllowed):
        actions.expire_entry(editor, shared.pk)
    assert actions.write_draft(editor, draft(), org=org_tree.province, base_id=shared.pk).entry.base_id == shared.pk
    with refused(Conflict):
        actions.write_draft(editor, draft(), org=org_tree.province, base_id=shared.pk)
    with refused(NotAllowed):
        actions.write_draft(actor_for_role("agent"), draft(), org=org_tree.province)


def test_an_answer_can_end_now_or_on_a_day(system: Any) -> None:
    made = actions.write_entry(system, draft())
    with refused(InvalidInput):
        actions.expire_entry(system, made.pk, last_day=queries.today() - dt.timedelta(days=1))
    actions.expire_entry(system, made.pk, last_day=queries.today())
    assert made.code in codes("空中飞车充电怎么收费")
    actions.expire_entry(system, made.pk)
    assert made.code not in codes("空中飞车充电怎么收费")
    with refused(Conflict):
        actions.expire_entry(system, made.pk)


# --- screens --------------------------------------------------------------------------------------------------------

FORM = {
    "kind": "qa", "review_months": "12", "scene": "price", "question": "空中飞车充电怎么收费", "answer": "八元", "similar": "飞车多少钱\n充一次几块",
    "source": "价目", "trust": "K", "public": "on",
}  # fmt: skip


def test_an_editor_lists_writes_previews_and_ends_answers(browser_for: Any, org_tree: Any, system: Any) -> None:
    editor: Client = browser_for("knowledge_editor", org_tree.province)
    assert "空气开关总是跳闸怎么处理" in editor.get("/staff/knowledge/?q=跳闸").content.decode()
    bad = editor.post("/staff/knowledge/new/", {**FORM, "org": org_tree.province.pk, "source": ""})
    assert bad.status_code == 422
    assert "飞车多少钱" in bad.content.decode()
    good = editor.post("/staff/knowledge/new/", {**FORM, "org": org_tree.province.pk})
    assert good.status_code == 302
    made = StandardQuestion.objects.get(question=FORM["question"])
    assert (made.org, made.similar, made.active) == (org_tree.province, ["飞车多少钱", "充一次几块"], False)
    preview = editor.post("/staff/knowledge/preview/", FORM).content.decode()
    assert "飞车多少钱" in preview
    ended = actions.write_entry(system, draft(question="另一问"), org=org_tree.province)
    assert editor.post(f"/staff/knowledge/{ended.pk}/expire/", {"last_day": ""}).status_code == 302
    ended.refresh_from_db()
    assert not ended.active


def test_a_shared_answer_is_locked_for_a_province_that_may_write_its_own(browser_for: Any, org_tree: Any) -> None:
    editor = browser_for("knowledge_editor", org_tree.province)
    shared = StandardQuestion.objects.get(code="price.tiers")
    page = editor.get(f"/staff/knowledge/{shared.pk}/").content.decode()
    assert f"/staff/knowledge/{shared.pk}/write/" not in page
    assert f"?base={shared.pk}" in page
    assert editor.get(f"/staff/knowledge/{shared.pk}/write/").status_code == 403
    assert shared.question in editor.get(f"/staff/knowledge/new/?base={shared.pk}").content.decode()
    made = editor.post(f"/staff/knowledge/new/?base={shared.pk}", {**FORM, "org": org_tree.province.pk})
    assert made.status_code == 302
    assert StandardQuestion.objects.get(base=shared).org == org_tree.province


def test_agents_read_the_base_and_change_nothing(browser_for: Any) -> None:
    agent = browser_for("agent")
    assert agent.get("/staff/knowledge/").status_code == 200
    assert agent.get("/staff/knowledge/new/").status_code == 403
    assert agent.post("/staff/knowledge/preview/", FORM).status_code == 403


def test_the_public_reads_an_answer_that_was_sent_and_no_other(client: Client, system: Any) -> None:
    buckets.clear()
    entry = StandardQuestion.objects.get(code="outage.trip")
    page = client.get(f"/hall/answers/{entry.pk}/").content.decode()
    assert entry.answer[:20] in page
    assert entry.source not in page
    hidden = actions.write_entry(system, draft(public=False))
    ended = actions.write_entry(system, draft(question="另一问"))
    actions.expire_entry(system, ended.pk)
    for gone in (hidden.pk, ended.pk, 999999):
        assert client.get(f"/hall/answers/{gone}/").status_code == 404
