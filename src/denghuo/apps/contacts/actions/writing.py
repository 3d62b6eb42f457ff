"""Writing a message, and telling the customer what happens to their conversation."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.contacts import phrases
from denghuo.apps.contacts.choices import Audience, Channel, MessageKind, Sender
from denghuo.apps.contacts.common import public_topics_of, topics_of
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.talk import agent_name
from denghuo.core import moment, policies, prepared
from denghuo.core.actors import Actor
from denghuo.core.events import NewEvent, record_many
from denghuo.core.files.models import StoredFile


@dataclass(frozen=True, slots=True)
class Content:
    """What a message holds besides its text. ``file`` is stored already; ``data``: coordinates, card, code."""

    kind: str = MessageKind.TEXT
    file: StoredFile | None = None
    data: Mapping[str, Any] | None = None


TEXT = Content()


def write_message(
    actor: Actor,
    contact: Contact,
    *,
    client_id: uuid.UUID,
    sender: str,
    text: str,
    audience: str = Audience.EVERYONE,
    content: Content = TEXT,
) -> Message:
    """Write a message of a conversation whose lock the calling action holds.

    The lock makes ids follow the order in which messages were accepted; the event names the message before it, so that
    a screen notices at once that one is missing. A ``client_id`` that is known gives its message and records nothing.
    """
    now = moment.now()
    met = phrases.met(sender, text) if audience == Audience.EVERYONE else []
    message = Message(
        contact=contact, client_id=client_id, sender=sender, audience=audience, kind=content.kind, text=text,
        staff_id=actor.id if actor.kind == "staff" else None, file=content.file, data=dict(content.data or {}),
        flags=[rule.pk for rule in met], at=now,
    )  # fmt: skip
    before = _put(message)
    if before is None:
        return Message.objects.get(client_id=client_id)
    topics = public_topics_of(contact) if audience == Audience.EVERYONE else topics_of(contact)
    told = {
        "message_id": message.pk, "previous_id": before, "sender": str(sender), "audience": str(audience),
        "kind": str(content.kind), "channel": str(contact.channel),
    }  # fmt: skip
    events = [NewEvent(actor, "contact.message_posted", contact, contact.org, told, topics, now)]
    if met:
        found = {
            "message_id": message.pk, "rule_ids": [rule.pk for rule in met], "phrase_kind": met[0].kind,
            "staff_id": message.staff_id,
        }  # fmt: skip
        events.append(NewEvent(actor, "contact.phrase_met", contact, contact.org, found, topics_of(contact), now))
    record_many(events)
    return message


# One statement finds the message before (contacts_message_order), writes the new one, and says whether its client id
# was known. Without a row: it was.
_PUT = """
INSERT INTO contacts_message
    (contact_id, client_id, sender, audience, kind, staff_id, text, file_id, data, flags, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11)
ON CONFLICT (client_id) DO NOTHING
RETURNING id, coalesce(
    (SELECT p.id FROM contacts_message p WHERE p.contact_id = $1 ORDER BY p.id DESC LIMIT 1), 0
)
"""


def _put(row: Message) -> int | None:
    """Insert a new message and give the id of the one before it in its conversation (0: none); None, and no row, when
    its client id is taken."""
    values = [
        row.contact_id, row.client_id, str(row.sender), str(row.audience), str(row.kind), row.staff_id, row.text,
        row.file_id, json.dumps(row.data), json.dumps(row.flags), row.at,
    ]  # fmt: skip
    answer = prepared.execute(_PUT, values)
    if not answer:
        return None
    row.pk, before = answer[0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return int(before)


NOTICES = {
    "joined": lambda name: _("%(name)s为您服务，请问有什么可以帮您？") % {"name": name or _("客服专员")},
    "ended": lambda name: _("本次服务已结束，感谢您的咨询"),
    "idle_remind": lambda name: _("您好，请问还需要帮助吗？如长时间没有回应，本次服务将自动结束"),
    "idle_ended": lambda name: _("因长时间没有收到您的回应，本次服务已自动结束；如还有问题，请随时再来"),
    "callback": lambda name: _("已为您登记回呼，您的排队位置保留，请保持电话畅通"),
    "message": lambda name: _("留言已收到，我们会尽快回复"),
    "transferred": lambda name: _("正在为您转接，请稍候"),
    "put_back": lambda name: _("正在为您安排其他客服专员，请稍候"),
    "handed_over": lambda name: _("正在为您转接客服专员，请稍候"),
    "robot_ended": lambda name: _("本次服务已结束，如还有问题，请随时再来"),
    "conference": lambda name: _("另一位客服专员已加入对话"),
    "barge": lambda name: _("值班主管已加入对话"),
}


def tell_customer(actor: Actor, contact: Contact, code: str) -> Message | None:
    """Write a notice (:data:`NOTICES`) into a web chat, in its customer's language; nothing on other channels.

    ``joined`` names the agent as policy ``chat.agent_shown`` wants. The calling action holds the conversation's lock.
    """
    if contact.channel != Channel.WEB_CHAT:
        return None
    name = ""
    with translation.override("en" if contact.language.startswith("en") else "zh-hans"):
        if code == "joined" and contact.agent is not None:
            shown = policies.get("chat.agent_shown", contact.org)
            name = agent_name(shown, contact.agent.display_name, contact.agent.employee_no)
        text = NOTICES[code](name)
    notice = Content(kind=MessageKind.NOTICE, data={"code": code})
    return write_message(actor, contact, client_id=uuid.uuid4(), sender=Sender.SYSTEM, text=text, content=notice)
