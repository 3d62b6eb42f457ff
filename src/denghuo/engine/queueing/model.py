"""What goes in and what comes out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Bound(IntEnum):
    """Which target the number of heads hangs on: one head less would miss it."""

    NOTHING = 0
    SERVICE_LEVEL = 1
    ANSWER = 2
    ABANDONED = 3
    OCCUPANCY = 4
    FEWEST = 5


@dataclass(frozen=True)
class Targets:
    """What a queue promises. ``None`` is no target.

    ``service_level``: share of all contacts answered within ``within`` seconds, those that gave up counting as not answered;
    ``answer``: mean wait of the answered, seconds; ``abandoned``: share that gives up; ``occupancy``: share of their time that
    agents are busy; ``fewest``: heads that stay whatever the load.
    """

    service_level: float | None = 0.8
    within: float = 20.0
    answer: float | None = None
    abandoned: float | None = None
    occupancy: float | None = None
    fewest: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("service_level", 0.0, 1.0), ("abandoned", 0.0, 1.0), ("occupancy", 0.0, 1.0)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} lies between {low} and {high}, not {value}")
        if self.occupancy == 0.0:
            raise ValueError("nobody can be busy no part of the time: occupancy must be above 0")
        if self.service_level == 1.0 and self.within < math.inf:
            raise ValueError("no number of heads answers every contact in time: service_level must be below 1")
        if self.within < 0.0 or (self.answer is not None and self.answer <= 0.0) or self.fewest < 0:
            raise ValueError("within and fewest are not negative, answer is above 0")
        if self.abandoned == 0.0:
            raise ValueError("no number of heads keeps everybody: abandoned must be above 0")
        if all(value is None for value in (self.service_level, self.answer, self.abandoned, self.occupancy)):
            raise ValueError("at least one target is needed")

    def row(self) -> Floats:
        """As the kernels read them: NaN is no target."""
        values = (self.service_level, self.answer, self.abandoned, self.occupancy)
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


@dataclass(frozen=True)
class Measures:
    """A steady state by interval. ``waits``: share that finds nobody free; ``service_level``, ``abandoned``: shares of all;
    ``wait``: mean of all, whether answered or not, and ``answer`` of the answered, seconds; ``queue``: mean number waiting;
    ``occupancy``: share of the time agents are busy (of their places, for chats). Without patience and with too much work the
    waits are infinite."""

    heads: Ints
    waits: Floats
    service_level: Floats
    abandoned: Floats
    wait: Floats
    answer: Floats
    queue: Floats
    occupancy: Floats


@dataclass(frozen=True)
class Requirement:
    """Fewest heads by interval, which target each hangs on (:class:`Bound`), and what they then give."""

    heads: Ints
    bound: Ints
    measures: Measures

    def reasons(self) -> list[Bound]:
        return [Bound(int(code)) for code in self.bound]


def columns(interval: float, values: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Equal long columns of floats. Raises ValueError naming the column that is not finite, negative or of another length."""
    if not interval > 0.0:
        raise ValueError(f"interval is a number of seconds above 0, not {interval}")
    raw = {name: np.atleast_1d(np.asarray(value, dtype=np.float64)) for name, value in values.items()}
    size = max(len(value) for value in raw.values())
    found = {}
    for name, value in raw.items():
        if value.ndim != 1 or len(value) not in (1, size):
            raise ValueError(f"{name} has {value.shape} values where {size} are wanted")
        if np.isnan(value).any() or (value < 0.0).any():
            raise ValueError(f"{name} must be numbers of at least 0")
        if name != "patience" and np.isinf(value).any():
            raise ValueError(f"{name} must be finite")
        found[name] = np.ascontiguousarray(np.broadcast_to(value, (size,)))
    for name in ("handling", "patience"):
        if name in found and not (found[name] > 0.0).all():
            raise ValueError(f"{name} must be above 0")
    return found


def giving_up(patience: Floats) -> Floats:
    """Rate at which the waiting give up; 0 for endless patience."""
    return np.where(np.isinf(patience), 0.0, 1.0 / patience)
