"""From reports to an inferred outage, and what people make of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.grid.choices import InferredState, SupplyDeviceKind
from denghuo.apps.grid.inference import actions
from denghuo.apps.grid.inference.subscribers import hear
from denghuo.apps.grid.models import Feeder, InferredOutage, Outage, OutageObservation, SupplyDevice
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import record
from denghuo.core.events.models import Event
from denghuo.engine.outage import DeviceKind

pytestmark = pytest.mark.django_db


def heard(
    system: Actor, transformer: Any, *, minutes: float = 1, account: int = 0, kind: str = "call"
) -> OutageObservation:
    at = moment.now() - dt.timedelta(minutes=minutes)
    ref = f"{kind}-{transformer.pk}-{account}-{OutageObservation.objects.count()}"
    return actions.observe(
        system, kind=kind, source_ref=ref, at=at, transformer_id=transformer.pk, account_id=account or None
    )


def storm(system: Actor, grid: Any, each: int = 5) -> None:
    """Calls from every transformer of the feeder."""
    for number, transformer in enumerate(grid.transformers):
        for n in range(each):
            heard(system, transformer, account=1000 * (number + 1) + n)


def test_calls_from_one_transformer_name_it(system: Actor, grid: Any) -> None:
    for n in range(3):
        heard(system, grid.transformers[0], account=n + 1)
    found = InferredOutage.objects.get(state=InferredState.OPEN)
    assert found.device.transformer_id == grid.transformers[0].pk
    assert (found.calls, found.customers, found.confirmed) == (3, 100, False)
    assert Event.objects.filter(kind="inferred.found").count() == 1


def test_calls_from_everywhere_name_the_feeder_and_the_transformers_fade(system: Actor, grid: Any) -> None:
    storm(system, grid)
    found = InferredOutage.objects.get(state=InferredState.OPEN)
    assert found.device.kind == SupplyDeviceKind.FEEDER
    assert found.customers == 600


def test_the_same_report_twice_is_one_observation(system: Actor, grid: Any) -> None:
    for _n in range(2):
        actions.observe(system, kind="call", source_ref="request:7", transformer_id=grid.transformers[0].pk)
    assert OutageObservation.objects.count() == 1


def test_accepting_opens_an_outage_over_the_transformers_and_explains_the_calls(system: Actor, grid: Any) -> None:
    storm(system, grid)
    row = InferredOutage.objects.get(state=InferredState.OPEN)
    outage = actions.accept_inferred(system, row.pk)
    row.refresh_from_db()
    assert (row.state, row.outage_id) == (InferredState.ACCEPTED, outage.pk)
    assert set(outage.transformers.all()) == set(grid.transformers)
    assert actions.look_again(system, grid.feeder.pk) == []
    with pytest.raises(Conflict):
        actions.accept_inferred(system, row.pk)


def test_a_second_inferred_outage_can_be_counted_to_one_that_lasts(system: Actor, grid: Any) -> None:
    for n in range(3):
        heard(system, grid.transformers[0], account=n + 1)
    first = actions.accept_inferred(system, InferredOutage.objects.get(state=InferredState.OPEN).pk)
    for n in range(4):
        heard(system, grid.transformers[1], account=n + 50)
    second = InferredOutage.objects.get(state=InferredState.OPEN)
    assert actions.accept_inferred(system, second.pk, outage_id=first.pk) == first
    assert Outage.objects.count() == 1
    assert set(first.transformers.all()) == {grid.transformers[0], grid.transformers[1]}


def test_what_was_rejected_comes_back_only_with_something_newer(system: Actor, grid: Any) -> None:
    for n in range(3):
        heard(system, grid.transformers[0], account=n + 1)
    row = InferredOutage.objects.get(state=InferredState.OPEN)
    with pytest.raises(InvalidInput):
        actions.reject_inferred(system, row.pk, reason="")
    actions.reject_inferred(system, row.pk, reason="到现场，台区有电")
    actions.look_again(system, grid.feeder.pk)
    assert not InferredOutage.objects.filter(state=InferredState.OPEN).exists()
    heard(system, grid.transformers[0], account=77, minutes=0)
    assert InferredOutage.objects.filter(state=InferredState.OPEN).count() == 1


def test_supply_seen_at_the_customers_lets_it_fade(system: Actor, grid: Any) -> None:
    for n in range(3):
        heard(system, grid.transformers[0], account=n + 1, minutes=2)
    for n in range(3):
        heard(system, grid.transformers[0], account=n + 1, minutes=0.5, kind="power_on")
    assert InferredOutage.objects.get().state == InferredState.FADED


def test_a_switch_seen_open_is_confirmed_at_once(system: Actor, grid: Any) -> None:
    actions.look_again(system, grid.feeder.pk)
    device = SupplyDevice.objects.get(transformer=grid.transformers[2])
    actions.observe(system, kind="opened", source_ref="crew-1", device_id=device.pk)
    found = InferredOutage.objects.get(state=InferredState.OPEN)
    assert found.confirmed and found.device == device and found.posterior == 1.0


def test_another_city_may_neither_observe_nor_decide(
    actor_for_role: Callable[..., Actor], org_tree: Any, system: Actor, grid: Any
) -> None:
    other = actor_for_role("dispatcher", org_tree.other_city)
    with pytest.raises(NotAllowed):
        actions.observe(other, kind="call", source_ref="x", transformer_id=grid.transformers[0].pk)
    storm(system, grid)
    with pytest.raises(NotAllowed):
        actions.accept_inferred(other, InferredOutage.objects.get(state=InferredState.OPEN).pk)


def test_faults_of_an_observation_are_told_at_their_field(system: Actor) -> None:
    with pytest.raises(InvalidInput) as told:
        actions.observe(system, kind="trip", source_ref="")
    assert set(told.value.fields) == {"source_ref", "device_id"}


@pytest.mark.parametrize(("kind", "phenomenon", "heard_of"), [
    ("fault_report", "no_power", 1), ("fault_report", "flicker", 0), ("consulting", "no_power", 0),
])  # fmt: skip
def test_a_fault_report_without_supply_is_heard_once(
    system: Actor, grid: Any, kind: str, phenomenon: str, heard_of: int
) -> None:
    record(
        system, "request.submitted", grid.feeder, org=grid.feeder.org,
        payload={
            "number": "R1", "type": kind, "channel": "phone", "contact_id": None, "customer_id": None, "account_id": 5,
            "transformer_id": grid.transformers[0].pk, "phenomenon": phenomenon, "scope": "", "template": "",
            "completeness": None, "missing": [],
        },
    )  # fmt: skip
    event = Event.objects.get(kind="request.submitted")
    for _n in range(2):
        hear(event)
    assert OutageObservation.objects.count() == heard_of


def test_kinds_of_devices_are_those_of_the_inference() -> None:
    assert set(SupplyDeviceKind.values) == {kind.value for kind in DeviceKind}


@pytest.fixture
def dispatcher(browser_for: Callable[..., Client], org_tree: Any) -> Client:
    return browser_for("dispatcher", org_tree.city)


def test_the_dispatcher_sees_what_was_inferred_and_opens_it(dispatcher: Client, system: Actor, grid: Any) -> None:
    storm(system, grid)
    row = InferredOutage.objects.get(state=InferredState.OPEN)
    assert row.device.name in dispatcher.get("/staff/outages/inferred/").content.decode()
    page = dispatcher.get(f"/staff/outages/inferred/{row.pk}/").content.decode()
    assert all(one.name in page for one in grid.transformers)
    answer = dispatcher.post(f"/staff/outages/inferred/{row.pk}/accept/")
    row.refresh_from_db()
    assert answer.status_code == 302 and answer["Location"].endswith(f"/staff/outages/{row.outage_id}/")


def test_a_device_that_went_to_another_feeder_since_is_still_shown(
    dispatcher: Client, system: Actor, grid: Any
) -> None:
    storm(system, grid)
    row = InferredOutage.objects.get(state=InferredState.OPEN)
    other = Feeder.objects.create(org=row.org, substation=row.feeder.substation, code="F-OTHER", name="另一条线")
    SupplyDevice.objects.filter(pk=row.device_id).update(feeder=other)
    assert row.device.name in dispatcher.get(f"/staff/outages/inferred/{row.pk}/").content.decode()


def test_rejecting_without_a_reason_is_told_at_the_field(dispatcher: Client, system: Actor, grid: Any) -> None:
    storm(system, grid)
    row = InferredOutage.objects.get(state=InferredState.OPEN)
    answer = dispatcher.post(f"/staff/outages/inferred/{row.pk}/reject/", {"reason": ""})
    assert answer.status_code == 422
    dispatcher.post(f"/staff/outages/inferred/{row.pk}/reject/", {"reason": "现场核实有电"})
    row.refresh_from_db()
    assert row.state == InferredState.REJECTED


def test_an_inferred_outage_of_another_city_is_not_there(
    browser_for: Callable[..., Client], org_tree: Any, system: Actor, grid: Any
) -> None:
    storm(system, grid)
    row = InferredOutage.objects.get(state=InferredState.OPEN)
    assert browser_for("dispatcher", org_tree.other_city).get(f"/staff/outages/inferred/{row.pk}/").status_code == 404


def test_a_meter_system_tells_of_a_lost_supply_over_the_api(client: Client, bearer: dict[str, str], grid: Any) -> None:
    body = {
        "kind": "gasp", "source_ref": "HES-1", "at": moment.now().isoformat(), "transformer_id": grid.transformers[0].pk,
        "account_id": 9,
    }  # fmt: skip
    for key in ("a1", "a2"):
        headers = bearer | {"Idempotency-Key": f"{key}-0000-0000-0000"}
        answer = client.post("/api/v1/outage-observations", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content
    assert OutageObservation.objects.get().kind == "gasp"
    missing = body | {"kind": "trip", "source_ref": "S-1"}
    headers = bearer | {"Idempotency-Key": "a3-0000-0000-0000"}
    answer = client.post("/api/v1/outage-observations", missing, content_type="application/json", headers=headers)
    assert answer.status_code == 422
