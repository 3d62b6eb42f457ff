"""Plans over all crews: small cases with costs worked out by hand, and what must hold of every plan."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denghuo.engine.dispatch import (
    Crew,
    Order,
    Plan,
    PlanWeights,
    Problem,
    cost_of,
    cost_of_move,
    explain,
    insert_now,
    insertion_costs,
    moved,
    solve,
    timetable,
)
from denghuo.engine.dispatch.search import copy_all, load, rebuild, ruin, run, spot
from denghuo.engine.dispatch.tables import state_of, tables_of


def line(crews, orders, weights=PlanWeights(), places=20):
    """Places on a road, one kilometre and one minute apart."""
    at = np.arange(places, dtype=float)
    apart = np.abs(at[:, None] - at[None, :])
    return Problem(tuple(crews), tuple(orders), apart, apart, weights)


def random_problem(seed):
    """Six crews, 18 orders, every rule in use: skills, breaks, homes, parts, promises, groups, frozen prefixes."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform(0, 30, (24, 2))
    km = np.hypot(spots[:, None, 0] - spots[None, :, 0], spots[:, None, 1] - spots[None, :, 1])
    needs = seed % 2
    crews = [
        Crew(
            n,
            end=n if n % 2 else None,
            ready=float(rng.integers(0, 30)),
            shift_end=400.0,
            overtime_max=30.0,
            skills=int(rng.integers(1, 8)) | 1,
            tools=1 if n < 3 else 0,
            parts=(n % 3,),
            break_from=180.0 if n % 3 == 0 else None,
            break_minutes=30.0,
            depot=5,
        )
        for n in range(6)
    ]
    orders = [
        Order(
            6 + n,
            float(rng.integers(5, 40)),
            release=float(rng.integers(0, 120)),
            promise=float(rng.integers(60, 400)),
            firm=n % 7 == 3,
            skills=1 << int(rng.integers(0, 3)),
            tools=needs * int(n % 4 == 0),
            parts=(needs * int(n % 5 == 0),),
            emergency=n == 2,
            together=1 if n in (0, 1) else None,
            crew=n % 6 if n % 2 else None,
        )
        for n in range(18)
    ]
    orders[1] = dataclasses.replace(orders[1], skills=1)
    weights = PlanWeights(km=1.0, driving=0.5, working=0.2 * needs, overtime=2.0, reassignment=3.0)
    return Problem(tuple(crews), tuple(orders), km * 1.5, km, weights)


def test_cost_in_parts_is_what_one_works_out_by_hand():
    crew = Crew(0, end=0, ready=10.0, shift_end=60.0, overtime_max=20.0)
    orders = [Order(5, 20.0, promise=14.0, breach=50.0, late=2.0, crew=1), Order(8, 15.0), Order(9, 1.0, unserved=70.0)]
    problem = line([crew, Crew(1)], orders, PlanWeights(km=3.0, driving=0.5, overtime=4.0, reassignment=7.0))
    costs = cost_of(problem, Plan(((0, 1), ())))
    # 10 + 5 = 15 arrive, one minute late; leave 35, arrive 38, leave 53, home 61: one minute over; 16 km and minutes
    assert (costs.km, costs.driving, costs.breach, costs.late) == (48.0, 8.0, 50.0, 2.0)
    assert (costs.overtime, costs.unserved, costs.reassignment) == (4.0, 70.0, 7.0)
    assert costs.total == 189.0


def test_break_is_taken_before_the_stop_that_would_begin_in_it_and_waiting_counts():
    crew = Crew(0, break_from=12.0, break_minutes=10.0)
    problem = line([crew], [Order(5, 10.0), Order(6, 1.0, release=30.0)])
    first, second = timetable(problem, Plan(((0, 1),)), 0)
    assert (first.begin, first.leave, second.arrive, second.begin) == (5.0, 15.0, 16.0, 30.0)
    busy = dataclasses.replace(problem, orders=(problem.orders[0], Order(6, 1.0)))
    assert timetable(busy, Plan(((0, 1),)), 0)[1].begin == 26.0


def test_promise_is_kept_before_kilometres_are_saved():
    problem = line([Crew(0)], [Order(2, 30.0, promise=100.0), Order(10, 5.0, promise=12.0)])
    assert solve(problem, iterations=50).routes == ((1, 0),)


def test_only_the_crew_with_the_skill_is_sent():
    problem = line([Crew(4, skills=1), Crew(19, skills=3)], [Order(5, 5.0, skills=2)])
    assert solve(problem, iterations=20).routes == ((), (0,))


