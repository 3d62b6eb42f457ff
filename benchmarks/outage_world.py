"""Made storms on a real network: which devices open, who calls, whose meter tells, and what is booked on the wrong place."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from denghuo.engine.outage import MV_KINDS, Call, DeviceKind, Forest, Observations, kinds_of
from denghuo.engine.topology import Tree, read_tables, tree_of

BEFORE = 120.0  # minutes before the storm from which calls without an outage are known


@dataclass(frozen=True)
class Habits:
    """What the made world does. ``near``: share of the mis-located calls booked in the same transformer area."""

    call_share: float = 0.15
    call_delay: float = 10.0
    noise_calls_per_hour: float = 0.002
    mislocated: float = 0.05
    near: float = 0.5
    meter_share: float = 0.8
    meter_noise_per_hour: float = 0.001
    most: int = 10
    shares: dict[str, float] = field(default_factory=lambda: {"lv": 0.6, "transformer": 0.15, "mv": 0.25})


@dataclass(frozen=True)
class Storm:
    """One made storm: what is open, since when (minutes before now), and everything that would ever be heard of it."""

    opened: dict[int, float]
    calls: tuple[tuple[int, float], ...]
    gasps: tuple[tuple[int, float], ...]

    def observed(self, now: float, meters: bool) -> Observations:
        """What had been heard at minute ``now``; the outages began at minute 0."""
        return Observations(
            now=now,
            calls=[Call(c, at) for c, at in self.calls if at <= now],
            gasps=[g for g in self.gasps if g[1] <= now] if meters else [],
            meters=meters,
        )


def network(folder: Path) -> Tree:
    """The supply tree of a folder of flat tables."""
    names = ("bus", "line", "switch", "trafo", "load")
    return tree_of(read_tables({n: gzip.decompress((folder / f"{n}.csv.gz").read_bytes()).decode() for n in names}))


class World:
    """A network with the classes of its devices and, per customer, the neighbours of its transformer area."""

    def __init__(self, forest: Forest, habits: Habits) -> None:
        self.forest, self.habits = forest, habits
        kinds = kinds_of(forest)
        has = forest.size > 0
        # Devices that take every customer are left out: with them open there is nothing to tell apart.
        whole = forest.size >= 0.9 * forest.customers
        self.classes = {
            "lv": [d for d, k in enumerate(kinds) if k == DeviceKind.LV_FEEDER and has[d]],
            "transformer": [d for d, k in enumerate(kinds) if k == DeviceKind.TRANSFORMER and has[d]],
            "mv": [d for d, k in enumerate(kinds) if k in MV_KINDS and has[d] and not whole[d]],
        }
        area = np.full(forest.devices, -1)
        for d, kind in enumerate(kinds):
            above = forest.parent[d]
            area[d] = d if kind == DeviceKind.TRANSFORMER else (area[above] if above >= 0 else -1)
        self.area = area[forest.customer_device]
        order = np.argsort(self.area, kind="stable")
        cuts = np.flatnonzero(np.diff(self.area[order])) + 1
        self.neighbours = {int(self.area[part[0]]): part for part in np.split(order, cuts)}

    def storm(self, rng: np.random.Generator, minutes: float) -> Storm:
        """A storm of 1 to ``most`` outages that all began at minute 0, none below another, seen until ``minutes``."""
        forest, habits = self.forest, self.habits
        opened: dict[int, float] = {}
        blocked = np.zeros(forest.devices, np.bool_)
        out = np.zeros(forest.customers, np.bool_)
        names = [name for name in habits.shares if self.classes[name]]
        weights = np.array([habits.shares[name] for name in names])
        wanted = int(rng.integers(1, habits.most + 1))
        for _try in range(50 * wanted):
            if len(opened) == wanted:
                break
            device = int(rng.choice(self.classes[str(rng.choice(names, p=weights / weights.sum()))]))
            below = forest.below(device)
            if blocked[device] or any(below[d] for d in opened):
                continue
            opened[device] = 0.0
            blocked |= below
            out |= below[forest.customer_device]
        customers = np.flatnonzero(out)
        callers = customers[rng.random(len(customers)) < habits.call_share]
        calls = [(self._booked(rng, int(c)), float(rng.exponential(habits.call_delay))) for c in callers]
        noise = rng.poisson(habits.noise_calls_per_hour * forest.customers * (minutes + BEFORE) / 60)
        calls += [(int(rng.integers(forest.customers)), float(rng.uniform(-BEFORE, minutes))) for _n in range(noise)]
        heard = customers[rng.random(len(customers)) < habits.meter_share]
        gasps = [(int(c), float(rng.uniform(0, 2))) for c in heard]
        noise = rng.poisson(habits.meter_noise_per_hour * forest.customers * (minutes + BEFORE) / 60)
        gasps += [(int(rng.integers(forest.customers)), float(rng.uniform(-BEFORE, minutes))) for _n in range(noise)]
        return Storm(opened, tuple(calls), tuple(gasps))

    def _booked(self, rng: np.random.Generator, customer: int) -> int:
        habits = self.habits
        if rng.random() >= habits.mislocated:
            return customer
        near = self.neighbours[int(self.area[customer])]
        return int(rng.choice(near)) if rng.random() < habits.near else int(rng.integers(self.forest.customers))


def by_counting(forest: Forest, calls: list[Call], least: int, share: float, minutes: float, now: float) -> list[int]:
    """The plain rule: a device is open when at least ``least`` of its customers and this share of them called within
    ``minutes``; of several above one another, the topmost whose children with calls are more than one."""
    hits = np.zeros(forest.devices, np.int64)
    seen = {c.customer for c in calls if now - c.at <= minutes}
    for customer in seen:
        hits[forest.customer_device[customer]] += 1
    for d in range(forest.devices - 1, -1, -1):
        if forest.parent[d] >= 0:
            hits[forest.parent[d]] += hits[d]
    passing = (hits >= least) & (hits >= share * forest.size)
    branches = np.zeros(forest.devices, np.int64)
    for d in range(forest.devices):
        if forest.parent[d] >= 0 and hits[d] > 0:
            branches[forest.parent[d]] += 1
    own = (
        np.bincount(forest.customer_device[list(seen)], minlength=forest.devices) if seen else np.zeros(forest.devices)
    )
    covered = np.zeros(forest.devices, np.bool_)
    found = []
    for d in range(forest.devices):
        up = forest.parent[d]
        covered[d] = up >= 0 and covered[up]
        if not covered[d] and passing[d] and (branches[d] > 1 or own[d] > 0):
            covered[d] = True
            found.append(d)
    return found
