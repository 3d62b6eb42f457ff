"""What is said in a conversation, and its end."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.contacts import robots
from denghuo.apps.contacts.access import opens
from denghuo.apps.contacts.actions.writing import TEXT, Content, tell_customer, write_message
from denghuo.apps.contacts.choices import (
    AGENT_OUTCOMES,
    Audience,
    Channel,
    ContactState,
    LegEnd,
    MessageKind,
    Outcome,
    PartyRole,
    PartyState,
    Sender,
)
from denghuo.apps.contacts.common import (
    FINAL_STATES,
    locked,
    moment_of,
    public_topics_of,
    require_agent,
    require_state,
)
from denghuo.apps.contacts.legs import end_answer_clock, end_leg
from denghuo.apps.contacts.models import Contact, ContactParty, Disposition, Message
from denghuo.apps.contacts.presence import refresh_agent
from denghuo.core import moment, policies, prepared
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form


@action("contact.post_message")
def post_message(
    actor: Actor,
    contact_id: int,
    *,
    client_id: uuid.UUID,
    text: str,
    sender: str,
    access: str | None = None,
    audience: str = Audience.EVERYONE,
    content: Content = TEXT,
) -> Message:
    """Add a message; the same ``client_id`` again gives the message it made, so sending twice is harmless.

    The customer needs ``access`` (see :mod:`.access`); staff must be the one who serves or somebody who joined. A message
    to ``staff`` alone is a whisper: the customer neither sees nor hears of it. Raises NotAllowed, NotFound, Conflict
    (ended, or the id belongs to another message), InvalidInput (text, sender, audience).
    """
    if actor.kind == "customer" and actor.ip:
        buckets.take("contact.message", actor.ip, allowed=policies.get("contact.messages_per_minute"), seconds=60)
    contact = _listening(contact_id)
    may_speak(actor, contact, sender, audience, access)
    if sender == Sender.BOT and contact.state != ContactState.BOT:
        raise Conflict(_("这次对话已不由智能客服服务，不能再以它的身份发送"), code="not_holder")
    form = Form()
    required = content.kind == MessageKind.TEXT
    clean = form.text("text", text, longest=policies.get("contact.message_length", contact.org), required=required)
    form.choice("sender", sender, Sender.values)
    form.choice("audience", audience, Audience.values)
    form.finish()
    if contact.state in FINAL_STATES and audience == Audience.EVERYONE:
        known = Message.objects.filter(client_id=client_id).first()
        if known is None:
            raise Conflict(_("服务已结束，不能再发送消息；如还有问题请重新发起咨询"))
        return _same(known, contact, clean)
    message = write_message(
        actor, contact, client_id=client_id, sender=sender, text=clean, audience=audience, content=content
    )
    kept = _same(message, contact, clean)
    if contact.state == ContactState.BOT and sender == Sender.CUSTOMER:
        robots.hear(contact, kept)  # in this transaction: the message and its answer are there together, or neither is
    return kept


def _same(known: Message, contact: Contact, text: str) -> Message:
    """The message, unless its client id belongs to another one."""
    if known.contact_id != contact.pk or known.text != text:
        raise Conflict(_("此消息编号已用于另一条消息，请换一个"), code="idempotency_mismatch")
    return known


# What speaking asks of a conversation: a few columns, none of them sealed.
_speaking = prepared.Select(
    lambda pk: (
        Contact.objects.select_related("org")
        .only("client_id", "channel", "state", "language", "agent_id", "queue_id", "org__path", "org__name")
        .select_for_update(of=("self",))
        .filter(pk=pk)
    )
)


def _listening(contact_id: int) -> Contact:
    """The conversation, locked, with what :func:`post_message` needs of it; raises NotFound."""
    row = _speaking.first(contact_id)
    if row is None:
        raise NotFound(_("没有这条联络"))
    return row


@action("contact.end")
def end_contact(
    actor: Actor, contact_id: int, *, access: str | None = None, at: dt.datetime | None = None, notice: str = "ended"
) -> Contact:
    """The talk is over: the customer hung up or left, or the agent did. The agent writes it up (wrap-up) and closes.

    Raises NotAllowed, NotFound, Conflict (not in service), InvalidInput (at).
    """
    contact = locked(contact_id)
    if actor.kind == "customer":
        if not opens(access, contact):
            raise NotAllowed(_("无法确认您是发起人，请从原页面操作"))
    elif actor.kind == "staff":
        require_agent(actor, contact, "contact.close")
    if contact.state == ContactState.WRAP_UP:
        return contact  # both hung up
    require_state(contact, _("结束对话"), ContactState.IN_SERVICE)
    start = contact.served_at or contact.taken_at
    assert start is not None
    ended = moment_of(at, moment.now(), start, _("应答时间"))
    by = {"customer": Sender.CUSTOMER, "staff": Sender.AGENT}.get(actor.kind, Sender.SYSTEM)
    tell_customer(actor, contact, notice)
    contact.state, contact.ended_at, contact.ended_by = ContactState.WRAP_UP, ended, by
    contact.save(update_fields=["state", "ended_at", "ended_by"])
    record(
        actor, "contact.ended", contact, org=contact.org, at=ended, topics=public_topics_of(contact),
        payload={"by": str(by), "served_seconds": int((ended - start).total_seconds())},
    )  # fmt: skip
    leave_all(contact, ended)
    if contact.agent_id is not None:
        refresh_agent(actor, contact.agent_id, at=ended)
    return contact


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What the agent writes when the talk is over."""

    disposition_id: int | None = None
    note: str = ""


