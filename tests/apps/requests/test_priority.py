"""The priority score: its parts add up, and each follows its policy."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.range import TimestamptzRange

from denghuo.apps.customers.models import Customer, CustomerTag
from denghuo.apps.requests import actions
from denghuo.apps.requests.priority import priorities, priority
from denghuo.core import moment, policies
from denghuo.core.clocks.models import Clock
from denghuo.core.policies.models import PolicyValue
from denghuo.engine.priority import Weights, score
from tests.apps.requests.world import World

WEIGHTS = Weights(0.5, 0.2, 0.3, urgent_bonus=1.0, time_cap=3.0)
shares = st.floats(0, 10)
units = st.floats(0, 1)


def test_the_score_is_worked_by_hand() -> None:
    """37 of 60 minutes, medium (0.5), a sensitive customer (0.8): 0.5×0.62 + 0.2×0.5 + 0.3×0.8 = 0.65."""
    found = score(0.62, 0.5, 0.8, WEIGHTS)
    assert [round(part.points, 3) for part in found.parts] == [0.31, 0.1, 0.24]
    assert found.total == pytest.approx(0.65)
    assert score(0.62, 0.5, 0.8, WEIGHTS, urgent=True).total == pytest.approx(1.65)


@given(shares, units, units, shares)
def test_more_time_gone_by_never_ranks_lower(used: float, q: float, c: float, more: float) -> None:
    assert score(used + more, q, c, WEIGHTS).total >= score(used, q, c, WEIGHTS).total


@given(shares, units, units, st.booleans())
def test_the_parts_add_up_to_the_whole(used: float, q: float, c: float, urgent: bool) -> None:
    found = score(used, q, c, WEIGHTS, urgent=urgent)
    assert found.total == pytest.approx(sum(part.points for part in found.parts))
    if found.total:
        assert sum(found.share(part) for part in found.parts) == pytest.approx(1)


@given(units, units, units)
def test_urgent_and_not_late_goes_before_all_that_is_not_late(used: float, q: float, c: float) -> None:
    """With the shipped weights, which is why the bonus is what it is."""
    assert score(0, 0, 0, WEIGHTS, urgent=True).total >= score(used, q, c, WEIGHTS).total


@pytest.mark.parametrize("wrong", [(-0.1, 0, 0), (float("nan"), 0, 0), (0, 1.1, 0), (0, 0, -1), (float("inf"), 0, 0)])
def test_what_is_off_the_scale_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError):
        score(*wrong, WEIGHTS)


def test_negative_weights_are_refused() -> None:
    with pytest.raises(ValueError):
        Weights(-1, 0, 0)


def test_a_request_is_scored_by_its_furthest_clock_its_class_and_its_customer(world: World) -> None:
    request = world.accepted()
    # The dispatch clock has 2 minutes, the arrival clocks 45 and 60: a minute on, half of the first is used up.
    at = request.accepted_at + dt.timedelta(minutes=1)
    found = priority(request, at)
    assert found.clock is not None and found.clock.kind == "dispatch"
    assert [(p.name, round(p.value, 2), p.weight) for p in found.score.parts] == [
        ("time", 0.5, 0.5), ("complexity", 0.5, 0.2), ("contribution", 0.4, 0.3),
    ]  # fmt: skip
    assert found.total == pytest.approx(0.25 + 0.1 + 0.12)
    CustomerTag.objects.create(
        customer_id=request.customer_id, tag="life_support", added_at=moment.now(), added_by="测试"
    )
    assert priority(request, at).trait == "life_support"
    assert priority(request, at).total == pytest.approx(0.25 + 0.1 + 0.3)


def test_lateness_counts_only_so_far(world: World) -> None:
    request = world.accepted()
    assert priority(request, request.accepted_at + dt.timedelta(days=3)).score.parts[0].value == 3.0


def test_a_unit_weighs_in_its_own_way(world: World) -> None:
    request = world.accepted()
    value = {"time": 0, "complexity": 1, "contribution": 0}
    PolicyValue.objects.create(
        key="priority.weights", org=request.org, valid=TimestamptzRange(None, None), value=value, source="测试"
    )
    policies.clear_cache()
    assert priority(request).total == pytest.approx(0.5)


def test_a_page_of_requests_is_scored_in_two_queries(world: World, django_assert_num_queries: Any) -> None:
    rows = [world.accepted(occurred_at=moment.now() - dt.timedelta(minutes=n)) for n in range(1, 5)]
    done = actions.cancel_request(world.agent, rows.pop().pk, reason="客户已自行解决")
    policies.get("priority.weights")  # the table of policies is read
    with django_assert_num_queries(2):
        found = priorities([*rows, done])
    assert set(found) == {row.pk for row in rows}


def test_the_page_shows_the_parts_and_who_may_not_see_the_request_sees_nothing(
    world: World, browser_for: Any, org_tree: Any
) -> None:
    request = world.accepted()
    Customer.objects.filter(pk=request.customer_id).update(sensitive=True)
    page = browser_for("agent", org_tree.city).get(f"/staff/requests/{request.pk}/priority/").content.decode()
    assert "时限消耗" in page and "敏感客户" in page and "0.80×0.3" in page
    assert browser_for("agent", org_tree.other_city).get(f"/staff/requests/{request.pk}/priority/").status_code == 404
    listed = browser_for("agent", org_tree.city).get("/staff/requests/").content.decode()
    assert "优先级" in listed


def test_without_a_live_clock_time_counts_nothing(world: World) -> None:
    request = world.accepted()
    Clock.objects.filter(subject_id=request.pk).update(state="cancelled")
    found = priority(request)
    assert found.clock is None and found.score.parts[0].points == 0
