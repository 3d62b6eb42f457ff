"""Fitting a city's travel model, testing it on its latest journeys, and putting it in force when it is better."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.field.driving import estimating
from denghuo.apps.field.driving.models import DrivingModel, DrivingState, Journey
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.travel import Straight, TravelModel, Trip, Zones, band_of, learn

TESTED = 0.2  # share of the journeys, the latest, that judge
Guess = Callable[[Trip], float]


class TooFewJourneys(Conflict):
    """There are too few journeys to learn from."""


def straight_of(city: OrgUnit) -> Straight:
    """The straight line by the city's policies."""
    return Straight(
        detour=policies.get_for("dispatch.detour", AreaType.URBAN, city),
        speed_kmh=policies.get_for("dispatch.speed_kmh", AreaType.URBAN, city),
        spread=policies.get("dispatch.eta_spread", city),
    )


def trips_of(city: OrgUnit, until: dt.datetime) -> list[Trip]:
    """Journeys of ``driving.history_days`` before ``until``, oldest first (index ``field_journey_org``)."""
    since = until - dt.timedelta(days=policies.get("driving.history_days", city))
    rows = Journey.objects.filter(org=city, departed_at__gte=since, departed_at__lt=until).order_by("departed_at", "pk")
    names = ("start_lon", "start_lat", "end_lon", "end_lat", "departed_at", "minutes")
    return [
        Trip((a, b), (c, d), band_of(timezone.localtime(at)), minutes)
        for a, b, c, d, at, minutes in rows.values_list(*names)
    ]


@action("driving.fit")
def fit_city(actor: Actor, city: OrgUnit, *, by_id: int | None = None) -> DrivingModel:
    """Fit and keep a model of ``city``: in force when, over the latest fifth of the journeys, it errs less than the straight
    line and no more than the model in force by more than ``driving.loss_slack``; else a candidate. Needs
    ``crew.manage``. Raises TooFewJourneys.
    """
    actor.require("crew.manage", city.path)
    with connection.cursor() as cursor:  # one fit a city at a time
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('field_drivingmodel'), %s)", [city.pk])
    now = moment.now()
    trips, least = trips_of(city, now), policies.get("driving.min_journeys", city)
    if len(trips) < least:
        raise TooFewJourneys(
            _("行车记录太少：%(n)s 次，至少需要 %(least)s 次；目前按直线距离估计") % {"n": len(trips), "least": least},
            code="too_few_journeys",
        )
    report = tested(city, trips)
    model = _learn(city, trips)
    was = estimating.in_force(city.pk)
    row = DrivingModel.objects.create(
        org=city, fitted_at=now, journeys=len(trips), document=model.to_json(), report=report, by_id=by_id
    )
    if better(report, policies.get("driving.loss_slack", city)):
        DrivingModel.objects.filter(org=city, state=DrivingState.IN_FORCE).update(state=DrivingState.RETIRED)
        row.state = DrivingState.IN_FORCE
        row.save(update_fields=["state"])
        estimating.changed()
    payload = {"journeys": len(trips), "state": str(row.state), "was": was}
    record(actor, "driving.fitted", row, org=city, payload=payload, at=now)
    return row


def tested(city: OrgUnit, trips: Sequence[Trip]) -> dict[str, Any]:
    """Figures over the latest journeys, of a model that has seen only the earlier ones, and of its rivals."""
    cut = len(trips) - max(int(len(trips) * TESTED), 1)
    past, ahead = trips[:cut], trips[cut:]
    model, plain = _learn(city, past), straight_of(city)
    found = [model.estimate(trip.start, trip.end, trip.band) for trip in ahead]
    inside = sum(one.low <= trip.minutes <= one.high for one, trip in zip(found, ahead, strict=True))
    current = estimating.model_of(city.pk)
    return {
        "n": len(ahead),
        "error": _error(ahead, lambda trip: model.estimate(trip.start, trip.end, trip.band).minutes),
        "straight": _error(ahead, lambda trip: plain.minutes(trip.start, trip.end)),
        "current": None if current is None else _error(ahead, _guess_of(current)),
        "inside": inside / len(ahead),
        "nominal": policies.get("driving.coverage", city),
    }


def better(report: dict[str, Any], slack: float) -> bool:
    """Whether a tested model may be put in force."""
    if report["error"] >= report["straight"]:
        return False
    return report["current"] is None or report["error"] <= report["current"] * (1 + slack)


def _learn(city: OrgUnit, trips: Sequence[Trip]) -> TravelModel:
    zones = Zones(policies.get("driving.cell_km", city))
    return learn(trips, straight_of(city), zones, coverage=policies.get("driving.coverage", city))


def _guess_of(model: TravelModel) -> Guess:
    return lambda trip: model.estimate(trip.start, trip.end, trip.band).minutes


def _error(trips: Sequence[Trip], guess: Guess) -> float:
    """Mean absolute error ÷ mean driving time (WAPE)."""
    return sum(abs(guess(trip) - trip.minutes) for trip in trips) / sum(trip.minutes for trip in trips)
