"""Each local rule does what it says, on plans small enough to work out by hand."""

from __future__ import annotations

import pytest

from denghuo.engine import rostering
from denghuo.engine.rostering import (
    AfterNightsRest,
    AvoidShift,
    AvoidSuccession,
    Cover,
    FixedPattern,
    HolidayFair,
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
    Roster,
    RotationForward,
    SameTeamTogether,
    WeekendsOff,
    WholeWeekend,
)
from tests.engine.rostering.small import alone, problem

NIGHT, DAY = frozenset({"N"}), frozenset({"D"})


def solved(case: Problem) -> Roster:
    roster = rostering.solve(case, seconds=60)
    verdict = rostering.evaluate(case, roster.lines)
    assert verdict.feasible and verdict.cost == roster.cost == pytest.approx(roster.bound)
    return roster


@pytest.mark.parametrize(
    ("case", "cost"),
    [
        # Days 0 to 13 from a Monday; each unmet need costs 100, each surplus 1. Five nights wanted, three allowed.
        (alone(5, MaxShiftsOfKind(shifts=NIGHT, most=3), wanted="NNNNN"), 200),
        (alone(5, MaxShiftsOfKind(shifts=NIGHT, most=3, weight=40), wanted="NNNNN"), 80),
        # One night in each of two weeks.
        (alone(9, MaxShiftsOfKind(shifts=NIGHT, most=1, per="week"), wanted="NN-----NN"), 200),
        # 2024-01-01 is day 0: January has 31 days, so days 30 and 31 lie in two months.
        (alone(32, MaxShiftsOfKind(shifts=NIGHT, most=1, per="month"), wanted="-" * 29 + "NNN"), 100),
        # Four days are asked of someone whom nobody needs: no need is hurt.
        (alone(4, RequireShiftCount(shifts=DAY, least=4), wanted="D---"), 0),
        (alone(4, RequireShiftCount(shifts=DAY, least=4, weight=3), wanted="NNNN"), 12),
        # A night alone in the middle is not worth two more nights that miss the day shifts beside it.
        (alone(5, MinRun(shifts=NIGHT, least=3), wanted="DDNDD"), 100),
        (alone(5, MinRun(shifts=NIGHT, least=3, weight=10), wanted="DDNDD"), 20),
        (alone(5, MaxRun(shifts=NIGHT, most=2), wanted="NNNNN"), 100),
        (alone(5, MaxRun(shifts=NIGHT, most=2, weight=10), wanted="NNNNN"), 30),
        # Two weekends, work wanted on both.
        (alone(14, WeekendsOff(least=1), wanted="-----DD-----D-"), 100),
        (alone(14, WeekendsOff(least=1, weight=30), wanted="-----DD-----D-"), 30),
        # Only Saturday is needed, and a surplus is not asked of Sunday, which has no need.
        (alone(7, WholeWeekend(weight=5), wanted="-----D-"), 0),
        (alone(7, WholeWeekend(), wanted="-----D-", fixed={6: ""}), 100),
        (alone(7, WholeWeekend(weight=5), wanted="-----D-", fixed={6: ""}), 5),
        (alone(5, NoIsolatedDay(), wanted="--D--", fixed={1: "", 3: ""}), 100),
        (alone(5, NoIsolatedDay(weight=7), wanted="--D--", fixed={1: "", 3: ""}), 7),
        # Late, then early: one of the two is given up; with a day off between they both stand.
        (alone(2, RotationForward(order=("D", "L", "N")), wanted="LD"), 100),
        (alone(3, RotationForward(order=("D", "L", "N")), wanted="L-D"), 0),
        (alone(2, RotationForward(order=("D", "L", "N"), weight=9), wanted="LD"), 9),
        (alone(2, AvoidSuccession(first="N", second="D"), wanted="ND"), 100),
        (alone(2, AvoidSuccession(first="N", second="D", weight=9), wanted="ND"), 9),
        # Two nights, then two days off: the day shift on day 2 or 3 is lost, or a night.
        (alone(5, AfterNightsRest(after=2, rest=2), wanted="NN-DD"), 100),
        (alone(5, AfterNightsRest(after=2, rest=2), wanted="NN--D"), 0),
        # Two nights worked before and a target of three: one is free, each further one costs 30.
        (alone(3, NightsFair(target=3, weight=30, past={"A": 2}), wanted="NNN"), 60),
        (alone(3, HolidayFair(days=frozenset({1, 2}), target=1, weight=30, past={"A": 1}), wanted="DDD"), 60),
        (alone(4, FixedPattern(pattern=("D", "N", "", "*")), wanted="NNNN"), 200),
        (alone(3, FixedPattern(pattern=("+", ""), offset=1, weight=8), wanted="NNN"), 16),
        (alone(3, AvoidShift(shifts=NIGHT, days=frozenset({1})), wanted="NNN"), 100),
        (alone(3, AvoidShift(shifts=NIGHT, weekdays=frozenset({0, 2}), weight=4), wanted="NNN"), 8),
    ],
)
def test_a_rule_costs_exactly_what_it_takes_away(case: Problem, cost: float) -> None:
    assert solved(case).cost == cost


def test_a_newcomer_works_only_beside_the_mentor() -> None:
    people = [Person("new", fixed={2: ""}), Person("old", fixed={0: ""})]
    case = problem(
        3, people, [Cover(day, ("D",), 1) for day in range(3)], links=(PairWithMentor(newcomer="new", mentor="old"),)
    )
    roster = solved(case)
    assert roster.cost == 100 and roster.lines["new"][0] == ""


def test_a_team_is_on_duty_together_at_a_price_below_that_of_a_gap() -> None:
    people = [Person("A", fixed={0: ""}), Person("B")]
    covers = [Cover(0, ("D",), 1), Cover(1, ("D",), 2)]
    roster = solved(problem(2, people, covers, links=(SameTeamTogether(team=("A", "B"), weight=10),)))
    assert roster.cost == 10 and roster.lines == {"A": ("", "D"), "B": ("D", "D")}


def test_two_people_who_must_not_meet_leave_one_place_empty() -> None:
    case = problem(1, [Person("A"), Person("B")], [Cover(0, ("D",), 2)], links=(NotTogether(persons=("A", "B")),))
    assert solved(case).cost == 100


def test_days_before_the_horizon_count_for_runs_and_rests() -> None:
    tired = alone(3, MaxRun(shifts=NIGHT, most=2), wanted="NNN", history=("N", "N"))
    assert solved(tired).cost == 100 and solved(tired).lines["A"] == ("", "N", "N")
    resting = alone(2, AfterNightsRest(after=2, rest=2), wanted="DD", history=("N", "N", ""))
    assert solved(resting).lines["A"] == ("", "D")


def test_a_rule_for_named_people_leaves_the_others_alone() -> None:
    rule = AvoidShift(shifts=NIGHT, people=frozenset({"A"}))
    case = problem(1, [Person("A"), Person("B")], [Cover(0, ("N",), 1)], rules=(rule,))
    assert solved(case).lines == {"A": ("",), "B": ("N",)}


def test_an_unknown_shift_or_person_in_a_rule_is_named() -> None:
    with pytest.raises(ValueError, match="shifts: unknown"):
        rostering.solve(alone(1, AvoidShift(shifts=frozenset({"X"}))))
    with pytest.raises(ValueError, match="links: unknown person"):
        rostering.solve(problem(1, [Person("A")], [], links=(NotTogether(persons=("A", "Z")),)))
    with pytest.raises(ValueError, match="per: must be"):
        MaxShiftsOfKind(shifts=NIGHT, most=1, per="year")
