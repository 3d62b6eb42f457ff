"""The inner loops, compiled: adding up what lies below each device, weighing starts, the two passes over the forest.

Everything is a logarithm relative to "nothing is open", so that feeders without a report cost nothing and add nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
OPEN, CLOSED = 1, -1  # what an operator saw
LEAST = 1e-12


def kernel(function: F) -> F:
    """``njit`` with its machine code kept on disk where a folder can be written."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither the package's folder nor the user's can be written: every start compiles
        return cast(F, numba.njit(nogil=True)(function))


@kernel
def counts(
    parent: NDArray[np.int32],
    devices: NDArray[np.int32],
    ages: NDArray[np.float64],
    weights: NDArray[np.float64],
    grid: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weight of the observations below each device that are no older than each age of the ``grid`` (rising)."""
    steps = len(grid)
    out = np.zeros((len(parent), steps))
    for i in range(len(devices)):
        if devices[i] < 0:
            continue
        first = np.searchsorted(grid, ages[i])
        if first < steps:
            out[devices[i], first] += weights[i]
    for d in range(len(parent) - 1, -1, -1):
        if parent[d] >= 0:
            for k in range(steps):
                out[parent[d], k] += out[d, k]
        for k in range(1, steps):
            out[d, k] += out[d, k - 1]
    return out


@kernel
def fixed_part(mean: float, spread: float) -> float:
    """What of :func:`gain` does not depend on the hits."""
    return math.lgamma(spread) - math.lgamma(mean * spread) - math.lgamma((1.0 - mean) * spread)


@kernel
def gain(hits: float, size: float, out_rate: float, on_rate: float, spread: float, fixed: float) -> float:
    """How much better "out" explains the hits than "supplied" does, as a logarithm; ``size`` 0 tells nothing.

    Out, the share of hits varies around ``out_rate`` like that of ``spread`` cases (beta-binomial); supplied, it is
    ``on_rate``. ``fixed``: :func:`fixed_part` of the rate and spread.
    """
    if size <= 0.0:
        return 0.0
    hits = min(hits, size)
    plain = hits * math.log(on_rate) + (size - hits) * math.log1p(-on_rate)
    a, b = out_rate * spread, (1.0 - out_rate) * spread
    varied = math.lgamma(hits + a) + math.lgamma(size - hits + b) - math.lgamma(size + spread)
    return fixed + varied - plain


@kernel
def evidence(
    size: NDArray[np.float64],
    meters: NDArray[np.float64],
    bonus: NDArray[np.float64],
    calls: NDArray[np.float64],
    gasps: NDArray[np.float64],
    alive: NDArray[np.float64],
    grid: NDArray[np.float64],
    rates: NDArray[np.float64],
    spreads: NDArray[np.float64],
    wrong: float,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Per device the evidence for being open, the unknown start averaged out, and the step of its likeliest start.

    ``size`` and ``meters``: customers and meters below it that a start at this step would have taken; ``bonus``: what
    outages below it that are older than the step explain. ``rates`` rows: calls when out, calls when supplied, gasps when out, gasps when supplied, per age of the ``grid``;
    ``spreads`` rows: how alike outages are in their calls and in their gasps.
    """
    n, steps = calls.shape
    total = np.empty(n)
    best = np.zeros(n, np.int32)
    line = np.empty(steps)
    fixed = np.empty((2, steps))
    for k in range(steps):
        fixed[0, k] = fixed_part(rates[0, k], spreads[0, k])
        fixed[1, k] = fixed_part(rates[2, k], spreads[1, k])
    for d in range(n):
        last = steps - 1
        if calls[d, last] + gasps[d, last] == 0.0:  # nobody told of it: only a start this minute is possible
            total[d] = gain(0.0, size[d, 0], rates[0, 0], rates[1, 0], spreads[0, 0], fixed[0, 0])
            total[d] += gain(0.0, meters[d, 0], rates[2, 0], rates[3, 0], spreads[1, 0], fixed[1, 0])
            continue
        top = -np.inf
        for k in range(steps):
            value = bonus[d, k] + alive[d, k] * math.log(wrong)
            value += gain(calls[d, k], size[d, k], rates[0, k], rates[1, k], spreads[0, k], fixed[0, k])
            value += gain(gasps[d, k], meters[d, k], rates[2, k], rates[3, k], spreads[1, k], fixed[1, k])
            line[k] = value
            if value > top:
                top, best[d] = value, k
        summed = 0.0
        for k in range(steps):
            summed += math.exp(line[k] - top)
        total[d] = top + math.log(summed / steps)
    return total, best


@kernel
def passes(
    parent: NDArray[np.int32], weight: NDArray[np.float64], device: NDArray[np.float64], seen: NDArray[np.int8]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """The likeliest set of open devices, exactly, and each device's chance to be the topmost open one above its customers.

    ``weight``: prior odds and all evidence of a device, as a logarithm; ``device``: that part of it which also speaks
    when something above is open (prior odds and trip messages); ``seen``: what operators saw.
    """
    n = len(parent)
    best_below, sum_below, nested = np.zeros(n), np.zeros(n), np.zeros(n)
    best, total, open_value = np.empty(n), np.empty(n), np.empty(n)
    for d in range(n - 1, -1, -1):
        open_value[d] = weight[d] + nested[d]
        if seen[d] == OPEN:
            best[d] = total[d] = open_value[d]
        elif seen[d] == CLOSED:
            best[d], total[d] = best_below[d], sum_below[d]
        else:
            best[d] = max(open_value[d], best_below[d])
            high = max(open_value[d], sum_below[d])
            total[d] = high + math.log(math.exp(open_value[d] - high) + math.exp(sum_below[d] - high))
        up = parent[d]
        if up >= 0:
            best_below[up] += best[d]
            sum_below[up] += total[d]
            own = device[d] if seen[d] == OPEN else max(0.0, device[d]) if seen[d] != CLOSED else 0.0
            nested[up] += nested[d] + own
    opened = np.zeros(n, np.bool_)
    posterior = np.zeros(n)
    reach = np.zeros(n)  # logarithm of the chance that nothing above is open
    covered = np.zeros(n, np.bool_)
    for d in range(n):
        up = parent[d]
        if up >= 0:
            closed = 0.0 if seen[up] == CLOSED else sum_below[up] - total[up]
            reach[d] = -np.inf if seen[up] == OPEN else reach[up] + closed
            covered[d] = covered[up] or opened[up]
        if covered[d]:
            opened[d] = seen[d] == OPEN or (seen[d] == 0 and device[d] > 0.0)
        else:
            opened[d] = seen[d] == OPEN or (seen[d] == 0 and open_value[d] > best_below[d])
        if seen[d] != CLOSED:
            posterior[d] = math.exp(min(0.0, reach[d] + open_value[d] - total[d]))
    return opened, posterior


@kernel
def top_open(parent: NDArray[np.int32], opened: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The topmost open device above each device, itself among them; -1 when it is supplied."""
    out = np.full(len(parent), -1, np.int32)
    for d in range(len(parent)):
        if parent[d] >= 0 and out[parent[d]] >= 0:
            out[d] = out[parent[d]]
        elif opened[d]:
            out[d] = d
    return out


@kernel
def below(parent: NDArray[np.int32], device: int) -> NDArray[np.bool_]:
    """Which devices lie under ``device``, itself among them."""
    inside = np.zeros(len(parent), np.bool_)
    inside[device] = True
    for d in range(device + 1, len(parent)):
        inside[d] = parent[d] >= 0 and inside[parent[d]]
    return inside


@kernel
def add_up(parent: NDArray[np.int32], values: NDArray[np.int32]) -> None:
    """Adds to every device what lies below it, in place."""
    for d in range(len(parent) - 1, -1, -1):
        if parent[d] >= 0:
            values[parent[d]] += values[d]


@kernel
def take_out(
    parent: NDArray[np.int32],
    device: int,
    step: int,
    value: float,
    size: NDArray[np.float64],
    meters: NDArray[np.float64],
    bonus: NDArray[np.float64],
    calls: NDArray[np.float64],
    gasps: NDArray[np.float64],
) -> None:
    """For starts younger than ``step`` everything above ``device`` no longer takes its customers: they were out already."""
    up = parent[device]
    while up >= 0:
        for k in range(step):
            size[up, k] -= size[device, k]
            meters[up, k] -= meters[device, k]
            calls[up, k] -= calls[device, k]
            gasps[up, k] -= gasps[device, k]
            bonus[up, k] += value
        up = parent[up]
