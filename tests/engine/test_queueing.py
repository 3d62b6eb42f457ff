"""How many people a queue needs: values from print, a slow chain beside the fast formulas, and what must hold for any load."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.queueing import (
    Bound,
    Targets,
    blocking,
    chat_measures,
    chat_requirement,
    deferred_requirement,
    measures,
    moving_requirement,
    offered_load,
    requirement,
    scheduled,
    sensitivity,
    spread_deferred,
)

MINUTE, DAY = 60.0, 86_400.0


def chain(rate: float, ending: list[float], giving_up: float, places: int) -> dict[str, float]:
    """The same queue as a long birth-death chain, state by state; ``ending[n]`` is the rate at which ``n`` served ones end."""
    full = len(ending) - 1
    weights = [1.0]
    for state in range(1, places):
        leaving = ending[min(state, full)] + max(0, state - full) * giving_up
        weights.append(weights[-1] * rate / leaving)
    p = np.array(weights) / math.fsum(weights)
    states = np.arange(places)
    queue = float((p * np.maximum(0, states - full)).sum())
    return {
        "waits": float(p[full:].sum()), "queue": queue, "abandoned": giving_up * queue / rate,
        "held": float((p * np.minimum(states, full)).sum()),
    }  # fmt: skip


def test_erlangs_tables() -> None:
    assert blocking(10, 10) == pytest.approx(0.21458, abs=1e-5)
    assert measures(5, 1, 8, interval=1).waits[0] == pytest.approx(0.16727, abs=1e-5)
    assert measures(100, 1, 110, interval=1).waits[0] == pytest.approx(0.23700, abs=1e-5)


@pytest.mark.parametrize("servers", [500, 581, 620, 700, 760, 1000, 1100])
def test_a_late_start_of_the_recursion_is_not_seen(servers: int) -> None:
    slow = 1.0
    for busy in range(1, servers + 1):
        slow = 1000 * slow / (busy + 1000 * slow)
    assert blocking(1000, servers) == pytest.approx(slow, rel=1e-12)


def test_a_queue_that_only_grows_does_not_keep_a_promise_about_giving_up() -> None:
    only = Targets(service_level=None, abandoned=0.05)
    assert requirement(10, 1, only, interval=1).heads[0] == 11
    assert chat_requirement(10, 1, only, [1.0], interval=1).heads[0] == 11


def test_calls_that_give_up_against_printed_values() -> None:
    found = measures(48, 60, 50, interval=MINUTE, patience=120)
    assert found.abandoned[0] == pytest.approx(0.0309, abs=5e-5)
    assert found.wait[0] == pytest.approx(3.71, abs=5e-3)
    assert found.queue[0] == pytest.approx(2.97, abs=5e-3)
    assert found.occupancy[0] == pytest.approx(0.930, abs=5e-4)
    patient = measures(48, 60, 50, interval=MINUTE)
    assert patient.waits[0] == pytest.approx(0.6945, abs=5e-5)
    assert patient.wait[0] == pytest.approx(20.8, abs=0.05)


def test_a_national_day() -> None:
    found = measures(260_000, 300, 900, interval=DAY, patience=180, within=20)
    assert found.waits[0] == pytest.approx(0.47386, abs=1e-5)
    assert found.abandoned[0] == pytest.approx(0.016597, abs=1e-6)
    assert found.service_level[0] == pytest.approx(0.97784, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 60), st.integers(1, 80), st.floats(0.05, 5))
def test_the_formulas_agree_with_the_chain_state_by_state(load: float, heads: int, patience: float) -> None:
    found = measures(load, 1, heads, interval=1, patience=patience)
    slow = chain(load, [float(n) for n in range(heads + 1)], 1 / patience, heads + 2000)
    assert found.waits[0] == pytest.approx(slow["waits"], rel=1e-6, abs=1e-9)
    assert found.abandoned[0] == pytest.approx(slow["abandoned"], rel=1e-6, abs=1e-9)


def test_waits_agree_with_a_million_simulated_ones() -> None:
    """Someone who would wait for ever waits W; a caller of patience T is answered when W < T, and then after W."""
    dice = np.random.default_rng(7)
    found = measures(48, 60, 50, interval=MINUTE, patience=120, within=10)
    rate, leaving, theta = 0.8, 50 / 60, 1 / 120
    at = np.linspace(0, 400, 400_001)
    density = rate * np.exp(rate * (1 - np.exp(-theta * at)) / theta - leaving * at)
    total = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * (at[1] - at[0]))])
    waits = np.interp(dice.random(1_000_000) * total[-1], total, at) * (dice.random(1_000_000) < found.waits[0])
    answered = waits < dice.exponential(120, 1_000_000)
    assert found.service_level[0] == pytest.approx((answered & (waits <= 10)).mean(), abs=2e-3)
    assert found.answer[0] == pytest.approx(waits[answered].mean(), rel=0.01)


def test_far_too_much_work_is_told_in_numbers_and_not_in_overflows() -> None:
    found = measures(20, 300, 2000, interval=1, patience=180)
    assert found.abandoned[0] == pytest.approx(2 / 3, abs=1e-4)  # what exceeds the heads gives up
    assert found.answer[0] == pytest.approx(
        180 * math.log(3), rel=2e-3
    )  # the wait at which as many are left as are answered
    endless = measures(20, 300, 2000, interval=1)
    assert endless.service_level[0] == 0
    assert math.isinf(endless.wait[0])
    nobody = measures(20, 300, 0, interval=1, patience=180)
    assert (nobody.abandoned[0], nobody.wait[0]) == (1, pytest.approx(180))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 5000), st.floats(20, 1800), st.floats(10, 2000), st.floats(0.5, 0.99), st.floats(0.5, 0.98))
def test_one_head_less_misses_the_target_that_is_named(
    contacts: float, handling: float, patience: float, level: float, busy: float
) -> None:
    targets = Targets(service_level=level, within=20, abandoned=0.05, answer=60, occupancy=busy)
    needed = requirement(contacts, handling, targets, patience=patience)
    heads, bound, got = int(needed.heads[0]), needed.reasons()[0], needed.measures
    assert got.service_level[0] >= level
    assert got.abandoned[0] <= 0.05
    assert got.answer[0] <= 60
    assert got.occupancy[0] <= busy
    less = measures(contacts, handling, heads - 1, patience=patience)
    missed = {
        Bound.SERVICE_LEVEL: less.service_level[0] < level, Bound.ABANDONED: less.abandoned[0] > 0.05,
        Bound.ANSWER: less.answer[0] > 60, Bound.OCCUPANCY: less.occupancy[0] > busy,
    }  # fmt: skip
    assert missed[bound]


def test_a_quiet_interval_needs_the_fewest_and_says_so() -> None:
    needed = requirement([0, 1, 900], 300, Targets(fewest=2))
    assert needed.heads[0] == 2
    assert needed.reasons() == [Bound.FEWEST, Bound.FEWEST, Bound.SERVICE_LEVEL]


def test_each_head_more_helps_and_the_table_shows_it() -> None:
    table = sensitivity(900, 300, 160, patience=180)
    assert list(table.heads) == list(range(157, 164))
    assert (np.diff(table.service_level) > 0).all()
    assert (np.diff(table.abandoned) < 0).all()


def test_chats_agree_with_the_chain_state_by_state() -> None:
    heads, slowing, rate, time, patience = 7, (1.0, 1.3, 1.8), 1 / 28, 400.0, 150.0
    ending = [0.0]
    for number in range(1, heads * 3 + 1):
        each, more = divmod(number, heads)
        held = [each + 1] * more + [each] * (heads - more)
        ending.append(sum(one / (time * slowing[one - 1]) for one in held if one))
    slow = chain(rate, ending, 1 / patience, 4000)
    found = chat_measures(rate, time, heads, slowing, interval=1, patience=patience)
    assert found.waits[0] == pytest.approx(slow["waits"], rel=1e-8)
    assert found.abandoned[0] == pytest.approx(slow["abandoned"], rel=1e-8)
    assert found.occupancy[0] == pytest.approx(slow["held"] / 21, rel=1e-8)


def test_an_agent_with_one_chat_at_a_time_is_an_agent_on_the_phone() -> None:
    calls = measures(300, 240, 45, patience=90)
    chats = chat_measures(300, 240, 45, [1.0], patience=90, within=20)
    for name in ("waits", "service_level", "abandoned", "wait", "answer", "occupancy"):
        assert getattr(chats, name)[0] == pytest.approx(getattr(calls, name)[0], rel=1e-6)


def test_who_holds_three_chats_replaces_more_than_one_and_fewer_than_three() -> None:
    one = chat_requirement(600, 300, Targets(within=60), [1.0], patience=120).heads[0]
    three = chat_requirement(600, 300, Targets(within=60), [1.0, 1.25, 1.6], patience=120).heads[0]
    assert one / 3 < three < one
    assert chat_requirement([0, 600], 300, Targets(within=60, fewest=1), [1.0, 1.3]).heads[0] == 1


def test_chats_that_end_slower_the_more_are_held_are_refused() -> None:
    with pytest.raises(ValueError, match="hold fewer"):
        chat_measures(10, 300, 5, [1.0, 2.1])


def test_a_steady_load_in_hand_is_arrivals_times_handling() -> None:
    assert offered_load([120] * 4, 600) == pytest.approx(np.full((4, 12), 40))


def test_a_sine_of_arrivals_is_followed_late_and_flattened_as_computed_by_hand() -> None:
    """Eick, Massey and Whitt 1993: m(t) = mean + swing (sin - w h cos) / (1 + (w h)^2), times the handling time h."""
    step, hours = 60.0, 24
    at = (np.arange(hours * 60) + 0.5) * step
    speed = 2 * math.pi / DAY
    arrivals = (1.0 + 0.5 * np.sin(speed * at)) * step
    load = offered_load(arrivals, 5400, interval=step).mean(axis=1)
    lag = speed * 5400
    expected = 5400 * (1.0 + 0.5 * (np.sin(speed * at) - lag * np.cos(speed * at)) / (1 + lag**2))
    assert load == pytest.approx(expected, rel=2e-4)


def test_after_a_peak_a_moving_load_keeps_people_that_the_interval_alone_would_send_home() -> None:
    contacts = [10, 10, 400, 10, 10]
    alone = requirement(contacts, 1800, Targets()).heads
    moving = moving_requirement(contacts, 1800, Targets(), start=10.0).heads
    assert moving[3] > alone[3] + 50
    assert moving[2] < alone[2]


def test_what_can_lie_is_done_oldest_first_and_what_is_late_is_told() -> None:
    laid = spread_deferred([10, 0, 0, 0], 360, [0, 1, 0, 2], within=2)
    assert laid.done == pytest.approx([0, 1800, 0, 1800])
    assert laid.late == pytest.approx([0, 0, 0, 1800])
    assert laid.overdue == pytest.approx([0, 0, 1800, 0])
    assert laid.in_time == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 3)), min_size=1, max_size=12), st.integers(0, 4))
def test_with_the_heads_added_nothing_is_late_and_with_fewer_something_is(
    day: list[tuple[int, float]], within: int
) -> None:
    items, free = [row[0] for row in day], [row[1] for row in day]
    more = deferred_requirement(items, 300, free, within)
    enough = spread_deferred(items, 300, np.array(free) + more, within)
    assert enough.late.sum() + enough.overdue[-1] <= 1e-6
    assert enough.done.sum() + enough.waiting[-1] == pytest.approx(300 * sum(items))
    if more:
        short = spread_deferred(items, 300, np.array(free) + more - 0.01, within)
        assert short.late.sum() + short.overdue[-1] > 0


def test_shrinkage_chained_and_summed() -> None:
    assert scheduled([90], [0.1])[0] == 100
    assert scheduled([72], [0.1, 0.2])[0] == 100
    assert scheduled([70], [0.1, 0.2], chained=False)[0] == 100
    with pytest.raises(ValueError, match="nobody"):
        scheduled([1], [0.5, 0.5], chained=False)


@pytest.mark.parametrize(
    ("given_columns", "word"),
    [
        ({"contacts": [1, -1], "handling": 300, "heads": 5}, "contacts"),
        ({"contacts": [1, 2], "handling": 0, "heads": 5}, "handling"),
        ({"contacts": [1, 2], "handling": [1, 2, 3], "heads": 5}, "contacts"),
        ({"contacts": 1, "handling": 300, "heads": 1.5}, "whole"),
        ({"contacts": math.nan, "handling": 300, "heads": 1}, "contacts"),
    ],
)
def test_bad_columns_are_named(given_columns: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        measures(**given_columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"service_level": 1.2}, {"service_level": 1.0}, {"service_level": None}, {"occupancy": 0.0}]
)
def test_targets_nobody_can_meet_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Targets(**wrong)
