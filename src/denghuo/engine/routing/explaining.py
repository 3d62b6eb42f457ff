"""Why an agent got a contact, and why a contact still waits: codes and numbers; the application makes the words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from denghuo.engine.routing.compiling import UNITS_PER_POINT, CompiledPolicy
from denghuo.engine.routing.plan import ChannelClass, SkillFit
from denghuo.engine.routing.router import (
    Assignments,
    Reason,
    able_agents,
    filled_state,
    next_change,
    pick_agent,
    queue_position,
    scores,
)
from denghuo.engine.routing.tables import Agents, Contacts


@dataclass(frozen=True)
class Points:
    """The score of a contact: ``total`` = base + boost + priority + ageing, in points."""

    base: float
    boost: float
    priority: float
    ageing: float
    total: float


@dataclass(frozen=True)
class AgentParts:
    """The measures that ``Weights`` multiply, for the agent chosen; ``cost`` is their weighted sum."""

    echelon: int
    load: float  # before the contact was given
    step: int
    fit: float
    idle_minutes: float
    cost: float


@dataclass(frozen=True)
class Explanation:
    """One assignment taken apart. Seconds, points."""

    contact_id: int
    agent_id: int
    queue: str
    channel: ChannelClass
    reason: Reason
    waited_seconds: float
    target_seconds: float
    points: Points
    step: int  # ladder step that was open
    opened_by_time: bool  # False with step > 0: by threshold
    choices: int  # able agents with room
    needs: dict[str, tuple[int, int]]  # skill -> (level the queue itself asks for, level of the agent)
    agent: AgentParts


class WaitingReason(IntEnum):
    """Why a contact waits, the first that holds."""

    NOT_BEFORE = 1  # not due yet
    DIRECT = 2  # only the wanted agent may take it, who has no room or is not signed in
    AFFINITY = 3  # held for the wanted agent
    NOBODY_ABLE = 4  # nobody signed in is able
    NOBODY_READY = 5  # able agents are signed in, none is ready
    ALL_BUSY = 6  # able agents are ready, none has room
    NEXT_PASS = 7  # somebody could take it now


@dataclass(frozen=True)
class WhyWaiting:
    """``until`` is when waiting alone changes the contact's chances next (absolute seconds, inf: never)."""

    contact_id: int
    reason: WaitingReason
    ahead: int  # contacts of the same queue before it
    step: int
    able: int
    ready: int  # of these
    until: float


def explain(assignments: Assignments, k: int) -> Explanation:
    """Assignment k taken apart. The agent's load is that before contacts given earlier in the same batch are done."""
    given, policy = assignments[k], assignments.policy
    agents, contacts, now = assignments.agents, assignments.contacts, assignments.now
    c, plan = given.contact_index, policy.plans[int(contacts.queue[given.contact_index])]
    waited = now - float(contacts.entered_at[c])
    by_time = [s.after_seconds is not None and waited >= s.after_seconds for s in plan.ladder]
    return Explanation(
        given.contact_id, given.agent_id, plan.code, plan.channel, given.reason, waited, plan.target_seconds,
        _points(policy, contacts, c, given.score), given.step, given.step > 0 and any(by_time[given.step - 1 :]),
        given.choices, _needs(policy, agents, contacts, given.agent_index, c), _agent_parts(assignments, k),
    )  # fmt: skip


def _points(policy: CompiledPolicy, contacts: Contacts, c: int, total: float) -> Points:
    base, boost = policy.plans[int(contacts.queue[c])].base_points, float(contacts.boost[c])
    priority = float(contacts.priority[c]) * policy.settings.points_per_priority
    return Points(base, boost, priority, total - base - boost - priority, total)


def _needs(policy: CompiledPolicy, agents: Agents, contacts: Contacts, a: int, c: int) -> dict[str, tuple[int, int]]:
    plan = policy.plans[int(contacts.queue[c])]
    asked = dict(plan.required)
    if contacts.language[c] >= 0 and plan.language_level > 0:
        code = policy.skills[int(contacts.language[c])]
        asked[code] = max(plan.language_level, asked.get(code, 0))
    return {code: (level, int(agents.levels[a, policy.skill_index[code]])) for code, level in asked.items()}


