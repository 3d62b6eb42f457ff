"""What the agent's desk shows, read in a fixed number of queries however much is in hand."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from denghuo.apps.contacts import queries
from denghuo.apps.contacts.agent_time import agent_day
from denghuo.apps.contacts.choices import (
    CLASS_OF,
    AgentMode,
    AgentState,
    Audience,
    Channel,
    ContactState,
    Handling,
    MessageKind,
    PartyRole,
    PartyState,
    Sender,
)
from denghuo.apps.contacts.models import AgentSession, Contact, ContactParty, Message
from denghuo.apps.contacts.talk import lines_of, to_staff
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.privacy import masked, redact

PREVIEW = 60  # characters of the last message shown in the list
WAITING_SHOWN = 60
SAID_LIMIT = 300
VOICES = (Sender.CUSTOMER, Sender.AGENT)
SERVED = [ContactState.IN_SERVICE, ContactState.WRAP_UP]
JOINED_STATES = [PartyState.INVITED, PartyState.JOINED]


def desk_of(actor: Actor) -> dict[str, Any]:
    """Everything on the actor's desk: their state, what rings, what they serve or joined, and who waits."""
    now = moment.now()
    mine, ringing, joined = _in_hand(actor)
    parties = _parties([*mine, *[party.contact for party in joined]])
    talks = _talks([contact.pk for contact in [*mine, *[party.contact for party in joined]]])
    mine_out = [card(contact, actor) | _part(contact, talks, parties) | {"role": "agent"} for contact in mine]
    joined_out = [
        card(party.contact, actor) | _part(party.contact, talks, parties)
        | {"role": str(party.role), "party_state": str(party.state), "party_note": party.note,
           "invited_by": party.invited_by.display_name if party.invited_by else "", "unread": 0}
        for party in joined
    ]  # fmt: skip
    offers = [
        card(contact, actor)
        | {"offered_at": _iso(contact.offered_at), "expires_at": _iso(contact.offer_expires_at), "role": "offered"}
        for contact in ringing
    ]
    return {
        "now": now.isoformat(),
        "me": me(actor, now),
        "offers": offers,
        "conversations": mine_out + joined_out,
        "waiting": waiting_of(actor),
    }


def topics_for(actor: Actor, desk: dict[str, Any]) -> list[str]:
    """What the desk may hear: its own agent's topic and every conversation on it (at most 60: a stream's limit)."""
    ids = [row["id"] for row in desk["conversations"] if row.get("party_state", "joined") == "joined"]
    return [f"agent:{actor.id}", *[f"contact:{pk}" for pk in ids[:60]]]


def me(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """The actor's own state and how today's time went by state (index ``contacts_span_staff``)."""
    session = AgentSession.objects.select_related("org").filter(staff_id=actor.id).first()
    mode = session.mode if session else AgentMode.LOGGED_OUT
    state = session.state if session else AgentState.LOGGED_OUT
    return {
        "id": actor.id,
        "name": actor.name,
        "mode": str(mode),
        "state": str(state),
        "state_label": str(AgentState(state).label),
        "since": _iso(session.state_since) if session else None,
        "next_mode": str(session.next_mode) if session else "",
        "next_label": str(AgentMode(session.next_mode).label) if session and session.next_mode else "",
        "reason": session.reason if session else "",
        "today": _today(actor, now),
        "allowances": policies.get("agent.allowance_minutes", session.org if session else None),
    }


def _today(actor: Actor, now: dt.datetime) -> dict[str, int]:
    day = agent_day(actor.id, timezone.localdate(now)) if actor.id else {}
    return {state: seconds for state, seconds in day.items() if state != AgentState.LOGGED_OUT}


def waiting_of(actor: Actor, q: str = "") -> dict[str, Any]:
    """Who waits in the actor's units: handed to them first, then in the order of taking (index ``contacts_waiting``).

    ``q`` narrows by subject, unit or queue. What waits for another agent alone is left out.
    """
    rows = queries.waiting(actor).select_related("queue", "customer", "org")
    rows = rows.filter(Q(wanted_only=False) | Q(wanted_agent_id=actor.id))
    if q:
        rows = rows.filter(
            Q(subject__icontains=q) | Q(org__name__icontains=q) | Q(queue__name__icontains=q)
        )  # fmt: skip
    shown = list(rows[:WAITING_SHOWN])
    shown.sort(key=lambda row: not (row.wanted_only and row.wanted_agent_id == actor.id))
    count = len(shown) if len(shown) < WAITING_SHOWN else rows.count()
    items = [
        card(row, actor) | {"for_me": row.wanted_only, "role": "waiting", "priority": row.priority} for row in shown
    ]
    return {"count": count, "items": items}


def conversation(actor: Actor, contact_id: int) -> Contact:
    """A conversation the actor may read: theirs, one they are in, or in their units. Raises NotFound."""
    rows = Contact.objects.select_related("org", "queue", "customer", "account", "agent")
    contact = rows.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound()
    if contact.agent_id == actor.id or contact.offered_to_id == actor.id or actor.can(queries.VIEW, contact.org.path):
        return contact
    if ContactParty.objects.filter(contact=contact, staff_id=actor.id, left_at=None).exists():
        return contact
    raise NotFound()


def said(actor: Actor, contact: Contact, after: int = 0, before: int = 0) -> dict[str, Any]:
    """Messages behind ``after`` (oldest first), or the last ones before ``before``; at most 300, ``more`` says that there
    are further ones. Digits that can be phones or identities are hidden from who may not see phones
    (index ``contacts_message_order``)."""
    rows = Message.objects.filter(contact=contact).select_related("staff", "file")
    if after:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: SAID_LIMIT + 1])
        more, found = len(found) > SAID_LIMIT, found[:SAID_LIMIT]
    else:
        upto = rows.filter(pk__lt=before) if before else rows
        found = list(upto.order_by("-pk")[: SAID_LIMIT + 1])
        more, found = len(found) > SAID_LIMIT, found[:SAID_LIMIT]
        found.reverse()
    # What stands before the first one is named only where this answer continues something.
    items = [to_staff(line) for line in lines_of(found, after)]
    if not actor.can("privacy.view_phone", contact.org.path):
        for item in items:
            item["text"] = redact(item["text"])
    return {"items": items, "more": more}


