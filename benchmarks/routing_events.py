"""The event loop of the routing benchmark, compiled, as a simulator drives the router."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from denghuo.engine.routing.jit import compiled_with
from denghuo.engine.routing.pairing import serve_agent, settle
from denghuo.engine.routing.state import PICK, SLOT, advance, arrive, finish

kernel = compiled_with(Path(__file__).parent)
NOBODY, VOICE = -1, 0


@kernel
def fill(policy: Any, state: Any, queue: Any, boost: Any, language: Any, waiting: int, start: float, gap: float) -> int:
    """The first ``waiting`` contacts enter, ``gap`` seconds apart."""
    out, count = np.empty(waiting, PICK), 0
    for n in range(waiting):
        now = start + n * gap
        advance(policy, state, now)
        arrive(policy, state, n, n, queue[n], now, boost[n], 0, language[n], NOBODY, False, -np.inf, now)
        count = settle(policy, state, now, out, count)
    return count


@kernel
def run(
    policy: Any, state: Any, queue: Any, boost: Any, language: Any, finisher: Any, begin: int, events: int,
    first: int, start: float, gap: float, given: Any,
) -> tuple[int, int]:  # fmt: skip
    """``events`` ends of calls; whenever a contact is given away a new one takes its slot.

    ``given`` (2 × events, 2) receives (contact, agent). Returns (assignments, next contact).
    """
    out, made, arriving = np.empty(state.slots.shape[0], PICK), 0, first
    for n in range(begin, begin + events):
        now = start + n * gap
        advance(policy, state, now)
        count = settle(policy, state, now, out, 0)
        a = finisher[n]
        if state.load[a, VOICE] > 0:
            finish(policy, state, a, VOICE, now)
            count = serve_agent(policy, state, a, now, out, count)
        done = 0
        while done < count:
            slot = out[done].slot
            given[made, 0], given[made, 1] = state.slots[slot].id, out[done].agent
            made, done = made + 1, done + 1
            arrive(
                policy, state, slot, arriving, queue[arriving], now, boost[arriving], 0, language[arriving], NOBODY,
                False, -np.inf, now,
            )  # fmt: skip
            arriving += 1
            count = settle(policy, state, now, out, count)
    return made, arriving


def slot_bytes() -> int:
    """Bytes of state a waiting contact takes, links included."""
    return SLOT.itemsize + 2 * 3 * 4
