"""Plan beside fact: shares worked out by hand, and every way of being outside one's plan by its name."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.workforce.rosters.models import ShiftType
from denghuo.apps.workforce.today.adherence import BREAK, OFF, OTHER, WORK, Span, measured
from denghuo.apps.workforce.today.reading import planned_spans

HOUR = 3600.0


def span(kind: str, begin: float, end: float) -> Span:
    """Hours of the day."""
    return Span(kind, begin * HOUR, end * HOUR)


#: eight to five with a meal from twelve to one
PLAN = [span(WORK, 8, 12), span(BREAK, 12, 13), span(WORK, 13, 17)]
FAITHFUL = [span(WORK, 8, 12), span(BREAK, 12, 13), span(WORK, 13, 17)]


def kinds(plan, actual, now=17.0, tolerance=0.0):
    found = measured(plan, actual, now * HOUR, tolerance)
    return [(one.kind, one.begin / HOUR, one.end / HOUR) for one in found.deviations]


def test_who_follows_the_plan_has_both_shares_at_one_and_nothing_outside() -> None:
    found = measured(PLAN, FAITHFUL, 17 * HOUR)
    assert (found.adherence, found.conformance, found.deviations) == (1.0, 1.0, ())


def test_an_hour_late_and_an_hour_longer_conforms_and_does_not_adhere() -> None:
    actual = [span(WORK, 9, 12), span(BREAK, 12, 13), span(WORK, 13, 18)]
    found = measured(PLAN, actual, 18 * HOUR)
    assert found.conformance == 1.0
    assert found.adherence == pytest.approx(8 / 9)
    assert kinds(PLAN, actual, 18) == [("late", 8, 9), ("extra", 17, 18)]


def test_every_way_of_being_outside_the_plan_has_its_name() -> None:
    actual = [
        span(WORK, 8.5, 10), span(OFF, 10, 10.5), span(WORK, 10.5, 11), span(OTHER, 11, 11.5), span(WORK, 11.5, 12.25),
        span(BREAK, 12.25, 13), span(WORK, 13, 14), span(BREAK, 14, 14.5), span(WORK, 14.5, 16),
    ]  # fmt: skip
    assert kinds(PLAN, actual) == [
        ("late", 8, 8.5), ("away", 10, 10.5), ("other", 11, 11.5), ("working", 12, 12.25), ("break", 14, 14.5),
        ("early", 16, 17),
    ]  # fmt: skip


def test_who_has_not_come_yet_is_late_and_absent_once_the_shift_is_over() -> None:
    assert kinds(PLAN, [], 10) == [("late", 8, 10)]
    assert [kind for kind, _begin, _end in kinds(PLAN, [], 17)] == ["absent", "absent"]


def test_nothing_is_asked_of_somebody_whose_shift_has_not_begun() -> None:
    found = measured(PLAN, [], 7 * HOUR)
    assert (found.adherence, found.conformance, found.deviations) == (None, None, ())


def test_a_stretch_within_the_tolerance_counts_as_followed() -> None:
    actual = [Span(WORK, 8 * HOUR + 170, 12 * HOUR), *FAITHFUL[1:]]
    assert measured(PLAN, actual, 17 * HOUR, 180).adherence == 1.0
    assert measured(PLAN, actual, 17 * HOUR, 160).adherence == pytest.approx(1 - 170 / (9 * HOUR))


def test_a_meal_may_be_taken_signed_off() -> None:
    assert kinds(PLAN, [span(WORK, 8, 12), span(OFF, 12, 13), span(WORK, 13, 17)]) == []


def test_of_two_states_that_overlap_the_later_begun_counts() -> None:
    actual = [span(WORK, 8, 12), span(BREAK, 9, 10), span(BREAK, 12, 13), span(WORK, 13, 17)]
    assert kinds(PLAN, actual) == [("break", 9, 10)]


def test_a_night_shift_runs_on_past_midnight_and_its_meal_is_cut_out(settings) -> None:
    settings.USE_TZ = True
    shift = ShiftType(
        code="N", name="夜班", start=dt.time(23, 30), minutes=510, breaks=[{"at": 240, "minutes": 30, "paid": False}]
    )
    spans = planned_spans(dt.date(2026, 3, 2), shift)
    assert [(one.kind, (one.end - one.begin) / 60) for one in spans] == [(WORK, 240), (BREAK, 30), (WORK, 240)]
    begins = dt.datetime.fromtimestamp(spans[0].begin, dt.timezone(dt.timedelta(hours=8)))
    assert (begins.day, begins.hour, begins.minute) == (2, 23, 30)


def test_a_break_that_reaches_beyond_its_shift_is_cut_at_the_end() -> None:
    shift = ShiftType(
        code="S", name="短班", start=dt.time(8), minutes=60, breaks=[{"at": 45, "minutes": 30, "paid": True}]
    )
    spans = planned_spans(dt.date(2026, 3, 2), shift)
    assert [(one.kind, (one.end - one.begin) / 60) for one in spans] == [(WORK, 45), (BREAK, 15)]


SPANS = st.lists(
    st.tuples(st.sampled_from([WORK, BREAK, OTHER, OFF]), st.integers(0, 86_400), st.integers(1, 20_000)).map(
        lambda one: Span(one[0], float(one[1]), float(one[1] + one[2]))
    ),
    max_size=12,
)


@given(SPANS, st.integers(0, 90_000), st.integers(0, 900))
def test_shares_stay_in_their_bounds_and_stretches_neither_overlap_nor_reach_beyond_now(actual, now, tolerance) -> None:
    found = measured(PLAN, actual, float(now), float(tolerance))
    assert found.adherence is None or 0.0 <= found.adherence <= 1.0 + 1e-9
    assert found.worked <= sum(one.end - one.begin for one in actual if one.kind == WORK) + 1e-6
    ends = 0.0
    for one in found.deviations:
        assert ends <= one.begin < one.end <= now and one.end - one.begin > tolerance
        ends = one.end
