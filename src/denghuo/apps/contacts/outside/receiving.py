"""Taking in what a provider hands over: exactly once, answered the same way however often it is handed over.

One transaction holds the receipt and everything that follows from it. A worker killed in the middle leaves nothing, and
the provider's next attempt starts anew; two attempts at once wait for each other at the receipt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.channels.queries import channel_open
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.actions.opening import abandon_contact
from denghuo.apps.contacts.actions.outbox import note_delivery, queue_outbound
from denghuo.apps.contacts.actions.outside import admit, follow, meet, open_contact_of, settle, tell_staff
from denghuo.apps.contacts.actions.robot import robot_closed
from denghuo.apps.contacts.actions.visiting import Score, rate_contact
from denghuo.apps.contacts.choices import Channel, ContactState, Outcome, Sender
from denghuo.apps.contacts.models import ChannelAccount, Contact, InboundReceipt, OutboundMessage, Rating
from denghuo.apps.contacts.outside import dialogue
from denghuo.apps.contacts.outside.conversing import CONTINUED, Said, Talk, note_answer, say
from denghuo.apps.contacts.ports.port import Inbound
from denghuo.apps.contacts.ports.wechat import menu
from denghuo.apps.contacts.ports.wechat.messages import pieces
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.jobs import enqueue

WINDOWS = {
    "click": "menu",
    "subscribe": "subscribe",
    "scan": "scan",
    "scancode_push": "menu",
    "scancode_waitmsg": "menu",
}
SCENE = "qrscene_"


def take_in(account: ChannelAccount, inbound: Inbound, *, started: float | None = None) -> str:
    """Deal with one thing somebody sent; gives what to answer at once ("" for nothing).

    ``started`` (``time.monotonic`` of the push): when dealing took longer than ``wechat.passive_seconds`` the sender
    has stopped listening, so the answer goes out as a message of its own, in this transaction, and nothing is answered
    to the repeats. On channels without an answer to the push it always goes out so.
    """
    actor = Actor.system(f"outside.{account.channel}")
    with translation.override("zh-hans"), transaction.atomic():
        receipt, new = admit(actor, account, inbound)
        if not new:
            return receipt.answer
        told, said = _deal(actor, account, inbound, receipt)
        passive, late = _answerable(account, told, started)
        if told and not said.noted and said.contact is not None and said.contact.state in CONTINUED:
            note_answer(_talk(actor, account, inbound, receipt), said.contact, told, passive=True)
        if late:
            _send_later(actor, account, inbound, late, said.contact)
        settle(
            actor, receipt, answer=passive, contact_id=said.contact.pk if said.contact else None,
            message_id=said.message.pk if said.message else None,
        )  # fmt: skip
        _fetch_later(account, inbound, said)
        return passive


def _talk(actor: Actor, account: ChannelAccount, inbound: Inbound, receipt: InboundReceipt) -> Talk:
    window = WINDOWS.get(str(inbound.data.get("event", "")), "") if inbound.kind == "event" else "message"
    return Talk(actor, account, meet(actor, account, inbound.external, window=window), receipt.pk)


def _answerable(account: ChannelAccount, told: str, started: float | None) -> tuple[str, list[str]]:
    """What goes back with the push, and what goes out as messages of its own."""
    if not told:
        return "", []
    if account.channel != Channel.WECHAT:
        return "", [told]
    if started is None or time.monotonic() - started > policies.get("wechat.passive_seconds"):
        return "", pieces(told)
    first, *rest = pieces(told)
    return first, rest


def _send_later(
    actor: Actor, account: ChannelAccount, inbound: Inbound, texts: list[str], contact: Contact | None
) -> None:
    identity = meet(actor, account, inbound.external)
    body = {"kind": "text", **_thread(inbound), **({"contact_id": contact.pk} if contact is not None else {})}
    for text in texts:
        queue_outbound(actor, via=account, identity=identity, contact=contact, body={**body, "text": text})


def _thread(inbound: Inbound) -> dict[str, Any]:
    if "message_id" not in inbound.data:
        return {}
    return {
        "subject": inbound.data.get("subject", ""), "answers": inbound.data["message_id"], "automatic": True,
        "references": list(inbound.data.get("references", ()))[:10],
    }  # fmt: skip


def _fetch_later(account: ChannelAccount, inbound: Inbound, said: Said) -> None:
    if inbound.media and said.message is not None:
        from denghuo.apps.contacts.jobs import fetch_media

        enqueue(fetch_media, account_id=account.pk, message_id=said.message.pk, media_id=inbound.media)


def _deal(actor: Actor, account: ChannelAccount, inbound: Inbound, receipt: InboundReceipt) -> tuple[str, Said]:
    """What is told, and the conversation it belongs to."""
    if inbound.kind == "event" and not inbound.external:
        _report(actor, account, inbound)
        return "", Said(None)
    talk = _talk(actor, account, inbound, receipt)
    if inbound.kind == "event":
        if inbound.data.get("key") == menu.AGENT and (left := dialogue.to_people(talk)) is not None:
            return left.told, left
        return _event(talk, inbound), Said(open_contact_of(talk.identity))
    deal: Callable[[Talk, Inbound], tuple[str, Said]] = {
        Channel.WECHAT: _wechat, Channel.SMS: _sms, Channel.EMAIL: _email,
    }[Channel(account.channel)]  # fmt: skip
    return deal(talk, inbound)


# --- WeChat --------------------------------------------------------------------------------------------------------------


def _wechat(talk: Talk, inbound: Inbound) -> tuple[str, Said]:
    rated = _rating(talk, inbound)
    if rated:
        return rated, Said(None)
    in_dialogue = dialogue.state_of(talk) is not None
    words = inbound.text.strip()
    if inbound.kind == "text" and words in dialogue.AGENT_WORDS:
        left = dialogue.to_people(talk, words)
        if left is not None:
            return left.told, left
    if inbound.kind == "text" or in_dialogue:
        told = dialogue.answer_words(talk, inbound)
        if told is not None:
            return told, Said(open_contact_of(talk.identity))
    said = say(talk, inbound)
    return said.told, said


def _event(talk: Talk, inbound: Inbound) -> str:
    event, key = str(inbound.data.get("event", "")), str(inbound.data.get("key", ""))
    if event == "subscribe":
        follow(talk.actor, talk.identity, subscribed=True)
        if key.startswith(SCENE) and _is_key(key.removeprefix(SCENE)):
            return dialogue.answer_key(talk, key.removeprefix(SCENE))
        is_open, announcement = channel_open(talk.channel, talk.identity.org)
        welcome = str(talk.account.setting("welcome")) or _(
            "您好，欢迎关注。发送“菜单”查看可办理的业务，发送“人工”联系客服专员"
        )
        return welcome if is_open else f"{welcome}\n\n{announcement}"
    if event == "unsubscribe":
        return _gone(talk)
    if event == "click":
        return dialogue.answer_key(talk, key)
    if event == "scan":
        return dialogue.answer_key(talk, key) if _is_key(key) else ""
    if event == "templatesendjobfinish":
        _delivery(talk.actor, talk.account, inbound)
    return ""  # VIEW, LOCATION and the rest ask for no answer


def _is_key(key: str) -> bool:
    return key.startswith(("fn:", "more:", "sys:"))


def _gone(talk: Talk) -> str:
    """They no longer follow us: nothing can be sent to them. A waiting conversation is given up, an agent is told."""
    follow(talk.actor, talk.identity, subscribed=False)
    contact = open_contact_of(talk.identity)
    if contact is not None and contact.state == ContactState.BOT:
        robot_closed(talk.actor, contact.pk, outcome=Outcome.LEFT, ended_by=Sender.CUSTOMER)
    elif contact is not None and contact.state in (ContactState.WAITING, ContactState.OFFERED):
        abandon_contact(talk.actor, contact.pk)
    elif contact is not None:
        text = _("客户已取消关注公众号，消息无法再送达")
        tell_staff(talk.actor, contact.pk, code="unsubscribed", text=text, key=f"gone:{talk.receipt_id}")
    return ""


def _rating(talk: Talk, inbound: Inbound) -> str:
    """A digit from 1 to 5 after a conversation that asked for a rating and has none yet; "" when it is none."""
    text = inbound.text.strip()
    if inbound.kind != "text" or text not in {"1", "2", "3", "4", "5"} or dialogue.state_of(talk) is not None:
        return ""
    contact = Contact.objects.filter(identity=talk.identity).order_by("-pk").first()
    ended = (ContactState.WRAP_UP, ContactState.CLOSED)
    if contact is None or contact.state not in ended or Rating.objects.filter(contact=contact).exists():
        return ""
    try:
        rate_contact(Actor.customer(), contact.pk, Score(int(text)), access=contact_token(contact))
    except ActionError:
        return ""  # too late, or never served: then it is a message
    return _("感谢您的评价")


# --- short messages ------------------------------------------------------------------------------------------------------


def _sms(talk: Talk, inbound: Inbound) -> tuple[str, Said]:
    word = inbound.text.strip().upper()
    org = talk.account.org
    if word in {stop.upper() for stop in policies.get("sms.stop_words", org)}:
        follow(talk.actor, talk.identity, subscribed=False)
        contact = open_contact_of(talk.identity)
        if contact is not None:
            text = _("客户已退订短信，消息无法再送达")
            tell_staff(talk.actor, contact.pk, code="unsubscribed", text=text, key=f"gone:{talk.receipt_id}")
        return "", Said(None)
    if not talk.identity.subscribed:  # who writes wants an answer
        follow(talk.actor, talk.identity, subscribed=True)
    if word in {start.upper() for start in policies.get("sms.start_words", org)}:
        return _("您已恢复接收短信"), Said(None)
    said = say(talk, inbound)
    return said.told if said.opened or said.contact is None else "", said


# --- e-mail --------------------------------------------------------------------------------------------------------------


def _email(talk: Talk, inbound: Inbound) -> tuple[str, Said]:
    from denghuo.apps.contacts.outside.mail import may_acknowledge

    if inbound.data.get("automatic"):
        return "", _machine(talk, inbound)
    said = say(talk, inbound, subject=str(inbound.data.get("subject", "")))
    if not said.opened or not may_acknowledge(talk.identity):
        return "", said
    return said.told, said


def _machine(talk: Talk, inbound: Inbound) -> Said:
    """An absence notice or a machine's mail: shown to the agent if it answers one of our mails, answered never."""
    contact = open_contact_of(talk.identity)
    if contact is None:
        return Said(None)
    text = _("收到对方邮箱的自动回复：%(text)s") % {"text": " ".join(inbound.text.split())[:200]}
    row = tell_staff(talk.actor, contact.pk, code="auto_reply", text=text, key=f"auto:{talk.receipt_id}")
    return Said(contact, row)


