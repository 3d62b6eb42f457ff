"""How likely two requests are about one matter: laws that hold for any two, and cases a dispatcher would settle at a glance."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.duplicates import PARTS, Facts, Weights, address_similarity, parse_address, score, text_similarity
from denghuo.engine.duplicates import scoring as engine

AT = dt.datetime(2026, 1, 31, 8, 0, tzinfo=dt.UTC)
WEIGHTS = Weights(
    bias=-6.0,
    agree={"caller": 3.5, "phone": 2.5, "address": 2.5, "supply": 2.5, "distance": 1.0, "time": 2.0, "matter": 1.5, "scope": 2.0, "text": 1.5},
    differ={"caller": -0.3, "phone": -0.2, "address": -1.0, "supply": -3.0, "distance": -1.5, "time": -3.0, "matter": -2.5, "scope": -1.5, "text": -0.3},
    half_life_hours={"fault_report": 6, "*": 96},
    near_m=200,
)  # fmt: skip
HOME = Facts(
    at=AT, type="fault_report", customer=1, account=1, phone="a", address="柳溪县龙山镇桃花路12号3幢2单元501室", transformer=1,
    feeder=1, lon=120.1, lat=30.1, phenomenon="no_power", scope="neighbourhood", text="家里没有电，整个小区都黑了",
)  # fmt: skip

words = st.text(alphabet="没电跳闸停小区路号幢12三十", max_size=12)
some = st.one_of(st.none(), st.integers(1, 3))
facts = st.builds(
    Facts,
    at=st.integers(0, 5000).map(lambda minutes: AT + dt.timedelta(minutes=minutes)),
    type=st.sampled_from(["fault_report", "complaint", "consulting"]),
    customer=some, account=some, phone=st.sampled_from(["", "a", "b"]), address=words, transformer=some, feeder=some,
    lon=st.one_of(st.none(), st.floats(120, 120.05)), lat=st.one_of(st.none(), st.floats(30, 30.05)),
    phenomenon=st.sampled_from(["", "no_power", "partial", "spark", "meter"]),
    class_code=st.sampled_from(["", "low_voltage", "low_voltage.line", "service.attitude"]),
    scope=st.sampled_from(["", "single", "building", "street", "unknown"]), text=words,
)  # fmt: skip


@given(facts, facts)
@settings(max_examples=300, deadline=None)
def test_the_score_is_the_same_whichever_of_the_two_came_first(one: Facts, other: Facts) -> None:
    assert score(one, other, WEIGHTS).value == pytest.approx(score(other, one, WEIGHTS).value, abs=1e-12)
    assert 0 <= score(one, other, WEIGHTS).value <= 1


@given(
    st.dictionaries(st.sampled_from(sorted(PARTS)), st.floats(0, 1)), st.sampled_from(sorted(PARTS)), st.floats(0, 1)
)
@settings(max_examples=300, deadline=None)
def test_no_part_that_agrees_better_lowers_the_score(known: dict[str, float], name: str, rise: float) -> None:
    before = known | {name: known.get(name, 0.5) * rise}
    after = known | {name: known.get(name, 0.5)}
    assert _score_of(before) <= _score_of(after) + 1e-12


def _score_of(values: dict[str, float]) -> float:
    with pytest.MonkeyPatch.context() as patch:
        parts = {
            name: (lambda _a, _b, _w, value=values.get(name): None if value is None else (value, None))
            for name in PARTS
        }
        patch.setattr(engine, "PARTS", parts)
        return score(HOME, HOME, WEIGHTS).value


def test_identical_requests_score_exactly_one() -> None:
    assert score(HOME, HOME, WEIGHTS).value == 1.0


@given(words, words)
@settings(max_examples=300, deadline=None)
def test_addresses_and_texts_compare_the_same_both_ways(one: str, other: str) -> None:
    assert address_similarity(one, other) == address_similarity(other, one)
    assert text_similarity(one, other) == text_similarity(other, one)
    for alike in (address_similarity(one, one), text_similarity(one, one)):
        assert alike in (None, 1.0)


def test_an_address_is_read_level_by_level() -> None:
    found = parse_address("柳溪县龙山镇桃花路 １２ 号三幢2单元501室")
    assert dict(found.levels) == {
        "district": "柳溪县", "town": "龙山镇", "road": "桃花路", "number": "12", "building": "3", "unit": "2", "room": "501",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("柳溪县龙山镇桃花路12号3幢2单元501室", "桃花路 12 号 3 栋"),
        ("桃花路十二号", "桃花路12号"),
        ("幸福小区二十三号楼", "幸福小区 23号楼"),
    ],
)
def test_one_place_written_in_two_ways_is_one_place(one: str, other: str) -> None:
    assert address_similarity(one, other) == pytest.approx(1.0)


def test_the_next_house_number_is_another_place_though_one_character_differs() -> None:
    assert address_similarity("桃花路12号", "桃花路13号") < 0.5  # type: ignore[operator]
    assert text_similarity("桃花路12号", "桃花路13号") > 0.5  # type: ignore[operator]


def test_neighbours_who_both_see_the_estate_dark_are_one_fault_but_two_lone_dark_homes_are_not() -> None:
    neighbour = replace(
        HOME, customer=2, account=2, phone="b", address="柳溪县龙山镇桃花路12号5幢1单元202室", at=AT + dt.timedelta(minutes=9),
        lon=120.1008, text="停电了，整个小区",
    )  # fmt: skip
    assert score(HOME, neighbour, WEIGHTS).value > 0.6
    lone, other = replace(HOME, scope="single", text="家里没电"), replace(neighbour, scope="single", text="空开跳了")
    assert score(lone, other, WEIGHTS).value < 0.35


def test_the_same_caller_a_week_later_at_another_transformer_is_another_fault() -> None:
    later = replace(
        HOME, at=AT + dt.timedelta(days=7), account=9, transformer=9, feeder=9, address="石桥镇前街2号", lon=121.0
    )
    assert score(HOME, later, WEIGHTS).value < 0.5


def test_what_speaks_for_it_is_told_strongest_first() -> None:
    found = score(HOME, replace(HOME, phone="z"), WEIGHTS)
    assert found.reasons[0].name == "caller"
    assert "phone" not in {part.name for part in found.reasons}
