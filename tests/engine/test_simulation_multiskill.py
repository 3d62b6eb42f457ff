"""The fewest people of several skills: against every mix tried one by one, and against what common sense says."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from denghuo.engine import simulation
from denghuo.engine.routing import QueuePlan
from denghuo.engine.simulation import Centre, Group, Queue, Stopped, Times

DAYS, SEED = 12, 5


def centre(calls: float = 18.0, repairs: float = 12.0) -> Centre:
    """Two hours of two queues; people who know one of them, and people who know both."""
    queues = tuple(
        Queue(code, (contacts,) * 4, Times(300.0), Times(600.0), within=30.0, routing=QueuePlan(code, {code: 1}))
        for code, contacts in (("bill", calls), ("fault", repairs))
    )
    groups = (
        Group("bill", (3,) * 4, {"bill": 1}),
        Group("fault", (2,) * 4, {"fault": 1}),
        Group("both", (1,) * 4, {"bill": 1, "fault": 1}),
    )
    return Centre(queues, groups, warm_up=1)


def cost_of(heads: dict[str, int], both: float) -> float:
    return heads["bill"] + heads["fault"] + both * heads["both"]


@pytest.mark.parametrize("both", [1.0, 1.3, 3.0])
def test_no_cheaper_mix_keeps_both_promises(both: float) -> None:
    targets = {"bill": 0.8, "fault": 0.8}
    found = simulation.fewest_heads(centre(), targets, {"both": both}, replications=DAYS, seed=SEED)
    assert found.met and all(found.service_level[code] >= share for code, share in targets.items())
    assert found.cost == pytest.approx(cost_of(dict(found.heads), both))
    cheapest = min(
        cost
        for heads in itertools.product(range(8), range(7), range(8))
        if (cost := cost_of(dict(zip(("bill", "fault", "both"), heads, strict=True)), both)) <= found.cost
        and _keeps(heads, targets)
    )
    assert found.cost == pytest.approx(cheapest)


def _keeps(heads: tuple[int, ...], targets: dict[str, float]) -> bool:
    here = centre()
    groups = tuple(replace(group, heads=(n,) * 4) for group, n in zip(here.groups, heads, strict=True))
    played = simulation.simulate(replace(here, groups=groups), DAYS, SEED)
    totals = played.totals.sum(axis=0)
    return all(totals[n, 2] / totals[n, 0] >= targets[code] for n, code in enumerate(played.queues))


def test_somebody_who_can_do_both_is_not_counted_twice() -> None:
    """At equal cost, all who know both are as good as any mix, and fewer than two separate groups need."""
    apart = replace(centre(), groups=centre().groups[:2])
    together = replace(centre(), groups=(Group("both", (1,) * 4, {"bill": 1, "fault": 1}),))
    targets = {"bill": 0.8, "fault": 0.8}
    one = simulation.fewest_heads(together, targets, replications=DAYS, seed=SEED)
    two = simulation.fewest_heads(apart, targets, replications=DAYS, seed=SEED)
    load = 30.0 * 300.0 / 1800.0
    assert load < one.cost < two.cost


def test_dear_flexibility_is_not_bought() -> None:
    found = simulation.fewest_heads(centre(), {"bill": 0.8, "fault": 0.8}, {"both": 20.0}, replications=DAYS, seed=SEED)
    assert found.heads["both"] == 0


def test_a_promise_nobody_can_keep_is_told() -> None:
    lone = replace(centre(), groups=(Group("bill", (1,) * 4, {"bill": 1}),))
    found = simulation.fewest_heads(lone, {"fault": 0.8}, replications=DAYS, seed=SEED)
    assert not found.met and found.service_level["fault"] < 0.8


def test_bad_questions_are_refused_and_a_stop_stops() -> None:
    with pytest.raises(ValueError, match="targets"):
        simulation.fewest_heads(centre(), {"nobody": 0.8})
    with pytest.raises(ValueError, match="targets"):
        simulation.fewest_heads(centre(), {"bill": 1.0})
    with pytest.raises(ValueError, match="costs"):
        simulation.fewest_heads(centre(), {"bill": 0.8}, {"both": 0.0})
    with pytest.raises(Stopped):
        simulation.fewest_heads(centre(), {"bill": 0.8}, replications=DAYS, cancelled=lambda: True)
