"""The running day on the screen: who is outside their plan, heads needed beside heads there, the workbook."""

from __future__ import annotations

import datetime as dt
import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from denghuo.apps.contacts.choices import AgentState
from denghuo.apps.contacts.models import AgentStateSpan
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.rosters.models import PeriodState, RosterPeriod, ShiftAssignment, ShiftType
from denghuo.apps.workforce.today import reading
from denghuo.core import moment
from tests.helpers.routing import queue as make_queue

pytestmark = pytest.mark.django_db
TODAY = dt.date(2027, 3, 3)
AT = midnight(TODAY) + dt.timedelta(hours=11)


@pytest.fixture
def day(org_tree: Any, make_staff: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Eleven o'clock: one agent works since eight as planned, one came at nine and is still there, one has not come."""
    monkeypatch.setattr(moment, "now", lambda: AT)
    org = org_tree.province
    queue = make_queue(org, "t_voice", channels=["voice"], channel_class="voice")
    people = [make_staff("agent", org) for _ in range(3)]
    shift = ShiftType.objects.create(
        org=org,
        code="A",
        name="早班",
        start=dt.time(8),
        minutes=510,
        breaks=[{"at": 240, "minutes": 30, "paid": False}],
    )
    period = RosterPeriod.objects.create(
        org=org, first=TODAY.replace(day=1), last=TODAY.replace(day=31), state=PeriodState.PUBLISHED, made_at=AT
    )
    for one in people:
        ShiftAssignment.objects.create(period=period, staff=one, day=TODAY, shift=shift)
    for one, hour in zip(people, (8, 9), strict=False):
        began = midnight(TODAY) + dt.timedelta(hours=hour)
        AgentStateSpan.objects.create(staff=one, org=org, state=AgentState.READY, started_at=began, ended_at=None)
    return SimpleNamespace(org=org, queue=queue, people=people, period=period)


def test_the_day_tells_who_is_late_and_who_has_not_come(day: Any, browser_for: Any) -> None:
    page = browser_for("planner", day.org).get(reverse("workforce:today"), {"day": TODAY.isoformat()})
    text = page.content.decode()
    assert page.status_code == 200
    assert "迟到 08:00–09:00" in text and "迟到 08:00–11:00" in text
    # three people of three hours: nothing, one and three hours missed
    assert "55.6%" in text
    only = browser_for("planner", day.org).get(reverse("workforce:today"), {"day": TODAY.isoformat(), "out": "1"})
    names = only.content.decode()
    assert day.people[0].display_name not in names and day.people[2].display_name in names


def test_heads_needed_planned_and_there_stand_side_by_side(day: Any) -> None:
    found = reading.heads([day.queue], TODAY, reading.lines(day.org, TODAY))
    assert found.planned[16] == 3.0 and found.planned[24] == 0.0  # the meal from twelve on
    assert found.there[16] == 1.0 and found.there[18] == 2.0
    assert found.there[22] is None  # the present half hour is not over


def test_a_draft_is_nobodys_plan(day: Any) -> None:
    RosterPeriod.objects.filter(pk=day.period.pk).update(state=PeriodState.DRAFT)
    assert reading.lines(day.org, TODAY) == []


def test_the_number_of_statements_does_not_grow_with_the_people(
    day: Any, make_staff: Any, browser_for: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        one = make_staff("agent", day.org)
        ShiftAssignment.objects.create(
            period=day.period, staff=one, day=TODAY, shift=ShiftType.objects.get(code="A", org=day.org)
        )
    browser = browser_for("planner", day.org)
    browser.get(reverse("workforce:today"))
    with django_assert_max_num_queries(30):
        browser.get(reverse("workforce:today"), {"day": TODAY.isoformat()})


def test_the_workbook_holds_everybody(day: Any, browser_for: Any) -> None:
    answer = browser_for("planner", day.org).get(reverse("workforce:today-export"), {"day": TODAY.isoformat()})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.values)
    names = {row[1] for row in rows}
    assert {one.display_name for one in day.people} <= names


@pytest.mark.parametrize("query", ["day=%00", "page=-3", "page=abc", "unit=99999999999999999999", "out=%E4%B8%AD"])
def test_a_strange_address_still_shows_a_day(day: Any, browser_for: Any, query: str) -> None:
    assert browser_for("planner", day.org).get(f"{reverse('workforce:today')}?{query}").status_code == 200
