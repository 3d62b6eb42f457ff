"""Which outage explains a report, and what supplies whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.engine.geo import distance_km

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def outage_of(
    system: Actor, transformer: Transformer, minutes_ago: float, lasted: float | None = None, **values: Any
) -> Outage:
    start = timezone.now() - minutes_ago * MINUTE
    outage = actions.open_outage(system, kind="fault", transformer_ids=[transformer.pk], started_at=start, **values)
    return outage if lasted is None else actions.restore_outage(system, outage.pk, at=start + lasted * MINUTE)


@pytest.fixture(autouse=True)
def _warm_policies(db: None) -> None:
    policies.get("outage.explain_before_minutes")


def test_an_outage_that_lasts_explains_in_one_query(
    system: Actor, grid: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    outage = outage_of(system, grid.transformers[0], 60)
    # A prepared statement, which Django's count may not see.
    with django_assert_max_num_queries(1):
        assert queries.outage_explaining(grid.transformers[0].pk) == outage
    with django_assert_max_num_queries(1):
        assert queries.outage_explaining(grid.transformers[1].pk) is None
    with django_assert_num_queries(0):
        assert queries.outage_explaining(None) is None


def test_a_report_shortly_before_the_recorded_start_is_explained_a_long_time_before_is_not(
    system: Actor, grid: Any
) -> None:
    one = grid.transformers[0]
    outage = outage_of(system, one, 60)
    assert queries.outage_explaining(one.pk, outage.started_at - 20 * MINUTE) == outage
    assert queries.outage_explaining(one.pk, outage.started_at - 40 * MINUTE) is None


def test_a_report_shortly_after_restoration_is_explained_later_is_not(system: Actor, grid: Any) -> None:
    one = grid.transformers[0]
    outage = outage_of(system, one, 120, lasted=60)
    assert outage.restored_at is not None
    assert queries.outage_explaining(one.pk, outage.restored_at + 10 * MINUTE) == outage
    assert queries.outage_explaining(one.pk) is None


def test_what_lasts_comes_before_what_is_over_and_the_latest_before_older(system: Actor, grid: Any) -> None:
    one = grid.transformers[0]
    outage_of(system, one, 300)
    latest = outage_of(system, one, 200)
    outage_of(system, one, 60, lasted=58)
    assert queries.outage_explaining(one.pk) == latest


def test_a_cancelled_outage_explains_nothing(system: Actor, grid: Any) -> None:
    one = grid.transformers[0]
    start = timezone.now() + 20 * MINUTE
    planned = actions.open_outage(system, kind="planned", transformer_ids=[one.pk], started_at=start)
    assert queries.outage_explaining(one.pk) == planned
    actions.cancel_outage(system, planned.pk, reason="改期")
    assert queries.outage_explaining(one.pk) is None


def test_many_transformers_are_explained_in_two_queries(
    system: Actor, grid: Any, django_assert_num_queries: Any
) -> None:
    first = outage_of(system, grid.transformers[0], 30)
    second = outage_of(system, grid.transformers[1], 30)
    with django_assert_num_queries(2):
        found = queries.outages_explaining([t.pk for t in grid.transformers])
    assert found == {grid.transformers[0].pk: first, grid.transformers[1].pk: second}
    assert queries.outages_explaining([]) == {}


def test_the_supply_path_is_one_query(grid: Any, django_assert_num_queries: Any) -> None:
    class Premises:
        transformer_id = grid.transformers[0].pk

    with django_assert_num_queries(1):
        transformer = queries.transformer_of(Premises())
        assert transformer is not None
        path = queries.supply_path(transformer)
        assert (path.feeder.name, path.substation.name) == ("10kV柳线", "柳变电站")
    with django_assert_num_queries(1):
        assert queries.path_of(grid.transformers[0].pk) == path


def test_an_account_without_a_transformer_has_none() -> None:
    class Premises:
        transformer_id = None

    assert queries.transformer_of(Premises()) is None


def test_the_nearest_transformer_is_the_nearest_in_the_unit(
    grid: Any, org_tree: Any, django_assert_num_queries: Any
) -> None:
    spot = (130.9213, 19.705)
    with django_assert_num_queries(1):
        found = queries.nearest_transformer(*spot, org_tree.county)
    assert found == min(grid.transformers, key=lambda t: distance_km(*spot, t.lon, t.lat))
    assert queries.nearest_transformer(*spot, org_tree.other_city) == grid.other
    assert queries.nearest_transformer(*spot, org_tree.county_b) is None


def test_a_dispatcher_sees_the_outages_of_their_city_only(
    system: Actor, grid: Any, org_tree: Any, actor_for_role: Callable[..., Actor], django_assert_num_queries: Any
) -> None:
    mine = outage_of(system, grid.transformers[0], 30)
    outage_of(system, grid.other, 30)
    outage_of(system, grid.transformers[1], 300, lasted=30)
    actor = actor_for_role("dispatcher", org_tree.city)
    with django_assert_num_queries(1):
        rows = list(queries.open_outages(actor))
        assert rows == [mine]
        assert (rows[0].org.name, rows[0].transformer_count) == ("柳溪县公司", 1)
    assert queries.outages_visible_to(actor).count() == 2


def test_the_public_sees_what_lasts_first_and_what_is_long_over_not_at_all(
    system: Actor, grid: Any, org_tree: Any, django_assert_num_queries: Any
) -> None:
    over = outage_of(system, grid.transformers[2], 100, lasted=40)
    outage_of(system, grid.transformers[1], 900, lasted=60)
    lasting = outage_of(system, grid.transformers[0], 30)
    elsewhere = outage_of(system, grid.other, 30)
    with django_assert_num_queries(2):
        assert {o.pk for o in queries.public_outages()} == {over.pk, lasting.pk, elsewhere.pk}
    assert queries.public_outages(org_tree.city) == [lasting, over]
