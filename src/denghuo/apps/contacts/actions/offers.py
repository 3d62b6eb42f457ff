"""A conversation comes to an agent: offered by the router and accepted, or taken by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.writing import tell_customer
from denghuo.apps.contacts.bulk import update_rows
from denghuo.apps.contacts.choices import AgentMode, ContactState, LegEnd, LegHow
from denghuo.apps.contacts.common import agent_topic, locked, moment_of, public_topics_of, require_state, topics_of
from denghuo.apps.contacts.legs import answer_leg, begin_leg, begin_offered, end_answer_clock, end_leg
from denghuo.apps.contacts.loads import NOTHING, Load, capacity_of, class_of_contact, has_room, loads, plus_one
from denghuo.apps.contacts.models import AgentProfile, AgentSession, Contact
from denghuo.apps.contacts.presence import lock_session, settle, settle_many
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events import NewEvent, record, record_many


@dataclass(frozen=True, slots=True)
class Offer:
    """What the router decided: which conversation rings at whom, and why (codes and numbers of the routing engine).

    ``load`` is what it saw the agent have in hand, earlier offers of the same pass included; by the time the rows are
    locked it must still be so, or the offer is left out and the next pass decides anew.
    """

    contact_id: int
    staff_id: int
    parts: Mapping[str, Any] | None = None
    load: Load | None = None


@action("contact.offer")
def offer_contact(
    actor: Actor, contact_id: int, staff_id: int, *, parts: Mapping[str, Any] | None = None
) -> Contact | None:
    """Ring ``staff_id`` with a waiting conversation; the router calls this, nobody else.

    None when the world moved on since the router looked: the conversation no longer waits, or the agent is no longer
    ready. ``parts`` says why this agent (codes and numbers of :mod:`denghuo.engine.routing`). Raises NotAllowed.
    """
    made = _offer(actor, [Offer(contact_id, staff_id, parts)], wait=True)
    return made[0] if made else None


@action("contact.offer_many")
def offer_many(actor: Actor, offers: Sequence[Offer]) -> list[Contact]:
    """As :func:`offer_contact` for the offers of one pass, with a handful of statements.

    A row that somebody holds is passed over, never waited for: conversations are locked in the order of their ids,
    then sessions in the order of theirs, so that two routers at once cannot block each other. Gives the conversations
    that now ring. Raises NotAllowed.
    """
    return _offer(actor, offers, wait=False)


def _offer(actor: Actor, offers: Sequence[Offer], *, wait: bool) -> list[Contact]:
    if actor.kind != "system":
        raise NotAllowed(_("只有路由程序可以派接"))
    rows = Contact.objects.select_related("org", "queue").defer(
        "caller_phone", "visitor_name", "callback_phone", "wrap_note"
    )
    rows = rows.select_for_update(of=("self",), skip_locked=not wait).order_by("pk")
    contacts = {
        row.pk: row for row in rows.filter(pk__in=[one.contact_id for one in offers], state=ContactState.WAITING)
    }
    staff_ids = {one.staff_id for one in offers if one.contact_id in contacts}
    locks = AgentSession.objects.select_related("org", "staff").select_for_update(of=("self",), skip_locked=not wait)
    ready = locks.filter(staff__in=staff_ids, mode=AgentMode.READY, next_mode="").order_by("staff_id")
    sessions = {row.staff_id: row for row in ready}
    seen = loads(sessions) if any(one.load is not None for one in offers) else {}
    now, made = moment.now(), []
    for one in offers:
        contact = contacts.get(one.contact_id)
        if contact is None or one.staff_id not in sessions:
            continue
        if one.load is not None:
            held = seen.get(one.staff_id, NOTHING)
            if held != one.load:
                continue
            seen[one.staff_id] = plus_one(held, class_of_contact(contact))
        del contacts[one.contact_id]
        contact.state, contact.offered_to_id, contact.offered_at = ContactState.OFFERED, one.staff_id, now
        seconds = int(policies.get("routing.offer_seconds", contact.org))
        contact.offer_expires_at = now + dt.timedelta(seconds=seconds)
        made.append((contact, one, seconds))
    if not made:
        return []
    rung = [contact for contact, _one, _seconds in made]
    update_rows(rung, ["state", "offered_to", "offered_at", "offer_expires_at"])
    begin_offered(((contact, one.staff_id, one.parts) for contact, one, _seconds in made), now)
    record_many(
        NewEvent(
            actor, "contact.offered", contact, contact.org,
            {"agent_id": one.staff_id, "expires_in": seconds, "channel": str(contact.channel)},
            [*topics_of(contact), agent_topic(one.staff_id)], now,
        )
        for contact, one, seconds in made
    )  # fmt: skip
    settle_many(actor, [sessions[staff_id] for staff_id in sorted({one.staff_id for _c, one, _s in made})], at=now)
    return rung


@action("contact.accept")
def accept_offer(actor: Actor, contact_id: int, *, at: dt.datetime | None = None) -> Contact:
    """The agent answers what rings at their desk. Raises NotFound, Conflict (the offer ran out or is another's)."""
    contact = locked(contact_id)
    if contact.state == ContactState.IN_SERVICE and contact.agent_id == actor.id:
        return contact  # pressed twice
    require_state(contact, _("接听"), ContactState.OFFERED)
    if contact.offered_to_id != actor.id:
        raise Conflict(_("该联络已派给其他坐席"))
    assert contact.offered_at is not None
    taken = moment_of(at, moment.now(), contact.offered_at, _("派接时间"))
    answer_leg(contact, taken)
    _serve(actor, contact, taken)
    return contact


@action("contact.decline")
def decline_offer(actor: Actor, contact_id: int, *, reason: str = "") -> Contact:
    """The agent sends the offer back to the head of its queue; it counts against them as a missed one.

    Raises NotFound, Conflict.
    """
    contact = locked(contact_id)
    require_state(contact, _("拒接"), ContactState.OFFERED)
    if contact.offered_to_id != actor.id:
        raise Conflict(_("该联络已派给其他坐席"))
    return return_offer(actor, contact, LegEnd.DECLINED, moment.now(), reason=reason)


@action("contact.expire_offer")
def expire_offer(actor: Actor, contact_id: int) -> Contact | None:
    """Take back an offer nobody answered in time; the router sweeps these. None when it was answered after all."""
    if actor.kind != "system":
        raise NotAllowed(_("只有路由程序可以收回"))
    contact = locked(contact_id)
    now = moment.now()
    if contact.state != ContactState.OFFERED or contact.offer_expires_at is None or contact.offer_expires_at > now:
        return None
    return return_offer(actor, contact, LegEnd.MISSED, now)


def return_offer(actor: Actor, contact: Contact, end: LegEnd, at: dt.datetime, reason: str = "") -> Contact:
    """Back to the head of the queue (its place is unchanged, plus ``routing.returned_boost`` points) and a mark on the
    agent: after ``routing.missed_allowed`` in a row they get no more until they say they are back."""
    staff_id, offered = contact.offered_to_id, contact.offered_at
    assert staff_id is not None and offered is not None
    contact.state = ContactState.WAITING
    contact.offered_to_id = contact.offered_at = contact.offer_expires_at = None
    contact.missed_offers += 1
    contact.boost += float(policies.get("routing.returned_boost", contact.org))
    if contact.wanted_agent_id == staff_id:
        contact.wanted_agent_id, contact.wanted_only = None, False
    contact.save(
        update_fields=[
            "state", "offered_to", "offered_at", "offer_expires_at", "missed_offers", "boost", "wanted_agent",
            "wanted_only",
        ]
    )  # fmt: skip
    end_leg(contact, at, end, reason)
    record(
        actor, "contact.offer_ended", contact, org=contact.org, at=at,
        topics=[*topics_of(contact), agent_topic(staff_id)],
        payload={"agent_id": staff_id, "end": str(end), "seconds": int((at - offered).total_seconds())},
    )  # fmt: skip
    session = lock_session(staff_id)
    if session is not None:
        session.missed_in_row += 1
        if session.missed_in_row >= policies.get("routing.missed_allowed", session.org):
            session.mode, session.mode_since, session.reason = AgentMode.MISSED, at, ""
        settle(actor, session, at=at)
    return contact


@action("contact.take")
def take_contact(actor: Actor, contact_id: int | None = None, *, at: dt.datetime | None = None) -> Contact | None:
    """Give ``actor`` a waiting conversation by hand: the one named, or the next in their units (lower ``priority``
    first, then the longest waiting).

    Two agents never get the same one: the row is locked and rows locked by others are passed over. None when nobody
    waits. Raises NotAllowed, NotFound, Conflict (no longer waiting), InvalidInput (at).
    """
    if actor.id is None or actor.kind != "staff":
        raise NotAllowed(_("只有坐席可以接听"))
    if contact_id is None:
        waiting = Contact.objects.select_related("org", "queue").filter(state=ContactState.WAITING, wanted_only=False)
        # Index contacts_waiting gives the order.
        rows = waiting.visible_to(actor, "contact.take").select_for_update(skip_locked=True, of=("self",))
        contact = rows.order_by("priority", "opened_at").first()
        if contact is None:
            return None
    else:
        contact = locked(contact_id)
        actor.require("contact.take", contact.org.path)
        require_state(contact, _("接听"), ContactState.WAITING)
    _require_room(actor.id, contact)
    now = moment.now()
    taken = moment_of(at, now, contact.opened_at, _("进线时间"))
    begin_leg(contact, actor.id, LegHow.PULLED, taken, answered=True)
    _serve(actor, contact, taken)
    return contact


def _require_room(staff_id: int, contact: Contact) -> None:
    """Raise Conflict when an agent who is signed on has no place left: the session is locked, so the router cannot
    give them another in between."""
    session = lock_session(staff_id)
    if session is None or session.mode == AgentMode.LOGGED_OUT:
        return
    held = loads([staff_id]).get(staff_id, NOTHING)
    places = capacity_of(AgentProfile.objects.filter(staff_id=staff_id).first(), session.org)
    if held != NOTHING and not has_room(places, held, class_of_contact(contact)):
        raise Conflict(_("您手上的联络已满，请先处理完再接入"), code="no_room")


def _serve(actor: Actor, contact: Contact, taken: dt.datetime) -> None:
    first = contact.taken_at is None
    contact.state, contact.agent_id, contact.served_at = ContactState.IN_SERVICE, actor.id, taken
    contact.taken_at = contact.taken_at or taken
    contact.offered_to_id = contact.offered_at = contact.offer_expires_at = None
    contact.wanted_agent_id, contact.wanted_only, contact.boost = None, False, 0
    contact.save(
        update_fields=[
            "state", "agent", "taken_at", "served_at", "offered_to", "offered_at", "offer_expires_at", "wanted_agent",
            "wanted_only", "boost",
        ]
    )  # fmt: skip
    assert actor.id is not None
    waited = int((taken - (contact.entered_at or contact.opened_at)).total_seconds())
    record(
        actor, "contact.taken", contact, org=contact.org, at=taken,
        topics=[*public_topics_of(contact), agent_topic(actor.id)],
        payload={
            "agent_id": actor.id, "waited_seconds": waited, "queue_id": contact.queue_id,
            "channel": str(contact.channel), "handling": str(contact.handling), "first": first,
        },
    )  # fmt: skip
    if first:
        end_answer_clock(actor, contact, taken, answered=True)
    tell_customer(actor, contact, "joined")
    session = lock_session(actor.id)
    if session is not None:
        session.missed_in_row = 0
        settle(actor, session, at=taken)
