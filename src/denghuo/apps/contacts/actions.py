"""Opening, taking and ending conversations.

A conversation ends in exactly one final state, *closed* with an outcome or *abandoned*; every change locks its row, and
a check constraint of the table refuses what slips through.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.contacts.access import opens
from denghuo.apps.contacts.choices import Channel, ContactState, Outcome, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.customers.models import Customer
from denghuo.core import moment, policies, prepared
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks.models import ClockFamily
from denghuo.core.clocks.reading import live_clock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import NewEvent, record
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

PUBLIC_CHANNELS = (Channel.WEB_FORM, Channel.WEB_CHAT, Channel.WECHAT)
ANSWER = "answer"


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
    at: dt.datetime | None = None,
) -> Contact:
    """Put a conversation into the queue of ``org`` and start its answering clock.

    The same ``client_id`` again gives the conversation it made. Raises NotAllowed (staff without ``contact.create``; the
    public on a channel that is not theirs), InvalidInput (channel, caller_phone, subject, at).
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
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        form.wrong("customer_id", _("没有这位客户，请核对"))
    opened = form.moment("at", at, tolerance=_tolerance(), now=now, oldest=_oldest()) or now
    form.finish()
    if client_id is not None and (known := Contact.objects.filter(client_id=client_id).first()):
        return known
    contact = Contact(
        client_id=client_id,
        channel=channel,
        org=org,
        caller_phone=phone,
        customer_id=customer_id,
        subject=title,
        opened_at=opened,
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
    record(actor, "contact.opened", contact, org=org, payload=_opened(contact), topics=topics_of(contact), at=opened)
    clock_actions.start(
        actor,
        ANSWER,
        contact,
        org,
        policy="clock.contact.answer",
        family=ClockFamily.AGENT,
        at=opened,
        topics=topics_of(contact),
    )
    return contact


@action("contact.take")
def take_contact(actor: Actor, contact_id: int | None = None, *, at: dt.datetime | None = None) -> Contact | None:
    """Give ``actor`` a waiting conversation: the one named, or the next in their units (lower ``priority`` first, then
    the longest waiting).

    Two agents never get the same one: the row is locked and rows locked by others are passed over. None when nobody
    waits. Raises NotAllowed, NotFound, Conflict (no longer waiting), InvalidInput (at).
    """
    if actor.id is None or actor.kind != "staff":
        raise NotAllowed(_("只有坐席可以接听"))
    waiting = Contact.objects.select_related("org").filter(state=ContactState.WAITING)
    if contact_id is None:
        # Index contacts_waiting gives the order.
        rows = waiting.visible_to(actor, "contact.take").select_for_update(skip_locked=True, of=("self",))
        contact = rows.order_by("priority", "opened_at").first()
        if contact is None:
            return None
    else:
        contact = _locked(contact_id)
        actor.require("contact.take", contact.org.path)
        _require(contact, ContactState.WAITING, _("接听"))
    now = moment.now()
    taken = _moment(at, now, contact.opened_at, _("进线时间"))
    contact.state, contact.agent_id, contact.taken_at = ContactState.IN_SERVICE, actor.id, taken
    contact.save(update_fields=["state", "agent", "taken_at"])
    waited = int((taken - contact.opened_at).total_seconds())
    record(
        actor, "contact.taken", contact, org=contact.org, at=taken, topics=topics_of(contact),
        payload={"agent_id": actor.id, "waited_seconds": waited},
    )  # fmt: skip
    _end_answer_clock(actor, contact, taken, answered=True)
    return contact


@action("contact.post_message")
def post_message(
    actor: Actor, contact_id: int, *, client_id: uuid.UUID, text: str, sender: str, access: str | None = None
) -> Message:
    """Add a message; the same ``client_id`` again gives the message it made, so sending twice is harmless.

    The customer needs ``access`` (see :mod:`.access`), staff must be the one who serves. Raises NotAllowed, NotFound,
    Conflict (ended, or the id belongs to another message), InvalidInput (text, sender).
    """
    if actor.kind == "customer" and actor.ip:
        buckets.take("contact.message", actor.ip, allowed=policies.get("contact.messages_per_minute"), seconds=60)
    contact = _locked(contact_id)
    _may_speak(actor, contact, sender, access)
    form = Form()
    clean = form.text("text", text, longest=policies.get("contact.message_length", contact.org), required=True)
    form.choice("sender", sender, Sender.values)
    form.finish()
    known = Message.objects.filter(client_id=client_id).first()
    if known is not None:
        if known.contact_id != contact.pk or known.text != clean:
            raise Conflict(_("此消息编号已用于另一条消息，请换一个"), code="idempotency_mismatch")
        return known
    if contact.state in (ContactState.CLOSED, ContactState.ABANDONED):
        raise Conflict(_("服务已结束，不能再发送消息；如还有问题请重新发起咨询"))
    now = moment.now()
    staff_id = actor.id if actor.kind == "staff" else None
    # The row lock on the conversation makes ids follow the order in which messages were accepted.
    message = Message.objects.create(
        contact=contact, client_id=client_id, sender=sender, staff_id=staff_id, text=clean, at=now
    )
    record(
        actor, "contact.message_posted", contact, org=contact.org, at=now, topics=topics_of(contact),
        payload={"message_id": message.pk, "sender": sender},
    )  # fmt: skip
    return message


@action("contact.close")
def close_contact(
    actor: Actor, contact_id: int, *, outcome: str, request_id: int | None = None, at: dt.datetime | None = None
) -> Contact:
    """End a conversation in service with its outcome.

    ``request_id`` is required for ``request_made`` unless the conversation was already linked. Raises NotAllowed (neither
    the agent who serves nor somebody with ``contact.close``), NotFound, Conflict, InvalidInput.
    """
    contact = _locked(contact_id)
    if contact.agent_id is None or contact.agent_id != actor.id:
        actor.require("contact.close", contact.org.path)
    _require(contact, ContactState.IN_SERVICE, _("结束服务"))
    form = Form()
    outcome = form.choice("outcome", outcome, Outcome.values)
    linked = request_id or contact.request_id
    if outcome == Outcome.REQUEST_MADE and linked is None:
        form.wrong("request_id", _("请注明生成的诉求，或改选其他结果"))
    form.finish()
    assert contact.taken_at is not None
    closed = _moment(at, moment.now(), contact.taken_at, _("应答时间"))
    contact.state, contact.outcome, contact.request_id, contact.closed_at = ContactState.CLOSED, outcome, linked, closed
    contact.save(update_fields=["state", "outcome", "request_id", "closed_at"])
    served = int((closed - contact.taken_at).total_seconds())
    record(
        actor, "contact.closed", contact, org=contact.org, at=closed, topics=topics_of(contact),
        payload={"outcome": outcome, "request_id": linked, "served_seconds": served},
    )  # fmt: skip
    return contact


@action("contact.abandon")
def abandon_contact(
    actor: Actor, contact_id: int, *, at: dt.datetime | None = None, access: str | None = None
) -> Contact:
    """The customer gave up waiting. Raises NotAllowed, NotFound, Conflict (already answered or ended), InvalidInput (at)."""
    contact = _locked(contact_id)
    if actor.kind == "customer":
        if not opens(access, contact):
            raise NotAllowed(_("无法确认您是发起人，请从原页面操作"))
    else:
        actor.require("contact.create", contact.org.path)
    _require(contact, ContactState.WAITING, _("放弃排队"))
    closed = _moment(at, moment.now(), contact.opened_at, _("进线时间"))
    contact.state, contact.closed_at = ContactState.ABANDONED, closed
    contact.save(update_fields=["state", "closed_at"])
    waited = int((closed - contact.opened_at).total_seconds())
    record(
        actor, "contact.abandoned", contact, org=contact.org, at=closed, topics=topics_of(contact),
        payload={"waited_seconds": waited},
    )  # fmt: skip
    _end_answer_clock(actor, contact, closed, answered=False)
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
        closed_at=at,
        outcome=Outcome.REQUEST_MADE,
        request_id=request_id,
    )
    prepared.insert([contact])
    topics = topics_of(contact)
    done = {"outcome": Outcome.REQUEST_MADE, "request_id": request_id, "served_seconds": None}
    return [
        NewEvent(actor, "contact.opened", contact, org, _opened(contact), topics, at),
        NewEvent(actor, "contact.closed", contact, org, done, topics, at),
    ]


