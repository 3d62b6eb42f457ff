"""Compiled: walking a route, and what an insertion costs.

One rule for time at a stop, :func:`at_stop`, is used by every walk. Arriving later never lets a later stop begin
earlier, so the cost of what follows an insertion is at least what it was: that is what the bounds rely on.
"""

# mypy: disable-error-code="no-any-return"
# (Compiled code: what it returns is known to the compiler, the types of array elements are not known to mypy.)
from __future__ import annotations

from pathlib import Path

import numpy as np

from denghuo.engine.dispatch.tables import State, Tables
from denghuo.engine.routing.jit import compiled_with

# Without reference counts and, for the innermost ones, put into the caller: the two tuples of arrays are long, and
# copying and counting them at every call costs more than the work itself.
kernel = compiled_with(Path(__file__).parent, nogil=True, _nrt=False)
inlined = compiled_with(Path(__file__).parent, _nrt=False, forceinline=True)
allocating = compiled_with(Path(__file__).parent, nogil=True)
EPS = 1e-9
INF = np.inf


@inlined
def at_stop(t: Tables, crew: int, order: int, arrive: float, taken: int, agreed: float, kept: bool):  # type: ignore[no-untyped-def]
    """(begin, break taken, cost of the stop without driving); ``kept``: a frozen stop, whose hard rules are past."""
    begin = max(arrive, t.release[order], agreed)
    if taken == 0 and begin >= t.break_from[crew]:
        begin = max(begin, max(arrive, t.break_from[crew]) + t.break_minutes[crew])
        taken = 1
    cost = t.extra[crew, order]
    if cost == INF and kept:
        cost = 0.0
    if agreed >= 0.0 and begin > agreed + EPS and not kept:
        cost = INF
    if begin > t.promise[order] + EPS:
        if t.firm[order] == 1 and not kept:
            cost = INF
        else:
            cost += t.breach[order] + t.late[order] * (begin - t.promise[order])
    return begin, taken, cost


@inlined
def at_end(t: Tables, crew: int, last: int, moment: float, kept: bool):  # type: ignore[no-untyped-def]
    """(moment of the end, cost of the way home and of overtime)."""
    cost = 0.0
    if t.has_end[crew] == 1:
        node = len(t.service) + len(t.ready) + crew
        cost = t.go[last, node]
        moment += t.minutes[last, node]
    over = moment - t.shift_end[crew]
    if over > EPS:
        if over > t.over_max[crew] + EPS and not kept:
            return moment, INF
        cost += t.rates[0] * over
    return moment, cost


@kernel
def walk(t: Tables, s: State, crew: int, order: int, at: int, stock: int, keep: bool) -> float:
    """Cost of a crew's route, with ``order`` put in at position ``at`` (-1: as it is) and a depot visit before
    position ``stock``; inf when a hard rule breaks. ``keep`` stores the prefixes."""
    count, crews = len(t.service), len(t.ready)
    size = s.size[crew] + (1 if at >= 0 else 0)
    if size == 0:
        if keep:
            s.leave[crew, 0], s.taken[crew, 0], s.cost[crew, 0] = t.ready[crew], 0, 0.0
        return 0.0
    previous, moment, taken, cost = count + crew, t.ready[crew], 0, 0.0
    waited, slack = 0.0, INF
    tools = t.crew_tools[crew]
    kinds = t.crew_parts.shape[1]
    for kind in range(kinds):
        s.scratch[kind] = t.crew_parts[crew, kind]
    visited = False
    if keep:
        s.leave[crew, 0], s.taken[crew, 0], s.cost[crew, 0] = moment, 0, 0.0
    for k in range(size):
        if at < 0 or k < at:
            o = s.route[crew, k]
        elif k == at:
            o = order
        else:
            o = s.route[crew, k - 1]
        kept = k < t.frozen[crew]
        if k == stock:
            depot = count + 2 * crews + crew
            cost += t.go[previous, depot]
            moment += t.minutes[previous, depot]
            previous, visited = depot, True
        if t.needs == 1 and not visited:
            if not kept and t.tools[o] & ~tools != 0:
                return INF
            for kind in range(kinds):
                s.scratch[kind] -= t.parts[o, kind]
                if s.scratch[kind] < 0 and t.parts[o, kind] > 0 and not kept:
                    return INF
        arrive = moment + t.minutes[previous, o]
        begin, taken, stop = at_stop(t, crew, o, arrive, taken, s.agreed[o], kept)
        hop = t.go[previous, o]
        cost += hop + stop
        if cost == INF and not keep:
            return INF
        waited += begin - arrive
        slack = min(slack, waited + max(0.0, t.promise[o] - begin))
        moment = begin + t.service[o]
        previous = o
        if keep:
            s.leave[crew, k + 1], s.taken[crew, k + 1], s.cost[crew, k + 1] = moment, taken, cost
            s.hop[crew, k] = hop
    done, home = at_end(t, crew, previous, moment, size <= t.frozen[crew])
    if t.rates[1] > 0.0:  # the crew may set out later as long as nothing begins late for it
        cost += t.rates[1] * (done - t.ready[crew] - min(waited, slack))
    return cost + home