def test_order_nobody_can_do_stays_out_and_says_so():
    problem = line([Crew(0)], [Order(5, 5.0, skills=1)])
    plan = solve(problem, iterations=20)
    assert plan.routes == ((),)
    assert [reason.code for reason in explain(problem, plan, 0)] == ["no_crew_able"]


def test_work_for_two_crews_begins_at_one_moment():
    orders = [Order(9, 10.0, together=4), Order(9, 10.0, together=4)]
    problem = line([Crew(0), Crew(19)], orders)
    plan = solve(problem, iterations=20)
    begins = [timetable(problem, plan, crew)[0].begin for crew in (0, 1)]
    assert begins == [10.0, 10.0]
    assert cost_of(problem, plan).feasible


def test_missing_part_is_fetched_at_the_depot_on_the_way():
    crew = Crew(0, parts=(0,), depot=3)
    problem = line([crew], [Order(2, 1.0), Order(9, 1.0, parts=(1,))])
    plan = solve(problem, iterations=30)
    costs = cost_of(problem, plan)
    assert (plan.routes, plan.stock, costs.km, costs.feasible) == (((0, 1),), (1,), 9.0, True)


def test_green_lane_puts_an_emergency_in_without_moving_anything_else():
    problem = line([Crew(0, frozen=1), Crew(15)], [Order(1, 20.0), Order(3, 20.0), Order(16, 30.0)])
    plan = Plan(((0, 1), (2,)))
    emergency = Order(4, 10.0, promise=26.0, emergency=True, breach=1000.0, late=10.0)
    larger, now = insert_now(problem, plan, emergency)
    assert now.routes == ((0, 3, 1), (2,))
    assert cost_of(larger, now).breach == 0.0


def test_moving_a_frozen_order_is_refused():
    problem = line([Crew(0, frozen=1)], [Order(1, 2.0), Order(2, 2.0)])
    with pytest.raises(ValueError, match="frozen"):
        moved(problem, Plan(((0, 1),)), 0, 0, 1)
    with pytest.raises(ValueError, match="frozen"):
        cost_of_move(problem, Plan(((0, 1),)), 1, 0, 0)


def test_drag_shows_its_cost_at_once():
    problem = line([Crew(0), Crew(10)], [Order(9, 2.0)])
    assert cost_of_move(problem, Plan(((0,), ())), 0, 1, 0) == -8.0


def test_explanation_compares_with_the_next_best_crew():
    problem = line([Crew(0), Crew(10), Crew(19)], [Order(8, 5.0), Order(15, 5.0)])
    plan = Plan(((), (0,), (1,)))
    numbers = {reason.code: reason.numbers for reason in explain(problem, plan, 0)}
    assert numbers["nearest_able"] == {"km": 2.0, "next_km": 7.0}
    assert numbers["cheaper_than_next"] == {"crew": 2.0, "cost": 5.0}
    assert numbers["earlier_than_next"] == {"crew": 2.0, "minutes": 14.0}


@pytest.mark.parametrize("bad", [{}, {"seconds": 1.0, "iterations": 1}])
def test_search_needs_exactly_one_limit(bad):
    with pytest.raises(ValueError, match="either"):
        solve(line([Crew(0)], []), **bad)


def test_matrix_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="finite"):
        Problem((), (), np.array([[math.nan]]), np.zeros((1, 1)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 10_000))
