# mypy: disable-error-code="no-any-return"
# Compiled code: types come from the arrays, which a type checker does not see through.
"""Pairing contacts with agents: the greedy rule, in score order, on a :class:`RoutingState`.

Between events no contact that is not held stands beside an able agent with room; :func:`settle` restores that after
contacts came or changed, :func:`serve_agent` after an agent got room.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from denghuo.engine.routing import heap
from denghuo.engine.routing.compiling import PolicyArrays
from denghuo.engine.routing.jit import inlined, kernel
from denghuo.engine.routing.rules import (
    ONE,
    ZERO,
    anyone,
    best_agent,
    class_of,
    first_step,
    has_bit,
    how_many,
    lowest_bit,
    milliseconds,
    score_at,
    time_step,
)
from denghuo.engine.routing.state import DIRTY, HEAP, HELD, TOUCHED, WAITING, RoutingState, take

# Why an agent got a contact.
PLAN, WIDENED, RESERVE, WANTED, DIRECT = 1, 2, 3, 4, 5


@inlined
def _effective_step(state: RoutingState, slot: int) -> int:
    record = state.slots[slot]
    return max(record.step, state.opened[record.queue])


@inlined
def _score(policy: PolicyArrays, state: RoutingState, slot: int, now_ms: int) -> int:
    return score_at(policy, state.slots[slot].queue, state.slots[slot].key, now_ms)


@inlined
def _comes_first(policy: PolicyArrays, state: RoutingState, a: int, b: int, now_ms: int) -> bool:
    """Order across queues: score, then entry, then id."""
    left, right = _score(policy, state, a, now_ms), _score(policy, state, b, now_ms)
    if left != right:
        return left > right
    if state.slots[a].entered_at != state.slots[b].entered_at:
        return state.slots[a].entered_at < state.slots[b].entered_at
    return state.slots[a].id < state.slots[b].id


@kernel
def best_contact(policy: PolicyArrays, state: RoutingState, a: int, now: float) -> int:
    """The slot of the contact agent a takes next, or -1. The state must have been advanced to ``now``."""
    now_ms, best = milliseconds(now), -1
    slots = policy.language_skill.shape[0]
    word_of, bit = a >> 6, np.uint64(a & 63)
    for w in range(state.group_open.shape[0]):
        word = state.group_open[w] & state.reach[a, w]
        while word != ZERO:
            group = (w << 6) + lowest_bit(word)
            word &= word - ONE
            q = group // slots
            if (state.free[policy.channel[q], word_of] >> bit) & ONE == ZERO:
                continue
            for s in range(policy.steps[q]):
                root = state.roots[class_of(policy, q, s, group % slots)]
                if root < 0 or (best >= 0 and not _comes_first(policy, state, root, best, now_ms)):
                    continue
                effective = class_of(policy, q, max(s, state.opened[q]), group % slots)
                if (state.able[effective, word_of] >> bit) & ONE != ZERO:
                    best = root
    slot = state.held[a]
    while slot >= 0:
        room = has_bit(state.free[policy.channel[state.slots[slot].queue]], a)
        if room and (best < 0 or _comes_first(policy, state, slot, best, now_ms)):
            best = slot
        slot = state.links[slot, heap.AFTER]
    return best


@inlined
def agent_for(policy: PolicyArrays, state: RoutingState, slot: int, now: float) -> tuple[int, int]:
    """(the agent who takes the contact in ``slot``, or -1; how many were able and had room)."""
    record = state.slots[slot]
    if record.place == HELD:
        room = has_bit(state.free[policy.channel[record.queue]], record.wanted)
        return (record.wanted, 1) if room else (-1, 0)
    if record.place != WAITING:
        return -1, 0
    step = _effective_step(state, slot)
    return best_agent(policy, state, record.queue, step, record.language, record.wanted, now)


@inlined
def _choices(policy: PolicyArrays, state: RoutingState, slot: int) -> int:
    """How many agents are able for the contact and have room; of a held one its own agent."""
    record = state.slots[slot]
    if record.place != WAITING:
        return 1
    at = class_of(policy, record.queue, _effective_step(state, slot), record.language)
    return how_many(state.able[at], state.free[policy.channel[record.queue]])


@inlined
def _give(
    policy: PolicyArrays, state: RoutingState, slot: int, a: int, choices: int, now: float, out: Any, count: int
) -> int:
    """Write the pick down and carry it out; returns the new count."""
    record, pick = state.slots[slot], out[count]
    step = time_step(policy, record.queue, record.entered_at, now) if record.place == HELD else record.step
    step = max(step, state.opened[record.queue])
    first = first_step(policy, state.able, record.queue, record.language, a, step)
    pick.score, pick.slot, pick.agent = _score(policy, state, slot, milliseconds(now)), slot, a
    pick.step, pick.first_step, pick.choices = step, first, choices
    if record.wanted_only != 0:
        pick.reason = DIRECT
    elif record.wanted == a:
        pick.reason = WANTED
    elif state.agents[a].echelon > 0:
        pick.reason = RESERVE
    else:
        pick.reason = WIDENED if first > 0 else PLAN
    take(policy, state, slot, a)
    return count + 1


@kernel
def serve_agent(policy: PolicyArrays, state: RoutingState, a: int, now: float, out: Any, count: int) -> int:
    """Give agent a contacts, best first, until it has no room or nothing to take.

    Picks (PICK) go to ``out[count:]``, which needs room for the agent's whole capacity; returns the new count. Advance
    and settle must have been done for ``now``.
    """
    slot = best_contact(policy, state, a, now)
    while slot >= 0:
        count = _give(policy, state, slot, a, _choices(policy, state, slot), now, out, count)
        slot = best_contact(policy, state, a, now)
    return count


@kernel
def settle(policy: PolicyArrays, state: RoutingState, now: float, out: Any, count: int) -> int:
    """Pair, in score order, contacts that came or changed since the last settle with agents who have room.

    Picks (PICK) go to ``out[count:]``; it needs room for as many as wait. Returns the new count.

    One pass is enough: giving a contact away takes room from agents and may close a threshold step, so a class found
    without an able agent stays without one.
    """
    now_ms = milliseconds(now)
    _collect(policy, state, now_ms)
    front = state.front
    while state.counts[HEAP] > 0:
        slot, at = front[0, 0], front[0, 1]
        a = -1
        if at < 0 or state.roots[at] == slot:
            a, choices = agent_for(policy, state, slot, now)
            if a >= 0:
                count = _give(policy, state, slot, a, choices, now, out, count)
        if at >= 0 and state.roots[at] >= 0 and (a >= 0 or state.roots[at] != slot):
            front[0, 0] = state.roots[at]
        else:
            state.counts[HEAP] -= 1
            front[0, 0], front[0, 1] = front[state.counts[HEAP], 0], front[state.counts[HEAP], 1]
        _sift(policy, state, 0, now_ms)
    return count


@kernel
def _collect(policy: PolicyArrays, state: RoutingState, now_ms: int) -> None:
    """Heap of the heads of dirty classes, and of touched held contacts, that somebody could take."""
    front, size = state.front, 0
    slots = policy.language_skill.shape[0]
    for n in range(state.counts[DIRTY]):
        at = state.dirty[n]
        state.marked[at] = 0
        root = state.roots[at]
        if root < 0:
            continue
        q = state.slots[root].queue
        effective = class_of(policy, q, _effective_step(state, root), at % slots)
        if anyone(state.able[effective], state.free[policy.channel[q]]):
            front[size, 0], front[size, 1] = root, at
            size += 1
    touched = state.counts[TOUCHED]
    # More touches than slots: the ring has wrapped, and every held contact is looked at instead.
    for n in range(min(touched, state.touched.shape[0])):
        slot = n if touched > state.touched.shape[0] else state.touched[n]
        if state.slots[slot].place == HELD:
            front[size, 0], front[size, 1] = slot, -1
            size += 1
    state.counts[DIRTY], state.counts[TOUCHED], state.counts[HEAP] = 0, 0, size
    for n in range(size // 2 - 1, -1, -1):
        _sift(policy, state, n, now_ms)


@kernel
def _sift(policy: PolicyArrays, state: RoutingState, at: int, now_ms: int) -> None:
    """Restore the heap of candidates below ``at``."""
    front, size = state.front, state.counts[HEAP]
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and _comes_first(policy, state, front[below + 1, 0], front[below, 0], now_ms):
            below += 1
        if not _comes_first(policy, state, front[below, 0], front[at, 0], now_ms):
            return
        for column in range(2):
            front[at, column], front[below, column] = front[below, column], front[at, column]
        at = below
