"""Who waits and who works, read from the tables in a handful of statements and laid out for the routing engine.

Two things the engine does not know are turned into what it does know.

*Units.* An agent may take a conversation when a grant with ``contact.take`` covers the queue's unit (without a queue:
the conversation's own). Units that the very same agents serve are one *scope*; a scope that not everybody serves
becomes a skill that its agents have at level 1 and its queues ask for.

*Reserves called in for one unit.* Echelon 0 is the regular floor, 1 whoever was called in, k + 1 reserve echelon k at
rest; echelon 1 is admitted everywhere. So the called in come after the regular floor and before any ladder step.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from denghuo.apps.contacts.choices import AgentMode, ChannelClass
from denghuo.apps.contacts.loads import CLASSES, NOTHING, Load, column_of, loads
from denghuo.apps.contacts.models import EchelonActivation, Queue
from denghuo.apps.contacts.plans import Plan, plans_in_force, standing_plan
from denghuo.apps.contacts.reach import covers, skills_of, take_paths
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

CALLED_IN = 1  # the engine's echelon of reserves that were called in

# Partial index contacts_waiting; the units are a small table.
_WAITING = """
SELECT c.id, c.queue_id, c.org_id, c.channel, c.handling, extract(epoch FROM coalesce(c.entered_at, c.opened_at))::float8,
       c.boost, c.priority, c.language, c.wanted_agent_id, c.wanted_only, extract(epoch FROM c.not_before)::float8
FROM contacts_contact c WHERE c.state = 'waiting'
"""
# Partial index contacts_agents_on.
_AGENTS = """
SELECT s.staff_id, s.org_id, o.path, s.mode, s.next_mode, extract(epoch FROM coalesce(s.idle_since, s.state_since))::float8,
       s.seen_at, p.capacity, coalesce(p.echelon, 0)
FROM contacts_agentsession s
JOIN core_orgunit o ON o.id = s.org_id
LEFT JOIN contacts_agentprofile p ON p.staff_id = s.staff_id
WHERE s.mode <> 'logged_out' ORDER BY s.staff_id
"""


class Waiting(NamedTuple):
    """One conversation that waits; times in Unix seconds of business time."""

    pk: int
    queue_id: int | None
    org_id: int
    channel: str
    handling: str
    entered_at: float
    boost: float
    priority: int
    language: str
    wanted: int | None
    wanted_only: bool
    not_before: float | None


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent who is signed on. ``ready``: may be given work now, room apart."""

    pk: int
    paths: tuple[str, ...]
    skills: Mapping[str, int]
    capacity: tuple[int, int, int]
    load: Load
    ready: bool
    idle_since: float
    echelon: int


@dataclass(frozen=True, slots=True)
class Truth:
    """All that decides who takes whom, at one moment."""

    at: float
    waiting: Sequence[Waiting]
    agents: Sequence[Agent]
    queues: Mapping[int, Queue]
    plans: Mapping[int, Plan]
    standing: Plan
    languages: Mapping[str, str]  # language of a conversation -> skill
    org_paths: Mapping[int, str]

    def plan(self, queue_id: int | None) -> Plan:
        """The plan of a queue in force."""
        return self.plans.get(queue_id, self.standing) if queue_id is not None else self.standing

    def served_org(self, row: Waiting) -> int:
        """The unit whose agents take it."""
        queue = self.queues.get(row.queue_id) if row.queue_id is not None else None
        return queue.org_id if queue else row.org_id

    def channel(self, row: Waiting) -> ChannelClass:
        """What it takes of an agent."""
        queue = self.queues.get(row.queue_id) if row.queue_id is not None else None
        if row.handling != "live":
            return ChannelClass.DEFERRED
        return ChannelClass(queue.channel_class) if queue else CLASSES[column_of(row.channel)]


def read_waiting() -> list[Waiting]:
    """Everybody who waits, whatever the unit."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return [Waiting(*row) for row in cursor.fetchall()]


def read(now: dt.datetime, waiting: Sequence[Waiting] | None = None) -> Truth:
    """The truth at ``now`` (business time)."""
    rows = read_waiting() if waiting is None else waiting
    queues = Queue.objects.select_related("org").in_bulk({row.queue_id for row in rows if row.queue_id is not None})
    org_ids = {row.org_id for row in rows if row.queue_id is None} | {queue.org_id for queue in queues.values()}
    return Truth(
        at=now.timestamp(),
        waiting=rows,
        agents=read_agents(),
        queues=queues,
        plans=plans_in_force(queues.values(), now),
        standing=standing_plan(),
        languages=policies.get("routing.language_skills"),
        org_paths=dict(OrgUnit.objects.filter(pk__in=org_ids).order_by().values_list("pk", "path")),
    )


def read_agents() -> list[Agent]:
    """Everybody who is signed on."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENTS)
        rows = cursor.fetchall()
    ids = [row[0] for row in rows]
    paths, skills, held = take_paths(ids), skills_of(ids), loads()
    called, wall = _called_in(), timezone.now()
    by_org = _by_org()
    found = []
    for pk, org_id, path, mode, next_mode, idle_since, seen_at, own, echelon in rows:
        shared, silent = by_org(org_id)
        alive = seen_at is None or (wall - seen_at).total_seconds() <= silent
        found.append(
            Agent(
                pk=pk,
                paths=paths.get(pk, ()),
                skills=skills.get(pk, {}),
                capacity=_places(shared, own),
                load=held.get(pk, NOTHING),
                ready=mode == AgentMode.READY and not next_mode and alive,
                idle_since=idle_since,
                echelon=_echelon(echelon, path, called),
            )
        )
    return found


def _by_org() -> Callable[[int], tuple[dict[str, int], float]]:
    """Capacity and silence as the policies of a unit say, looked up once a unit and pass."""

    @cache
    def of(org_id: int) -> tuple[dict[str, int], float]:
        org = OrgUnit.objects.get(pk=org_id)
        return policies.get("agent.capacity", org), float(policies.get("agent.silent_seconds", org))

    return of


def _places(shared: Mapping[str, int], own: Any) -> tuple[int, int, int]:
    if isinstance(own, str):
        import json

        own = json.loads(own)
    places = {**shared, **(own or {})}
    voice, chat, deferred = (int(places.get(str(kind), 0)) for kind in CLASSES)
    return voice, chat, deferred


def _called_in() -> list[tuple[str, int]]:
    """Unit path and echelon of all activations in force (the unique index of open ones)."""
    rows = EchelonActivation.objects.filter(ended_at=None).order_by()
    return list(rows.values_list("org__path", "echelon"))


def _echelon(own: int, path: str, called: Iterable[tuple[str, int]]) -> int:
    if own == 0:
        return 0
    if any(path.startswith(unit) and own <= echelon for unit, echelon in called):
        return CALLED_IN
    return own + 1


def scopes(truth: Truth) -> dict[int, str]:
    """Unit -> scope skill; "" for units that every agent serves."""
    kinds = sorted({agent.paths for agent in truth.agents})
    names: dict[tuple[bool, ...], str] = {}
    found = {}
    for org_id, path in sorted(truth.org_paths.items()):
        served = tuple(covers(paths, path) for paths in kinds)
        if kinds and all(served):
            found[org_id] = ""
        else:
            found[org_id] = names.setdefault(served, f"@{len(names)}")
    return found
