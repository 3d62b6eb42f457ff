"""What callers say becomes plain text, and every figure can be shown where it was said."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engine.language.spoken import clean, corrected, plain, plain_digits, value_of, without_fillers
from denghuo.engine.language.times import find_times

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("幺三九零零零零幺二三四", "13900001234"),
        ("一三九 零零零零 一二三四", "139 0000 1234"),
        ("两千零二十度", "2020度"),
        ("百分之三十", "30%"),
        ("三万五", "35000"),
        ("三百五", "350"),
        ("一点五万", "1.5万"),
        ("三栋二单元五零二", "3栋2单元502"),
        ("十五号晚上八点半", "15号晚上8点半"),
        ("千万别停电", "千万别停电"),
        ("三天两头停", "三天两头停"),
        ("一点也没有", "一点也没有"),
        ("十几天", "十几天"),
        ("一个人", "一个人"),
        ("１２３４５", "12345"),
    ],
)
def test_spoken_numbers_become_figures_and_sayings_stay(said: str, meant: str) -> None:
    assert plain_digits(said) == meant


def test_what_the_caller_took_back_is_gone() -> None:
    assert clean("我家在三栋，不对，是五栋停电") == "我家在5栋停电"
    assert clean("电话13900001234，不对，是13900005678") == "电话13900005678"
    assert "王" not in corrected("我姓王，哦不是，姓黄")


def test_fillers_are_taken_out_and_words_that_look_like_them_stay() -> None:
    assert without_fillers("嗯，那个，我想问一下") == "我想问一下"
    assert without_fillers("那个小区停电了") == "那个小区停电了"


@given(st.integers(min_value=1, max_value=99_999_999))
def test_a_numeral_written_out_is_read_back_as_the_same_number(number: int) -> None:
    assert value_of(written(number)) == number


def written(number: int) -> str:
    """The full Chinese numeral."""
    digits = "零一二三四五六七八九"
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        tail = "" if not low else ("零" if low < 1000 else "") + written(low)
        return written(high) + "万" + tail
    text, pending = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, place)
        if digit:
            text += ("零" if pending and text else "") + digits[digit] + name
            pending = False
        else:
            pending = bool(text)
    return text


@given(st.text(alphabet="我家幺三九零一二两十百千万点度号栋 ，0123456789停电", max_size=40))
def test_every_character_of_the_plain_text_points_into_what_was_said(text: str) -> None:
    spoken = plain(text)
    assert len(spoken.text) == len(spoken.starts) == len(spoken.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(spoken.starts, spoken.ends, strict=True))
    assert list(spoken.starts) == sorted(spoken.starts)


@pytest.mark.parametrize(
    ("said", "since", "until"),
    [
        ("昨天晚上八点多停的", "2026-11-21T20:00", None),
        ("前天下午", "2026-11-20T13:00", "2026-11-20T18:00"),
        ("从早上七点到现在", "2026-11-22T07:00", "2026-11-22T15:00"),
        ("停了三个小时了", "2026-11-22T12:00", "2026-11-22T15:00"),
        ("两天前报的修", "2026-11-20T15:00", None),
        ("这个月三号交的", "2026-11-03T00:00", "2026-11-04T00:00"),
        ("八点停的电", "2026-11-22T08:00", None),
        ("昨晚十二点", "2026-11-22T00:00", None),
        ("刚才", "2026-11-22T15:00", None),
        ("周三下午两点到四点", "2026-11-18T14:00", "2026-11-18T16:00"),
        ("去年12月换的表", "2025-12-01T00:00", "2026-01-01T00:00"),
    ],
)
def test_times_are_told_from_when_they_are_said(said: str, since: str, until: str | None) -> None:
    (time,) = find_times(plain_digits(said), NOW)
    assert time.since is not None and time.until is not None
    assert time.since.strftime("%Y-%m-%dT%H:%M") == since
    assert time.until.strftime("%Y-%m-%dT%H:%M") == (until or since)


@pytest.mark.parametrize("said", ["幸福路12号", "3-12-502", "一点也没有", "1.5万", "第3次"])
def test_house_numbers_and_sums_are_no_times(said: str) -> None:
    assert find_times(plain_digits(said), NOW) == []


def test_an_impossible_date_has_no_value() -> None:
    (time,) = find_times("2月30日", NOW)
    assert time.value == ""
