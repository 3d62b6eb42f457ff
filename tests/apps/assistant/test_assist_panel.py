"""The helper beside an agent: what it suggests, what is kept of it, and that it stays out of the way."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.assistant.assist import figures
from denghuo.apps.assistant.assist.actions import leave, note_sent
from denghuo.apps.assistant.models import Suggestion
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.knowledge.models import Asked, KnowledgeUse, StandardQuestion
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import timeline
from denghuo.core.policies.actions import set_value

pytestmark = pytest.mark.django_db
SAID = "家里空开老是跳闸怎么办"


@dataclass
class Desk:
    """An agent who holds a conversation of the county."""

    agent: Client
    actor: Actor
    contact: Contact

    def said(self, text: str, sender: str = "customer") -> Message:
        staff = self.actor.id if sender == "agent" else None
        return Message.objects.create(
            contact=self.contact, client_id=uuid.uuid4(), sender=sender, text=text, at=moment.now(), staff_id=staff
        )

    @property
    def address(self) -> str:
        return f"/staff/desk/{self.contact.pk}/panel/assist/"

    def look(self) -> str:
        response = self.agent.get(self.address)
        assert response.status_code == 200, response.content[:300]
        return response.content.decode()

    def decide(self, key: str, verb: str) -> int:
        return self.agent.post(self.address + "decide/", {"key": key, "do": verb}).status_code


@pytest.fixture
def desk(browser_for: Any, org_tree: Any) -> Desk:
    agent = browser_for("agent", org_tree.city)
    actor = actor_for(agent.staff)
    made = actions.open_contact(Actor.system("t"), channel="voice", org=org_tree.county, caller_phone="13900001234")
    actions.take_contact(actor, made.pk)
    return Desk(agent, actor, Contact.objects.get(pk=made.pk))


def test_the_answer_to_what_the_customer_said_is_suggested_once_and_the_question_kept_once(desk: Desk) -> None:
    desk.said(SAID)
    wanted = StandardQuestion.objects.get(code="outage.trip")
    page = desk.look()
    assert wanted.answer[:20] in page
    assert "Alt+1" in page
    desk.look()
    rows = Suggestion.objects.filter(contact=desk.contact, kind="answer")
    assert f"answer:{wanted.pk}" in set(rows.values_list("key", flat=True))
    assert rows.count() == rows.values("key").distinct().count()
    assert Asked.objects.filter(contact_id=desk.contact.pk, by="assist").count() == 1


def test_an_accepted_answer_counts_as_used_and_as_chosen(desk: Desk) -> None:
    desk.said(SAID)
    desk.look()
    row = Suggestion.objects.filter(contact=desk.contact, kind="answer").order_by("place").first()
    assert row is not None
    assert desk.decide(row.key, "accept") == 204
    row.refresh_from_db()
    assert row.outcome == "accepted"
    assert (
        KnowledgeUse.objects.filter(question_id=row.entry_id, how="inserted", contact_id=desk.contact.pk).count() == 1
    )
    assert Asked.objects.get(pk=row.asked_id).chosen_id == row.entry_id
    assert "assist.decided" in [event.kind for event in timeline("contact", desk.contact.pk)]
    assert "已采用" in desk.look()
    assert desk.decide("answer:999999", "accept") == 404
    assert desk.decide(row.key, "burn") == 422


@pytest.mark.parametrize(("added", "outcome"), [("", "accepted"), ("，祝您生活愉快", "edited")])
def test_what_went_out_tells_whether_the_text_was_edited(desk: Desk, added: str, outcome: str) -> None:
    desk.said(SAID)
    desk.look()
    row = Suggestion.objects.select_related("entry").filter(contact=desk.contact, kind="answer").first()
    assert row is not None and row.entry is not None
    desk.decide(row.key, "accept")
    sent = desk.said(row.entry.answer + added, "agent")
    note_sent(Actor.system("t"), sent)
    row.refresh_from_db()
    assert (row.outcome, row.sent_message_id) == (outcome, sent.pk)


def test_what_is_waved_away_comes_no_more_and_what_is_left_is_ignored_at_the_end(desk: Desk) -> None:
    desk.said(SAID)
    desk.look()
    first = Suggestion.objects.filter(contact=desk.contact, kind="answer").order_by("place")[0]
    desk.decide(first.key, "ignore")
    assert f'data-offer="{first.key}"' not in desk.look()
    leave(Actor.system("t"), desk.contact.pk)
    assert not Suggestion.objects.filter(contact=desk.contact, outcome="open").exists()


def test_what_the_customer_tells_of_himself_is_offered_for_the_form_and_not_kept(desk: Desk) -> None:
    desk.said("我电话13900005678，户号3300012345，昨天晚上开始没电")
    page = desk.look()
    assert 'data-fill="caller_phone" data-value="13900005678"' in page
    assert 'data-fill="account_number" data-value="3300012345"' in page
    kept = json.dumps(
        list(Suggestion.objects.filter(contact=desk.contact, kind="slot").values("key", "slot", "digest"))
    )
    assert "caller_phone" in kept
    assert "13900005678" not in kept
    assert "3300012345" not in kept


def test_who_greets_first_and_asks_then_is_answered_and_the_form_gets_what_it_can_take(desk: Desk) -> None:
    desk.said("你好，我姓王，户号3300012345")
    desk.said(SAID)
    page = desk.look()
    assert StandardQuestion.objects.get(code="outage.trip").answer[:20] in page
    assert 'data-fill="phenomenon" data-value="no_power"' in page
    assert Asked.objects.get(contact_id=desk.contact.pk).text == SAID


def test_nothing_is_suggested_where_the_helper_is_off(desk: Desk, org_tree: Any, system: Any) -> None:
    set_value(system, "assist.enabled", False, org=org_tree.city, valid_from=moment.now(), source="试用", trust="D")
    desk.said(SAID)
    assert "坐席助手未启用" in desk.look()
    assert not Suggestion.objects.exists()
    assert not Asked.objects.exists()


def test_somebody_who_only_watches_leaves_no_trace(desk: Desk, browser_for: Any, org_tree: Any) -> None:
    desk.said(SAID)
    watcher = browser_for("supervisor", org_tree.city)
    assert watcher.get(desk.address).status_code in {200, 403}
    assert not Suggestion.objects.exists()


def test_a_refresh_of_the_panel_stays_cheap(desk: Desk) -> None:
    desk.said(SAID)
    desk.look()
    with CaptureQueriesContext(connection) as captured:
        desk.look()
    assert len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]) <= 14


def test_rates_by_kind_and_answer_are_honest_about_few_cases(desk: Desk, browser_for: Any, org_tree: Any) -> None:
    desk.said(SAID)
    desk.look()
    row = Suggestion.objects.filter(contact=desk.contact, kind="answer").order_by("place").first()
    assert row is not None
    desk.decide(row.key, "accept")
    leave(Actor.system("t"), desk.contact.pk)
    page = browser_for("knowledge_editor", org_tree.province).get("/staff/assistant/assist/?days=7").content.decode()
    assert "推荐答案" in page
    assert "采用率" in page
    low, high = figures.wilson(1, 1)
    assert low == pytest.approx(0.2065, abs=1e-3)
    assert high == 1.0
    assert figures.wilson(0, 0) == (0.0, 1.0)


def test_what_the_scene_still_wants_to_know_is_asked_next_until_the_form_holds_it(desk: Desk) -> None:
    desk.said("我家停电了，电话13900005678")
    page = desk.look()
    missing = page.split("data-missing")[1].split("</section>")[0]
    assert "单户停电" in missing
    assert "是只有您一家没电，还是邻居也没电？" in missing
    assert 'data-offer="step:fault_single_outage:scope"' in missing
    assert "联系电话" not in missing.split("pn-chips")[1], "told already"
    assert Suggestion.objects.filter(contact=desk.contact, key="step:fault_single_outage:scope").count() == 1
    told = "scene=fault_single_outage&type=fault_report&filled=scope=single&filled=occurred_at"
    later = desk.agent.get(f"{desk.address}?{told}").content.decode()
    later = later.split("data-missing")[1].split("</section>")[0]
    assert "邻居也没电" not in later
    assert "有没有焦糊味" in later
    filled = "&filled=values.danger_signs=none&filled=values.danger_signs=burnt"
    assert "有没有焦糊味" not in desk.agent.get(f"{desk.address}?{told}{filled}").content.decode()


def test_a_mere_question_asks_for_no_form(desk: Desk) -> None:
    desk.said("电费晚交几天要罚多少钱")
    assert "data-missing" not in desk.look()
