"""Promises kept: means against the promise, each request against the standard, and the requests behind them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries import promises as q
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks.models import Clock

ME = Actor.system("test")
MINUTE = dt.timedelta(minutes=1)


def a_request(org: Any, area: str, at: dt.datetime, **fields: Any) -> Request:
    number = f"T{Request.objects.count():06d}"
    return Request.objects.create(
        org=org, number=number, type="fault_report", channel="voice", area_type=area, state="dispatched",
        caller_name="江小满", caller_phone="13900001234", address="河边路", submitted_at=at, **fields,
    )  # fmt: skip


def a_clock(request: Request, kind: str, budget: int, took: int | None, held: int = 0) -> Clock:
    """A clock that ended after ``took`` minutes of counted time and ``held`` on hold; still running with None."""
    at = request.submitted_at
    clock = clock_actions.start(ME, kind, request, request.org, budget=budget * MINUTE, at=at)
    if held:
        clock_actions.pause(ME, clock, "客户要求", at=at + MINUTE)
        clock_actions.resume(ME, clock, at=at + (1 + held) * MINUTE)
    if took is not None:
        clock_actions.stop(ME, clock, at=at + (took + held) * MINUTE)
    return clock


@pytest.fixture
def month(org_tree: Any) -> dt.datetime:
    """Two urban counties and one rural request, a day ago.

    County: arrivals of 30 (in time) and 70 minutes (late), one more held 100 minutes and 50 counted, one not there yet
    after a day. County B: 40. Rural in county: 100 of 90 promised, 120 allowed.
    """
    at = moment.now() - dt.timedelta(days=1)
    for org, area, took, held in (
        (org_tree.county, "urban", 30, 0), (org_tree.county, "urban", 70, 0), (org_tree.county, "urban", 50, 100),
        (org_tree.county, "urban", None, 0), (org_tree.county_b, "urban", 40, 0), (org_tree.county, "rural", 100, 0),
    ):  # fmt: skip
        request = a_request(org, area, at)
        promised, standard = (45, 60) if area == "urban" else (90, 120)
        a_clock(request, "arrival.mean", promised, took, held)
        a_clock(request, "arrival.standard", standard, took, held)
    return at


def found(actor: Actor, at: dt.datetime, unit: Any = None) -> dict[tuple[int, str, str], q.Kept]:
    rows = q.promises(actor, at - dt.timedelta(days=2), at + dt.timedelta(days=2), moment.now(), unit)
    return {(row.org_id, row.area, row.kind): row for row in rows}


def test_a_mean_promise_is_held_against_the_mean(org_tree: Any, month: dt.datetime) -> None:
    row = found(ME, month)[org_tree.county.pk, "urban", "arrival.mean"]
    assert (row.ended, row.mean, row.promised) == (
        3,
        pytest.approx(50),
        45,
    )  # (30 + 70 + 50) / 3; the hold is in neither
    assert row.kept is False and row.held == 1
    assert found(ME, month)[org_tree.county_b.pk, "urban", "arrival.mean"].kept is True


def test_a_standard_is_held_against_each_request(org_tree: Any, month: dt.datetime) -> None:
    row = found(ME, month)[org_tree.county.pk, "urban", "arrival.standard"]
    # 30 and 50 met, 70 late, one on its way for a day: late already, though it has not ended.
    assert (row.met, row.ended, row.open, row.open_late, row.judged) == (2, 3, 1, 1, 4)
    assert row.share == pytest.approx(0.5)
    rural = found(ME, month)[org_tree.county.pk, "rural", "arrival.standard"]
    assert rural.share == 1
    assert found(ME, month)[org_tree.county.pk, "rural", "arrival.mean"].kept is False  # each in time, the mean not


def test_units_together_weigh_by_their_requests(org_tree: Any, month: dt.datetime) -> None:
    rows = [row for key, row in found(ME, month).items() if key[1:] == ("urban", "arrival.mean")]
    both = q.merged(rows)
    assert (both.ended, both.mean) == (4, pytest.approx((30 + 70 + 50 + 40) / 4))


def test_what_was_cancelled_or_is_of_another_time_or_unit_does_not_count(
    org_tree: Any, month: dt.datetime, actor_for_role: Any
) -> None:
    Clock.objects.filter(org=org_tree.county_b).update(state="cancelled")
    assert (org_tree.county_b.pk, "urban", "arrival.mean") not in found(ME, month)
    assert q.promises(ME, month + dt.timedelta(days=1), month + dt.timedelta(days=2), moment.now()) == []
    assert found(actor_for_role("dispatcher", org_tree.other_city), month) == {}
    assert {key[0] for key in found(ME, month, org_tree.county)} == {org_tree.county.pk}


def test_the_figures_take_two_queries_at_most(
    org_tree: Any, month: dt.datetime, django_assert_max_num_queries: Any, actor_for_role: Any
) -> None:
    actor = actor_for_role("dispatcher", org_tree.city)
    with django_assert_max_num_queries(2):
        found(actor, month)


def test_the_page_leads_from_a_figure_to_its_requests(org_tree: Any, month: dt.datetime, browser_for: Any) -> None:
    browser = browser_for("dispatcher", org_tree.city)
    page = browser.get("/staff/promises/").content.decode()
    assert "未兑现" in page and "柳溪县公司" in page and "50.0%" in page
    late = browser.get("/staff/promises/requests/?kind=arrival.standard&which=late&area_type=urban").content.decode()
    assert late.count("/staff/requests/") >= 1 and "超时完成" in late
    assert "没有这样的诉求" in browser_for("dispatcher", org_tree.other_city).get(
        "/staff/promises/requests/?kind=arrival.standard"
    ).content.decode()  # fmt: skip


@pytest.mark.parametrize(("which", "count"), [("all", 5), ("late", 2), ("open", 1), ("held", 1)])
def test_each_cut_shows_its_requests(org_tree: Any, month: dt.datetime, which: str, count: int) -> None:
    rows = q.behind(ME, "arrival.standard", month - dt.timedelta(days=2), month + dt.timedelta(days=2), which=which)
    assert rows.filter(area_type="urban").count() == count


def test_the_figures_can_be_taken_away(org_tree: Any, month: dt.datetime, browser_for: Any) -> None:
    response = browser_for("dispatcher", org_tree.city).get("/staff/promises/?export=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    mine = next(r for r in rows if r["单位"] == "柳溪县公司" and r["地域"] == "城区" and "平均" in r["时限"])
    assert (mine["已完成"], mine["平均（分钟）"], mine["承诺或限值（分钟）"]) == ("3", "50.0", "45.0")


@pytest.mark.parametrize(
    "address", ["?from=x&to=y&unit=zz", "?from=2030-01-01&to=1990-01-01", "?unit=99999999999999999"]
)
def test_nonsense_in_the_address_gives_a_page(org_tree: Any, browser_for: Any, address: str) -> None:
    browser = browser_for("dispatcher", org_tree.city)
    assert browser.get(f"/staff/promises/{address}").status_code == 200
    assert browser.get(f"/staff/promises/requests/{address}").status_code == 200


def test_days_without_an_arrival_leave_a_gap_in_the_chart(org_tree: Any, month: dt.datetime) -> None:
    since, until = month - dt.timedelta(days=2), month + dt.timedelta(days=2)
    means = q.daily_means(ME, "arrival.mean", since, until, "Asia/Shanghai")
    assert means == {timezone.localdate(month): {"urban": pytest.approx(47.5), "rural": pytest.approx(100)}}
