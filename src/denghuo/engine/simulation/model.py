"""What is simulated and what comes out, as frozen dataclasses. Times in seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.routing.plan import QueuePlan, Settings

Floats = NDArray[np.float64]
FIELDS = (
    "offered", "answered", "within", "abandoned", "waited", "waited_in_vain", "called_back", "retried", "contained",
)  # fmt: skip


class Stopped(Exception):
    """The caller's ``cancelled`` said so; nothing is returned."""


class Spread(Enum):
    """Shape of a distribution of times."""

    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    EMPIRICAL = "empirical"


@dataclass(frozen=True)
class Times:
    """Times to draw from: handling, patience. An infinite mean of patience is a customer who never hangs up."""

    mean: float
    spread: Spread = Spread.EXPONENTIAL
    cv: float = 1.0  # standard deviation / mean, LOGNORMAL only
    sample: tuple[float, ...] = ()  # EMPIRICAL: measured times, drawn with equal chance

    @classmethod
    def measured(cls, sample: tuple[float, ...]) -> Times:
        """Draw from these measured seconds. Raises ValueError when empty."""
        if not sample:
            raise ValueError("an empirical distribution needs measured times")
        return cls(math.fsum(sample) / len(sample), Spread.EMPIRICAL, sample=tuple(sorted(sample)))

    def __post_init__(self) -> None:
        if not self.mean > 0.0 or not self.cv > 0.0:
            raise ValueError("mean and cv of times must be above 0")
        if self.spread is Spread.EMPIRICAL and (not self.sample or min(self.sample) < 0.0):
            raise ValueError("an empirical distribution needs measured times, none of them negative")


@dataclass(frozen=True)
class Queue:
    """One stream of contacts. ``contacts`` are expected numbers by interval, before the robot takes its share."""

    code: str
    contacts: tuple[float, ...]
    handling: Times
    patience: Times = field(default_factory=lambda: Times(math.inf))
    within: float = 20.0  # answered in time, seconds
    surge: tuple[float, ...] = ()  # multiplier by interval, of an outage for example; empty: 1
    flicker: float = 0.0  # coefficient of variation of a gamma factor drawn anew for every interval
    contained: float = 0.0  # share that IVR or robot ends by itself
    retry: float = 0.0  # share of those who gave up that call again, each time anew
    retry_after: float = 300.0  # mean seconds until they do, exponential
    callback_after: float = math.inf  # seconds of waiting after which a call-back is offered
    callback_accepted: float = 0.0  # share that accepts; keeps the place in the queue and does not hang up any more
    slowing: float = 0.0  # a chat beside k others takes 1 + slowing × k times as long
    routing: QueuePlan | None = None  # None: whoever has no skill to show may take it, first come first served


@dataclass(frozen=True)
class Group:
    """People who can do the same. ``heads`` by interval are those planned at work, ``breaks`` those of them away."""

    code: str
    heads: tuple[int, ...]
    skills: Mapping[str, int] = field(default_factory=dict)
    breaks: tuple[int, ...] = ()
    absence: float = 0.0  # chance that a planned person does not come that day
    capacity: tuple[int, int, int] = (1, 0, 0)  # calls, chats, deferred at a time
    echelon: int = 0


@dataclass(frozen=True)
class Centre:
    """Queues and groups over the same intervals of ``interval`` seconds.

    ``busyness`` is the coefficient of variation of a gamma factor common to all queues, drawn anew for every day: counts
    vary more than Poisson ones do (Whitt, Management Science 45, 1999). Totals leave out the first ``warm_up`` intervals.
    """

    queues: tuple[Queue, ...]
    groups: tuple[Group, ...]
    interval: float = 1800.0
    busyness: float = 0.0
    warm_up: int = 0
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if not self.queues or not self.groups or not self.interval > 0.0:
            raise ValueError("a centre needs a queue, a group and an interval above 0 seconds")
        size = self.intervals
        for queue in self.queues:
            _queue_is_sound(queue, size)
        for group in self.groups:
            _group_is_sound(group, size)
        if not 0 <= self.warm_up < size or not self.busyness >= 0.0:
            raise ValueError("warm_up must leave an interval, busyness must not be negative")

    @property
    def intervals(self) -> int:
        """How many intervals a day has."""
        return len(self.queues[0].contacts)


def _queue_is_sound(queue: Queue, size: int) -> None:
    where = f"queue {queue.code}"
    if len(queue.contacts) != size or not size or len(queue.surge) not in (0, size):
        raise ValueError(f"{where}: contacts and surge need {size} intervals")
    if not all(math.isfinite(n) and n >= 0.0 for n in (*queue.contacts, *queue.surge)):
        raise ValueError(f"{where}: contacts and surge must be finite and not negative")
    if not all(0.0 <= share <= 1.0 for share in (queue.contained, queue.callback_accepted)) or not 0 <= queue.retry < 1:
        raise ValueError(f"{where}: shares lie between 0 and 1, retry below 1")
    if math.isinf(queue.handling.mean) or min(queue.within, queue.flicker, queue.slowing) < 0.0:
        raise ValueError(f"{where}: handling is finite; within, flicker and slowing are not negative")
    if not (queue.retry_after > 0.0 and queue.callback_after > 0.0):
        raise ValueError(f"{where}: retry_after and callback_after must be above 0")


