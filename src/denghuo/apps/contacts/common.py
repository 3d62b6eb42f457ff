"""What all actions on conversations share: finding and locking, refusing, telling.

Locks are taken in one order everywhere: the conversation, then the session of the agent. Who needs two sessions locks
them by rising staff id.
"""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.models import Contact
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.inputs import Form

OPEN_STATES = (
    ContactState.BOT,
    ContactState.WAITING,
    ContactState.OFFERED,
    ContactState.IN_SERVICE,
    ContactState.WRAP_UP,
)
FINAL_STATES = (ContactState.CLOSED, ContactState.ABANDONED)


def topics_of(contact: Contact) -> list[str]:
    """Live topics of a conversation for the staff; its floor follows from the org unit."""
    return [f"contact:{contact.pk}"]


def public_topics_of(contact: Contact) -> list[str]:
    """The same, and the customer hears it too."""
    return [f"contact:{contact.pk}", f"customer-contact:{contact.pk}"]


def agent_topic(staff_id: int) -> str:
    """Topic of one agent's desk."""
    return f"agent:{staff_id}"


def locked(contact_id: int) -> Contact:
    """The conversation, its row locked until the action ends; raises NotFound."""
    row = Contact.objects.select_related("org", "queue").select_for_update(of=("self",)).filter(pk=contact_id).first()
    if row is None:
        raise NotFound(_("没有这条联络"))
    return row


def require_state(contact: Contact, verb: str, *states: str) -> None:
    """Raise Conflict unless the conversation is in one of ``states``; ``verb`` completes "不能…"."""
    if contact.state not in states:
        raise Conflict(
            _("该联络当前为“%(state)s”，不能%(verb)s；请刷新后再看")
            % {"state": ContactState(contact.state).label, "verb": verb}
        )


def require_agent(actor: Actor, contact: Contact, permission: str) -> None:
    """The agent who serves may; anybody else needs ``permission`` on the conversation's unit."""
    if contact.agent_id is None or contact.agent_id != actor.id:
        actor.require(permission, contact.org.path)


def tolerance() -> dt.timedelta:
    return dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))


def oldest() -> dt.timedelta:
    return dt.timedelta(days=policies.get("time.oldest_days"))


def moment_of(at: dt.datetime | None, now: dt.datetime, after: dt.datetime, what: str) -> dt.datetime:
    """The stated business time, checked; without one, now (never before ``after``: two machines' clocks differ)."""
    form = Form()
    value = form.moment("at", at, tolerance=tolerance(), now=now, after=after, after_what=what) or max(now, after)
    if form.faults:
        raise InvalidInput(form.faults)
    return value
