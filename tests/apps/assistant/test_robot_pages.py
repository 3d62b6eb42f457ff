"""The robot's screens: editing with faults at the field, trying out, releasing past a failed case, figures."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.urls import reverse

from denghuo.apps.assistant.models import CaseRun, Dialogue, DialogueCase, RobotTalk
from denghuo.apps.catalogue.actions import save_draft
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.choices import Channel, Sender


@pytest.fixture
def draft(system: Any) -> Dialogue:
    held = Dialogue.objects.get(code="praise", org=None, state="released")
    row = save_draft(system, "dialogue", code="praise", document=held.document)
    assert isinstance(row, Dialogue)
    return row


@pytest.fixture
def talk(system: Any, org_tree: Any) -> RobotTalk:
    contact = actions.begin_with_robot(system, channel=Channel.WEB_CHAT, org=org_tree.county, client_id=uuid.uuid4())
    for text in ("我家没电了，电话13912345678", "转人工"):
        actions.post_message(system, contact.pk, client_id=uuid.uuid4(), text=text, sender=Sender.CUSTOMER)
    return RobotTalk.objects.get(contact=contact)


def test_every_screen_opens_for_who_may_see_it(
    browser_for: Any, org_tree: Any, draft: Dialogue, talk: RobotTalk
) -> None:
    browser = browser_for("manager", org_tree.company)
    case = DialogueCase.objects.first()
    assert case is not None
    for name, args in (
        ("dialogues", []), ("dialogue", [draft.pk]), ("dialogue-edit", [draft.pk]), ("dialogue-release", [draft.pk]),
        ("cases", []), ("case", [case.pk]), ("try", []), ("talks", []), ("talk", [talk.pk]),
    ):  # fmt: skip
        assert browser.get(reverse(f"assistant:{name}", args=args)).status_code == 200, name


def test_a_document_that_cannot_be_read_is_told_at_the_field_and_nothing_typed_is_lost(
    browser_for: Any, org_tree: Any, draft: Dialogue
) -> None:
    browser = browser_for("manager", org_tree.company)
    answer = browser.post(reverse("assistant:dialogue-edit", args=[draft.pk]), {"text": "label = 没有引号"})
    assert answer.status_code == 422
    assert "没有引号" in answer.content.decode() and "写错了" in answer.content.decode()


def test_a_saved_draft_shows_its_faults(browser_for: Any, org_tree: Any, draft: Dialogue) -> None:
    browser = browser_for("manager", org_tree.company)
    document = {**draft.document, "steps": [{"id": "a", "do": "say", "text": "好", "next": "nowhere"}]}
    url = reverse("assistant:dialogue-edit", args=[draft.pk])
    assert browser.post(url, {"text": to_toml(document), "version": draft.version}).status_code == 302
    assert "不存在的步骤" in browser.get(url).content.decode()


def test_two_editors_do_not_overwrite_each_other(browser_for: Any, org_tree: Any, draft: Dialogue) -> None:
    browser = browser_for("manager", org_tree.company)
    url, text = reverse("assistant:dialogue-edit", args=[draft.pk]), to_toml(draft.document)
    assert browser.post(url, {"text": text, "version": draft.version}).status_code == 302
    assert browser.post(url, {"text": text, "version": draft.version}).status_code == 422


def test_a_failed_case_bars_the_release_on_the_screen_and_a_reason_opens_it(
    browser_for: Any, org_tree: Any, draft: Dialogue
) -> None:
    browser = browser_for("manager", org_tree.company)
    DialogueCase.objects.all().update(active=False)
    DialogueCase.objects.create(
        code="praise", title="必败", turns=[{"say": "我要表扬", "expect": {"code": "x"}}], made_at=draft.made_at
    )
    url = reverse("assistant:dialogue-release", args=[draft.pk])
    refused = browser.post(url, {"note": "", "override": "", "idempotency_key": str(uuid.uuid4())})
    assert refused.status_code == 422 and "必败" in refused.content.decode()
    assert CaseRun.objects.filter(dialogue=draft, failed=1).exists()
    passed = browser.post(url, {"note": "", "override": "用例过时", "idempotency_key": str(uuid.uuid4())})
    assert passed.status_code == 302
    draft.refresh_from_db()
    assert draft.state == "released"


def test_an_agent_may_look_but_not_edit(browser_for: Any, org_tree: Any, draft: Dialogue) -> None:
    browser = browser_for("agent", org_tree.county)
    assert browser.get(reverse("assistant:dialogues")).status_code == 200
    assert browser.get(reverse("assistant:dialogue-edit", args=[draft.pk])).status_code == 403


def test_the_try_out_talks_with_a_draft_and_does_nothing(browser_for: Any, org_tree: Any, draft: Dialogue) -> None:
    browser = browser_for("manager", org_tree.company)

    def turn(**body: Any) -> Any:
        return browser.post("/api/v1/assistant/try", json.dumps(body), content_type="application/json")

    first = turn(dialogue_id=draft.pk).json()
    assert first["acts"][0]["kind"] == "say"
    second = turn(dialogue_id=draft.pk, state=first["state"], text="我要表扬师傅").json()
    assert second["state"]["code"] == "praise" and second["intents"][0][0] == "praise"
    assert turn(state={"choices": 5}, text="在吗").status_code == 422


def test_the_figures_count_what_ended(browser_for: Any, org_tree: Any, talk: RobotTalk) -> None:
    browser = browser_for("manager", org_tree.company)
    found = browser.get("/api/v1/assistant/figures").json()
    assert (found["total"], found["handed_over"], found["takeover_rate"]) == (1, 1, 1.0)
    rows = browser.get("/api/v1/assistant/talks").json()["items"]
    assert rows[0]["result"] == "handed_over" and rows[0]["reason"] == "asked"


def test_a_talk_is_shown_with_numbers_masked_and_kept_as_a_case_in_one_click(
    browser_for: Any, org_tree: Any, talk: RobotTalk
) -> None:
    browser = browser_for("manager", org_tree.company)
    page = browser.get(reverse("assistant:talk", args=[talk.pk])).content.decode()
    assert "13912345678" not in page
    answer = browser.post(reverse("assistant:talk-case", args=[talk.pk]))
    made = DialogueCase.objects.get(from_talk=talk.pk)
    assert answer.status_code == 302 and "13912345678" not in str(made.turns)


def test_talks_of_another_unit_are_not_seen(browser_for: Any, org_tree: Any, talk: RobotTalk) -> None:
    browser = browser_for("agent", org_tree.other_county)
    assert browser.get(reverse("assistant:talk", args=[talk.pk])).status_code == 404
    assert browser.get("/api/v1/assistant/figures").json()["total"] == 0


def test_an_agent_takes_a_talk_over_by_the_api_once(browser_for: Any, org_tree: Any, system: Any) -> None:
    contact = actions.begin_with_robot(system, channel=Channel.WEB_CHAT, org=org_tree.county, client_id=uuid.uuid4())
    browser = browser_for("agent", org_tree.province)
    url = f"/api/v1/assistant/talks/{contact.pk}/take-over"
    assert browser.post(url).status_code == 200
    contact.refresh_from_db()
    assert contact.agent_id == browser.staff.pk
    assert browser_for("agent", org_tree.province).post(url).status_code == 409
