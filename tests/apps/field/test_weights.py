"""Weights of the quick rule proposed from a unit's own orders and accepted by a person."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.planning import pages_weights as page_parts
from denghuo.apps.field.planning import tuning
from denghuo.core import moment, policies
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.policies.models import PolicyValue
from tests.apps.field.site import Site

pytestmark = pytest.mark.django_db


def past_day(site: Site, days_ago: int) -> None:
    """Two finished orders of the day, one by each crew, in sequence."""
    for number, crew in enumerate((site.crew, site.other_crew)):
        order = site.sent()
        at = moment.now() - dt.timedelta(days=days_ago, minutes=5 - number)
        WorkOrder.objects.filter(pk=order.pk).update(
            crew=crew, lon=crew.base_lon, lat=crew.base_lat, sent_at=at, arrived_at=at + dt.timedelta(minutes=20),
            finished_at=at + dt.timedelta(minutes=50), last_step_at=at, state="passed",
        )  # fmt: skip


def test_past_days_give_a_proposal_and_too_few_days_say_so(site: Site, org_tree: Any) -> None:
    past_day(site, 3)
    told = tuning.proposal(site.dispatcher, org_tree.county)
    assert told.fit is None and (told.days, told.orders) == (1, 2)
    past_day(site, 2)
    past_day(site, 1)
    told = tuning.proposal(site.dispatcher, org_tree.county)
    assert told.fit is not None and (told.days, told.orders) == (3, 6)
    assert told.fit.before.orders == 2  # the third day alone is measured on


def test_accepted_weights_are_dated_policies_that_rank_from_now_on(
    site: Site, org_tree: Any, actor_for_role: Any
) -> None:
    wanted = {"distance": 0.7, "skill": 0.1, "load": 0.2}
    with pytest.raises(NotAllowed):
        tuning.accept_weights(site.worker, org_tree.county.pk, weights=wanted, source="测试")
    boss = actor_for_role("security_admin", org_tree.county)
    with pytest.raises(InvalidInput):
        tuning.accept_weights(boss, org_tree.county.pk, weights={**wanted, "skill": -1}, source="测试")
    tuning.accept_weights(boss, org_tree.county.pk, weights=wanted, source="测试")
    assert policies.get("dispatch.weight.distance", org_tree.county) == 0.7


def test_the_page_shows_days_that_are_missing(site: Site, org_tree: Any, browser_for: Any) -> None:
    page = browser_for("dispatcher", org_tree.county).get("/staff/dispatch/weights/")
    assert page.status_code == 200 and "历史工单还不够" in page.content.decode()


def test_who_approves_policies_takes_the_proposal_on_its_page(
    site: Site, org_tree: Any, browser_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days_ago in (3, 2, 1):
        past_day(site, days_ago)
    told = tuning.proposal(site.dispatcher, org_tree.county)
    assert told.fit is not None
    better = dataclasses.replace(told, fit=dataclasses.replace(told.fit, better=True))
    monkeypatch.setattr(tuning, "proposal", lambda *_given: better)
    seen = page_parts.seen(better)
    boss = browser_for("security_admin", org_tree.county)
    assert f'value="{seen}"' in boss.get("/staff/dispatch/weights/").content.decode()
    url = f"/staff/dispatch/weights/{org_tree.county.pk}/accept/"
    boss.post(url, {"seen": "0.00-0.00-1.00"})
    own = PolicyValue.objects.filter(key="dispatch.weight.distance", org=org_tree.county)
    assert not own.exists()
    boss.post(url, {"seen": seen})
    assert own.get().value == pytest.approx(told.fit.weights.distance)
