# mypy: disable-error-code="no-any-return"
"""Several queues and groups: the event loop around the router that serves live contacts.

Who takes what is decided by :mod:`denghuo.engine.routing` alone (``settle`` when contacts came or changed, ``serve_agent``
when an agent got room); this loop only knows when things happen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from denghuo.engine.routing.jit import compiled_with
from denghuo.engine.routing.pairing import serve_agent, settle
from denghuo.engine.routing.state import PICK, advance, arrive, finish, leave, next_due, set_ready
from denghuo.engine.simulation.single import credit

allocating = compiled_with(Path(__file__).parent)
# Without reference counts: counting those of the policy's and the state's arrays costs more than the events.
inlined = compiled_with(Path(__file__).parent, _nrt=False, forceinline=True)
kernel = compiled_with(Path(__file__).parent, _nrt=False)
END, PATIENCE, OFFER, AGAIN = 0, 1, 2, 3
AWAY, WAITS, SERVED = 0, 1, 2
NOBODY = -1


@inlined
def _push(times: Any, what: Any, size: int, time: float, event: int) -> int:
    at = size
    while at > 0 and times[(at - 1) // 4] > time:
        times[at], what[at] = times[(at - 1) // 4], what[(at - 1) // 4]
        at = (at - 1) // 4
    times[at], what[at] = time, event
    return size + 1


@inlined
def _pop(times: Any, what: Any, size: int) -> int:
    size -= 1
    time, event = times[size], what[size]
    at = 0
    while 4 * at + 1 < size:
        least = 4 * at + 1
        for child in range(least + 1, min(4 * at + 5, size)):
            if times[child] < times[least]:
                least = child
        if times[least] >= time:
            break
        times[at], what[at] = times[least], what[least]
        at = least
    times[at], what[at] = time, event
    return size


@allocating
def many_queues(
    policy: Any, state: Any, came: Any, queue: Any, service: Any, patience: Any, tries: Any, delay: Any, accepts: Any,
    offer_after: Any, slowing: Any, within: Any, group: Any, ready: Any, busy_until: Any, length: float, out: Any, busy: Any,
) -> int:  # fmt: skip
    """A day. ``out`` (queues, intervals, FIELDS) and ``busy`` (groups, intervals) are added to; returns the number of events.

    Contacts in order of ``came`` (before 0: waits already); ``tries``: how often one who gave up calls again; ``ready``
    (agents, intervals); ``busy_until`` (agents,), above 0 for a call in work whose load the state holds.
    """
    contacts, room = came.shape[0], 4 * came.shape[0] + ready.shape[0] + 8
    return _play(
        policy, state, came, queue, service, patience, tries, delay, accepts, offer_after, slowing, within, group, ready,
        busy_until, length, out, busy, np.empty(room), np.empty(room, np.int64), came.copy(), np.empty(contacts, np.int32),
        np.empty(contacts, np.int32), np.zeros(contacts, np.uint8), np.zeros(contacts, np.uint8),
        np.arange(contacts - 1, -1, -1).astype(np.int32), np.empty(contacts + 1, PICK),
    )  # fmt: skip


@kernel
def _play(
    policy: Any, state: Any, came: Any, queue: Any, service: Any, patience: Any, tries: Any, delay: Any, accepts: Any,
    offer_after: Any, slowing: Any, within: Any, group: Any, ready: Any, busy_until: Any, length: float, out: Any, busy: Any,
    times: Any, what: Any, entered: Any, slot_of: Any, agent_of: Any, status: Any, kept: Any, spare: Any, picks: Any,
) -> int:  # fmt: skip
    """The event loop. ``times``, ``what``: heap of what is to come; ``spare``: slots without a contact."""
    contacts, intervals, agents, size = came.shape[0], ready.shape[1], ready.shape[0], 0
    spares, events, i, k = contacts, 0, 0, 0
    for a in range(agents):
        if busy_until[a] > 0.0:
            size = _push(times, what, size, busy_until[a], 4 * (contacts + a))
            credit(busy[group[a]], 0.0, busy_until[a], length)
    while True:
        boundary = (k + 1) * length if k + 1 < intervals else np.inf
        arriving = max(came[i], 0.0) if i < contacts else np.inf
        event_at = times[0] if size > 0 else np.inf
        due = next_due(state)
        now = min(min(boundary, arriving), min(event_at, due))
        if now == np.inf:
            break
        advance(policy, state, now)
        count = settle(policy, state, now, picks, 0) if due <= now else 0
        entering = NOBODY
        if boundary <= now:
            k += 1
            for a in range(agents):
                if ready[a, k] != ready[a, k - 1]:
                    set_ready(policy, state, a, ready[a, k])
                    if ready[a, k]:
                        count = serve_agent(policy, state, a, now, picks, count)
        elif event_at <= now:
            kind, c = what[0] & 3, what[0] >> 2
            size = _pop(times, what, size)
            if kind == END:
                events += 1
                a = agent_of[c] if c < contacts else c - contacts
                finish(policy, state, a, policy.channel[queue[c]] if c < contacts else 0, now)
                count = serve_agent(policy, state, a, now, picks, count)
            elif kind == AGAIN:
                entering = c
                entered[c] = now
                out[queue[c], min(int(now / length), intervals - 1), 7] += 1.0
            elif kind == PATIENCE:
                if status[c] == WAITS and kept[c] == 0:
                    events += 1
                    leave(policy, state, slot_of[c])
                    status[c] = AWAY
                    spare[spares] = slot_of[c]
                    spares += 1
                    at = min(max(int(entered[c] / length), 0), intervals - 1)
                    out[queue[c], at, 3] += 1.0
                    out[queue[c], at, 5] += now - entered[c]
                    if tries[c] > 0 and now + delay[c] < intervals * length:
                        tries[c] -= 1
                        size = _push(times, what, size, now + delay[c], 4 * c + AGAIN)
            elif status[c] == WAITS and now - entered[c] >= offer_after[queue[c]] - 1e-6:
                kept[c] = 1
                at = min(max(int(entered[c] / length), 0), intervals - 1)
                out[queue[c], at, 6] += 1.0
        elif arriving <= now:
            entering = i
            i += 1
        if entering >= 0:
            c, q = entering, queue[entering]
            events += 1
            spares -= 1
            slot_of[c], status[c] = spare[spares], WAITS
            out[q, min(max(int(entered[c] / length), 0), intervals - 1), 0] += 1.0
            arrive(
                policy, state, slot_of[c], c, q, entered[c], 0.0, 0, 0, NOBODY, False, -np.inf, now,
            )  # fmt: skip
            count = settle(policy, state, now, picks, count)
        for n in range(count):
            c, a = state.slots[picks[n].slot].id, picks[n].agent
            q = queue[c]
            status[c], agent_of[c] = SERVED, a
            spare[spares] = picks[n].slot
            spares += 1
            beside = state.load[a, 1] - 1 if policy.channel[q] == 1 else 0
            lasts = service[c] * (1.0 + slowing[q] * max(beside, 0))
            size = _push(times, what, size, now + lasts, 4 * c)
            credit(busy[group[a]], now, now + lasts, length)
            at = min(max(int(entered[c] / length), 0), intervals - 1)
            out[q, at, 1] += 1.0
            out[q, at, 2] += 1.0 if now - entered[c] <= within[q] else 0.0
            out[q, at, 4] += now - entered[c]
        if entering >= 0 and status[entering] == WAITS:
            if patience[entering] < np.inf:
                size = _push(times, what, size, now + patience[entering], 4 * entering + PATIENCE)
            if accepts[entering] and kept[entering] == 0:
                size = _push(times, what, size, now + offer_after[queue[entering]], 4 * entering + OFFER)
    for c in range(contacts):  # nobody is left to answer
        if status[c] == WAITS:
            out[queue[c], min(max(int(entered[c] / length), 0), intervals - 1), 3] += 1.0
    return events
