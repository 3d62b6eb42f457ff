"""Queues and their plans: what is refused, what is in force, what customers are told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.contacts import actions, plans
from denghuo.apps.contacts.models import Queue, QueuePlan
from denghuo.apps.contacts.plans.compiling import engine_plan
from denghuo.apps.contacts.queue_preview import preview
from denghuo.apps.contacts.queue_sync import shipped_queues, sync_queues
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.http.limits import buckets
from denghuo.engine import routing
from tests.helpers import routing as floor
from tests.helpers.refusals import refused


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


@pytest.mark.parametrize(
    ("definition", "field"),
    [
        ({"required": {"fault": 9}}, "required.fault"),
        ({"required": []}, "required"),
        ({"ageing_per_minute": 0}, "ageing_per_minute"),
        ({"target_seconds": True}, "target_seconds"),
        ({"surprise": 1}, "definition"),
        ({"ladder": [{"echelon": 1}]}, "ladder.0.after_seconds"),
        ({"ladder": [{"after_seconds": 30}]}, "ladder.0"),
        ({"ladder": [{"after_seconds": 30, "lower": {"fault": 1}}]}, "ladder.0.lower.fault"),
        ({"required": {"fault": 2}, "ladder": [{"after_seconds": 30, "lower": {"fault": 2}}]}, "ladder.0.lower.fault"),
        (
            {"ladder": [{"after_seconds": 30, "echelon": 2}, {"after_seconds": 20, "echelon": 1}]},
            "ladder.1.after_seconds",
        ),
        ({"ladder": [{"after_seconds": 30, "echelon": 2}, {"after_seconds": 60, "echelon": 1}]}, "ladder.1.echelon"),
        ({"required": {"fault": 2}, "ladder": [{"after_seconds": 9, "alternative": {"fault": 3}}]}, "ladder.0.alternative"),
        ({"hours": {"mode": "windows"}}, "hours.windows"),
        ({"hours": {"mode": "windows", "windows": {"mon": [["25:00", "26:00"]]}}}, "hours.windows.mon"),
        ({"announcements": {"wait": {"zh": "还要 {hours} 小时"}}}, "announcements.wait.zh"),
        ({"announcements": {"wait": {"en": "Wait"}}}, "announcements.wait.zh"),
        ({"announcements": {"max_waiting": 0}}, "announcements.max_waiting"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_work_is_refused_at_its_field(definition: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        plans.parse(definition)
    assert field in caught.value.fields, caught.value.fields


def test_every_shipped_queue_has_a_plan_the_engine_takes_and_reads_back_the_same() -> None:
    for entry in shipped_queues():
        plan = plans.parse(entry["plan"])
        assert plans.parse(plan.to_json()) == plan
        assert entry["source"]
        assert entry["trust"] in "SWKD"
        routing.compile_policy([engine_plan(plan, "q", entry["channel_class"], "@0")], sorted(plan.skills() | {"@0"}))


def test_shipping_queues_again_touches_nothing(org_tree: Any) -> None:
    assert sync_queues(org_tree.province) == len(shipped_queues())
    actions.change_queue(floor.SYSTEM, Queue.objects.get(code="fault_voice").pk, name="抢修热线")
    assert sync_queues(org_tree.province) == 0
    assert Queue.objects.get(code="fault_voice").name == "抢修热线"
    assert QueuePlan.objects.count() == len(shipped_queues())


def test_the_plan_in_force_is_the_last_that_has_begun(org_tree: Any, actor_for_role: Any) -> None:
    planner = actor_for_role("planner", org_tree.city)
    queue = floor.queue(org_tree.city, "queue")
    now = moment.now()
    assert plans.plan_in_force(queue, now) == plans.standing_plan()
    actions.set_plan(planner, queue.pk, {"target_seconds": 15})
    later = actions.set_plan(planner, queue.pk, {"target_seconds": 10}, valid_from=now + dt.timedelta(days=1))
    assert plans.plan_in_force(queue, moment.now()).target_seconds == 15
    assert plans.plan_in_force(queue, now + dt.timedelta(days=2)).target_seconds == 10
    with refused(InvalidInput) as caught:
        actions.set_plan(planner, queue.pk, {}, valid_from=now - dt.timedelta(days=1))
    assert "valid_from" in caught.value.fields
    actions.withdraw_plan(planner, later.pk)
    with refused(Conflict):
        actions.withdraw_plan(planner, queue.plans.get().pk)
    with refused(NotAllowed):
        actions.set_plan(actor_for_role("agent", org_tree.city), queue.pk, {})
    with refused(InvalidInput) as caught:
        actions.set_plan(planner, queue.pk, {"required": {"no_such_skill": 1}})
    assert "required.no_such_skill" in caught.value.fields


def test_a_stored_plan_that_can_no_longer_be_read_does_not_stop_the_router(org_tree: Any) -> None:
    queue = floor.queue(org_tree.city, "queue", {})
    QueuePlan.objects.update(definition={"ladder": "nonsense"})
    assert plans.plan_in_force(queue, moment.now()) == plans.standing_plan()


def test_a_queue_is_closed_outside_its_windows_and_on_holidays(org_tree: Any) -> None:
    windows = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    hours = {"mode": "windows", "windows": windows, "closed_on_holidays": True}
    queue = floor.queue(org_tree.city, "queue")
    QueuePlan.objects.create(
        queue=queue, valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        definition={"hours": hours, "announcements": {"closed": {"zh": "请留言", "en": "Leave a message"}}},
    )  # fmt: skip

    def at(*when: int) -> tuple[bool, str]:
        return plans.queue_open(queue, timezone.make_aware(dt.datetime(*when)))

    assert at(2025, 9, 15, 9) == (True, "")
    assert at(2025, 9, 15, 21) == (False, "请留言")
    assert at(2025, 10, 2, 9)[0] is False
    assert at(2025, 10, 4, 9)[0] is False, "the Saturday in the holiday"
    assert at(2025, 9, 20, 9)[0] is True, "an ordinary Saturday"
    assert at(2025, 9, 28, 9)[0] is True, "a Sunday that is worked"


def test_what_a_customer_is_told_grows_with_the_queue(org_tree: Any) -> None:
    told = {"wait": {"zh": "第 {position} 位，{minutes} 分钟"}, "callback_over_seconds": 300, "max_waiting": 4}
    queue = floor.queue(org_tree.city, "queue", {"announcements": told})
    empty = plans.estimate(queue, moment.now())
    assert (empty.seconds, empty.position, empty.offer_message) == (None, 1, False)
    agents = [floor.agent(org_tree.city) for _ in range(2)]
    assert plans.estimate(queue, moment.now()).seconds == 0
    now = moment.now()
    calls = [floor.arrive(org_tree.county, at=now - dt.timedelta(seconds=30 - n)) for n in range(6)]
    for one, call in zip(agents, calls, strict=False):
        actions.take_contact(one, call.pk)
    found = plans.estimate(calls[4], moment.now())
    # Two are before it and two agents serve 240 s each: three completions at 120 s.
    assert (found.position, found.seconds) == (3, 360)
    assert found.text == "第 3 位，6 分钟"
    assert found.offer_callback
    assert not found.message_only
    assert plans.estimate(queue, moment.now()).message_only, "four wait already"
    assert [plans.position(call) for call in calls[2:]] == [1, 2, 3, 4]


def test_who_is_able_is_counted_for_each_step(org_tree: Any) -> None:
    definition = {
        "required": {"fault": 3},
        "ladder": [{"after_seconds": 30, "lower": {"fault": 1}}, {"after_seconds": 90, "echelon": 1}],
    }
    queue = floor.queue(org_tree.city, "queue", definition)
    floor.agent(org_tree.city, {"fault": 4})
    floor.person(org_tree.city, {"fault": 2})
    floor.agent(org_tree.city, {"fault": 5}, echelon=1)
    floor.agent(org_tree.other_city, {"fault": 5})
    steps = preview(queue, plans.plan_in_force(queue, moment.now()))
    assert [(s.able, s.signed_on, s.ready, s.more) for s in steps] == [(1, 1, 1, 1), (2, 1, 1, 1), (3, 2, 2, 1)]


def test_a_queue_needs_a_code_a_name_and_channels(org_tree: Any, actor_for_role: Any) -> None:
    planner = actor_for_role("planner", org_tree.city)
    with refused(InvalidInput) as caught:
        actions.create_queue(planner, org=org_tree.city, code="Bad Code", name="", channels=[], channel_class="fax")
    assert set(caught.value.fields) == {"code", "name", "channels", "channel_class"}
    floor.queue(org_tree.city, "queue")
    with refused(Conflict):
        actions.create_queue(
            planner, org=org_tree.city, code="queue", name="重", channels=["voice"], channel_class="voice"
        )


def test_somebody_who_waits_moves_to_another_queue_with_their_place(org_tree: Any, actor_for_role: Any) -> None:
    floor.queue(org_tree.city, "one")
    two = floor.queue(org_tree.city, "two", topics=["billing"])
    call = floor.arrive(org_tree.county)
    chief = actor_for_role("supervisor", org_tree.city)
    moved = actions.reroute_contact(chief, call.pk, two.pk)
    assert (moved.queue_id, moved.entered_at) == (two.pk, call.entered_at)
    chat = floor.queue(org_tree.city, "chat", channels=["web_chat"], channel_class="chat")
    with refused(InvalidInput):
        actions.reroute_contact(chief, call.pk, chat.pk)


def test_an_echelon_is_called_in_once_and_released(org_tree: Any, actor_for_role: Any) -> None:
    chief = actor_for_role("supervisor", org_tree.city)
    row = actions.activate_echelon(chief, org=org_tree.city, echelon=1, reason="台风")
    with refused(Conflict):
        actions.activate_echelon(chief, org=org_tree.city, echelon=1, reason="台风")
    with refused(NotAllowed):
        actions.activate_echelon(chief, org=org_tree.other_city, echelon=1, reason="台风")
    with refused(InvalidInput) as caught:
        actions.activate_echelon(chief, org=org_tree.city, echelon=0, reason="")
    assert set(caught.value.fields) == {"echelon", "reason"}
    assert actions.release_echelon(chief, row.pk).ended_by_id == chief.id
