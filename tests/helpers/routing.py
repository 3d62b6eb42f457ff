"""A floor to route on: agents with skills who are signed on, queues with plans, conversations that arrive."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from denghuo.apps.accounts.models import Role, RoleGrant, Skill, Staff, StaffSkill
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.loads import NOTHING, capacity_of, loads
from denghuo.apps.contacts.models import AgentProfile, AgentSession, AgentStateSpan, Contact, ContactLeg, Queue
from denghuo.apps.contacts.presence import in_hand, state_of
from denghuo.core.actors import Actor
from denghuo.core.events.models import Event
from denghuo.core.scoping.models import OrgUnit

LONG_AGO = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
SYSTEM = Actor.system("test")
_numbers = itertools.count(1)


def person(org: OrgUnit, skills: Mapping[str, int] | None = None, *, role: str = "agent") -> Actor:
    """Somebody with a role on ``org`` and skills, who cannot sign in with a password."""
    number = next(_numbers)
    staff = Staff.objects.create(
        username=f"routed{number:05d}",
        display_name=f"坐席{number}",
        employee_no=f"R{number:06d}",
        org=org,
        password="!",
    )
    RoleGrant.objects.create(staff=staff, role=Role.objects.get(code=role), org=org, valid_from=LONG_AGO)
    for code, level in (skills or {}).items():
        skill, _made = Skill.objects.get_or_create(code=code, defaults={"name": code, "name_en": code})
        StaffSkill.objects.create(staff=staff, skill=skill, level=level)
    return actor_for(staff)


def agent(org: OrgUnit, skills: Mapping[str, int] | None = None, **profile: Any) -> Actor:
    """Such a person, signed on and ready."""
    actor = person(org, skills)
    if profile:
        AgentProfile.objects.create(staff_id=actor.id, org=org, **profile)
    actions.sign_on(actor)
    return actor


def queue(org: OrgUnit, code: str, plan: Mapping[str, Any] | None = None, **fields: Any) -> Queue:
    """A queue of ``org``; voice unless ``channels`` and ``channel_class`` say otherwise."""
    made = actions.create_queue(
        SYSTEM, org=org, code=code, name=code, **{"channels": ["voice"], "channel_class": "voice", **fields}
    )
    if plan is not None:
        actions.set_plan(SYSTEM, made.pk, plan)
    return made


def arrive(org: OrgUnit, *, channel: str = "voice", **fields: Any) -> Contact:
    """A conversation begins."""
    return actions.open_contact(SYSTEM, channel=channel, org=org, **{"caller_phone": "13900001234", **fields})


def check(places: Callable[[int], Mapping[str, int]] | None = None) -> None:
    """What must be true of all tables at any moment."""
    check_offers()
    check_capacity()
    check_agents(AgentSession.objects.select_related("org"))


def check_offers() -> None:
    """Every conversation that rings or is served has exactly one open leg, of that agent; others have none."""
    legs = {row.contact_id: row.agent_id for row in ContactLeg.objects.filter(ended_at=None)}
    for contact in Contact.objects.all():
        held = contact.offered_to_id if contact.state == "offered" else contact.agent_id
        if contact.state in ("offered", "in_service", "wrap_up"):
            assert legs.pop(contact.pk, None) == held, (contact.pk, contact.state)
    assert not legs


def check_capacity() -> None:
    """Nobody has more in hand than places."""
    for staff_id, load in loads().items():
        profile = AgentProfile.objects.filter(staff_id=staff_id).first()
        session = AgentSession.objects.select_related("org").get(staff_id=staff_id)
        assert all(used <= place for used, place in zip(load, capacity_of(profile, session.org).values(), strict=True)), (
            staff_id, load,
        )  # fmt: skip
        assert load[0] == 0 or load[1] == 0, "a call and chats at once"
    assert NOTHING == (0, 0, 0)


def check_agents(sessions: Iterable[AgentSession]) -> None:
    """State follows from mode and work; spans follow each other without gap or overlap; the log tells the same."""
    for session in sessions:
        assert session.state == state_of(session.mode, in_hand(session.staff_id)), session.staff_id
        spans = list(AgentStateSpan.objects.filter(staff_id=session.staff_id).order_by("started_at", "pk"))
        assert [one.ended_at for one in spans[:-1]] == [one.started_at for one in spans[1:]]
        assert spans[-1].ended_at is None
        assert spans[-1].state == session.state
        told = Event.objects.filter(kind="agent.state_changed", subject_id=session.pk).order_by("id")
        states = [event.payload["state"] for event in told]
        assert states == [one.state for one in spans[1:]], session.staff_id
        assert all(a != b for a, b in itertools.pairwise(["logged_out", *states]))


def outcomes() -> Counter[str]:
    """State -> number of conversations."""
    return Counter(Contact.objects.values_list("state", flat=True))