def test_every_plan_keeps_the_rules(seed):
    problem = random_problem(seed)
    plan = solve(problem, iterations=60, seed=seed)
    assert plan == solve(problem, iterations=60, seed=seed)  # the same seed, the same plan
    placed = [order for route in plan.routes for order in route]
    assert len(placed) == len(set(placed))
    assert cost_of(problem, plan).feasible  # skills, parts, firm promises, shifts, groups
    # the running plan goes on: what is frozen stays where it is
    frozen = [min(2, len(route)) for route in plan.routes]
    crews = tuple(dataclasses.replace(crew, frozen=n) for crew, n in zip(problem.crews, frozen, strict=True))
    later = dataclasses.replace(problem, crews=crews)
    again = solve(later, iterations=60, seed=seed + 1, start=plan)
    for old, new, n in zip(plan.routes, again.routes, frozen, strict=True):
        assert new[:n] == old[:n]
    assert cost_of(later, again).total <= cost_of(later, plan).total + 1e-6


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 10_000))
def test_cost_told_for_an_insertion_is_the_difference_of_whole_plans(seed):
    problem = random_problem(2 * (seed // 2))  # no depots: the place of a depot visit may change with an insertion
    plan = solve(problem, iterations=30, seed=seed)
    alone = [n for n in range(2, 18) if plan.crew_of(n) is not None][:3]
    for order in alone:
        without = moved(problem, plan, order, None, 0)
        for cost, crew, position in insertion_costs(problem, without, order):
            whole = cost_of_move(problem, without, order, crew, position)
            assert whole + problem.orders[order].unserved == pytest.approx(cost, abs=1e-6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 10_000))
def test_no_cheaper_crew_is_overlooked_when_paid_minutes_and_parts_count(seed):
    problem = random_problem(2 * (seed // 2) + 1)
    plan = solve(problem, iterations=30, seed=seed)
    for order in [n for n in range(2, 18) if plan.crew_of(n) is not None]:
        without = moved(problem, plan, order, None, 0)
        # one crew at a time there is no second-best to stop at: what comes out is walked in full
        least = insertion_costs(problem, without, order)[0][0]
        _, then = insert_now(problem, without, order)
        crew = then.crew_of(order)
        told = {who: cost for cost, who, _ in insertion_costs(problem, without, order)}
        assert crew is not None and told[crew] == pytest.approx(least, abs=1e-6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 10_000))
def test_what_is_kept_from_earlier_looks_never_tells_another_place_than_a_fresh_look(seed):
    """A long search, after which every order is looked up twice: with all that was kept on the way, and with nothing."""
    problem = random_problem(seed)
    tables, now = tables_of(problem), state_of(problem, None)
    load(tables, now)
    touched, barred = np.zeros((2, len(problem.crews)), dtype=np.int64)
    random = np.array([seed], dtype=np.uint64)
    rebuild(tables, now, 0.0, random, touched, barred)
    work, best = state_of(problem, None), state_of(problem, None)
    copy_all(now, work)
    copy_all(now, best)
    run(tables, now, work, best, random, 60, 5.0, 0.5)
    ruin(tables, now, random, touched, barred)
    barred[:] = 0
    for order in [n for n in range(len(problem.orders)) if now.crew_of[n] < 0]:
        kept = spot(tables, now, order, 0.0, random, barred, True)
        fresh = spot(tables_of(problem), now, order, 0.0, random, barred, True)
        assert (kept[0], kept[4]) == pytest.approx((fresh[0], fresh[4]), abs=1e-9)


def test_a_plan_paid_by_the_working_minute_alone_knows_who_is_near_whom() -> None:
    """Kilometres cost nothing here, so that only the paid minutes tell that the two ends of the road are far apart."""
    crews = [Crew(0, end=0), Crew(199, end=199)]
    places = [*range(2, 62, 4), *range(138, 198, 4)]
    orders = [Order(place, 1.0, skills=0) for place in places]
    problem = line(crews, orders, PlanWeights(km=0.0, working=1.0), places=200)
    plan = solve(problem, iterations=400)
    near, far = ({places[order] for order in route} for route in plan.routes)
    assert max(near) < 100 < min(far)
    assert cost_of(problem, plan).total == pytest.approx(2 * 58 + 2 * 61 + 30, abs=6)


def test_a_crew_stays_where_it_is_until_it_must_leave_for_work_that_may_not_begin_yet():
    problem = line([Crew(0)], [Order(5, 10.0), Order(8, 5.0, release=100.0)])
    first, second = timetable(problem, Plan(((0, 1),)), 0)
    assert (first.set_out, first.arrive) == (0.0, 5.0)
    assert (second.set_out, second.arrive, second.begin) == (97.0, 100.0, 100.0)


def test_the_sequence_that_was_fixed_is_kept_although_another_is_shorter():
    orders = [Order(2, 1.0), Order(4, 1.0), Order(6, 1.0), Order(8, 1.0)]
    problem = dataclasses.replace(line([Crew(0)], orders), sequence=((3, 0), (0, 2)))
    for seed in (1, 2):
        route = solve(problem, iterations=60, seed=seed).routes[0]
        assert len(route) == 4 and route.index(3) < route.index(0) < route.index(2)
    assert not cost_of(problem, Plan(((0, 1, 2, 3),))).feasible
    assert cost_of(dataclasses.replace(problem, crews=(Crew(0, frozen=4),)), Plan(((0, 1, 2, 3),))).feasible
    apart = dataclasses.replace(problem, crews=(Crew(0), Crew(0)))
    assert cost_of(apart, Plan(((0, 1, 2), (3,)))).feasible


def test_a_pair_of_orders_that_are_not_there_is_refused():
    with pytest.raises(ValueError, match="pair"):
        dataclasses.replace(line([Crew(0)], [Order(1, 1.0)]), sequence=((0, 0),))
