# mypy: disable-error-code="no-any-return"
# Compiled code: types come from the arrays, which a type checker does not see through.
"""The policy itself, compiled: scores, ladder steps, who is able, who has room, which agent is best.

Every function takes plain arrays or NamedTuples of arrays and may be called from other compiled code. Indices: q queue,
s ladder step, slot language slot, a agent. Class = (q * T + s) * L + slot: contacts of one class have one able set.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from denghuo.engine.routing.compiling import PolicyArrays
from denghuo.engine.routing.jit import allocating, inlined, kernel

if TYPE_CHECKING:
    from denghuo.engine.routing.state import RoutingState

VOICE, CHAT, DEFERRED = 0, 1, 2
UNITS_PER_POINT = 600_000_000
EXCLUSIVE, BESIDE_VOICE, BESIDE_LIVE, BLOCKS_LIVE, FIT, PRIORITY_UNITS = 0, 1, 2, 3, 4, 5
W_ECHELON, W_LOAD, W_STEP, W_FIT, W_IDLE, W_CAP = 0, 1, 2, 3, 4, 5
LEVELS = 6
ONE = np.uint64(1)
ZERO = np.uint64(0)


def _ctz_table() -> Any:
    table = np.zeros(64, np.int64)
    for bit in range(64):
        table[((1 << bit) * 0x03F79D71B4CB0A89 & 0xFFFFFFFFFFFFFFFF) >> 58] = bit
    return table


CTZ = _ctz_table()
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
SHIFT = np.uint64(58)
PAIRS, NIBBLES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
BYTES, EACH = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
TWO, FOUR, TOP = np.uint64(2), np.uint64(4), np.uint64(56)


@inlined
def lowest_bit(word: Any) -> int:
    """Position of the lowest set bit of a uint64 that is not 0 (de Bruijn multiplication)."""
    return CTZ[((word & (~word + ONE)) * DE_BRUIJN) >> SHIFT]


@inlined
def ones(word: Any) -> int:
    """How many bits of a uint64 are set (sums of neighbouring pairs, nibbles, bytes)."""
    word -= (word >> ONE) & PAIRS
    word = (word & NIBBLES) + ((word >> TWO) & NIBBLES)
    word = (word + (word >> FOUR)) & BYTES
    return int((word * EACH) >> TOP)


@inlined
def has_bit(words: Any, position: int) -> bool:
    """Bit ``position`` of a row of uint64 words."""
    return (words[position >> 6] >> np.uint64(position & 63)) & ONE != ZERO


@inlined
def milliseconds(seconds: float) -> int:
    """Scores run on whole milliseconds."""
    return int(np.rint(seconds * 1000.0))


@inlined
def contact_key(policy: PolicyArrays, q: int, entered_at: float, boost: float, priority: int) -> int:
    """The part of a contact's score that never changes, in units; order by it is order by score within a queue."""
    points = policy.points[q] + np.int64(np.rint(boost * UNITS_PER_POINT)) + priority * policy.flags[PRIORITY_UNITS]
    return points - policy.rate[q] * milliseconds(entered_at)


@inlined
def score_at(policy: PolicyArrays, q: int, key: int, now_ms: int) -> int:
    """Score in units at ``now_ms``: base + boost + priority + ageing."""
    return key + policy.rate[q] * now_ms


@inlined
def time_step(policy: PolicyArrays, q: int, entered_at: float, now: float) -> int:
    """Highest ladder step open because of waiting time."""
    for s in range(policy.steps[q] - 1, 0, -1):
        if now >= entered_at + policy.after[q, s]:
            return s
    return 0


@inlined
def queue_step(policy: PolicyArrays, q: int, waiting: int) -> int:
    """Highest ladder step open because ``waiting`` contacts wait in the queue."""
    for s in range(policy.steps[q] - 1, 0, -1):
        if waiting >= policy.over[q, s]:
            return s
    return 0


@inlined
def next_step_at(policy: PolicyArrays, q: int, entered_at: float, now: float) -> float:
    """When the next ladder step opens by waiting time (> now), inf for none."""
    for s in range(time_step(policy, q, entered_at, now) + 1, policy.steps[q]):
        if policy.after[q, s] < np.inf:
            return entered_at + policy.after[q, s]
    return np.inf


@inlined
def class_of(policy: PolicyArrays, q: int, s: int, slot: int) -> int:
    """Index of the able set."""
    return (q * policy.after.shape[1] + s) * policy.language_skill.shape[0] + slot


@inlined
def has_room(policy: PolicyArrays, channel: int, capacity: Any, load: Any) -> bool:
    """May an agent with these loads (3,) take one more contact of ``channel``?"""
    if load[channel] >= capacity[channel]:
        return False
    flags = policy.flags
    if channel == DEFERRED:
        return flags[BESIDE_LIVE] != 0 or (load[VOICE] == 0 and load[CHAT] == 0)
    if flags[BLOCKS_LIVE] != 0 and load[DEFERRED] > 0:
        return False
    if flags[EXCLUSIVE] == 0:
        return True
    if channel == VOICE:
        return load[CHAT] <= flags[BESIDE_VOICE]
    return load[VOICE] == 0 or load[CHAT] < flags[BESIDE_VOICE]


@inlined
def load_share(capacity: Any, load: Any) -> float:
    """Sum over the channel classes of load / capacity: 0 idle … 3 full everywhere."""
    total = 0.0
    for channel in range(3):
        if capacity[channel] > 0:
            total += load[channel] / capacity[channel]
    return total


