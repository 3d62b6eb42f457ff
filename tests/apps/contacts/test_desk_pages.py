"""The agent's desk as pages."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import Contact
from denghuo.apps.customers.models import Customer
from denghuo.core.actors import Actor
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db
PHONE = "13900001234"


@pytest.fixture
def agent(browser_for: Any, org_tree: Any) -> Client:
    client: Client = browser_for("agent", org_tree.city)
    return client


def person(client: Client) -> Actor:
    return actor_for(client.staff)  # type: ignore[attr-defined]


def call(org: Any, **changes: Any) -> Contact:
    return actions.open_contact(
        Actor.system("ivr"), **{"channel": "voice", "org": org, "caller_phone": PHONE, **changes}
    )


def send(client: Client, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    return client.post(url, {"idempotency_key": str(uuid.uuid4()), **(data or {})}, **more)


def test_the_desk_shows_who_waits_and_taking_brings_the_caller_up(agent: Client, org_tree: Any) -> None:
    customer = Customer.objects.create(org=org_tree.county, name="江小满", phone=PHONE)
    made = call(org_tree.county, customer_id=customer.pk, subject="查询电费")
    assert "查询电费" in agent.get("/staff/desk/").content.decode()
    send(agent, "/staff/desk/take/")
    with counted("pages.contacts.desk"):
        page = agent.get("/staff/desk/").content.decode()
    assert PHONE in page and "江小满" in page and f"/staff/requests/new/?contact={made.pk}" in page
    assert "没有人在等" in page


def test_the_queue_refreshes_alone(agent: Client, org_tree: Any) -> None:
    for number in range(3):
        call(org_tree.county, subject=f"事由{number}")
    with counted("pages.contacts.queue"):
        part = agent.get("/staff/desk/queue/", headers={"HX-Request": "true"}).content.decode()
    assert "事由2" in part and "<html" not in part


def test_what_was_written_in_a_chat_is_on_the_desk(agent: Client, org_tree: Any) -> None:
    made = call(org_tree.county, channel="web_chat")
    send(agent, "/staff/desk/take/")
    actions.post_message(person(agent), made.pk, client_id=uuid.uuid4(), text="请问户号是多少？", sender="agent")
    page = agent.get("/staff/desk/").content.decode()
    assert "请问户号是多少？" in page and "在线客服" in page


def test_a_conversation_ends_with_its_outcome_and_stays_in_the_days_list(agent: Client, org_tree: Any) -> None:
    made = call(org_tree.county, subject="查询电费")
    send(agent, "/staff/desk/take/")
    send(agent, f"/staff/desk/{made.pk}/close/", {"outcome": "answered"})
    made.refresh_from_db()
    page = agent.get("/staff/desk/").content.decode()
    assert made.state == "closed" and "查询电费" in page and "当场答复" in page


def test_an_empty_queue_and_a_wrong_outcome_are_said(agent: Client, org_tree: Any) -> None:
    assert "现在没有人在排队" in send(agent, "/staff/desk/take/", follow=True).content.decode()
    made = call(org_tree.county)
    send(agent, "/staff/desk/take/")
    page = send(agent, f"/staff/desk/{made.pk}/close/", {"outcome": "forgotten"}, follow=True).content.decode()
    made.refresh_from_db()
    assert made.state == "in_service" and "data-toast" in page


def test_another_citys_callers_are_not_mine(browser_for: Any, org_tree: Any) -> None:
    stranger = browser_for("agent", org_tree.other_city)
    call(org_tree.county, subject="查询电费")
    assert "查询电费" not in stranger.get("/staff/desk/").content.decode()
