"""Queues that add up to provinces and company, rates, accuracy, and many series at once."""

from __future__ import annotations

import datetime as dt
import threading

import numpy as np
import pytest
from forecast_made import START, counted, expected, series
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.forecasting import (
    CalendarRules,
    Job,
    Plan,
    RateRules,
    Series,
    Unfit,
    accuracy,
    coarser,
    forecast_columns,
    forecast_many,
    frame,
    rates,
    reconcile,
    summing,
)
from denghuo.engine.forecasting.hierarchy import shrunk_covariance

NONE = CalendarRules("")
TREE = (-1, 0, 0, 1, 1, 2, 2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), mint=st.booleans())
def test_reconciled_forecasts_add_up_and_are_not_negative(seed, mint):
    random = np.random.default_rng(seed)
    base = random.normal(20, 30, (7, 5))
    found = reconcile(base, TREE, random.normal(0, 5, (7, 30)) if mint else None)
    assert np.all(found >= 0)
    assert np.allclose(found[0], found[3:].sum(axis=0))
    assert np.allclose(found[2], found[5] + found[6])


def test_mint_agrees_with_the_textbook_projection():
    random = np.random.default_rng(1)
    errors, base = random.normal(0, 3, (7, 40)), random.normal(100, 5, (7, 3))
    covariance = shrunk_covariance(errors)
    matrix = summing(TREE)
    inverse = np.linalg.inv(covariance)
    slow = matrix @ np.linalg.solve(matrix.T @ inverse @ matrix, matrix.T @ inverse @ base)
    assert np.allclose(reconcile(base, TREE, errors), slow, rtol=1e-6)


def test_coherent_forecasts_stay_as_they_are():
    base = summing(TREE) @ np.arange(1.0, 9.0).reshape(4, 2)
    errors = np.random.default_rng(2).normal(size=(7, 20))
    assert np.allclose(reconcile(base, TREE, errors), base)


def test_a_hierarchy_that_runs_in_a_circle_is_refused():
    with pytest.raises(Unfit) as refused:
        reconcile(np.ones((3, 1)), (1, 0, -1))
    assert refused.value.code == "hierarchy_has_a_circle"


def test_accuracy_shows_the_ratio_and_the_error_that_it_hides():
    found = accuracy(np.array([100.0, 200.0, np.nan]), np.array([150.0, 150.0, 9.0]), np.zeros(3), np.full(3, 160.0))
    assert found.ratio == 1
    assert found.wape == pytest.approx(1 / 3)
    assert found.bias == 0
    assert found.coverage == 0.5
    assert found.intervals == 2


def test_a_rate_is_weighted_by_volume_and_thin_slots_borrow():
    counts = np.zeros((28, 24))
    counts[:, 10], counts[:, 3] = 400, 1
    amounts = np.zeros((28, 24))
    amounts[:, 10], amounts[:, 3] = 400 * 300, 900
    found = rates(frame(series(counts), 7, rules=NONE, detect=False), amounts, 7, RateRules(contacts=200))
    assert found[0, 10] == pytest.approx(300, rel=0.01)
    assert 300 < found[0, 3] < 360
    assert found.shape == (7, 24)
    with pytest.raises(Unfit, match="no_history"):
        rates(frame(Series(START, 60, np.zeros(48)), 1, rules=NONE), np.zeros((2, 24)), 1)


def test_recent_rates_count_more_and_shares_stay_below_one():
    counts = np.full((56, 24), 100.0)
    amounts = counts * np.r_[np.full(28, 0.2), np.full(28, 1.4)][:, None]
    found = rates(frame(series(counts), 2, rules=NONE), amounts, 2, RateRules(half_life=7, ceiling=1.0))
    assert np.all(found <= 1)
    assert found.min() > 0.9


def test_many_series_run_on_processes_report_progress_and_keep_their_keys():
    jobs = [Job(f"q{number}", series(counted(expected(21, 50), number)), 2, rules=NONE) for number in range(3)]
    jobs.append(Job("wrong", jobs[0].series, 0))
    seen = []
    done = {one.key: one for one in forecast_many(jobs, 2, progress=lambda *told: seen.append(told), batch=2)}
    assert {key for key, one in done.items() if one.forecast is not None} == {"q0", "q1", "q2"}
    assert done["wrong"].refused == "nothing_ahead"
    assert seen[-1] == (4, 4)


def test_cancelling_ends_the_run_before_the_next_batch():
    jobs = [Job(str(number), series(counted(expected(21, 50))), 1, rules=NONE) for number in range(4)]
    cancel = threading.Event()
    done = []
    for one in forecast_many(jobs, 1, cancel=cancel, batch=1):
        done.append(one.key)
        cancel.set()
    assert done == ["0"]


def test_plain_columns_in_plain_columns_out():
    counts = counted(expected(30, 200))
    times = [START + dt.timedelta(hours=hour) for hour in range(counts.size)]
    found = forecast_columns(times, counts.ravel().tolist(), 60, 2, country="")
    assert len(found["time"]) == len(found["mean"]) == 48
    assert found["time"][0] == START + dt.timedelta(days=30)
    assert all(low <= mean <= high for low, mean, high in zip(found["low"], found["mean"], found["high"], strict=True))


def test_longer_intervals_keep_the_sum_and_lose_incomplete_ones():
    counts = np.arange(48.0)
    counts[5] = np.nan
    found = coarser(Series(START, 30, counts), 60)
    assert found.counts[0] == 1
    assert np.isnan(found.counts[2])
    with pytest.raises(Unfit, match="interval_not_a_multiple"):
        coarser(found, 90)


def test_hopeless_models_are_given_up_and_named():
    from denghuo.engine.forecasting import forecast

    level = np.repeat(np.exp(np.linspace(0, 2.5, 70)), 24).reshape(70, 24)
    plan = Plan(names=("mean", "factors"), origins=6, patience=3, hopeless=1.2)
    found = forecast(series(counted(expected(70) * level)), 2, rules=NONE, plan=plan)
    assert "mean:far_behind" in found.notes
    assert set(found.weights[0]) == {"factors"}