NOTHING = WrapUp()


@action("contact.close")
def close_contact(
    actor: Actor,
    contact_id: int,
    *,
    outcome: str,
    request_id: int | None = None,
    wrap_up: WrapUp = NOTHING,
    at: dt.datetime | None = None,
) -> Contact:
    """End a conversation with its outcome; from wrap-up, or at once from service.

    ``request_id`` is required for ``request_made`` unless the conversation was already linked. Raises NotAllowed (neither
    the agent who serves nor somebody with ``contact.close``), NotFound, Conflict, InvalidInput.
    """
    contact = locked(contact_id)
    require_agent(actor, contact, "contact.close")
    require_state(contact, _("结束服务"), ContactState.IN_SERVICE, ContactState.WRAP_UP)
    form = Form()
    outcome = form.choice("outcome", outcome, [code for code, _label in AGENT_OUTCOMES])
    linked = request_id or contact.request_id
    if outcome == Outcome.REQUEST_MADE and linked is None:
        form.wrong("request_id", _("请注明生成的诉求，或改选其他结果"))
    note = form.text("note", wrap_up.note, longest=policies.get("contact.message_length", contact.org))
    if wrap_up.disposition_id and not Disposition.objects.filter(pk=wrap_up.disposition_id, active=True).exists():
        form.wrong("disposition_id", _("没有这个小结码，请重新选择"))
    form.finish()
    start = contact.served_at or contact.taken_at
    assert start is not None
    closed = moment_of(at, moment.now(), contact.ended_at or start, _("应答时间"))
    ended = contact.ended_at or closed
    if contact.state == ContactState.IN_SERVICE:
        tell_customer(actor, contact, "ended")
    contact.state, contact.outcome, contact.request_id, contact.closed_at = ContactState.CLOSED, outcome, linked, closed
    contact.ended_at, contact.ended_by = ended, contact.ended_by or Sender.AGENT
    contact.disposition_id, contact.wrap_note = wrap_up.disposition_id or None, note
    contact.save(
        update_fields=[
            "state", "outcome", "request_id", "closed_at", "ended_at", "ended_by", "disposition", "wrap_note",
        ]
    )  # fmt: skip
    served = int((ended - start).total_seconds())
    record(
        actor, "contact.closed", contact, org=contact.org, at=closed, topics=public_topics_of(contact),
        payload={
            "outcome": outcome, "request_id": linked, "served_seconds": served,
            "wrap_seconds": int((closed - ended).total_seconds()), "queue_id": contact.queue_id,
            "channel": str(contact.channel), "agent_id": contact.agent_id,
        },
    )  # fmt: skip
    end_answer_clock(actor, contact, closed, answered=True)
    end_leg(contact, closed, LegEnd.SERVED)
    leave_all(contact, closed)
    if contact.agent_id is not None:
        refresh_agent(actor, contact.agent_id, at=closed)
    return contact


def leave_all(contact: Contact, at: dt.datetime) -> None:
    """Everybody who was asked in or listened is out when the talk is over."""
    ContactParty.objects.filter(contact=contact, left_at=None).update(state=PartyState.LEFT, left_at=at)


def may_speak(actor: Actor, contact: Contact, sender: str, audience: str, access: str | None) -> None:
    """Raise NotAllowed unless ``actor`` may say something as ``sender`` to ``audience`` in a conversation."""
    if actor.kind == "customer":
        if sender != Sender.CUSTOMER or audience != Audience.EVERYONE or not opens(access, contact):
            raise NotAllowed(_("无法确认您是发起人，请从原页面发送"))
    elif actor.kind == "staff":
        actor.require("contact.take", contact.org.path)
        if sender == Sender.BOT:
            raise NotAllowed(_("智能客服的消息由系统发送"))
        if sender == Sender.AGENT and contact.agent_id != actor.id and not _joined(actor, contact, audience):
            raise NotAllowed(_("这条联络不由您服务，请先接手"))
        if sender == Sender.CUSTOMER and contact.channel != Channel.VOICE:
            raise NotAllowed(_("网上渠道的客户消息由客户本人发送"))


def _joined(actor: Actor, contact: Contact, audience: str) -> bool:
    """Whether somebody asked in may speak so: those who advise or listen to the staff alone, those who joined to all."""
    loud = [PartyRole.CONFERENCE, PartyRole.BARGE]
    rows = ContactParty.objects.filter(contact=contact, staff_id=actor.id, state=PartyState.JOINED)
    if audience == Audience.EVERYONE:
        rows = rows.filter(role__in=loud)
    return rows.exists()
