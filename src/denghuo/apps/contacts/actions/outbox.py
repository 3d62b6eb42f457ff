"""What goes out over other people's channels: queued with its cause, sent by one attempt at a time, kept to its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.outside import MANAGE, tell_staff
from denghuo.apps.contacts.choices import OutboundState
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, Contact, Message, OutboundMessage
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record

WAITING_STATES = (OutboundState.QUEUED, OutboundState.FAILED)


@action("outbound.queue")
def queue_outbound(
    actor: Actor,
    *,
    via: ChannelAccount,
    body: Mapping[str, Any],
    identity: ChannelIdentity | None = None,
    address: str = "",
    contact: Contact | None = None,
    message: Message | None = None,
) -> OutboundMessage:
    """Put something into the queue to go out, in the transaction of what causes it; a worker sends it.

    Staff need ``channel.manage`` (a trial message); replies of agents come here by the event of their message.
    """
    from denghuo.apps.contacts.jobs import send_outbound
    from denghuo.core.jobs import enqueue

    if actor.kind == "staff":
        actor.require(MANAGE, via.org.path)
    now = moment.now()
    row = OutboundMessage.objects.create(
        org=contact.org if contact is not None else via.org, channel=via.channel, via=via, contact=contact,
        message=message, identity=identity, address=address, body=dict(body), next_at=now, created_at=now,
    )  # fmt: skip
    enqueue(send_outbound, outbound_id=row.pk)
    return row


@action("outbound.retry")
def retry_outbound(actor: Actor, outbound_id: int) -> OutboundMessage:
    """Take up a message that was given up: its attempts begin anew. Raises NotAllowed, NotFound, Conflict."""
    from denghuo.apps.contacts.jobs import send_outbound
    from denghuo.core.jobs import enqueue

    row = OutboundMessage.objects.select_related("org").select_for_update(of=("self",)).filter(pk=outbound_id).first()
    if row is None:
        raise NotFound(_("没有这条外发消息"))
    actor.require(MANAGE, row.org.path)
    if row.state != OutboundState.DEAD:
        raise Conflict(_("只有已放弃的消息可以重新发送；这条消息仍在处理或已送出"))
    row.state, row.attempts, row.next_at, row.error = OutboundState.QUEUED, 0, moment.now(), ""
    row.save(update_fields=["state", "attempts", "next_at", "error"])
    enqueue(send_outbound, outbound_id=row.pk)
    return row


@action("outbound.claim")
def claim_outbound(actor: Actor, outbound_id: int, *, lease: dt.timedelta) -> OutboundMessage | None:
    """Begin one attempt: count it and keep others away until ``lease`` is over. None when it is not due, is being
    sent, or an earlier message to the same person has not gone out yet."""
    row = (
        OutboundMessage.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("org", "via__org", "identity", "message__file", "contact")
        .filter(pk=outbound_id, state__in=WAITING_STATES, next_at__lte=moment.now())
        .first()
    )
    if row is None or row.via is None or not row.via.active:
        return None
    if row.identity_id is not None:
        before = OutboundMessage.objects.filter(identity_id=row.identity_id, state__in=WAITING_STATES, pk__lt=row.pk)
        if before.exists():
            return None
    row.attempts += 1
    row.next_at = moment.now() + lease
    row.save(update_fields=["attempts", "next_at"])
    return row


@action("outbound.end_attempt")
def end_attempt(
    actor: Actor, outbound_id: int, attempt: int, *, state: str, error: str = "", ref: str = "", parts: int = 1,
    next_at: dt.datetime | None = None,
) -> OutboundMessage | None:  # fmt: skip
    """Write what became of attempt number ``attempt``; None when another one has begun meanwhile (its lease ran out)."""
    row = OutboundMessage.objects.select_related("org").select_for_update(of=("self",)).get(pk=outbound_id)
    if row.attempts != attempt or row.state not in WAITING_STATES:
        return None
    row.state, row.error = state, error[:200]
    if state == OutboundState.SENT:
        row.provider_ref, row.parts, row.sent_at = ref[:120], parts, moment.now()
    if next_at is not None:
        row.next_at = next_at
    row.save(update_fields=["state", "error", "provider_ref", "parts", "sent_at", "next_at"])
    if state in (OutboundState.SENT, OutboundState.DEAD):
        topics = [f"contact:{row.contact_id}"] if row.contact_id is not None else []
        record(
            actor, "outbound.ended", row, org=row.org, topics=topics,
            payload={
                "outbound_id": row.pk, "channel": str(row.channel), "state": str(state), "attempts": row.attempts,
            },
        )  # fmt: skip
    if state == OutboundState.DEAD and row.contact_id is not None:
        text = _("消息未能送达客户：%(reason)s") % {"reason": row.error}
        tell_staff(
            actor,
            row.contact_id,
            code="outbound_failed",
            text=text,
            key=f"outbound:{row.pk}:{moment.now().isoformat()}",
        )
    return row


@action("outbound.note_delivery")
def note_delivery(actor: Actor, outbound_id: int, *, delivered: bool, reason: str = "") -> None:
    """What a provider reports after it took a message: it arrived, or it did not. A repeat changes nothing."""
    row = OutboundMessage.objects.select_related("org").select_for_update(of=("self",)).filter(pk=outbound_id).first()
    state = "delivered" if delivered else "undelivered"
    if row is None or row.delivery == state:
        return
    row.delivery, row.delivered_at = state, moment.now()
    row.error = "" if delivered else reason[:200]
    row.save(update_fields=["delivery", "delivered_at", "error"])
    topics = [f"contact:{row.contact_id}"] if row.contact_id is not None else []
    record(
        actor, "outbound.delivered", row, org=row.org, topics=topics,
        payload={"outbound_id": row.pk, "channel": str(row.channel), "state": state},
    )  # fmt: skip
    if not delivered and row.contact_id is not None:
        text = _("消息未能送达客户：%(reason)s") % {"reason": reason or _("对方未收到")}
        tell_staff(actor, row.contact_id, code="outbound_failed", text=text, key=f"delivery:{row.pk}")