def _group_is_sound(group: Group, size: int) -> None:
    where = f"group {group.code}"
    if len(group.heads) != size or len(group.breaks) not in (0, size):
        raise ValueError(f"{where}: heads and breaks need {size} intervals")
    if min((*group.heads, *group.breaks)) < 0 or not 0.0 <= group.absence <= 1.0:
        raise ValueError(f"{where}: heads and breaks are not negative, absence lies between 0 and 1")


@dataclass(frozen=True)
class Estimate:
    """Mean over days, and the half width of its 95 % confidence interval (Student's t; infinite for one day)."""

    mean: float
    half_width: float

    @property
    def low(self) -> float:
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        return self.mean + self.half_width


@dataclass(frozen=True)
class Outcome:
    """Figures of all days. ``table`` (queue, interval, FIELDS): means by day, by interval of arrival.

    ``totals`` (day, queue, FIELDS) leave out the warm-up; ``busy`` and ``staffed`` (group, interval): mean seconds of work
    and of places at work; ``loads`` (day, 2): their sums. ``events``: arrivals, ends of service, ends of patience of all days.
    """

    queues: tuple[str, ...]
    groups: tuple[str, ...]
    table: Floats
    totals: Floats
    busy: Floats
    staffed: Floats
    loads: Floats
    events: int

    @property
    def replications(self) -> int:
        return len(self.totals)

    def by_interval(self, queue: str | None = None) -> dict[str, Floats]:
        """Columns of FIELDS, and ``service_level``, ``abandonment`` and ``asa`` (seconds), by interval; None: all queues."""
        table = self.table.sum(axis=0) if queue is None else self.table[self.queues.index(queue)]
        columns = {name: table[:, at] for at, name in enumerate(FIELDS)}
        columns["service_level"] = _share(columns["within"], columns["offered"], 1.0)
        columns["abandonment"] = _share(columns["abandoned"], columns["offered"], 0.0)
        columns["asa"] = _share(columns["waited"], columns["answered"], 0.0)
        return columns

    def occupancy_by_interval(self, group: str | None = None) -> Floats:
        """Share of the places at work that are busy; None: all groups."""
        rows = slice(None) if group is None else slice(self.groups.index(group), self.groups.index(group) + 1)
        return _share(self.busy[rows].sum(axis=0), self.staffed[rows].sum(axis=0), 0.0)

    def by_day(self, measure: str, queue: str | None = None) -> Floats:
        """One value a day: a name of FIELDS, ``service_level``, ``abandonment``, ``asa`` or ``occupancy``."""
        if measure == "occupancy":
            return _share(self.loads[:, 0], self.loads[:, 1], 0.0)
        days = self.totals.sum(axis=1) if queue is None else self.totals[:, self.queues.index(queue)]
        columns = {name: days[:, at] for at, name in enumerate(FIELDS)}
        if measure in columns:
            return columns[measure]
        top, below, empty = {
            "service_level": ("within", "offered", 1.0),
            "abandonment": ("abandoned", "offered", 0.0),
            "asa": ("waited", "answered", 0.0),
        }[measure]
        return _share(columns[top], columns[below], empty)

    def estimate(self, measure: str, queue: str | None = None) -> Estimate:
        """Mean and confidence interval of a measure of :meth:`by_day`. Raises KeyError for an unknown one."""
        return estimated(self.by_day(measure, queue))


@dataclass(frozen=True)
class Comparison:
    """Two centres that met the same customers, day by day."""

    before: Outcome
    after: Outcome

    def difference(self, measure: str, queue: str | None = None) -> Estimate:
        """``after`` less ``before``, with the confidence interval of paired days."""
        return estimated(self.after.by_day(measure, queue) - self.before.by_day(measure, queue))


def _share(top: Floats, below: Floats, empty: float) -> Floats:
    shares: Floats = np.divide(top, below, out=np.full(top.shape, empty), where=below > 0.0)
    return shares


def estimated(values: Floats) -> Estimate:
    """Mean and 95 % half width by Student's t."""
    count = len(values)
    if count < 2:
        return Estimate(float(values.mean()), math.inf)
    from scipy.stats import t

    half = float(t.ppf(0.975, count - 1)) * float(values.std(ddof=1)) / math.sqrt(count)
    return Estimate(float(values.mean()), half)
