# mypy: disable-error-code="no-any-return"
"""One queue, first come first served, one group: the quick path.

The waiting are a slice of the arrivals in order, and the moments at which agents get free a heap of four branches. Whoever
reaches the front after the patience has ended has hung up: exact for first come first served (Kiefer and Wolfowitz 1955),
with any distributions and heads that change by interval. An agent whose shift ends in a call finishes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def _sink(heap: Any, count: int, value: float) -> None:
    """Replace the top by ``value``."""
    at = 0
    while True:
        first = 4 * at + 1
        if first >= count:
            break
        least = first
        for child in range(first + 1, min(first + 4, count)):
            if heap[child] < heap[least]:
                least = child
        if heap[least] >= value:
            break
        heap[at] = heap[least]
        at = least
    heap[at] = value


@njit(cache=True)
def _rise(heap: Any, count: int, value: float) -> None:
    """Add ``value`` below ``count`` others."""
    at = count
    while at > 0 and heap[(at - 1) // 4] > value:
        heap[at] = heap[(at - 1) // 4]
        at = (at - 1) // 4
    heap[at] = value


@njit(cache=True)
def credit(busy: Any, begin: float, end: float, length: float) -> None:
    """Add the seconds from ``begin`` to ``end`` to the intervals they lie in; what is after the last one is left out."""
    k = int(begin / length)
    while k < busy.shape[0] and begin < end:
        until = min(end, (k + 1) * length)
        busy[k] += until - begin
        begin = until
        k += 1


@njit(cache=True)
def one_queue(
    arrive: Any, service: Any, patience: Any, heads: Any, busy_until: Any, length: float, within: float, out: Any, busy: Any
) -> int:  # fmt: skip
    """A day. ``out`` (intervals, FIELDS) and ``busy`` (intervals,) are added to; returns the number of events
    (arrivals, ends of service, ends of patience).

    ``arrive`` is in order, before 0 for who already waits; ``busy_until`` (heads[0],) when agents of the start get free.
    """
    contacts, intervals = arrive.shape[0], heads.shape[0]
    most = heads[0]
    for k in range(1, intervals):
        most = max(most, heads[k])
    heap, count = np.empty(most + 1), 0
    for value in busy_until:
        _rise(heap, count, value)
        count += 1
    front, i, k = 0, 0, 0
    while True:
        boundary = (k + 1) * length if k + 1 < intervals else np.inf
        arriving = max(arrive[i], 0.0) if i < contacts else np.inf
        now = min(boundary, arriving)
        while front < i and count > 0 and heap[0] <= now:
            came = arrive[front]
            begin = max(heap[0], max(came, 0.0))
            at = min(max(int(came / length), 0), intervals - 1)
            if max(came, 0.0) + patience[front] < begin:
                out[at, 3] += 1.0
                out[at, 5] += max(came, 0.0) + patience[front] - came
            else:
                out[at, 1] += 1.0
                out[at, 2] += 1.0 if begin - came <= within else 0.0
                out[at, 4] += begin - came
                credit(busy, begin, begin + service[front], length)
                _sink(heap, count, begin + service[front])
            front += 1
        if now == np.inf:
            break
        if boundary <= arriving:
            k += 1
            while count < heads[k]:
                _rise(heap, count, boundary)
                count += 1
            while count > heads[k]:
                count -= 1
                _sink(heap, count, heap[count])
            continue
        out[min(max(int(arrive[i] / length), 0), intervals - 1), 0] += 1.0
        if front == i and count > 0 and heap[0] <= now:
            at = min(int(now / length), intervals - 1)
            out[at, 1] += 1.0
            out[at, 2] += 1.0 if now - arrive[i] <= within else 0.0
            out[at, 4] += now - arrive[i]
            credit(busy, now, now + service[i], length)
            _sink(heap, count, now + service[i])
            front += 1
        i += 1
    while front < contacts:  # nobody is left to answer
        at = min(max(int(arrive[front] / length), 0), intervals - 1)
        out[at, 3] += 1.0
        front += 1
    return contacts + int(out[:, 1].sum() + out[:, 3].sum())
