"""Reads of conversations."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, QuerySet

from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound

VIEW = "contacts.view"


def waiting(actor: Actor) -> QuerySet[Contact]:
    """Conversations in the queue, in the order in which they are taken (partial index ``contacts_waiting``)."""
    rows = Contact.objects.visible_to(actor, VIEW).filter(state=ContactState.WAITING)
    return rows.select_related("org", "customer").order_by("priority", "opened_at")


def in_service(actor: Actor) -> QuerySet[Contact]:
    """Conversations being served (partial index ``contacts_in_service``)."""
    rows = Contact.objects.visible_to(actor, VIEW).filter(state=ContactState.IN_SERVICE)
    return rows.select_related("org", "customer", "agent").order_by("taken_at")


def mine(actor: Actor) -> QuerySet[Contact]:
    """What ``actor`` is serving now (partial index ``contacts_in_service``, by agent)."""
    rows = Contact.objects.filter(state=ContactState.IN_SERVICE, agent_id=actor.id)
    return rows.select_related("org", "customer").order_by("taken_at")


def recent(actor: Actor, since: dt.datetime | None = None) -> QuerySet[Contact]:
    """Ended conversations, newest first (index ``contacts_org_opened`` within a unit)."""
    rows = Contact.objects.visible_to(actor, VIEW).filter(state__in=[ContactState.CLOSED, ContactState.ABANDONED])
    if since is not None:
        rows = rows.filter(opened_at__gte=since)
    return rows.select_related("org", "customer", "agent").order_by("-opened_at")


def counts(actor: Actor) -> dict[str, int]:
    """How many wait and how many are served (the two partial indexes)."""
    open_states = [ContactState.WAITING, ContactState.IN_SERVICE]
    rows = Contact.objects.visible_to(actor, VIEW).filter(state__in=open_states)
    found = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    return {str(state): found.get(state, 0) for state in open_states}


def detail(actor: Actor, contact_id: int) -> Contact:
    """One conversation. Raises NotFound also when the actor may not see it: its existence is not told."""
    row = (
        Contact.objects.visible_to(actor, VIEW).select_related("org", "customer", "agent").filter(pk=contact_id).first()
    )
    if row is None:
        raise NotFound()
    return row


def messages(contact_id: int, after_id: int = 0) -> list[Message]:
    """Messages in the order they were accepted, from ``after_id`` on (index ``contacts_message_order``)."""
    return list(Message.objects.filter(contact_id=contact_id, pk__gt=after_id).select_related("staff", "file"))
