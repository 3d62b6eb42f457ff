"""Customers who have gone quiet: reminded once, then let go, so that an agent's place is not held by an empty chair."""

from __future__ import annotations

import datetime as dt
import logging
from typing import NamedTuple

from django.db import connection

from denghuo.apps.contacts.actions.talking import end_contact
from denghuo.apps.contacts.actions.writing import tell_customer
from denghuo.apps.contacts.choices import ContactState, Sender
from denghuo.apps.contacts.common import locked
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotAllowed

logger = logging.getLogger("denghuo.contacts")
BATCH = 500
REMINDED = "idle_remind"

# Chats in service (partial index contacts_in_service) whose last word was not the customer's; the last two messages that
# the customer saw by contacts_message_order.
QUIET = """
SELECT c.id, c.org_id, last.at, last.code
FROM contacts_contact c
CROSS JOIN LATERAL (
    SELECT m.at, m.sender, m.data ->> 'code' AS code FROM contacts_message m
    WHERE m.contact_id = c.id AND m.audience = 'everyone' ORDER BY m.id DESC LIMIT 1
) last
WHERE c.state = 'in_service' AND c.channel = 'web_chat' AND last.sender <> 'customer' AND last.at <= %s
ORDER BY last.at LIMIT %s
"""


class Quiet(NamedTuple):
    """A chat in which the customer has not answered since ``since``; ``code`` of the last message, if it is a notice."""

    contact_id: int
    org_id: int
    since: dt.datetime
    code: str | None


def sweep_idle() -> tuple[int, int]:
    """Remind and end what is due; gives how many of each. Safe to run twice and beside the people who talk: each chat
    is looked at again under its lock."""
    actor, now = Actor.system("chat"), moment.now()
    reminded = ended = 0
    # The shortest time anywhere bounds the search; each chat is judged by the policies of its own unit.
    with connection.cursor() as cursor:
        cursor.execute(QUIET, [now - dt.timedelta(seconds=_shortest()), BATCH])
        found = [Quiet(*row) for row in cursor.fetchall()]
    for quiet in found:
        try:
            done = attend_idle(actor, quiet.contact_id)
        except ActionError as error:
            logger.info("idle chat left alone: %s", error.code)
            continue
        reminded += done == "reminded"
        ended += done == "ended"
    return reminded, ended


def _shortest() -> float:
    return min(policies.get("chat.idle_remind_seconds"), policies.get("chat.idle_end_seconds"))


@action("contact.attend_idle")
def attend_idle(actor: Actor, contact_id: int) -> str:
    """Remind the customer of one chat, or end it, as its policies want: "reminded", "ended", or "" when it is not due.

    Ended is what was reminded ``chat.idle_end_seconds`` ago and has not been answered since. Raises NotAllowed,
    NotFound.
    """
    if actor.kind != "system":
        raise NotAllowed()
    contact = locked(contact_id)
    last = Message.objects.filter(contact=contact, audience="everyone").order_by("-pk").first()
    if contact.state != ContactState.IN_SERVICE or last is None or last.sender == Sender.CUSTOMER:
        return ""
    quiet = (moment.now() - last.at).total_seconds()
    if last.data.get("code") == REMINDED:
        if quiet < policies.get("chat.idle_end_seconds", contact.org):
            return ""
        end_contact(actor, contact_id, notice="idle_ended")
        return "ended"
    if quiet < policies.get("chat.idle_remind_seconds", contact.org) or not _spoken_to(contact):
        return ""
    tell_customer(actor, contact, REMINDED)
    return "reminded"


def _spoken_to(contact: Contact) -> bool:
    """Whether the agent has said anything yet: a customer who waits for the first word is not the quiet one."""
    return Message.objects.filter(contact=contact, sender=Sender.AGENT, audience="everyone").exists()
