"""Outages in the PubOutages shape: what emergency services and the public read, and what they do not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.exchange.adapters.iec61968.tree import parse
from denghuo.apps.exchange.pub_outages import NAMESPACE
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.http.limits import buckets
from tests.apps.requests.world import World
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


@pytest.fixture
def dark(world: World, system: Actor) -> Outage:
    begun = moment.now().replace(microsecond=0) - dt.timedelta(hours=1)
    first = Transformer.objects.get(code="T-T1")
    return grid.open_outage(
        system, kind="fault", feeder=None, transformer_ids=[first.pk], started_at=begun,
        expected_at=begun + dt.timedelta(hours=3), cause="树障",
    )  # fmt: skip


def read(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/pub-outages", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["PubOutages"]
    return found


def test_an_outage_is_told_by_county_with_its_meters_and_its_end(client: Client, dark: Outage, org_tree: Any) -> None:
    (told,) = read(client)
    assert told["communityDescriptor"] == org_tree.county.code
    assert told["metersAffected"] == told["originalMetersAffected"] == dark.customers_out > 0
    assert dt.datetime.fromisoformat(told["EstimatedRestorationTime"]["ert"]) == dark.expected_at
    assert told["OutageArea"]["metersServed"] == sum(
        Transformer.objects.filter(org=org_tree.county).values_list("customers", flat=True)
    )
    assert told["statusKind"] is None and read(client)[0]["mRID"] == told["mRID"]
    assert read(client, org_id=org_tree.other_county.pk) == []
    assert client.get("/api/v1/pub-outages", {"org_id": 2**60}).status_code == 404


def test_after_the_end_nobody_is_without_supply(client: Client, dark: Outage, system: Actor) -> None:
    grid.restore_outage(system, dark.pk)
    (told,) = read(client)
    assert (told["outageKind"], told["metersAffected"]) == ("restored", 0)
    assert told["EstimatedRestorationTime"] is None and told["actualPeriod"]["end"] is not None


def test_what_is_not_on_the_map_is_not_told(client: Client, dark: Outage) -> None:
    Outage.objects.update(channels=["desk"])
    assert read(client) == []


def test_the_same_as_xml(client: Client, dark: Outage) -> None:
    answer = client.get("/api/v1/pub-outages.xml")
    root = parse(answer.content)
    assert (root.name, root.namespace, answer["Content-Type"][:15]) == ("PubOutages", NAMESPACE, "application/xml")
    assert root.value("Outage", "metersAffected") == str(dark.customers_out)
    assert root.value("Outage", "OutageArea", "outageAreaKind") == "county"


def test_three_queries_however_many(client: Client, dark: Outage) -> None:
    with counted("exchange.pub_outages"):
        read(client)
