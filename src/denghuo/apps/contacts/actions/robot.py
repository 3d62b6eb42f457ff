"""The robot as holder of a conversation: it begins with it, speaks, hands over to people, or ends.

A conversation has one holder at a time, and its state says who: *bot* the robot, *waiting* and *offered* nobody yet,
*in service* an agent. The robot's messages are refused in any other state, and no queue, router or agent sees a
conversation in state *bot*; only :func:`hand_over` and :func:`take_over` lead out of it to people.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.channels.queries import channel_open
from denghuo.apps.contacts import queues, robots
from denghuo.apps.contacts.access import opens
from denghuo.apps.contacts.actions.offers import take_contact
from denghuo.apps.contacts.actions.opening import PLAIN, Arrival, open_contact, start_answer_clock
from denghuo.apps.contacts.actions.talking import post_message
from denghuo.apps.contacts.actions.writing import TEXT, Content, tell_customer, write_message
from denghuo.apps.contacts.choices import (
    ROBOT_OUTCOMES,
    Audience,
    ContactState,
    Handling,
    MessageKind,
    Outcome,
    Sender,
)
from denghuo.apps.contacts.common import FINAL_STATES, locked, public_topics_of, require_state
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.plans import estimate
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit


@dataclass(frozen=True, slots=True)
class HandOver:
    """Why the robot gives a conversation to people and what they should know. ``reason``: asked, danger, urgent, upset,
    not_understood, no_answer, limit, function, takeover, fault. ``topic`` leads to the queue; ``priority`` below 0 is
    served before others; ``card`` (title, lines of label and value, quotes) is shown to the staff alone."""

    reason: str
    topic: str = ""
    priority: int = 0
    card: Mapping[str, Any] = field(default_factory=dict)
    notice: bool = True


@action("contact.begin_with_robot")
def begin_with_robot(
    actor: Actor,
    *,
    channel: str,
    org: OrgUnit,
    customer_id: int | None = None,
    subject: str = "",
    client_id: uuid.UUID | None = None,
    arrival: Arrival = PLAIN,
    asked: bool = False,
) -> Contact:
    """Open a conversation that the robot serves first, and let it greet; ``asked``: the first message follows at once.

    The same ``client_id`` again gives the conversation it made. Raises as :func:`.opening.open_contact`, and Conflict
    (no robot serves the channel here).
    """
    if not robots.serves(channel, org):
        raise Conflict(_("智能客服未在此渠道开放，请直接转人工"), code="no_robot")
    known = client_id is not None and Contact.objects.filter(client_id=client_id).exists()
    contact = open_contact(
        actor, channel=channel, org=org, customer_id=customer_id, subject=subject, client_id=client_id,
        arrival=replace(arrival, with_robot=True),
    )  # fmt: skip
    if not known and contact.state == ContactState.BOT:
        robots.greet(contact, asked=asked)
    return contact


@action("contact.robot_said")
def robot_said(
    actor: Actor,
    contact_id: int,
    *,
    client_id: uuid.UUID,
    text: str,
    content: Content = TEXT,
    audience: str = Audience.EVERYONE,
) -> Message:
    """Say something as the robot. Raises NotAllowed, NotFound, Conflict ``not_holder`` (a person holds the conversation,
    or it has ended), InvalidInput (text)."""
    _require_system(actor)
    return post_message(
        actor, contact_id, client_id=client_id, text=text, sender=Sender.BOT, content=content, audience=audience
    )


@action("contact.hand_over")
def hand_over(actor: Actor, contact_id: int, why: HandOver) -> Contact:
    """*bot* → *waiting*: into the queue of its topic, behind those who wait already, with the summary for the staff.

    Where the queue is closed it waits as a message left, to be answered later. Handing over what people hold already
    changes nothing. Raises NotAllowed, NotFound, Conflict (ended).
    """
    _require_system(actor)
    contact = locked(contact_id)
    if contact.state not in (ContactState.BOT, *FINAL_STATES):
        return contact
    require_state(contact, _("转人工"), ContactState.BOT)
    _release(actor, contact, why, None)
    return contact


@action("contact.take_over")
def take_over(actor: Actor, contact_id: int) -> Contact:
    """Take a conversation from the robot's hands, at once. Needs ``contact.take`` and ``contact.transfer`` there.

    Raises NotAllowed, NotFound, Conflict (the robot does not hold it; no place left).
    """
    contact = locked(contact_id)
    if actor.kind != "staff":
        raise NotAllowed(_("只有坐席可以接管"))
    actor.require("contact.take", contact.org.path)
    actor.require("contact.transfer", contact.org.path)
    require_state(contact, _("接管"), ContactState.BOT)
    _release(actor, contact, HandOver("takeover", notice=False), actor.id)
    taken = take_contact(actor, contact_id)
    assert taken is not None
    return taken


@action("contact.robot_closed")
def robot_closed(
    actor: Actor, contact_id: int, *, outcome: str, ended_by: str = Sender.BOT, quiet: bool = False
) -> Contact:
    """End a conversation that the robot served alone: solved, with a request made, or left by the customer.

    ``quiet``: no notice is written. Ending what has ended changes nothing. Raises NotAllowed, NotFound, Conflict (people
    hold it), InvalidInput (outcome).
    """
    _require_system(actor)
    contact = locked(contact_id)
    if contact.state in FINAL_STATES:
        return contact
    require_state(contact, _("结束服务"), ContactState.BOT)
    return _close(actor, contact, outcome, ended_by, quiet=quiet)


@action("contact.leave_robot")
def leave_robot(actor: Actor, contact_id: int, *, access: str | None) -> Contact:
    """The customer ends the talk with the robot. Raises NotAllowed, NotFound, Conflict (people hold it)."""
    contact = locked(contact_id)
    if actor.kind != "customer" or not opens(access, contact):
        raise NotAllowed(_("无法确认您是发起人，请从原页面操作"))
    if contact.state in FINAL_STATES:
        return contact
    require_state(contact, _("结束对话"), ContactState.BOT)
    outcome = Outcome.REQUEST_MADE if contact.request_id else Outcome.LEFT
    return _close(actor, contact, outcome, Sender.CUSTOMER, quiet=False)


def _close(actor: Actor, contact: Contact, outcome: str, ended_by: str, *, quiet: bool) -> Contact:
    allowed = (*ROBOT_OUTCOMES, Outcome.REQUEST_MADE, Outcome.URGED, Outcome.NO_REPLY)
    if outcome not in allowed or (outcome == Outcome.REQUEST_MADE and contact.request_id is None):
        raise InvalidInput({"outcome": _("智能客服不能以此结果结束，请转人工处理")})
    now = max(moment.now(), contact.opened_at)
    if not quiet:
        tell_customer(actor, contact, "robot_ended")
    contact.state, contact.outcome, contact.closed_at = ContactState.CLOSED, outcome, now
    contact.ended_at, contact.ended_by = now, ended_by
    contact.save(update_fields=["state", "outcome", "closed_at", "ended_at", "ended_by"])
    record(
        actor, "contact.closed", contact, org=contact.org, at=now, topics=public_topics_of(contact),
        payload={
            "outcome": str(outcome), "request_id": contact.request_id, "served_seconds": None, "wrap_seconds": None,
            "queue_id": None, "channel": str(contact.channel), "agent_id": None,
        },
    )  # fmt: skip
    return contact


def _release(actor: Actor, contact: Contact, why: HandOver, to_agent_id: int | None) -> None:
    """Out of the robot's hands into the queue. The lock on the conversation is held."""
    now = max(moment.now(), contact.opened_at)
    queue = queues.choose(contact.channel, contact.org, why.topic)
    if to_agent_id is None and contact.handling == Handling.LIVE and _unattended(contact, queue):
        contact.handling = Handling.MESSAGE
    contact.state, contact.queue, contact.entered_at = ContactState.WAITING, queue, now
    contact.priority = min(contact.priority, why.priority)
    contact.save(update_fields=["state", "queue", "entered_at", "priority", "handling"])
    if why.card:
        write_message(
            actor, contact, client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"handover:{contact.pk}"), sender=Sender.BOT,
            text=str(why.card.get("title", "")), audience=Audience.STAFF,
            content=Content(kind=MessageKind.CARD, data=why.card),
        )  # fmt: skip
    if why.notice:
        tell_customer(actor, contact, "handed_over" if contact.handling == Handling.LIVE else "message")
    topics = public_topics_of(contact)
    robot_seconds = int((now - contact.opened_at).total_seconds())
    told = {
        "reason": why.reason, "queue_id": contact.queue_id, "priority": contact.priority, "to_agent_id": to_agent_id,
        "robot_seconds": robot_seconds,
    }  # fmt: skip
    record(actor, "contact.handed_over", contact, org=contact.org, at=now, topics=topics, payload=told)
    queued = {"queue_id": contact.queue_id, "reason": "robot", "handling": str(contact.handling)}
    record(actor, "contact.queued", contact, org=contact.org, at=now, topics=topics, payload=queued)
    if contact.handling == Handling.LIVE:
        start_answer_clock(actor, contact, now)


def _unattended(contact: Contact, queue: Any) -> bool:
    """Whether nobody answers this queue at present, so that waiting at the screen would be for nothing."""
    opened, _announcement = channel_open(contact.channel, contact.org)
    return not opened or (queue is not None and estimate(queue, moment.now()).message_only)


def _require_system(actor: Actor) -> None:
    if actor.kind != "system":
        raise NotAllowed(_("只有智能客服可以这样做"))


__all__ = [
    "HandOver",
    "begin_with_robot",
    "hand_over",
    "leave_robot",
    "robot_closed",
    "robot_said",
    "take_over",
]
