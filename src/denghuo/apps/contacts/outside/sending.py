"""Handing to a provider what waits to go out.

An attempt is claimed in one transaction, made outside of any, and written down in another: a call over the network
never holds a lock. A worker that dies in between leaves the claim to run out, and the message is tried again; what the
provider does with the second copy depends on it: the SMS gateway and template notices send one message per reference,
a mail keeps its Message-ID, a WeChat customer-service message may arrive twice.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.outbox import WAITING_STATES, claim_outbound, end_attempt, queue_outbound
from denghuo.apps.contacts.choices import Audience, Channel, MessageKind, OutboundState, Sender
from denghuo.apps.contacts.models import ChannelIdentity, Contact, Message, OutboundMessage
from denghuo.apps.contacts.outside.words import message_text
from denghuo.apps.contacts.ports import OUTSIDE, port_of
from denghuo.apps.contacts.ports.port import Attachment, Outbound, Refused, Retry
from denghuo.apps.contacts.ports.wechat.messages import pieces
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.files import disk
from denghuo.core.jobs import enqueue

logger = logging.getLogger("denghuo.outside")
FREE = {"template", "subscribe"}  # notices that need no window of ours
MOST_IN_A_ROW = 50


def reply_by(message: Message) -> list[OutboundMessage]:
    """Queue what an agent or the product said in a conversation from outside; nothing for whispers, for what travelled
    with the answer to a push, and for other channels."""
    contact = message.contact
    if contact.channel not in OUTSIDE or contact.identity is None or contact.identity.via is None:
        return []
    if message.audience != Audience.EVERYONE or message.sender == Sender.CUSTOMER or message.data.get("passive"):
        return []
    actor = Actor.system(f"outside.{contact.channel}")
    body = {"kind": "message", **_thread(contact)}
    count = 1
    if contact.channel == Channel.WECHAT and message.file_id is None:
        count = len(pieces(message_text(message)))
    return [
        queue_outbound(
            actor, via=contact.identity.via, identity=contact.identity, contact=contact, message=message,
            body={**body, "piece": place},
        )
        for place in range(count)
    ]  # fmt: skip


def _thread(contact: Contact) -> dict[str, object]:
    """What a mail needs to stand in its thread: the last one the customer sent in this conversation."""
    if contact.channel != Channel.EMAIL:
        return {}
    rows = Message.objects.filter(contact=contact, sender=Sender.CUSTOMER, data__has_key="message_id")
    last = rows.order_by("-pk").first()
    data = last.data if last is not None else {}
    return {
        "subject": contact.subject, "contact_id": contact.pk, "answers": data.get("message_id", ""),
        "references": list(data.get("references", ()))[:10],
    }  # fmt: skip


def say_ended(contact: Contact) -> OutboundMessage | None:
    """Tell somebody on WeChat that their conversation was ended and ask for a rating."""
    if contact.channel != Channel.WECHAT or contact.identity is None or contact.identity.via is None:
        return None
    if contact.ended_by == Sender.CUSTOMER:
        return None
    if OutboundMessage.objects.filter(contact=contact, body__code="ended").exists():
        return None  # an end and a close tell the same
    text = _("本次服务已结束。请回复 1–5 为本次服务评分（5 为非常满意）；如还有问题，请随时发送消息")
    return queue_outbound(
        Actor.system("outside.wechat"), via=contact.identity.via, identity=contact.identity, contact=contact,
        body={"kind": "text", "code": "ended", "text": text},
    )  # fmt: skip


def send(outbound_id: int) -> int:
    """Make one attempt for a message, then for what waits behind it for the same person; gives how many were made."""
    made = 0
    wanted: int | None = outbound_id
    while wanted is not None and made < MOST_IN_A_ROW:
        row = _attempt(wanted)
        if row is None:
            break
        made += 1
        wanted = _next_for(row)
    return made


def _next_for(row: OutboundMessage) -> int | None:
    if row.identity_id is None:
        return None
    rows = OutboundMessage.objects.filter(
        identity_id=row.identity_id, state__in=WAITING_STATES, next_at__lte=moment.now()
    )
    return rows.order_by("pk").values_list("pk", flat=True).first()


def _attempt(outbound_id: int) -> OutboundMessage | None:
    actor = Actor.system("outside.sender")
    lease = dt.timedelta(seconds=policies.get("outbound.lease_seconds"))
    with translation.override("zh-hans"):
        row = claim_outbound(actor, outbound_id, lease=lease)
        if row is None:
            return None
        try:
            _check_window(row)
            assert row.via is not None
            sent = port_of(row.via).send(_outbound(row))
        except Refused as error:
            end_attempt(actor, row.pk, row.attempts, state=OutboundState.DEAD, error=error.reason)
        except Retry as error:
            _again(actor, row, error)
        except Exception as error:  # a fault of ours must not lose the message nor stop the others
            logger.exception("outbound %s of channel %s failed", row.pk, row.channel)
            _again(actor, row, Retry(type(error).__name__))
        else:
            end_attempt(actor, row.pk, row.attempts, state=OutboundState.SENT, ref=sent.provider_ref, parts=sent.parts)
    return row


def _again(actor: Actor, row: OutboundMessage, error: Retry) -> None:
    """Plan the next attempt after a growing pause, or give up."""
    from denghuo.apps.contacts.jobs import send_outbound

    if row.attempts >= policies.get("outbound.attempts", row.org):
        reason = _("已尝试 %(count)s 次：%(reason)s") % {"count": row.attempts, "reason": error.reason}
        end_attempt(actor, row.pk, row.attempts, state=OutboundState.DEAD, error=reason)
        return
    pause = min(
        policies.get("outbound.first_pause_seconds") * 2 ** (row.attempts - 1),
        policies.get("outbound.longest_pause_seconds"),
    )
    wait = dt.timedelta(seconds=max(pause, error.after or 0))
    end_attempt(
        actor, row.pk, row.attempts, state=OutboundState.FAILED, error=error.reason, next_at=moment.now() + wait
    )
    enqueue(send_outbound, outbound_id=row.pk, schedule_at=timezone.now() + wait)


def _outbound(row: OutboundMessage) -> Outbound:
    address = row.identity.external if row.identity is not None else row.address
    body = {**row.body, "outbound_id": row.pk}
    message = row.message
    if message is None:
        return Outbound(f"dh-{row.pk}", address, body, text=str(row.body.get("text", "")))
    text = message_text(message)
    if row.channel == Channel.WECHAT and message.file is None:
        text = pieces(text)[int(row.body.get("piece", 0))]
    if message.file is None:
        return Outbound(f"dh-{row.pk}", address, body, text=text)
    content = disk.path_of(message.file.sha256).read_bytes()
    kind = MessageKind.IMAGE if message.file.kind == "image" else message.kind
    return Outbound(f"dh-{row.pk}", address, body, text, Attachment(message.file.name, content), str(kind))


def _check_window(row: OutboundMessage) -> None:
    """Refuse what the provider would refuse: they left, or on WeChat the time or number of messages is used up."""
    identity = row.identity
    if identity is None:
        return
    if not identity.subscribed:
        left = {Channel.WECHAT: _("客户已取消关注公众号"), Channel.SMS: _("客户已退订短信")}
        raise Refused(left.get(Channel(row.channel), _("客户不再接收消息")))
    if row.channel == Channel.WECHAT and row.body.get("kind") not in FREE and not _window_open(row, identity):
        raise Refused(_("客户最近没有互动，或可发条数已用完，微信不允许再发客服消息"))


def _window_open(row: OutboundMessage, identity: ChannelIdentity) -> bool:
    """Whether an act of theirs still lets us write (客服消息下发规则): each opens a time and a number of messages.

    What was sent since an act is counted against it; the platform has the last word (45015, 45047).
    """
    seconds, messages = policies.get("wechat.window_seconds"), policies.get("wechat.window_messages")
    for kind, begun in identity.data.get("windows", {}).items():
        start = dt.datetime.fromisoformat(begun)
        if moment.now() - start > dt.timedelta(seconds=seconds.get(kind, 0)):
            continue
        sent = OutboundMessage.objects.filter(identity=identity, state=OutboundState.SENT, sent_at__gte=start)
        sent = sent.exclude(body__kind__in=list(FREE)).exclude(pk=row.pk)
        if sent.count() < messages.get(kind, 0):
            return True
    return False


def overdue(seconds: float, most: int = 200) -> list[int]:
    """Messages whose worker seems to be lost, oldest first (partial index ``contacts_outbound_due``)."""
    before = moment.now() - dt.timedelta(seconds=seconds)
    rows = OutboundMessage.objects.filter(state__in=WAITING_STATES, next_at__lt=before, via__active=True)
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:most])
