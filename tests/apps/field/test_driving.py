"""Driving times of a city: journeys kept as crews drive, learned from by night, told on the board, and only when better."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

from denghuo.apps.field import actions
from denghuo.apps.field.driving import estimating, jobs
from denghuo.apps.field.driving.learning import TooFewJourneys, fit_city, straight_of
from denghuo.apps.field.driving.models import DrivingModel, Journey
from denghuo.apps.field.driving.recording import keep_journey
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.suggestions import suggestions_for
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.events.consumers import run_once
from denghuo.core.events.log import own_horizon
from tests.apps.field.site import Site, later

pytestmark = pytest.mark.django_db
MANY = 240


@pytest.fixture
def city(site: Site, org_tree: Any) -> Any:
    return org_tree.city


def drive(site: Site, city: Any, times: float, count: int = MANY) -> None:
    """Journeys around the crew that took ``times`` as long as the straight line says, give or take a tenth."""
    template, rng, plain = site.sent(), np.random.default_rng(3), straight_of(city)
    orders = [
        WorkOrder(org=template.org, number=f"J{n}", request=template.request, crew=site.crew, round=100 + n, sent_at=template.sent_at, last_step_at=template.sent_at, state="withdrawn")
        for n in range(count)
    ]  # fmt: skip
    WorkOrder.objects.bulk_create(orders)
    rows = []
    for n, order in enumerate(WorkOrder.objects.filter(number__startswith="J").order_by("pk")):
        start = (120.12 + rng.normal(0, 0.003), 30.1 + rng.normal(0, 0.003))
        end = (120.16 + rng.normal(0, 0.003), 30.1 + rng.normal(0, 0.003))
        minutes = plain.minutes(start, end) * times * math.exp(rng.normal(0, 0.1))
        rows.append(
            Journey(
                org=city, order=order, start_lon=start[0], start_lat=start[1], end_lon=end[0], end_lat=end[1],
                departed_at=moment.now() - dt.timedelta(hours=count - n), minutes=minutes,
            )
        )  # fmt: skip
    Journey.objects.bulk_create(rows)


def test_a_journey_is_kept_from_where_the_crew_stood_to_where_it_arrived(site: Site, city: Any) -> None:
    order = site.sent()
    actions.position_crew(site.worker, site.crew.pk, lon=120.13, lat=30.11)
    actions.accept_order(site.worker, order.pk, at=later(0))
    left, came = later(1), later(24)
    WorkOrder.objects.filter(pk=order.pk).update(departed_at=left, arrived_at=came, arrived_lon=120.2, arrived_lat=30.1)
    kept = keep_journey(Actor.system("test"), order.pk)
    assert kept is not None and kept.org == city
    assert (kept.start_lon, kept.start_lat, kept.end_lon, kept.end_lat) == (120.13, 30.11, 120.2, 30.1)
    assert kept.minutes == pytest.approx(23)
    assert keep_journey(Actor.system("test"), order.pk) is None  # told twice, kept once


def test_where_nobody_knew_where_the_crew_stood_nothing_is_kept(site: Site) -> None:
    order = site.arrived()
    run_once(["field.driving"], below=own_horizon)
    assert not Journey.objects.filter(order=order).exists()


def test_an_arrival_in_the_log_keeps_its_journey(site: Site) -> None:
    actions.position_crew(site.worker, site.crew.pk, lon=120.13, lat=30.11)
    order = site.sent()
    actions.accept_order(site.worker, order.pk)
    actions.depart_order(site.worker, order.pk)
    actions.arrive_order(site.worker, order.pk, lon=120.2, lat=30.1)
    run_once(["field.driving"], below=own_horizon)
    assert Journey.objects.get(order=order).end_lon == 120.2


def test_what_crews_drove_is_what_the_board_tells(site: Site, city: Any, system: Actor) -> None:
    drive(site, city, times=3.0)
    request = site.accepted()
    before = next(one for one in suggestions_for(site.dispatcher, request) if one.crew == site.crew)
    made = fit_city(system, city)
    assert made.state == "in_force" and made.report["error"] < 0.15 < made.report["straight"]
    plain = straight_of(city)
    told = estimating.estimate(request.org, (120.12, 30.1), (120.16, 30.1), moment.now())
    assert told is not None
    assert told.minutes / plain.minutes((120.12, 30.1), (120.16, 30.1)) == pytest.approx(3.0, rel=0.1)
    assert told.low < told.minutes < told.high
    nowhere = estimating.estimate(request.org, (120.12, 30.1), (121.9, 29.0), moment.now())
    assert nowhere is None and not before.learned


def test_suggestions_say_whether_they_were_learned(site: Site, city: Any, system: Actor) -> None:
    drive(site, city, times=3.0)
    fit_city(system, city)
    request = site.accepted()
    type(request).objects.filter(pk=request.pk).update(lon=120.16, lat=30.1)
    request.refresh_from_db()
    found = {one.crew.code: one for one in suggestions_for(site.dispatcher, request)}
    assert found["T-C1"].learned and not found["T-C2"].learned  # nobody ever drove from where the second crew stands
    assert found["T-C1"].eta_low < found["T-C1"].eta_minutes < found["T-C1"].eta_high  # type: ignore[operator]


def test_a_model_no_better_than_the_straight_line_is_not_used(site: Site, city: Any, system: Actor) -> None:
    drive(site, city, times=1.0)
    Journey.objects.update(minutes=10)
    rng = np.random.default_rng(5)
    for row in Journey.objects.all():
        plain = straight_of(city).minutes((row.start_lon, row.start_lat), (row.end_lon, row.end_lat))
        late = row.departed_at > moment.now() - dt.timedelta(hours=MANY / 4)
        row.minutes = plain * math.exp(rng.normal(0 if late else 1.2, 0.05))  # the road has been mended since
        row.save()
    assert fit_city(system, city).state == "candidate"
    assert estimating.in_force(city.pk) is None


def test_few_journeys_teach_nothing_and_the_night_goes_on(site: Site, city: Any, system: Actor) -> None:
    drive(site, city, times=2.0, count=30)
    with pytest.raises(TooFewJourneys, match="30"):
        fit_city(system, city)
    jobs.fit_daily()
    assert not DrivingModel.objects.exists()


def test_who_does_not_manage_crews_does_not_learn(site: Site, city: Any) -> None:
    with pytest.raises(NotAllowed):
        fit_city(site.worker, city)


def test_the_page_shows_each_city_and_starts_a_fit(site: Site, city: Any, system: Actor, browser_for: Any) -> None:
    client = browser_for("supervisor", city)
    empty = client.get("/staff/dispatch/driving/").content.decode()
    assert "还没有行车记录" in empty
    drive(site, city, times=3.0)
    fit_city(system, city)
    page = client.get("/staff/dispatch/driving/").content.decode()
    assert city.label in page and "使用中" in page and f">{MANY}<" in page
    assert "%" in page and "直线估算误差" in page