# --- reports about what we sent --------------------------------------------------------------------------------------------


def _report(actor: Actor, account: ChannelAccount, inbound: Inbound) -> None:
    if inbound.data.get("event") == "bounce":
        if inbound.data.get("failed"):
            for pk in OutboundMessage.objects.filter(via=account, pk__in=inbound.data["outbound"]).values_list(
                "pk", flat=True
            ):
                note_delivery(actor, pk, delivered=False, reason=_("邮件被退回"))
        return
    _delivery(actor, account, inbound)


def _delivery(actor: Actor, account: ChannelAccount, inbound: Inbound) -> None:
    """A delivery report: by the provider's number of the message (index ``contacts_outbound_ref``), or by ours."""
    ref, status = str(inbound.data.get("ref", "")), str(inbound.data.get("status", ""))
    rows = OutboundMessage.objects.filter(via=account)
    row = rows.filter(provider_ref=ref).exclude(provider_ref="").first() if ref else None
    if row is None and ref.startswith("dh-") and ref[3:].isdigit():
        row = rows.filter(pk=int(ref[3:])).first()
    if row is not None:
        delivered = status in {"success", "delivered"}
        reason = str(inbound.data.get("code", "")) or status
        note_delivery(actor, row.pk, delivered=delivered, reason=reason)
