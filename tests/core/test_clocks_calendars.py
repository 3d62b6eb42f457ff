"""Which calendar applies, and the holidays of China."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest

from denghuo.core.clocks.calendars import calendar_for, china_holidays, office_rows
from denghuo.core.clocks.models import WorkCalendar

PAIRS = [["08:30", "12:00"], ["13:30", "17:30"]]


def test_a_year_with_its_notice_has_holidays_and_makeup_days() -> None:
    (year,) = china_holidays([2026])
    assert year.official and year.note == ""
    assert dt.date(2026, 10, 1) in year.holidays and dt.date(2026, 2, 17) in year.holidays
    assert all(day.weekday() >= 5 for day in year.makeup_days) and year.makeup_days
    assert all(day.weekday() < 5 for day in year.holidays)


def test_a_year_without_its_notice_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "denghuo.clocks"):
        near, far = china_holidays([2027, 2040])
    assert not near.official and "2027 年放假安排尚未收录" in near.note
    # 13 statutory days: 1 + 4 + 1 + 2 + 1 + 1 + 3.
    assert len(near.holidays) == 13
    assert dt.date(2027, 2, 5) in near.holidays and dt.date(2027, 2, 8) in near.holidays  # the Eve and day three
    assert near.makeup_days == ()
    assert "缺少春节、端午节、中秋节" in far.note
    assert len(far.holidays) == 7  # 1 + Qingming 1 + 2 + 3
    assert len(caplog.records) == 2
    with pytest.raises(ValueError, match="2004"):
        china_holidays([1999])


def test_an_office_calendar_is_made_of_data_rows(db: None) -> None:
    windows, exceptions, notes = office_rows(PAIRS, [2026])
    row = WorkCalendar.objects.create(
        name="office", label="行政班", windows=windows, exceptions=exceptions, valid_from=dt.date(2026, 1, 1)
    )
    engine = WorkCalendar.objects.get(pk=row.pk).engine()
    assert notes == []
    assert engine.windows_on(dt.date(2026, 10, 1)) == ()
    assert engine.windows_on(dt.date(2026, 9, 28)) != ()
    assert engine.windows_on(dt.date(2026, 9, 26)) == ()


def test_the_nearest_unit_and_the_latest_start_win(org_tree: Any) -> None:
    def row(org: Any, start: dt.date, end: dt.date | None = None) -> WorkCalendar:
        return WorkCalendar.objects.create(
            org=org, name="duty", label=str(start), windows={"mon": PAIRS}, valid_from=start, valid_to=end
        )

    everyone = row(None, dt.date(2020, 1, 1))
    city_old = row(org_tree.city, dt.date(2021, 1, 1), dt.date(2026, 1, 1))
    city_new = row(org_tree.city, dt.date(2026, 1, 1))
    assert calendar_for(org_tree.team, "duty", dt.date(2025, 6, 1)) == city_old
    assert calendar_for(org_tree.team, "duty", dt.date(2026, 6, 1)) == city_new
    assert calendar_for(org_tree.other_team, "duty", dt.date(2026, 6, 1)) == everyone
    assert calendar_for(None, "duty", dt.date(2026, 6, 1)) == everyone
    assert calendar_for(org_tree.team, "duty", dt.date(2019, 1, 1)) is None
    assert calendar_for(org_tree.team, "night", dt.date(2026, 1, 1)) is None


def test_a_changed_calendar_is_used_at_once(org_tree: Any) -> None:
    from denghuo.core.actors import Actor
    from denghuo.core.clocks import actions
    from denghuo.core.clocks.models import Clock
    from denghuo.core.clocks.reading import clock_state

    row = WorkCalendar.objects.create(
        name="always", label="全天", windows={"mon": [["00:00", "24:00"]]}, valid_from=dt.date(2026, 1, 1)
    )
    start = dt.datetime(2026, 9, 28, 0, 0, tzinfo=dt.UTC)  # Monday 08:00 in China
    hour = dt.timedelta(hours=1)
    clock = actions.start(
        Actor.system(), "k", ("request", 1), org_tree.city, budget=4 * hour, at=start, calendar=row, warn_ratio=0.5
    )
    assert clock_state(clock, start + 2 * hour).elapsed == 2 * hour
    row.windows = {"mon": [["09:00", "24:00"]]}
    row.save()
    assert clock_state(Clock.objects.get(pk=clock.pk), start + 2 * hour).elapsed == hour
