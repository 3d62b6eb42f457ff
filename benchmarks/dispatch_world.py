"""The worlds of the dispatch benchmark: made days read from files, and travel between their places.

A place knows its zone (0 town, 1 suburb, 2 country; crews by their distance from the centre). Minutes and kilometres come
from the rule that the files state: a detour factor and a speed for each zone, the mean of both ends, and 90 s of parking.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.dispatch import Crew, Order, PlanWeights, Problem

DETOUR = np.array([1.4, 1.3, 1.25])
SPEED = np.array([24.0, 42.0, 48.0])
PARKING = 1.5
SKILLS = ("lv", "meter", "inspect", "hv", "live", "cable")
# A missed promise costs as much as this many minutes of lateness, on top of the minutes.
BREACH_MINUTES = 60.0
WEIGHTS = PlanWeights(km=1.0, driving=0.05, overtime=20.0)
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Spec:
    """A made day: its places first crews, then orders."""

    name: str
    problem: Problem
    fault: NDArray[np.bool_]
    emergency: NDArray[np.bool_]
    zone: NDArray[np.int64]  # of each order


def zone_of(x: float, y: float) -> int:
    """Zone by distance from the centre: 8 km and 30 km are the borders."""
    return int(np.searchsorted([8.25, 30.3], np.hypot(x, y)))


def travel(points: Matrix, zones: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """(minutes, kilometres) between all points."""
    straight = np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1])
    detour = (DETOUR[zones][:, None] + DETOUR[zones][None, :]) / 2
    speed = (SPEED[zones][:, None] + SPEED[zones][None, :]) / 2
    km = straight * detour
    minutes = km / speed * 60 + PARKING
    np.fill_diagonal(minutes, 0.0)
    return minutes, km


def mask(names: list[str]) -> int:
    """Bit mask of skills."""
    return sum(1 << SKILLS.index(name) for name in names)


def read(path: Path, breach_minutes: float = BREACH_MINUTES) -> Spec:
    """A made day from its file."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    crews, orders = data["crews"], data["orders"]
    points = np.array([(one["x_km"], one["y_km"]) for one in crews + orders])
    zones = np.array([zone_of(one["x_km"], one["y_km"]) for one in crews] + [one["zone"] for one in orders])
    minutes, km = travel(points, zones)
    made_crews = tuple(
        Crew(n, end=n, ready=one["shift_s"][0] / 60, shift_end=one["shift_s"][1] / 60, skills=mask(one["skills"]))
        for n, one in enumerate(crews)
    )
    made_orders = tuple(
        Order(
            len(crews) + n,
            one["service_s"] / 60,
            one["early_s"] / 60,
            one["late_s"] / 60,
            breach=breach_minutes * one["late_weight"],
            late=one["late_weight"],
            unserved=one["unserved_penalty"],
            emergency=one["emergency"],
            skills=mask([one["skill"]]),
        )
        for n, one in enumerate(orders)
    )
    problem = Problem(made_crews, made_orders, minutes, km, WEIGHTS)
    return Spec(
        data["kind"],
        problem,
        np.array([one["fault"] for one in orders]),
        np.array([one["emergency"] for one in orders]),
        np.array([one["zone"] for one in orders]),
    )
