"""Trips and estimates."""

from __future__ import annotations

import datetime as dt
import enum
import math
from dataclasses import dataclass

from denghuo.engine.geo import distance_km

Place = tuple[float, float]  # longitude, latitude; degrees of WGS-84
SATURDAY = 5


class Basis(enum.StrEnum):
    """What an estimate rests on."""

    PAIR = "pair"  # trips between these very zones
    ZONES = "zones"  # trips from the one and to the other
    STRAIGHT = "straight"  # distance as the crow flies × detour ÷ speed
    ROAD = "road"  # a road router


@dataclass(frozen=True, slots=True)
class Trip:
    """One journey of a crew. ``band`` is the hour of its departure as :func:`band_of` names it, ``minutes`` positive."""

    start: Place
    end: Place
    band: str
    minutes: float


@dataclass(frozen=True, slots=True)
class Straight:
    """The estimate without knowledge: ``fixed`` minutes to get going, then the great circle × ``detour`` at ``speed_kmh``.
    ``spread`` is the half width of its range as a share [0, 1)."""

    detour: float
    speed_kmh: float
    fixed: float = 0.0
    spread: float = 0.3

    def __post_init__(self) -> None:
        if not (self.detour >= 1 and self.speed_kmh > 0 and self.fixed >= 0 and 0 <= self.spread < 1):
            raise ValueError("detour ≥ 1, speed_kmh > 0, fixed ≥ 0 and 0 ≤ spread < 1 are needed")
        if not math.isfinite(self.detour + self.speed_kmh + self.fixed):
            raise ValueError("detour, speed_kmh and fixed must be finite")

    def minutes(self, start: Place, end: Place) -> float:
        """Minutes from ``start`` to ``end``. Raises ValueError for what is not a place on earth."""
        return self.fixed + distance_km(*start, *end) * self.detour / self.speed_kmh * 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """Minutes of a journey: as many trips are shorter as longer; ``low`` to ``high`` is where the share of trips lies that
    the model was asked to cover."""

    minutes: float
    low: float
    high: float
    basis: Basis


def band_of(at: dt.datetime) -> str:
    """The hour of ``at`` (local time), weekends apart: "w08" is 08:00–08:59 of a weekday, "e08" of a weekend."""
    return f"{'e' if at.weekday() >= SATURDAY else 'w'}{at.hour:02d}"
