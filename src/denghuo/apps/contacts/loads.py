"""How much an agent has in hand and may have, by what a conversation takes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from denghuo.apps.contacts.choices import CLASS_OF, Channel, ChannelClass, Handling
from denghuo.apps.contacts.models import AgentProfile, Contact, Queue
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

CLASSES = (ChannelClass.VOICE, ChannelClass.CHAT, ChannelClass.DEFERRED)  # in the order of the engine's columns
Load = tuple[int, int, int]
NOTHING: Load = (0, 0, 0)

_HELD = """
SELECT agent, class, count(*) FROM (
    SELECT coalesce(c.offered_to_id, c.agent_id) AS agent, c.state,
           CASE WHEN c.handling <> 'live' THEN 'deferred' ELSE coalesce(q.channel_class, c.channel) END AS class
    FROM contacts_contact c LEFT JOIN contacts_queue q ON q.id = c.queue_id
    WHERE {which}
) held
WHERE NOT (state = 'wrap_up' AND NOT (class = ANY(%(holding)s)))
GROUP BY agent, class
"""
# Two partial indexes serve the two arms: contacts_offered and contacts_in_service.
_OF_ALL = "c.state = 'offered' OR c.state IN ('in_service', 'wrap_up')"
_OF_SOME = (
    "c.state = 'offered' AND c.offered_to_id = ANY(%(ids)s)"
    " OR c.state IN ('in_service', 'wrap_up') AND c.agent_id = ANY(%(ids)s)"
)


def class_of(channel: str, handling: str, queue: Queue | None) -> ChannelClass:
    """What a conversation takes: a call-back or message can lie, others are as their queue says, or their channel."""
    if handling != Handling.LIVE:
        return ChannelClass.DEFERRED
    if queue is not None:
        return ChannelClass(queue.channel_class)
    return CLASS_OF.get(Channel(channel), ChannelClass.VOICE)


def class_of_contact(contact: Contact) -> ChannelClass:
    """As :func:`class_of`."""
    return class_of(contact.channel, contact.handling, contact.queue)


def capacity_of(profile: AgentProfile | None, org: OrgUnit | None) -> dict[str, int]:
    """Places by channel class: the agent's own, and where they have none the policy ``agent.capacity``."""
    places = {**policies.get("agent.capacity", org), **(profile.capacity if profile else {})}
    return {str(kind): int(places.get(kind, 0)) for kind in CLASSES}


def loads(staff_ids: Iterable[int] | None = None) -> dict[int, Load]:
    """What each agent has in hand by channel class: ringing, served, and being written up where that holds the place
    (policy ``routing.wrap_up_holds``). None: of all agents. Who has nothing is not in the answer."""
    from django.db import connection

    holding = _classes_with_channels(policies.get("routing.wrap_up_holds"))
    values: dict[str, Any] = {"holding": holding}
    if staff_ids is not None:
        values["ids"] = list(staff_ids)
    with connection.cursor() as cursor:
        cursor.execute(_HELD.format(which=_OF_ALL if staff_ids is None else _OF_SOME), values)
        rows = cursor.fetchall()
    found: dict[int, list[int]] = {}
    for agent, kind, count in rows:
        found.setdefault(agent, [0, 0, 0])[column_of(kind)] += count
    return {agent: (row[0], row[1], row[2]) for agent, row in found.items()}


def plus_one(load: Load, kind: str) -> Load:
    """The load with one more of ``kind``."""
    row = list(load)
    row[column_of(kind)] += 1
    return row[0], row[1], row[2]


def column_of(kind: str) -> int:
    """The engine's column of a channel class, or of a channel of its own."""
    if kind in CLASSES:
        return CLASSES.index(ChannelClass(kind))
    return CLASSES.index(CLASS_OF.get(Channel(kind), ChannelClass.VOICE))


def _classes_with_channels(kinds: Iterable[str]) -> list[str]:
    held = set(kinds)
    return sorted(held | {str(channel) for channel, kind in CLASS_OF.items() if kind in held})


def has_room(capacity: Mapping[str, int], load: Load, kind: str, org: OrgUnit | None = None) -> bool:
    """Whether one more of ``kind`` fits: the routing engine's own rule, so that a pull by hand and the router agree."""
    import numpy as np

    from denghuo.apps.contacts.plans.compiling import settings
    from denghuo.engine.routing import rules

    rule = getattr(rules.has_room, "py_func", rules.has_room)
    places = np.array([capacity[str(one)] for one in CLASSES])
    return bool(rule(_flags(settings(org)), column_of(kind), places, np.array(load)))


@lru_cache(maxsize=16)
def _flags(chosen: Any) -> Any:
    from denghuo.engine import routing

    policy = routing.compile_policy([routing.QueuePlan("any")], [*chosen.languages], chosen)
    return SimpleNamespace(flags=policy.arrays.flags)
