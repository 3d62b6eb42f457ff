"""What a caller tells is found, numbers are told apart, and nothing that names a person stays in what is kept."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks import bench_slots
from denghuo.engine.language.numbers import find_numbers, identity, luhn
from denghuo.engine.language.phenomena import catalogue, find_phenomena
from denghuo.engine.language.redaction import personal_numbers, redact
from denghuo.engine.language.slots import find_slots, of_kind

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def test_one_sentence_fills_a_whole_report() -> None:
    text = "我姓王，家住幸福路12号阳光小区三栋二单元五零二，昨天晚上八点多全楼没电，电话幺三九零零零零幺二三四"
    found = {slot.kind: slot for slot in find_slots(text, now=NOW)}
    assert found["name"].value == "王"
    assert found["address"].value == "幸福路12号阳光小区3栋2单元502"
    assert text[found["address"].start : found["address"].end] == "幸福路12号阳光小区三栋二单元五零二"
    assert found["time"].value == "2026-11-21T20:00+08:00"
    assert found["phenomenon"].value == "building_outage"
    assert found["phone"].value == "13900001234"


@pytest.mark.parametrize(
    ("text", "kind", "digits"),
    [
        ("电话13900001234", "phone", "13900001234"),
        ("139-0000-1234", "phone", "13900001234"),
        ("+86 13900001234", "phone", "13900001234"),
        ("座机0551-66668888", "phone", "055166668888"),
        ("户号0012345678", "account", "0012345678"),
        ("户号是 3401 2345 67890", "account", "3401234567890"),
        ("用户编号1234567890123456", "account", "1234567890123456"),
    ],
)
def test_a_phone_is_no_account_and_an_account_no_phone(text: str, kind: str, digits: str) -> None:
    (number,) = find_numbers(text)
    assert (number.kind, number.digits) == (kind, digits)


def test_two_numbers_side_by_side_are_two() -> None:
    assert [(n.kind, n.digits) for n in find_numbers("13900001234 0012345678901")] == [
        ("phone", "13900001234"),
        ("account", "0012345678901"),
    ]


def test_sums_readings_and_service_numbers_are_not_personal_numbers() -> None:
    assert find_numbers("打95598，交了1234567.5元，用了12345678度") == []


def test_check_digits_are_checked() -> None:
    assert identity("11010119900307775X") != identity("110101199003077758")
    assert luhn("4111111111111111") and not luhn("4111111111111112")


def test_known_places_need_no_suffix() -> None:
    assert of_kind(find_slots("我在万达那边停电了"), "address") is None
    slot = of_kind(find_slots("我在万达那边停电了", places=["万达"]), "address")
    assert slot is not None and slot.value == "万达"


@pytest.mark.parametrize("text", ["我们小区停电了", "线路老化", "农村电网", "短路了", "这条街都黑了", "电路板坏了"])
def test_generic_words_are_no_addresses(text: str) -> None:
    assert of_kind(find_slots(text), "address") is None


def test_what_is_denied_is_not_seen_and_what_is_feared_is_marked() -> None:
    assert [s.phenomenon.code for s in find_phenomena("没有冒烟，就是跳闸")] == ["trip"]
    assert [s.supposed for s in find_phenomena("会不会漏电")] == [True]
    assert [s.supposed for s in find_phenomena("外壳漏电")] == [False]


def test_danger_to_life_always_asks_for_the_safety_words() -> None:
    grave = {one.code for one, _pattern in catalogue().values() if one.urgency == 3}
    assert {"spark", "fire", "shock", "wire_down", "pole"} <= grave
    assert all(one.safety for one, _pattern in catalogue().values() if one.urgency == 3)


def test_slots_of_one_text_do_not_overlap_but_for_phenomena() -> None:
    for text, _gold in bench_slots.sentences():
        slots = [slot for slot in find_slots(text, now=NOW) if slot.kind != "phenomenon"]
        assert all(a.end <= b.start for a, b in itertools.pairwise(slots)), text
        assert all(0 <= s.start < s.end <= len(text) and 0 < s.sure <= 1 for s in slots)


def test_most_slots_of_the_test_sentences_are_found_and_twice_as_many_as_by_plain_patterns() -> None:
    rows = bench_slots.sentences()
    assert len(rows) >= 150
    ours = bench_slots.measured(rows, bench_slots.ours)
    theirs = bench_slots.measured(rows, bench_slots.patterns)
    print({kind: (row["f1"], theirs[kind]["f1"]) for kind, row in ours.items()})
    assert ours["all"]["f1"] >= 0.88
    assert ours["phone"]["f1"] >= 0.98 and ours["account"]["f1"] >= 0.95
    assert ours["all"]["f1"] > theirs["all"]["f1"] + 0.25


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("我姓王，电话幺三九零零零零幺二三四", "我姓〔姓名〕，电话〔电话〕"),
        ("户号0012345678查电费", "户号〔户号〕查电费"),
        ("户主李建国身份证110101199003077758", "户主〔姓名〕身份证〔证件号〕"),
        ("13900001234 0012345678901", "〔电话〕 〔户号〕"),
        ("住幸福小区3栋2单元502室", "住幸福小区〔门牌〕"),
        ("单号A1234567也去掉", "单号A〔号码〕也去掉"),
        ("交了350元，用了1200度，打95598", "交了350元，用了1200度，打95598"),
    ],
)
def test_what_is_kept_names_nobody(text: str, kept: str) -> None:
    assert redact(text) == kept


@given(st.text(alphabet="我姓王李电话户号是的在，。 幺三零0123456789-住栋室号", max_size=60))
@example("000室姓李")
def test_no_seven_digits_in_a_row_survive_redaction_and_it_is_stable(text: str) -> None:
    once = redact(text)
    assert not any(part.isdigit() and len(part) >= 7 for part in once.replace("，", " ").split())
    assert redact(once) == once


@given(st.integers(min_value=0, max_value=99_999_999))
def test_any_mobile_number_written_or_spoken_is_taken_out(tail: int) -> None:
    digits = f"139{tail:08d}"
    spoken = "".join("零幺二三四五六七八九"[int(c)] for c in digits)
    for said in (digits, f"{digits[:3]} {digits[3:7]} {digits[7:]}", spoken):
        assert redact(f"打{said}找我") == "打〔电话〕找我"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("联系13900001234，户号1234567890123", ["phone", "account"]),
        ("银行卡6222020200001234567", ["bank_card"]),
        ("证件号11010119900307123X 的校验位不对", ["number"]),
        ("请拨打95598、4008195598 或营业厅 010-12345678", []),
        ("依据〔2021〕1439号，2021年12月31日起每千瓦时0.5283元", []),
    ],
)
def test_numbers_of_persons_are_told_from_numbers_for_everybody(text: str, kinds: list[str]) -> None:
    assert personal_numbers(text) == kinds
