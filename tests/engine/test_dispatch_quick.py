"""The quick dispatch rule: a hand-worked example, hard conditions, and properties."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engine.dispatch import (
    Candidate,
    Job,
    Travel,
    Weights,
    half_value,
    rank,
    rule_out,
    travel_minutes,
)

COUNTY = 7
# On the equator one degree of longitude is 2πR/360 = 111.195 km.
DEGREE_KM = 2 * math.pi * 6371.0088 / 360
WEIGHTS = Weights(distance=0.5, skill=0.3, load=0.2, half_distance_km=10, half_load=2)
TRAVEL = Travel(detour=1.4, speed_kmh=30, minutes_per_order=40, spread=0.25)


def crew(id: int, east_km: float = 0.0, **fields: object) -> Candidate:
    return Candidate(id=id, place=(east_km / DEGREE_KM, 0.0), areas=frozenset({COUNTY}), **fields)  # type: ignore[arg-type]


JOB = Job(place=(0.0, 0.0), area=COUNTY, required=frozenset({"medium_voltage"}), wanted=frozenset({"live_line"}))


def test_hand_worked_example_gives_the_numbers_of_the_worksheet() -> None:
    """Crew 1: 5 km straight → 7 km road → 14 min; free; holds one of two skills.

    distance 10/17, skill 1/2, load 1 → 0.5·0.588235 + 0.3·0.5 + 0.2 = 0.644118.
    Crew 2: 15 km → 21 km → 42 min, one order in hand (40 min) → 82 min; both skills.
    distance 10/31, skill 1, load 2/3 → 0.161290 + 0.3 + 0.133333 = 0.594624.
    """
    near = crew(1, 5, skills=frozenset({"medium_voltage"}))
    able = crew(2, 15, skills=frozenset({"medium_voltage", "live_line"}), open_orders=1)
    first, second = rank([able, near], JOB, WEIGHTS, TRAVEL)
    assert (first.crew_id, second.crew_id) == (1, 2)
    assert first.score == pytest.approx(0.644118, abs=1e-6)
    assert first.road_km == pytest.approx(7)
    assert first.travel_minutes == first.eta_minutes == pytest.approx(14)
    assert first.missing == {"live_line"}
    assert second.score == pytest.approx(0.594624, abs=1e-6)
    assert (second.wait_minutes, second.eta_minutes) == (40, pytest.approx(82))
    assert (second.eta_low, second.eta_high) == (pytest.approx(61.5), pytest.approx(102.5))


@pytest.mark.parametrize(
    ("fields", "ground"),
    [
        ({"on_duty": False, "skills": frozenset({"medium_voltage"})}, "off_duty"),
        ({"skills": frozenset({"low_voltage"})}, "skill"),
        ({"skills": frozenset()}, "skill"),
    ],
)
def test_a_crew_that_may_not_go_is_never_ranked_however_near(fields: dict[str, object], ground: str) -> None:
    near = crew(1, 0, **fields)
    out = rule_out(near, JOB)
    assert out is not None
    assert out.ground == ground
    assert rank([near], JOB, WEIGHTS, TRAVEL) == []


def test_a_crew_of_another_area_is_ruled_out_for_the_area() -> None:
    stranger = Candidate(1, (0, 0), skills=JOB.required, areas=frozenset({8}))
    out = rule_out(stranger, JOB)
    assert out is not None
    assert out.ground == "area"


def test_unknown_place_ranks_by_skill_and_load_and_promises_no_time() -> None:
    job = Job(place=None, area=COUNTY)
    busy, free = crew(1, 0, open_orders=3), crew(2, 50)
    ranked = rank([busy, free], job, WEIGHTS, TRAVEL)
    assert [r.crew_id for r in ranked] == [2, 1]
    assert all(r.eta_minutes is None and r.road_km is None and r.distance == 0 for r in ranked)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Weights(-0.1, 1, 1, 10, 2),
        lambda: Weights(0, 0, 0, 10, 2),
        lambda: Weights(1, 1, 1, 0, 2),
        lambda: Weights(math.nan, 1, 1, 10, 2),
        lambda: Travel(detour=0.9, speed_kmh=30),
        lambda: Travel(detour=1.3, speed_kmh=0),
        lambda: Travel(detour=1.3, speed_kmh=30, spread=1),
        lambda: Travel(detour=1.3, speed_kmh=30, minutes_per_order=-1),
    ],
)
def test_senseless_parameters_are_refused(make: object) -> None:
    with pytest.raises(ValueError):
        make()  # type: ignore[operator]


SKILLS = st.frozensets(st.sampled_from(["low_voltage", "medium_voltage", "live_line", "metering"]))
crews = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 10**6),
        place=st.tuples(st.floats(130, 132), st.floats(19, 20)),
        on_duty=st.booleans(),
        skills=SKILLS,
        areas=st.frozensets(st.sampled_from([COUNTY, 8, 9])),
        open_orders=st.integers(0, 20),
    ),
    max_size=12,
    unique_by=lambda c: c.id,
)
jobs = st.builds(
    Job,
    place=st.one_of(st.none(), st.tuples(st.floats(130, 132), st.floats(19, 20))),
    area=st.just(COUNTY),
    required=SKILLS,
    wanted=SKILLS,
)
part = st.floats(0, 5)
weights = st.builds(
    Weights,
    distance=st.floats(0.01, 5),
    skill=part,
    load=part,
    half_distance_km=st.floats(0.1, 100),
    half_load=st.floats(0.1, 20),
)


@given(crews, jobs, weights)
def test_scores_stay_between_nought_and_one_and_fall_down_the_list(cs: list[Candidate], job: Job, w: Weights) -> None:
    ranked = rank(cs, job, w, TRAVEL)
    assert all(0 <= r.score <= 1 and 0 <= r.distance <= 1 and 0 <= r.skill <= 1 and 0 < r.load <= 1 for r in ranked)
    assert all(a.score >= b.score for a, b in itertools.pairwise(ranked))
    assert {r.crew_id for r in ranked} == {c.id for c in cs if rule_out(c, job) is None}


@given(crews, jobs, weights, st.randoms(use_true_random=False))
def test_the_order_crews_come_in_does_not_matter(cs: list[Candidate], job: Job, w: Weights, rng: object) -> None:
    shuffled = list(cs)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(shuffled, job, w, TRAVEL) == rank(cs, job, w, TRAVEL)


@given(crews, jobs, weights)
def test_another_crew_does_not_change_anybodys_score(cs: list[Candidate], job: Job, w: Weights) -> None:
    alone = {r.crew_id: r for c in cs for r in rank([c], job, w, TRAVEL)}
    assert {r.crew_id: r for r in rank(cs, job, w, TRAVEL)} == alone


@given(st.floats(0, 200), st.floats(0, 200), st.integers(0, 10), weights)
def test_nearer_is_never_worse_and_freer_is_never_worse(a: float, b: float, n: int, w: Weights) -> None:
    job = Job(place=(0, 0), area=COUNTY)
    one = {r.crew_id: r for r in rank([crew(1, a, open_orders=n), crew(2, b, open_orders=n)], job, w, TRAVEL)}
    if a <= b:
        assert one[1].score >= one[2].score - 1e-12
    two = {r.crew_id: r for r in rank([crew(1, a, open_orders=n), crew(2, a, open_orders=n + 1)], job, w, TRAVEL)}
    assert two[1].score >= two[2].score


@given(jobs, weights, st.floats(0.1, 50))
def test_only_the_ratio_of_the_weights_counts(job: Job, w: Weights, factor: float) -> None:
    scaled = Weights(w.distance * factor, w.skill * factor, w.load * factor, w.half_distance_km, w.half_load)
    held = crew(1, 3, skills=frozenset({"low_voltage", "medium_voltage", "live_line", "metering"}), open_orders=1)
    a, b = rank([held], job, w, TRAVEL), rank([held], job, scaled, TRAVEL)
    assert a[0].score == pytest.approx(b[0].score)


@given(st.floats(0, 1e6), st.floats(0.01, 1e4))
def test_half_value_is_one_at_nothing_and_a_half_at_its_scale(amount: float, half: float) -> None:
    assert half_value(0, half) == 1
    assert half_value(half, half) == pytest.approx(0.5)
    assert 0 < half_value(amount, half) <= 1


def test_travel_is_the_same_both_ways_and_none_for_the_same_place() -> None:
    a, b = (130.9, 19.7), (131.2, 19.5)
    assert travel_minutes(a, b, TRAVEL) == pytest.approx(travel_minutes(b, a, TRAVEL))
    assert travel_minutes(a, a, TRAVEL) == (0, 0)
