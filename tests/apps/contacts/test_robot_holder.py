"""The robot as one holder among others: no queue sees its talks, and the floor counts them from the hand-over on."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from denghuo.apps.contacts import actions, robots
from denghuo.apps.contacts.choices import Channel, ContactState, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import timeline


class Parrot:
    """A robot that says everything again."""

    def serves(self, channel: str, org: Any) -> bool:
        return channel == Channel.WEB_CHAT

    def greet(self, actor: Actor, contact: Contact, *, asked: bool) -> None:
        self._say(actor, contact, "您好")

    def hear(self, actor: Actor, contact: Contact, message: Message) -> None:
        self._say(actor, contact, message.text)

    def _say(self, actor: Actor, contact: Contact, text: str) -> None:
        actions.robot_said(actor, contact.pk, client_id=uuid.uuid4(), text=text)


@pytest.fixture
def held(system: Actor, org_tree: Any, _people_alone: None) -> Contact:
    robots.register(Parrot())
    return actions.begin_with_robot(system, channel=Channel.WEB_CHAT, org=org_tree.county, client_id=uuid.uuid4())


def test_it_waits_in_no_queue_and_no_clock_of_answer_runs(held: Contact) -> None:
    assert (held.state, held.queue_id, held.entered_at) == (ContactState.BOT, None, None)
    assert "clock.started" not in [event.kind for event in timeline("contact", held.pk)]


def test_the_hand_over_puts_it_behind_those_who_wait_and_starts_the_clock(held: Contact, system: Actor) -> None:
    handed = actions.hand_over(system, held.pk, actions.HandOver("asked", priority=-5))
    kinds = [event.kind for event in timeline("contact", held.pk)]
    assert handed.state == ContactState.WAITING and handed.priority == -5 and handed.entered_at is not None
    assert kinds.count("contact.handed_over") == 1 and kinds.count("contact.queued") == 1
    again = actions.hand_over(system, held.pk, actions.HandOver("asked"))
    assert again.entered_at == handed.entered_at
    assert [event.kind for event in timeline("contact", held.pk)].count("contact.handed_over") == 1


def test_what_the_robot_ends_is_closed_once_and_never_handed_over_after(held: Contact, system: Actor) -> None:
    actions.robot_closed(system, held.pk, outcome="self_served")
    actions.robot_closed(system, held.pk, outcome="self_served")
    assert [event.kind for event in timeline("contact", held.pk)].count("contact.closed") == 1
    with pytest.raises(ActionError):
        actions.hand_over(system, held.pk, actions.HandOver("asked"))


def test_an_agent_cannot_close_with_the_robot_s_outcome(held: Contact, actor_for_role: Any, org_tree: Any) -> None:
    agent = actor_for_role("agent", org_tree.province)
    actions.take_over(agent, held.pk)
    with pytest.raises(ActionError):
        actions.close_contact(agent, held.pk, outcome="self_served")
    assert actions.close_contact(agent, held.pk, outcome="answered").state == ContactState.CLOSED


def test_the_table_itself_refuses_a_second_holder(held: Contact, make_staff: Any, org_tree: Any) -> None:
    agent = make_staff("agent", org_tree.province)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.filter(pk=held.pk).update(agent=agent)


def test_a_customer_s_words_are_answered_by_the_robot_alone(held: Contact, system: Actor) -> None:
    actions.post_message(system, held.pk, client_id=uuid.uuid4(), text="电费", sender=Sender.CUSTOMER)
    rows = Message.objects.filter(contact=held).order_by("pk").values_list("sender", "text")
    assert list(rows) == [("bot", "您好"), ("customer", "电费"), ("bot", "电费")]
