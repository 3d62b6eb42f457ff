"""Announcing, changing and ending outages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.grid import actions
from denghuo.apps.grid.jobs import start_announced
from denghuo.apps.grid.models import Outage
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import Event, timeline
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def dispatcher(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    """Dispatches for the first city."""
    return actor_for_role("dispatcher", org_tree.city)


def fault(actor: Actor, grid: Any, **values: Any) -> Outage:
    return actions.open_outage(
        actor, **{"kind": "fault", "feeder": grid.feeder, "started_at": timezone.now() - HOUR} | values
    )


def test_a_whole_feeder_goes_out_when_only_it_is_named(dispatcher: Actor, grid: Any, org_tree: Any) -> None:
    outage = fault(dispatcher, grid)
    assert outage.state == "active"
    assert outage.customers_out == 600
    assert set(outage.transformers.all()) == set(grid.transformers)
    assert outage.org == org_tree.county
    assert outage.number.startswith("TD20")


def test_the_event_says_which_transformers_and_how_many_customers(dispatcher: Actor, grid: Any) -> None:
    outage = fault(dispatcher, grid, transformer_ids=[grid.transformers[0].pk])
    event = timeline("outage", outage.pk)[0]
    assert event.kind == "outage.opened"
    assert event.payload["transformer_ids"] == [grid.transformers[0].pk]
    assert event.payload["customers_out"] == 100
    assert event.payload["notice_met"] is None
    assert event.org_path == outage.org.path


def test_an_outage_over_two_cities_belongs_to_the_unit_above_both(system: Actor, grid: Any, org_tree: Any) -> None:
    ids = [grid.transformers[0].pk, grid.other.pk]
    outage = actions.open_outage(system, kind="fault", transformer_ids=ids)
    assert outage.org == org_tree.province


def test_somebody_elses_transformers_may_not_be_put_out(dispatcher: Actor, grid: Any) -> None:
    with refused(NotAllowed):
        actions.open_outage(dispatcher, kind="fault", transformer_ids=[grid.other.pk])
    assert not Outage.objects.exists()
    assert not Event.objects.filter(kind="outage.opened").exists()


def test_an_agent_may_not_announce_outages(actor_for_role: Callable[..., Actor], grid: Any) -> None:
    with refused(NotAllowed):
        fault(actor_for_role("agent"), grid)


def test_all_faults_of_an_input_are_told_at_once(dispatcher: Actor, grid: Any) -> None:
    with refused(InvalidInput) as caught:
        actions.open_outage(
            dispatcher, kind="earthquake", transformer_ids=[10**12], started_at=timezone.now() + HOUR, cause="长" * 121,
            expected_at=timezone.now() - HOUR,
        )  # fmt: skip
    assert set(caught.value.fields) == {"kind", "transformer_ids", "expected_at", "cause"}


def test_a_fault_cannot_begin_in_the_future(dispatcher: Actor, grid: Any) -> None:
    with refused(InvalidInput) as caught:
        fault(dispatcher, grid, started_at=timezone.now() + HOUR)
    assert "started_at" in caught.value.fields


def test_nothing_named_is_refused(dispatcher: Actor, grid: Any) -> None:
    with refused(InvalidInput) as caught:
        actions.open_outage(dispatcher, kind="fault")
    assert "transformer_ids" in caught.value.fields


def test_transformers_of_another_feeder_are_refused(system: Actor, grid: Any) -> None:
    with refused(InvalidInput) as caught:
        actions.open_outage(system, kind="fault", feeder=grid.feeder, transformer_ids=[grid.other.pk])
    assert "transformer_ids" in caught.value.fields


def test_a_planned_outage_is_announced_and_begins_by_itself(dispatcher: Actor, grid: Any) -> None:
    start = timezone.now() + 8 * 24 * HOUR
    outage = fault(dispatcher, grid, kind="planned", started_at=start, expected_at=start + 4 * HOUR)
    assert outage.state == "announced"
    assert timeline("outage", outage.pk)[0].payload["notice_met"] is True
    start_announced()
    outage.refresh_from_db()
    assert outage.state == "announced"
    Outage.objects.filter(pk=outage.pk).update(started_at=timezone.now() - HOUR)
    start_announced()
    start_announced()
    outage.refresh_from_db()
    assert outage.state == "active"
    assert [event.kind for event in timeline("outage", outage.pk)] == ["outage.opened", "outage.started"]


def test_a_late_announcement_is_recorded_as_late(dispatcher: Actor, grid: Any) -> None:
    outage = fault(dispatcher, grid, kind="planned", started_at=timezone.now() + 2 * 24 * HOUR)
    assert timeline("outage", outage.pk)[0].payload["notice_met"] is False


def test_an_upstream_system_may_send_the_same_outage_twice(dispatcher: Actor, grid: Any) -> None:
    first = fault(dispatcher, grid, source_ref="OMS-17")
    assert fault(dispatcher, grid, source_ref="OMS-17") == first
    actions.restore_outage(dispatcher, first.pk)
    assert fault(dispatcher, grid, source_ref="OMS-17") != first


def test_restoring_ends_it_and_counts_the_customer_minutes(dispatcher: Actor, grid: Any) -> None:
    start = timezone.now() - 2 * HOUR
    outage = fault(dispatcher, grid, started_at=start)
    restored = actions.restore_outage(dispatcher, outage.pk, at=start + HOUR)
    assert restored.state == "restored"
    event = timeline("outage", outage.pk)[-1]
    assert event.payload["minutes"] == 60
    assert event.payload["customer_minutes"] == 36_000


def test_restoring_twice_changes_nothing(dispatcher: Actor, grid: Any) -> None:
    outage = fault(dispatcher, grid)
    first = actions.restore_outage(dispatcher, outage.pk)
    again = actions.restore_outage(dispatcher, outage.pk, at=timezone.now() - HOUR / 2)
    assert again.restored_at == first.restored_at
    assert Event.objects.filter(kind="outage.restored").count() == 1


@pytest.mark.parametrize("shift", [-3 * HOUR, HOUR])
def test_restoration_before_the_start_or_in_the_future_is_refused(
    dispatcher: Actor, grid: Any, shift: dt.timedelta
) -> None:
    outage = fault(dispatcher, grid)
    with refused(InvalidInput) as caught:
        actions.restore_outage(dispatcher, outage.pk, at=timezone.now() + shift)
    assert "at" in caught.value.fields
    outage.refresh_from_db()
    assert outage.state == "active"


def test_only_what_changed_is_recorded(dispatcher: Actor, grid: Any) -> None:
    outage = fault(dispatcher, grid, cause="外力")
    actions.update_outage(dispatcher, outage.pk, cause="外力")
    later = timezone.now() + HOUR
    actions.update_outage(
        dispatcher, outage.pk, expected_at=later, cause="外力", transformer_ids=[grid.transformers[1].pk]
    )
    events = timeline("outage", outage.pk)
    assert [event.kind for event in events] == ["outage.opened", "outage.updated"]
    assert events[1].payload["fields"] == ["expected_at", "transformers"]
    assert events[1].payload["transformers_removed"] == sorted(
        t.pk for t in (grid.transformers[0], grid.transformers[2])
    )
    assert events[1].payload["customers_out"] == 200


def test_an_outage_that_is_over_cannot_be_changed(dispatcher: Actor, grid: Any) -> None:
    outage = actions.restore_outage(dispatcher, fault(dispatcher, grid).pk)
    with refused(Conflict):
        actions.update_outage(dispatcher, outage.pk, cause="雷击")


def test_only_an_announced_outage_can_be_cancelled(dispatcher: Actor, grid: Any) -> None:
    active = fault(dispatcher, grid)
    with refused(Conflict):
        actions.cancel_outage(dispatcher, active.pk, reason="不做了")
    planned = fault(dispatcher, grid, kind="planned", started_at=timezone.now() + 9 * 24 * HOUR)
    with refused(InvalidInput):
        actions.cancel_outage(dispatcher, planned.pk, reason=" ")
    assert actions.cancel_outage(dispatcher, planned.pk, reason="天气原因改期").state == "cancelled"
    with refused(Conflict):
        actions.restore_outage(dispatcher, planned.pk)


def test_the_first_request_stays_the_master(system: Actor, dispatcher: Actor, grid: Any) -> None:
    outage = fault(dispatcher, grid)
    assert actions.set_outage_master(system, outage.pk, 5).master_request_id == 5
    assert actions.set_outage_master(system, outage.pk, 6).master_request_id == 5
    assert Event.objects.filter(kind="outage.master_set").count() == 1


def test_an_unknown_outage_is_not_found(system: Actor, db: None) -> None:
    with refused(NotFound):
        actions.restore_outage(system, 10**9)
