"""Chats: an agent holds several conversations at once, each the slower the more there are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.queueing import kernels
from denghuo.engine.queueing.model import Bound, Floats, Measures, Requirement, Targets, columns, giving_up
from denghuo.engine.queueing.steady import HALF_HOUR

MOST_HEADS = 100_000


def chat_measures(
    contacts: ArrayLike,
    handling: ArrayLike,
    heads: ArrayLike,
    slowing: Sequence[float],
    *,
    interval: float = HALF_HOUR,
    patience: ArrayLike = math.inf,
    within: float = 60.0,
) -> Measures:
    """What ``heads`` give when one agent holds up to ``len(slowing)`` chats.

    ``handling`` is the seconds a chat takes alone; ``slowing[k - 1]`` is how many times longer it takes when its agent holds
    ``k`` (so ``slowing[0]`` is 1). Chats go to whoever holds fewest, so they lie evenly: a birth-death chain with a rate by
    state, as in Tezcan and Zhang, "Routing and staffing in customer service chat systems" (Operations Research 62, 2014).
    Other units as in :func:`measures`. Raises ValueError.
    """
    given = columns(interval, {"contacts": contacts, "handling": handling, "heads": heads, "patience": patience})
    shape = _shape(slowing)
    rows = [
        _one(rate, time, give_up, int(number), shape, within)
        for rate, time, give_up, number in zip(
            given["contacts"] / interval, given["handling"], giving_up(given["patience"]), given["heads"], strict=True
        )
    ]
    return _columns(given["heads"], rows)


def chat_requirement(
    contacts: ArrayLike,
    handling: ArrayLike,
    targets: Targets,
    slowing: Sequence[float],
    *,
    interval: float = HALF_HOUR,
    patience: ArrayLike = math.inf,
) -> Requirement:
    """The fewest heads that meet every target with chats held side by side; ``targets.occupancy`` is of the places. Raises
    ValueError, also when :data:`MOST_HEADS` are not enough."""
    given = columns(interval, {"contacts": contacts, "handling": handling, "patience": patience})
    shape, wanted = _shape(slowing), targets.row()
    heads, bound, rows = [], [], []
    for rate, time, give_up in zip(
        given["contacts"] / interval, given["handling"], giving_up(given["patience"]), strict=True
    ):
        number, why, row = _fewest(rate, time, give_up, shape, targets, wanted)
        heads.append(number)
        bound.append(why)
        rows.append(row)
    numbers = np.array(heads, np.int64)
    return Requirement(numbers, np.array(bound, np.int64), _columns(numbers.astype(np.float64), rows))


def _shape(slowing: Sequence[float]) -> Floats:
    """Chats ended in the time one takes alone, by number held."""
    times = np.asarray(slowing, dtype=np.float64)
    if times.ndim != 1 or not len(times) or not np.isclose(times[0], 1.0) or (np.diff(times) < 0.0).any():
        raise ValueError("slowing begins with 1 and does not fall")
    ended = np.arange(1, len(times) + 1) / times
    if (np.diff(ended) <= 0.0).any():
        raise ValueError("slowing makes an agent who holds one more chat end fewer of them: hold fewer")
    return np.concatenate([[0.0], ended])


def _one(rate: float, time: float, give_up: float, heads: int, shape: Floats, within: float) -> Floats:
    """The six measures and the share of places taken."""
    out = np.zeros(7)
    if rate <= 0.0:
        out[1] = 1.0
    elif heads == 0:
        kernels.calls_point(rate, time, give_up, 0, within, True, out)
        out[6] = 1.0
    else:
        held = kernels.chats_point(rate, shape / time, give_up, heads, within, True, out)
        out[6] = min(1.0, held / (heads * (len(shape) - 1)))
    return out


def _fewest(
    rate: float, time: float, give_up: float, shape: Floats, targets: Targets, wanted: Floats
) -> tuple[int, int, Floats]:
    def missed(number: int) -> int:
        row = _one(rate, time, give_up, number, shape, targets.within)
        return int(kernels.meets(row, row[6], wanted))

    why, low, high = int(Bound.NOTHING), 0, max(1, math.ceil(rate * time / shape[-1]))
    if rate > 0.0:
        why = missed(0) or why
        while code := missed(high):
            if high > MOST_HEADS:
                raise ValueError("the targets cannot be met with any number of heads")
            low, high, why = high, 2 * high, code
        while high - low > 1:
            middle = (low + high) // 2
            code = missed(middle)
            if code:
                low, why = middle, code
            else:
                high = middle
    else:
        high = 0
    if high < targets.fewest:
        high, why = targets.fewest, int(Bound.FEWEST)
    return high, why, _one(rate, time, give_up, high, shape, targets.within)


def _columns(heads: Floats, rows: list[Floats]) -> Measures:
    out = np.array(rows).reshape(-1, 7)
    return Measures(heads.astype(np.int64), out[:, 0], out[:, 1], out[:, 2], out[:, 3], out[:, 4], out[:, 5], out[:, 6])
