"""The floor board, the wall and the list of arrivals, as pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from denghuo.core.events.testing import drain
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(browser_for: Any, org_tree: Any) -> Client:
    client: Client = browser_for("supervisor", org_tree.city)
    return client


def data(page: str, name: str) -> Any:
    """A JSON block of the page."""
    return json.loads(page.split(f'id="{name}" type="application/json">', 1)[1].split("</script>", 1)[0])


@pytest.mark.parametrize(("path", "name"), [("/staff/floor/", "floor"), ("/staff/floor/wall/", "wall")])
def test_a_board_shows_figures_clocks_crews_and_arrivals(board: Client, site: Any, path: str, name: str) -> None:
    order = site.arrived()
    waiting = site.world.submitted()
    drain()
    board.get(path)
    with counted(f"pages.metrics.{name}"):
        page = board.get(path).content.decode()
    assert order.request.number in page or order.request.get_area_type_display() in page
    assert waiting.number in page and "城区" in page
    assert {point["label"].split(" · ")[0] for point in data(page, "crew-points")} >= {site.crew.name}
    chart = data(page, "arrival-chart" if name == "floor" else "wall-arrivals")
    assert [len(one["data"]) for one in chart["series"]] == [1]


@pytest.mark.parametrize("path", ["/staff/floor/", "/staff/floor/wall/"])
def test_the_moving_part_comes_alone_without_map_and_chart(board: Client, site: Any, path: str) -> None:
    part = board.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "data-map" not in part and 'id="crew-points"' in part


@pytest.mark.parametrize("path", ["/staff/floor/", "/staff/floor/wall/"])
def test_a_board_whose_figures_are_behind_looks_again_by_itself(board: Client, site: Any, path: str) -> None:
    site.world.submitted()
    page = board.get(path, headers={"HX-Request": "true"}).content.decode()
    assert f'hx-get="{path}" hx-trigger="load delay:2s"' in page
    drain()
    assert 'hx-trigger="load' not in board.get(path, headers={"HX-Request": "true"}).content.decode()


def test_an_empty_floor_says_what_to_expect(board: Client) -> None:
    page = board.get("/staff/floor/").content.decode()
    assert "没有正在计时的时限" in page and "今天还没有班组到达现场" in page


def test_another_citys_work_is_not_on_the_board(browser_for: Any, site: Any, org_tree: Any) -> None:
    waiting = site.world.submitted()
    drain()
    page = browser_for("supervisor", org_tree.other_city).get("/staff/floor/").content.decode()
    assert waiting.number not in page and site.crew.name not in page


def test_each_arrival_is_listed_with_its_minutes_and_limit(board: Client, site: Any) -> None:
    order = site.arrived()
    drain()
    with counted("pages.metrics.arrivals"):
        page = board.get("/staff/floor/arrivals/").content.decode()
    assert order.request.number in page and "达标" in page
    assert order.request.number not in board.get("/staff/floor/arrivals/", {"late": "1"}).content.decode()
