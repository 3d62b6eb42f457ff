"""Faults counted for decisions, the rows behind every figure, and devices that fail again and again."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from denghuo.apps.grid.choices import SupplyDeviceKind
from denghuo.apps.grid.decision import figures
from denghuo.apps.grid.models import Outage, SupplyDevice
from denghuo.core import moment
from denghuo.core.actors import Actor

pytestmark = pytest.mark.django_db
PAGE = "/staff/outages/decision/"


@pytest.fixture
def past(grid: Any) -> SupplyDevice:
    """Four faults of one low-voltage feeder within a month, one of a line without a cause, one planned outage."""
    org = grid.feeder.org
    device = SupplyDevice.objects.create(
        org=org, feeder=grid.feeder, code="LV-1", name="东出线", kind=SupplyDeviceKind.LV_FEEDER
    )
    began = moment.now() - dt.timedelta(days=20)

    def row(n: int, **more: Any) -> Outage:
        at = began + dt.timedelta(days=n)
        made = {"kind": "fault", "state": "restored", "restored_at": at + dt.timedelta(minutes=60), "customers_out": 30}
        return Outage(number=f"N{n}", org=org, feeder=grid.feeder, started_at=at, **(made | more))

    Outage.objects.bulk_create(
        [
            *(row(n, device=device, device_kind="lv_feeder", cause_code="nature") for n in range(4)),
            row(5, device_kind="line", state="active", restored_at=None),
            row(6, kind="planned"),
        ]
    )
    return device


def counts(cells: list[figures.Cell]) -> dict[str, int]:
    return {cell.value: cell.faults for cell in cells if cell.faults}


def test_faults_are_counted_by_every_dimension(past: SupplyDevice, org_tree: Any) -> None:
    now = moment.now()
    found = figures.figures((org_tree.city.path,), [org_tree.county], now - dt.timedelta(days=30), now)
    assert (found.whole.faults, found.whole.ended, found.whole.customer_hours) == (5, 4, 120.0)
    assert counts(found.by["voltage"]) == {"low": 4, "medium": 1}
    assert counts(found.by["cause"]) == {"nature": 4, "none": 1}
    assert counts(found.by["area"]) == {str(org_tree.county.pk): 5}
    assert sum(counts(found.by["month"]).values()) == 5


def test_a_device_that_failed_often_enough_is_named(past: SupplyDevice, org_tree: Any) -> None:
    (one,) = figures.repeated((org_tree.city.path,))
    assert (one.device, one.times) == (past, 4)
    assert figures.repeated((org_tree.other_city.path,)) == []


def test_every_figure_leads_to_its_rows(browser_for: Callable[..., Client], org_tree: Any, past: SupplyDevice) -> None:
    browser = browser_for("dispatcher", org_tree.city)
    page = browser.get(PAGE).content.decode()
    assert "东出线" in page and "rows/?by=voltage&amp;value=low" in page
    rows = browser.get(f"{PAGE}rows/?by=voltage&value=low").content.decode()
    assert all(f"N{n}" in rows for n in range(4)) and "N5" not in rows
    assert "N5" in browser.get(f"{PAGE}rows/?by=cause&value=none").content.decode()
    assert "N1" in browser.get(f"{PAGE}rows/?by=device&value={past.pk}").content.decode()


@pytest.mark.parametrize(
    "query", ["by=voltage&value=%00", "by=x&value=1", "by=month&value=2026", "by=device&value=a", ""]
)
def test_a_figure_there_is_not_is_not_found(browser_for: Callable[..., Client], org_tree: Any, query: str) -> None:
    assert browser_for("dispatcher", org_tree.city).get(f"{PAGE}rows/?{query}").status_code == 404


def test_the_workbook_holds_a_sheet_for_each_dimension(
    browser_for: Callable[..., Client], org_tree: Any, past: SupplyDevice
) -> None:
    answer = browser_for("dispatcher", org_tree.city).get(f"{PAGE}?export=xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["电压等级", "设备类型", "故障原因", "单位", "月份", "重复故障设备"]
    assert ["低压", 4, 60, 120, 120] in [[cell.value for cell in row] for row in book["电压等级"]]


def test_a_program_reads_the_same_figures(client: Client, bearer: dict[str, str], past: SupplyDevice) -> None:
    told = client.get("/api/v1/fault-analysis", headers=bearer).json()
    assert told["whole"]["faults"] == 5
    assert [one["code"] for one in told["repeated"]] == ["LV-1"]
    assert client.get("/api/v1/fault-analysis?since=2020-01-01", headers=bearer).status_code == 422


def test_a_fault_can_be_classed_afterwards(
    browser_for: Callable[..., Client], org_tree: Any, past: SupplyDevice, system: Actor
) -> None:
    outage = Outage.objects.get(number="N5")
    browser = browser_for("dispatcher", org_tree.city)
    browser.post(f"/staff/outages/{outage.pk}/classify/", {"device_kind": "section", "cause_code": "equipment"})
    outage.refresh_from_db()
    assert (outage.device_kind, outage.cause_code) == ("section", "equipment")