def link_request(actor: Actor, contact_id: int, request_id: int, at: dt.datetime) -> list[NewEvent]:
    """Note on an open conversation which request came out of it; runs inside the action that makes the request.

    Raises NotFound, Conflict (already ended, or linked to another request).
    """
    contact = _locked(contact_id)
    if contact.state in (ContactState.CLOSED, ContactState.ABANDONED):
        raise Conflict(_("该联络已结束，不能再关联诉求"))
    if contact.request_id not in (None, request_id):
        raise Conflict(_("该联络已关联另一条诉求，请另行登记"))
    contact.request_id = request_id
    contact.save(update_fields=["request_id"])
    return [NewEvent(actor, "contact.linked", contact, contact.org, {"request_id": request_id}, topics_of(contact), at)]


def topics_of(contact: Contact) -> list[str]:
    """Live topics of a conversation; its floor follows from the org unit."""
    return [f"contact:{contact.pk}"]


def _opened(contact: Contact) -> dict[str, object]:
    return {"channel": contact.channel, "state": contact.state, "customer_id": contact.customer_id}


def _locked(contact_id: int) -> Contact:
    row = Contact.objects.select_related("org").select_for_update(of=("self",)).filter(pk=contact_id).first()
    if row is None:
        raise NotFound(_("没有这条联络"))
    return row


