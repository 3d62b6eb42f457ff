"""Compiled: the cheapest lines of one person by dynamic programming over days, nodes and counters.

The counters form a box: the largest of them is the inner axis, all others are flattened to the outer one. Values move along
the inner axis in one sweep per arc, which the compiler turns into vector code; no predecessors are stored, the few lines
wanted are found backwards afterwards.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from denghuo.engine.routing.jit import compiled_with

kernel = compiled_with(Path(__file__).parent, nogil=True)
INF = np.inf


@kernel
def cheapest_of_sets(sets: Any, prices: Any, best: Any, pick: Any) -> None:
    """For each day and each set of actions: the lowest price and the action that has it."""
    days, actions = prices.shape
    for day in range(days):
        for group in range(sets.shape[0]):
            low, chosen = INF, -1
            for action in range(actions):
                if sets[group, action] and prices[day, action] < low:
                    low, chosen = prices[day, action], action
            best[day, group], pick[day, group] = low, chosen


@kernel
def sweep(arcs: Any, costs: Any, first: Any, valid: Any, moves: Any, best: Any, entry: int, least: Any, values: Any,
          low: Any, high: Any) -> None:  # fmt: skip
    """Fill ``values[layer, node, outer, inner]``: the cheapest way to be there before the layer's day.

    ``arcs`` rows: source, target, group, kind. ``moves[kind]``: (outer step, inner step); ``valid[kind, outer]``: the outer
    counters stay in their bounds. ``least[layer]``: lowest inner count from which the lower bound can still be met.
    """
    layers, _nodes, outers, inners = values.shape
    values[0, entry, :, :] = INF
    low[:, :, :], high[:, :, :] = inners, -1
    values[0, entry, 0, 0], low[0, entry, 0], high[0, entry, 0] = 0.0, 0, 0
    for day in range(layers - 1):
        for number in range(first[day], first[day + 1]):
            source, target = arcs[0, number], arcs[1, number]
            step = best[day, arcs[2, number]] + costs[number]
            if step == INF:
                continue
            kind = arcs[3, number]
            out, more = moves[kind, 0], moves[kind, 1]
            for outer in range(outers):
                begin = max(low[day, source, outer], least[day + 1] - more)
                end = min(high[day, source, outer], inners - 1 - more)
                if begin > end or not valid[kind, outer]:
                    continue
                there = values[day + 1, target, outer + out]
                if high[day + 1, target, outer + out] < 0:
                    there[:] = INF
                low[day + 1, target, outer + out] = min(low[day + 1, target, outer + out], begin + more)
                high[day + 1, target, outer + out] = max(high[day + 1, target, outer + out], end + more)
                here = values[day, source, outer]
                for inner in range(begin, end + 1):
                    value = here[inner] + step
                    old = there[inner + more]
                    there[inner + more] = value if value < old else old


@kernel
def ends(values: Any, low: Any, high: Any, terminal: Any, wanted: int, found: Any, cost: Any) -> int:
    """The ``wanted`` cheapest final counts: ``found[k]`` = (outer, inner), ``cost[k]`` ascending; how many there are."""
    last = values.shape[0] - 1
    count = 0
    for outer in range(values.shape[2]):
        for inner in range(low[last, 0, outer], high[last, 0, outer] + 1):
            value = values[last, 0, outer, inner] + terminal[outer, inner]
            if value == INF or (count == wanted and value >= cost[count - 1]):
                continue
            if count < wanted:
                count += 1
            place = count - 1
            while place > 0 and cost[place - 1] > value:
                cost[place], found[place, 0], found[place, 1] = (
                    cost[place - 1],
                    found[place - 1, 0],
                    found[place - 1, 1],
                )
                place -= 1
            cost[place], found[place, 0], found[place, 1] = value, outer, inner
    return count


@kernel
def backwards(arcs: Any, costs: Any, first: Any, valid: Any, moves: Any, best: Any, pick: Any, values: Any, low: Any,
              high: Any, outer: int, inner: int, line: Any) -> None:  # fmt: skip
    """The actions that lead to a final count, into ``line``: at each layer the arc whose sum gives the stored value."""
    node = 0
    for day in range(values.shape[0] - 2, -1, -1):
        goal, nearest = values[day + 1, node, outer, inner], INF
        chosen, before = -1, 0
        for number in range(first[day], first[day + 1]):
            if arcs[1, number] != node:
                continue
            kind = arcs[3, number]
            out, count = outer - moves[kind, 0], inner - moves[kind, 1]
            if out < 0 or count < 0 or not valid[kind, out]:
                continue
            source = arcs[0, number]
            if count < low[day, source, out] or count > high[day, source, out]:
                continue
            off = abs(values[day, source, out, count] + (best[day, arcs[2, number]] + costs[number]) - goal)
            if off < nearest:
                nearest, chosen, before = off, number, out
        line[day] = pick[day, arcs[2, chosen]]
        node, inner, outer = arcs[0, chosen], inner - moves[arcs[3, chosen], 1], before


@kernel
def all_below(arcs: Any, costs: Any, first: Any, valid: Any, moves: Any, sets: Any, prices: Any, values: Any, low: Any,
              high: Any, terminal: Any, limit: float, lines: Any) -> int:  # fmt: skip
    """Every line that costs at most ``limit``, into the rows of ``lines``; -1 when there are more than fit.

    Depth first from the end: a stored value is the exact cost of the cheapest way to its state, so no branch is in vain.
    """
    last = values.shape[0] - 1
    depth = last
    count = 0
    node, outer, inner = np.zeros(last + 1, np.int64), np.zeros(last + 1, np.int64), np.zeros(last + 1, np.int64)
    rest = np.zeros(last + 1)
    arc, action = np.zeros(last + 1, np.int64), np.zeros(last + 1, np.int64)
    line = np.zeros(last, np.int64)
    for end_outer in range(values.shape[2]):
        for end_inner in range(low[last, 0, end_outer], high[last, 0, end_outer] + 1):
            if values[last, 0, end_outer, end_inner] + terminal[end_outer, end_inner] > limit:
                continue
            depth = last
            node[depth], outer[depth], inner[depth] = 0, end_outer, end_inner
            rest[depth] = limit - terminal[end_outer, end_inner]
            arc[depth], action[depth] = first[depth - 1], 0
            while depth <= last:
                day = depth - 1
                if arc[depth] >= first[depth]:
                    depth += 1
                    continue
                number, act = arc[depth], action[depth]
                action[depth] += 1
                if action[depth] >= sets.shape[1]:
                    arc[depth], action[depth] = number + 1, 0
                if arcs[1, number] != node[depth]:
                    arc[depth], action[depth] = number + 1, 0
                    continue
                group, kind, source = arcs[2, number], arcs[3, number], arcs[0, number]
                if not sets[group, act]:
                    continue
                out, inn = outer[depth] - moves[kind, 0], inner[depth] - moves[kind, 1]
                if out < 0 or inn < 0 or not valid[kind, out]:
                    continue
                if inn < low[day, source, out] or inn > high[day, source, out]:
                    continue
                left = rest[depth] - prices[day, act] - costs[number]
                if not values[day, source, out, inn] <= left:
                    continue
                line[day] = act
                if day == 0:
                    if count == lines.shape[0]:
                        return -1
                    lines[count, :] = line[: last - 1]
                    count += 1
                    continue
                depth = day
                node[depth], outer[depth], inner[depth], rest[depth] = source, out, inn, left
                arc[depth], action[depth] = first[depth - 1], 0
    return count
