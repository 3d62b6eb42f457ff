"""A conversation begins: opened by the customer, by an agent, by a channel, or written down as a form."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.contacts import queues
from denghuo.apps.contacts.access import opens
from denghuo.apps.contacts.choices import Channel, ContactState, Handling, LegEnd, Outcome
from denghuo.apps.contacts.common import (
    FINAL_STATES,
    locked,
    moment_of,
    oldest,
    public_topics_of,
    require_state,
    tolerance,
    topics_of,
)
from denghuo.apps.contacts.legs import ANSWER, end_answer_clock, end_leg
from denghuo.apps.contacts.models import Contact
from denghuo.apps.contacts.presence import refresh_agent
from denghuo.apps.customers.models import Customer
from denghuo.core import moment, policies, prepared
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks.models import ClockFamily
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events import NewEvent, record
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

PUBLIC_CHANNELS = (Channel.WEB_FORM, Channel.WEB_CHAT, Channel.WECHAT)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel knows of a conversation beyond the necessary. ``topic`` is a subject or skill code (billing,
    fault …) that leads to a queue; ``boost`` adds points to the routing score; ``with_robot``: the robot serves first, and
    no queue holds it until it is handed over."""

    topic: str = ""
    language: str = "zh"
    visitor_name: str = ""
    account_id: int | None = None
    identity_id: int | None = None
    handling: str = Handling.LIVE
    callback_phone: str = ""
    not_before: dt.datetime | None = None
    boost: float = 0.0
    with_robot: bool = False


PLAIN = Arrival()


@action("contact.open")
def open_contact(
    actor: Actor,
    *,
    channel: str,
    org: OrgUnit,
    caller_phone: str = "",
    customer_id: int | None = None,
    subject: str = "",
    client_id: uuid.UUID | None = None,
    arrival: Arrival = PLAIN,
    at: dt.datetime | None = None,
) -> Contact:
    """Put a conversation into a queue that serves ``org`` and start its answering clock.

    The same ``client_id`` again gives the conversation it made. Raises NotAllowed (staff without ``contact.create``; the
    public on a channel that is not theirs), InvalidInput (channel, caller_phone, subject, visitor_name, at).
    """
    if actor.kind == "customer":
        if channel not in PUBLIC_CHANNELS:
            raise NotAllowed(_("该渠道由坐席登记，请使用网上渠道"))
    else:
        actor.require("contact.create", org.path)
    if actor.kind == "customer" and actor.ip:
        buckets.take("contact.open", actor.ip, allowed=policies.get("contact.public_per_minute"), seconds=60)
    now = moment.now()
    form = Form()
    channel = form.choice("channel", channel, Channel.values)
    phone = form.phone("caller_phone", caller_phone, required=channel == Channel.VOICE)
    title = form.text("subject", subject, longest=120, lines=False)
    name = form.text("visitor_name", arrival.visitor_name, longest=60, lines=False)
    back = form.phone("callback_phone", arrival.callback_phone, required=arrival.handling == Handling.CALLBACK)
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        form.wrong("customer_id", _("没有这位客户，请核对"))
    opened = form.moment("at", at, tolerance=tolerance(), now=now, oldest=oldest()) or now
    form.finish()
    if client_id is not None and (known := Contact.objects.filter(client_id=client_id).first()):
        return known
    contact = Contact(
        client_id=client_id,
        channel=channel,
        handling=arrival.handling,
        state=ContactState.BOT if arrival.with_robot else ContactState.WAITING,
        org=org,
        queue=None if arrival.with_robot else queues.choose(channel, org, arrival.topic),
        caller_phone=phone,
        visitor_name=name,
        callback_phone=back,
        customer_id=customer_id,
        account_id=arrival.account_id,
        identity_id=arrival.identity_id,
        language=arrival.language,
        subject=title,
        boost=arrival.boost,
        wanted_agent_id=queues.last_agent(customer_id, opened),
        not_before=arrival.not_before,
        opened_at=opened,
        entered_at=None if arrival.with_robot else opened,
    )
    try:
        with transaction.atomic():
            contact.save(force_insert=True)
    except IntegrityError:
        # Two sendings at once: the other one has committed, or this could not have failed.
        known = Contact.objects.filter(client_id=client_id).first() if client_id else None
        if known is None:
            raise
        return known
    topics = topics_of(contact)
    record(actor, "contact.opened", contact, org=org, payload=_opened(contact), topics=topics, at=opened)
    if contact.state == ContactState.WAITING and contact.handling == Handling.LIVE:
        start_answer_clock(actor, contact, opened)
    return contact


