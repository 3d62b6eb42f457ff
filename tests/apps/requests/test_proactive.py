"""An outage nobody called about: it gets a request without a caller, a crew can go, and nobody is called back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from psycopg.types.range import TimestamptzRange

from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Outage, OutageObservation
from denghuo.apps.requests import actions
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events.testing import drain
from denghuo.core.policies.lookup import clear_cache
from denghuo.core.policies.models import PolicyValue

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
SYSTEM = Actor.system("test")


@pytest.fixture
def outage(world: Any) -> Outage:
    """Meters told of it; nobody called."""
    return grid.open_outage(
        SYSTEM, kind="fault", transformer_ids=[world.transformer.pk], started_at=moment.now() - 20 * MINUTE
    )


def test_it_is_accepted_at_once_and_stands_for_the_outage(world: Any, outage: Outage) -> None:
    made = actions.open_for_outage(world.agent, outage.pk)
    outage.refresh_from_db()
    assert (made.state, made.outage_id, outage.master_request_id) == ("accepted", outage.pk, made.pk)
    assert (made.caller_name, made.caller_phone, made.customer_id, made.contact_id) == ("", "", None, None)
    assert (made.transformer_id, made.fault_class, made.area_type) == (world.transformer.pk, "high_voltage", "urban")
    assert (made.address, made.completeness) == (world.transformer.name, None)  # nobody was asked anything
    assert world.kinds(made) == ["request.submitted", "request.outage_linked", "request.accepted"]


def test_it_is_no_call_for_the_inference(world: Any, outage: Outage) -> None:
    actions.open_for_outage(world.agent, outage.pk)
    drain(["grid.inference"])
    assert not OutageObservation.objects.exists()
    world.submitted()
    drain(["grid.inference"])
    assert OutageObservation.objects.count() == 1


def test_who_calls_later_is_put_to_the_same_outage(world: Any, outage: Outage) -> None:
    made = actions.open_for_outage(world.agent, outage.pk)
    later = world.accepted()
    assert later.outage_id == outage.pk
    assert actions.merge_request(world.agent, later.pk, made.pk, "同一停电").master_id == made.pk


def test_after_the_work_it_closes_without_a_call(world: Any, outage: Outage) -> None:
    made = world.dispatch(actions.open_for_outage(world.agent, outage.pk))
    world.arrive(made)
    world.finish(made)
    actions.review_request(world.reviewer, made.pk, passed=True)
    made.refresh_from_db()
    assert made.state == "archived"
    assert CallBack.objects.get(request=made).skipped == "anonymous"


def test_an_outage_that_has_a_request_or_is_over_gets_none(world: Any, outage: Outage) -> None:
    actions.open_for_outage(world.agent, outage.pk)
    with pytest.raises(Conflict) as twice:
        actions.open_for_outage(world.agent, outage.pk)
    assert twice.value.code == "outage_has_request"
    planned = grid.open_outage(
        SYSTEM, kind="planned", transformer_ids=[world.transformer.pk], started_at=moment.now() + dt.timedelta(days=8)
    )
    with pytest.raises(Conflict) as early:
        actions.open_for_outage(world.agent, planned.pk)
    assert early.value.code == "outage_state"
    with pytest.raises(NotAllowed):
        actions.open_for_outage(world.caller, planned.pk)


@pytest.mark.parametrize(("wanted", "reported", "made"), [(False, False, 0), (True, False, 1), (True, True, 0)])
def test_by_policy_it_comes_by_itself_unless_somebody_reported(
    world: Any, outage: Outage, wanted: bool, reported: bool, made: int
) -> None:
    since = TimestamptzRange(moment.now() - MINUTE, None)
    PolicyValue.objects.create(
        key="outage.proactive", org=world.org, value=wanted, valid=since, source="测试", trust="L"
    )
    clear_cache()
    before = [world.accepted()] if reported else []
    for _ in range(2):
        drain(["requests.outage_proactive"])
    assert Request.objects.count() == len(before) + made


def test_the_outage_page_offers_it_and_leads_to_the_request(
    world: Any, outage: Outage, browser_for: Callable[..., Client]
) -> None:
    browser = browser_for("dispatcher")
    page = f"/staff/outages/{outage.pk}/"
    assert "主动派工" in browser.get(page).content.decode()
    answer = browser.post(f"{page}request/")
    made = Request.objects.get()
    assert answer["Location"] == f"/staff/requests/{made.pk}/"
    shown = browser.get(page).content.decode()
    assert "主动派工" not in shown and f"/staff/requests/{made.pk}/" in shown
    assert "没有客户来电" in browser.get(answer["Location"]).content.decode()
    assert "已有诉求" in browser.post(f"{page}request/", follow=True).content.decode()
