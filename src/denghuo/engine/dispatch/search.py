"""Compiled: the search. Strings of neighbouring stops are taken out of adjacent routes and put back where they cost least,
now and then overlooking a position; worse plans are accepted with a falling temperature (Christiaens & Vanden Berghe
2020, "Slack induction by string removals"). Orders are put back at random, by promise, by distance, or by regret: the one
that would lose most if its best crew were taken first."""

# mypy: disable-error-code="no-any-return,no-untyped-def,type-arg"
# (Compiled code: what it returns is known to the compiler, the types of array elements are not known to mypy.)
from __future__ import annotations

import math

import numpy as np

from denghuo.engine.dispatch.kernels import INF, allocating, cost_at, inlined, kernel, place_stock, put, refresh, take
from denghuo.engine.dispatch.tables import State, Tables

BLINK, REMOVED, LONGEST = 0.01, 10.0, 10.0


@inlined
def draw(seed: np.ndarray) -> float:
    """Next number in [0, 1): splitmix64, the same on every machine."""
    seed[0] += np.uint64(0x9E3779B97F4A7C15)
    z = seed[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0


@kernel
def between(t: Tables, s: State, crew: int, order: int, low: int, high: int):
    """First and last position of a route where an order respects the pairs of the sequence. Taking orders out never breaks a
    pair, so what is put in here is all that has to be watched."""
    for pair in range(len(t.sequence)):
        first, then = t.sequence[pair]
        other = then if first == order else first
        if (first != order and then != order) or s.crew_of[other] != crew:
            continue
        for at in range(low, high):
            if s.route[crew, at] == other:
                if first == order:
                    high = at
                else:
                    low = at + 1
                break
    return low, high


@inlined
def best_with(t: Tables, s: State, crew: int, order: int, blink: float, bound: float, seed: np.ndarray):
    """(cost, position, depot position) of the cheapest place for an order in one route; a cost of ``bound`` or more says
    only that there is nothing cheaper than the bound."""
    count, extra = len(t.service), t.extra[crew, order]
    best, place, stock = INF, -1, -1
    low, high = min(t.frozen[crew], s.size[crew]), s.size[crew]
    if len(t.sequence) > 0:
        low, high = between(t, s, crew, order, low, high)
    for at in range(low, high + 1):
        previous = s.route[crew, at - 1] if at > 0 else count + crew
        least = t.come[order, previous] + extra
        if at < s.size[crew]:
            least += t.go[order, s.route[crew, at]] - s.hop[crew, at]
        if t.full == 0 and least >= bound:
            best = min(best, least)
            continue
        if blink > 0.0 and draw(seed) < blink:
            continue
        cost, where = cost_at(t, s, crew, order, at, bound)
        if cost < best:
            best, place, stock = cost, at, where
            bound = min(bound, cost)
    return best, place, stock


@inlined
def gap(scale: float, seed: np.ndarray) -> int:
    """How many are passed over before the next of those that come with a chance p each; ``scale`` = 1 / log(1 - p)."""
    return int(math.log(max(draw(seed), 1e-12)) * scale)


@kernel
def spot(t: Tables, s: State, order: int, blink: float, seed: np.ndarray, barred: np.ndarray, both: bool):
    """(cost, crew, position, depot position, cost with the second-best crew) of the cheapest place for an order; the last
    only where ``both`` are wanted. Routes that were looked at before come first: they bound the others."""
    memo, crews = t.memo, len(t.ready)
    best, second, crew, place, stock = INF, INF, -1, -1, -1
    together = t.group[order] >= 0
    # A route is overlooked in part as often as one of its places would be; which is drawn by the gaps between such routes.
    scale = 1.0 / math.log(1.0 - min(0.5, blink * (t.stops + 1.0))) if blink > 0.0 else 0.0
    next_blink = gap(scale, seed) if blink > 0.0 else crews
    for look in range(2):
        for c in range(crews):
            if look == 0:
                s.look[c] = 0.0
                if t.unable[order, c] or barred[c] == 1:
                    continue
                # Orders that begin together agree on a moment, which changes what a place costs: nothing is kept of them.
                if together:
                    s.look[c] = max(blink, 1e-12)
                    continue
                if c >= next_blink:
                    s.look[c] = 1.0 / (s.size[c] + 1)
                    next_blink = c + 1 + gap(scale, seed)
                    continue
                s.look[c] = -1.0
                if memo.mark[order, c] != s.mark[c] or memo.exact[order, c] == 0:
                    continue
                cost, at, where = memo.cost[order, c], memo.at[order, c], memo.stock[order, c]
                s.look[c] = 0.0
            else:
                bound = second if both else best
                if s.look[c] == 0.0:
                    continue
                if s.look[c] < 0.0:
                    if memo.mark[order, c] == s.mark[c] and memo.cost[order, c] >= bound:
                        continue
                    cost, at, where = best_with(t, s, c, order, 0.0, bound, seed)
                    memo.mark[order, c], memo.cost[order, c] = s.mark[c], cost
                    memo.exact[order, c] = 1 if cost < bound else 0
                    memo.at[order, c], memo.stock[order, c] = at, where
                else:
                    cost, at, where = best_with(t, s, c, order, s.look[c], bound, seed)
            if cost < best:
                best, second, crew, place, stock = cost, best, c, at, where
            elif cost < second:
                second = cost
    return best, crew, place, stock, second


@inlined
def routes_cost(s: State) -> float:
    """Sum over the routes."""
    found = 0.0
    for crew in range(len(s.total)):
        found += s.total[crew]
    return found


@kernel
def insert_group(t: Tables, s: State, group: int, blink: float, seed: np.ndarray, barred: np.ndarray) -> float:
    """Place orders that begin together with different crews; the last to be able sets the moment. inf: not placed."""
    for c in range(len(barred)):
        barred[c] = 0
    moment, before, failed = -1.0, routes_cost(s), False
    for m in range(t.members.shape[1]):
        order = t.members[group, m]
        if order < 0:
            break
        s.agreed[order] = -1.0
        held = t.release[order]
        t.release[order] = max(held, moment)
        _, crew, at, stock, _ = spot(t, s, order, blink, seed, barred, False)
        if crew >= 0:
            put(t, s, crew, order, at, stock)
            moment = s.leave[crew, at + 1] - t.service[order]
            barred[crew] = 1
        t.release[order] = held
        if crew < 0:
            failed = True
            break
    for m in range(t.members.shape[1]):
        order = t.members[group, m]
        if order >= 0 and not failed:
            s.agreed[order] = moment
    for c in range(len(barred)):
        if barred[c] == 1:
            refresh(t, s, c)
    gained = routes_cost(s) - before
    worth = 0.0
    for m in range(t.members.shape[1]):
        order = t.members[group, m]
        if order >= 0:
            worth += t.unserved[order]
    if failed or not gained < worth:
        remove_group(t, s, group, barred)
        return INF
    return gained


@kernel
def remove_group(t: Tables, s: State, group: int, touched: np.ndarray) -> None:
    """Take every order of a group out."""
    for m in range(t.members.shape[1]):
        order = t.members[group, m]
        if order >= 0 and s.crew_of[order] >= 0:
            crew = s.crew_of[order]
            for at in range(s.size[crew]):
                if s.route[crew, at] == order:
                    take(t, s, crew, at)
                    break
            place_stock(t, s, crew)
            touched[crew] = 1


@inlined
def movable(t: Tables, s: State, order: int) -> bool:
    """Whether no order of its group stands in a frozen prefix."""
    if t.group[order] < 0:
        return True
    for m in range(t.members.shape[1]):
        other = t.members[t.group[order], m]
        if other >= 0 and s.crew_of[other] >= 0:
            crew = s.crew_of[other]
            for at in range(min(t.frozen[crew], s.size[crew])):
                if s.route[crew, at] == other:
                    return False
    return True


@kernel
def ruin(t: Tables, s: State, seed: np.ndarray, touched: np.ndarray, grown: np.ndarray) -> None:
    """Take strings out of routes near a random order."""
    count, crews = len(t.service), len(t.ready)
    placed, used = 0, 0
    for crew in range(crews):
        placed += s.size[crew]
        used += 1 if s.size[crew] > 0 else 0
    longest = min(LONGEST, placed / max(1, used))
    strings = int(draw(seed) * (4.0 * REMOVED / (1.0 + longest) - 1.0)) + 1
    centre = int(draw(seed) * count)
    ruined = 0
    for crew in range(crews):
        grown[crew] = 0
    for k in range(t.near.shape[1]):
        if ruined >= strings:
            break
        order = t.near[centre, k]
        crew = s.crew_of[order]
        if crew < 0 or grown[crew] == 1:
            continue
        first = t.frozen[crew]
        free = s.size[crew] - first
        at = -1
        for i in range(first, s.size[crew]):
            if s.route[crew, i] == order:
                at = i
        if at < 0:
            continue
        length = int(draw(seed) * min(longest, float(free))) + 1
        low = max(first, at - length + 1)
        high = min(at, s.size[crew] - length)
        start = low + int(draw(seed) * (high - low + 1))
        keep = 0  # a few stops inside the string stay
        while length > 1 and start + length + keep < s.size[crew] and draw(seed) < 0.5 and keep < 3:
            keep += 1
        skip = start + int(draw(seed) * length)
        position = start
        for i in range(length + keep):
            if i >= skip - start and i < skip - start + keep:
                position += 1
                continue
            if position >= s.size[crew]:
                break
            if movable(t, s, s.route[crew, position]):
                take(t, s, crew, position)
            else:
                position += 1
        place_stock(t, s, crew)
        grown[crew] = 1
        touched[crew] = 1
        ruined += 1
    for group in range(len(t.members)):  # all of a group or none
        missing, present = False, False
        for m in range(t.members.shape[1]):
            order = t.members[group, m]
            if order >= 0:
                missing = missing or s.crew_of[order] < 0
                present = present or s.crew_of[order] >= 0
        if missing and present:
            remove_group(t, s, group, touched)


@allocating
def rebuild(t: Tables, s: State, blink: float, seed: np.ndarray, touched: np.ndarray, barred: np.ndarray) -> None:
    """Put every order that is out back where it costs least, or leave it out when that is cheaper."""
    count = len(t.service)
    way = draw(seed) * 10.0
    keys, who, many = np.empty(count), np.empty(count, np.int64), 0
    barred[:] = 0
    for order in range(count):
        if s.crew_of[order] >= 0 or (t.group[order] >= 0 and t.members[t.group[order], 0] != order):
            continue
        key = draw(seed)
        if way >= 4.0 and way < 7.0:
            key = t.promise[order] if t.promise[order] < 1e12 else 1e12
        elif way >= 7.0 and way < 8.5:
            key = -t.reach[order, t.near[order, min(20, t.near.shape[1] - 1)]]
        elif way >= 8.5 and way < 9.0:
            best, _, _, _, second = spot(t, s, order, 0.0, seed, barred, True)
            key = -(min(second, 1e9) - min(best, 1e9))
        keys[many] = key - (1e15 if t.emergency[order] == 1 and way < 9.5 else 0.0)
        who[many] = order
        many += 1
    for index in np.argsort(keys[:many]):
        order = who[index]
        if t.group[order] >= 0:
            if insert_group(t, s, t.group[order], blink, seed, barred) < INF:
                for other in t.members[t.group[order]]:
                    if other >= 0:
                        touched[s.crew_of[other]] = 1
            barred[:] = 0
            continue
        cost, crew, at, stock, _ = spot(t, s, order, blink, seed, barred, False)
        if crew >= 0 and cost < t.unserved[order]:
            put(t, s, crew, order, at, stock)
            touched[crew] = 1


@allocating
def value(t: Tables, s: State) -> float:
    """Cost of the plan as the search sees it (extras of frozen stops left out)."""
    found = s.total.sum()
    for order in range(len(t.service)):
        if s.crew_of[order] < 0:
            found += t.unserved[order]
    return found


@inlined
def copy_crew(a: State, b: State, crew: int) -> None:
    """One crew's route from a to b; element by element, which for a handful beats copies of slices."""
    for k in range(a.size[crew] + 1):
        b.route[crew, k] = a.route[crew, k]
        b.leave[crew, k] = a.leave[crew, k]
        b.taken[crew, k] = a.taken[crew, k]
        b.cost[crew, k] = a.cost[crew, k]
        b.hop[crew, k] = a.hop[crew, k]
    b.size[crew], b.stock[crew], b.total[crew] = a.size[crew], a.stock[crew], a.total[crew]
    b.mark[crew] = a.mark[crew]


@allocating
def copy_all(a: State, b: State) -> None:
    """A whole plan from a to b."""
    for crew in range(len(a.size)):
        copy_crew(a, b, crew)
    b.crew_of[:] = a.crew_of
    b.agreed[:] = a.agreed


@allocating
def run(
    t: Tables, now: State, work: State, best: State, seed: np.ndarray, rounds: int, hot: float, cold: float
) -> None:
    """``rounds`` rounds of ruin and rebuilding while the temperature falls from hot to cold; all states hold plans."""
    touched, grown, barred = np.zeros((3, len(t.ready)), np.int64)
    current, least = value(t, now), value(t, best)
    for number in range(rounds):
        touched[:] = 0
        ruin(t, work, seed, touched, grown)
        rebuild(t, work, BLINK, seed, touched, barred)
        found = value(t, work)
        heat = hot * (cold / hot) ** (number / rounds)
        accepted = found < current - heat * math.log(max(draw(seed), 1e-12))
        for crew in range(len(touched)):
            if touched[crew] == 1:
                if accepted:
                    copy_crew(work, now, crew)
                else:
                    copy_crew(now, work, crew)
        if accepted:
            now.crew_of[:] = work.crew_of
            now.agreed[:] = work.agreed
            current = found
            if found < least - 1e-9:
                least = found
                copy_all(now, best)
        else:
            work.crew_of[:] = now.crew_of
            work.agreed[:] = now.agreed


@kernel
def load(t: Tables, s: State) -> None:
    """Prefixes of every route of a plan that was brought from outside."""
    for crew in range(len(t.ready)):
        refresh(t, s, crew)
