"""The quick rule: score = α·distance + β·skill match + γ·load balance.

Every part is brought to [0, 1], 1 being best, by a scale that does not depend on who else is there: adding or taking
away a crew never changes the score of another one, so a dispatcher may compare what was shown a minute ago.

* distance: ``D / (D + d)`` for ``d`` km of road (great circle × detour); one half at ``D`` km.
* skill: held share of the skills that are required or wanted for the job; 1 when none is.
* load: ``L / (L + n)`` for ``n`` orders in hand; one half at ``L`` orders.

The weights are divided by their sum, so the score is in [0, 1] too. Hard conditions come first: a crew that is off
duty, lacks a *required* skill or does not cover the job's area is not ranked at all.

Travel times are straight-line estimates (great circle × detour ÷ speed), not routes: on real terrain such estimates
miss by half and more, hence ``eta_low`` and ``eta_high``. Where driving times have been learned, a :data:`Driving` gives
them instead; ``learned`` then says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from denghuo.engine.geo import distance_km

Place = tuple[float, float]
#: Minutes, low and high of a drive between two places; None where nothing is known but the straight line.
Driving = Callable[[Place, Place], tuple[float, float, float] | None]
Ground = Literal["off_duty", "area", "skill"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crew as the rule sees it. ``place`` is (lon, lat) in degrees; ``areas`` are ids of the units it covers."""

    id: int
    place: Place
    on_duty: bool = True
    skills: frozenset[str] = frozenset()
    areas: frozenset[int] = frozenset()
    open_orders: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """What has to be done and where; ``place`` None when nobody knows yet. ``area`` is the unit that answers for it."""

    place: Place | None
    area: int
    required: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Weights:
    """α, β, γ (not negative, not all zero) and the two half-value scales (km of road, orders; both positive)."""

    distance: float
    skill: float
    load: float
    half_distance_km: float
    half_load: float

    def __post_init__(self) -> None:
        parts = (self.distance, self.skill, self.load)
        if not all(math.isfinite(part) and part >= 0 for part in parts) or sum(parts) <= 0:
            raise ValueError("weights must be finite, not negative and not all zero")
        if not all(math.isfinite(scale) and scale > 0 for scale in (self.half_distance_km, self.half_load)):
            raise ValueError("half-value scales must be finite and positive")


@dataclass(frozen=True, slots=True)
class Travel:
    """How far is how long: ``detour`` road ÷ straight line (≥ 1), ``speed_kmh`` on that road, ``minutes_per_order``
    a crew needs for an order in hand before it can leave, ``spread`` the half width of the range as a share [0, 1)."""

    detour: float
    speed_kmh: float
    minutes_per_order: float = 0.0
    spread: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.detour) and self.detour >= 1):
            raise ValueError("a road is not shorter than the straight line: detour must be at least 1")
        if not (math.isfinite(self.speed_kmh) and self.speed_kmh > 0):
            raise ValueError("speed must be positive")
        if not (math.isfinite(self.minutes_per_order) and self.minutes_per_order >= 0):
            raise ValueError("minutes_per_order must not be negative")
        if not 0 <= self.spread < 1:
            raise ValueError("spread must be in [0, 1)")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A crew that may go. Parts and score are in [0, 1]; ``road_km`` and the minutes are None when the place of the
    job is unknown. ``eta_minutes = wait_minutes + travel_minutes``."""

    crew_id: int
    score: float
    distance: float
    skill: float
    load: float
    open_orders: int
    missing: frozenset[str]
    road_km: float | None
    travel_minutes: float | None
    wait_minutes: float
    eta_minutes: float | None
    eta_low: float | None
    eta_high: float | None
    learned: bool = False


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A crew that may not go, on the first ground that holds; ``missing`` are the required skills it lacks."""

    crew_id: int
    ground: Ground
    missing: frozenset[str] = frozenset()


def half_value(amount: float, half: float) -> float:
    """``half / (half + amount)``: 1 at zero, one half at ``half``, falling towards 0 without reaching it."""
    return half / (half + amount)


def travel_minutes(start: Place, end: Place, travel: Travel) -> tuple[float, float]:
    """Road kilometres and minutes between two places: great circle × detour ÷ speed.

    Raises ValueError for coordinates that are no place on earth.
    """
    road = distance_km(*start, *end) * travel.detour
    return road, road / travel.speed_kmh * 60


def rule_out(crew: Candidate, job: Job) -> RuledOut | None:
    """Why ``crew`` may not go, or None. Duty is looked at first, then area, then required skills."""
    if not crew.on_duty:
        return RuledOut(crew.id, "off_duty")
    if job.area not in crew.areas:
        return RuledOut(crew.id, "area")
    missing = job.required - crew.skills
    return RuledOut(crew.id, "skill", missing) if missing else None


def rank(
    crews: Iterable[Candidate], job: Job, weights: Weights, travel: Travel, driving: Driving | None = None
) -> list[Ranked]:
    """Crews that may go, best first; equal scores by earlier arrival, then by id, so the order is always the same.

    An unknown place makes the distance part 0 for all. Raises ValueError for impossible coordinates.
    """
    able = [_score(crew, job, weights, travel, driving) for crew in crews if rule_out(crew, job) is None]
    return sorted(able, key=lambda r: (-r.score, r.eta_minutes if r.eta_minutes is not None else math.inf, r.crew_id))


def _score(crew: Candidate, job: Job, weights: Weights, travel: Travel, driving: Driving | None) -> Ranked:
    road = drive = told = None
    nearness = 0.0
    if job.place is not None:
        road, minutes = travel_minutes(crew.place, job.place, travel)
        told = driving(crew.place, job.place) if driving is not None else None
        drive = told or (minutes, minutes * (1 - travel.spread), minutes * (1 + travel.spread))
        nearness = half_value(road, weights.half_distance_km)
    asked = job.required | job.wanted
    match = len(asked & crew.skills) / len(asked) if asked else 1.0
    ease = half_value(crew.open_orders, weights.half_load)
    total = weights.distance + weights.skill + weights.load
    score = (weights.distance * nearness + weights.skill * match + weights.load * ease) / total
    wait = crew.open_orders * travel.minutes_per_order
    return Ranked(
        crew_id=crew.id,
        score=min(1.0, score),
        distance=nearness,
        skill=match,
        load=ease,
        open_orders=crew.open_orders,
        missing=asked - crew.skills,
        road_km=road,
        travel_minutes=None if drive is None else drive[0],
        wait_minutes=wait,
        eta_minutes=None if drive is None else wait + drive[0],
        eta_low=None if drive is None else wait * (1 - travel.spread) + drive[1],
        eta_high=None if drive is None else wait * (1 + travel.spread) + drive[2],
        learned=told is not None,
    )
