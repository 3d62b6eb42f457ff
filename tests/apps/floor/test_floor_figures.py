"""The contact floor's figures: worked by hand, kept from events alone."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.contacts import actions
from denghuo.apps.floor import figures
from denghuo.apps.floor.models import AgentDay, QueueSlot
from denghuo.core.actors import Actor
from denghuo.core.events.testing import drain, verify_replay

pytestmark = pytest.mark.django_db


def test_service_level_connect_rate_and_speed_of_answer_are_those_of_the_definition(
    floor: Any, clock: Any, supervisor: Actor
) -> None:
    agent = floor.agent()
    for waits in (10, 15, 40):  # target of the queue: 15 s, met at exactly 15
        call = floor.call()
        clock.forward(seconds=waits)
        floor.serve(call, agent)
        clock.forward(seconds=60)
        floor.finish(call, agent)
    lost = floor.call()
    clock.forward(seconds=30)
    actions.abandon_contact(floor.caller, lost.pk)
    drain()
    today = figures.board(supervisor).total.today
    assert (today.entered, today.answered, today.answered_in_time, today.abandoned) == (4, 3, 2, 1)
    assert today.service_level == 2 / 4
    assert today.connect_rate == 3 / 4
    assert today.abandonment == 1 / 4
    assert today.asa == (10 + 15 + 40) / 3
    assert today.handle_seconds == 60
    assert today.longest == 40


def test_short_abandons_leave_the_base_when_the_policy_says_so(
    floor: Any, clock: Any, supervisor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = floor.agent()
    call = floor.call()
    floor.serve(call, agent)
    short = floor.call()
    clock.forward(seconds=3)
    actions.abandon_contact(floor.caller, short.pk)
    drain()
    assert figures.board(supervisor).total.today.service_level == 1 / 2
    own = figures.policies.get

    def get(key: str, *rest: Any, **more: Any) -> Any:
        return False if key == "floor.count_short_abandons" else own(key, *rest, **more)

    monkeypatch.setattr(figures.policies, "get", get)
    today = figures.board(supervisor).total.today
    assert today.service_level == 1.0
    assert today.abandonment == 0.0


def test_the_board_shows_who_waits_how_long_and_what_agents_do(floor: Any, clock: Any, supervisor: Actor) -> None:
    first, second = floor.agent(), floor.agent()
    floor.set_mode(second, "break")
    floor.serve(floor.call(), first)
    floor.call()
    clock.forward(seconds=42)
    drain()
    board = figures.board(supervisor)
    row = next(row for row in board.rows if row.queue == floor.queue)
    assert (row.now.waiting, row.now.in_service, row.now.longest_wait(clock.now)) == (1, 1, 42.0)
    assert board.agents == {"busy": 1, "break": 1}
    assert board.teams[0]["states"] == {"busy": 1, "break": 1}


def test_occupancy_counts_work_against_work_and_readiness_only(floor: Any, clock: Any, supervisor: Actor) -> None:
    agent = floor.agent()
    clock.forward(seconds=100)  # ready
    call = floor.call()
    floor.serve(call, agent)
    clock.forward(seconds=300)  # busy
    floor.finish(call, agent)
    floor.set_mode(agent, "break")
    clock.forward(seconds=5000)  # a break is neither
    drain()
    assert figures.board(supervisor).occupancy == pytest.approx(300 / 400)


def test_a_state_that_lasts_over_midnight_is_split_between_the_days(floor: Any, clock: Any) -> None:
    agent = floor.agent()
    clock.forward(hours=11, minutes=50)  # 23:50
    floor.set_mode(agent, "break")
    clock.forward(minutes=30)  # 00:20
    floor.set_mode(agent, "ready")
    drain()
    days = {row.day.isoformat(): row.seconds for row in AgentDay.objects.filter(staff_id=agent.id)}
    assert days["2026-11-18"]["break"] == 600
    assert days["2026-11-19"]["break"] == 1200


def test_a_missed_offer_returns_and_is_counted_once(floor: Any, clock: Any, supervisor: Actor) -> None:
    agent = floor.agent()
    call = floor.call()
    floor.offer(call, agent)
    clock.forward(seconds=21)
    assert actions.expire_offer(floor.router, call.pk) is not None
    assert actions.expire_offer(floor.router, call.pk) is None
    drain()
    today = figures.board(supervisor).total.today
    assert (today.returned, today.answered) == (1, 0)
    assert AgentDay.objects.get(staff_id=agent.id).missed == 1


def test_the_figures_can_be_built_again_from_the_log(floor: Any, clock: Any) -> None:
    agent = floor.agent()
    for _ in range(3):
        call = floor.call()
        clock.forward(seconds=20)
        floor.serve(call, agent)
        clock.forward(minutes=20)
        floor.finish(call, agent)
    drain()

    def kept() -> list[tuple[Any, ...]]:
        names = ("slot", "org_id", "queue_id", "channel", *figures.SUMMED, "wait_longest")
        return sorted(tuple(map(str, row)) for row in QueueSlot.objects.values_list(*names))

    assert len(kept()) >= 2
    assert verify_replay("floor.queues", kept, lambda: QueueSlot.objects.all().delete())


def test_somebody_of_another_city_sees_nothing_of_this_floor(floor: Any, actor_for_role: Any, org_tree: Any) -> None:
    floor.call()
    drain()
    stranger = actor_for_role("supervisor", org_tree.other_city)
    board = figures.board(stranger)
    assert board.total.now.waiting == 0
    assert board.total.today.entered == 0
