"""Acting on the running day in the browser: projection, moves, reserves, the planners' log, month and week."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from openpyxl import load_workbook

from denghuo.apps.workforce.demand import actions as demand
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters.models import DayKind, ShiftAssignment
from denghuo.apps.workforce.today import jobs, pages_span, reserves, spans
from denghuo.apps.workforce.today.ahead import signed
from denghuo.apps.workforce.today.models import CallState, EmergencyCall, Move, MoveKind, MoveState
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.jobs.models import JobProgress, JobState
from tests.apps.workforce.running import AT, TODAY, running_day, shift

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(org_tree: Any, make_staff: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(moment, "now", lambda: AT)
    return running_day(org_tree.province, make_staff)


def press(browser: Any, name: str, pk: int, **fields: str) -> Any:
    """Send a form of the page as the browser does."""
    return browser.post(
        reverse(f"workforce:{name}", args=[pk]), fields | {"idempotency_key": str(uuid.uuid4())}, follow=True
    )


def test_the_page_shows_the_projection_and_each_move_with_its_effect(day: Any, browser_for: Any) -> None:
    jobs.look_ahead(day.org.pk)
    text = browser_for("planner", day.org).get(reverse("workforce:today")).content.decode()
    assert 'id="wt-ahead-curve"' in text
    call = Move.objects.get(kind=MoveKind.CALL_IN, state=MoveState.PROPOSED)
    mean = 100 * call.effect["level"][0]
    assert f"（{signed(mean)} 个百分点" in text
    assert day.standby.display_name in text and "11:30–18:30" in text


def test_one_click_applies_a_move_and_the_page_says_who_did_it(day: Any, browser_for: Any) -> None:
    jobs.look_ahead(day.org.pk)
    move = Move.objects.get(kind=MoveKind.CALL_IN, state=MoveState.PROPOSED)
    browser = browser_for("planner", day.org, display_name="排班员甲")
    page = press(browser, "today-move", move.pk, what="apply")
    assert "已采用，并已通知本人" in page.content.decode() and "排班员甲" in page.content.decode()
    assert ShiftAssignment.objects.get(staff=day.standby, day=TODAY).kind == DayKind.WORK
    press(browser, "today-move", move.pk, what="undo")
    assert ShiftAssignment.objects.get(staff=day.standby, day=TODAY).kind == DayKind.STANDBY


def test_a_refused_move_keeps_its_reason(day: Any, browser_for: Any) -> None:
    jobs.look_ahead(day.org.pk)
    move = Move.objects.get(kind=MoveKind.RECALL, state=MoveState.PROPOSED)
    page = press(browser_for("planner", day.org), "today-move", move.pk, what="decline", reason="培训明天考试")
    move.refresh_from_db()
    assert (move.state, move.reason) == (MoveState.DECLINED, "培训明天考试")
    assert "培训明天考试" in page.content.decode()


def test_asking_for_a_look_ahead_starts_one_job_and_shows_its_progress(day: Any, browser_for: Any) -> None:
    browser = browser_for("planner", day.org)
    browser.post(reverse("workforce:today-look"), {"idempotency_key": str(uuid.uuid4())})
    row = JobProgress.objects.get(label=jobs.label(day.org))
    assert row.state == JobState.WAITING
    part = browser.get(reverse("workforce:today-ahead"), headers={"hx-request": "true"}).content.decode()
    assert "every 2s" in part and "停止" in part
    browser.post(reverse("workforce:today-look"), {"what": "stop"})
    row.refresh_from_db()
    assert row.cancel_requested


def test_an_agent_neither_sees_the_page_nor_starts_anything(day: Any, browser_for: Any) -> None:
    agent = browser_for("agent", day.org)
    assert agent.get(reverse("workforce:today")).status_code == 403
    assert agent.post(reverse("workforce:today-look")).status_code == 403
    assert agent.get(reverse("workforce:log")).status_code == 403
    assert agent.get(reverse("workforce:span")).status_code == 403


def test_the_supervisor_approves_reserves_on_the_page_and_ends_them(day: Any, browser_for: Any) -> None:
    causes = [{"what": "waiting", "value": 31.0, "limit": 20, "echelon": 1}]
    call = reserves.propose(Actor.system("test"), day.org, causes=causes, effect={})
    chief = browser_for("supervisor", day.org)
    text = chief.get(reverse("workforce:today")).content.decode()
    assert "排队 31 个，达到 20 个" in text and "批准启动" in text
    refused = press(chief, "today-call", call.pk, what="decline")
    assert "理由" in refused.content.decode()
    assert EmergencyCall.objects.get().state == CallState.PROPOSED
    press(chief, "today-call", call.pk, what="approve")
    assert EmergencyCall.objects.get().state == CallState.ACTIVE
    press(chief, "today-call", call.pk, what="end")
    assert EmergencyCall.objects.get().state == CallState.ENDED


def test_every_watched_figure_stands_beside_its_limits(day: Any, browser_for: Any) -> None:
    text = browser_for("planner", day.org).get(reverse("workforce:today")).content.decode()
    assert "≥ 20" in text and "&lt; 85%" in text and "≥ 1.5" in text and "橙色" in text


def test_the_log_tells_who_changed_what_and_why(day: Any, browser_for: Any, actor_for_role: Any) -> None:
    planner = actor_for_role("planner", day.org, display_name="排班员乙")
    demand.override(planner, day.queue.pk, starts=AT, ends=AT + dt.timedelta(hours=2), factor=1.3, value=None, reason="热线广告上线")  # fmt: skip
    jobs.look_ahead(day.org.pk)
    browser = browser_for("planner", day.org)
    move = Move.objects.get(kind=MoveKind.CALL_IN, state=MoveState.PROPOSED)
    press(browser, "today-move", move.pk, what="apply", reason="十一点半排队")
    text = browser.get(reverse("workforce:log")).content.decode()
    assert "排班员乙" in text and "热线广告上线" in text and "× 1.3" in text
    assert "采用日内调整" in text and "十一点半排队" in text and day.standby.display_name in text
    only = browser.get(reverse("workforce:log"), {"area": "forecast"}).content.decode()
    assert "热线广告上线" in only and "十一点半排队" not in only
    nobody = browser.get(reverse("workforce:log"), {"who": "查无此人"}).content.decode()
    assert "没有符合条件的记录" in nobody


def test_the_log_goes_to_a_workbook_with_the_same_words(day: Any, browser_for: Any) -> None:
    jobs.look_ahead(day.org.pk)
    browser = browser_for("planner", day.org)
    move = Move.objects.get(kind=MoveKind.CALL_IN, state=MoveState.PROPOSED)
    press(browser, "today-move", move.pk, what="apply", reason="十一点半排队")
    answer = browser.get(reverse("workforce:log"), {"export": "xlsx"})
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert any("十一点半排队" in [str(cell) for cell in row] for row in rows)


def test_what_happened_elsewhere_is_not_in_the_log(day: Any, browser_for: Any, org_tree: Any) -> None:
    jobs.look_ahead(day.org.pk)
    text = browser_for("planner", org_tree.city).get(reverse("workforce:log")).content.decode()
    assert "这段时间没有变更" in text


def test_statements_of_page_and_log_are_bounded(day: Any, browser_for: Any, django_assert_max_num_queries: Any) -> None:
    jobs.look_ahead(day.org.pk)
    browser = browser_for("planner", day.org)
    browser.get(reverse("workforce:today"))
    with django_assert_max_num_queries(60):
        browser.get(reverse("workforce:today"))
    with django_assert_max_num_queries(20):
        browser.get(reverse("workforce:log"))
    with django_assert_max_num_queries(30):
        browser.get(reverse("workforce:span"))


FIGURES = ("contacts", "handling", "service_level", "answer", "abandoned", "occupancy")


def need(day: Any, date: dt.date, heads: int) -> None:
    RequirementDay.objects.create(
        org=day.org, queue=day.queue, day=date, made_at=AT, heads=[heads] * SLOTS, rostered=[heads] * SLOTS,
        bound=[1] * SLOTS, **dict.fromkeys(FIGURES, [0.0] * SLOTS),
    )  # fmt: skip


def test_a_night_shift_covers_the_hours_after_midnight_of_the_next_day(day: Any, make_staff: Any) -> None:
    night = shift(day.org, "N", dt.time(22), 600)
    night.breaks = []
    night.save()
    ShiftAssignment.objects.filter(day=TODAY).delete()
    ShiftAssignment.objects.create(period=day.period, staff=day.people[0], day=TODAY, shift=night, kind=DayKind.WORK)
    found = spans.plans(day.org, [day.queue], TODAY, TODAY + dt.timedelta(days=1))
    assert found[0].planned.tolist() == [0.0] * 44 + [1.0] * 4
    assert found[1].planned.tolist() == [1.0] * 16 + [0.0] * 32


def test_gaps_are_counted_where_they_are_and_surplus_elsewhere_makes_up_for_nothing(day: Any) -> None:
    need(day, TODAY, 6)
    plan = spans.plans(day.org, [day.queue], TODAY, TODAY)[0]
    # five early people from six to half past two, five late ones from two to ten: ten for half an hour
    assert [int(heads) for heads in plan.planned] == [0] * 12 + [5] * 16 + [10] + [5] * 15 + [0] * 4
    assert [int(heads) for heads in plan.short] == [6] * 12 + [1] * 16 + [0] + [1] * 15 + [6] * 4
    assert (plan.hours_needed, plan.hours_planned, plan.hours_short) == (144, 82.5, 63.5)


def test_half_a_slot_counts_half() -> None:
    into = np.zeros(4)
    spans.spread(into, -1.0, 0.5)
    spans.spread(into, 2.25, 9.0)
    assert into.tolist() == [0.5, 0.0, 0.75, 1.0]


def test_bounds_of_month_and_week() -> None:
    assert pages_span.bounds(dt.date(2028, 2, 10), by_week=False) == (dt.date(2028, 2, 1), dt.date(2028, 2, 29))
    assert pages_span.bounds(dt.date(2027, 3, 7), by_week=True) == (dt.date(2027, 3, 1), dt.date(2027, 3, 7))


def test_month_and_week_show_needs_beside_the_plan(day: Any, browser_for: Any) -> None:
    need(day, TODAY, 5)
    browser = browser_for("planner", day.org)
    month = browser.get(reverse("workforce:span"), {"day": TODAY.isoformat()}).content.decode()
    plan = spans.plans(day.org, [day.queue], TODAY, TODAY)[0]
    assert f"缺 {round(plan.hours_short)} 工时" in month
    week = browser.get(reverse("workforce:span"), {"day": TODAY.isoformat(), "span": "week"}).content.decode()
    assert "03-03 10:00：需要 5 人，计划 5.0 人" in week
    assert "03-03 05:00：需要 5 人，计划 0.0 人" in week and "−5" in week
    rows = list(
        load_workbook(
            io.BytesIO(
                b"".join(browser.get(reverse("workforce:span-export"), {"day": TODAY.isoformat()}).streaming_content)
            )
        ).active.values
    )
    assert len([row for row in rows if row[0] and str(row[0]).startswith("2027-03")]) == 31 * SLOTS


def test_an_empty_month_says_what_to_do_first(org_tree: Any, browser_for: Any, day: Any) -> None:
    text = browser_for("planner", day.org).get(reverse("workforce:span"), {"day": "2031-01-05"}).content.decode()
    assert "先算出人力需求，再编制排班表" in text


@pytest.mark.parametrize("name", ["today", "today-ahead", "span", "log"])
@pytest.mark.parametrize(
    "query", ["q=%00", "day=%00", "span=%00", "after=%00", "area=%00", "who=%00", "at_from=x", "unit=9" * 12, "slot=-1"]
)
def test_a_strange_address_does_no_harm(day: Any, browser_for: Any, name: str, query: str) -> None:
    assert browser_for("planner", day.org).get(f"{reverse(f'workforce:{name}')}?{query}").status_code == 200


def test_a_past_day_has_no_buttons_to_look_ahead(day: Any, browser_for: Any) -> None:
    yesterday = (TODAY - dt.timedelta(days=1)).isoformat()
    text = browser_for("planner", day.org).get(reverse("workforce:today"), {"day": yesterday}).content.decode()
    assert "计划与实际" in text and "重新推算" not in text
