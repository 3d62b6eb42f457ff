"""The seat map, one agent's page, and following a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.contacts.models import AgentSession, ContactParty, Message, Seat
from denghuo.core.events.testing import recorded

pytestmark = pytest.mark.django_db


def test_the_seat_map_shows_who_sits_where_and_what_they_do(
    floor: Any, clock: Any, org_tree: Any, browser_for: Any
) -> None:
    seat = Seat.objects.create(org=org_tree.county, code="A-01", room="A 区", row=1, column=1)
    Seat.objects.create(org=org_tree.county, code="A-02", room="A 区", row=1, column=2)
    agent = floor.agent()
    AgentSession.objects.filter(staff_id=agent.id).update(seat=seat)
    floor.serve(floor.call("web_chat"), agent)
    clock.forward(seconds=65)
    browser = browser_for("supervisor", org_tree.company)
    page = browser.get("/staff/floor/seats/").content.decode()
    assert "A-01" in page
    assert agent.name in page
    assert "1:05" in page
    assert "空位" in page
    assert "1/2" in page


def test_a_supervisor_changes_an_agents_state_and_must_say_why(floor: Any, org_tree: Any, browser_for: Any) -> None:
    agent = floor.agent()
    browser = browser_for("supervisor", org_tree.company)
    page = f"/staff/floor/agents/{agent.id}/"
    refused = browser.post(page, {"mode": "training", "reason": ""})
    assert refused.status_code == 422
    assert "必填" in refused.content.decode()
    assert browser.post(page, {"mode": "training", "reason": "参加新业务培训"}).status_code == 302
    assert AgentSession.objects.get(staff_id=agent.id).state == "training"


def test_what_is_said_is_seen_only_by_those_who_listen_and_listening_is_on_record(
    floor: Any, org_tree: Any, browser_for: Any
) -> None:
    agent = floor.agent()
    chat = floor.serve(floor.call("web_chat"), agent)
    floor.say(chat, "我家停电两小时了")
    browser = browser_for("supervisor", org_tree.company)
    page = f"/staff/floor/contacts/{chat.pk}/"
    assert "我家停电两小时了" not in browser.get(page).content.decode()
    with recorded("contact.party_changed") as events:
        browser.post(f"{page}monitor/")
    assert events.one.payload["role"] == "monitor"
    assert "我家停电两小时了" in browser.get(page).content.decode()
    browser.post(f"{page}say/", {"text": "先报户号核实停电公告", "aloud": "0"})
    whisper = Message.objects.get(text="先报户号核实停电公告")
    assert whisper.audience == "staff"
    browser.post(f"{page}say/", {"text": "我是值班长，马上为您核实", "aloud": "1"})
    assert not Message.objects.filter(text="我是值班长，马上为您核实").exists()  # a listener may not speak aloud
    browser.post(f"{page}barge/")
    browser.post(f"{page}say/", {"text": "我是值班长，马上为您核实", "aloud": "1"})
    assert Message.objects.get(text="我是值班长，马上为您核实").audience == "everyone"
    browser.post(f"{page}leave/")
    assert not ContactParty.objects.filter(contact=chat, left_at=None).exists()


def test_an_agent_cannot_listen_to_a_colleague(floor: Any, org_tree: Any, browser_for: Any) -> None:
    chat = floor.serve(floor.call("web_chat"), floor.agent())
    browser = browser_for("agent", org_tree.county)
    assert browser.get(f"/staff/floor/contacts/{chat.pk}/").status_code == 403
