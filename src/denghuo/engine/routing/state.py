# mypy: disable-error-code="no-any-return"
# Compiled code: types come from the arrays, which a type checker does not see through.
"""The routing state that is kept up from event to event.

For compiled callers (a simulator): :func:`open_state` once, then for every event :func:`advance` to the time, the change
(:func:`arrive`, :func:`leave`, :func:`finish`, :func:`set_ready`), and the pairing of :mod:`.pairing` (``settle`` after
contacts changed, ``serve_agent`` after an agent got room). ``settle`` on a freshly filled state is the batch.

Contacts live in slots 0..m-1 chosen by the caller. Waiting contacts stand in one pairing heap for each (queue, ladder
step by time, language slot): within a queue all points age alike, so a heap's order never changes; a timer heap moves a
contact on when its next step opens or its hold ends. A step opened by threshold is a lower bound kept for the queue.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.routing import heap
from denghuo.engine.routing.compiling import PolicyArrays
from denghuo.engine.routing.jit import allocating, inlined, kernel
from denghuo.engine.routing.rules import (
    ONE,
    ZERO,
    able_masks,
    class_of,
    contact_key,
    has_bit,
    has_room,
    load_share,
    lowest_bit,
    next_step_at,
    queue_step,
    time_step,
)

SLOT = np.dtype(
    [
        ("id", "i8"), ("key", "i8"), ("entered_at", "f8"), ("due", "f8"), ("not_before", "f8"),
        ("queue", "i4"), ("language", "i4"), ("wanted", "i4"), ("step", "i4"), ("place", "i4"), ("wanted_only", "i4"),
    ],
    align=True,
)  # fmt: skip
AGENT = np.dtype(
    [("id", "i8"), ("idle_since", "f8"), ("share", "f8"), ("echelon", "i4"), ("total_level", "i4"), ("ready", "i4")],
    align=True,
)
PICK = np.dtype(
    [
        ("score", "i8"), ("slot", "i4"), ("agent", "i4"), ("reason", "i4"), ("step", "i4"), ("first_step", "i4"),
        ("choices", "i4"),
    ],
    align=True,
)  # fmt: skip

# Where a contact is.
OUT, NOT_YET, HELD, WAITING, STUCK = 0, 1, 2, 3, 4
DIRTY, TOUCHED, TIMED, HEAP = 0, 1, 2, 3


class RoutingState(NamedTuple):
    """Arrays of one state. Read them freely; change them only through the functions of this module."""

    slots: NDArray[Any]  # (m,) SLOT
    links: NDArray[np.int32]  # (m, 3) class heaps; HELD contacts: the list of their wanted agent
    timers: NDArray[np.int32]  # (m, 3) timer heap
    agents: NDArray[Any]  # (n,) AGENT
    levels: NDArray[np.uint8]  # (n, skills)
    capacity: NDArray[np.int32]  # (n, 3)
    load: NDArray[np.int32]  # (n, 3)
    able: NDArray[np.uint64]  # (classes, words) who is able
    free: NDArray[np.uint64]  # (3, words) who is ready and has room, by channel class
    reach: NDArray[np.uint64]  # (n, group words) the (queue, language) groups an agent is able for at the last step
    roots: NDArray[np.int32]  # (classes,) heap of each (queue, step by time, slot)
    timer_root: NDArray[np.int32]  # (1,)
    held: NDArray[np.int32]  # (n,) first contact held for the agent
    waiting: NDArray[np.int64]  # (Q,) contacts that count for the threshold steps
    opened: NDArray[np.int32]  # (Q,) step opened by threshold
    group_size: NDArray[np.int32]  # (groups,)
    group_open: NDArray[np.uint64]  # (group words,) groups with somebody waiting
    dirty: NDArray[np.int32]  # (classes,) classes to look at, no class twice
    marked: NDArray[np.uint8]  # (classes,)
    touched: NDArray[np.int32]  # (m,) held contacts to look at
    front: NDArray[np.int32]  # (classes + m, 2) heap of candidates: slot, class (-1: held)
    counts: NDArray[np.int64]  # (4,) DIRTY, TOUCHED, TIMED, HEAP


@allocating
def open_state(
    policy: PolicyArrays, ids: Any, levels: Any, capacity: Any, load: Any, ready: Any, idle_since: Any, echelon: Any,
    slots: int, activated: int,
) -> RoutingState:  # fmt: skip
    """A state with these agents (columns as in ``Agents``; copied) and room for ``slots`` contacts, none present."""
    agents = ids.shape[0]
    classes = policy.after.shape[0] * policy.after.shape[1] * policy.language_skill.shape[0]
    groups = policy.after.shape[0] * policy.language_skill.shape[0]
    able = able_masks(policy, levels, echelon, activated)
    records = np.zeros(agents, AGENT)
    for a in range(agents):
        record = records[a]
        record.id, record.idle_since, record.echelon = ids[a], idle_since[a], echelon[a]
        record.ready = 1 if ready[a] else 0
        record.total_level = levels[a].sum()
    state = RoutingState(
        np.zeros(slots, SLOT), np.full((slots, 3), -1, np.int32), np.full((slots, 3), -1, np.int32),
        records, levels.copy(), capacity.copy(), load.copy(),
        able, np.zeros((3, able.shape[1]), np.uint64), _reach(policy, able, agents, groups),
        np.full(classes, -1, np.int32), np.full(1, -1, np.int32), np.full(agents, -1, np.int32),
        np.zeros(policy.after.shape[0], np.int64), np.zeros(policy.after.shape[0], np.int32),
        np.zeros(groups, np.int32), np.zeros((groups + 63) >> 6, np.uint64),
        np.zeros(classes, np.int32), np.zeros(classes, np.uint8), np.zeros(slots, np.int32),
        np.zeros((classes + slots, 2), np.int32), np.zeros(4, np.int64),
    )  # fmt: skip
    state.counts[TIMED] = 1
    for a in range(agents):
        refresh_room(policy, state, a)
    return state


@allocating
def _reach(policy: PolicyArrays, able: Any, agents: int, groups: int) -> Any:
    reach = np.zeros((agents, (groups + 63) >> 6), np.uint64)
    slots = policy.language_skill.shape[0]
    for group in range(groups):
        q = group // slots
        row = able[class_of(policy, q, policy.steps[q] - 1, group % slots)]
        for w in range(row.shape[0]):
            word = row[w]
            while word != ZERO:
                reach[(w << 6) + lowest_bit(word), group >> 6] |= ONE << np.uint64(group & 63)
                word &= word - ONE
    return reach


@inlined
def refresh_room(policy: PolicyArrays, state: RoutingState, a: int) -> None:
    """Recompute in which channel classes agent a has room; after any change of its load, capacity or readiness."""
    bit = ONE << np.uint64(a & 63)
    for channel in range(3):
        if state.agents[a].ready != 0 and has_room(policy, channel, state.capacity[a], state.load[a]):
            state.free[channel, a >> 6] |= bit
        else:
            state.free[channel, a >> 6] &= ~bit
    state.agents[a].share = load_share(state.capacity[a], state.load[a])


@kernel
def set_ready(policy: PolicyArrays, state: RoutingState, a: int, ready: bool) -> None:
    """Agent a may, or may not, be given work from now on. Follow with serve_agent."""
    state.agents[a].ready = 1 if ready else 0
    refresh_room(policy, state, a)


@inlined
def finish(policy: PolicyArrays, state: RoutingState, a: int, channel: int, now: float) -> None:
    """Agent a ends one contact of ``channel`` and is idle since ``now``. Follow with serve_agent."""
    state.load[a, channel] -= 1
    state.agents[a].idle_since = now
    refresh_room(policy, state, a)


@kernel
def arrive(
    policy: PolicyArrays, state: RoutingState, slot: int, id: int, q: int, entered_at: float, boost: float,
    priority: int, language: int, wanted: int, wanted_only: bool, not_before: float, now: float,
) -> None:  # fmt: skip
    """Put a contact into a free slot. ``language`` is a language slot (0: any), ``wanted`` an agent index or -1.

    Follow with settle.
    """
    record = state.slots[slot]
    record.id, record.queue, record.entered_at, record.not_before = id, q, entered_at, not_before
    record.key = contact_key(policy, q, entered_at, boost, priority)
    record.language, record.wanted, record.wanted_only = language, wanted, 1 if wanted_only else 0
    _place(policy, state, slot, now)
    refresh_threshold(policy, state, q)


@inlined
def leave(policy: PolicyArrays, state: RoutingState, slot: int) -> None:
    """The contact gives up, or is taken away by the caller."""
    _unplace(policy, state, slot)
    refresh_threshold(policy, state, state.slots[slot].queue)


@inlined
def take(policy: PolicyArrays, state: RoutingState, slot: int, a: int) -> None:
    """Give the contact in ``slot`` to agent a."""
    leave(policy, state, slot)
    state.load[a, policy.channel[state.slots[slot].queue]] += 1
    refresh_room(policy, state, a)


@inlined
def _group(policy: PolicyArrays, record: Any) -> int:
    return record.queue * policy.language_skill.shape[0] + record.language


@inlined
def _set_timer(state: RoutingState, slot: int, due: float) -> None:
    state.slots[slot].due = due
    if due < np.inf and state.counts[TIMED] != 0:
        heap.insert(state.slots, state.timers, True, state.timer_root, 0, slot)


@inlined
def _place(policy: PolicyArrays, state: RoutingState, slot: int, now: float) -> None:
    """Find the contact's place at ``now`` and set its timer."""
    record = state.slots[slot]
    q = record.queue
    if record.not_before > now:
        record.place = NOT_YET
        _set_timer(state, slot, record.not_before)
    elif record.wanted_only != 0:
        record.place = STUCK
        if record.wanted >= 0:
            _hold(state, slot)
        _set_timer(state, slot, np.inf)
    elif is_held(policy, state.able, q, record.language, record.wanted, record.entered_at, now):
        state.waiting[q] += 1
        _hold(state, slot)
        _set_timer(state, slot, record.entered_at + policy.affinity[q])
    else:
        state.waiting[q] += 1
        record.place, record.step = WAITING, time_step(policy, q, record.entered_at, now)
        group = _group(policy, record)
        state.group_size[group] += 1
        state.group_open[group >> 6] |= ONE << np.uint64(group & 63)
        at = class_of(policy, q, record.step, record.language)
        heap.insert(state.slots, state.links, False, state.roots, at, slot)
        _mark(state, at)
        _set_timer(state, slot, next_step_at(policy, q, record.entered_at, now))


