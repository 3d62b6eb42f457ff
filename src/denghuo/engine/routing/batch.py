# mypy: disable-error-code="no-any-return"
# Compiled code: types come from the arrays, which a type checker does not see through.
"""Compiled passes over whole columns: the batch, single picks, and the next moment at which anything changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from denghuo.engine.routing.compiling import PolicyArrays
from denghuo.engine.routing.jit import allocating
from denghuo.engine.routing.pairing import agent_for, best_contact, settle
from denghuo.engine.routing.rules import anyone, class_of, contact_key, next_step_at, queue_step, time_step
from denghuo.engine.routing.state import TIMED, RoutingState, arrive, open_state, refresh_threshold


@allocating
def filled(
    policy: PolicyArrays, ids: Any, levels: Any, capacity: Any, load: Any, ready: Any, idle_since: Any, echelon: Any,
    contact_ids: Any, queue: Any, entered_at: Any, boost: Any, priority: Any, language: Any, wanted: Any,
    wanted_only: Any, not_before: Any, now: float, activated: int, hopeful_only: bool,
) -> RoutingState:  # fmt: skip
    """A state at ``now`` without timers: contact i in slot i.

    With ``hopeful_only`` contacts whom nobody with room could take are counted but not placed: a batch has no use for
    them, and while nearly everybody is busy they are nearly all.
    """
    state = open_state(
        policy, ids, levels, capacity, load, ready, idle_since, echelon, contact_ids.shape[0], activated
    )  # fmt: skip
    state.counts[TIMED] = 0
    hopes = _hopes(policy, state, queue, wanted_only, not_before, now)
    for i in range(contact_ids.shape[0]):
        if hopeful_only and not_before[i] <= now and not wanted_only[i] and wanted[i] < 0:
            step = time_step(policy, queue[i], entered_at[i], now)
            if not hopes[class_of(policy, queue[i], step, language[i])]:
                state.waiting[queue[i]] += 1
                continue
        arrive(
            policy, state, i, contact_ids[i], queue[i], entered_at[i], boost[i], priority[i], language[i], wanted[i],
            wanted_only[i], not_before[i], now,
        )  # fmt: skip
    for q in range(policy.after.shape[0]):
        refresh_threshold(policy, state, q)
    return state


@allocating
def _hopes(policy: PolicyArrays, state: RoutingState, queue: Any, wanted_only: Any, not_before: Any, now: float) -> Any:
    """(classes,) by step opened by time: has somebody room who is able under the step open with all contacts counted?"""
    waiting = np.zeros(policy.after.shape[0], np.int64)
    for i in range(queue.shape[0]):
        if not_before[i] <= now and not wanted_only[i]:
            waiting[queue[i]] += 1
    hopes = np.zeros(state.roots.shape[0], np.bool_)
    for q in range(policy.after.shape[0]):
        opened = queue_step(policy, q, waiting[q])
        for s in range(policy.steps[q]):
            for slot in range(policy.language_skill.shape[0]):
                able = state.able[class_of(policy, q, max(s, opened), slot)]
                hopes[class_of(policy, q, s, slot)] = anyone(able, state.free[policy.channel[q]])
    return hopes


@allocating
def settle_all(policy: PolicyArrays, state: RoutingState, now: float, out: Any) -> int:
    """Every pair a filled state allows, into ``out``."""
    return settle(policy, state, now, out, 0)


@allocating
def agent_of(policy: PolicyArrays, state: RoutingState, slot: int, now: float) -> int:
    """The agent for one contact of a filled state, or -1."""
    return agent_for(policy, state, slot, now)[0]


@allocating
def contact_of(policy: PolicyArrays, state: RoutingState, a: int, now: float) -> int:
    """The contact for one agent of a filled state, or -1."""
    return best_contact(policy, state, a, now)


@allocating
def earliest_change(
    policy: PolicyArrays, queue: Any, entered_at: Any, wanted: Any, wanted_only: Any, not_before: Any, now: float
) -> float:
    """The least time above ``now`` at which a hold ends or a step opens by time; inf for none."""
    earliest = np.inf
    for i in range(queue.shape[0]):
        if not_before[i] > now:
            earliest = min(earliest, not_before[i])
            continue
        if wanted_only[i]:
            continue
        ends = entered_at[i] + policy.affinity[queue[i]]
        if wanted[i] >= 0 and ends > now:
            earliest = min(earliest, ends)
        earliest = min(earliest, next_step_at(policy, queue[i], entered_at[i], now))
    return earliest


@allocating
def keys_of(policy: PolicyArrays, queue: Any, entered_at: Any, boost: Any, priority: Any) -> Any:
    """(m,) contact keys."""
    keys = np.empty(queue.shape[0], np.int64)
    for i in range(queue.shape[0]):
        keys[i] = contact_key(policy, queue[i], entered_at[i], boost[i], priority[i])
    return keys