def _agent_parts(assignments: Assignments, k: int) -> AgentParts:
    given, policy = assignments[k], assignments.policy
    agents, contacts = assignments.agents, assignments.contacts
    a, channels = given.agent_index, contacts.queue[assignments.contact_index]
    load = agents.load[a].astype(np.int64)
    for earlier in np.flatnonzero(assignments.agent_index[:k] == a):
        load[int(policy.arrays.channel[channels[earlier]])] += 1
    share = sum(int(used) / int(room) for used, room in zip(load, agents.capacity[a], strict=True) if room > 0)
    weights = policy.settings.weights
    idle = min(max(0.0, assignments.now - float(agents.idle_since[a])) / 60.0, weights.idle_cap_minutes)
    fit, echelon = _fit(assignments, k), int(agents.echelon[a])
    cost = weights.echelon * echelon + weights.load * share + weights.step * given.first_step + weights.fit * fit
    return AgentParts(echelon, share, given.first_step, fit, idle, cost - weights.idle * idle)


def _fit(assignments: Assignments, k: int) -> float:
    given, policy = assignments[k], assignments.policy
    levels = assignments.agents.levels[given.agent_index]
    if policy.settings.fit == SkillFit.LEAST_SURPLUS:
        return int(levels.sum()) / (5.0 * len(levels))
    contacts = assignments.contacts
    plan = policy.plans[int(contacts.queue[given.contact_index])]
    reached = [int(levels[policy.skill_index[code]]) for code in plan.required]
    language = int(contacts.language[given.contact_index])
    if language >= 0 and plan.language_level > 0:
        reached.append(int(levels[language]))
    return 1.0 - sum(reached) / (5.0 * len(reached)) if reached else 0.0


def why_waiting(
    policy: CompiledPolicy, agents: Agents, contacts: Contacts, contact_index: int, now: float,
    activated_echelon: int = 0,
) -> WhyWaiting:  # fmt: skip
    """Why one contact waits, for the supervisor's board. Contacts and agents as given to :func:`assign_batch`."""
    from denghuo.engine.routing.state import HELD

    c, plan = contact_index, policy.plans[int(contacts.queue[contact_index])]
    state = filled_state(policy, agents, contacts, now, activated_echelon)
    record = state.slots[c]
    step = max(int(record["step"]), int(state.opened[contacts.queue[c]]))
    language = policy.skills[int(contacts.language[c])] if contacts.language[c] >= 0 else None
    able = able_agents(policy, agents, plan.code, language, step, activated_echelon)
    ready = able & agents.ready
    alone = Contacts(*(column[c : c + 1] for column in vars(contacts).values()))
    if contacts.not_before[c] > now:
        reason = WaitingReason.NOT_BEFORE
    elif pick_agent(policy, agents, contacts, c, now, activated_echelon) >= 0:
        reason = WaitingReason.NEXT_PASS
    elif contacts.wanted_only[c]:
        reason = WaitingReason.DIRECT
    elif record["place"] == HELD:
        reason = WaitingReason.AFFINITY
    elif not able.any():
        reason = WaitingReason.NOBODY_ABLE
    else:
        reason = WaitingReason.ALL_BUSY if ready.any() else WaitingReason.NOBODY_READY
    ahead = queue_position(policy, contacts, c, now)
    until = next_change(policy, alone, now)
    return WhyWaiting(int(contacts.ids[c]), reason, ahead, step, int(able.sum()), int(ready.sum()), until)


def points_of(policy: CompiledPolicy, contacts: Contacts, contact_index: int, now: float) -> Points:
    """The score of a waiting contact at ``now``, taken apart."""
    total = float(scores(policy, contacts, now)[contact_index]) / UNITS_PER_POINT
    return _points(policy, contacts, contact_index, total)
