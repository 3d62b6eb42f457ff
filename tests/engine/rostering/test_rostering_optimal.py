"""The plan costs what the best of all plans costs, for any small problem."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denghuo.engine import rostering
from denghuo.engine.rostering import (
    AfterNightsRest,
    AvoidShift,
    AvoidSuccession,
    Cover,
    FixedPattern,
    HolidayFair,
    Limits,
    MaxRun,
    MaxShiftsOfKind,
    MinRun,
    NightsFair,
    NoIsolatedDay,
    NotTogether,
    PairWithMentor,
    Person,
    Problem,
    RequireShiftCount,
    RotationForward,
    SameTeamTogether,
    Shift,
    WeekendsOff,
    WholeWeekend,
    Wish,
)
from tests.engine.rostering.small import brute_force

CODES = ("D", "N")
weights = st.sampled_from([None, 1.0, 7.0])
kinds = st.sampled_from([frozenset({"D"}), frozenset({"N"}), frozenset({"D", "N"})])
small = st.integers(0, 3)
rules = st.one_of(
    st.builds(
        MaxShiftsOfKind, shifts=kinds, most=small, per=st.sampled_from(["horizon", "week", "month"]), weight=weights
    ),
    st.builds(RequireShiftCount, shifts=kinds, least=small, most=st.integers(3, 5), weight=weights),
    st.builds(MinRun, shifts=kinds, least=st.integers(1, 3), weight=weights),
    st.builds(MaxRun, shifts=kinds, most=st.integers(1, 3), weight=weights),
    st.builds(WeekendsOff, least=st.integers(0, 1), weight=weights),
    st.builds(WholeWeekend, weight=weights),
    st.builds(NoIsolatedDay, weight=weights),
    st.builds(RotationForward, order=st.permutations(CODES).map(tuple), weight=weights),
    st.builds(
        AvoidSuccession, first=st.sampled_from(["", *CODES]), second=st.sampled_from(["", *CODES]), weight=weights
    ),
    st.builds(AfterNightsRest, after=st.integers(1, 2), rest=st.integers(1, 2)),
    st.builds(NightsFair, target=st.sampled_from([1.0, 1.5, 4.0]), weight=st.just(2.0), past=st.just({"A": 1})),
    st.builds(HolidayFair, days=st.frozensets(st.integers(0, 4)), target=st.just(1.0), weight=st.just(4.0)),
    st.builds(FixedPattern, pattern=st.sampled_from([("D", "", "*"), ("+", "+", "")]), offset=small, weight=weights),
    st.builds(AvoidShift, shifts=kinds, weekdays=st.frozensets(st.integers(0, 6)), weight=weights),
)
links = st.one_of(
    st.builds(PairWithMentor, newcomer=st.just("A"), mentor=st.just("B"), weight=weights),
    st.builds(SameTeamTogether, team=st.just(("A", "B")), weight=weights),
    st.builds(NotTogether, persons=st.just(("A", "B")), weight=weights),
)
limits = st.builds(
    Limits, week=st.sampled_from([960, 1440]), month=st.sampled_from([1440, 9998]), overtime_month=st.sampled_from([0, 480]),
    rest=st.sampled_from([660, 1000]), days_week=st.integers(1, 6), days_running=st.integers(1, 4),
    nights_running=st.integers(1, 2), comprehensive=st.booleans(),
)  # fmt: skip


@st.composite
def persons(draw: st.DrawFn, code: str, days: int) -> Person:
    return Person(
        code,
        skills=draw(st.frozensets(st.just("s"))),
        max_shifts=draw(st.dictionaries(st.sampled_from(CODES), small, max_size=2)),
        min_minutes=draw(st.sampled_from([0, 480])),
        max_minutes=draw(st.sampled_from([None, 960, 1500])),
        min_run=draw(st.integers(1, 3)),
        max_run=draw(st.sampled_from([None, 2, 3])) if (short := draw(st.booleans())) else 3,
        min_off=draw(st.integers(1, 2)) if short else 1,
        max_weekends=draw(st.sampled_from([None, 0, 1])),
        fixed=draw(st.dictionaries(st.integers(0, days - 1), st.sampled_from(["", *CODES]), max_size=1)),
        wishes=tuple(
            draw(
                st.lists(
                    st.builds(
                        Wish,
                        st.integers(0, days - 1),
                        st.sampled_from(CODES),
                        st.sampled_from([1.0, 3.0]),
                        st.booleans(),
                    ),
                    max_size=2,
                )
            )
        ),
        no_nights_until=draw(st.sampled_from([None, 1])),
        history=draw(st.sampled_from([(), ("D",), ("N",), ("",), ("D", "D"), ("N", ""), ("", "N", "N")])),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    days = draw(st.integers(2, 4))
    covers = draw(
        st.lists(
            st.builds(
                Cover, st.integers(0, days - 1), st.sampled_from([("D",), ("N",), ("D", "N")]), st.integers(0, 2),
                st.sampled_from([5.0, 20.0]), st.sampled_from([0.0, 1.0]), st.sampled_from(["", "s"]),
                st.sampled_from([(), ("N",)]),
            ),
            min_size=1, max_size=5,
        )
    )  # fmt: skip
    return Problem(
        days,
        (Shift("D", 480, 480, cannot_be_followed_by=frozenset()), Shift("N", 600, 1260, 480, night=True)),
        (draw(persons("A", days)), draw(persons("B", days))),
        tuple(covers),
        start=draw(st.dates(min_value=dt.date(2026, 1, 26), max_value=dt.date(2026, 2, 3))),
        limits=draw(st.none() | limits),
        rules=tuple(draw(st.lists(rules, max_size=2))),
        links=tuple(draw(st.lists(links, max_size=1))),
    )  # fmt: skip


@given(problems())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_plan_costs_what_the_best_of_all_plans_costs_and_the_bound_never_passes_it(case: Problem) -> None:
    best = brute_force(case)
    if best is None:
        try:
            roster = rostering.solve(case, seconds=0.5)
        except ValueError:
            return
        assert not roster.feasible
        return
    roster = rostering.solve(case, seconds=60.0)
    assert roster.feasible
    assert roster.bound <= best + 1e-6
    assert roster.cost == pytest.approx(best)
