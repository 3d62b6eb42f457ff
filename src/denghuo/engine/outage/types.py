"""What outage inference reads and tells: the supply forest, what was observed, the parameters, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Marks = NDArray[np.int8]


class DeviceKind(StrEnum):
    """What can open. The chance of a fault is set per kind."""

    SOURCE = "source"
    FEEDER = "feeder"
    SECTION = "section"
    LINE = "line"
    TRANSFORMER = "transformer"
    LV_FEEDER = "lv_feeder"
    SERVICE = "service"


KINDS: tuple[DeviceKind, ...] = tuple(DeviceKind)
MV_KINDS = frozenset({DeviceKind.SOURCE, DeviceKind.FEEDER, DeviceKind.SECTION, DeviceKind.LINE})


@dataclass(frozen=True)
class Forest:
    """Devices of one or many feeders as arrays, every parent before its children (-1: a root).

    ``customer_device`` is the lowest device above each customer, -1 when nobody recorded it; ``customer_meter`` tells
    whose meter can report that its supply went. ``size`` and ``meters`` are customers and such meters below each device.
    """

    parent: Ints
    kind: NDArray[np.int8]
    customer_device: Ints
    customer_meter: Flags
    size: Ints
    meters: Ints

    @property
    def devices(self) -> int:
        """How many devices there are."""
        return len(self.parent)

    @property
    def customers(self) -> int:
        """How many customers there are below the roots, or listed, whichever is more."""
        return max(int(self.size[self.parent < 0].sum()), len(self.customer_device))

    def below(self, device: int) -> Flags:
        """Which devices lie under ``device``, itself among them."""
        from denghuo.engine.outage import kernels  # compiled code is loaded where it is used

        return kernels.below(self.parent, device)

    def alike(self, device: int) -> list[int]:
        """Devices whose loss takes exactly the same customers, so that no report of theirs can tell them apart."""
        found, above = [device], int(self.parent[device])
        while above >= 0 and self.size[above] == self.size[device]:
            found.append(above)
            above = int(self.parent[above])
        inside = self.below(device)
        inside[device] = False
        found += [int(one) for one in np.flatnonzero(inside & (self.size == self.size[device]))]
        return sorted(found)


def forest(
    parent: Sequence[int] | Ints,
    kind: Sequence[DeviceKind],
    customer_device: Sequence[int] | Ints,
    customer_meter: Sequence[bool] | Flags | None = None,
    own: Sequence[int] | Ints | None = None,
    own_meters: Sequence[int] | Ints | None = None,
) -> Forest:
    """The forest of these devices. Raises ValueError when a parent does not stand before its child.

    ``own`` and ``own_meters``: customers and reporting meters hanging on each device itself, when only those heard of are
    listed in ``customer_device``; otherwise they are counted from it.
    """
    from denghuo.engine.outage import kernels

    up = np.asarray(parent, np.int32)
    attached = np.asarray(customer_device, np.int32)
    if np.any(up >= np.arange(len(up))) or np.any(up < -1):
        raise ValueError("every parent must stand before its children")
    if len(attached) and (attached.max(initial=-1) >= len(up)):
        raise ValueError("a customer hangs on a device that is not there")
    reports = np.zeros(len(attached), np.bool_) if customer_meter is None else np.asarray(customer_meter, np.bool_)
    known = attached >= 0
    size = _per_device(own, attached[known], len(up))
    meters = _per_device(own_meters, attached[known & reports], len(up))
    kernels.add_up(up, size)
    kernels.add_up(up, meters)
    codes = np.array([KINDS.index(one) for one in kind], np.int8)
    return Forest(up, codes, attached, reports, size, meters)


def _per_device(own: Sequence[int] | Ints | None, attached: Ints, devices: int) -> Ints:
    if own is not None:
        return np.array(own, np.int32)
    return np.bincount(attached, minlength=devices).astype(np.int32)


@dataclass(frozen=True)
class Call:
    """A report of no supply. ``at`` in minutes on any clock shared by all observations.

    ``groupable``: the kind of trouble can have a cause that others share (no supply, half the lamps), not a matter of the
    customer's own. ``sure``: the caller was found by account or meter, not guessed from an address.
    """

    customer: int
    at: float
    groupable: bool = True
    sure: bool = True


@dataclass(frozen=True)
class Observations:
    """What is known up to ``now`` (minutes): calls, meters, devices, and what operators found out.

    ``gasps`` and ``power_on`` are (customer, minute) of meters that lost and regained supply; ``supplied`` (customer,
    minute) is a customer or meter known to have supply at that minute. ``trips`` are (device, minute) of breakers that
    told they opened; ``opened`` and ``closed`` are devices that somebody has seen open or closed. ``meters`` False: their
    messages do not come in just now, so that their silence says nothing.
    """

    now: float
    calls: Sequence[Call] = ()
    gasps: Sequence[tuple[int, float]] = ()
    power_on: Sequence[tuple[int, float]] = ()
    supplied: Sequence[tuple[int, float]] = ()
    trips: Sequence[tuple[int, float]] = ()
    opened: Sequence[int] = ()
    closed: Sequence[int] = ()
    meters: bool = True


DEFAULT_ODDS: dict[DeviceKind, float] = {
    DeviceKind.SOURCE: 2e-4,
    DeviceKind.FEEDER: 4e-3,
    DeviceKind.SECTION: 6e-3,
    DeviceKind.LINE: 6e-3,
    DeviceKind.TRANSFORMER: 6e-3,
    DeviceKind.LV_FEEDER: 6e-3,
    DeviceKind.SERVICE: 1e-3,
}


@dataclass(frozen=True)
class Parameters:
    """How often things fail and how people and meters tell of it. All are estimates that a user replaces by their own.

    ``odds``: that a device of the kind is open just now, before anything was heard. ``call_share``: share of customers
    without supply who call at all; ``call_delay``: mean minutes until they do; ``call_spread`` and ``meter_spread``: how
    alike outages are in that (pseudo-customers; small: very different from outage to outage). ``noise_per_hour``: calls
    of no supply per customer and hour without any outage. ``mislocated``, ``unsure_weight``: share of calls booked on a
    wrong customer; what a call with a guessed place counts. ``meter_share``: share of meters whose last message arrives;
    ``meter_noise_per_hour``: such messages without an outage. ``trip_seen``, ``trip_false``: chance of a trip message
    from an open and from a closed breaker. ``supplied_wrong``: chance that a customer told to have supply has none.
    ``half_life``: minutes after which an observation counts half, by source; none given: it counts fully to the horizon.
    """

    odds: dict[DeviceKind, float] = field(default_factory=lambda: dict(DEFAULT_ODDS))
    call_share: float = 0.15
    call_delay: float = 10.0
    call_spread: float = 40.0
    noise_per_hour: float = 0.002
    mislocated: float = 0.05
    unsure_weight: float = 0.5
    meter_share: float = 0.8
    meter_spread: float = 10.0
    meter_noise_per_hour: float = 0.001
    meter_wait: float = 2.0
    trip_seen: float = 0.95
    trip_false: float = 1e-3
    supplied_wrong: float = 0.01
    probable_at: float = 0.6
    confirmed_at: float = 0.98
    rule_calls: int = 2
    rule_minutes: float = 15.0
    rule_share: float = 0.05
    rule_floor: float = 0.05
    horizon: float = 360.0
    half_life: dict[str, float] = field(default_factory=dict)

    def worth(self, source: str, age: float) -> float:
        """What an observation of ``source`` (call, gasp, trip) counts ``age`` minutes after it: half after its half-life."""
        half = self.half_life.get(source, 0.0)
        return 0.5 ** (max(age, 0.0) / half) if half > 0 else 1.0


class Grade(StrEnum):
    """How sure it is: ``confirmed`` by two sources or by somebody who saw it, ``probable`` otherwise."""

    PROBABLE = "probable"
    CONFIRMED = "confirmed"


class Reason(StrEnum):
    """Why a device was named."""

    CALLS = "calls"
    GASPS = "gasps"
    TRIP = "trip"
    OPERATOR = "operator"
    COUNT_RULE = "count_rule"
    NESTED = "nested"


@dataclass(frozen=True)
class Found:
    """A device that is open as far as can be told.

    ``posterior``: chance that it is the topmost open device, 0 to 1; ``ratio``: natural logarithm of how much better it
    explains what was observed below it than no outage does. ``began``: the minute it most likely opened. ``customers``:
    below it; ``calls`` and ``gasps``: customers below it that called or whose meters fell silent since it began.
    ``alike``: devices that would look the same. ``above``: the open device it lies under, None when it is topmost.
    """

    device: int
    posterior: float
    ratio: float
    grade: Grade
    began: float
    customers: int
    calls: tuple[int, ...]
    gasps: tuple[int, ...]
    reasons: tuple[Reason, ...]
    alike: tuple[int, ...] = ()
    above: int | None = None


@dataclass(frozen=True)
class Left:
    """What is still out after a device was reported restored."""

    customers: tuple[int, ...]
    silent_meters: tuple[int, ...]
    devices: tuple[Found, ...]
