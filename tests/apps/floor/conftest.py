"""A floor with a queue, agents and a clock that tests move."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.choices import AgentMode
from denghuo.apps.contacts.models import AgentSession, Contact, Queue, QueuePlan
from denghuo.apps.contacts.presence import settle
from denghuo.core import moment
from denghuo.core.actors import Actor

NOON = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


class Clock:
    """Business time, standing still until moved."""

    def __init__(self) -> None:
        self.now = NOON

    def forward(self, **delta: float) -> dt.datetime:
        self.now += dt.timedelta(**delta)
        return self.now


class Floor:
    """Puts people and conversations on the floor through the same actions as everybody."""

    def __init__(self, clock: Clock, org_tree: Any, make_staff: Any, actor_for_role: Any) -> None:
        self.clock, self.org_tree = clock, org_tree
        self._staff, self._actor = make_staff, actor_for_role
        self._phones = itertools.count(13900000001)
        self.caller = Actor.system("exchange")
        self.router = Actor.system("router")
        self.queue = Queue.objects.create(
            code="q-test", name="报修", name_en="Faults", org=org_tree.province, channels=["voice", "web_chat"],
            channel_class="voice",
        )  # fmt: skip
        QueuePlan.objects.create(
            queue=self.queue, valid_from=NOON - dt.timedelta(days=1), definition={"target_seconds": 15}
        )

    def agent(self, mode: str = AgentMode.READY) -> Actor:
        """An agent of the county's team at their desk."""
        actor: Actor = self._actor("agent", self.org_tree.county)
        now = self.clock.now
        session = AgentSession.objects.create(
            staff_id=actor.id, org=self.org_tree.county, mode=AgentMode.LOGGED_OUT, mode_since=now, state_since=now,
            seen_at=timezone.now(),
        )  # fmt: skip
        session.mode = mode
        settle(actor, session, at=now)
        return actor

    def set_mode(self, actor: Actor, mode: str) -> None:
        session = AgentSession.objects.select_related("org").get(staff_id=actor.id)
        session.mode = mode
        settle(actor, session, at=self.clock.now)

    def call(self, channel: str = "voice") -> Contact:
        return actions.open_contact(
            self.caller, channel=channel, org=self.org_tree.county, caller_phone=str(next(self._phones))
        )

    def offer(self, contact: Contact, agent: Actor) -> Contact | None:
        assert agent.id is not None
        return actions.offer_contact(self.router, contact.pk, agent.id)

    def serve(self, contact: Contact, agent: Actor) -> Contact:
        self.offer(contact, agent)
        return actions.accept_offer(agent, contact.pk)

    def say(self, contact: Contact, text: str, sender: str = "customer", by: Actor | None = None) -> Any:
        return actions.post_message(by or self.caller, contact.pk, client_id=uuid.uuid4(), text=text, sender=sender)

    def finish(self, contact: Contact, agent: Actor) -> Contact:
        return actions.close_contact(agent, contact.pk, outcome="answered")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    monkeypatch.setattr(moment, "now", lambda: own.now)
    return own


@pytest.fixture
def floor(clock: Clock, org_tree: Any, make_staff: Any, actor_for_role: Any) -> Floor:
    return Floor(clock, org_tree, make_staff, actor_for_role)


@pytest.fixture
def supervisor(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.company)
    return actor