@kernel
def refresh(t: Tables, s: State, crew: int) -> None:
    """Store a route's prefixes and total after it changed."""
    s.total[crew] = walk(t, s, crew, -1, -1, s.stock[crew], True)
    t.memo.last[0] += 1
    s.mark[crew] = t.memo.last[0]


@inlined
def insertion(t: Tables, s: State, crew: int, order: int, at: int, bound: float) -> float:
    """What inserting costs, by walking from the position on; anything at or above ``bound`` when it is no better."""
    count, size = len(t.service), s.size[crew]
    previous = s.route[crew, at - 1] if at > 0 else count + crew
    moment, taken, cost = s.leave[crew, at], s.taken[crew, at], s.cost[crew, at]
    total = s.total[crew]
    begin, taken, stop = at_stop(t, crew, order, moment + t.minutes[previous, order], taken, s.agreed[order], False)
    cost += t.go[previous, order] + stop
    least = cost - s.cost[crew, at]
    if at < size:
        following = s.route[crew, at]
        least += t.go[order, following] - t.go[previous, following]
    if least >= bound:
        return least
    moment = begin + t.service[order]
    previous = order
    for k in range(at, size):
        o = s.route[crew, k]
        begin, taken, stop = at_stop(
            t, crew, o, moment + t.minutes[previous, o], taken, s.agreed[o], k < t.frozen[crew]
        )
        cost += t.go[previous, o] + stop
        gained = cost - s.cost[crew, k + 1]
        if gained >= bound:
            return gained
        moment = begin + t.service[o]
        if taken == s.taken[crew, k + 1] and abs(moment - s.leave[crew, k + 1]) <= EPS:
            return gained
        previous = o
    home = at_end(t, crew, previous, moment, False)[1]
    return cost + home - total


@inlined
def cost_at(t: Tables, s: State, crew: int, order: int, at: int, bound: float):  # type: ignore[no-untyped-def]
    """(cost of inserting, position of the depot visit afterwards)."""
    if t.full == 0:
        return insertion(t, s, crew, order, at, bound), -1
    stock = s.stock[crew]
    if stock > at:
        stock += 1
    found = walk(t, s, crew, order, at, stock, False) - s.total[crew]
    if found < INF or t.needs == 0 or t.has_depot[crew] == 0:
        return found, stock
    best, where = INF, stock
    for place in range(t.frozen[crew], at + 1):
        found = walk(t, s, crew, order, at, place, False) - s.total[crew]
        if found < best:
            best, where = found, place
    return best, where


@kernel
def place_stock(t: Tables, s: State, crew: int) -> None:
    """Best position of the depot visit after a route changed: none when nothing is missing."""
    if t.needs == 1 and t.has_depot[crew] == 1 and s.stock[crew] >= t.frozen[crew]:
        s.stock[crew] = -1
        best = walk(t, s, crew, -1, -1, -1, False)
        if best == INF:
            for at in range(t.frozen[crew], s.size[crew]):
                found = walk(t, s, crew, -1, -1, at, False)
                if found < best:
                    best = found
                    s.stock[crew] = at
    refresh(t, s, crew)


@kernel
def put(t: Tables, s: State, crew: int, order: int, at: int, stock: int) -> None:
    """Insert for good."""
    for k in range(s.size[crew], at, -1):
        s.route[crew, k] = s.route[crew, k - 1]
    s.route[crew, at] = order
    s.size[crew] += 1
    s.stock[crew] = stock
    s.crew_of[order] = crew
    refresh(t, s, crew)


@kernel
def take(t: Tables, s: State, crew: int, at: int) -> None:
    """Take the order at a position out; the caller calls :func:`place_stock` when it is done with the crew."""
    order = s.route[crew, at]
    s.size[crew] -= 1
    for k in range(at, s.size[crew]):
        s.route[crew, k] = s.route[crew, k + 1]
    if s.stock[crew] > at:
        s.stock[crew] -= 1
    s.stock[crew] = min(s.stock[crew], s.size[crew] - 1)
    s.crew_of[order] = -1
    s.agreed[order] = -1.0
