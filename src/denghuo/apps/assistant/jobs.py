"""Periodic work of the assistant."""

from __future__ import annotations

import datetime as dt

from django.db.models import DateTimeField, OuterRef, Subquery

from denghuo.apps.assistant.actions.talks import let_go
from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.jobs import periodic

BATCH = 500


def sweep_silent() -> int:
    """End talks with the robot in which nothing was said for ``assistant.idle_minutes`` of their unit; gives how many.

    Index ``contacts_with_robot``, then the last message of each by ``contacts_message_order``.
    """
    last = Message.objects.filter(contact=OuterRef("pk")).order_by("-pk").values("at")[:1]
    rows = Contact.objects.filter(state=ContactState.BOT).select_related("org").order_by("opened_at")
    now, ended = moment.now(), 0
    for row in rows.annotate(last_at=Subquery(last, output_field=DateTimeField()))[:BATCH]:
        allowed = dt.timedelta(minutes=policies.get("assistant.idle_minutes", row.org))
        if now - (row.last_at or row.opened_at) >= allowed:
            ended += let_go(Actor.system("robot"), row.pk)
    return ended


@periodic(30, name="assistant.silent_talks")
def silent_talks() -> None:
    """Customers who have left without a word are let go."""
    sweep_silent()
