"""Outage pages, the public list, the base map and the API."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.grid import actions
from denghuo.apps.grid.models import Outage
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.http.limits import buckets

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_old_callers() -> None:
    buckets.clear()


@pytest.fixture
def dispatcher(browser_for: Callable[..., Client], org_tree: Any) -> Client:
    return browser_for("dispatcher", org_tree.city)


def an_outage(system: Actor, grid: Any, **values: Any) -> Outage:
    return actions.open_outage(
        system, **{"kind": "fault", "feeder": grid.feeder, "started_at": timezone.now() - HOUR} | values
    )


def local(moment: dt.datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_the_list_shows_the_outages_of_the_city(dispatcher: Client, system: Actor, grid: Any) -> None:
    mine = an_outage(system, grid)
    other = an_outage(system, grid, feeder=grid.other_feeder)
    page = dispatcher.get("/staff/outages/")
    assert page.status_code == 200
    text = page.content.decode()
    assert mine.number in text
    assert other.number not in text
    assert "/map/base.geojson" in text


def test_more_outages_cost_no_more_queries(
    dispatcher: Client, system: Actor, grid: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        an_outage(system, grid, source_ref=f"R{number}")
    policies.get("outage.notice_hours")
    with django_assert_max_num_queries(13):
        dispatcher.get("/staff/outages/")


def test_a_dispatcher_records_a_fault_on_some_transformers(dispatcher: Client, grid: Any) -> None:
    page = dispatcher.get(f"/staff/outages/transformers/?feeder={grid.feeder.pk}")
    assert grid.transformers[1].name in page.content.decode()
    data = {
        "kind": "fault", "feeder": grid.feeder.pk, "transformers": [grid.transformers[1].pk], "cause": "大风刮断导线",
        "started_at": local(timezone.now() - HOUR), "expected_at": local(timezone.now() + HOUR),
        "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    answer = dispatcher.post("/staff/outages/new/", data)
    outage = Outage.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/staff/outages/{outage.pk}/"
    assert list(outage.transformers.all()) == [grid.transformers[1]]
    again = dispatcher.post("/staff/outages/new/", data)
    assert again.url == answer.url
    assert Outage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_bad_form_is_shown_again_with_its_faults(dispatcher: Client, grid: Any) -> None:
    data = {"kind": "fault", "feeder": grid.feeder.pk, "started_at": local(timezone.now() + 2 * HOUR)}
    answer = dispatcher.post("/staff/outages/new/", data)
    assert answer.status_code == 422
    assert "时间不能晚于现在" in answer.content.decode()
    assert grid.transformers[0].name in answer.content.decode()
    assert not Outage.objects.exists()


def test_a_feeder_of_another_city_cannot_be_chosen(dispatcher: Client, grid: Any) -> None:
    data = {"kind": "fault", "feeder": grid.other_feeder.pk, "started_at": local(timezone.now() - HOUR)}
    assert dispatcher.post("/staff/outages/new/", data).status_code == 422
    assert (
        dispatcher.get(f"/staff/outages/transformers/?feeder={grid.other_feeder.pk}").content.decode().count("checkbox")
        == 0
    )


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_changes_restores_and_reads_the_story(dispatcher: Client, system: Actor, grid: Any) -> None:
    outage = an_outage(system, grid)
    base = f"/staff/outages/{outage.pk}/"
    assert (
        dispatcher.post(
            f"{base}update/", {"cause": "电缆故障", "expected_at": local(timezone.now() + HOUR)}
        ).status_code
        == 302
    )
    assert dispatcher.post(f"{base}restore/", {"restored_at": local(timezone.now() - 5 * HOUR)}).status_code == 422
    assert dispatcher.post(f"{base}restore/", {"restored_at": local(timezone.now())}).status_code == 302
    outage.refresh_from_db()
    assert (outage.state, outage.cause) == ("restored", "电缆故障")
    text = dispatcher.get(base).content.decode()
    assert "恢复送电" in text
    assert "变更停电信息" in text


@pytest.mark.django_db(transaction=True)
def test_an_announced_outage_is_cancelled_with_its_reason(dispatcher: Client, system: Actor, grid: Any) -> None:
    outage = an_outage(system, grid, kind="planned", started_at=timezone.now() + 30 * HOUR)
    base = f"/staff/outages/{outage.pk}/"
    assert "公告未满规定的提前时间" in dispatcher.get(base).content.decode()
    assert dispatcher.post(f"{base}cancel/", {"reason": ""}).status_code == 422
    assert dispatcher.post(f"{base}cancel/", {"reason": "改期"}).status_code == 302


def test_an_outage_of_another_city_is_not_found(dispatcher: Client, system: Actor, grid: Any) -> None:
    other = an_outage(system, grid, feeder=grid.other_feeder)
    assert dispatcher.get(f"/staff/outages/{other.pk}/").status_code == 404
    assert dispatcher.get(f"/staff/supply/{grid.other.pk}/").status_code == 404


def test_an_agent_reads_but_does_not_announce(
    browser_for: Callable[..., Client], org_tree: Any, system: Actor, grid: Any
) -> None:
    agent = browser_for("agent", org_tree.province)
    outage = an_outage(system, grid)
    assert agent.get(f"/staff/outages/{outage.pk}/").status_code == 200
    assert "发布停电" not in agent.get("/staff/outages/").content.decode()
    assert agent.get("/staff/outages/new/").status_code == 403
    assert agent.post(f"/staff/outages/{outage.pk}/restore/", {"restored_at": local(timezone.now())}).status_code == 403
    supply = agent.get(f"/staff/supply/{grid.transformers[0].pk}/").content.decode()
    assert outage.number in supply
    assert "柳变电站" in supply


def test_the_public_list_needs_no_sign_in_and_names_no_reference(client: Client, system: Actor, grid: Any) -> None:
    an_outage(system, grid, source_ref="OMS-99", cause="外力破坏")
    page = client.get("/hall/outages/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "外力破坏" in text
    assert "OMS-99" not in text
    assert client.get("/hall/outages/?org=99999999999999999999").status_code == 200
    assert "没有停电信息" in client.get(f"/hall/outages/?org={grid.other_feeder.org_id}").content.decode()


def test_the_public_list_is_limited_per_caller(client: Client, system: Actor, grid: Any) -> None:
    statuses = {client.get("/api/v1/outages").status_code for _ in range(policies.get("outage.public_per_minute") + 1)}
    assert statuses == {200, 429}


def test_the_base_map_is_cached_by_browsers(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    assert client.get("/map/base.geojson").status_code == 404
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "base.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    first = client.get("/map/base.geojson")
    assert first["Content-Type"] == "application/geo+json"
    assert json.loads(b"".join(first.streaming_content))["features"] == []
    again = client.get("/map/base.geojson", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_a_program_announces_lists_and_restores(client: Client, bearer: dict[str, str], grid: Any) -> None:
    body = {
        "kind": "fault",
        "feeder_id": grid.feeder.pk,
        "started_at": (timezone.now() - HOUR).isoformat(),
        "source_ref": "OMS-1",
    }
    key = str(uuid.uuid4())
    made = client.post("/api/v1/outages", body, "application/json", headers=bearer | {"Idempotency-Key": key})
    assert made.status_code == 201, made.content
    again = client.post("/api/v1/outages", body, "application/json", headers=bearer | {"Idempotency-Key": key})
    assert again.json() == made.json()
    pk = made.json()["id"]
    assert made.json()["customers_out"] == 600
    assert [o["id"] for o in client.get("/api/v1/outages", headers=bearer).json()["items"]] == [pk]
    changed = client.patch(f"/api/v1/outages/{pk}", {"cause": "雷击"}, "application/json", headers=bearer)
    assert changed.json()["cause"] == "雷击"
    restored = client.post(f"/api/v1/outages/{pk}/restore", {}, "application/json", headers=bearer)
    assert restored.json()["state"] == "restored"
    assert client.get("/api/v1/outages", headers=bearer).json()["items"] == []
    assert len(client.get("/api/v1/outages?state=all", headers=bearer).json()["items"]) == 1


def test_the_public_gets_outages_over_the_api_without_inner_references(
    client: Client, system: Actor, grid: Any
) -> None:
    an_outage(system, grid, source_ref="OMS-5")
    item = client.get("/api/v1/outages").json()["items"][0]
    assert item["source_ref"] == ""
    assert item["master_request_id"] is None


def test_pages_of_the_list_follow_one_another(client: Client, bearer: dict[str, str], system: Actor, grid: Any) -> None:
    made = [an_outage(system, grid, source_ref=f"P{n}").pk for n in range(5)]
    first = client.get("/api/v1/outages?limit=3", headers=bearer).json()
    rest = client.get(f"/api/v1/outages?limit=3&before={first['next_before']}", headers=bearer).json()
    assert [o["id"] for o in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_before"] is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "storm"}, "kind"),
        ({"kind": "fault"}, "transformer_ids"),
        ({"kind": "fault", "feeder_id": 10**15}, "feeder_id"),
        ({"kind": "fault", "feeder_id": 10**30}, "feeder_id"),
        ({"kind": "fault", "transformer_ids": [1], "started_at": "yesterday"}, "started_at"),
        ({"kind": "fault", "transformer_ids": [1], "started_at": "2026-01-01T00:00:00"}, "started_at"),
        ({"kind": "fault", "transformer_ids": [1], "cause": "\x00"}, "cause"),
        ({"kind": "fault", "transformer_ids": [1], "surplus": 1}, "surplus"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    client: Client, bearer: dict[str, str], grid: Any, body: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/outages", body, "application/json", headers=bearer)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["errors"]
    assert answer["Content-Type"] == "application/problem+json"
    assert not Outage.objects.exists()


def test_nobody_announces_without_signing_in(client: Client, grid: Any) -> None:
    answer = client.post("/api/v1/outages", {"kind": "fault", "feeder_id": grid.feeder.pk}, "application/json")
    assert answer.status_code == 401
    assert not Outage.objects.exists()
