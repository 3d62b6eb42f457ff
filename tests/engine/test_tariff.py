"""Prices, late fees, tier positions and advice, with answers worked by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engine.tariff import (
    FeeRule,
    History,
    Tariff,
    Tier,
    advise,
    band_of,
    late_fee,
    position,
    price,
    price_many,
    split,
)

TIERS = (Tier(2760), Tier(4800, D("0.05")), Tier(None, D("0.30")))
YEARLY = Tariff("residential", D("0.538"), TIERS, "year")
TOU = Tariff(
    "tou", D("0.538"), TIERS, "year", {"peak": D("0.568"), "valley": D("0.288")}, {"valley": ((22 * 60, 8 * 60),)}
)
MONTHLY = Tariff("beijing", D("0.4883"), (Tier(240), Tier(400, D("0.05")), Tier(None, D("0.30"))))
RESIDENT = FeeRule(D("0.001"), D("0.001"), D(1))
FIRM = FeeRule(D("0.002"), D("0.003"), D(1))


def test_a_month_across_all_three_tiers_is_split_at_the_edges() -> None:
    # 240 × 0.4883 = 117.192, 160 × 0.5383 = 86.128, 100 × 0.7883 = 78.83
    bill = price(MONTHLY, 500)
    assert [(part.code, part.kwh, part.amount) for part in bill.parts] == [
        ("tier1", 240, D("117.19")),
        ("tier2", 160, D("86.13")),
        ("tier3", 100, D("78.83")),
    ]
    assert bill.amount == D("282.15")


def test_a_yearly_tier_counts_what_was_billed_before() -> None:
    # 2700 used: 60 kWh are left at 0.538 = 32.28, 140 at 0.588 = 82.32
    bill = price(YEARLY, 200, before=2700)
    assert [(part.code, part.kwh) for part in bill.parts] == [("tier1", 60), ("tier2", 140)]
    assert bill.amount == D("114.60")


def test_time_of_use_is_priced_first_and_the_tier_comes_on_top() -> None:
    # 120 × 0.568 = 68.16; 80 × 0.288 = 23.04; 140 kWh over the edge × 0.05 = 7.00
    bill = price(TOU, 200, before=2700, by_band={"peak": 120, "valley": 80})
    assert [(part.code, part.kwh, part.amount) for part in bill.parts] == [
        ("peak", 120, D("68.16")),
        ("valley", 80, D("23.04")),
        ("tier2+", 140, D("7.00")),
    ]
    assert bill.amount == D("98.20")


def test_a_large_household_reaches_the_second_tier_later() -> None:
    assert price(MONTHLY, 300, extra=100).amount == D("146.49")  # 300 × 0.4883


def test_nothing_used_costs_nothing() -> None:
    assert price(YEARLY, 0).parts == ()
    assert price(YEARLY, 0).amount == 0


def test_a_line_is_rounded_half_up_to_the_fen() -> None:
    assert price(Tariff("x", D("0.005")), 1).amount == D("0.01")


@pytest.mark.parametrize(
    "bands", [None, {"peak": 100}, {"peak": 150, "valley": 100}, {"peak": 220, "valley": -20}, {"flat": 200}]
)
def test_energy_by_band_must_add_up(bands: dict[str, int] | None) -> None:
    with pytest.raises(ValueError, match="band"):
        price(TOU, 200, by_band=bands)


@pytest.mark.parametrize("tiers", [(), (Tier(100),), (Tier(None), Tier(100)), (Tier(200), Tier(100), Tier(None))])
def test_a_tariff_whose_tiers_do_not_rise_to_no_end_is_refused(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(ValueError, match="tier"):
        Tariff("bad", D(1), tiers)


@pytest.mark.parametrize(
    ("minute", "band"), [(0, "valley"), (479, "valley"), (480, "peak"), (1319, "peak"), (1320, "valley")]
)
def test_the_valley_passes_midnight(minute: int, band: str) -> None:
    assert band_of(TOU, minute) == band


@given(st.integers(0, 9000), st.integers(0, 9000))
def test_a_split_loses_no_energy_and_two_months_cost_what_one_would(first: int, second: int) -> None:
    edges = YEARLY.edges
    assert sum(split(first, second, edges)) == first
    together = split(first + second, 0, edges)
    apart = [a + b for a, b in zip(split(first, 0, edges), split(second, first, edges), strict=True)]
    assert list(together) == apart


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 6000), st.integers(0, 100)), min_size=1, max_size=20))
def test_pricing_many_agrees_with_pricing_one(rows: list[tuple[int, int, int]]) -> None:
    kwh, before = (np.array([row[n] for row in rows], dtype=np.int64) for n in (0, 1))
    valley = kwh * np.array([row[2] for row in rows]) // 100
    flat = price_many(YEARLY, kwh, before)
    banded = price_many(TOU, kwh, before, {"peak": kwh - valley, "valley": valley})
    for n in range(len(rows)):
        one = price(YEARLY, int(kwh[n]), before=int(before[n]))
        assert int(flat["amount"][n]) == one.amount * 100
        bands = {"peak": int(kwh[n] - valley[n]), "valley": int(valley[n])}
        two = price(TOU, int(kwh[n]), before=int(before[n]), by_band=bands)
        assert int(banded["amount"][n]) == two.amount * 100
        assert {part.code: part.kwh for part in two.parts} == {
            code: int(line[0][n]) for code, line in banded.items() if code != "amount" and line[0][n]
        }


# --- late fee ------------------------------------------------------------------------------------------------


def test_a_resident_pays_a_thousandth_a_day() -> None:
    # 1,000 yuan, ten days late: 1000 × 0.001 × 10
    assert late_fee(D(1000), dt.date(2026, 3, 20), dt.date(2026, 3, 30), RESIDENT) == D("10.00")


def test_a_firm_pays_more_on_what_is_carried_over_the_year() -> None:
    # due 21 December: 10 days of the year at 0.2 %, 20 days of January at 0.3 %: 1000 × (0.02 + 0.06)
    assert late_fee(D(1000), dt.date(2025, 12, 21), dt.date(2026, 1, 20), FIRM) == D("80.00")


def test_the_least_fee_is_one_yuan() -> None:
    assert late_fee(D(100), dt.date(2026, 3, 20), dt.date(2026, 3, 21), RESIDENT) == D(1)


@pytest.mark.parametrize("paid", [dt.date(2026, 3, 20), dt.date(2026, 3, 1)])
def test_who_pays_in_time_pays_no_fee(paid: dt.date) -> None:
    assert late_fee(D(1000), dt.date(2026, 3, 20), paid, RESIDENT) == 0


# --- position ------------------------------------------------------------------------------------------------


def test_the_way_to_the_next_tier_is_what_is_left_of_this_one() -> None:
    place = position(YEARLY, [300] * 6)
    assert (place.tier, place.used, place.left) == (1, 1800, 960)
    assert (place.price, place.next_price) == (D("0.538"), D("0.588"))
    assert place.projected == 3600  # six more months of 300
    assert (place.projected_tier, place.crossed_in) == (2, 10)  # 1800 + 300 × 3 = 2700 in September, 3000 in October


def test_last_year_tells_the_season_and_this_year_the_growth() -> None:
    # January to March are 10 % above last year, so the rest is expected 10 % above last year's 900
    last = [100.0] * 3 + [100.0] * 9
    place = position(YEARLY, [110, 110, 110], last_year=last)
    assert place.projected == pytest.approx(330 + 990)


def test_the_running_month_is_completed_by_its_own_days() -> None:
    # two whole months of 100, and 50 in half of March: March ends at 100, the mean is 100 a month
    place = position(YEARLY, [100, 100, 50], done=0.5)
    assert place.used == 250
    assert place.projected == pytest.approx(1200)


def test_exactly_at_an_edge_the_next_kwh_is_dearer() -> None:
    place = position(YEARLY, [2760] + [0] * 11)
    assert (place.tier, place.left, place.projected_tier) == (2, 2040, 1)


def test_the_last_tier_has_no_way_to_go() -> None:
    place = position(YEARLY, [5000])
    assert (place.tier, place.left, place.next_price, place.crossed_in) == (3, None, None, None)


def test_monthly_tiers_begin_anew_each_month() -> None:
    place = position(MONTHLY, [900, 120], done=0.5)
    assert (place.tier, place.used, place.left, place.projected, place.projected_tier) == (1, 120, 120, 240, 1)


@pytest.mark.parametrize(("months", "done"), [([], 1.0), ([100], 0.0), ([100], 1.5)])
def test_a_position_needs_something_measured(months: list[float], done: float) -> None:
    with pytest.raises(ValueError, match="month"):
        position(YEARLY, months, done=done)


# --- advice --------------------------------------------------------------------------------------------------


def year(kwh: int, valley: int, last: int | None = None) -> list[tuple[int, int, int, int]]:
    months = [(2025, 10, kwh, valley), *((2025, m, kwh, valley) for m in (11, 12))]
    months += [(2026, m, kwh, valley) for m in range(1, 10)]
    return [*months, (2026, 10, last if last is not None else kwh, valley)]


def codes(history: History, **given: object) -> list[str]:
    options: dict[str, object] = {"on_banded": False, **given}
    return [one.code for one in advise(history, None, YEARLY, TOU, **options)]  # type: ignore[arg-type]


def test_a_night_user_is_told_what_time_of_use_would_save() -> None:
    # 100 kWh a month, 60 in the valley: flat 53.80; banded 40 × 0.568 + 60 × 0.288 = 22.72 + 17.28 = 40.00 a month
    found = advise(History(year(100, 60)), None, YEARLY, TOU, on_banded=False)
    assert [one.code for one in found] == ["band_take"]
    assert found[0].figures["saving"] == D("165.60")
    assert found[0].figures["flat"] == D("645.60")
    assert found[0].figures["share"] == pytest.approx(0.6)


def test_a_day_user_on_time_of_use_is_told_to_leave() -> None:
    # 100 kWh a month, none in the valley: banded 56.80, flat 53.80: 3.00 × 12 = 36.00
    found = advise(History(year(100, 0)), None, YEARLY, TOU, on_banded=True)
    assert [(one.code, one.figures["saving"]) for one in found] == [("band_leave", D("36.00"))]


def test_a_saving_not_worth_a_year_is_not_proposed() -> None:
    assert codes(History(year(10, 2))) == []


def test_less_than_a_year_is_not_enough_to_judge_a_plan() -> None:
    assert codes(History(year(100, 60)[-8:])) == []


def test_more_than_last_year_is_said_with_both_figures() -> None:
    found = advise(History(year(100, 5, last=130)), None, YEARLY, TOU, on_banded=False)
    assert [one.code for one in found] == ["year_ago_more"]
    assert (found[0].figures["kwh"], found[0].figures["then"]) == (130, 100)
    assert found[0].figures["change"] == pytest.approx(0.3)


def test_neighbours_are_compared_only_when_they_are_many() -> None:
    assert codes(History(year(100, 5), peer_median=60, peers=500)) == ["peers_more"]
    assert codes(History(year(100, 5), peer_median=60, peers=12)) == []
    assert codes(History(year(100, 5), peer_median=200, peers=500)) == ["peers_less"]


def test_a_high_floor_of_the_daily_curve_is_standby() -> None:
    found = advise(History([], days=[6.0] * 3 + [8.0] * 17), None, None, None, on_banded=False)
    assert [one.code for one in found] == ["base_load"]
    assert found[0].figures["watts"] == 250  # 6 kWh in 24 hours


def test_days_far_above_the_mean_are_pointed_at() -> None:
    days = [2.0, 9.0] * 7 + [40.0, 5.0]
    found = advise(History([], days=days), None, None, None, on_banded=False)
    assert [one.code for one in found] == ["peak_days"]
    assert (found[0].figures["top"], found[0].figures["ago"], found[0].figures["count"]) == (40.0, 1, 1)


def test_who_will_cross_an_edge_is_told_when() -> None:
    place = position(YEARLY, [300] * 6)
    found = advise(History([]), place, None, None, on_banded=False)
    assert [(one.code, one.figures["left"], one.figures["month"]) for one in found] == [("tier", 960, 10)]
    assert found[0].figures["more"] == D("0.05")


def test_who_stays_in_the_tier_is_left_alone() -> None:
    assert advise(History([]), position(YEARLY, [100] * 6), None, None, on_banded=False) == []
