"""The books of the floor: did the router keep its promises? Counted from parts of conversations and spans of agents alone,
not from anything the router says of itself.

* nobody has more in hand than they may (:func:`too_much`),
* nobody waits while an agent who could take them is idle (:func:`longest_idle`),
* what comes back from a desk is next (:func:`longest_overtaking`).

All seconds are of business time.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from denghuo.apps.contacts.choices import AgentState, ChannelClass, ContactState, LegEnd, LegHow
from denghuo.apps.contacts.loads import NOTHING, Load, capacity_of, class_of_contact, has_room, plus_one
from denghuo.apps.contacts.models import AgentProfile, AgentSession, AgentStateSpan, Contact, ContactLeg
from denghuo.apps.contacts.plans import plan_in_force, standing_plan
from denghuo.apps.contacts.reach import takers
from denghuo.apps.metrics.accounting import Mark
from denghuo.core import moment, policies

RETURNED = (LegEnd.MISSED, LegEnd.DECLINED)
BACK_IN_QUEUE = (*RETURNED, LegEnd.PUT_BACK)
Group = tuple[int | None, str, int]  # queue, channel class, unit (of those without a queue)


@dataclass(frozen=True, slots=True)
class Part:
    """One agent's part in a conversation. It takes a place from ``begin`` until ``free``; it ended at ``end``."""

    contact: int
    agent: int
    kind: str
    how: str
    begin: float
    free: float
    end: float
    ended: str


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch in which a conversation waited; ``returned``: it had just come back from a desk."""

    contact: int
    group: Group
    begin: float
    end: float
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which an agent was ready with nothing in hand."""

    agent: int
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst that was found: seconds, and who."""

    seconds: float = 0.0
    contact: int | None = None
    agent: int | None = None


def too_much(parts: Iterable[Part], room: Callable[[int, Load, str], bool]) -> list[Part]:
    """Parts that began at an agent who had no room for them. ``room(agent, load, kind)``."""
    by_agent: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        by_agent[part.agent].append(part)
    found = []
    for agent, own in by_agent.items():
        held: list[Part] = []
        for part in sorted(own, key=lambda one: one.begin):
            held = [one for one in held if one.free > part.begin]
            load = NOTHING
            for one in held:
                load = plus_one(load, one.kind)
            if part.how != LegHow.TRANSFERRED and not room(agent, load, part.kind):
                found.append(part)
            held.append(part)
    return found


def beside(part: Part, parts: Iterable[Part]) -> list[tuple[int, str, float]]:
    """What the agent still held when ``part`` began: conversation, channel class, seconds until its place was free."""
    return [
        (one.contact, one.kind, round(one.free - part.begin, 3))
        for one in parts
        if one.agent == part.agent and one is not part and one.begin <= part.begin < one.free
    ]


def longest_idle(waits: Iterable[Wait], spans: Iterable[Span], able: Mapping[Group, Collection[int]]) -> Worst:
    """The longest time in which somebody waited and one agent who was able to take them was idle."""
    by_agent: dict[int, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda one: one.begin):
        by_agent[span.agent].append(span)
    ends = {agent: [span.end for span in own] for agent, own in by_agent.items()}
    worst = Worst()
    for wait in waits:
        for agent in able.get(wait.group, ()):
            own = by_agent.get(agent, [])
            for span in own[bisect_left(ends.get(agent, []), wait.begin) :]:
                if span.begin >= wait.end:
                    break
                both = min(span.end, wait.end) - max(span.begin, wait.begin)
                if both > worst.seconds:
                    worst = Worst(both, wait.contact, agent)
    return worst


def longest_overtaking(waits: Iterable[Wait], parts: Iterable[Part], groups: Mapping[int, Group]) -> Worst:
    """How long after a conversation had come back from a desk another of its queue, that never had, was still offered
    before it; the longest of them."""
    came_back: dict[int, float] = {}
    for part in sorted(parts, key=lambda one: one.end):
        if part.ended in RETURNED:
            came_back.setdefault(part.contact, part.end)
    rung: dict[Group, list[Part]] = defaultdict(list)
    for part in sorted(parts, key=lambda one: one.begin):
        if part.how == LegHow.ROUTED and part.contact in groups:
            rung[groups[part.contact]].append(part)
    worst = Worst()
    for wait in waits:
        if not wait.returned:
            continue
        own = rung[wait.group]
        for part in own[bisect_left([one.begin for one in own], wait.begin) :]:
            if part.begin >= wait.end:
                break
            if part.contact != wait.contact and came_back.get(part.contact, part.begin) >= part.begin:
                worst = max(
                    worst, Worst(part.begin - wait.begin, wait.contact, part.agent), key=lambda one: one.seconds
                )
    return worst


def waits_of(contact: Contact, legs: Sequence[Part], group: Group, now: float) -> list[Wait]:
    """When it waited: from its arrival, and whenever it came back, until the next offer, its end or now."""
    begin = max(contact.opened_at.timestamp(), contact.not_before.timestamp() if contact.not_before else 0.0)
    stop = contact.closed_at.timestamp() if contact.closed_at else now
    open_, returned = True, False
    found = []
    for leg in legs:
        if open_ and leg.begin > begin:
            found.append(Wait(contact.pk, group, begin, leg.begin, returned))
        open_, returned, begin = leg.ended in BACK_IN_QUEUE, leg.ended in RETURNED, leg.end
    if open_ and stop > begin and contact.state in (ContactState.WAITING, ContactState.ABANDONED):
        found.append(Wait(contact.pk, group, begin, stop, returned))
    return found


def service(mark: Mark) -> dict[str, Any]:
    """What the books say of the conversations since ``mark``; see the module. ``most_at_once``: by channel class."""
    now = moment.now()
    rows = Contact.objects.filter(pk__gt=mark.contact).select_related("org", "queue__org")
    contacts = {row.pk: row for row in rows.defer("caller_phone", "visitor_name", "callback_phone", "wrap_note")}
    if not contacts:
        return {"parts": 0, "too_much": [], "idle": _told(Worst()), "overtaking": _told(Worst()), "most_at_once": {}}
    since = min(row.opened_at for row in contacts.values())
    parts = _parts(since, now)
    by_contact: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        by_contact[part.contact].append(part)
    groups = {pk: _group(row) for pk, row in contacts.items()}
    # Who is wanted by one agent alone, or lies for later, is nobody's to take; languages are left to the router's tests.
    plain = [row for row in contacts.values() if not row.wanted_only and row.language == "zh"]
    waits = [wait for row in plain for wait in waits_of(row, by_contact[row.pk], groups[row.pk], now.timestamp())]
    # What was taken before the mark was taken by whatever rule held then.
    over = [part for part in too_much(parts, _room()) if part.contact in contacts]
    return {
        "parts": sum(len(by_contact[pk]) for pk in contacts),
        "too_much": [[part.contact, part.agent, beside(part, parts)] for part in over[:10]],
        "idle": _told(longest_idle(waits, _spans(since, now), _able(contacts.values(), groups))),
        "overtaking": _told(longest_overtaking(waits, parts, groups)),
        "most_at_once": _most_at_once(parts),
    }


def _told(worst: Worst) -> dict[str, Any]:
    return {"seconds": round(worst.seconds, 2), "contact": worst.contact, "agent": worst.agent}


def _group(contact: Contact) -> Group:
    return contact.queue_id, str(class_of_contact(contact)), contact.org_id if contact.queue is None else 0


def _parts(since: dt.datetime, now: dt.datetime) -> list[Part]:
    """Parts of all conversations that lasted into the time from ``since`` on, by agent and conversation in order."""
    rows = ContactLeg.objects.exclude(ended_at__lt=since).select_related("contact__queue").order_by("contact_id", "pk")
    rows = rows.defer("contact__caller_phone", "contact__visitor_name", "contact__callback_phone", "contact__wrap_note")
    holding = set(policies.get("routing.wrap_up_holds"))
    found = []
    for leg in rows:
        contact, kind = leg.contact, str(class_of_contact(leg.contact))
        end = leg.ended_at or now
        # While it is written up, only some classes hold their place.
        talked = contact.ended_at if leg.end in ("", LegEnd.SERVED) and kind not in holding else None
        free = min(talked or end, end)
        found.append(
            Part(
                contact.pk, leg.agent_id, kind, leg.how, leg.offered_at.timestamp(), free.timestamp(), end.timestamp(),
                leg.end,
            )
        )  # fmt: skip
    return found


def _spans(since: dt.datetime, now: dt.datetime) -> list[Span]:
    rows = AgentStateSpan.objects.filter(state=AgentState.READY).exclude(ended_at__lt=since)
    return [
        Span(staff_id, begin.timestamp(), (end or now).timestamp())
        for staff_id, begin, end in rows.values_list("staff_id", "started_at", "ended_at")
    ]


def _able(contacts: Iterable[Contact], groups: Mapping[int, Group]) -> dict[Group, set[int]]:
    """Regular agents who may take conversations of a group and meet the plan's first demand."""
    profiles = {one.staff_id: one for one in AgentProfile.objects.select_related("org")}
    sessions = AgentSession.objects.select_related("org")
    places = {one.staff_id: capacity_of(profiles.get(one.staff_id), one.org) for one in sessions}
    regular = {pk for pk in places if pk not in profiles or profiles[pk].echelon == 0}
    found: dict[Group, set[int]] = {}
    now = moment.now()
    for contact in contacts:
        group = groups[contact.pk]
        if group not in found:
            plan = plan_in_force(contact.queue, now) if contact.queue else standing_plan()
            org = contact.queue.org if contact.queue else contact.org
            found[group] = {pk for pk in takers(regular, org, plan) if places[pk].get(group[1], 0) > 0}
    return found


