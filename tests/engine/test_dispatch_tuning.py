"""Weights of the quick rule from past days."""

import math

import pytest

from denghuo.engine.dispatch import Candidate, Decision, Job, PastDay, Travel, Weights, fit_weights
from denghuo.engine.dispatch.tuning import play

TRAVEL = Travel(detour=1.0, speed_kmh=60.0)
NEAR, FAR = (116.0, 39.9), (117.0, 39.9)  # about 85 km apart


def day(*minutes: float, promise: float = 30.0) -> PastDay:
    crews = (Candidate(1, NEAR, areas=frozenset({1})), Candidate(2, FAR, areas=frozenset({1})))
    jobs = tuple(Decision(at, Job(NEAR, 1), 20.0, at + promise, 8.0, TRAVEL) for at in minutes)
    return PastDay(crews, jobs)


def weights(distance: float, skill: float, load: float) -> Weights:
    return Weights(distance, skill, load, half_distance_km=8.0, half_load=2.0)


def test_a_played_day_counts_what_one_works_out_by_hand() -> None:
    by_distance = play([day(0.0, 5.0, promise=10.0)], weights(1, 0, 0))
    # the crew that is there takes both: the second begins at 20, which is five minutes beyond 15
    assert (by_distance.orders, by_distance.missed) == (2, 1)
    assert by_distance.late_minutes == pytest.approx(5.0) and by_distance.km == pytest.approx(0.0)
    assert by_distance.cost == pytest.approx(35.0)


def test_weights_that_send_idle_crews_across_the_country_are_replaced_by_nearness() -> None:
    days = [day(0.0, 5.0, 60.0), day(0.0, 8.0), day(0.0, 6.0, 100.0)]
    found = fit_weights(days, weights(0, 0, 1))
    assert found.better and found.weights.distance > 0
    assert found.after.km < found.before.km and found.after.late_minutes < found.before.late_minutes


def test_weights_that_cannot_be_bettered_are_not_proposed_to_change() -> None:
    calm = [day(0.0, 300.0)] * 3
    found = fit_weights(calm, weights(0.5, 0.3, 0.2))
    assert not found.better
    assert math.isclose(found.weights.distance, 0.5) and math.isclose(found.weights.load, 0.2)


def test_days_too_few_to_measure_on_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        fit_weights([day(0.0)] * 2, weights(1, 0, 0))
