"""A conversation changes hands, colleagues come in, and nothing of it is lost on the customer."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.actions.handing import overdue
from denghuo.apps.contacts.models import AgentSession, Contact, ContactLeg, ContactParty, Message, Queue
from denghuo.apps.customers.models import Customer
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(make_staff: Any, org_tree: Any) -> Any:
    """``person("agent")``: the actor of somebody signed on and ready."""

    def make(role: str = "agent", org: Any = None, mode: str = "ready") -> Actor:
        staff = make_staff(role, org or org_tree.city)
        now = moment.now()
        AgentSession.objects.create(
            staff=staff, org=staff.org, mode=mode, state=mode, mode_since=now, state_since=now, signed_on_at=now
        )
        return actor_for(staff)

    return make


@pytest.fixture
def served(person: Any, org_tree: Any) -> tuple[Actor, Contact]:
    """An agent and the chat they serve."""
    agent = person()
    made = actions.open_contact(Actor.system("chat"), channel="web_chat", org=org_tree.county)
    taken = actions.take_contact(agent, made.pk)
    assert taken is not None
    return agent, taken


def queue(org: Any, code: str, channels: list[str] | None = None) -> Queue:
    return Queue.objects.create(
        org=org, code=code, name=code, name_en=code, channels=channels or ["web_chat"], channel_class="chat"
    )


def said(contact: Contact, audience: str) -> list[str]:
    rows = Message.objects.filter(contact=contact, audience=audience).exclude(kind="notice")
    return list(rows.order_by("pk").values_list("text", flat=True))


def notices(contact: Contact) -> list[str]:
    """What the customer was told by the house, as codes; the greeting apart."""
    rows = Message.objects.filter(contact=contact, kind="notice", audience="everyone").order_by("pk")
    return [row.data["code"] for row in rows if row.data["code"] not in ("joined", "ended")]


def events(contact: Contact) -> list[str]:
    return [event.kind for event in timeline("contact", contact.pk)]


def state_of(actor: Actor) -> str:
    return AgentSession.objects.get(staff_id=actor.id).state


def test_a_transfer_to_a_queue_keeps_the_place_and_frees_the_agent(served: Any, org_tree: Any) -> None:
    agent, contact = served
    billing = queue(org_tree.city, "billing")
    entered = contact.entered_at
    assert state_of(agent) == "busy"
    moved = actions.transfer_contact(agent, contact.pk, to_queue_id=billing.pk, note="客户问的是阶梯电价")
    assert (moved.state, moved.queue_id, moved.agent_id, moved.entered_at) == ("waiting", billing.pk, None, entered)
    assert said(contact, "staff") == ["客户问的是阶梯电价"]
    assert notices(contact) == ["transferred"]
    assert state_of(agent) == "ready"
    assert ContactLeg.objects.get(contact=contact).end == "transferred"
    assert {"contact.transferred", "contact.queued"} <= set(events(contact))


def test_a_transfer_to_a_colleague_waits_for_them_alone_and_then_for_all(
    served: Any, person: Any, system: Actor, monkeypatch: Any
) -> None:
    agent, contact = served
    colleague, other = person(), person()
    moved = actions.transfer_contact(agent, contact.pk, to_agent_id=colleague.id)
    assert (moved.wanted_agent_id, moved.wanted_only) == (colleague.id, True)
    assert actions.take_contact(other) is None
    assert actions.release_transfer(system, contact.pk) is None and overdue(moment.now()) == []
    later = moment.now() + dt.timedelta(minutes=5)
    monkeypatch.setattr(moment, "now", lambda: later)
    assert overdue(later) == [contact.pk]
    freed = actions.release_transfer(system, contact.pk)
    assert freed is not None and not freed.wanted_only
    taken = actions.take_contact(other)
    assert taken is not None and taken.pk == contact.pk


def test_the_colleague_takes_what_was_handed_to_them(served: Any, person: Any) -> None:
    agent, contact = served
    colleague = person()
    first_answer = contact.taken_at
    actions.transfer_contact(agent, contact.pk, to_agent_id=colleague.id)
    taken = actions.take_contact(colleague, contact.pk)
    assert taken is not None
    assert (taken.agent_id, taken.taken_at, taken.wanted_only) == (colleague.id, first_answer, False)
    assert [leg.end for leg in ContactLeg.objects.filter(contact=contact).order_by("pk")] == ["transferred", ""]


@pytest.mark.parametrize("mode", ["logged_out", "break"])
def test_nobody_is_handed_to_who_is_away(served: Any, person: Any, mode: str) -> None:
    agent, contact = served
    away = person(mode=mode)
    with refused(InvalidInput) as caught:
        actions.transfer_contact(agent, contact.pk, to_agent_id=away.id)
    assert "另选一位" in caught.value.fields["to"][0]


def test_a_transfer_needs_one_target_that_fits(served: Any, person: Any, org_tree: Any) -> None:
    agent, contact = served
    stranger = person("agent", org_tree.other_city)
    far = queue(org_tree.other_city, "far")
    phone_only = queue(org_tree.city, "phones", ["voice"])
    for target in (
        {},
        {"to_agent_id": agent.id},
        {"to_agent_id": stranger.id},
        {"to_queue_id": far.pk},
        {"to_queue_id": phone_only.pk},
        {"to_queue_id": phone_only.pk, "to_agent_id": stranger.id},
    ):
        with refused(InvalidInput) as caught:
            actions.transfer_contact(agent, contact.pk, **target)
        assert set(caught.value.fields) == {"to"}
    contact.refresh_from_db()
    assert contact.state == "in_service" and notices(contact) == []


def test_only_who_serves_or_leads_hands_on(served: Any, person: Any, org_tree: Any) -> None:
    _agent, contact = served
    billing = queue(org_tree.city, "billing")
    with refused(NotAllowed):
        actions.transfer_contact(person(), contact.pk, to_queue_id=billing.pk)
    moved = actions.transfer_contact(person("supervisor"), contact.pk, to_queue_id=billing.pk)
    assert moved.state == "waiting"


def test_what_is_put_back_stands_at_the_head(served: Any, org_tree: Any) -> None:
    agent, contact = served
    with refused(InvalidInput) as caught:
        actions.put_back(agent, contact.pk, reason=" ")
    assert "reason" in caught.value.fields
    entered = contact.entered_at
    back = actions.put_back(agent, contact.pk, reason="系统故障，看不到客户资料")
    assert (back.state, back.entered_at) == ("waiting", entered) and back.boost > 0
    assert said(contact, "staff") == ["系统故障，看不到客户资料"]
    assert ContactLeg.objects.get(contact=contact).end == "put_back"
    with refused(Conflict):
        actions.put_back(agent, contact.pk, reason="再放一次")


def test_an_adviser_writes_to_the_staff_alone(served: Any, person: Any) -> None:
    agent, contact = served
    adviser = person()
    party = actions.invite(agent, contact.pk, adviser.id, role="consult", note="三相不平衡怎么答")
    assert party.state == "invited"

    def speak(actor: Actor, audience: str) -> Message:
        return actions.post_message(
            actor, contact.pk, client_id=uuid.uuid4(), text="看台区负载率", sender="agent", audience=audience
        )

    with refused(NotAllowed):
        speak(adviser, "staff")  # asked, not yet there
    actions.join_party(adviser, contact.pk)
    speak(adviser, "staff")
    with refused(NotAllowed):
        speak(adviser, "everyone")
    assert said(contact, "everyone") == []
    actions.leave_party(adviser, contact.pk)
    with refused(NotAllowed):
        speak(adviser, "staff")
    assert events(contact).count("contact.party_changed") == 3


def test_a_conference_partner_speaks_to_the_customer_who_is_told(served: Any, person: Any) -> None:
    agent, contact = served
    partner = person()
    actions.invite(agent, contact.pk, partner.id, role="consult")
    actions.join_party(partner, contact.pk)
    actions.invite(agent, contact.pk, partner.id, role="conference")  # the adviser is brought in
    row = actions.post_message(partner, contact.pk, client_id=uuid.uuid4(), text="您好", sender="agent")
    assert row.staff_id == partner.id
    assert said(contact, "everyone") == ["您好"] and notices(contact) == ["conference"]


def test_an_invitation_can_be_declined_and_asked_again(served: Any, person: Any) -> None:
    agent, contact = served
    asked = person()
    actions.invite(agent, contact.pk, asked.id, role="conference")
    assert actions.decline_party(asked, contact.pk, note="正在处理投诉").state == "declined"
    with refused(NotFound):
        actions.join_party(asked, contact.pk)
    actions.invite(agent, contact.pk, asked.id, role="conference")
    assert actions.join_party(asked, contact.pk).state == "joined"
    assert actions.leave_party(agent, contact.pk, staff_id=asked.id).state == "left"


def test_only_the_serving_agent_invites_and_sends_out(served: Any, person: Any) -> None:
    agent, contact = served
    one, two = person(), person()
    with refused(NotAllowed):
        actions.invite(one, contact.pk, two.id, role="consult")
    with refused(InvalidInput) as caught:
        actions.invite(agent, contact.pk, one.id, role="monitor")
    assert "role" in caught.value.fields
    actions.invite(agent, contact.pk, one.id, role="consult")
    with refused(NotAllowed):
        actions.leave_party(two, contact.pk, staff_id=one.id)


def test_listening_is_silent_to_customer_and_agent_and_is_kept_in_the_log(served: Any, person: Any) -> None:
    agent, contact = served
    lead = person("supervisor")
    with refused(NotAllowed):
        actions.monitor(person(), contact.pk)
    actions.monitor(lead, contact.pk)
    assert notices(contact) == []
    event = next(one for one in timeline("contact", contact.pk) if one.kind == "contact.party_changed")
    assert event.payload["role"] == "monitor" and event.topics == [f"agent:{lead.id}"]
    whisper = actions.post_message(
        lead, contact.pk, client_id=uuid.uuid4(), text="先道歉", sender="agent", audience="staff"
    )
    assert whisper.audience == "staff"
    with refused(NotAllowed):
        actions.post_message(lead, contact.pk, client_id=uuid.uuid4(), text="您好", sender="agent")
    actions.barge(lead, contact.pk)
    actions.post_message(lead, contact.pk, client_id=uuid.uuid4(), text="您好", sender="agent")
    assert said(contact, "everyone") == ["您好"] and notices(contact) == ["barge"]
    assert ContactParty.objects.get(contact=contact).role == "barge"
    actions.end_contact(agent, contact.pk)
    assert ContactParty.objects.get(contact=contact).state == "left"


def test_the_customer_is_identified_by_person_or_account(served: Any, person: Any, org_tree: Any) -> None:
    agent, contact = served
    known = Customer.objects.create(org=org_tree.county, name="江小满", phone="13900001234")
    far = Customer.objects.create(org=org_tree.other_county, name="何大勇", phone="13900004321")
    assert actions.identify_contact(agent, contact.pk, customer_id=known.pk).customer_id == known.pk
    with refused(InvalidInput) as caught:
        actions.identify_contact(agent, contact.pk, customer_id=far.pk)
    assert "customer_id" in caught.value.fields
    with refused(InvalidInput) as caught:
        actions.identify_contact(agent, contact.pk, account_id=2**40)
    assert "account_id" in caught.value.fields
    stranger = person("agent", org_tree.other_city)
    with refused(NotAllowed):
        actions.identify_contact(stranger, contact.pk, customer_id=known.pk)
    assert events(contact).count("contact.identified") == 1


def test_drafts_are_ones_own_and_sealed(person: Any) -> None:
    one, two = person(), person()
    actions.save_draft(one, "contact:7:reply", "您的户号尾号 13900001234")
    actions.save_draft(one, "contact:7:reply", "您的户号是")
    assert actions.drafts_of(one) == {"contact:7:reply": "您的户号是"} and actions.drafts_of(two) == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM contacts_deskdraft")
        assert "户号" not in str(cursor.fetchall())
    actions.save_draft(one, "contact:7:reply", "  ")
    assert actions.drafts_of(one) == {}
    with refused(InvalidInput) as caught:
        actions.save_draft(one, "../../etc", "x")
    assert "key" in caught.value.fields
    with refused(NotAllowed):
        actions.save_draft(Actor.customer(), "contact:7:reply", "x")


def test_reading_never_goes_back(served: Any, person: Any) -> None:
    agent, contact = served
    assert actions.mark_read(agent, contact.pk, 9)
    assert not actions.mark_read(agent, contact.pk, 4)
    assert not actions.mark_read(person(), contact.pk, 12)
    contact.refresh_from_db()
    assert contact.agent_read_id == 9