@inlined
def is_held(policy: PolicyArrays, able: Any, q: int, language: int, wanted: int, entered_at: float, now: float) -> bool:
    """Is the contact within its affinity window, wanting an agent who meets the queue's own requirement?"""
    if wanted < 0 or now >= entered_at + policy.affinity[q]:
        return False
    return has_bit(able[class_of(policy, q, 0, language)], wanted)


@inlined
def _hold(state: RoutingState, slot: int) -> None:
    """Into the list of the wanted agent."""
    record = state.slots[slot]
    record.place = HELD
    first = state.held[record.wanted]
    state.links[slot, heap.AFTER], state.links[slot, heap.BEFORE] = first, -1
    if first >= 0:
        state.links[first, heap.BEFORE] = slot
    state.held[record.wanted] = slot
    state.touched[state.counts[TOUCHED] % state.touched.shape[0]] = slot
    state.counts[TOUCHED] += 1


@inlined
def _unplace(policy: PolicyArrays, state: RoutingState, slot: int) -> None:
    record = state.slots[slot]
    if record.place == WAITING:
        group = _group(policy, record)
        state.group_size[group] -= 1
        if state.group_size[group] == 0:
            state.group_open[group >> 6] &= ~(ONE << np.uint64(group & 63))
        at = class_of(policy, record.queue, record.step, record.language)
        heap.remove(state.slots, state.links, False, state.roots, at, slot)
    elif record.place == HELD:
        before, after = state.links[slot, heap.BEFORE], state.links[slot, heap.AFTER]
        if before >= 0:
            state.links[before, heap.AFTER] = after
        else:
            state.held[record.wanted] = after
        if after >= 0:
            state.links[after, heap.BEFORE] = before
    if record.place == WAITING or (record.place == HELD and record.wanted_only == 0):
        state.waiting[record.queue] -= 1
    if record.place != OUT and record.due < np.inf and state.counts[TIMED] != 0:
        heap.remove(state.slots, state.timers, True, state.timer_root, 0, slot)
    record.place = OUT


