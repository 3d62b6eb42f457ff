"""Driving times between crews and orders: learned where journeys have taught them, straight-line estimates elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.field.driving.estimating import model_of
from denghuo.apps.field.driving.recording import city_of
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.geo import distances_km
from denghuo.engine.travel import TravelModel, band_of

if TYPE_CHECKING:
    from denghuo.apps.field.planning.situation import Task

Place = tuple[float, float]


class Matrices(NamedTuple):
    """Minutes and kilometres between all places; ``learned``: share of the pairs whose minutes are learned."""

    minutes: NDArray[np.float64]
    km: NDArray[np.float64]
    learned: float


def matrices(area: OrgUnit, starts: Sequence[Place], tasks: Sequence[Task], now: dt.datetime) -> Matrices:
    """Between the crews' places and the orders', in this sequence. Kilometres are the straight line times the detour of the
    place driven to; minutes those of the city's model at this hour (between zones it knows), else kilometres by speed."""
    places = [*starts, *(task.place for task in tasks)]
    if not places:
        return Matrices(np.zeros((0, 0)), np.zeros((0, 0)), 0.0)
    lons, lats = (np.array(values, dtype=np.float64) for values in zip(*places, strict=True))
    direct = np.array([distances_km(lon, lat, lons, lats) for lon, lat in places])
    kinds = [AreaType.URBAN] * len(starts) + [task.request.area_type or AreaType.URBAN for task in tasks]
    detour = np.array([policies.get_for("dispatch.detour", kind, area) for kind in kinds])
    speed = np.array([policies.get_for("dispatch.speed_kmh", kind, area) for kind in kinds])
    km = direct * detour
    minutes = km / speed * 60
    model, share = model_of(city_of(area).pk), 0.0
    if model is not None:
        known = _known(model, places)
        told = model.matrix(places, places, band_of(timezone.localtime(now)))
        minutes, share = np.where(known, told, minutes), float(known.mean())
    np.fill_diagonal(minutes, 0.0)
    np.fill_diagonal(km, 0.0)
    minutes[direct < 0.01] = 0.0
    return Matrices(minutes, km, share)


def _known(model: TravelModel, places: Sequence[Place]) -> NDArray[np.bool_]:
    """Pairs of which crews have left the one zone and reached the other."""
    zones = [model.zones.of(place) for place in places]
    left = np.array([zone in model.levels[1] for zone in zones])
    reached = np.array([zone in model.levels[2] for zone in zones])
    return left[:, None] & reached[None, :]
