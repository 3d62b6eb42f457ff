"""Scripts, phrases, phrase rules and dispositions: shipped once, edited by people, in force at once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from denghuo.apps.contacts import phrases
from denghuo.apps.contacts.actions.texts import RuleDraft, ScriptDraft, Step, write_rule, write_script
from denghuo.apps.contacts.models import DeskPhrase, DeskScript, Disposition, PhraseRule
from denghuo.apps.contacts.text_forms import steps_as_text, steps_from_text
from denghuo.apps.contacts.texts_sync import sync_texts
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db


def test_the_desk_comes_with_its_texts() -> None:
    assert Disposition.objects.filter(parent=None).count() >= 10
    assert Disposition.objects.exclude(parent=None).count() >= 40
    assert DeskScript.objects.count() >= 12
    assert DeskPhrase.objects.count() >= 60
    assert PhraseRule.objects.count() >= 60
    assert all(script.steps and script.words for script in DeskScript.objects.all())


def test_shipping_again_changes_nothing_and_leaves_what_a_person_wrote() -> None:
    assert sync_texts() == 0
    DeskPhrase.objects.filter(shipped="greet").update(text="旧")
    assert sync_texts() == 1
    assert DeskPhrase.objects.get(shipped="greet").text.startswith("您好")


def test_a_shipped_rule_edited_by_a_person_stays_edited(actor_for_role: Any) -> None:
    rule = PhraseRule.objects.get(shipped="no-idea")
    write_rule(actor_for_role("inspector"), RuleDraft("不晓得", False, "forbidden", "agent", "我查一下"), pk=rule.pk)
    assert sync_texts() == 0
    assert PhraseRule.objects.get(pk=rule.pk).pattern == "不晓得"


def test_shipped_rules_compile_fit_what_they_are_for_and_no_ready_phrase_breaks_one() -> None:
    phrases.forget()
    for rule in PhraseRule.objects.filter(regex=True):
        assert not re.compile(rule.pattern).search("")
    assert phrases.met("agent", "这个不归我管，你问别人去")
    assert phrases.met("customer", "再这样我就打12345")
    for phrase in DeskPhrase.objects.all():
        assert [r.pattern for r in phrases.met("agent", phrase.text) if r.kind == "forbidden"] == [], phrase.code


def test_a_new_rule_is_in_force_at_once_and_is_an_event(actor_for_role: Any) -> None:
    phrases.rules()
    made = write_rule(actor_for_role("inspector"), RuleDraft("爱咋咋地", False, "forbidden", "agent", "我来处理"))
    assert [rule.pk for rule in phrases.met("agent", "爱咋咋地吧")] == [made.pk]
    assert [event.kind for event in timeline("phraserule", made.pk)] == ["desk.text_written"]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (RuleDraft("", False, "forbidden", "agent", "x"), "pattern"),
        (RuleDraft("(坏", True, "forbidden", "agent", "x"), "pattern"),
        (RuleDraft("a*", True, "forbidden", "agent", "x"), "pattern"),
        (RuleDraft("(a+)+b", True, "forbidden", "agent", "x"), "pattern"),
        (RuleDraft("不知道", False, "forbidden", "agent", "x"), "pattern"),
        (RuleDraft("新词语", False, "forbidden", "agent", ""), "advice"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_at_its_field(actor_for_role: Any, draft: RuleDraft, field: str) -> None:
    with refused(InvalidInput) as caught:
        write_rule(actor_for_role("inspector"), draft)
    assert field in caught.value.fields


def test_an_agent_changes_no_texts(actor_for_role: Any) -> None:
    with refused(NotAllowed):
        write_script(actor_for_role("agent"), ScriptDraft("x", "一", (Step("一"),)))


def test_the_notation_of_steps_reads_back_what_it_writes() -> None:
    for script in DeskScript.objects.all():
        steps = steps_from_text(steps_as_text(script.steps))
        read = [{"title": s.title, "say": s.say, "ask": list(s.ask), "note": s.note} for s in steps]
        assert read == script.steps


def test_an_editor_adds_a_script_with_the_form(browser_for: Any) -> None:
    editor = browser_for("knowledge_editor")
    data = {"title": "预约", "scene": "service", "words": "预约 上门", "position": 5, "active": "on"}
    bad = editor.post("/staff/desk-texts/scripts/new/", data | {"steps": "说：没有标题"})
    assert bad.status_code == 422
    assert "第 1 行" in bad.content.decode()
    assert "说：没有标题" in bad.content.decode()
    good = editor.post(
        "/staff/desk-texts/scripts/new/", data | {"steps": "# 问时间\n说：您哪天方便？\n问：上午还是下午？"}
    )
    assert good.status_code == 302
    made = DeskScript.objects.get(title="预约")
    assert made.words == ["预约", "上门"]
    assert made.steps[0]["ask"] == ["上午还是下午？"]
    assert made.edited_at is not None


@pytest.mark.parametrize("kind", ["scripts", "phrases", "rules", "dispositions"])
def test_each_editor_lists_opens_and_saves(browser_for: Any, kind: str) -> None:
    editor = browser_for("knowledge_editor")
    assert editor.get(f"/staff/desk-texts/{kind}/").status_code == 200
    model = {"scripts": DeskScript, "phrases": DeskPhrase, "rules": PhraseRule, "dispositions": Disposition}[kind]
    row = model.objects.order_by("pk").last()
    page = editor.get(f"/staff/desk-texts/{kind}/{row.pk}/")
    form = page.context["form"]
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    saved = editor.post(f"/staff/desk-texts/{kind}/{row.pk}/", data)
    assert saved.status_code == 302, saved.context["form"].errors
    row.refresh_from_db()
    assert row.edited_at is not None


def test_a_sentence_can_be_tried_before_it_is_said(browser_for: Any) -> None:
    editor = browser_for("knowledge_editor")
    page = editor.post("/staff/desk-texts/test/", {"sentence": "这不归我管"}).content.decode()
    assert "不归我管" in page
    assert "我帮您转过去" in page
    preview = editor.post("/staff/desk-texts/scripts/preview/", {"steps": "# 一\n说：您好"}).content.decode()
    assert "您好" in preview


def test_a_supervisor_looks_and_changes_nothing(browser_for: Any) -> None:
    supervisor = browser_for("supervisor")
    row = PhraseRule.objects.first()
    assert row is not None
    assert supervisor.get("/staff/desk-texts/rules/").status_code == 200
    assert "disabled" in supervisor.get(f"/staff/desk-texts/rules/{row.pk}/").content.decode()
    assert supervisor.post(f"/staff/desk-texts/rules/{row.pk}/", {"pattern": "x"}).status_code == 403
    assert browser_for("agent").get("/staff/desk-texts/rules/").status_code == 403