@inlined
def _mark(state: RoutingState, at: int) -> None:
    if state.marked[at] == 0:
        state.marked[at] = 1
        state.dirty[state.counts[DIRTY]] = at
        state.counts[DIRTY] += 1


@inlined
def refresh_threshold(policy: PolicyArrays, state: RoutingState, q: int) -> None:
    """Open or close the queue's threshold steps; opening one makes all its contacts worth another look."""
    step = queue_step(policy, q, state.waiting[q])
    if step > state.opened[q]:
        first = class_of(policy, q, 0, 0)
        for at in range(first, class_of(policy, q + 1, 0, 0)):
            if state.roots[at] >= 0:
                _mark(state, at)
    state.opened[q] = step


@inlined
def advance(policy: PolicyArrays, state: RoutingState, now: float) -> None:
    """Move every contact whose ladder step or hold changed by ``now``. Follow with settle."""
    while state.timer_root[0] >= 0 and state.slots[state.timer_root[0]].due <= now:
        slot = state.timer_root[0]
        _unplace(policy, state, slot)
        _place(policy, state, slot, now)
        refresh_threshold(policy, state, state.slots[slot].queue)


@inlined
def next_due(state: RoutingState) -> float:
    """When the next timer runs out (inf: none): advance and settle then."""
    return state.slots[state.timer_root[0]].due if state.timer_root[0] >= 0 else np.inf
