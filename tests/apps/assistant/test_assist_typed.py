"""As the customer types: the agent sees what fits, nothing is kept, and what is taken is recorded all the same."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.assistant.assist.actions import note_sent
from denghuo.apps.assistant.models import Suggestion
from denghuo.apps.contacts import actions, as_typed
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.knowledge.models import Asked, StandardQuestion
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events.models import Event
from denghuo.core.http.limits import buckets
from denghuo.core.policies.actions import set_value

pytestmark = pytest.mark.django_db
TYPED = "家里空开老是跳闸"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the stream is handed."""
    found: list[tuple[str, Any]] = []

    def keep(topic: str, _kind: str, data: Any) -> bool:
        found.append((topic, data))
        return True

    monkeypatch.setattr(as_typed, "pass_on", keep)
    buckets.clear()
    return found


@pytest.fixture
def agent(browser_for: Any, org_tree: Any) -> Any:
    return browser_for("agent", org_tree.city)


@pytest.fixture
def chat(agent: Any, org_tree: Any) -> Contact:
    visit = actions.Visit(client_id=uuid.uuid4(), topic="other")
    made = actions.open_chat(Actor.customer(), org_tree.county, visit)
    actions.take_contact(actor_for(agent.staff), made.pk)
    return Contact.objects.get(pk=made.pk)


def types(chat: Contact, text: str) -> int:
    """The customer's page tells what stands in its box."""
    headers = {"Authorization": f"Bearer {contact_token(chat)}"}
    path = f"/api/v1/chat/contacts/{chat.pk}/typed"
    return Client().post(path, json.dumps({"text": text}), "application/json", headers=headers).status_code


def typed(agent: Client, chat: Contact, text: str) -> str:
    response = agent.post(f"/staff/desk/{chat.pk}/panel/assist/typed/", {"text": text})
    assert response.status_code == 200, response.content[:300]
    return response.content.decode()


def test_the_agent_who_serves_hears_it_without_numbers_and_nothing_is_written(
    heard: list[tuple[str, Any]], agent: Any, chat: Contact
) -> None:
    before = (Message.objects.count(), Event.objects.count())
    assert types(chat, "我电话13900005678，户号3300012345，楼上2单元") == 204
    assert heard == [(f"agent:{agent.staff.pk}", {"contact": chat.pk, "text": heard[0][1]["text"]})]
    told = heard[0][1]["text"]
    assert "****" in told
    assert "13900005678" not in told
    assert "3300012345" not in told
    assert "2单元" in told
    assert (Message.objects.count(), Event.objects.count()) == before


def test_what_is_no_text_is_refused_or_left_out(heard: list[tuple[str, Any]], agent: Any, chat: Contact) -> None:
    assert types(chat, "电费\ud800怎么算") == 422
    assert heard == []
    assert "输入中" in typed(agent, chat, "电费\x00怎么算")


def test_nothing_is_told_where_it_is_off_before_an_agent_serves_or_to_a_stranger(
    heard: list[tuple[str, Any]], chat: Contact, org_tree: Any, system: Any
) -> None:
    path = f"/api/v1/chat/contacts/{chat.pk}/typed"
    body = json.dumps({"text": TYPED})
    stranger = Client().post(path, body, "application/json", headers={"Authorization": "Bearer x"})
    assert stranger.status_code == 404
    waiting = actions.open_chat(Actor.customer(), org_tree.county, actions.Visit(client_id=uuid.uuid4(), topic="other"))
    assert types(waiting, TYPED) == 204
    set_value(system, "chat.as_typed", False, org=org_tree.city, valid_from=moment.now(), source="试用", trust="D")
    assert types(chat, TYPED) == 204
    assert heard == []


def test_the_customers_page_is_told_whether_it_goes_ahead(chat: Contact, org_tree: Any, system: Any) -> None:
    def told() -> bool:
        headers = {"Authorization": f"Bearer {contact_token(chat)}"}
        return bool(Client().get(f"/api/v1/chat/contacts/{chat.pk}", headers=headers).json()["as_typed"])

    assert told()
    set_value(system, "chat.as_typed", False, org=org_tree.city, valid_from=moment.now(), source="试用", trust="D")
    assert not told()
    assert "客服可提前看到您正在输入的内容" in Client().get("/hall/chat/").content.decode()


def test_who_types_too_often_is_slowed_down(heard: list[tuple[str, Any]], chat: Contact, system: Any) -> None:
    set_value(system, "chat.typed_per_minute", 2, valid_from=moment.now(), source="试用", trust="D", org=None)
    assert [types(chat, TYPED + str(n)) for n in range(3)] == [204, 204, 429]


def test_what_fits_is_shown_and_neither_question_nor_suggestion_is_kept(agent: Any, chat: Contact) -> None:
    page = typed(agent, chat, TYPED)
    assert "输入中" in page
    assert StandardQuestion.objects.get(code="outage.trip").answer[:20] in page
    assert not Suggestion.objects.exists()
    assert not Asked.objects.exists()
    assert typed(agent, chat, "") == ""


def test_it_is_gone_when_the_words_were_sent(agent: Any, chat: Contact) -> None:
    Message.objects.create(
        contact=chat, client_id=uuid.uuid4(), sender="customer", text=TYPED + "怎么办", at=moment.now()
    )
    assert typed(agent, chat, TYPED) == ""


def test_only_who_holds_the_talk_may_look(chat: Contact, browser_for: Any, org_tree: Any) -> None:
    other = browser_for("agent", org_tree.city)
    path = f"/staff/desk/{chat.pk}/panel/assist/typed/"
    assert other.post(path, {"text": TYPED}).status_code == 403


def test_an_answer_taken_early_is_recorded_with_what_went_out(agent: Any, chat: Contact) -> None:
    entry = StandardQuestion.objects.get(code="outage.trip")
    decide = f"/staff/desk/{chat.pk}/panel/assist/decide/"
    given = {"key": f"answer:{entry.pk}", "do": "early", "text": entry.answer}
    assert agent.post(decide, given).status_code == 204
    row = Suggestion.objects.get(contact=chat)
    assert (row.kind, row.entry_id, row.outcome) == ("answer", entry.pk, "accepted")
    sent = Message.objects.create(
        contact=chat, client_id=uuid.uuid4(), sender="agent", text=entry.answer, at=moment.now(),
        staff_id=agent.staff.pk,
    )  # fmt: skip
    assert note_sent(Actor.system("t"), sent) == row
    for key in ("answer:999999999", "slot:phone", "answer:", "step:x.1", "similar:1"):
        assert agent.post(decide, given | {"key": key}).status_code == 404, key