def start_answer_clock(actor: Actor, contact: Contact, at: dt.datetime) -> None:
    """Start the clock of the first answer by a person, for somebody who waits at the screen or on the line."""
    clock_actions.start(
        actor, ANSWER, contact, contact.org, policy="clock.contact.answer", family=ClockFamily.AGENT, at=at,
        topics=topics_of(contact),
    )  # fmt: skip


@action("contact.abandon")
def abandon_contact(
    actor: Actor, contact_id: int, *, at: dt.datetime | None = None, access: str | None = None
) -> Contact:
    """The customer gave up waiting, or while it rang. Raises NotAllowed, NotFound, Conflict (already answered or
    ended), InvalidInput (at)."""
    contact = locked(contact_id)
    if actor.kind == "customer":
        if not opens(access, contact):
            raise NotAllowed(_("无法确认您是发起人，请从原页面操作"))
    else:
        actor.require("contact.create", contact.org.path)
    require_state(contact, _("放弃排队"), ContactState.WAITING, ContactState.OFFERED)
    closed = moment_of(at, moment.now(), contact.opened_at, _("进线时间"))
    rung = contact.offered_to_id
    contact.state, contact.closed_at = ContactState.ABANDONED, closed
    contact.offered_to_id = contact.offered_at = contact.offer_expires_at = None
    contact.save(update_fields=["state", "closed_at", "offered_to", "offered_at", "offer_expires_at"])
    waited = max(0, int((closed - (contact.entered_at or contact.opened_at)).total_seconds()))
    record(
        actor, "contact.abandoned", contact, org=contact.org, at=closed, topics=public_topics_of(contact),
        payload={"waited_seconds": waited, "queue_id": contact.queue_id, "channel": str(contact.channel)},
    )  # fmt: skip
    end_answer_clock(actor, contact, closed, answered=False)
    if rung is not None:
        end_leg(contact, closed, LegEnd.CUSTOMER_LEFT)
        refresh_agent(actor, rung, at=closed)
    return contact


def form_contact(
    actor: Actor,
    *,
    pk: int,
    org: OrgUnit,
    channel: str,
    phone: str,
    customer_id: int | None,
    request_id: int,
    at: dt.datetime,
) -> list[NewEvent]:
    """Write the conversation of a form that is a request by itself: opened and closed with ``request_made`` at once.

    So every arrival has a conversation in a final state. Runs inside the action that makes the request, which checked
    permission and input and writes the returned events with its own.
    """
    contact = Contact(
        pk=pk,
        channel=channel,
        state=ContactState.CLOSED,
        org=org,
        caller_phone=phone,
        customer_id=customer_id,
        opened_at=at,
        entered_at=at,
        closed_at=at,
        outcome=Outcome.REQUEST_MADE,
        request_id=request_id,
    )
    prepared.insert([contact])
    topics = topics_of(contact)
    done = {
        "outcome": str(Outcome.REQUEST_MADE), "request_id": request_id, "served_seconds": None, "wrap_seconds": None,
        "queue_id": None, "channel": str(channel), "agent_id": None,
    }  # fmt: skip
    return [
        NewEvent(actor, "contact.opened", contact, org, _opened(contact), topics, at),
        NewEvent(actor, "contact.closed", contact, org, done, topics, at),
    ]


def link_request(actor: Actor, contact_id: int, request_id: int, at: dt.datetime) -> list[NewEvent]:
    """Note on an open conversation which request came out of it; runs inside the action that makes the request.

    Raises NotFound, Conflict (already ended, or linked to another request).
    """
    contact = locked(contact_id)
    if contact.state in FINAL_STATES:
        raise Conflict(_("该联络已结束，不能再关联诉求"))
    if contact.request_id not in (None, request_id):
        raise Conflict(_("该联络已关联另一条诉求，请另行登记"))
    contact.request_id = request_id
    contact.save(update_fields=["request_id"])
    return [NewEvent(actor, "contact.linked", contact, contact.org, {"request_id": request_id}, topics_of(contact), at)]


def _opened(contact: Contact) -> dict[str, object]:
    return {
        "channel": contact.channel,
        "state": contact.state,
        "customer_id": contact.customer_id,
        "queue_id": contact.queue_id,
        "handling": contact.handling,
    }
