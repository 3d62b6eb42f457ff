"""Compiled arithmetic of queues with many servers. Rates are per second, times in seconds; nothing is checked here.

A centre in a steady state is a birth-death chain: below ``full`` contacts everybody is served, above it contacts wait and may
give up. Above, the chain looks the same for calls and chats, so both share :func:`tail` and :func:`within_reach`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

HUGE = 1e200
LOG_HUGE = math.log(HUGE)
TINY = 1e-17
PIECES = 3  # of the quadrature
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
DEEP = 36.0  # where exp(-DEEP) no longer counts


@njit(cache=True)
def blocked(load: float, servers: int) -> float:
    """Erlang's loss formula B. The recursion for 1/B forgets its beginning: where it runs past the load less eight of its
    roots, it may start at twelve (an error there is worth exp(-40) at the end)."""
    if servers <= 0:
        return 1.0
    root = math.sqrt(load)
    first = int(max(0.0, load - 12.0 * root)) if servers > load - 8.0 * root else 0
    upside = 1.0 if first == 0 else load / (load - first)
    per = 1.0 / load
    for busy in range(first + 1, servers + 1):
        upside = 1.0 + upside * busy * per
        if upside > 1e300:
            return 0.0
    return 1.0 / upside


@njit(cache=True)
def tail(arriving: float, leaving: float, giving_up: float) -> tuple[float, float, float]:
    """Weights of the states with somebody waiting, beside that with all busy and nobody waiting.

    Gives their sum, their sum times the number waiting, and the logarithm by which both are to be raised (far too much work
    makes numbers that no float holds). ``giving_up`` 0 needs ``arriving < leaving``.
    """
    if giving_up <= 0.0:
        share = arriving / leaving
        return share / (1.0 - share), share / (1.0 - share) ** 2, 0.0
    weight, total, waiting, raised = 1.0, 0.0, 0.0, 0.0
    number = 0
    while True:
        number += 1
        ratio = arriving / (leaving + number * giving_up)
        weight *= ratio
        total += weight
        waiting += number * weight
        if ratio < 1.0 and number * weight < TINY * waiting * (1.0 - ratio):
            return total, waiting, raised
        if weight > HUGE:
            weight, total, waiting, raised = weight / HUGE, total / HUGE, waiting / HUGE, raised + LOG_HUGE


@njit(cache=True)
def _exponent(at: float, arriving: float, leaving: float, giving_up: float) -> float:
    """Logarithm of the density of the wait offered at ``at``, but for a constant (Zeltyn and Mandelbaum 2005, with
    exponential patience); less the patience of who waits so long."""
    patient = at if giving_up <= 0.0 else -math.expm1(-giving_up * at) / giving_up
    return arriving * patient - (leaving + giving_up) * at


@njit(cache=True)
def within_reach(
    arriving: float, leaving: float, giving_up: float, log_scale: float, until: float
) -> tuple[float, float]:
    """Of those who must wait: the share answered within ``until``, and that share times its mean wait.

    ``log_scale`` is the logarithm of the integral of the density. Gauss-Legendre quadrature in pieces from 0 to ``until``,
    cut where the density is nothing any more.
    """
    peak = 0.0
    if giving_up > 0.0 and arriving > leaving + giving_up:
        peak = math.log(arriving / (leaving + giving_up)) / giving_up
    top = _exponent(peak, arriving, leaving, giving_up)
    low, high = 0.0, until
    if peak > 0.0 and _exponent(0.0, arriving, leaving, giving_up) < top - DEEP:
        low = _edge(peak, -1.0, top, arriving, leaving, giving_up)
    if math.isinf(high) or (high > peak and _exponent(high, arriving, leaving, giving_up) < top - DEEP):
        high = _edge(peak, 1.0, top, arriving, leaving, giving_up)
    share, waited = 0.0, 0.0
    half = 0.5 * (high - low) / PIECES
    if half <= 0.0:
        return 0.0, 0.0
    for piece in range(PIECES):
        middle = low + (2 * piece + 1) * half
        for node in range(len(NODES)):
            at = middle + half * NODES[node]
            value = WEIGHTS[node] * math.exp(_exponent(at, arriving, leaving, giving_up) - log_scale)
            share += value
            waited += at * value
    return share * half, waited * half


@njit(cache=True)
def _edge(peak: float, way: float, top: float, arriving: float, leaving: float, giving_up: float) -> float:
    """Where the density has fallen to nothing on one side of its peak."""
    near, far = 0.0, 1.0 / leaving
    while _exponent(peak + way * far, arriving, leaving, giving_up) > top - DEEP:
        near, far = far, 2.0 * far
        if way < 0.0 and far >= peak:
            far = peak
            break
    for _halving in range(20):
        middle = 0.5 * (near + far)
        if _exponent(peak + way * middle, arriving, leaving, giving_up) > top - DEEP:
            near = middle
        else:
            far = middle
    return peak + way * far


@njit(cache=True)
def point(
    arriving: float, below: float, leaving: float, giving_up: float, until: float, full: bool, out: np.ndarray
) -> None:
    """One steady state: ``out`` gets waits, service level, abandoned, mean wait, wait of the answered, queue.

    ``below``: how likely all are busy with nobody waiting, were there no waiting (Erlang's B). ``full``: with the wait of the
    answered; else it stays 0.
    """
    if giving_up <= 0.0 and arriving >= leaving:
        out[0], out[1], out[2], out[3], out[4], out[5] = 1.0, 0.0, 0.0, math.inf, math.inf, math.inf
        return
    total, waiting, raised = tail(arriving, leaving, giving_up)
    if raised > 0.0:
        base, waits, queue = below * total, 1.0, waiting / total if below > 0.0 else 0.0
        if below <= 0.0:
            waits = 0.0
        log_scale = math.log(total / leaving) + raised
    else:
        base = 1.0 + below * total
        waits, queue = below * (1.0 + total) / base, below * waiting / base
        log_scale = math.log((1.0 + total) / leaving)
    served, _waited = within_reach(arriving, leaving, giving_up, log_scale, until)
    out[0] = waits
    out[1] = min(1.0, 1.0 - waits + waits * served)
    out[2] = giving_up * queue / arriving
    out[3] = queue / arriving
    out[4] = 0.0
    out[5] = queue
    if full:
        _share, waited = within_reach(arriving, leaving, giving_up, log_scale, math.inf)
        out[4] = waits * waited / (1.0 - out[2]) if out[2] < 1.0 else math.inf


@njit(cache=True)
def calls_point(
    arriving: float, handling: float, giving_up: float, heads: int, until: float, full: bool, out: np.ndarray
) -> None:
    """Calls: one at a time for everybody. ``out`` as in :func:`point`."""
    if heads <= 0:
        out[0], out[1], out[5] = 1.0, 0.0, math.inf if giving_up <= 0.0 else arriving / giving_up
        out[2] = 1.0 if giving_up > 0.0 else 0.0
        out[3] = out[4] = math.inf if giving_up <= 0.0 else 1.0 / giving_up
        return
    point(arriving, blocked(arriving * handling, heads), heads / handling, giving_up, until, full, out)


@njit(cache=True)
def chats_point(
    arriving: float, rates: np.ndarray, giving_up: float, heads: int, until: float, full: bool, out: np.ndarray
) -> float:
    """Chats: ``rates[k]`` chats a second are ended by one agent who has ``k`` of them (``rates[0]`` is 0), spread evenly.

    ``out`` as in :func:`point`; gives the mean number of chats held.
    """
    places = len(rates) - 1
    upside, held = 1.0, 0.0  # 1/B and the mean number held, in the chain without waiting
    for number in range(1, heads * places + 1):
        each, more = number // heads, number % heads
        leaving = (heads - more) * rates[each] + (more * rates[each + 1] if more else 0.0)
        upside = 1.0 + upside * leaving / arriving
        held = (held * (upside - 1.0) + number) / upside
        if upside > 1e300:
            out[0], out[1], out[2], out[3], out[4], out[5] = 0.0, 1.0, 0.0, 0.0, 0.0, 0.0
            return _few_held(arriving, rates, heads)
    point(arriving, 1.0 / upside, heads * rates[places], giving_up, until, full, out)
    if not math.isfinite(out[5]):
        return float(heads * places)
    waiting = (out[0] - 1.0 / upside) / (1.0 - 1.0 / upside)  # how likely somebody waits behind all places taken
    return float(held + waiting * (heads * places - held))


@njit(cache=True)
def _few_held(arriving: float, rates: np.ndarray, heads: int) -> float:
    """The mean number of chats held when nobody ever waits: where as many end as begin."""
    low, high = 0.0, float(heads * (len(rates) - 1))
    for _halving in range(60):
        middle = 0.5 * (low + high)
        each = min(int(middle / heads), len(rates) - 2)
        part = middle / heads - each
        if heads * (rates[each] + part * (rates[each + 1] - rates[each])) < arriving:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit(cache=True)
def meets(out: np.ndarray, occupancy: float, targets: np.ndarray) -> int:
    """0 when every target is met, else the number of the first that is not (see ``Bound``). NaN is no target.

    Where nobody gives up and the queue only grows, nobody abandons either: that is no way to keep the promise.
    """
    if out[1] < targets[0]:
        return 1
    if out[4] > targets[1]:
        return 2
    if out[2] > targets[2] or (math.isinf(out[5]) and not math.isnan(targets[2])):
        return 3
    if occupancy > targets[3]:
        return 4
    return 0


@njit(cache=True)
def calls_many(
    arriving: np.ndarray, handling: np.ndarray, giving_up: np.ndarray, heads: np.ndarray, until: float, out: np.ndarray
) -> None:
    """:func:`calls_point` for every interval; ``out`` is intervals x 6."""
    for row in range(len(arriving)):
        if arriving[row] <= 0.0:
            out[row, :] = 0.0
            out[row, 1] = 1.0
        else:
            calls_point(arriving[row], handling[row], giving_up[row], heads[row], until, True, out[row])


@njit(cache=True)
def calls_needed(
    arriving: np.ndarray,
    handling: np.ndarray,
    giving_up: np.ndarray,
    until: float,
    targets: np.ndarray,
    fewest: int,
    heads: np.ndarray,
    bound: np.ndarray,
) -> None:
    """The fewest heads that meet the targets, and which target one head less would miss, for every interval.

    The search begins where the last interval's answer lay on the scale of the square-root rule: two or three looks suffice.
    """
    out = np.zeros(6)
    full = not math.isnan(targets[1])
    above = 1.0
    for row in range(len(arriving)):
        if arriving[row] <= 0.0:
            heads[row], bound[row] = fewest, 5 if fewest > 0 else 0
            continue
        load = arriving[row] * handling[row]
        spread = math.sqrt(load)
        number = max(1, int(load + above * spread + 0.5))
        missed = _look(arriving[row], handling[row], giving_up[row], number, until, full, targets, out)
        step = 1
        if missed:
            low = number
            while missed:
                low, number, step = number, number + step, 2 * step
                why = missed
                missed = _look(arriving[row], handling[row], giving_up[row], number, until, full, targets, out)
        else:
            why, low = 0, 0
            while not why and number > 0:
                low = max(0, number - step)
                why = _look(arriving[row], handling[row], giving_up[row], low, until, full, targets, out)
                if not why:
                    number, step = low, 2 * step
        while number - low > 1:
            middle = (number + low) // 2
            missed = _look(arriving[row], handling[row], giving_up[row], middle, until, full, targets, out)
            if missed:
                low, why = middle, missed
            else:
                number = middle
        above = (number - load) / spread
        heads[row], bound[row] = number, why
        if number < fewest:
            heads[row], bound[row] = fewest, 5


@njit(cache=True)
def _look(
    arriving: float,
    handling: float,
    giving_up: float,
    heads: int,
    until: float,
    full: bool,
    targets: np.ndarray,
    out: np.ndarray,
) -> int:
    calls_point(arriving, handling, giving_up, heads, until, full, out)
    busy = arriving * (1.0 - out[2]) * handling
    return meets(out, busy / heads if heads > 0 else math.inf, targets)
