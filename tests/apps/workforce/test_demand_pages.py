"""The planner's pages and the API."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.workforce.demand import actions, making, staffing
from denghuo.apps.workforce.demand.models import ForecastOverride, IntervalCount, RunKind, Scenario
from denghuo.core import moment
from tests.apps.workforce.test_demand import DAY, fill
from tests.helpers.routing import queue as make_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(org_tree, actor_for_role):
    """A queue with a forecast and required heads for today."""
    queue = make_queue(org_tree.province, "p_voice", channels=["voice"], channel_class="voice")
    today = fill(queue, days=24)
    planner = actor_for_role("planner", org_tree.company)
    actions.keep_forecast(
        planner, org_tree.company, making.make(org_tree.company, RunKind.REPLAYED, first=today - DAY, days=2)
    )
    actions.keep_requirements(planner, org_tree.company, staffing.make([queue], today, today))
    return queue


def test_every_page_opens_with_figures(planned, org_tree, browser_for):
    browser = browser_for("planner", org_tree.province)
    for name in ("forecast", "requirement", "accuracy", "scenarios", "events", "import"):
        page = browser.get(reverse(f"workforce:{name}"), {"queue": planned.pk})
        assert page.status_code == 200, name
        assert 'aria-current="page"' in page.content.decode() or name in ("events", "import")
    today = timezone.localdate(moment.now()).isoformat()
    cell = browser.get(reverse("workforce:requirement-cell"), {"queue": planned.pk, "at": today, "slot": 20})
    assert "人在岗" in cell.content.decode()
    assert browser.get(reverse("workforce:forecast-export"), {"queue": planned.pk}).status_code == 200
    assert browser.get(reverse("workforce:requirement-export")).status_code == 200


def test_a_bad_correction_keeps_what_was_typed(planned, org_tree, browser_for):
    browser = browser_for("planner", org_tree.province)
    typed = {"unit": org_tree.province.pk, "queue": planned.pk, "starts": "2026-01-05T10:00", "ends": "2026-01-05T09:00",
             "factor": "1.5", "reason": "错峰短信"}  # fmt: skip
    page = browser.post(reverse("workforce:override"), typed)
    assert page.status_code == 422
    assert "错峰短信" in page.content.decode()
    assert "结束须晚于开始" in page.content.decode()
    page = browser.post(reverse("workforce:override"), typed | {"ends": "2026-01-05T11:00"})
    assert page.status_code == 302
    assert ForecastOverride.objects.get().factor == 1.5


def test_a_file_is_shown_before_it_is_written(planned, org_tree, browser_for):
    browser = browser_for("planner", org_tree.province)
    text = "queue,start,offered\np_voice,2026-01-05 08:30,7\n"
    file = SimpleUploadedFile("c.csv", text.encode())
    shown = browser.post(reverse("workforce:import-check"), {"unit": org_tree.province.pk, "file": file})
    assert not IntervalCount.objects.filter(source="file").exists()
    packed = shown.context["packed"]
    browser.post(reverse("workforce:import-write"), {"unit": org_tree.province.pk, "packed": packed})
    assert IntervalCount.objects.get(source="file").offered == 7


def test_an_agent_sees_none_of_it(planned, org_tree, browser_for):
    browser = browser_for("agent", org_tree.province)
    assert browser.get(reverse("workforce:forecast")).status_code == 403
    assert browser.post(reverse("workforce:start"), {"what": "forecast"}).status_code == 403


def test_a_what_if_is_kept_and_waits_for_its_job(planned, org_tree, browser_for):
    browser = browser_for("planner", org_tree.province)
    today = timezone.localdate(moment.now())
    typed = {"unit": org_tree.province.pk, "queue": planned.pk, "name": "多两成", "day": today.isoformat(), "volume": 20,
             "heads": 0, "handling": 0, "deflected": 0, "patience": 0, "within": 0, "surge": 1, "surge_from": 28,
             "surge_to": 34}  # fmt: skip
    answer = browser.post(reverse("workforce:scenarios"), typed)
    row = Scenario.objects.get()
    assert answer.url == reverse("workforce:scenario", args=[row.pk])
    assert "正在推演" in browser.get(answer.url).content.decode()
    late = browser.post(reverse("workforce:scenarios"), typed | {"day": (today + dt.timedelta(days=300)).isoformat()})
    assert late.status_code == 422


def test_the_api_gives_forecasts_and_heads(planned, org_tree, browser_for):
    browser = browser_for("planner", org_tree.province)
    today = timezone.localdate(moment.now()).isoformat()
    made = browser.get("/api/v1/workforce/forecast", {"queue": planned.pk, "first": today, "last": today}).json()
    assert len(made) == 1
    assert len(made[0]["mean"]) == 48
    heads = browser.get("/api/v1/workforce/requirements", {"first": today, "last": today}).json()
    assert heads[0]["queue"] == "p_voice"
    assert max(heads[0]["heads"]) >= 1
    assert browser.get("/api/v1/workforce/forecast", {"first": today, "last": "2020-01-01"}).status_code == 422
