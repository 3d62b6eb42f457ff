"""The forecast of one series: what it gives, what it must not see, and what it does when there is little to learn from."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from forecast_made import START, counted, expected, series

from denghuo.engine.forecasting import (
    CalendarRules,
    Driver,
    Plan,
    Series,
    Unfit,
    accuracy,
    forecast,
    frame,
    from_rows,
    model_named,
    update,
)
from denghuo.engine.forecasting.boosting import Boosting
from denghuo.engine.forecasting.calendars import HOLIDAYS, marks

NONE = CalendarRules("")
QUICK = Plan(origins=6, step=2)


@pytest.fixture(scope="module")
def made():
    mean = expected(98)
    counts = counted(mean)
    return mean, counts, forecast(series(counts[:91]), 7, rules=NONE, plan=QUICK)


def test_forecast_comes_near_the_true_mean_and_beats_the_weekday_mean(made):
    mean, counts, found = made
    plain = model_named("mean").fit(frame(series(counts[:91]), 7, rules=NONE), 91).predict(np.arange(91, 98)).mean
    ours, theirs = accuracy(mean[91:], found.mean).wape, accuracy(mean[91:], plain).wape
    assert ours < 0.035
    assert ours < theirs


def test_ranges_cover_what_they_promise(made):
    _, counts, found = made
    assert 0.80 <= accuracy(counts[91:], found.mean, found.low, found.high).coverage <= 0.98
    assert np.all(found.low <= found.mean)
    assert np.all(found.mean <= found.high)


def test_effects_multiply_to_the_day(made):
    _, _, found = made
    for day, told in enumerate(found.effects):
        assert np.prod(list(told.values())) == pytest.approx(found.mean[day].sum(), rel=1e-6)


def test_weights_of_each_day_sum_to_one_and_trials_are_told(made):
    _, _, found = made
    assert all(sum(day.values()) == pytest.approx(1, abs=1e-3) for day in found.weights)
    assert found.tried[1].wape < 0.1


@pytest.mark.parametrize("name", ["mean", "naive", "svd_ar", "factors", "boosting"])
def test_a_model_reads_no_count_at_or_after_its_origin(name):
    counts = counted(expected(80, 800))
    later = counts.copy()
    later[70:] *= 3
    model = Boosting(history=50, trees=8) if name == "boosting" else model_named(name)
    guesses = []
    for given in (counts, later):
        framed = frame(series(given), 0, rules=NONE, detect=False)
        guesses.append(model.fit(framed, 70).predict(np.arange(70, 75)).mean)
    assert np.array_equal(*guesses)


def test_root_factor_slope_agrees_with_differences():
    from denghuo.engine.forecasting import factors

    framed = frame(series(counted(expected(40))), 0, rules=NONE)
    rows = np.arange(40)
    pieces = factors._Pieces(framed, ("month",), rows, rows)
    values = np.random.default_rng(3).normal(size=40)
    seen = {}

    def catch(loss, start, **_):
        seen["loss"] = loss
        return type("Found", (), {"x": start})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factors, "minimize", catch)
        start = factors._learned(pieces, values, factors._start(1) + 0.2, 1)
    _, slope = seen["loss"](start)
    for place in range(len(start)):
        step = np.zeros_like(start)
        step[place] = 1e-5
        measured = (seen["loss"](start + step)[0] - seen["loss"](start - step)[0]) / 2e-5
        assert slope[place] == pytest.approx(measured, abs=1e-4)


def test_a_storm_is_found_and_does_not_poison_the_baseline():
    counts = counted(expected(84))
    struck = counts.copy()
    struck[80] *= 4
    calm = forecast(series(counts), 7, rules=NONE, plan=QUICK)
    found = forecast(series(struck), 7, rules=NONE, plan=QUICK)
    assert found.abnormal_days == (START.date() + dt.timedelta(days=80),)
    assert found.mean.sum() == pytest.approx(calm.mean.sum(), rel=0.03)


def test_a_new_level_is_not_taken_for_a_storm():
    counts = counted(expected(84))
    counts[70:] *= 1.8
    found = forecast(series(counts), 7, rules=NONE, plan=QUICK)
    assert found.abnormal_days == ()
    assert found.mean.sum() > 1.5 * counts[:7].sum()


def test_marked_periods_are_honoured():
    counts = counted(expected(84))
    wrong = counts.copy()
    wrong[63:70] *= 1.3
    mark = np.zeros(counts.shape, dtype=bool)
    mark[63:70] = True
    told = forecast(series(wrong, abnormal=mark.ravel()), 7, rules=NONE, plan=QUICK)
    assert told.mean.sum() == pytest.approx(expected(7).sum(), rel=0.03)


def test_a_known_campaign_moves_its_day_and_is_named_in_the_explanation():
    mean = expected(91)
    days = np.zeros(91)
    days[[10, 24, 38, 45, 59, 66, 73, 80, 87]] = 1
    mean = mean * (1 + 0.5 * days)[:, None]
    drivers = (Driver("bill change", "campaign", np.repeat(days, 24)),)
    found = forecast(series(counted(mean)[:84]), 7, drivers=drivers, rules=NONE, plan=QUICK)
    assert found.mean[3].sum() == pytest.approx(mean[87].sum(), rel=0.1)
    assert found.effects[3]["campaign"] == pytest.approx(1.5, rel=0.12)
    assert found.effects[2]["campaign"] == pytest.approx(1.0, rel=0.03)


def test_a_public_holiday_is_a_sunday_and_a_make_up_day_a_working_day():
    framed = frame(Series(dt.datetime(2025, 9, 1), 60, np.zeros(30 * 24)), 14)
    found = marks(framed.first, 44)
    assert HOLIDAYS[found.holiday[30]] == "National Day"
    assert framed.weekday[30] == 6
    assert found.make_up[27]
    assert framed.weekday[27] == 2


def test_days_of_a_year_without_a_notice_are_ordinary_and_said_to_be():
    found = forecast(Series(dt.datetime(2090, 1, 2), 60, counted(expected(30)).ravel()), 2, plan=QUICK)
    assert "calendar_unknown" in found.notes


def test_update_in_the_day_follows_a_busy_morning(made):
    mean, _, found = made
    busy = update(found, np.round(mean[91, :13] * 1.2))
    assert busy.mean[0, 13:].sum() > 1.05 * found.mean[0, 13:].sum()
    assert np.array_equal(busy.mean[0, :13], found.mean[0, :13])
    assert np.array_equal(busy.mean[1:], found.mean[1:])


def test_update_with_the_forecast_itself_changes_little(made):
    _, _, found = made
    same = update(found, found.mean[0, :13])
    assert same.mean[0].sum() == pytest.approx(found.mean[0].sum(), rel=0.01)


@pytest.mark.parametrize(
    ("days", "note"), [(0, "no_history"), (1, "fallback:short_history"), (9, "fallback:short_history")]
)
def test_a_new_queue_gets_a_forecast_and_the_reason_for_its_plainness(days, note):
    counts = counted(expected(10, 300))[:days]
    found = forecast(Series(START, 60, counts.ravel()), 7, rules=NONE)
    assert note in found.notes
    assert "ranges_assumed" in found.notes
    assert np.isfinite(found.mean).all()
    assert (found.mean.sum() > 0) == (days > 0)


def test_sparse_missing_and_closed_intervals_never_break_it():
    counts = counted(expected(70, 6))
    counts[np.random.default_rng(5).random(counts.shape) < 0.2] = np.nan
    is_open = np.zeros(counts.shape, dtype=bool)
    is_open[:, 8:18] = True
    is_open[5::7] = is_open[6::7] = False
    found = forecast(series(counts, open=is_open.ravel()), 7, rules=NONE, plan=QUICK)
    assert np.all(found.mean[:, :8] == 0)
    assert np.all(found.mean[5:] == 0)
    assert 15 < found.mean.sum() < 45
    assert forecast(series(np.zeros((70, 24))), 7, rules=NONE, plan=QUICK).mean.sum() == 0


def test_rows_in_any_order_make_the_series_and_closed_days_stay_closed():
    rows = [
        (START + dt.timedelta(days=day, hours=hour), 2.0) for day in range(14) for hour in range(9, 12) if day % 7 < 5
    ]
    found = from_rows([*reversed(rows), rows[0]], 60)
    assert found.counts[9] == 4
    assert found.open is not None
    assert found.open.sum() == 30


def test_bad_input_is_refused_with_its_code():
    for code, given in {
        "negative_counts": lambda: Series(START, 60, np.array([-1.0])),
        "interval_does_not_divide_day": lambda: Series(START, 7, np.array([1.0])),
        "unequal_lengths": lambda: Series(START, 60, np.zeros(3), np.ones(2, dtype=bool)),
        "unknown_model": lambda: model_named("oracle"),
        "cancelled": lambda: forecast(series(counted(expected(40))), 7, rules=NONE, stop=lambda: True),
    }.items():
        with pytest.raises(Unfit) as refused:
            given()
        assert refused.value.code == code


def test_a_model_whose_package_is_missing_says_which(monkeypatch):
    framed = frame(series(counted(expected(70))), 7, rules=NONE)
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    monkeypatch.setitem(__import__("sys").modules, "statsforecast.models", None)
    for name, package in (("lstm", "torch"), ("ets", "statsforecast"), ("tbats", "statsforecast")):
        with pytest.raises(Unfit) as refused:
            model_named(name).fit(framed, 70)
        assert refused.value.code == f"package_missing:{package}"


def test_the_recurrent_network_learns_a_week():
    pytest.importorskip("torch")
    framed = frame(series(counted(expected(98))), 0, rules=NONE)
    guess = model_named("lstm").fit(framed, 91).predict(np.arange(91, 98))
    assert accuracy(expected(98)[91:], guess.mean).wape < 0.12