@allocating
def _level_masks(levels: Any, words: int) -> Any:
    """(skills, 6, words): bit a of [k, l] says that agent a has level l or more in skill k."""
    masks = np.zeros((levels.shape[1], LEVELS, words), np.uint64)
    for a in range(levels.shape[0]):
        bit = ONE << np.uint64(a & 63)
        for skill in range(levels.shape[1]):
            for level in range(1, levels[a, skill] + 1):
                masks[skill, level, a >> 6] |= bit
    return masks


@allocating
def _echelon_mask(echelon: Any, highest: int, words: int) -> Any:
    mask = np.zeros(words, np.uint64)
    for a in range(echelon.shape[0]):
        if echelon[a] <= highest:
            mask[a >> 6] |= ONE << np.uint64(a & 63)
    return mask


@allocating
def able_masks(policy: PolicyArrays, levels: Any, echelon: Any, activated: int) -> Any:
    """(classes, words) uint64: who is able, room apart. Echelons up to ``activated`` are admitted everywhere."""
    words = (levels.shape[0] + 63) >> 6
    longest, slots = policy.after.shape[1], policy.language_skill.shape[0]
    able = np.zeros((policy.after.shape[0] * longest * slots, words), np.uint64)
    by_level = _level_masks(levels, words)
    admitted = _echelon_mask(echelon, activated, words)
    last = activated
    for q in range(policy.after.shape[0]):
        for s in range(policy.steps[q]):
            highest = max(activated, policy.echelon[q, s])
            if highest != last:
                admitted, last = _echelon_mask(echelon, highest, words), highest
            for slot in range(slots):
                row = able[class_of(policy, q, s, slot)]
                skill, level = policy.language_skill[slot], policy.language_level[q, s]
                _requirement_mask(policy, q * longest + s, by_level, row)
                for w in range(words):
                    row[w] &= admitted[w]
                    if skill >= 0 and level > 0:
                        row[w] &= by_level[skill, level, w]
    return able


@kernel
def _requirement_mask(policy: PolicyArrays, at: int, by_level: Any, row: Any) -> None:
    """OR over the alternatives of the AND over what each asks for."""
    for alternative in range(policy.alternative_at[at], policy.alternative_at[at + 1]):
        begin, end = policy.need_at[alternative], policy.need_at[alternative + 1]
        for w in range(row.shape[0]):
            word = ~ZERO
            for n in range(begin, end):
                word &= by_level[policy.need_skill[n], policy.need_level[n], w]
            row[w] |= word


@inlined
def fit_of(policy: PolicyArrays, q: int, slot: int, levels: Any, total_level: int) -> float:
    """Skill fit of an agent (levels (skills,)) for a queue: 0 best … 1 worst, by ``Settings.fit``."""
    if policy.flags[FIT] != 0:
        return total_level / (5.0 * levels.shape[0])
    alternative = policy.alternative_at[q * policy.after.shape[1]]
    reached, asked = 0, 0
    for n in range(policy.need_at[alternative], policy.need_at[alternative + 1]):
        reached += levels[policy.need_skill[n]]
        asked += 1
    if policy.language_skill[slot] >= 0 and policy.language_level[q, 0] > 0:
        reached += levels[policy.language_skill[slot]]
        asked += 1
    return 1.0 - reached / (5.0 * asked) if asked > 0 else 0.0


@inlined
def first_step(policy: PolicyArrays, able: Any, q: int, slot: int, agent: int, highest: int) -> int:
    """The first ladder step, up to ``highest``, under which the agent is able."""
    for s in range(highest):
        if has_bit(able[class_of(policy, q, s, slot)], agent):
            return s
    return highest


@inlined
def agent_cost(policy: PolicyArrays, state: RoutingState, q: int, s: int, slot: int, a: int, now: float) -> float:
    """Weighted cost of giving the contact to agent a; see ``plan.Weights``."""
    weights = policy.weights
    idle = min(max(0.0, now - state.agents[a].idle_since) / 60.0, weights[W_CAP])
    cost = weights[W_ECHELON] * state.agents[a].echelon + weights[W_LOAD] * state.agents[a].share
    cost += weights[W_STEP] * first_step(policy, state.able, q, slot, a, s)
    cost += weights[W_FIT] * fit_of(policy, q, slot, state.levels[a], state.agents[a].total_level)
    return cost - weights[W_IDLE] * idle


@kernel
def best_agent(
    policy: PolicyArrays, state: RoutingState, q: int, s: int, slot: int, wanted: int, now: float
) -> tuple[int, int]:
    """(the best agent that is able under step s and has room, or -1; how many such agents there are)."""
    able, free = state.able[class_of(policy, q, s, slot)], state.free[policy.channel[q]]
    best, lowest, found = -1, math.inf, 0
    for w in range(able.shape[0]):
        word = able[w] & free[w]
        while word != ZERO:
            a = (w << 6) + lowest_bit(word)
            word &= word - ONE
            found += 1
            cost = agent_cost(policy, state, q, s, slot, a, now)
            if best < 0 or cost < lowest or (cost == lowest and _idle_longer(state, a, best)):
                best, lowest = a, cost
    if wanted >= 0 and has_bit(able, wanted) and has_bit(free, wanted):
        best = wanted
    return best, found


@inlined
def _idle_longer(state: RoutingState, a: int, b: int) -> bool:
    if state.agents[a].idle_since != state.agents[b].idle_since:
        return state.agents[a].idle_since < state.agents[b].idle_since
    return state.agents[a].id < state.agents[b].id


@inlined
def how_many(able: Any, free: Any) -> int:
    """How many agents are in both rows."""
    found = 0
    for w in range(able.shape[0]):
        found += ones(able[w] & free[w])
    return found


@inlined
def anyone(able: Any, free: Any) -> bool:
    """Is there an agent in both rows?"""
    for w in range(able.shape[0]):  # noqa: SIM110 - any() is not compiled
        if able[w] & free[w] != ZERO:
            return True
    return False
