"""From the truth to decisions: the engine's arrays, its assignment, and the offers that follow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from denghuo.apps.contacts.actions.offers import Offer
from denghuo.apps.contacts.loads import CLASSES, Load, plus_one
from denghuo.apps.contacts.plans.compiling import engine_plan, settings
from denghuo.apps.contacts.reach import covers
from denghuo.apps.contacts.router.truth import CALLED_IN, Agent, Truth, Waiting, scopes
from denghuo.engine import routing

Kind = tuple[int | None, str, str]  # queue, channel class, scope


@dataclass(frozen=True, slots=True)
class Decision:
    """What a pass decided: the offers in the order of the scores, and when waiting alone changes something (Unix seconds
    of business time, inf for never)."""

    offers: Sequence[Offer]
    next_at: float


def decide(truth: Truth) -> Decision:
    """Pair all who wait with agents; see :func:`denghuo.engine.routing.assign_batch` for the guarantee.

    The engine takes 64 skills at a time. Should units and skills together be more, kinds of conversations are paired
    in groups, one after the other, with the loads carried on.
    """
    scope_of = scopes(truth)
    kinds: dict[Kind, list[Waiting]] = {}
    for row in truth.waiting:
        kind = (row.queue_id, str(truth.channel(row)), scope_of.get(truth.served_org(row), "@none"))
        kinds.setdefault(kind, []).append(row)
    held = {agent.pk: agent.load for agent in truth.agents}
    served = _served(truth, scope_of)
    offers: list[Offer] = []
    next_at = math.inf
    for group in _groups(truth, kinds):
        made, change = _pair(truth, {kind: kinds[kind] for kind in group}, held, served)
        offers += made
        next_at = min(next_at, change)
    return Decision(offers, next_at)


def _served(truth: Truth, scope_of: Mapping[int, str]) -> dict[tuple[str, ...], dict[str, int]]:
    """Grants -> scope skills at level 1."""
    found = {}
    for paths in {agent.paths for agent in truth.agents}:
        held = (scope for org_id, scope in scope_of.items() if scope and covers(paths, truth.org_paths[org_id]))
        found[paths] = dict.fromkeys(held, 1)
    return found


def _skills(truth: Truth, kind: Kind) -> set[str]:
    return truth.plan(kind[0]).skills() | ({kind[2]} if kind[2] else set())


def _groups(truth: Truth, kinds: Mapping[Kind, Sequence[Waiting]]) -> Iterator[list[Kind]]:
    """Kinds that fit into one run of the engine; the one with the longest queue leads."""
    languages = set(settings().languages)
    group, named = list[Kind](), set(languages)
    for kind in sorted(kinds, key=lambda one: (-len(kinds[one]), one[0] or 0, one[1], one[2])):
        more = named | _skills(truth, kind)
        if group and len(more) > routing.MAX_SKILLS:
            yield group
            group, more = [], languages | _skills(truth, kind)
        group.append(kind)
        named = more
    if group:
        yield group


def _pair(
    truth: Truth,
    kinds: Mapping[Kind, Sequence[Waiting]],
    held: dict[int, Load],
    served: Mapping[tuple[str, ...], Mapping[str, int]],
) -> tuple[list[Offer], float]:
    chosen = settings()
    codes = {kind: f"{kind[0] or 0}:{kind[1]}:{kind[2]}" for kind in kinds}
    skills = sorted(set(chosen.languages).union(*(_skills(truth, kind) for kind in kinds)))
    plans = [engine_plan(truth.plan(kind[0]), codes[kind], kind[1], kind[2]) for kind in kinds]
    policy = routing.compile_policy(plans, skills, chosen)
    agents = routing.Agents.build(
        policy,
        [agent.pk for agent in truth.agents],
        [{**agent.skills, **served[agent.paths]} for agent in truth.agents],
        capacity=[agent.capacity for agent in truth.agents] or None,
        load=[held[agent.pk] for agent in truth.agents] or None,
        ready=[agent.ready for agent in truth.agents],
        idle_since=[agent.idle_since for agent in truth.agents],
        echelon=[agent.echelon for agent in truth.agents],
    )
    rows = [(kind, row) for kind, waiting in kinds.items() for row in waiting]
    contacts = _contacts(truth, policy, rows, codes)
    result = routing.assign_batch(policy, agents, contacts, truth.at, CALLED_IN)
    offers = []
    for number in range(len(result)):
        pick = result[number]
        kind = rows[pick.contact_index][0]
        offers.append(Offer(pick.contact_id, pick.agent_id, _parts(pick), held[pick.agent_id]))
        held[pick.agent_id] = plus_one(held[pick.agent_id], kind[1])
    return offers, routing.next_change(policy, contacts, truth.at)


def _contacts(
    truth: Truth, policy: routing.CompiledPolicy, rows: Sequence[tuple[Kind, Waiting]], codes: Mapping[Kind, str]
) -> routing.Contacts:
    here = {agent.pk for agent in truth.agents if agent.ready}
    waiting = [row for _kind, row in rows]
    return routing.Contacts.build(
        policy,
        [row.pk for row in waiting],
        [codes[kind] for kind, _row in rows],
        [row.entered_at for row in waiting],
        boost=[row.boost for row in waiting],
        # The table counts down (lower is served first), the engine up.
        priority=[-row.priority for row in waiting],
        language=[truth.languages.get(row.language) for row in waiting],
        wanted=[_wanted(row, here) for row in waiting],
        wanted_only=[row.wanted_only for row in waiting],
        not_before=[-math.inf if row.not_before is None else row.not_before for row in waiting],
    )


def _wanted(row: Waiting, here: Iterable[int]) -> int:
    """The agent it wants; nobody waits for one who is not there, unless it was passed on to that one alone."""
    if row.wanted is None or (row.wanted not in here and not row.wanted_only):
        return -1
    return row.wanted


def _parts(pick: routing.Assignment) -> dict[str, object]:
    return {
        "reason": pick.reason.name.lower(),
        "points": round(pick.score, 3),
        "step": pick.step,
        "first_step": pick.first_step,
        "choices": pick.choices,
    }


def free_and_able(truth: Truth) -> list[tuple[int, int]]:
    """(contact, agent) pairs the engine would still make: empty after a pass that nobody disturbed. For checks."""
    return [(offer.contact_id, offer.staff_id) for offer in decide(truth).offers]


__all__ = ["CLASSES", "Agent", "Decision", "decide", "free_and_able"]
