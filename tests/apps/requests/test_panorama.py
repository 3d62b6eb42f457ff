"""The voltage panorama: what came in, what the page says of it, and the analysis that goes into the request."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest

from denghuo.apps.customers import voltage as meters
from denghuo.apps.customers.models import Account, Customer, VoltageReading
from denghuo.apps.grid import loads
from denghuo.apps.grid.models import TransformerLoad
from denghuo.apps.requests.models import RequestNote
from denghuo.apps.requests.panorama.actions import attach_analysis
from denghuo.apps.requests.panorama.charts import load_chart, sketch, voltage_chart
from denghuo.apps.requests.panorama.draft import draft
from denghuo.apps.requests.panorama.queries import panorama
from denghuo.core import moment
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from denghuo.engine.voltage import Grid

pytestmark = pytest.mark.django_db
QUARTER = dt.timedelta(minutes=15)


@pytest.fixture
def complaint(world: Any) -> Any:
    return world.submitted(phenomenon="low_voltage")


@pytest.fixture
def window() -> Grid:
    return Grid.until(moment.now(), 48)


@pytest.fixture
def neighbour(world: Any) -> Account:
    customer = Customer.objects.create(org=world.org, name="邻居", phone="13900004321")
    return Account.objects.create(
        org=world.org, number="3300054321", customer=customer, address="柳溪县河边路 9 号", area_type="urban",
        transformer_id=world.transformer.pk, meter_no="M9876", lon=120.1, lat=30.1,
    )  # fmt: skip


def times(window: Grid) -> list[dt.datetime]:
    return [window.begins(slot + 1) for slot in range(window.slots)]


def sag(window: Grid) -> np.ndarray:
    """230 V, and 187 V in one slot of four."""
    return np.where(np.arange(window.slots) % 4 == 0, 187.0, 230.0)


def send(system: Any, window: Grid, number: str, volts: np.ndarray, skip: range = range(0)) -> int:
    rows = [
        {"account": number, "at": at, "ua": float(u)}
        for slot, (at, u) in enumerate(zip(times(window), volts, strict=True))
        if slot not in skip
    ]
    return meters.keep_readings(system, rows)


def load(system: Any, window: Grid, share: np.ndarray) -> None:
    rows = [
        {"transformer": "T-T1", "at": at, "kva": float(s) * 400, "ia": 300, "ib": 250, "ic": 200}
        for at, s in zip(times(window), share, strict=True)
    ]
    loads.keep_loads(system, rows)


def test_the_same_delivery_twice_is_kept_once_and_the_later_value_counts(world, system, window):
    at = times(window)[0]
    assert meters.keep_readings(system, [{"account": "3300012345", "at": at, "ua": 220}]) == 1
    meters.keep_readings(system, [{"account": "3300012345", "at": at, "ua": 221.5, "ub": 222}])
    row = VoltageReading.objects.get()
    assert (row.ua, row.ub, row.uc) == (221.5, 222.0, None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"ua": 1200}, "0 到 1000"),
        ({"ua": "abc"}, "0 到 1000"),
        ({"ua": None}, "没有任何量测值"),
        ({"ua": 220, "at": "gestern"}, "时间请写成"),
        ({"ua": 220, "account": "9999999999"}, "没有这个户号"),
        ({"ua": 220, "at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "早于保留期限"),
        ({"ua": 220, "at": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)}, "晚于现在"),
    ],
)
def test_a_row_at_fault_is_named_and_nothing_is_kept(world, system, window, row, said):
    good = {"account": "3300012345", "at": times(window)[0], "ua": 220}
    with pytest.raises(InvalidInput) as refused:
        meters.keep_readings(system, [good, {**good, **row}])
    assert "第 2 行" in refused.value.fields["rows"][0] and said in refused.value.fields["rows"][0]
    assert not VoltageReading.objects.exists()


def test_who_may_not_import_keeps_nothing(world, window):
    with pytest.raises(NotAllowed):
        meters.keep_readings(world.agent, [{"account": "3300012345", "at": times(window)[0], "ua": 220}])
    with pytest.raises(NotAllowed):
        loads.keep_loads(world.agent, [{"transformer": "T-T1", "at": times(window)[0], "kva": 20}])


def test_measurements_come_in_over_the_api_in_one_batch(world, browser_for, org_tree, window):
    browser = browser_for("data_steward", org_tree.province)
    body = {"rows": [{"account": "3300012345", "at": at.isoformat(), "ua": 220.0} for at in times(window)]}
    answer = browser.post("/api/v1/meter-readings", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"kept": 192})
    body = {"rows": [{"transformer": "T-T1", "at": times(window)[0].isoformat(), "kva": 30.0}]}
    answer = browser.post("/api/v1/transformer-loads", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"kept": 1})
    bad = {"rows": [{"transformer": "nowhere", "at": times(window)[0].isoformat(), "kva": 30.0}]}
    answer = browser.post("/api/v1/transformer-loads", json.dumps(bad), content_type="application/json")
    assert answer.status_code == 422 and "nowhere" in answer.json()["errors"]["rows"][0]


def test_old_measurements_are_forgotten_and_young_ones_stay(world, system, window):
    send(system, window, "3300012345", sag(window))
    load(system, window, np.full(window.slots, 0.4))
    old = moment.now() - dt.timedelta(days=400)
    VoltageReading.objects.create(account=world.account, at=old, ua=220)
    TransformerLoad.objects.create(transformer=world.transformer, at=old, kva=10)
    assert (meters.forget_readings(), loads.forget_loads()) == (1, 1)
    assert VoltageReading.objects.count() == 192 == TransformerLoad.objects.count()


def test_two_days_of_a_whole_transformer_area_are_one_query(
    world, neighbour, system, window, django_assert_num_queries
):
    send(system, window, "3300012345", sag(window))
    send(system, window, "3300054321", sag(window))
    with django_assert_num_queries(1):
        found = meters.readings_of([world.account.pk, neighbour.pk], window.start, window.end)
    assert [len(rows) for rows in found.values()] == [192, 192]


def test_the_panorama_takes_at_most_eight_queries(
    world, complaint, neighbour, system, window, django_assert_max_num_queries
):
    send(system, window, "3300012345", sag(window))
    panorama(world.agent, complaint.pk)  # policies are held from here on
    with django_assert_max_num_queries(8):
        draft(panorama(world.agent, complaint.pk))


def test_figures_of_the_draft_are_those_of_the_curves(world, complaint, neighbour, system, window):
    volts = sag(window)
    volts[100] = 179.3
    send(system, window, "3300012345", volts, skip=range(10, 20))
    load(system, window, np.where(volts < 200, 1.05, 0.4))
    p = panorama(world.agent, complaint.pk)
    text, curve, carried = draft(p), voltage_chart(p)["series"][0]["data"], load_chart(p)["series"]
    drawn = [value for value in curve if value is not None]
    assert len(curve) == 192 and len(drawn) == 182
    out = sum(not 198 <= value <= 235.4 for value in drawn)
    assert f"最低 {min(drawn):.1f} 伏" in text and f"最高 {max(drawn):.1f} 伏" in text
    assert f"合格率 {(1 - out / len(drawn)) * 100:.1f}%" in text and "数据完整率 95%" in text
    assert "限值 198.0–235.4 伏" in text
    assert f"负载率最高 {max(carried[0]['data']):.1f}%" in text
    assert f"不平衡度最高 {max(carried[1]['data']):.1f}%" in text
    assert "配变重过载" in text and p.causes[0].code == "overload"


def test_a_gap_is_left_open_on_the_curve_and_said(world, complaint, system, window, browser_for, org_tree):
    send(system, window, "3300012345", np.full(window.slots, 225.0), skip=range(100, 192))
    p = panorama(world.agent, complaint.pk)
    assert voltage_chart(p)["series"][0]["data"][100:] == [None] * 92
    page = browser_for("agent", org_tree.city).get(f"/staff/requests/{complaint.pk}/voltage/").content.decode()
    assert "数据完整率只有 52%" in page and "数据可能陈旧" in page


def test_without_measurements_nothing_is_claimed(world, complaint):
    p = panorama(world.agent, complaint.pk)
    assert p.causes[0].code == "unknown" and "不能判断是否合格" in draft(p)
    assert "没有负载数据" in draft(p)


def test_a_report_without_an_account_still_has_its_page(world, browser_for, org_tree):
    made = world.submitted(phenomenon="low_voltage", account_id=None, address="柳溪县河边路", org_id=world.org.pk)
    answer = browser_for("agent", org_tree.city).get(f"/staff/requests/{made.pk}/voltage/")
    assert answer.status_code == 200 and "没有关联用电户" in answer.content.decode()


def test_three_phases_are_judged_by_seven_percent(world, complaint, system, window):
    rows = [{"account": "3300012345", "at": at, "ua": 203, "ub": 220, "uc": 221} for at in times(window)]
    meters.keep_readings(system, rows)
    p = panorama(world.agent, complaint.pk)
    assert p.own.limits.floor == pytest.approx(204.6) and p.own.quality.rate == 0.0
    assert len(voltage_chart(p)["series"]) == 3 and p.phase_unbalance == pytest.approx(5.4, abs=0.1)


def test_neighbours_show_their_worst_and_no_name_or_address(
    world, complaint, neighbour, system, window, browser_for, org_tree
):
    send(system, window, "3300012345", sag(window))
    send(system, window, "3300054321", np.full(window.slots, 224.0))
    own, other = sketch(panorama(world.agent, complaint.pk))["nodes"]
    assert (own.own, own.figures, own.tone) == (True, "187.0 V（-15.0%）", "danger")
    assert (other.label, other.figures, other.tone) == ("表 …9876", "224.0 V（+1.8%）", "ok")
    page = browser_for("agent", org_tree.city).get(f"/staff/requests/{complaint.pk}/voltage/?near={neighbour.pk}")
    text = page.content.decode()
    assert "邻户" in text and "河边路 9 号" not in text and "邻居" not in text


def test_an_open_request_looks_back_from_now_a_closed_one_from_when_it_was_made(world, complaint):
    assert panorama(world.agent, complaint.pk).grid.end > complaint.submitted_at - QUARTER
    type(complaint).objects.filter(pk=complaint.pk).update(
        state="archived", submitted_at=complaint.submitted_at - dt.timedelta(days=9)
    )
    assert panorama(world.agent, complaint.pk).grid.end < complaint.submitted_at - dt.timedelta(days=8)
    assert panorama(world.agent, complaint.pk, latest=True).grid.end > complaint.submitted_at - QUARTER


def test_the_analysis_becomes_a_note_of_the_request_with_an_event(world, complaint, browser_for, org_tree):
    browser = browser_for("agent", org_tree.city)
    answer = browser.post(f"/staff/requests/{complaint.pk}/voltage/", {"text": "现场测量后再定"})
    assert answer.status_code == 302
    assert RequestNote.objects.get(request=complaint).text == "现场测量后再定"
    event = timeline("request", complaint.pk)[-1]
    assert event.kind == "request.analysis_attached" and event.payload["cause"] == "unknown"
    assert "现场测量后再定" in browser.get(f"/staff/requests/{complaint.pk}/").content.decode()


def test_an_analysis_too_long_is_refused_and_what_was_typed_stays(world, complaint, browser_for, org_tree):
    answer = browser_for("agent", org_tree.city).post(f"/staff/requests/{complaint.pk}/voltage/", {"text": "测" * 6001})
    assert answer.status_code == 422 and "测" * 6001 in answer.content.decode()
    assert not RequestNote.objects.exists()


def test_who_may_not_see_or_note_the_request_is_refused(world, complaint, actor_for_role, org_tree):
    stranger = actor_for_role("agent", org_tree.other_city)
    with pytest.raises(NotFound):
        panorama(stranger, complaint.pk)
    with pytest.raises(NotAllowed):
        attach_analysis(stranger, complaint.pk, text="无权")


def test_the_request_page_leads_to_the_panorama_and_the_report_prints_the_draft(
    world, complaint, browser_for, org_tree
):
    browser = browser_for("agent", org_tree.city)
    assert (
        f"/staff/requests/{complaint.pk}/voltage/" in browser.get(f"/staff/requests/{complaint.pk}/").content.decode()
    )
    report = browser.get(f"/staff/requests/{complaint.pk}/voltage/report/").content.decode()
    assert "一、结论" in report and "data-print" in report and "未经人工确认" in report
    attach_analysis(world.agent, complaint.pk, text="复测后确认接户线松动")
    report = browser.get(f"/staff/requests/{complaint.pk}/voltage/report/").content.decode()
    assert "复测后确认接户线松动" in report and "未经人工确认" not in report


def test_a_csv_file_is_taken_in_or_refused_whole(world, browser_for, org_tree, window):
    from django.core.files.uploadedfile import SimpleUploadedFile

    browser = browser_for("data_steward", org_tree.province)
    at = times(window)[0].isoformat()

    def post(text: str) -> Any:
        file = SimpleUploadedFile("u.csv", text.encode("gb18030"), content_type="text/csv")
        return browser.post("/staff/voltage/import/", {"kind": "voltage", "file": file})

    refused = post(f"account,at,ua\n3300012345,{at},220\n3300012345,{at},2200\n")
    assert refused.status_code == 422 and "第 2 行" in refused.content.decode()
    assert not VoltageReading.objects.exists()
    assert post(f"account,at,ua\n3300012345,{at},220\n").status_code == 302
    assert VoltageReading.objects.count() == 1


def test_the_index_weighs_time_solution_and_satisfaction_and_says_what_is_unknown(world, org_tree, browser_for):
    from denghuo.apps.requests.panorama.effects import closed_complaints, effect_of

    made = world.reviewed(phenomenon="low_voltage")
    world.call(made)
    rows = type(made).objects.filter(pk=made.pk)
    start = made.submitted_at
    rows.update(state="archived", satisfaction="satisfied", returned_at=start + dt.timedelta(hours=48))
    assert effect_of(closed_complaints(world.agent).get()) == pytest.approx(0.4 * 0.5 + 0.4 + 0.2)
    rows.update(satisfaction="dissatisfied", returned_at=start + dt.timedelta(hours=12))
    assert effect_of(closed_complaints(world.agent).get()) == pytest.approx(0.8)
    browser = browser_for("agent", org_tree.city)
    page = browser.get("/staff/voltage/").content.decode()
    assert made.number in page and "0.80" in page and "自定公式" in page
    assert made.number not in browser_for("agent", org_tree.other_city).get("/staff/voltage/").content.decode()


def test_the_page_takes_at_most_twelve_queries(
    world, complaint, neighbour, system, window, browser_for, org_tree, django_assert_max_num_queries
):
    send(system, window, "3300012345", sag(window))
    load(system, window, np.full(window.slots, 0.5))
    browser = browser_for("agent", org_tree.city)
    browser.get(f"/staff/requests/{complaint.pk}/voltage/")  # policies are held from here on
    with django_assert_max_num_queries(12):
        assert browser.get(f"/staff/requests/{complaint.pk}/voltage/").status_code == 200
