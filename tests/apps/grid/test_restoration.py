"""When supply will be back: estimated, corrected as crews report, told again only when it matters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.grid import actions
from denghuo.apps.grid.choices import EstimateBasis, OutageCause
from denghuo.apps.grid.inference import restoration
from denghuo.apps.grid.inference.subscribers import estimate_again
from denghuo.apps.grid.models import Outage, OutageEstimate, RestorationModel
from denghuo.apps.requests.choices import FaultCause
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import record
from denghuo.core.events.models import Event

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def fault(system: Actor, grid: Any) -> Outage:
    """A fault of one transformer that began ten minutes ago."""
    return actions.open_outage(
        system, kind="fault", feeder=grid.feeder, transformer_ids=[grid.transformers[0].pk],
        started_at=moment.now() - 10 * MINUTE,
    )  # fmt: skip


def crew_told(system: Actor, outage: Outage, kind: str, **more: Any) -> None:
    """An event of the order that works for the outage, applied."""
    actions.set_outage_master(system, outage.pk, 77)
    payload = {"request_id": 77, "crew_id": 1, "round": 1, "visit": 1} | more
    estimate_again(record(system, kind, ("order", 5), org=outage.org, payload=payload))


def test_a_reported_fault_gets_a_time_with_an_interval_and_its_device(system: Actor, fault: Outage) -> None:
    estimate_again(Event.objects.get(kind="outage.opened"))
    fault.refresh_from_db()
    assert fault.expected_at is not None and fault.estimate_low_at is not None and fault.estimate_high_at is not None
    assert fault.estimate_low_at < fault.expected_at <= fault.estimate_high_at
    assert (fault.estimate_basis, fault.device_kind) == (EstimateBasis.USUAL, "transformer")
    assert fault.device is not None and fault.device.transformer_id == fault.transformers.get().pk


def test_a_small_correction_is_kept_but_not_told(system: Actor, fault: Outage) -> None:
    restoration.revise(system, fault.pk)
    fault.refresh_from_db()
    told = fault.expected_at
    assert told is not None
    crew_told(system, fault, "order.expected", until=moment.now() + (told - moment.now()) / 1.1 + 8 * MINUTE)
    fault.refresh_from_db()
    assert (fault.expected_at, fault.estimate_basis) == (told, EstimateBasis.CREW)
    assert [one.told_at for one in fault.estimates.all()] == [None, told]


def test_a_large_correction_by_the_crew_moves_what_customers_are_told(system: Actor, fault: Outage) -> None:
    restoration.revise(system, fault.pk)
    crew_told(system, fault, "order.arrived", off_by_metres=None)
    until = moment.now() + 300 * MINUTE
    crew_told(system, fault, "order.expected", until=until)
    fault.refresh_from_db()
    assert fault.crew_arrived_at is not None and fault.expected_at is not None
    assert (
        abs(fault.expected_at - (moment.now() + 330 * MINUTE)) < 10 * MINUTE
    )  # crews' own times come out a tenth longer
    updated = Event.objects.filter(kind="outage.updated").order_by("-pk").first()
    assert updated is not None and updated.payload["fields"] == ["expected_at"]
    assert Event.objects.filter(kind="outage.estimated", payload__told=True).count() == 2


def test_a_time_typed_by_staff_stays_and_gets_an_interval(system: Actor, fault: Outage) -> None:
    typed = moment.now() + 200 * MINUTE
    actions.update_outage(system, fault.pk, expected_at=typed)
    row = restoration.revise(system, fault.pk)
    fault.refresh_from_db()
    assert row is not None and (row.basis, row.told_at) == (EstimateBasis.STAFF, None)
    assert fault.expected_at == typed and row.low_at < typed < row.high_at


def test_a_plan_keeps_its_end_and_gets_an_interval(system: Actor, grid: Any) -> None:
    end = moment.now() + 240 * MINUTE
    plan = actions.open_outage(
        system, kind="planned", feeder=grid.feeder, started_at=moment.now() + 60 * MINUTE, expected_at=end
    )
    row = restoration.revise(system, plan.pk)
    plan.refresh_from_db()
    assert row is not None and row.basis == EstimateBasis.PLAN and plan.expected_at == end
    assert row.low_at < end < row.high_at
    assert restoration.revise(system, plan.pk) is None


def test_what_is_over_is_not_estimated(system: Actor, fault: Outage) -> None:
    actions.restore_outage(system, fault.pk)
    assert restoration.revise(system, fault.pk) is None
    assert not OutageEstimate.objects.exists()


def test_enough_history_is_learned_from_and_told_as_such(system: Actor, grid: Any, fault: Outage) -> None:
    base = moment.now() - dt.timedelta(days=60)
    rows = [
        Outage(
            number=f"H{n}", org=grid.feeder.org, feeder=grid.feeder, kind="fault", state="restored",
            device_kind="transformer", started_at=base + n * dt.timedelta(hours=8), cause_code="equipment",
            restored_at=base + n * dt.timedelta(hours=8) + (50 + n % 20) * MINUTE,
        )
        for n in range(60)
    ]  # fmt: skip
    Outage.objects.bulk_create(rows)
    learned = restoration.learn()
    assert (learned.cases, RestorationModel.objects.count()) == (60, 1)
    row = restoration.revise(system, fault.pk)
    assert row is not None and row.basis == EstimateBasis.HISTORY
    assert 20 * MINUTE < row.middle_at - moment.now() < 80 * MINUTE


def test_the_outage_page_tells_how_the_estimate_moved(
    browser_for: Callable[..., Client], org_tree: Any, system: Actor, fault: Outage
) -> None:
    restoration.revise(system, fault.pk)
    page = browser_for("dispatcher", org_tree.city).get(f"/staff/outages/{fault.pk}/").content.decode()
    assert "恢复时间估计" in page and "历史不足，按通常时长" in page
    public = Client().get("/hall/outages/").content.decode()
    assert "多数情况在" in public and "约 100 户" in public


def test_causes_are_those_crews_return_orders_with() -> None:
    assert OutageCause.values == FaultCause.values
