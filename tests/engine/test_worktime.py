"""Working time by hand; every expected value has its arithmetic beside it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from denghuo.engine.worktime import ALWAYS, NeverWorks, Window, WorkingCalendar, windows_from_pairs

CN = ZoneInfo("Asia/Shanghai")
OFFICE_DAY = [["08:30", "12:00"], ["13:30", "17:30"]]  # 3.5 h + 4 h = 7.5 h
OFFICE = WorkingCalendar.from_json(
    dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], OFFICE_DAY),
    {
        # National Day 2026: 1–7 October off, Saturday 10 October worked instead.
        **{f"2026-10-0{d}": [] for d in range(1, 8)},
        "2026-10-10": OFFICE_DAY,
        "2026-12-31": [["08:30", "12:00"]],  # a short day
    },
)
NIGHT = WorkingCalendar.from_json({day: [["22:00", "06:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})


def at(text: str, tz: ZoneInfo = CN) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=tz)


def hours(value: float) -> dt.timedelta:
    return dt.timedelta(hours=value)


# 2026-09-28 is a Monday.
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-09-28 09:00", "2026-09-28 10:30", 1.5),  # inside the morning
        ("2026-09-28 08:00", "2026-09-28 12:30", 3.5),  # opens 08:30, closes 12:00
        ("2026-09-28 11:00", "2026-09-28 14:00", 1.5),  # 1 h to noon + 0.5 h after lunch
        ("2026-09-28 12:00", "2026-09-28 13:30", 0.0),  # lunch
        ("2026-09-28 17:00", "2026-09-29 09:00", 1.0),  # 0.5 h + 0.5 h over the night
        ("2026-09-28 00:00", "2026-09-29 00:00", 7.5),  # one whole day
        ("2026-09-28 00:00", "2026-10-05 00:00", 22.5),  # Mon–Wed 3 × 7.5; Thursday on is the holiday
        ("2026-09-30 17:00", "2026-10-08 09:00", 1.0),  # 0.5 h before + 0.5 h after seven days off
        ("2026-10-10 08:00", "2026-10-10 18:00", 7.5),  # Saturday worked as a make-up day
        ("2026-10-11 00:00", "2026-10-12 00:00", 0.0),  # the Sunday after stays free
        ("2026-10-01 00:00", "2026-11-01 00:00", 135.0),  # 8, 9, 10 (make-up), 12–16, 19–23, 26–30: 18 days × 7.5
        ("2026-12-31 00:00", "2027-01-01 00:00", 3.5),  # a short day
        ("2026-09-28 10:00", "2026-09-28 09:00", -1.0),  # backwards is negative
        ("2026-09-28 10:00", "2026-09-28 10:00", 0.0),
    ],
)
def test_working_time_between_two_moments(start: str, end: str, expected: float) -> None:
    assert OFFICE.working_between(at(start), at(end)) == hours(expected)


@pytest.mark.parametrize(
    ("start", "add", "expected"),
    [
        ("2026-09-28 09:00", 1, "2026-09-28 10:00"),
        ("2026-09-28 07:00", 1, "2026-09-28 09:30"),  # counting begins at 08:30
        ("2026-09-28 11:30", 1, "2026-09-28 14:00"),  # 0.5 h, lunch, 0.5 h
        ("2026-09-28 09:00", 3, "2026-09-28 12:00"),  # fills the morning: due at its end, not after lunch
        ("2026-09-28 17:00", 2, "2026-09-29 10:00"),  # 0.5 h, then 1.5 h from 08:30
        ("2026-09-30 17:00", 1, "2026-10-08 09:00"),  # over National Day
        ("2026-10-09 17:00", 1, "2026-10-10 09:00"),  # into the make-up Saturday
        ("2026-10-10 17:00", 1, "2026-10-12 09:00"),  # and over the Sunday
        ("2026-09-28 08:30", 37.5, "2026-10-09 17:30"),  # 5 days: 28, 29, 30 Sep, 8, 9 Oct
        ("2026-09-28 12:30", 0, "2026-09-28 12:30"),  # nothing to add
    ],
)
def test_due_moment_after_working_hours(start: str, add: float, expected: str) -> None:
    assert OFFICE.add_working(at(start), hours(add)) == at(expected)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-09-28 21:00", "2026-09-29 07:00", 8),  # a whole night
        ("2026-09-29 01:00", "2026-09-29 02:00", 1),  # after midnight it belongs to Monday's window
        ("2026-09-28 01:00", "2026-09-28 06:00", 0),  # Sunday has no window, so Monday 01:00 is free
        ("2026-10-03 00:00", "2026-10-03 12:00", 6),  # Friday's shift runs out on Saturday
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_starts(start: str, end: str, expected: float) -> None:
    assert NIGHT.working_between(at(start), at(end)) == hours(expected)


def test_a_holiday_cancels_the_shift_that_starts_on_it_only() -> None:
    calendar = WorkingCalendar(NIGHT.weekly, {dt.date(2026, 9, 29): ()})
    # Monday 22:00–24:00 and Tuesday 00:00–06:00 remain (8 h); Tuesday 22:00 does not start.
    assert calendar.working_between(at("2026-09-28 12:00"), at("2026-09-30 12:00")) == hours(8)


def test_overlapping_night_and_morning_count_once() -> None:
    calendar = WorkingCalendar.from_json({"mon": [["22:00", "06:00"]], "tue": [["05:00", "09:00"]]})
    # 22:00–06:00 is 8 h, of 05:00–09:00 only 06:00–09:00 is new: 8 + 3 = 11.
    assert calendar.working_between(at("2026-09-28 12:00"), at("2026-09-29 12:00")) == hours(11)
    assert calendar.add_working(at("2026-09-28 22:00"), hours(9)) == at("2026-09-29 07:00")


def test_pauses_do_not_count_and_may_overlap() -> None:
    pauses = [
        (at("2026-09-28 09:30"), at("2026-09-28 10:30")),
        (at("2026-09-28 10:00"), at("2026-09-28 11:00")),
    ]
    # 09:00–09:30 gives 0.5 h, paused to 11:00, 11:00–12:00 gives 1 h, 13:30–14:00 gives 0.5 h.
    assert OFFICE.add_working(at("2026-09-28 09:00"), hours(2), pauses) == at("2026-09-28 14:00")


def test_a_pause_over_lunch_costs_only_working_time() -> None:
    pause = [(at("2026-09-28 11:30"), at("2026-09-28 14:00"))]
    # 11:00–11:30 = 0.5 h, then 1.5 h from 14:00.
    assert OFFICE.add_working(at("2026-09-28 11:00"), hours(2), pause) == at("2026-09-28 15:30")


def test_a_pause_longer_than_a_year_is_waited_for() -> None:
    pause = [(at("2026-01-05 09:00"), at("2028-01-05 09:00"))]
    assert ALWAYS.add_working(at("2026-01-05 08:00"), hours(2), pause) == at("2028-01-05 10:00")


def test_round_the_clock_is_plain_time() -> None:
    assert ALWAYS.add_working(at("2026-10-01 23:30"), dt.timedelta(minutes=45)) == at("2026-10-02 00:15")
    assert ALWAYS.working_between(at("2026-10-01 00:00"), at("2026-10-03 00:00")) == hours(48)
    assert ALWAYS.is_working(at("2026-10-01 03:00"))


def test_round_the_clock_with_one_holiday_skips_that_day() -> None:
    calendar = WorkingCalendar(ALWAYS.weekly, {dt.date(2026, 10, 1): ()})
    assert calendar.add_working(at("2026-09-30 23:00"), hours(2)) == at("2026-10-02 01:00")


def test_the_answer_comes_in_the_zone_of_the_question() -> None:
    start = at("2026-09-28 01:00", ZoneInfo("UTC"))  # 09:00 in China
    due = OFFICE.add_working(start, hours(4))  # 3 h to noon, 1 h from 13:30 → 14:30 in China
    assert due.isoformat() == "2026-09-28T06:30:00+00:00"


def test_a_zone_that_changes_its_clocks_is_measured_in_real_hours() -> None:
    berlin = WorkingCalendar.from_json({"sun": [["00:00", "06:00"]]}, tz="Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    # 2026-03-29: 02:00 → 03:00, so 00:00–06:00 lasts 5 h; 2026-10-25: 03:00 → 02:00, it lasts 7 h.
    assert berlin.working_between(at("2026-03-29 00:00", zone), at("2026-03-29 12:00", zone)) == hours(5)
    assert berlin.working_between(at("2026-10-25 00:00", zone), at("2026-10-25 12:00", zone)) == hours(7)


def test_is_working_and_next_working() -> None:
    assert OFFICE.is_working(at("2026-09-28 08:30"))
    assert not OFFICE.is_working(at("2026-09-28 12:00"))
    assert not OFFICE.is_working(at("2026-10-01 09:00"))
    assert OFFICE.next_working(at("2026-09-28 12:00")) == at("2026-09-28 13:30")
    assert OFFICE.next_working(at("2026-09-30 18:00")) == at("2026-10-08 08:30")
    assert OFFICE.next_working(at("2026-09-28 09:00")) == at("2026-09-28 09:00")


def test_a_calendar_without_work_says_so_instead_of_looping() -> None:
    empty = WorkingCalendar(((),) * 7)
    assert empty.working_between(at("2020-01-01 00:00"), at("2026-01-01 00:00")) == hours(0)
    assert not empty.is_working(at("2026-01-01 00:00"))
    with pytest.raises(NeverWorks):
        empty.add_working(at("2026-01-01 00:00"), hours(1))
    with pytest.raises(NeverWorks):
        empty.next_working(at("2026-01-01 00:00"))


def test_moments_without_a_zone_and_negative_durations_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        OFFICE.working_between(dt.datetime(2026, 1, 1), at("2026-01-02 00:00"))
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add_working(at("2026-01-01 00:00"), hours(-1))
    with pytest.raises(ValueError, match="before it starts"):
        OFFICE.add_working(at("2026-01-01 00:00"), hours(1), [(at("2026-01-02 00:00"), at("2026-01-01 00:00"))])


@pytest.mark.parametrize(
    "pairs",
    [[["8:30", "12:00"]], [["24:30", "12:00"]], [["08:30"]], ["0812"], [["08:00", "12:00"], ["11:00", "13:00"]]],
)
def test_malformed_windows_are_refused(pairs: list[list[str]]) -> None:
    with pytest.raises(ValueError, match=r"time of day|pair|overlap"):
        windows_from_pairs(pairs)


def test_calendar_survives_json() -> None:
    text = OFFICE.to_json()
    assert WorkingCalendar.from_json(**text) == OFFICE
    assert text["windows"]["mon"] == OFFICE_DAY
    assert NIGHT.to_json()["windows"]["fri"] == [["22:00", "06:00"]]
    assert Window.parse("00:00", "24:00") == Window(0, 1440)
    with pytest.raises(ValueError, match="unknown weekdays"):
        WorkingCalendar.from_json({"monday": []})
