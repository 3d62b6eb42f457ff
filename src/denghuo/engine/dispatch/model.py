"""What a dispatch plan is made of: crews, orders, weights, the plan, and its cost in parts.

All times are minutes on one clock that the caller chooses (for instance minutes since midnight); distances are kilometres.
Skills and tools are bit masks. Codes and numbers only: the words for people are made by the caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
#: Order of the crew by index; the order by index, in the sequence it will be visited.
Routes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Crew:
    """One crew. ``start`` and ``end`` are rows of the matrices; ``end`` None when the way home does not count.

    Attributes:
        start: where it is, or will be, when it becomes free at ``ready``.
        shift_end: minutes; work beyond it costs ``Weights.overtime`` a minute, and more than ``overtime_max`` is not allowed.
        skills, tools: bit masks; an order needs all of its bits.
        parts: how many of each kind are in the vehicle.
        break_from, break_minutes: a break is taken before the first order that would otherwise begin at ``break_from`` or
            later; waiting after ``break_from`` counts towards it. None: no break (left).
        depot: row where missing tools and parts can be fetched on the way, None when they cannot.
        frozen: how many leading orders of the running plan must stay (on the way, on site, the next ones).
    """

    start: int
    end: int | None = None
    ready: float = 0.0
    shift_end: float = math.inf
    overtime_max: float = 0.0
    skills: int = 0
    tools: int = 0
    parts: tuple[int, ...] = ()
    break_from: float | None = None
    break_minutes: float = 0.0
    depot: int | None = None
    frozen: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One visit by one crew. Work that needs several crews is several orders with one ``together`` key.

    Attributes:
        place: row of the matrices.
        minutes: work on site.
        release: earliest begin.
        promise: latest begin that was promised; with ``firm`` it may not be missed at all.
        breach: cost of missing the promise; ``late`` is the cost of every minute beyond it.
        unserved: cost of leaving it out of the plan.
        emergency: green lane; :func:`~denghuo.engine.dispatch.insert_now` and every rebuilding place it first.
        together: orders with the same key begin at the same moment with different crews, all or none.
        crew: crew it is with now (its index); moving it away costs ``Weights.reassignment``.
        only: crews that may take it; empty: all.
    """

    place: int
    minutes: float
    release: float = 0.0
    promise: float = math.inf
    firm: bool = False
    breach: float = 60.0
    late: float = 1.0
    unserved: float = 1000.0
    emergency: bool = False
    skills: int = 0
    tools: int = 0
    parts: tuple[int, ...] = ()
    together: int | None = None
    crew: int | None = None
    only: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Weights:
    """Cost of a kilometre, of a minute of driving, of a paid minute (first leaving to last arrival), of a minute of
    overtime, and of giving an order to another crew than the one that has it."""

    km: float = 1.0
    driving: float = 0.0
    working: float = 0.0
    overtime: float = 5.0
    reassignment: float = 0.0


@dataclass(frozen=True)
class Problem:
    """Everything a plan depends on. ``minutes`` and ``km`` are square over all places.

    ``sequence`` holds pairs (first, then) of orders: a crew that visits both visits the first one earlier. A pair is void
    while different crews have its orders, or once ``then`` stands in a frozen prefix.

    Raises:
        ValueError: matrices of different or wrong shape, negative or not finite entries, a place outside them, a pair that
            names no two orders.
    """

    crews: tuple[Crew, ...]
    orders: tuple[Order, ...]
    minutes: Matrix
    km: Matrix
    weights: Weights = field(default_factory=Weights)
    sequence: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        size = len(self.minutes)
        for matrix in (self.minutes, self.km):
            if matrix.shape != (size, size) or not np.isfinite(matrix).all() or (size and matrix.min() < 0):
                raise ValueError("travel matrices must be square, alike, finite and not negative")
        places = [one.place for one in self.orders] + [one.start for one in self.crews]
        places += [place for one in self.crews for place in (one.end, one.depot) if place is not None]
        if any(not 0 <= place < size for place in places):
            raise ValueError("a place lies outside the travel matrices")
        if any(
            one == then or not 0 <= min(one, then) <= max(one, then) < len(self.orders) for one, then in self.sequence
        ):
            raise ValueError("a pair of the sequence names no two orders")

    def with_order(self, order: Order) -> Problem:
        """The same problem with one more order, which gets the last index."""
        return replace(self, orders=(*self.orders, order))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which crew visits what, in which sequence. Orders in no route are unserved.

    ``stock[c]`` is the position before which crew ``c`` drives by the depot, -1 for not at all. ``agreed`` maps an order
    that begins together with others to the agreed minute. ``iterations`` says how long the search was.
    """

    routes: Routes
    stock: tuple[int, ...] = ()
    agreed: tuple[tuple[int, float], ...] = ()
    iterations: int = 0

    def crew_of(self, order: int) -> int | None:
        """Index of the crew that has the order, None when nobody has."""
        return next((crew for crew, route in enumerate(self.routes) if order in route), None)


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of a plan in parts; ``total`` is their sum. ``feasible`` is False when a hard rule is broken."""

    km: float
    driving: float
    working: float
    breach: float
    late: float
    overtime: float
    unserved: float
    reassignment: float
    feasible: bool = True

    @property
    def total(self) -> float:
        """Sum of the parts; infinite when a hard rule is broken."""
        if not self.feasible:
            return math.inf
        paid = self.km + self.driving + self.working + self.breach + self.late
        return paid + self.overtime + self.unserved + self.reassignment


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit in the timetable of a plan, minutes and kilometres; ``late`` 0 when the promise is kept.

    ``set_out``: when the crew starts to drive there. Where the work may not begin yet, it stays where it is until it must
    leave: an order that comes in meanwhile finds it nearer, and the plan may still change without a wasted drive.
    """

    order: int
    set_out: float
    arrive: float
    begin: float
    leave: float
    late: float
    km: float
