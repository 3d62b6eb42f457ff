"""The public functions: columns in, assignments out. The work is done by compiled code (``batch``, ``rules``)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.routing.compiling import UNITS_PER_POINT, CompiledPolicy, compile_policy
from denghuo.engine.routing.plan import QueuePlan
from denghuo.engine.routing.tables import NOBODY, Agents, Contacts, Ints


class Reason(IntEnum):
    """Why an agent got a contact; the first that holds from the bottom up."""

    PLAN = 1  # meets the queue's own requirement
    WIDENED = 2  # admitted by a ladder step
    RESERVE = 3  # belongs to a reserve echelon
    WANTED = 4  # the agent the contact wants
    DIRECT = 5  # wanted_only: a direct transfer


@dataclass(frozen=True)
class Assignment:
    """One contact for one agent. Indices are rows of the Contacts and Agents given."""

    contact_index: int
    agent_index: int
    contact_id: int
    agent_id: int
    reason: Reason
    score: float  # points when assigned
    step: int  # ladder step that was open for the contact
    first_step: int  # the first step that admits this agent (0: the plan itself)
    choices: int  # able agents with room at that moment


@dataclass(frozen=True)
class Assignments:
    """k assignments in the order in which they were made (highest score first)."""

    contact_index: NDArray[np.int32]  # (k,) rows of ``contacts``
    agent_index: NDArray[np.int32]  # (k,) rows of ``agents``
    reason: NDArray[np.int32]  # (k,) Reason
    score: NDArray[np.float64]  # (k,) points
    step: NDArray[np.int32]  # (k,)
    first_step: NDArray[np.int32]  # (k,)
    choices: NDArray[np.int32]  # (k,)
    policy: CompiledPolicy
    agents: Agents
    contacts: Contacts
    now: float

    def __len__(self) -> int:
        return len(self.contact_index)

    def __getitem__(self, k: int) -> Assignment:
        contact, agent = int(self.contact_index[k]), int(self.agent_index[k])
        return Assignment(
            contact, agent, int(self.contacts.ids[contact]), int(self.agents.ids[agent]),
            Reason(int(self.reason[k])), float(self.score[k]), int(self.step[k]), int(self.first_step[k]),
            int(self.choices[k]),
        )  # fmt: skip

    def pairs(self) -> list[tuple[int, int]]:
        """(contact id, agent id) in order."""
        contacts, agents = self.contacts.ids[self.contact_index], self.agents.ids[self.agent_index]
        return list(zip(contacts.tolist(), agents.tolist(), strict=True))


@cache
def kernels() -> ModuleType:
    """The compiled passes. Loaded on first use: numba takes half a second that a web page need not pay."""
    from denghuo.engine.routing import batch

    return batch


def _wanted_rows(agents: Agents, contacts: Contacts) -> NDArray[np.int32]:
    """Ids of wanted agents as rows; -1 for those who are not signed in."""
    rows = np.full(len(contacts), NOBODY, np.int32)
    asking = np.flatnonzero(contacts.wanted >= 0)
    if len(asking) and len(agents):
        order = np.argsort(agents.ids)
        found = order[np.searchsorted(agents.ids, contacts.wanted[asking], sorter=order).clip(max=len(agents) - 1)]
        present = agents.ids[found] == contacts.wanted[asking]
        rows[asking[present]] = found[present]
    return rows


def filled_state(
    policy: CompiledPolicy, agents: Agents, contacts: Contacts, now: float, activated_echelon: int,
    hopeful_only: bool = False,
) -> Any:  # fmt: skip
    """The compiled state of one pass: agent i in row i, contact i in slot i (``hopeful_only``: see ``batch.filled``)."""
    return kernels().filled(
        policy.arrays, agents.ids, agents.levels, agents.capacity, agents.load, agents.ready, agents.idle_since,
        agents.echelon, contacts.ids, contacts.queue, contacts.entered_at, contacts.boost, contacts.priority,
        policy.language_slot[contacts.language], _wanted_rows(agents, contacts), contacts.wanted_only,
        contacts.not_before, float(now), int(activated_echelon), bool(hopeful_only),
    )  # fmt: skip


def assign_batch(
    policy: CompiledPolicy, agents: Agents, contacts: Contacts, now: float, activated_echelon: int = 0
) -> Assignments:
    """Pair waiting contacts with agents, greedily in score order, until no able pair is left.

    ``now`` in seconds on the scale of ``entered_at`` and ``idle_since``; ``activated_echelon`` k admits reserve
    echelons up to k in every queue. Nothing given is changed. A threshold step closes as soon as fewer contacts than
    its threshold wait. An agent may get several contacts, within its capacity.

    Afterwards no waiting contact has an able agent with room, but for holds (``not_before``, ``wanted_only``, the
    affinity window). The result does not depend on the order of the rows. O(n·skills + classes·n/64 + m + k log m).
    """
    from denghuo.engine.routing.state import PICK

    state = filled_state(policy, agents, contacts, now, activated_echelon, hopeful_only=True)
    out = np.empty(len(contacts), PICK)
    picks = out[: kernels().settle_all(policy.arrays, state, float(now), out)]
    return Assignments(
        picks["slot"].copy(), picks["agent"].copy(), picks["reason"].copy(), picks["score"] / UNITS_PER_POINT,
        picks["step"].copy(), picks["first_step"].copy(), picks["choices"].copy(), policy, agents, contacts, float(now),
    )  # fmt: skip


def pick_agent(
    policy: CompiledPolicy, agents: Agents, contacts: Contacts, contact_index: int, now: float,
    activated_echelon: int = 0,
) -> int:  # fmt: skip
    """A contact arrived: the row of the agent who takes it, or -1. The other rows count for threshold steps.

    The same agent as in :func:`assign_batch` if no contact of higher score competes. Builds the state anew; compiled
    callers keep a state and use ``pairing.agent_for``.
    """
    state = filled_state(policy, agents, contacts, now, activated_echelon)
    return int(kernels().agent_of(policy.arrays, state, int(contact_index), float(now)))


def pick_contact(
    policy: CompiledPolicy, agents: Agents, contacts: Contacts, agent_index: int, now: float,
    activated_echelon: int = 0,
) -> int:  # fmt: skip
    """An agent got room: the row of the contact it takes next, or -1.

    The first contact :func:`assign_batch` would give it if no other agent had room. Compiled callers use
    ``pairing.best_contact``.
    """
    state = filled_state(policy, agents, contacts, now, activated_echelon)
    return int(kernels().contact_of(policy.arrays, state, int(agent_index), float(now)))


def next_change(policy: CompiledPolicy, contacts: Contacts, now: float) -> float:
    """The earliest time (absolute seconds, > now) at which waiting alone changes who is able; inf for none.

    A ladder step that opens by time, the end of an affinity window, a ``not_before``. Never later than the true
    change; it may be earlier where the wanted agent is not signed in. Threshold steps change with arrivals only.
    """
    asked = (contacts.queue, contacts.entered_at, contacts.wanted, contacts.wanted_only, contacts.not_before)
    return float(kernels().earliest_change(policy.arrays, *asked, float(now)))


def scores(policy: CompiledPolicy, contacts: Contacts, now: float) -> NDArray[np.int64]:
    """(m,) scores at ``now`` in units of 1 / UNITS_PER_POINT point."""
    asked = (contacts.queue, contacts.entered_at, contacts.boost, contacts.priority)
    keys: Ints = kernels().keys_of(policy.arrays, *asked)
    return keys + policy.arrays.rate[contacts.queue] * np.int64(np.rint(now * 1000.0))


def queue_position(policy: CompiledPolicy, contacts: Contacts, contact_index: int, now: float) -> int:
    """How many contacts of the same queue come before this one (0: it is next). Those not yet due do not count."""
    same = (contacts.queue == contacts.queue[contact_index]) & (contacts.not_before <= now) & ~contacts.wanted_only
    points = scores(policy, contacts, now)
    order = np.lexsort((contacts.ids, contacts.entered_at, -points))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return int((same & (place < place[contact_index])).sum())


def able_agents(
    policy: CompiledPolicy, agents: Agents, queue: str, language: str | None = None, step: int = 0,
    activated_echelon: int = 0,
) -> NDArray[np.bool_]:  # fmt: skip
    """(n,) who is able to take a contact of the queue under the ladder step, room and readiness apart.

    Raises KeyError for an unknown queue or language, IndexError for a step the ladder does not have.
    """
    q = policy.queue_index[queue]
    if not 0 <= step < int(policy.arrays.steps[q]):
        raise IndexError(f"queue {queue} has steps 0-{int(policy.arrays.steps[q]) - 1}, not {step}")
    slot = int(policy.language_slot[policy.skill_index[language] if language else NOBODY])
    if slot < 0:
        raise KeyError(f"{language} is not among Settings.languages")
    from denghuo.engine.routing.rules import able_masks, class_of

    masks = able_masks(policy.arrays, agents.levels, agents.echelon, int(activated_echelon))
    row = masks[class_of(policy.arrays, q, step, slot)]
    return np.unpackbits(row.view(np.uint8), bitorder="little", count=len(agents)).astype(np.bool_)


def warm_up() -> float:
    """Load (or, the first time, compile) all compiled passes, as a worker does at its start; seconds it took."""
    begun = time.perf_counter()
    policy = compile_policy([QueuePlan("warm")], ["warm"])
    agents = Agents.build(policy, [1])
    contacts = Contacts.build(policy, [1], ["warm"], [0.0])
    assign_batch(policy, agents, contacts, 1.0)
    pick_agent(policy, agents, contacts, 0, 1.0)
    pick_contact(policy, agents, contacts, 0, 1.0)
    next_change(policy, contacts, 1.0)
    scores(policy, contacts, 1.0)
    able_agents(policy, agents, "warm")
    return time.perf_counter() - begun
