"""What the supervisor's board shows, kept from events alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.metrics import queries
from denghuo.apps.metrics.models import ArrivalRecord, FloorItem, FloorTally
from denghuo.core import moment, policies
from denghuo.core.events.testing import drain, verify_replay

pytestmark = pytest.mark.django_db


def supervisor(actor_for_role: Any, org_tree: Any) -> Any:
    return actor_for_role("supervisor", org_tree.company)


def test_each_request_is_counted_in_the_state_it_is_in(site: Any, actor_for_role: Any, org_tree: Any) -> None:
    site.world.submitted()
    site.accepted()
    site.arrived()
    drain()
    floor = queries.floor(supervisor(actor_for_role, org_tree))
    assert floor.requests["submitted"] == 1
    assert floor.requests["accepted"] == 1
    assert floor.requests["dispatched"] == 1
    assert floor.orders["arrived"] == 1
    assert queries.differences() == []


def test_a_filed_request_leaves_the_board(site: Any, actor_for_role: Any, org_tree: Any) -> None:
    order = site.review(site.finished(), passed=True)
    site.world.call(order.request)
    drain()
    floor = queries.floor(supervisor(actor_for_role, org_tree))
    assert sum(floor.requests.values()) == 0
    assert sum(floor.orders.values()) == 0
    assert floor.today["callback.done"] == {"satisfied": 1}
    assert queries.differences() == []


def test_the_board_agrees_with_the_tables_after_send_back_rework_and_merge(site: Any) -> None:
    site.review(site.finished(), passed=False, reason="照片不清楚")
    master = site.sent().request
    site.world.merged = site.world.submitted(account_id=site.world.account.pk)
    from denghuo.apps.requests import actions

    actions.merge_request(site.world.reviewer, site.world.merged.pk, master.pk)
    unhappy = site.review(site.finished(), passed=True)
    site.world.complain(unhappy.request)
    drain()
    assert queries.differences() == []


def test_the_figures_can_be_built_again_from_the_log(site: Any) -> None:
    site.review(site.finished(), passed=True)
    site.world.submitted()
    drain()

    def kept() -> list[tuple[Any, ...]]:
        columns = ("org_id", "day", "measure", "part", "count")
        rows = FloorTally.objects.exclude(count=0).values_list(*columns)
        return sorted(tuple(str(value) for value in row) for row in rows)

    def clear() -> None:
        for model in (FloorItem, FloorTally, ArrivalRecord):
            model.objects.all().delete()

    assert verify_replay("metrics.floor", kept, clear)


def test_an_arrival_is_measured_from_acceptance_and_held_against_both_tests(
    site: Any, actor_for_role: Any, org_tree: Any
) -> None:
    order = site.arrived()
    drain()
    record = ArrivalRecord.objects.get(order_id=order.pk)
    order.request.refresh_from_db()
    assert record.minutes == pytest.approx((order.arrived_at - order.request.accepted_at).total_seconds() / 60)
    assert record.limit_minutes == policies.get("clock.arrival.standard")["urban"]
    assert record.met
    (row,) = queries.arrivals_by_area(supervisor(actor_for_role, org_tree), timezone.localtime(moment.now()).date())
    assert (row["area_type"], row["n"], row["kept"], row["met_share"]) == ("urban", 1, True, 1.0)
    assert row["promise"] == policies.get("clock.arrival.mean")["urban"]


def test_a_supervisor_of_another_city_sees_none_of_it(site: Any, actor_for_role: Any, org_tree: Any) -> None:
    site.arrived()
    drain()
    stranger = actor_for_role("supervisor", org_tree.other_city)
    floor = queries.floor(stranger)
    assert floor.requests == {}
    assert floor.arrivals == []
    assert queries.clocks_running_out(stranger) == []
    assert queries.crews_on_map(stranger) == []


def test_clocks_are_listed_by_how_soon_they_run_out(site: Any, actor_for_role: Any, org_tree: Any) -> None:
    site.accepted()
    clocks = queries.clocks_running_out(supervisor(actor_for_role, org_tree))
    assert [c.due_at for c in clocks] == sorted(c.due_at for c in clocks)
    assert {"dispatch", "arrival.mean", "arrival.standard"} <= {c.kind for c in clocks}


def test_a_crew_on_its_way_shows_so_on_the_map(site: Any, actor_for_role: Any, org_tree: Any) -> None:
    site.arrived()
    crews = {crew["id"]: crew for crew in queries.crews_on_map(supervisor(actor_for_role, org_tree))}
    assert crews[site.crew.pk]["state"] == "arrived"
    assert crews[site.other_crew.pk]["state"] == "free"


@pytest.mark.parametrize("path", ["/staff/floor/", "/staff/floor/wall/", "/staff/floor/arrivals/"])
def test_the_boards_open_with_data_and_without(site: Any, browser_for: Any, org_tree: Any, path: str) -> None:
    browser = browser_for("supervisor", org_tree.company)
    assert browser.get(path).status_code == 200
    site.arrived()
    drain()
    page = browser.get(path)
    assert page.status_code == 200
    assert "城区" in page.content.decode()
