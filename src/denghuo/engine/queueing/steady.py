"""Calls in a steady state: one conversation at a time for every agent (Erlang B, C and A)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.queueing import kernels
from denghuo.engine.queueing.model import Floats, Ints, Measures, Requirement, Targets, columns, giving_up

HALF_HOUR = 1800.0


def blocking(load: float, servers: int) -> float:
    """Erlang's B: the share turned away when nobody can wait. ``load`` in erlangs. Raises ValueError."""
    if not load > 0.0 or servers < 0:
        raise ValueError("load must be above 0, servers not negative")
    return float(kernels.blocked(load, servers))


def measures(
    contacts: ArrayLike,
    handling: ArrayLike,
    heads: ArrayLike,
    *,
    interval: float = HALF_HOUR,
    patience: ArrayLike = math.inf,
    within: float = 20.0,
) -> Measures:
    """What ``heads`` give, for every interval as if its load lasted.

    ``contacts`` by interval, mean ``handling`` and mean ``patience`` in seconds (single numbers hold for all), ``interval`` its
    length in seconds. Handling times and patience are exponential: Erlang C when patience is endless, else Erlang A in the
    exact form of Zeltyn and Mandelbaum, "Call centers with impatient customers" (Queueing Systems 51, 2005). Raises
    ValueError naming the column.
    """
    given = columns(interval, {"contacts": contacts, "handling": handling, "heads": heads, "patience": patience})
    numbers = given["heads"].astype(np.int64)
    if not np.array_equal(numbers, given["heads"]):
        raise ValueError("heads must be whole numbers")
    return _measured(given["contacts"] / interval, given["handling"], giving_up(given["patience"]), numbers, within)


def requirement(
    contacts: ArrayLike,
    handling: ArrayLike,
    targets: Targets,
    *,
    interval: float = HALF_HOUR,
    patience: ArrayLike = math.inf,
) -> Requirement:
    """The fewest heads that meet every target, for every interval as if its load lasted, and which target they hang on.

    Units as in :func:`measures`; an interval without contacts needs ``targets.fewest``. Raises ValueError naming the column.
    """
    given = columns(interval, {"contacts": contacts, "handling": handling, "patience": patience})
    arriving, leaving_queue = given["contacts"] / interval, giving_up(given["patience"])
    size = len(arriving)
    heads, bound = np.zeros(size, np.int64), np.zeros(size, np.int64)
    kernels.calls_needed(
        arriving, given["handling"], leaving_queue, targets.within, targets.row(), targets.fewest, heads, bound
    )
    return Requirement(heads, bound, _measured(arriving, given["handling"], leaving_queue, heads, targets.within))


def sensitivity(
    contacts: float,
    handling: float,
    heads: int,
    *,
    around: int = 3,
    interval: float = HALF_HOUR,
    patience: float = math.inf,
    within: float = 20.0,
) -> Measures:
    """One interval with ``heads - around`` to ``heads + around`` people: what one head more or less changes."""
    numbers = np.arange(max(0, heads - around), heads + around + 1)
    return measures(contacts, handling, numbers, interval=interval, patience=patience, within=within)


def _measured(arriving: Floats, handling: Floats, leaving_queue: Floats, heads: Ints, within: float) -> Measures:
    out = np.zeros((len(arriving), 6))
    kernels.calls_many(arriving, handling, leaving_queue, heads, within, out)
    busy = arriving * (1.0 - out[:, 2]) * handling
    with np.errstate(divide="ignore", invalid="ignore"):
        occupancy = np.where(heads > 0, np.minimum(1.0, busy / heads), np.where(arriving > 0.0, 1.0, 0.0))
    return Measures(heads, out[:, 0], out[:, 1], out[:, 2], out[:, 3], out[:, 4], out[:, 5], occupancy)
