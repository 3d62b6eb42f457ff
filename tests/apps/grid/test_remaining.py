"""After a restoration: who is still out, told before the crew leaves, and made an outage of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.grid import actions
from denghuo.apps.grid.choices import InferredState, RemainingState
from denghuo.apps.grid.inference import remaining
from denghuo.apps.grid.inference.actions import look_again, merge_inferred, observe
from denghuo.apps.grid.inference.subscribers import look_for_remaining
from denghuo.apps.grid.models import InferredOutage, Outage, OutageObservation, RemainingOutage, SupplyDevice
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events.models import Event

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def heard(system: Actor, transformer: Any, minutes: float, account: int, kind: str = "call") -> None:
    observe(
        system, kind=kind, source_ref=f"{kind}-{OutageObservation.objects.count()}", transformer_id=transformer.pk,
        at=moment.now() - minutes * MINUTE, account_id=account, request_id=account if kind == "call" else None,
    )  # fmt: skip


@pytest.fixture
def back(system: Actor, grid: Any) -> Outage:
    """The feeder was out and was restored twenty minutes ago; the first transformer's meters told, the second's did not."""
    for number, transformer in enumerate(grid.transformers):
        for n in range(8):
            heard(system, transformer, 60, 100 * (number + 1) + n, "gasp")
    outage = actions.open_outage(system, kind="fault", feeder=grid.feeder, started_at=moment.now() - 61 * MINUTE)
    for number, transformer in enumerate(grid.transformers):
        for n in range(8):
            if number != 1:
                heard(system, transformer, 19, 100 * (number + 1) + n, "power_on")
    for account in (204, 205, 206):
        heard(system, grid.transformers[1], 5, account)
    return actions.restore_outage(system, outage.pk, at=moment.now() - 20 * MINUTE)


def test_silent_meters_and_callers_name_the_transformer_that_is_still_out(
    system: Actor, grid: Any, back: Outage
) -> None:
    look_for_remaining(Event.objects.get(kind="outage.restored"))
    row = RemainingOutage.objects.get()
    assert (row.state, row.outage, row.callers, row.silent) == (RemainingState.OPEN, back, 3, 8)
    assert remaining.device_names(row) == [grid.transformers[1].name]
    assert row.request_ids == [204, 205, 206]
    remaining.look(system, back.pk)
    assert Event.objects.filter(kind__startswith="remaining.").count() == 1


def test_it_becomes_an_outage_of_its_own_from_the_restoration_on(system: Actor, grid: Any, back: Outage) -> None:
    row = remaining.look(system, back.pk)
    assert row is not None
    nested = remaining.accept(system, row.pk)
    assert list(nested.transformers.all()) == [grid.transformers[1]]
    assert nested.started_at == back.restored_at
    told = Event.objects.get(kind="remaining.accepted").payload
    assert (told["nested_id"], told["request_ids"]) == (nested.pk, [204, 205, 206])
    with pytest.raises(Conflict):
        remaining.accept(system, row.pk)
    assert remaining.look(system, back.pk) is None


def test_supply_told_by_the_meters_clears_the_list(system: Actor, grid: Any, back: Outage) -> None:
    assert remaining.look(system, back.pk) is not None
    for n in range(8):
        heard(system, grid.transformers[1], 1, 200 + n, "power_on")
    assert remaining.look(system, back.pk) is None
    assert RemainingOutage.objects.get().state == RemainingState.CLEARED


def test_a_sample_is_asked_once_each(system: Actor, back: Outage) -> None:
    row = remaining.look(system, back.pk)
    assert row is not None
    assert len(remaining.ask(system, row.pk)) == 5
    assert len(remaining.ask(system, row.pk)) == 3
    with pytest.raises(Conflict):
        remaining.ask(system, row.pk)


def test_an_outage_with_everybody_back_has_no_list(system: Actor, grid: Any) -> None:
    outage = actions.open_outage(system, kind="fault", feeder=grid.feeder, started_at=moment.now() - 60 * MINUTE)
    actions.restore_outage(system, outage.pk)
    assert remaining.look(system, outage.pk) is None


def test_the_dispatcher_sees_the_list_and_decides(
    browser_for: Callable[..., Client], org_tree: Any, system: Actor, grid: Any, back: Outage
) -> None:
    row = remaining.look(system, back.pk)
    assert row is not None
    dispatcher = browser_for("dispatcher", org_tree.city)
    assert back.number in dispatcher.get("/staff/outages/remaining/").content.decode()
    assert "仍未恢复" in dispatcher.get(f"/staff/outages/{back.pk}/").content.decode()
    page = f"/staff/outages/remaining/{row.pk}/"
    assert grid.transformers[1].name in dispatcher.get(page).content.decode()
    assert dispatcher.post(f"{page}clear/", {"note": ""}).status_code == 422
    assert dispatcher.post(f"{page}nonsense/").status_code == 404
    assert dispatcher.post(f"{page}accept/").status_code == 302
    assert browser_for("dispatcher", org_tree.other_city).get(page).status_code == 404


def test_two_inferred_outages_that_are_one_go_to_the_device_above_both(system: Actor, grid: Any) -> None:
    look_again(system, grid.feeder.pk)
    for device in SupplyDevice.objects.filter(transformer__in=grid.transformers[:2]):
        InferredOutage.objects.create(
            org=device.org, feeder=grid.feeder, device=device, posterior=0.7, ratio=3.0, customers=100, calls=3, gasps=0,
            began_at=moment.now() - 9 * MINUTE, found_at=moment.now(), seen_at=moment.now(),
        )  # fmt: skip
    first, second = InferredOutage.objects.filter(state=InferredState.OPEN).order_by("pk")
    kept = merge_inferred(system, first.pk, second.pk)
    assert kept.device.kind == "feeder" and kept.confirmed
    states = InferredOutage.objects.exclude(pk=kept.pk).values_list("state", "merged_into_id")
    assert set(states) == {(InferredState.MERGED, kept.pk)}
    with pytest.raises(Conflict):
        merge_inferred(system, kept.pk, kept.pk)


def test_a_device_that_was_not_inferred_is_refused(system: Actor, back: Outage) -> None:
    row = remaining.look(system, back.pk)
    assert row is not None
    with pytest.raises(InvalidInput):
        remaining.accept(system, row.pk, device_id=999_999)