def card(contact: Contact, actor: Actor) -> dict[str, Any]:
    """A conversation as the lists and the head of the desk show it."""
    customer = contact.customer
    return {
        "id": contact.pk,
        "channel": str(contact.channel),
        "channel_label": str(Channel(contact.channel).label),
        "channel_class": str(CLASS_OF[Channel(contact.channel)]),
        "handling": str(contact.handling),
        "handling_label": str(Handling(contact.handling).label),
        "state": str(contact.state),
        "state_label": str(ContactState(contact.state).label),
        "name": masked(customer, "name", actor) if customer else masked(contact, "visitor_name", actor),
        "phone": masked(contact, "caller_phone", actor),
        "subject": contact.subject,
        "org": contact.org.label,
        "queue": contact.queue.label if contact.queue else "",
        "customer_id": contact.customer_id,
        "account_id": contact.account_id,
        "request_id": contact.request_id,
        "opened_at": _iso(contact.opened_at),
        "entered_at": _iso(contact.entered_at or contact.opened_at),
        "served_at": _iso(contact.served_at),
        "ended_at": _iso(contact.ended_at),
        "ended_by": str(contact.ended_by),
        "read_id": contact.agent_read_id,
    }


def _in_hand(actor: Actor) -> tuple[list[Contact], list[Contact], list[ContactParty]]:
    """Served or written up, ringing, joined: partial indexes ``contacts_in_service``, ``contacts_offered``,
    ``contacts_party_open``."""
    mine = _with(Contact.objects.filter(agent_id=actor.id, state__in=SERVED)).order_by("served_at", "pk")
    ringing = _with(Contact.objects.filter(offered_to_id=actor.id, state=ContactState.OFFERED))
    joined = ContactParty.objects.filter(staff_id=actor.id, left_at=None, state__in=JOINED_STATES)
    people = joined.select_related(
        "contact__org", "contact__queue", "contact__customer", "contact__agent", "invited_by"
    )  # fmt: skip
    return list(mine), list(ringing.order_by("offer_expires_at")), list(people.order_by("pk"))


def _with(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    return rows.select_related("org", "queue", "customer")


def _parties(contacts: Iterable[Contact]) -> dict[int, list[dict[str, Any]]]:
    """Who else is there; listeners are not told of."""
    ids = [contact.pk for contact in contacts]
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    if not ids:
        return found
    rows = ContactParty.objects.filter(contact_id__in=ids, left_at=None).exclude(role=PartyRole.MONITOR)
    for row in rows.select_related("staff").order_by("pk"):
        found[row.contact_id].append(
            {
                "staff_id": row.staff_id,
                "name": row.staff.display_name,
                "role": str(row.role),
                "role_label": str(PartyRole(row.role).label),
                "state": str(row.state),
                "state_label": str(PartyState(row.state).label),
            }
        )
    return found


def _talks(ids: list[int]) -> dict[int, dict[str, Any]]:
    """Of each conversation: unread messages of the customer, since when they wait for an answer, and the last message
    (three queries by ``contacts_message_order`` and the primary key)."""
    if not ids:
        return {}
    spoken = Q(audience=Audience.EVERYONE)
    agents = spoken & Q(sender=Sender.AGENT)
    unread = Q(sender=Sender.CUSTOMER, pk__gt=F("contact__agent_read_id"))
    rows = Message.objects.filter(contact_id__in=ids).order_by().values("contact_id")
    found = {
        row["contact_id"]: row
        for row in rows.annotate(
            last=Max("pk", filter=Q(sender__in=VOICES)),
            answered=Max("pk", filter=agents),
            unread=Count("pk", filter=unread),
        )
    }
    waits = Q(pk__in=[])
    for contact_id, row in found.items():
        waits |= Q(contact_id=contact_id, pk__gt=row["answered"] or 0)
    asked = Message.objects.filter(waits, sender=Sender.CUSTOMER).order_by("-pk").values_list("contact_id", "at")
    first = dict(asked)  # newest first, so that of each conversation the oldest stays
    last = Message.objects.in_bulk([row["last"] for row in found.values() if row["last"]])
    return {
        contact_id: {
            "unread": row["unread"],
            "waiting_since": _iso(first.get(contact_id)),
            "last": _preview(last.get(row["last"])),
        }
        for contact_id, row in found.items()
    }


def _preview(row: Message | None) -> dict[str, Any] | None:
    if row is None:
        return None
    text = row.text if row.text else f"[{MessageKind(row.kind).label}]"
    return {
        "id": row.pk, "sender": str(row.sender), "audience": str(row.audience), "text": redact(text[:PREVIEW]),
        "at": _iso(row.at),
    }  # fmt: skip


def _part(
    contact: Contact, talks: dict[int, dict[str, Any]], parties: dict[int, list[dict[str, Any]]]
) -> dict[str, Any]:
    talk = talks.get(contact.pk, {"unread": 0, "waiting_since": None, "last": None})
    return {**talk, "parties": parties.get(contact.pk, []), "agent": _agent_name(contact)}


def _agent_name(contact: Contact) -> str:
    loaded = "agent" in contact._state.fields_cache
    return contact.agent.display_name if loaded and contact.agent else ""


def _iso(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None
