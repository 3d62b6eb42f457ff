"""An agent's part in a conversation, and the clock of its answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import LegEnd, LegHow
from denghuo.apps.contacts.models import Contact, ContactLeg
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks.reading import live_clock

ANSWER = "answer"


def begin_leg(
    contact: Contact,
    staff_id: int,
    how: LegHow,
    at: dt.datetime,
    *,
    answered: bool,
    parts: Mapping[str, Any] | None = None,
) -> ContactLeg:
    """Begin ``staff_id``'s part at ``at``. The table allows one open part a conversation: a second agent is refused
    by the database itself. Runs inside an action that holds the conversation's lock."""
    return ContactLeg.objects.create(
        contact=contact,
        agent_id=staff_id,
        queue_id=contact.queue_id,
        how=how,
        offered_at=at,
        answered_at=at if answered else None,
        parts=dict(parts or {}),
    )


def begin_offered(offers: Iterable[tuple[Contact, int, Mapping[str, Any] | None]], at: dt.datetime) -> None:
    """Begin the parts of several offers (conversation, agent, why) in one statement; see :func:`begin_leg`."""
    ContactLeg.objects.bulk_create(
        ContactLeg(
            contact=contact, agent_id=staff_id, queue_id=contact.queue_id, how=LegHow.ROUTED, offered_at=at,
            parts=dict(parts or {}),
        )
        for contact, staff_id, parts in offers
    )  # fmt: skip


def answer_leg(contact: Contact, at: dt.datetime) -> None:
    """Note that the agent to whom it was offered answered."""
    ContactLeg.objects.filter(contact=contact, ended_at=None).update(answered_at=at)


def end_leg(contact: Contact, at: dt.datetime, end: LegEnd, reason: str = "") -> None:
    """End the open part, if there is one."""
    ContactLeg.objects.filter(contact=contact, ended_at=None).update(ended_at=at, end=end, reason=reason)


def end_answer_clock(actor: Actor, contact: Contact, at: dt.datetime, *, answered: bool) -> None:
    """Stop the answering clock, or cancel it when the customer left; the first answer counts."""
    clock = live_clock(contact, ANSWER)
    if clock is None:
        return
    if answered:
        clock_actions.stop(actor, clock, at)
    else:
        clock_actions.cancel(actor, clock, _("客户放弃"), at)
