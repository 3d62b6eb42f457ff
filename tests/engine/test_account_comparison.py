"""The crew's account beside the customer's: where they cannot both be true."""

from __future__ import annotations

import datetime as dt

import pytest

from denghuo.engine.language.accounts import (
    CrewAccount,
    CustomerAccount,
    apart,
    compare_accounts,
    marked,
    minutes_in,
    number,
)

CREW = CrewAccount(
    arrived=dt.datetime(2026, 3, 1, 15, 10),
    restored=dt.datetime(2026, 3, 1, 16, 0),
    result="现场检查后更换低压熔断器，已恢复供电，未收取费用",
    cause="设备原因",
)


def aspects(words: str, crew: CrewAccount = CREW, **answers: object) -> list[str]:
    return [one.aspect for one in compare_accounts(crew, CustomerAccount(words, **answers))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("下午三点半到的", [15 * 60 + 30]),
        ("15:40修好", [15 * 60 + 40]),
        ("晚上十点一刻来电", [22 * 60 + 15]),
        ("早上8点05分", [8 * 60 + 5]),
        ("中午一点整", [13 * 60]),
        ("凌晨两点", [2 * 60]),
        ("二十三点二十分", [23 * 60 + 20]),
        ("等了3个小时，第2时间没人", []),
        ("１５：４０", [15 * 60 + 40]),
        ("25点", []),
    ],
)
def test_times_of_day_are_read_as_people_say_them(words: str, minutes: list[int]) -> None:
    assert [value for value, _said in minutes_in(words)] == minutes


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("十", 10), ("十五", 15), ("二十", 20), ("两", 2), ("三十九", 39)]
)
def test_numbers_in_figures_and_characters(text: str, value: int) -> None:
    assert number(text) == value


def test_a_clock_face_without_its_half_of_the_day_is_met_halfway() -> None:
    assert apart(15 * 60 + 10, 3 * 60 + 15, twelve=True) == 5
    assert apart(15 * 60 + 10, 3 * 60 + 15, twelve=False) == 715
    assert apart(23 * 60 + 55, 5, twelve=False) == 10


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("都挺好的，三点一刻来的，没收费", []),
        ("师傅四点半才到", ["arrival"]),
        ("他们早上九点到的", ["arrival"]),
        ("五点才来电", ["restore"]),
        ("没人来过，还是没电", ["presence", "resolved"]),
        ("现在又跳闸了", ["resolved"]),
        ("收了50元", ["charges"]),
        ("他们没有更换什么，就合了一下闸", ["work"]),
        ("师傅说是空调的问题", ["cause"]),
        ("是熔断器坏了，换好了", []),
        ("", []),
    ],
)
def test_what_the_customer_says_is_held_against_the_ticket(words: str, found: list[str]) -> None:
    assert aspects(words) == found


def test_answers_count_without_words() -> None:
    assert aspects("", arrival_right=False) == ["arrival"]
    assert aspects("", resolved=False) == ["resolved"]
    assert aspects("", charged=True) == ["charges"]
    assert aspects("", met=False) == ["presence"]
    assert aspects("", resolved=True, arrival_right=True, charged=False, met=True) == []


def test_an_arrival_within_the_tolerance_is_no_difference() -> None:
    customer = CustomerAccount(arrival="下午3点30分")
    (late,) = compare_accounts(CREW, customer, tolerance=dt.timedelta(minutes=15))
    assert (late.aspect, late.minutes, late.crew, late.customer) == ("arrival", 20, "15:10", "下午3点30分")
    assert compare_accounts(CREW, customer, tolerance=dt.timedelta(minutes=20)) == []


def test_money_on_the_ticket_that_the_customer_never_paid_differs_too() -> None:
    billed = CrewAccount(result="更换表后开关，收取材料费80元")
    assert aspects("没收钱", billed) == ["charges"]
    assert aspects("收了八十块", billed) == []
    assert aspects("要了一百二十元", billed) == ["charges"]


def test_a_ticket_that_claims_nothing_cannot_be_contradicted() -> None:
    assert aspects("还是没电，没人来过，四点半才到", CrewAccount()) == []


def test_the_words_that_differ_are_marked_where_they_stand() -> None:
    assert marked("已恢复供电，未收取费用", ["未收取", ""]) == [
        ("已恢复供电，", False),
        ("未收取", True),
        ("费用", False),
    ]
    assert marked("", ["x"]) == []
    assert marked("无可标注", []) == [("无可标注", False)]
