"""A centre played through: Erlang's values, the live router's decisions, the same customers for both sides."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from denghuo.engine.queueing import Targets, measures, moving_requirement, requirement
from denghuo.engine.routing import ChannelClass, QueuePlan, Step
from denghuo.engine.simulation import (
    Centre,
    Group,
    Now,
    Queue,
    Spread,
    Stopped,
    Times,
    compare,
    effect_of_move,
    moved,
    rest_of_day,
    simulate,
    staffed,
)

HALF_HOURS = 12


def plain(contacts: float = 100.0, heads: int = 12, **more: object) -> Centre:
    """One queue, one group: handling 180 s, patience 120 s; the first hour is warm-up."""
    queue = Queue("power", (contacts,) * HALF_HOURS, Times(180.0), Times(120.0))
    return Centre((replace(queue, **more),), (Group("all", (heads,) * HALF_HOURS),), warm_up=2)  # type: ignore[arg-type]


def routed(centre: Centre) -> Centre:
    """The same, by the general path."""
    return replace(centre, queues=tuple(replace(q, routing=QueuePlan(q.code)) for q in centre.queues))


def two_skills(**more: object) -> Centre:
    """Faults before bills; generalists (group both) may take either, group bills only bills."""
    faults = Queue(
        "faults", (60.0,) * HALF_HOURS, Times(240.0), Times(150.0),
        routing=QueuePlan("faults", {"fault": 1}, base_points=30.0),
    )  # fmt: skip
    bills = Queue("bills", (90.0,) * HALF_HOURS, Times(180.0), Times(150.0), routing=QueuePlan("bills", {"bill": 1}))
    groups = (
        Group("both", (9,) * HALF_HOURS, {"fault": 3, "bill": 1}), Group("bills", (8,) * HALF_HOURS, {"bill": 3})
    )  # fmt: skip
    return Centre((replace(faults, **more), bills), groups, warm_up=2)  # type: ignore[arg-type]


def test_erlang_a_lies_within_the_confidence_limits() -> None:
    outcome = simulate(plain(), 100)
    want = measures(100, 180.0, 12, patience=120.0)
    for measure, value in (("service_level", want.service_level[0]), ("abandonment", want.abandoned[0])):
        got = outcome.estimate(measure)
        assert got.half_width < 0.01
        assert abs(got.mean - value) < 1.5 * got.half_width
    assert outcome.estimate("asa").mean == pytest.approx(want.answer[0], rel=0.05)
    assert outcome.estimate("occupancy").mean == pytest.approx(want.occupancy[0], abs=0.01)


def test_the_national_centre_abandons_as_the_formula_says() -> None:
    queue = Queue("power", (260_000 / 48,) * 16, Times(300.0), Times(180.0))
    outcome = simulate(Centre((queue,), (Group("all", (900,) * 16),), warm_up=4), 16)
    abandonment, level = outcome.estimate("abandonment"), outcome.estimate("service_level")
    assert abs(abandonment.mean - 0.016597) < 1.5 * abandonment.half_width
    assert abs(level.mean - 0.97784) < 1.5 * level.half_width


def test_endless_patience_gives_erlang_c() -> None:
    centre = plain(90, 12, patience=Times(math.inf))
    got = simulate(centre, 150).estimate("asa")
    assert abs(got.mean - measures(90, 180.0, 12).answer[0]) < 1.5 * got.half_width


def test_the_quick_path_and_the_router_serve_a_plain_queue_alike() -> None:
    centre = replace(plain(110), groups=(Group("all", (12, 10, 14) * 4, absence=0.1, breaks=(1,) * HALF_HOURS),))
    quick, slow = simulate(replace(centre, busyness=0.1), 6), simulate(routed(replace(centre, busyness=0.1)), 6)
    np.testing.assert_allclose(quick.totals[:, :, 0], slow.totals[:, :, 0])
    assert quick.estimate("service_level").mean == pytest.approx(slow.estimate("service_level").mean, abs=0.01)
    assert quick.estimate("occupancy").mean == pytest.approx(slow.estimate("occupancy").mean, abs=0.01)


@pytest.mark.parametrize("way", [plain, lambda: routed(plain(retry=0.4)), two_skills])
def test_no_contact_is_lost_or_counted_twice(way: object) -> None:
    totals = simulate(replace(way(), warm_up=0), 5).totals.sum(axis=1)  # type: ignore[operator]
    np.testing.assert_allclose(totals[:, 0], totals[:, 1] + totals[:, 3])


def test_points_of_the_live_plan_decide_who_waits() -> None:
    centre = two_skills()
    faults_last = replace(centre.queues[0], routing=QueuePlan("faults", {"fault": 1}, base_points=-30.0))
    comparison = compare(centre, replace(centre, queues=(faults_last, centre.queues[1])), 12)
    assert comparison.difference("asa", "faults").low > 0.0


def test_a_ladder_step_lets_others_help_out() -> None:
    centre = two_skills(contacts=(120.0,) * HALF_HOURS)
    plan = QueuePlan(
        "faults", {"fault": 1}, base_points=30.0, ladder=(Step(after_seconds=15, alternative={"bill": 3}),)
    )
    wider = replace(centre, queues=(replace(centre.queues[0], routing=plan), centre.queues[1]))
    assert compare(centre, wider, 8).difference("abandonment", "faults").high < 0.0


def test_retrials_call_backs_and_the_robot_are_counted() -> None:
    busy = plain(150, 10)
    again = simulate(replace(busy, queues=(replace(busy.queues[0], retry=0.5),)), 4)
    assert (
        again.estimate("retried").mean > 20
        and again.estimate("offered").mean > simulate(busy, 4).estimate("offered").mean
    )
    back = simulate(replace(busy, queues=(replace(busy.queues[0], callback_after=30.0, callback_accepted=0.6),)), 4)
    assert (
        back.estimate("called_back").mean > 20
        and back.estimate("abandonment").mean < simulate(busy, 4).estimate("abandonment").mean
    )
    robot = simulate(replace(busy, queues=(replace(busy.queues[0], contained=0.3),)), 4)
    assert robot.estimate("contained").mean / (robot.estimate("contained").mean + robot.estimate("offered").mean) == pytest.approx(0.3, abs=0.03)  # fmt: skip


def test_chats_share_an_agent_and_take_longer_beside_others() -> None:
    queue = Queue(
        "chat",
        (60.0,) * HALF_HOURS,
        Times(300.0, Spread.LOGNORMAL, 0.6),
        routing=QueuePlan("chat", channel=ChannelClass.CHAT),
    )
    group = Group("chat", (5,) * HALF_HOURS, capacity=(0, 3, 0))
    centre = Centre((queue,), (group,), warm_up=2)
    single = replace(centre, groups=(replace(group, capacity=(0, 1, 0)),))
    assert compare(single, centre, 4).difference("asa").high < -60.0
    slower = replace(centre, queues=(replace(queue, slowing=0.3),))
    assert compare(centre, slower, 4).difference("occupancy").low > 0.0


def test_the_same_seed_gives_the_same_figures_and_can_be_stopped() -> None:
    one, two = simulate(two_skills(), 3, seed=7), simulate(two_skills(), 3, seed=7)
    assert np.array_equal(one.table, two.table)
    assert not np.array_equal(one.table, simulate(two_skills(), 3, seed=8).table)
    with pytest.raises(Stopped):
        simulate(plain(), 3, cancelled=lambda: True)


def test_processes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from denghuo.engine.simulation import running

    alone = simulate(plain(), 10)
    monkeypatch.setattr(running, "WORTH_A_PROCESS", 0)
    assert np.array_equal(alone.table, simulate(plain(), 10, workers=2).table)


def test_paired_days_tell_one_head_apart_where_unpaired_ones_would_not() -> None:
    comparison = compare(plain(), plain(heads=13), 10)
    paired = comparison.difference("service_level")
    assert paired.low > 0.0
    unpaired = math.hypot(*(o.estimate("service_level").half_width for o in (comparison.before, comparison.after)))
    assert paired.half_width < 0.7 * unpaired


def test_heads_found_by_simulation_hold_the_target_in_every_half_hour() -> None:
    load = 120.0 * (1.0 + 0.7 * np.sin(np.linspace(0, 2 * np.pi, 16)))
    first = moving_requirement(load, 900.0, Targets(0.8, 20.0), patience=300.0).heads
    centre = Centre(
        (Queue("long", tuple(load), Times(900.0), Times(300.0)),), (Group("all", tuple(int(n) for n in first)),)
    )
    found = staffed(centre, 0.8, replications=60)
    again = simulate(replace(centre, groups=(Group("all", found.heads),)), 100, seed=99).by_interval()["service_level"]
    assert again.min() > 0.75
    assert sum(found.heads) < 1.1 * requirement(load, 900.0, Targets(0.8, 20.0), patience=300.0).heads.sum()


def test_a_queue_of_the_moment_weighs_on_the_next_half_hour_and_a_move_helps() -> None:
    centre = replace(two_skills(contacts=(75.0,) * HALF_HOURS), warm_up=0)
    calm = rest_of_day(centre, Now(4, busy={"both": 8}), 12)
    loaded = Now(4, waiting={"faults": (60.0,) * 25}, busy={"both": 9, "bills": 8})
    assert len(calm.by_interval()["offered"]) == HALF_HOURS - 4
    storm = rest_of_day(centre, loaded, 12)
    assert storm.by_interval("faults")["service_level"][0] < calm.by_interval("faults")["service_level"][0] - 0.1
    effect = effect_of_move(centre, loaded, "bills", "both", 3, replications=12)
    assert effect.difference("service_level", "faults").low > 0.0


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="queue power"):
        plain(retry=1.0)
    with pytest.raises(ValueError, match="group all"):
        replace(plain(), groups=(Group("all", (1, 2)),))
    with pytest.raises(ValueError, match="fewer than 50"):
        moved(plain(), "all", None, 50, 0)
