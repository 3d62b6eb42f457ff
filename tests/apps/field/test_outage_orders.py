"""A crew's word on an outage, and the outage found below a restored one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.outages import send_same_crew, tell_expected
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.choices import RemainingState
from denghuo.apps.grid.inference import remaining, trees
from denghuo.apps.grid.inference.actions import observe
from denghuo.apps.grid.inference.subscribers import estimate_again, look_for_remaining
from denghuo.apps.grid.models import Outage, RemainingOutage, SupplyDevice
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.events.models import Event
from tests.apps.field.site import Site, picture

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def outage(site: Site, system: Actor) -> Outage:
    """A fault of the county's transformer that began an hour ago."""
    feeder = site.world.transformer.feeder
    trees.ensure_devices(feeder)
    return grid.open_outage(system, kind="fault", feeder=feeder, started_at=moment.now() - 60 * MINUTE)


def test_the_time_a_crew_names_becomes_what_customers_are_told(site: Site, outage: Outage) -> None:
    order = site.arrived()
    grid.set_outage_master(Actor.system("test"), outage.pk, order.request_id)
    tell_expected(site.worker, order.pk, until=moment.now() + 200 * MINUTE)
    estimate_again(Event.objects.get(kind="order.expected"))
    outage.refresh_from_db()
    assert outage.estimate_basis == "crew" and outage.expected_at is not None
    assert 200 * MINUTE < outage.expected_at - moment.now() < 230 * MINUTE
    with pytest.raises(NotAllowed):
        tell_expected(site.other_worker, order.pk, until=moment.now() + 5 * MINUTE)
    with pytest.raises(InvalidInput):
        tell_expected(site.worker, order.pk, until=moment.now() - MINUTE)


def test_the_crew_tells_it_on_its_order_and_a_past_time_comes_back(
    site: Site, outage: Outage, browser_for: Callable[..., Client]
) -> None:
    order = site.arrived()
    assert Request.objects.get(pk=order.request_id).outage_id == outage.pk
    browser = browser_for(staff=site.worker_staff)
    url = f"/field/orders/{order.pk}/"
    assert "现场判断几点能送电" in browser.get(url).content.decode()
    past = f"{timezone.localtime() - 60 * MINUTE:%Y-%m-%dT%H:%M}"
    refused = browser.post(f"{url}expect/", {"until": past})
    assert refused.status_code == 422 and past in refused.content.decode()
    typed = f"{timezone.localtime() + 90 * MINUTE:%Y-%m-%dT%H:%M}"
    assert browser.post(f"{url}expect/", {"until": typed}).status_code == 302
    assert Event.objects.filter(kind="order.expected").count() == 1


def test_who_is_still_out_is_on_the_crews_order_and_the_same_crew_gets_the_next_one(
    site: Site, outage: Outage, system: Actor, browser_for: Callable[..., Client]
) -> None:
    order = site.arrived()
    later = site.accepted()
    outage.refresh_from_db()
    assert outage.master_request_id == order.request_id
    device = SupplyDevice.objects.get(transformer=site.world.transformer)
    row = RemainingOutage.objects.create(
        org=outage.org, outage=outage, restored_at=moment.now() - 5 * MINUTE, callers=1, silent=4, request_ids=[later.pk],
        devices=[{"device_id": device.pk, "posterior": 0.9, "customers": 80, "calls": 1, "gasps": 4}],
        found_at=moment.now(), seen_at=moment.now(),
    )  # fmt: skip
    page = browser_for(staff=site.worker_staff).get(f"/field/orders/{order.pk}/").content.decode()
    assert "离开前请核实：仍有客户无电" in page and device.name in page
    nested = remaining.accept(system, row.pk)
    told = Event.objects.get(kind="remaining.accepted")
    for _n in range(2):
        send_same_crew(told)
    sent = WorkOrder.objects.get(request=later)
    nested.refresh_from_db()
    assert (sent.crew, nested.master_request_id) == (order.crew, later.pk)
    row.refresh_from_db()
    assert row.state == RemainingState.NESTED


def test_a_crew_that_returns_its_order_is_told_of_meters_that_stayed_silent(
    site: Site, outage: Outage, system: Actor
) -> None:
    order = site.arrived()
    transformer: Any = site.world.transformer
    lv = SupplyDevice.objects.get(transformer=transformer)
    for n in range(10):
        observe(
            system, kind="gasp", source_ref=f"g{n}", transformer_id=transformer.pk, account_id=900 + n,
            at=moment.now() - 50 * MINUTE,
        )  # fmt: skip
    for n in range(6):
        observe(
            system, kind="power_on", source_ref=f"p{n}", transformer_id=transformer.pk, account_id=900 + n,
            at=moment.now() - 4 * MINUTE,
        )  # fmt: skip
    site.photo(order)
    site.photo(order, "signature", file=picture("PNG"))
    site.finish(order)
    event = Event.objects.get(kind="order.finished")
    event.payload["restored_at"] = (moment.now() - 5 * MINUTE).isoformat()
    look_for_remaining(event)
    row = RemainingOutage.objects.get()
    assert (row.outage, row.silent, lv.feeder_id) == (outage, 4, outage.feeder_id)
