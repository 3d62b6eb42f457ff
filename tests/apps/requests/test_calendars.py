"""Working calendars: set as dated versions, tried before they are saved, never rewriting what was counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from denghuo.apps.requests.calendar_forms import exception_lines, parse_exceptions, parse_windows
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks.calendar_actions import set_calendar
from denghuo.core.clocks.calendars import calendar_for
from denghuo.core.clocks.models import Clock, WorkCalendar
from denghuo.core.clocks.shipped import sync_calendars
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline

ME = Actor.system("test")
DAY = [["08:30", "12:00"], ["13:30", "17:30"]]
WEEK = dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], DAY)


def today() -> dt.date:
    return timezone.localdate(moment.now())


def later(days: int) -> dt.date:
    return today() + dt.timedelta(days=days)


def set_office(actor: Actor = ME, **changes: Any) -> WorkCalendar:
    given: dict[str, Any] = {
        "org": None, "label": "行政办公", "windows": WEEK, "exceptions": {}, "valid_from": later(1), "source": "办公会决定",
    }  # fmt: skip
    return set_calendar(actor, "office", **{**given, **changes})


def test_the_product_ships_office_hours_with_the_public_holidays(db: None) -> None:
    row = calendar_for(None, "office", dt.date(2026, 10, 1))
    assert row is not None and row.org is None
    assert row.exceptions["2026-10-01"] == []  # National Day
    assert row.exceptions["2026-10-10"] == DAY  # a Saturday made up
    assert (
        "2027-10-01" in row.exceptions and "2027" in row.source
    )  # not announced yet: the statute alone, and it says so
    assert sync_calendars() == 0


def test_a_persons_version_is_left_alone_by_the_next_start(db: None) -> None:
    set_office(exceptions={"2026-10-01": []})
    assert sync_calendars() == 0
    assert WorkCalendar.objects.filter(name="office", org=None).count() == 2


def test_a_new_version_ends_the_one_before_it(db: None) -> None:
    made = set_office(windows={"mon": [["09:00", "17:00"]]})
    before = calendar_for(None, "office", today())
    assert before is not None and before.pk != made.pk and before.valid_to == later(1)
    assert calendar_for(None, "office", later(1)) == made
    event = timeline("calendar", made.pk)[0]
    assert (event.kind, event.payload["calendar_id"]) == ("calendar.changed", made.pk)


def test_a_version_not_in_force_yet_may_be_mended(db: None) -> None:
    made = set_office()
    again = set_office(label="行政班")
    assert again.pk == made.pk and again.label == "行政班"
    with pytest.raises(Conflict), transaction.atomic():
        set_office(valid_from=today(), label="早一天")  # one is planned for later


def test_a_running_clock_counts_on_with_the_version_it_began_with(org_tree: Any) -> None:
    row = calendar_for(None, "office")
    clock = clock_actions.start(
        ME, "handling", ("request", 1), org_tree.county, budget=dt.timedelta(hours=300), calendar=row
    )
    set_office(windows={"mon": [["09:00", "10:00"]]})
    assert Clock.objects.get(pk=clock.pk).calendar == row


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"windows": {}}, "windows"),
        ({"windows": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}, "mon"),
        ({"windows": {"mon": [["8", "12:00"]]}}, "mon"),
        ({"exceptions": {"2026-13-01": []}}, "exceptions"),
        ({"exceptions": {"2026-10-10": [["25:00", "26:00"]]}}, "exceptions"),
        ({"valid_from": dt.date(2020, 1, 1)}, "valid_from"),
        ({"label": " "}, "label"),
        ({"source": ""}, "source"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(db: None, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error, transaction.atomic():
        set_office(**changes)
    assert list(error.value.fields) == [field]


def test_only_who_approves_policies_for_a_unit_sets_its_calendar(actor_for_role: Any, org_tree: Any) -> None:
    with pytest.raises(NotAllowed), transaction.atomic():
        set_office(actor_for_role("agent", org_tree.city), org=org_tree.county)
    assert WorkCalendar.objects.filter(org=org_tree.county).count() == 0


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("08:30-12:00 13:30-17:30", DAY),
        ("8:30–12:00，13:30至17:30", DAY),
        ("22:00~06:00", [["22:00", "06:00"]]),
        ("休", []),
        ("", []),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, pairs: list[list[str]]) -> None:
    assert parse_windows(text) == pairs


def test_each_line_that_cannot_be_read_is_named() -> None:
    from django.forms import ValidationError

    with pytest.raises(ValidationError) as error:
        parse_exceptions("2026-10-01 休\n十月二日 休\n2026-10-03 早上\n2026-10-01 休")
    messages = error.value.messages
    assert ["第 2 行" in messages[0], "第 3 行" in messages[1], "第 4 行" in messages[2]] == [True, True, True]
    read = parse_exceptions("2026-10-10 08:30-12:00\n\n2026-10-01 休\n")
    assert exception_lines(read) == "2026-10-01 休\n2026-10-10 08:30-12:00"


def typed(**changes: str) -> dict[str, str]:
    days = dict.fromkeys(WEEK, "08:30-12:00 13:30-17:30")
    given = {"name": "office", "label": "行政办公", "org": "", "valid_from": later(1).isoformat(), "source": "办公会决定",
             "exceptions": "2026-10-01 休", "sat": "", "sun": "", **days}  # fmt: skip
    return {**given, **changes}


@pytest.fixture
def approver(browser_for: Any, org_tree: Any) -> Any:
    return browser_for("security_admin", org_tree.company)


def test_the_pages_show_versions_and_the_month_as_it_is_worked(approver: Any) -> None:
    row = calendar_for(None, "office")
    assert row is not None
    page = approver.get("/staff/calendars/").content.decode()
    assert "行政办公" in page and "周一至周五" in page
    month = approver.get(f"/staff/calendars/{row.pk}/?month=2026-10").content.decode()
    assert "18 个工作日" in month  # 8, 9, 10 (made up), then three weeks of five
    assert month.count("ck-holiday") >= 5 and month.count("ck-made_up") >= 1
    part = approver.get(f"/staff/calendars/{row.pk}/?month=2026-11", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "21 个工作日" in part


def test_a_draft_is_tried_before_it_is_saved(approver: Any) -> None:
    closed = "\n".join(f"{later(n).isoformat()} 休" for n in range(1, 40))
    page = approver.post("/staff/calendars/preview/", typed(exceptions=closed)).content.decode()
    assert "推后" in page and "投诉" in page
    assert WorkCalendar.objects.filter(name="office").count() == 1
    wrong = approver.post("/staff/calendars/preview/", typed(mon="早上八点")).content.decode()
    assert "读不懂" in wrong


def test_a_version_is_saved_from_the_form_and_faults_keep_what_was_typed(approver: Any) -> None:
    wrong = approver.post("/staff/calendars/new/", typed(exceptions="2026-10-01 休\n昨天 休"))
    assert wrong.status_code == 422
    assert "第 2 行" in wrong.content.decode() and "昨天 休" in wrong.content.decode()
    good = approver.post("/staff/calendars/new/", typed(label="行政班"))
    assert good.status_code == 302, good.content.decode()[:3000]
    assert WorkCalendar.objects.get(label="行政班").valid_from == later(1)


def test_a_years_holidays_are_filled_in_at_a_click(approver: Any) -> None:
    page = approver.post("/staff/calendars/new/", typed(fill="2026")).content.decode()
    assert "2026-10-10 08:30-12:00 13:30-17:30" in page and "2026-02-17 休" in page
    assert WorkCalendar.objects.filter(name="office").count() == 1


def test_an_agent_may_not_set_a_calendar(browser_for: Any, org_tree: Any) -> None:
    agent = browser_for("agent", org_tree.city)
    assert agent.get("/staff/calendars/new/").status_code == 403
    assert agent.post("/staff/calendars/new/", typed()).status_code == 403
