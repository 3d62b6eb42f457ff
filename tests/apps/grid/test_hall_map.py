"""The public outage map: areas, search, the list without scripts, the feed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.areas import areas, around, hull
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.http.limits import buckets
from denghuo.engine.geo import contains

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def _no_old_callers() -> None:
    buckets.clear()


@pytest.fixture
def outage(grid: Any) -> Any:
    now = moment.now()
    return actions.open_outage(
        SYSTEM, kind="fault", feeder=grid.feeder, transformer_ids={one.pk for one in grid.transformers[:2]},
        started_at=now - dt.timedelta(hours=1), expected_at=now + dt.timedelta(hours=1), cause="雷击跳闸",
    )  # fmt: skip


def test_the_hull_of_a_square_leaves_out_what_lies_inside() -> None:
    assert set(hull([(0, 0), (2, 0), (2, 2), (0, 2), (1, 1), (1, 0)])) == {(0, 0), (2, 0), (2, 2), (0, 2)}
    assert around([]) == []


def test_an_area_holds_its_transformers_and_no_other(grid: Any, outage: Any) -> None:
    (feature,) = areas(queries.public_outages())["features"]
    ring = feature["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    inside = [contains(ring[:-1], one.lon, one.lat) for one in grid.transformers]
    assert inside == [True, True, False]


def test_the_list_says_where_and_until_when_without_a_script(outage: Any) -> None:
    page = Client().get("/hall/outages/").content.decode()
    assert "雷击跳闸" in page
    assert "预计恢复" in page
    assert 'data-areas="outage-areas"' in page


@pytest.mark.parametrize(
    ("words", "found"), [("10kV柳", True), ("柳2号", True), ("柳 公变", True), ("石桥", False), ("%", False)]
)
def test_an_outage_is_found_by_line_or_transformer(outage: Any, words: str, found: bool) -> None:
    assert ("雷击跳闸" in Client().get("/hall/outages/", {"q": words}).content.decode()) is found


def test_a_state_narrows_the_list(outage: Any) -> None:
    client = Client()
    assert "雷击跳闸" not in client.get("/hall/outages/?state=announced").content.decode()
    assert "雷击跳闸" in client.get("/hall/outages/?state=active").content.decode()
    assert "雷击跳闸" in client.get("/hall/outages/?state=nonsense").content.decode()


def test_the_feed_can_be_read_and_tells_each_state_as_an_entry_of_its_own(outage: Any) -> None:
    name = "{http://www.w3.org/2005/Atom}"

    def ids() -> list[str]:
        answer = Client().get("/hall/outages/feed.atom")
        assert answer["Content-Type"].startswith("application/atom+xml")
        tree = ElementTree.fromstring(answer.content)
        return [str(entry.findtext(f"{name}id")) for entry in tree.iter(f"{name}entry")]

    before = ids()
    actions.restore_outage(SYSTEM, outage.pk)
    assert len(before) == len(ids()) == 1
    assert before != ids()


def test_a_planned_outage_of_ones_transformer_is_told_ahead(grid: Any) -> None:
    soon = moment.now() + dt.timedelta(days=9)
    actions.open_outage(
        SYSTEM, kind="planned", feeder=grid.feeder, transformer_ids={grid.transformers[0].pk}, started_at=soon,
        expected_at=soon + dt.timedelta(hours=6), cause="检修",
    )  # fmt: skip
    assert [one.cause for one in queries.coming_outages(grid.transformers[0].pk)] == ["检修"]
    assert queries.coming_outages(grid.transformers[2].pk) == []
    assert queries.coming_outages(None) == []
