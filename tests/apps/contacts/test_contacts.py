"""Conversations: one agent each, one end each."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from denghuo.apps.contacts import actions, queries
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from denghuo.core.http.limits import buckets
from tests.helpers.refusals import refused

PHONE = "13900001234"


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


@pytest.fixture
def agent(actor_for_role: Any, org_tree: Any) -> Actor:
    return actor_for_role("agent", org_tree.city)


def call(agent: Actor, org: Any, **changes: Any) -> Contact:
    return actions.open_contact(agent, **{"channel": "voice", "org": org, "caller_phone": PHONE, **changes})


def test_a_call_waits_is_taken_and_ends_with_its_outcome(agent: Actor, org_tree: Any) -> None:
    made = call(agent, org_tree.county)
    assert [c.pk for c in queries.waiting(agent)] == [made.pk]
    taken = actions.take_contact(agent)
    assert taken is not None
    assert (taken.state, taken.agent_id) == ("in_service", agent.id)
    assert list(queries.mine(agent)) == [taken]
    assert queries.counts(agent) == {"waiting": 0, "in_service": 1}
    actions.close_contact(agent, made.pk, outcome="answered")
    assert [e.kind for e in timeline("contact", made.pk) if not e.kind.startswith("clock.")] == [
        "contact.opened", "contact.taken", "contact.closed",
    ]  # fmt: skip
    assert Clock.objects.get(subject_kind="contact", subject_id=made.pk).state == "met"
    assert [c.pk for c in queries.recent(agent)] == [made.pk]


def test_the_longest_waiting_comes_first_and_nobody_waiting_gives_none(agent: Actor, org_tree: Any) -> None:
    now = moment.now()
    late = call(agent, org_tree.county, at=now)
    early = call(agent, org_tree.county, at=now - dt.timedelta(minutes=1))
    assert [actions.take_contact(agent), actions.take_contact(agent), actions.take_contact(agent)] == [
        early,
        late,
        None,
    ]


def test_agents_of_another_city_are_not_given_the_call(agent: Actor, org_tree: Any, actor_for_role: Any) -> None:
    made = call(agent, org_tree.county)
    stranger = actor_for_role("agent", org_tree.other_city)
    assert actions.take_contact(stranger) is None
    with refused(NotAllowed):
        actions.take_contact(stranger, made.pk)
    with refused(NotFound):
        queries.detail(stranger, made.pk)


def test_a_call_taken_by_somebody_else_is_a_conflict_that_says_so(
    agent: Actor, org_tree: Any, actor_for_role: Any
) -> None:
    made = call(agent, org_tree.county)
    actions.take_contact(agent)
    with refused(Conflict) as caught:
        actions.take_contact(actor_for_role("agent", org_tree.city), made.pk)
    assert "服务中" in caught.value.message


def test_a_call_ends_once_only(agent: Actor, org_tree: Any) -> None:
    gone = call(agent, org_tree.county)
    actions.abandon_contact(agent, gone.pk)
    with refused(Conflict):
        actions.take_contact(agent, gone.pk)
    served = call(agent, org_tree.county)
    with refused(Conflict):
        actions.abandon_contact(agent, gone.pk)
    actions.take_contact(agent, served.pk)
    actions.close_contact(agent, served.pk, outcome="answered")
    for again in (actions.close_contact, actions.abandon_contact):
        with refused(Conflict):
            again(agent, served.pk, **({"outcome": "answered"} if again is actions.close_contact else {}))
    assert Clock.objects.get(subject_kind="contact", subject_id=gone.pk).state == "cancelled"


def test_the_table_itself_refuses_a_half_ended_conversation(agent: Actor, org_tree: Any) -> None:
    made = call(agent, org_tree.county)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.filter(pk=made.pk).update(state="closed", closed_at=moment.now())


def test_a_request_made_needs_its_request(agent: Actor, org_tree: Any) -> None:
    made = call(agent, org_tree.county)
    actions.take_contact(agent)
    with refused(InvalidInput) as caught:
        actions.close_contact(agent, made.pk, outcome="request_made")
    assert "request_id" in caught.value.fields
    with refused(InvalidInput) as caught:
        actions.close_contact(agent, made.pk, outcome="shrug")
    assert "outcome" in caught.value.fields


def test_opening_twice_with_one_id_makes_one(agent: Actor, org_tree: Any) -> None:
    key = uuid.uuid4()
    assert call(agent, org_tree.county, client_id=key) == call(agent, org_tree.county, client_id=key)
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("channel", {"channel": "pigeon"}),
        ("caller_phone", {"caller_phone": ""}),
        ("caller_phone", {"caller_phone": "x"}),
        ("subject", {"subject": "长" * 200}),
        ("customer_id", {"customer_id": 99_999_999}),
        ("at", {"at": dt.datetime(2120, 1, 1, tzinfo=dt.UTC)}),
    ],
)
def test_bad_input_is_refused_by_field(agent: Actor, org_tree: Any, field: str, changes: dict[str, Any]) -> None:
    with refused(InvalidInput) as caught:
        call(agent, org_tree.county, **changes)
    assert field in caught.value.fields
    assert Contact.objects.count() == 0


def test_messages_are_kept_in_order_and_never_doubled(agent: Actor, org_tree: Any) -> None:
    customer = Actor.customer()
    chat = actions.open_contact(customer, channel="web_chat", org=org_tree.county)
    key, access = uuid.uuid4(), contact_token(chat)
    first = actions.post_message(customer, chat.pk, client_id=key, text="停电了 😀", sender="customer", access=access)
    assert (
        actions.post_message(customer, chat.pk, client_id=key, text="停电了 😀", sender="customer", access=access)
        == first
    )
    with refused(Conflict):
        actions.post_message(customer, chat.pk, client_id=key, text="别的话", sender="customer", access=access)
    actions.take_contact(agent)
    actions.post_message(agent, chat.pk, client_id=uuid.uuid4(), text="您好", sender="agent")
    said = [m for m in queries.messages(chat.pk) if m.kind == "text"]
    assert [m.text for m in said] == ["停电了 😀", "您好"]
    actions.close_contact(agent, chat.pk, outcome="answered")
    with refused(Conflict):
        actions.post_message(customer, chat.pk, client_id=uuid.uuid4(), text="还在吗", sender="customer", access=access)
    assert Message.objects.filter(kind="text").count() == 2


def test_nobody_speaks_in_anothers_conversation(agent: Actor, org_tree: Any, actor_for_role: Any) -> None:
    customer = Actor.customer()
    chat = actions.open_contact(customer, channel="web_chat", org=org_tree.county, client_id=uuid.uuid4())
    other = actions.open_contact(customer, channel="web_chat", org=org_tree.county)
    actions.take_contact(agent, chat.pk)
    colleague = actor_for_role("agent", org_tree.city)
    for actor, sender, access in (
        (customer, "customer", None),
        (customer, "customer", contact_token(other)),
        (customer, "agent", contact_token(chat)),
        (colleague, "agent", None),
        (agent, "customer", None),
    ):
        with refused(NotAllowed):
            actions.post_message(actor, chat.pk, client_id=uuid.uuid4(), text="x", sender=sender, access=access)
    spoken = actions.post_message(
        customer, chat.pk, client_id=uuid.uuid4(), text="我", sender="customer", access=str(chat.client_id)
    )
    assert spoken.sender == "customer"
    with refused(InvalidInput):
        actions.post_message(agent, chat.pk, client_id=uuid.uuid4(), text="长" * 5000, sender="agent")


def test_the_public_opens_only_its_own_channels(org_tree: Any) -> None:
    with refused(NotAllowed):
        actions.open_contact(Actor.customer(), channel="voice", org=org_tree.county, caller_phone=PHONE)


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(f"/api/v1{path}", data=json.dumps(body), content_type="application/json")


def test_a_chat_by_api_from_both_sides(agent: Actor, org_tree: Any, client: Client) -> None:
    from denghuo.apps.accounts.models import Staff

    key = str(uuid.uuid4())
    opened = post(client, "/contacts", {"channel": "web_chat", "org_id": org_tree.county.pk, "client_id": key})
    assert opened.status_code == 201, opened.content
    chat = opened.json()
    desk = Client()
    desk.force_login(Staff.objects.get(pk=agent.id))
    assert post(desk, "/contacts/next", {}).json()["id"] == chat["id"]
    assert post(desk, "/contacts/next", {}).status_code == 204
    path = f"/contacts/{chat['id']}/messages"
    body = {"client_id": str(uuid.uuid4()), "text": "停电了", "access": chat["access"]}
    assert post(client, path, body).status_code == 201
    assert client.get(f"/api/v1{path}?access={key}").json()["items"][-1]["text"] == "停电了"
    assert client.get(f"/api/v1{path}").status_code == 404
    assert post(client, f"/contacts/{chat['id']}/abandon", {"client_id": key}).status_code == 409
    closed = post(desk, f"/contacts/{chat['id']}/close", {"outcome": "answered"})
    assert closed.json()["state"] == "closed"
    assert desk.get("/api/v1/contacts?state=ended").json()["items"][0]["id"] == chat["id"]


def test_the_public_cannot_open_a_telephone_call_by_api(org_tree: Any, client: Client) -> None:
    body = {"channel": "voice", "org_id": org_tree.county.pk, "caller_phone": PHONE, "client_id": str(uuid.uuid4())}
    assert post(client, "/contacts", body).status_code == 403