def _room() -> Callable[[int, Load, str], bool]:
    profiles = {one.staff_id: one for one in AgentProfile.objects.all()}
    sessions = {one.staff_id: one.org for one in AgentSession.objects.select_related("org")}
    places: dict[int, dict[str, int]] = {}
    known: dict[tuple[int, Load, str], bool] = {}

    def room(agent: int, load: Load, kind: str) -> bool:
        if agent not in sessions:
            return True  # takes by hand, without having signed on: no places are kept
        if agent not in places:
            places[agent] = capacity_of(profiles.get(agent), sessions[agent])
        if (agent, load, kind) not in known:
            known[agent, load, kind] = load == NOTHING or has_room(places[agent], load, kind)
        return known[agent, load, kind]

    return room


def _most_at_once(parts: Iterable[Part]) -> dict[str, int]:
    """Channel class -> the most that one agent had in hand at one time."""
    steps: dict[tuple[int, str], list[tuple[float, int]]] = defaultdict(list)
    for part in parts:
        if part.free > part.begin:
            steps[part.agent, part.kind] += [(part.begin, 1), (part.free, -1)]
    most = dict.fromkeys(map(str, ChannelClass), 0)
    for (_agent, kind), changes in steps.items():
        held = 0
        for _at, change in sorted(changes):
            held += change
            most[kind] = max(most[kind], held)
    return most
