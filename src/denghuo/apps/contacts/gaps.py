"""Conversations as the knowledge base reads them for questions it does not answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Audience, ContactState, MessageKind, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.knowledge.learning import sources
from denghuo.apps.knowledge.learning.choices import Origin
from denghuo.core import moment

#: conversations begun before so long ago are over; later ones would be passed by while they go on
SETTLED: Final = dt.timedelta(hours=12)
MOST_QUESTIONS: Final = 20  # of one conversation


def _over(after: int) -> QuerySet[Contact]:
    rows = Contact.objects.filter(pk__gt=after, state=ContactState.CLOSED, opened_at__lt=moment.now() - SETTLED)
    return rows.order_by("pk")


def read(after: int, limit: int) -> Sequence[sources.Told]:
    """Closed conversations with keys above ``after``, with what their customers wrote. Two statements (primary key;
    index ``contacts_message_order``)."""
    contacts = list(_over(after).select_related("org")[:limit])
    messages = Message.objects.filter(contact__in=contacts, kind=MessageKind.TEXT, audience=Audience.EVERYONE)
    by_contact: dict[int, list[Message]] = {}
    for message in messages.only("contact_id", "sender", "text").order_by("contact_id", "pk"):
        by_contact.setdefault(message.contact_id, []).append(message)
    return [
        sources.Told(row.pk, row.closed_at or row.opened_at, row.org, said_in(by_contact.get(row.pk, ())))
        for row in contacts
    ]


def said_in(messages: Iterable[Message]) -> tuple[sources.Said, ...]:
    """What the customer wrote, each with what an agent wrote right after it, before the customer wrote again."""
    found: list[tuple[str, list[str]]] = []
    for message in messages:
        if message.sender == Sender.CUSTOMER:
            found.append((message.text, []))
        elif message.sender == Sender.AGENT and found:
            found[-1][1].append(message.text)
    return tuple(sources.Said(text, "\n".join(after)) for text, after in found[:MOST_QUESTIONS])


def count(after: int) -> int:
    """How many are still to be read."""
    return _over(after).count()


sources.register(sources.Source(Origin.CONTACT, _("会话记录"), read, count))
