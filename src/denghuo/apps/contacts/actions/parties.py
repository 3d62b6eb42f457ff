"""Others of the house in a conversation: asked for advice, brought in, listening, stepping in."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.handing import colleague_for
from denghuo.apps.contacts.actions.writing import tell_customer
from denghuo.apps.contacts.choices import ContactState, PartyRole, PartyState
from denghuo.apps.contacts.common import agent_topic, locked, public_topics_of, require_state, topics_of
from denghuo.apps.contacts.models import Contact, ContactParty
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form

NOTE_LENGTH = 200
ASKED = (PartyRole.CONSULT, PartyRole.CONFERENCE)
LOUD = (PartyRole.CONFERENCE, PartyRole.BARGE)


@action("contact.invite")
def invite(actor: Actor, contact_id: int, staff_id: int, *, role: str, note: str = "") -> ContactParty:
    """Ask a colleague in: ``consult`` sees the conversation and writes to the staff alone, ``conference`` also speaks to
    the customer under their own name.

    For the agent who serves. Asked already: the row there is, its role raised if need be. Raises NotAllowed, NotFound,
    Conflict (not in service), InvalidInput (to, role, note).
    """
    contact = locked(contact_id)
    require_state(contact, _("邀请同事"), ContactState.IN_SERVICE)
    if contact.agent_id != actor.id:
        raise NotAllowed(_("只有正在服务的坐席可以邀请同事"))
    form = Form()
    role = form.choice("role", role, [str(one) for one in ASKED])
    words = form.text("note", note, longest=NOTE_LENGTH, lines=False)
    form.finish()
    colleague_for(contact, staff_id, "contacts.view")
    now = moment.now()
    party = _open_party(contact, staff_id)
    if party is not None and (party.role == role or party.role in LOUD):
        return party
    if party is None:
        party = ContactParty(contact=contact, staff_id=staff_id, state=PartyState.INVITED, invited_at=now)
    party.role, party.invited_by_id, party.note = role, actor.id, words
    if party.joined_at is not None and role == PartyRole.CONFERENCE:
        tell_customer(actor, contact, str(party.role))
    party.save()
    _changed(actor, contact, party, now)
    return party


@action("contact.join_party")
def join_party(actor: Actor, contact_id: int) -> ContactParty:
    """Come into a conversation one was asked into. Raises NotFound (not asked), Conflict (the talk is over)."""
    contact = locked(contact_id)
    party = _own(actor, contact)
    if party.state == PartyState.JOINED:
        return party
    require_state(contact, _("加入"), ContactState.IN_SERVICE)
    party.state, party.joined_at = PartyState.JOINED, moment.now()
    party.save(update_fields=["state", "joined_at"])
    if party.role in LOUD:
        tell_customer(actor, contact, str(party.role))
    _changed(actor, contact, party, party.joined_at)
    return party


@action("contact.decline_party")
def decline_party(actor: Actor, contact_id: int, *, note: str = "") -> ContactParty:
    """Say no to an invitation. Raises NotFound, Conflict (joined already: leave instead), InvalidInput (note)."""
    contact = locked(contact_id)
    party = _own(actor, contact)
    if party.state != PartyState.INVITED:
        raise Conflict(_("您已在对话中，请改用“离开”"))
    form = Form()
    party.note = form.text("note", note, longest=NOTE_LENGTH, lines=False) or party.note
    form.finish()
    return _out(actor, contact, party, PartyState.DECLINED)


@action("contact.leave_party")
def leave_party(actor: Actor, contact_id: int, *, staff_id: int | None = None) -> ContactParty:
    """Go out of a conversation; the agent who serves may also send out (``staff_id``) whom they asked in.

    Raises NotAllowed, NotFound.
    """
    contact = locked(contact_id)
    if staff_id is None or staff_id == actor.id:
        return _out(actor, contact, _own(actor, contact), PartyState.LEFT)
    if contact.agent_id != actor.id:
        raise NotAllowed(_("只有正在服务的坐席可以请同事离开"))
    party = _open_party(contact, staff_id)
    if party is None or party.role not in ASKED:
        raise NotFound(_("该同事不在这条联络中"))
    return _out(actor, contact, party, PartyState.LEFT)


@action("contact.monitor")
def monitor(actor: Actor, contact_id: int) -> ContactParty:
    """Listen in, unseen by customer and agent; the log keeps it. Writing to the staff (a whisper) shows who listens.

    Needs ``contact.monitor`` on the conversation's unit. Raises NotAllowed, NotFound, Conflict (not in service, or
    served by oneself).
    """
    contact = locked(contact_id)
    actor.require("contact.monitor", contact.org.path)
    require_state(contact, _("监听"), ContactState.IN_SERVICE)
    if contact.agent_id == actor.id:
        raise Conflict(_("这条联络由您本人服务"))
    party = _open_party(contact, actor.id)
    if party is not None and party.state == PartyState.JOINED:
        return party
    return _step_in(actor, contact, party, PartyRole.MONITOR)


@action("contact.barge")
def barge(actor: Actor, contact_id: int) -> ContactParty:
    """Step in and speak to the customer beside the agent. Needs ``contact.monitor``; customer and agent are told.

    Raises NotAllowed, NotFound, Conflict.
    """
    contact = locked(contact_id)
    actor.require("contact.monitor", contact.org.path)
    require_state(contact, _("强插"), ContactState.IN_SERVICE)
    if contact.agent_id == actor.id:
        raise Conflict(_("这条联络由您本人服务"))
    party = _open_party(contact, actor.id)
    if party is not None and party.state == PartyState.JOINED and party.role in LOUD:
        return party
    stepped = _step_in(actor, contact, party, PartyRole.BARGE)
    tell_customer(actor, contact, str(stepped.role))
    return stepped


def _step_in(actor: Actor, contact: Contact, party: ContactParty | None, role: PartyRole) -> ContactParty:
    now = moment.now()
    party = party or ContactParty(contact=contact, staff_id=actor.id, invited_at=now)
    party.role, party.state, party.joined_at = role, PartyState.JOINED, party.joined_at or now
    party.save()
    _changed(actor, contact, party, now)
    return party


def _open_party(contact: Contact, staff_id: int | None) -> ContactParty | None:
    return ContactParty.objects.filter(contact=contact, staff_id=staff_id, left_at=None).first()


def _own(actor: Actor, contact: Contact) -> ContactParty:
    party = _open_party(contact, actor.id) if actor.kind == "staff" else None
    if party is None:
        raise NotFound(_("您没有被邀请加入这条联络，或邀请已经结束"))
    return party


def _out(actor: Actor, contact: Contact, party: ContactParty, state: PartyState) -> ContactParty:
    now = moment.now()
    party.state, party.left_at = state, now
    party.save(update_fields=["state", "left_at", "note"])
    _changed(actor, contact, party, now)
    return party


def _changed(actor: Actor, contact: Contact, party: ContactParty, at: dt.datetime) -> None:
    """One event a change. Who listens is known to the log and to themselves, not to the agent's screen."""
    if party.role == PartyRole.MONITOR:
        topics = [agent_topic(party.staff_id)]
    else:
        whole = public_topics_of(contact) if party.role in LOUD else topics_of(contact)
        topics = [*whole, agent_topic(party.staff_id)] + ([agent_topic(contact.agent_id)] if contact.agent_id else [])
    record(
        actor, "contact.party_changed", contact, org=contact.org, at=at, topics=topics,
        payload={
            "party_id": party.pk, "staff_id": party.staff_id, "role": str(party.role), "state": str(party.state),
        },
    )  # fmt: skip
