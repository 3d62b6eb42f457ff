"""Structured analysis: answers from print, answers by hand, and what must hold of any data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.analysis import (
    Unfit,
    benjamini_hochberg,
    correlations,
    difference_of_means,
    difference_of_shares,
    false_alarms,
    fisher,
    fluctuation,
    funnel,
    individuals,
    inflection,
    interrupted,
    levels,
    pareto,
    proportions,
    regression,
    seasonal,
    shares,
    shift,
)

# Longley's figures with NIST's certified coefficients (Statistical Reference Datasets).
LONGLEY = np.array(
    [
        [60323, 83.0, 234289, 2356, 1590, 107608, 1947], [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
        [60171, 88.2, 258054, 3682, 1616, 109773, 1949], [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
        [63221, 96.2, 328975, 2099, 3099, 112075, 1951], [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
        [64989, 99.0, 365385, 1870, 3547, 115094, 1953], [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
        [66019, 101.2, 397469, 2904, 3048, 117388, 1955], [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
        [68169, 108.4, 442769, 2936, 2798, 120445, 1957], [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
        [68655, 112.6, 482704, 3813, 2552, 123366, 1959], [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
        [69331, 115.7, 518173, 4806, 2572, 127852, 1961], [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ]
)  # fmt: skip
CERTIFIED = (
    15.0618722713733,
    -0.0358191792925910,
    -2.02022980381683,
    -1.03322686717359,
    -0.0511041056535807,
    1829.15146461355,
)
# Flow of the Nile at Aswan, 1871-1970; the dam changed it after 1898 (Cobb 1978).
NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100,
    1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456,
    824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897,
    822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975,
    815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip


def drawn(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_regression_gives_the_certified_coefficients_of_nearly_collinear_figures():
    found = regression(LONGLEY[:, 0], {f"x{at}": LONGLEY[:, at] for at in range(1, 7)})
    assert [one.effect.value for one in found.coefficients] == pytest.approx(CERTIFIED, rel=1e-6)
    assert found.intercept == pytest.approx(-3482258.63459582, rel=1e-6)
    assert found.explained == pytest.approx(0.995479004577296, rel=1e-9)
    assert found.coefficients[4].inflation == pytest.approx(399.15, rel=1e-3)


def test_shares_of_the_drivers_add_up_to_what_is_explained():
    drivers = {f"x{at}": LONGLEY[:, at] for at in range(1, 5)}
    assert sum(shares(LONGLEY[:, 0], drivers).values()) == pytest.approx(regression(LONGLEY[:, 0], drivers).explained)


def test_drivers_that_say_nothing_of_each_other_share_by_their_own_correlation():
    first, second = np.tile([1.0, 1.0, -1.0, -1.0], 5), np.tile([1.0, -1.0, 1.0, -1.0], 5)
    found = shares(3 * first + 4 * second, {"first": first, "second": second})
    assert found == pytest.approx({"first": 9 / 25, "second": 16 / 25})


def test_an_unequal_spread_widens_the_interval_of_the_effect():
    x = np.linspace(0, 10, 400)
    noise = drawn(3, 400)
    steady = regression(2 * x + noise, {"x": x}).coefficients[0].effect
    uneven = regression(2 * x + noise * np.abs(x - 5), {"x": x}).coefficients[0].effect
    assert uneven.low < 2 < uneven.high
    assert uneven.high - uneven.low > 1.5 * (steady.high - steady.low)


def test_the_interval_of_a_correlation_is_fishers():
    # z = atanh 0.5 = 0.549306; 1.959964 / sqrt(47) = 0.285890; tanh 0.263416 = 0.257490, tanh 0.835196 = 0.683256
    found = fisher(0.5, 50)
    assert (found.low, found.high) == pytest.approx((0.257490, 0.683256), abs=1e-5)


def test_many_tests_are_allowed_for_as_benjamini_and_hochberg_print():
    printed = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0]  # fmt: skip
    assert sum(p <= 0.05 for p in benjamini_hochberg(printed)) == 4
    assert benjamini_hochberg(printed)[0] == pytest.approx(0.0015)


def test_a_driver_is_found_among_noise_and_noise_is_not():
    wait = drawn(1, 120)
    noise = {f"noise{at}": drawn(10 + at, 120) for at in range(10)}
    found = correlations(-0.8 * wait + 0.6 * drawn(2, 120), {**noise, "wait": wait, "never": np.ones(120)})
    assert found[0].name == "wait" and found[0].pearson.high < 0
    assert [one.name for one in found if one.adjusted <= 0.05] == ["wait"]
    assert "never" not in {one.name for one in found}


def test_the_vital_few_reach_the_line_and_no_further():
    found = pareto({"搭接": 50, "受潮": 30, "老化": 15, "其他": 5})
    assert [cause.vital for cause in found] == [True, True, False, False]
    assert [round(cause.together, 2) for cause in found] == [0.5, 0.8, 0.95, 1.0]


def test_the_fluctuation_coefficient_of_known_figures():
    found = fluctuation([98.0, 100.0, 102.0, 100.0])  # sd = sqrt(8/3)
    assert found.value == pytest.approx((8 / 3) ** 0.5 / 100)
    assert found.low < found.value < found.high


def test_the_interval_of_the_fluctuation_coefficient_covers_as_often_as_it_says():
    held = sum(
        fluctuation(100 + 10 * drawn(seed, 12)).low < 0.1 < fluctuation(100 + 10 * drawn(seed, 12)).high
        for seed in range(400)
    )
    assert 0.92 < held / 400 < 0.98


def test_limits_of_single_values_stand_at_2_66_mean_ranges():
    found = individuals([10, 12, 11, 13, 12, 10, 11])  # ranges 2 1 2 1 2 1: mean 1.5
    assert found.high[0] - found.centre[0] == pytest.approx(2.6587 * 1.5, rel=1e-4)
    assert found.signals == ()


def test_each_rule_is_raised_by_its_own_pattern():
    wave = [0.3, -0.3, 0.2, -0.4, 0.1, 0.3, -0.2]
    rules = {
        1: [*wave, 5.0, *wave],
        2: [*wave, *[0.5, 0.4, 0.6, 0.5, 0.4, 0.6, 0.5, 0.4, 0.6], *[-x - 0.7 for x in wave]],
        3: [*wave, -1.2, -0.8, -0.3, 0.2, 0.7, 1.1, *wave],
        4: [0.1 * (-1) ** at * (1 + at % 3) for at in range(14)],
    }
    for rule, values in rules.items():
        assert rule in {signal.rule for signal in individuals(values).signals}, rule


def test_a_steady_process_raises_few_alarms():
    outside = sum(sum(signal.rule == 1 for signal in individuals(drawn(seed, 100)).signals) for seed in range(100))
    assert outside / 10_000 < 3 * false_alarms()
    assert false_alarms() == pytest.approx(0.0027, abs=1e-5)


def test_thousands_of_calls_do_not_put_every_day_outside():
    random = np.random.default_rng(5)
    calls = random.integers(8_000, 12_000, 60)
    answered = random.binomial(calls, np.clip(random.normal(0.9, 0.01, 60), 0, 1))  # days differ by a point anyway
    assert not [signal for signal in proportions(answered, calls).signals if signal.rule == 1]
    answered[30] = int(0.8 * calls[30])
    assert [signal.first for signal in proportions(answered, calls).signals if signal.rule == 1] == [30]


def test_the_dam_is_found_in_the_flow_of_the_nile():
    found = levels(NILE)
    assert [level.last for level in found] == [27, 99]  # 1898 is the last year of the old level
    assert [round(level.mean) for level in found] == [1098, 850]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=8, max_size=14), st.sampled_from([0.5, 3.0, 20.0]))
def test_the_segments_are_the_cheapest_of_all(values, penalty):
    values = [float(value) for value in values]
    if len(set(values)) == 1:
        return
    noise = float(np.median(np.abs(np.diff(values)))) / (0.6745 * 2**0.5) or float(np.diff(values).std())
    if noise == 0:
        return

    def price(edges):
        return sum(
            float(np.sum((np.array(values[a:b]) - np.mean(values[a:b])) ** 2)) / noise**2 for a, b in pairwise(edges)
        )

    def every(begin, edges):
        if len(values) - begin >= 3:
            yield [*edges, len(values)]
        for end in range(begin + 3, len(values) - 2):
            yield from every(end, [*edges, end])

    cheapest = min(price(edges) + penalty * (len(edges) - 2) for edges in every(0, [0]))
    found = levels(values, least=3, penalty=penalty)
    edges = [0, *(level.last + 1 for level in found)]
    assert price(edges) + penalty * (len(edges) - 2) == pytest.approx(cheapest)


def test_a_season_and_a_trend_are_told_apart_in_spite_of_a_storm():
    week = np.array([5.0, 3, 1, 0, -1, -3, -5])
    days = np.arange(70)
    values = 100 + 0.5 * days + week[days % 7]
    values[33] += 80
    found = seasonal(values, 7)
    assert found.season[:7] == pytest.approx(week, abs=0.8)
    assert seasonal(100 + 0.5 * days + week[days % 7], 7).season_strength > 0.99


def test_a_small_unit_is_within_the_funnel_where_a_large_one_of_the_same_share_is_not():
    units = {f"县{at}": (900.0 + at, 1000.0) for at in range(30)}
    found = {peer.name: peer for peer in funnel({**units, "小": (8.0, 10.0), "大": (1_600.0, 2_000.0)})}
    assert found["小"].standing == "within"
    assert found["大"].standing == "below"
    assert found["大"].high < found["小"].high


counts = st.dictionaries(st.sampled_from("甲乙丙丁"), st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1)


@settings(max_examples=60, deadline=None)
@given(counts, counts)
def test_rate_and_mix_add_up_to_the_change(before, after):
    old, new = ({name: (float(a), float(a + b)) for name, (a, b) in one.items()} for one in (before, after))
    totals = [sum(of for _hits, of in one.values()) for one in (old, new)]
    if min(totals) == 0:
        with pytest.raises(Unfit):
            shift(old, new)
        return
    change = sum(h for h, _ in new.values()) / totals[1] - sum(h for h, _ in old.values()) / totals[0]
    assert sum(part.whole for part in shift(old, new)) == pytest.approx(change, abs=1e-12)


def test_more_of_the_harder_kind_is_mix_and_not_rate():
    found = shift({"易": (90, 100), "难": (5, 10)}, {"易": (45, 50), "难": (30, 60)})
    assert sum(part.rate for part in found) == pytest.approx(0)
    assert sum(part.mix for part in found) == pytest.approx(75 / 110 - 95 / 110)


def test_a_difference_of_shares_has_newcombes_interval():
    found = difference_of_shares((56, 70), (48, 80))  # the first example of the paper
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_difference_of_means_is_welchs():
    found = difference_of_means([27.5, 21.0, 19.0, 23.6, 17.0, 17.9], [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0])
    assert found.value == pytest.approx(21.0 - 23.5)
    assert found.low < found.value < found.high


def test_a_measure_that_helped_is_seen_through_the_week_and_one_that_did_not_is_not():
    days = np.arange(84)
    plain = 80 + np.array([0, 1, 2, 1, 0, -4, -5])[days % 7] + 0.5 * drawn(7, 84)
    helped = plain + 3.0 * (days >= 42)
    assert interrupted(helped, 42, period=7).step.low > 2
    assert not interrupted(plain, 42, period=7).now.sure


def test_the_bend_is_found_with_an_interval_around_it():
    wait = np.linspace(5, 120, 160)
    satisfied = 92 - 0.01 * wait - 0.2 * np.maximum(wait - 45, 0) + 0.8 * drawn(4, 160)
    found = inflection(wait, satisfied)
    assert found.at.low < 45 < found.at.high
    assert found.at.high - found.at.low < 12
    assert found.after == pytest.approx(-0.21, abs=0.03)
    assert found.p < 0.001
    assert inflection(wait, 92 - 0.1 * wait + drawn(5, 160)).p > 0.05


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: pareto({"甲": -1.0}), "negative"),
        (lambda: fluctuation([1.0, -1.0, 0.0]), "mean"),
        (lambda: correlations([1, 2, 3, 4], {"a": [1, 2, 3]}), "too_few"),
        (lambda: regression(range(9), {"a": np.arange(9), "b": 2 * np.arange(9)}), "collinear"),
        (lambda: shares(range(40), {str(at): drawn(at, 40) for at in range(13)}), "too_many"),
        (lambda: proportions([1] * 5, [0] * 5), "empty"),
        (lambda: individuals([1, 2, float("nan"), 4, 5]), "not_finite"),
        (lambda: inflection(np.ones(20), drawn(1, 20)), "constant"),
    ],
)
def test_data_that_cannot_answer_say_why(ask, code):
    with pytest.raises(Unfit) as refused:
        ask()
    assert refused.value.code == code
