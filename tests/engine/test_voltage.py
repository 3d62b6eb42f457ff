"""Voltage against GB/T 12325 and 15543, worked by hand; missing measurements stay unknown."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from denghuo.engine import voltage as v

SINGLE = v.Limits(220.0, -10.0, 7.0)
THREE = v.Limits(220.0, -7.0, 7.0)
START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
NAN = float("nan")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def test_single_phase_is_198_to_235_4_volts_and_the_limits_themselves_are_within():
    assert (round(SINGLE.floor, 6), round(SINGLE.ceiling, 6)) == (198.0, 235.4)
    found = v.quality(column(197.9, 198.0, 220.0, 235.4, 235.5), SINGLE, 0.1)
    assert (found.low, found.within, found.high, found.rate) == (1, 3, 1, 0.6)


def test_three_phase_is_seven_percent_either_way():
    assert (round(THREE.floor, 6), round(THREE.ceiling, 6)) == (204.6, 235.4)


def test_deviation_is_signed_percent_of_nominal():
    assert v.deviation(np.array([209.0, 231.0]), 220.0).tolist() == pytest.approx([-5.0, 5.0])


@pytest.mark.parametrize(
    ("kilovolts", "percent"),
    [((36.05, 34.3), 5.0), ((36.05, 35.7), 3.0), ((33.6, 34.3), 4.0), ((NAN, NAN), None)],
)
def test_from_35_kv_the_absolute_deviations_add_up_unless_both_have_one_sign(kilovolts, percent):
    found = v.sum_of_deviations(np.array(kilovolts) * 1000, 35_000.0)
    assert found == (None if percent is None else pytest.approx(percent))


def test_what_was_not_measured_counts_neither_as_good_nor_as_bad():
    found = v.quality(column(220, NAN, 190, NAN), SINGLE, 0.1)
    assert (found.measured, found.rate, found.coverage) == (2, 0.5, 0.5)
    none = v.quality(column(NAN, NAN), SINGLE, 0.1)
    assert (none.rate, none.lowest, none.coverage) == (None, None, 0.0)


def test_time_without_supply_is_an_interruption_and_no_low_voltage():
    found = v.quality(column(220, 0, 0, 190), SINGLE, 0.1)
    assert (found.dead, found.low, found.rate, found.lowest) == (2, 1, 0.5, 190.0)


def test_episodes_tell_start_end_and_depth_and_a_gap_ends_one():
    found = v.episodes(column(220, 197, 187, 220, 190, NAN, 190, 242), SINGLE, 0.1)
    assert [(e.kind, e.first, e.after, e.worst) for e in found] == [
        ("low", 1, 3, 187.0), ("low", 4, 5, 190.0), ("low", 6, 7, 190.0), ("high", 7, 8, 242.0),
    ]  # fmt: skip
    assert found[0].depth == pytest.approx(-15.0) and found[0].slots == 2
    assert found[-1].depth == pytest.approx(10.0)


def test_the_worst_hour_comes_first():
    found = v.hours_of_day(column(190, 220, 195, 220), [19, 3, 19, 20], SINGLE, 0.1)
    assert found == [(19, 190.0, 1.0), (3, 220.0, 0.0), (20, 220.0, 0.0)]


def test_voltage_that_falls_as_load_rises_has_r_of_minus_one_and_few_pairs_say_nothing():
    share = np.linspace(0.2, 1.0, 20)
    assert v.correlation(column(*(230 - 30 * share)), share, SINGLE, 0.1) == pytest.approx(-1.0)
    assert v.correlation(column(*(230 - 30 * share[:11])), share[:11], SINGLE, 0.1) is None
    assert v.correlation(column(*([220.0] * 20)), share, SINGLE, 0.1) is None


def test_a_reading_belongs_to_the_quarter_of_an_hour_it_ends():
    grid = v.Grid(START, 4)
    assert [grid.slot_of(START + dt.timedelta(minutes=m)) for m in (0, 1, 15, 16, 60, 61)] == [None, 0, 0, 1, 3, None]
    assert v.Grid.until(START + dt.timedelta(minutes=7), 48).end == START
    rows = [(START + dt.timedelta(minutes=15), [220.0, None]), (START + dt.timedelta(minutes=60), [210.0, 1.0])]
    found = v.on_grid(grid, rows, 2)
    assert found[0, 0] == 220.0 and np.isnan(found[0, 1]) and np.isnan(found[1]).all() and v.coverage(found) == 0.5


def test_heavy_from_70_percent_and_over_above_100_each_for_an_hour():
    share = np.array([0.69, 0.7, 0.9, 1.01, 1.2, 1.0, 0.3, 0.8, 0.8, 0.8, 0.2])
    bands = {"heavy": 0.7, "over": 1.0, "least_minutes": 60}
    assert [(r.band, r.first, r.after, r.peak) for r in v.load_runs(share, 15, **bands)] == [("heavy", 1, 6, 1.2)]
    hour = np.array([1.0, 1.1, 1.1, 1.1, 1.1, 1.0])
    assert [(r.band, r.first, r.after) for r in v.load_runs(hour, 15, **bands)] == [("heavy", 0, 6), ("over", 1, 5)]
    assert v.load_runs(np.array([0.9, 0.9, NAN, 0.9, 0.9]), 15, **bands) == []


def test_current_unbalance_is_the_difference_over_the_largest():
    found = v.current_unbalance(np.array([[100, 85, 90], [0, 0, 0], [100, NAN, 90]], dtype=float))
    assert found[0] == pytest.approx(15.0) and np.isnan(found[1:]).all()


def test_sequence_unbalance_is_nought_when_equal_and_matches_the_phasors_otherwise():
    # 380, 380 and 400 V close a triangle; its sequences by complex arithmetic:
    a = np.exp(2j * np.pi / 3)
    ab = 400.0
    x = (ab**2 + 380.0**2 - 380.0**2) / (2 * ab)
    bc, ca = complex(-x, np.sqrt(380.0**2 - x**2)), complex(x - ab, -np.sqrt(380.0**2 - x**2))
    plus, minus = abs(ab + a * bc + a**2 * ca), abs(ab + a**2 * bc + a * ca)
    want = min(plus, minus) / max(plus, minus) * 100
    found = v.sequence_unbalance(np.array([[380.0, 380, 380], [400, 380, 380]]))
    assert found[0] == pytest.approx(0.0, abs=1e-4) and found[1] == pytest.approx(want, rel=1e-6)


def test_phase_unbalance_is_the_largest_departure_from_the_mean():
    found = v.phase_unbalance(np.array([[220.0, 220, 220], [231, 220, 209], [NAN, 220, 220]]))
    assert found[:2].tolist() == pytest.approx([0.0, 5.0]) and np.isnan(found[2])


def test_a_broken_neutral_shows_as_one_phase_high_while_another_is_low():
    volts = np.array([[260.0, 180, 220], [240, 220, 220], [190, 190, 190], [250, 5, 220]])
    assert v.neutral_loss(volts, SINGLE, 0.1).tolist() == [True, False, False, False]


def test_the_effect_index_weighs_speed_resolution_and_satisfaction():
    assert v.effect_index(60, 120, 1.0, 0.5, (0.4, 0.4, 0.2)) == pytest.approx(0.2 + 0.4 + 0.1)
    assert v.effect_index(60, 30, 1.0, 1.0, (0.4, 0.4, 0.2)) == 1.0
    for bad in ((0, 1, 1, 1), (60, -1, 1, 1), (60, 1, 1.1, 1)):
        with pytest.raises(ValueError):
            v.effect_index(*bad, (0.4, 0.4, 0.2))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_in_the_parts_add_up(seed):
    rng = np.random.default_rng(seed)
    volts = rng.normal(215, 20, (96, 3))
    volts[rng.random(volts.shape) < 0.2] = NAN
    found = v.quality(volts, SINGLE, 0.1)
    assert 0 <= found.within <= found.measured <= 96 and 0 <= (found.rate or 0) <= 1
    for one in v.episodes(volts, SINGLE, 0.1):
        part = volts[one.first : one.after, one.phase]
        assert not np.isnan(part).any() and (one.worst in part)
        assert (part > SINGLE.ceiling).all() if one.kind == "high" else (part < SINGLE.floor).all()
    better = v.quality(volts, v.Limits(220.0, -20.0, 20.0), 0.1)
    assert better.within >= found.within
