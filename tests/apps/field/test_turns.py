"""A place that a dispatcher chose on the board holds, and the crew's phone lists its work in the plan's sequence."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.pages.crew import cards
from denghuo.apps.field.planning import actions, dragging, making, turns
from denghuo.apps.field.planning.models import DispatchPlan
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from tests.apps.field.site import Site
from tests.apps.field.test_planning import area, plan_by_hand, routes  # noqa: F401

pytestmark = pytest.mark.django_db


def drop(site: Site, plan: DispatchPlan, order: WorkOrder, before: WorkOrder | None) -> DispatchPlan:
    before_id = before.request_id if before else None
    return dragging.pin(site.dispatcher, plan.pk, order.request_id, crew_id=site.crew.pk, before_id=before_id)


def listed(site: Site) -> list[int]:
    return [card["order"].pk for card in cards(site.worker, site.crew)]


def test_where_an_order_was_dropped_holds_in_the_next_plan_until_it_is_unlocked(
    site: Site, area: Any, system: Actor  # noqa: F811
) -> None:  # fmt: skip
    one, two, three = site.sent(), site.sent(), site.sent()
    plan = drop(site, plan_by_hand(system, area), three, before=one)
    wanted = [three.request_id, one.request_id, two.request_id]
    assert routes(plan)[site.crew.pk] == wanted
    assert plan.body["pins"][str(three.request_id)] == {
        "crew": site.crew.pk, "after": None, "before": one.request_id,
    }  # fmt: skip
    found = making.read(area, plan.body)
    assert [(found.tasks[a].key, found.tasks[b].key) for a, b in found.problem.sequence] == [tuple(wanted[:2])]
    told = dragging.cost_of_move(
        site.dispatcher, plan.pk, one.request_id, crew_id=site.crew.pk, before_id=three.request_id
    )
    assert told["allowed"]  # who is dragged last decides
    actions.unlock_order(site.dispatcher, three.request_id)
    assert making.read(area, plan.body).problem.sequence == ()


def test_what_was_dropped_last_decides_when_two_places_contradict(
    site: Site, area: Any, system: Actor  # noqa: F811
) -> None:  # fmt: skip
    one, two = site.sent(), site.sent()
    plan = drop(site, plan_by_hand(system, area), two, before=one)
    plan = drop(site, plan, one, before=two)
    assert routes(plan)[site.crew.pk] == [one.request_id, two.request_id]
    assert plan_by_hand(system, area).body["pins"][str(two.request_id)]["before"] is None


def test_the_phone_lists_orders_in_the_sequence_of_the_plan_with_the_one_under_way_first(
    site: Site, area: Any, system: Actor  # noqa: F811
) -> None:  # fmt: skip
    one, two, three = site.sent(), site.sent(), site.sent()
    assert listed(site) == [one.pk, two.pk, three.pk]
    plan = drop(site, plan_by_hand(system, area), three, before=one)
    assert listed(site) == [three.pk, one.pk, two.pk]
    site.arrived(two)
    assert listed(site) == [two.pk, three.pk, one.pk]
    actions.reject_plan(site.dispatcher, plan.pk, reason="先办老用户")
    assert turns.planned(site.crew.pk) == [one.request_id, two.request_id, three.request_id]


def test_urgent_work_that_no_plan_has_seen_comes_before_the_plans(
    site: Site, area: Any, system: Actor  # noqa: F811
) -> None:  # fmt: skip
    one, two = site.sent(), site.sent()
    plan_by_hand(system, area)
    urgent = site.sent()
    Request.objects.filter(pk=urgent.request_id).update(urgency="urgent")
    assert listed(site) == [urgent.pk, one.pk, two.pk]
