"""A learned travel model: what it says of a journey, and as a matrix for a planner."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.geo import distances_km
from denghuo.engine.travel.types import Basis, Estimate, Place, Straight, Trip
from denghuo.engine.travel.zones import Zones

FACTORS: Final = ("pair", "start", "end", "band")
PAIR, START, END, BAND = range(4)
KNOWN = 5  # trips, from which on a pair of zones speaks for itself
SMALLEST = 0.5  # minutes


class Level(NamedTuple):
    """Effect on the logarithm, its posterior variance, and how many trips showed it."""

    value: float
    variance: float
    trips: int


def levels_of(trip: Trip, zones: Zones) -> tuple[str, str, str, str]:
    """What the model knows a trip by."""
    return _levels(zones.of(trip.start), zones.of(trip.end), trip.band)


def _levels(start: str, end: str, band: str) -> tuple[str, str, str, str]:
    return f"{start}>{end}", start, end, band


@dataclass(frozen=True, slots=True)
class TravelModel:
    """Multiplies the straight-line estimate by what trips have shown. ``levels`` by factor in the order of
    :data:`FACTORS`; ``spreads`` are the variances that levels never seen add; ``factor`` widens the range to the coverage
    asked for."""

    straight: Straight
    zones: Zones
    mean: float
    levels: tuple[Mapping[str, Level], ...]
    spreads: tuple[float, ...]
    sigma2: float
    factor: float
    trips: int

    def estimate(self, start: Place, end: Place, band: str) -> Estimate:
        """Minutes from ``start`` to ``end`` when leaving in ``band``. From or to a zone that no crew has been to, the plain
        straight line with its own range. Raises ValueError for what is not a place on earth."""
        base = max(self.straight.minutes(start, end), SMALLEST)
        row = _levels(self.zones.of(start), self.zones.of(end), band)
        if row[START] not in self.levels[START] or row[END] not in self.levels[END]:
            return Estimate(base, base * (1 - self.straight.spread), base * (1 + self.straight.spread), Basis.STRAIGHT)
        mean, sd = self.log_of(row)
        pair = self.levels[PAIR].get(row[PAIR])
        basis = Basis.PAIR if pair is not None and pair.trips >= KNOWN else Basis.ZONES
        reach = self.factor * sd
        return Estimate(base * math.exp(mean), base * math.exp(mean - reach), base * math.exp(mean + reach), basis)

    def log_of(self, row: Sequence[str]) -> tuple[float, float]:
        """Expected logarithm of the ratio to the straight line and its standard deviation, for levels as of
        :func:`levels_of`."""
        mean, variance = self.mean, self.sigma2
        for known, spread, word in zip(self.levels, self.spreads, row, strict=True):
            level = known.get(word)
            if level is None:
                variance += spread
            else:
                mean, variance = mean + level.value, variance + level.variance
        return mean, math.sqrt(variance)

    def matrix(self, starts: Sequence[Place], ends: Sequence[Place], band: str) -> NDArray[np.float64]:
        """Minutes from each of ``starts`` to each of ``ends`` (shape (starts, ends)), as :meth:`estimate` gives them."""
        lons = np.array([lon for lon, _lat in ends], dtype=np.float64)
        lats = np.array([lat for _lon, lat in ends], dtype=np.float64)
        rows, columns = [self.zones.of(one) for one in starts], [self.zones.of(one) for one in ends]
        ratios: dict[tuple[str, str], float] = {}
        out = np.empty((len(starts), len(ends)))
        pace = self.straight.detour / self.straight.speed_kmh * 60
        for i, (start, zone) in enumerate(zip(starts, rows, strict=True)):
            for column in set(columns):
                if (zone, column) not in ratios:
                    ratios[zone, column] = self._ratio(zone, column, band)
            base = np.maximum(self.straight.fixed + distances_km(*start, lons, lats) * pace, SMALLEST)
            out[i] = base * np.array([ratios[zone, column] for column in columns])
        return out

    def _ratio(self, start: str, end: str, band: str) -> float:
        row = _levels(start, end, band)
        known = start in self.levels[START] and end in self.levels[END]
        return math.exp(self.log_of(row)[0]) if known else 1.0

    def to_json(self) -> dict[str, Any]:
        """Plain values, to keep."""
        return {
            "straight": [self.straight.detour, self.straight.speed_kmh, self.straight.fixed, self.straight.spread],
            "cell_km": self.zones.cell_km,
            "mean": self.mean,
            "levels": [{word: list(level) for word, level in known.items()} for known in self.levels],
            "spreads": list(self.spreads),
            "sigma2": self.sigma2,
            "factor": self.factor,
            "trips": self.trips,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> TravelModel:
        """The inverse of :meth:`to_json`. Raises KeyError or TypeError for what was not made by it."""
        levels = tuple({word: Level(*level) for word, level in known.items()} for known in kept["levels"])
        return cls(
            Straight(*kept["straight"]), Zones(kept["cell_km"]), kept["mean"], levels, tuple(kept["spreads"]),
            kept["sigma2"], kept["factor"], kept["trips"],
        )  # fmt: skip