def _require(contact: Contact, state: ContactState, verb: str) -> None:
    if contact.state != state:
        raise Conflict(
            _("该联络当前为“%(state)s”，不能%(verb)s；请刷新后再看")
            % {"state": ContactState(contact.state).label, "verb": verb}
        )


def _may_speak(actor: Actor, contact: Contact, sender: str, access: str | None) -> None:
    if actor.kind == "customer":
        if sender != Sender.CUSTOMER or not opens(access, contact):
            raise NotAllowed(_("无法确认您是发起人，请从原页面发送"))
    elif actor.kind == "staff":
        actor.require("contact.take", contact.org.path)
        if sender == Sender.AGENT and contact.agent_id != actor.id:
            raise NotAllowed(_("这条联络不由您服务，请先接手"))
        if sender == Sender.CUSTOMER and contact.channel != Channel.VOICE:
            raise NotAllowed(_("网上渠道的客户消息由客户本人发送"))


def _tolerance() -> dt.timedelta:
    return dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))


def _oldest() -> dt.timedelta:
    return dt.timedelta(days=policies.get("time.oldest_days"))


def _moment(at: dt.datetime | None, now: dt.datetime, after: dt.datetime, what: str) -> dt.datetime:
    form = Form()
    # Without a stated time, clocks of two machines a moment apart must not stop the work.
    value = form.moment("at", at, tolerance=_tolerance(), now=now, after=after, after_what=what) or max(now, after)
    if form.faults:
        raise InvalidInput(form.faults)
    return value


def _end_answer_clock(actor: Actor, contact: Contact, at: dt.datetime, *, answered: bool) -> None:
    clock = live_clock(contact, ANSWER)
    if clock is None:
        return
    if answered:
        clock_actions.stop(actor, clock, at)
    else:
        clock_actions.cancel(actor, clock, _("客户放弃"), at)
