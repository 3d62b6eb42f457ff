"""Estimates from the model in force, parsed once per process."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from denghuo.apps.field.driving.models import DrivingModel, DrivingState
from denghuo.apps.field.driving.recording import city_of
from denghuo.core.held import Held
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.travel import Basis, Estimate, Place, TravelModel, band_of


def _heads() -> list[dict[int, int]]:
    rows = DrivingModel.objects.filter(state=DrivingState.IN_FORCE).values_list("org_id", "pk")
    return [dict(rows)]


_head: Held[list[dict[int, int]]] = Held("driving_in_force", _heads)
_parsed: Held[dict[int, TravelModel]] = Held("driving_parsed", dict, lasts=True)


def in_force(city_id: int) -> int | None:
    """Key of the model a city uses; None before the first."""
    return _head.rows()[0].get(city_id)


def model_of(city_id: int) -> TravelModel | None:
    """The model a city uses; documents never change, so each is read once per process."""
    pk = in_force(city_id)
    if pk is None:
        return None
    held = _parsed.rows()
    if pk not in held:
        held[pk] = TravelModel.from_json(DrivingModel.objects.values_list("document", flat=True).get(pk=pk))
    return held[pk]


def estimate(org: OrgUnit, start: Place, end: Place, at: dt.datetime) -> Estimate | None:
    """Driving time from ``start`` to ``end`` when leaving at ``at``, for a trouble in ``org``'s city. None where nothing has
    been learned about these places: the caller's straight line stands."""
    if not _head.rows()[0]:
        return None
    model = model_of(city_of(org).pk)
    if model is None:
        return None
    told = model.estimate(start, end, band_of(timezone.localtime(at)))
    return None if told.basis == Basis.STRAIGHT else told


def changed() -> None:
    """This transaction has put another model in force."""
    _head.read_afresh()
