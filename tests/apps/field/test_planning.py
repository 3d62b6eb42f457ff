"""The plan of all crews: made from what is there, pinned by drag, accepted once, and emergencies tell whom they push back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from psycopg.types.range import TimestamptzRange

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, OutboundMessage
from denghuo.apps.field import actions as field
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.field.planning import actions, dragging, jobs, making, rules
from denghuo.apps.field.planning.models import DispatchLock, DispatchPlan, Displacement, PlanState
from denghuo.apps.field.queries import live_clocks, promise_of
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from denghuo.core.events.consumers import run_once
from denghuo.core.events.log import own_horizon
from denghuo.core.policies.lookup import clear_cache
from denghuo.core.policies.models import PolicyValue
from tests.apps.field.site import Site
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def area(site: Site, org_tree: Any) -> Any:
    """The county; no change of shift and no break, whatever time the test runs at."""
    policy("dispatch.plan.shift_changes", [])
    policy("dispatch.plan.break_minutes", 0)
    return org_tree.county


def policy(key: str, value: Any, org: Any = None) -> None:
    PolicyValue.objects.filter(key=key, org=org).delete()
    valid = TimestamptzRange(dt.datetime(2021, 1, 1, tzinfo=dt.UTC), None)
    PolicyValue.objects.create(key=key, org=org, value=value, valid=valid, source="测试", trust="L")
    clear_cache()


def plan_by_hand(
    system: Actor, area: Any, put: Callable[[making.Made], making.Made] = lambda made: made
) -> DispatchPlan:
    """A plan of what is in hand and in the last plan, without the search."""
    last = actions.latest(area)
    found = making.read(area, last.body if last else None)
    start = making.start_of(found, making.sequence_of(last.body) if last else {})
    return dragging.keep(system, put(making.Made(found, start, 0)), "asked", why={})


def routes(plan: DispatchPlan) -> dict[int, list[int]]:
    return making.sequence_of(plan.body)


def test_a_plan_is_made_from_crews_orders_waiting_requests_and_their_promises(site: Site, area: Any) -> None:
    sent, waiting = site.sent(), site.accepted()
    under_way = site.arrived(site.sent())
    found = making.read(area, None)
    assert [crew.pk for crew in found.crews] == [site.crew.pk, site.other_crew.pk]
    tasks = {task.key: task for task in found.tasks}
    assert set(tasks) == {sent.request_id, waiting.pk, under_way.request_id}
    clock = promise_of(live_clocks([waiting.pk])[waiting.pk])
    assert clock is not None and tasks[waiting.pk].promised_at == clock.due_at
    assert found.problem.crews[0].frozen == 1
    assert found.current.routes[0][0] == found.by_key[under_way.request_id]
    assert found.problem.orders[found.by_key[under_way.request_id]].only == {0}
    assert found.problem.orders[found.by_key[sent.request_id]].crew == 0
    low = rules.mask(["low_voltage"])
    assert found.problem.orders[found.by_key[waiting.pk]].skills == low and found.problem.crews[1].skills & low


def test_the_same_state_gives_the_same_digest_and_a_pin_changes_it(site: Site, area: Any, system: Actor) -> None:
    request = site.accepted()
    first = making.read(area, None).digest
    assert (
        making.read(
            area,
            None,
        ).digest
        == first
    )
    actions.lock_order(site.dispatcher, request.pk, crew_id=site.other_crew.pk)
    found = making.read(area, None)
    assert found.digest != first
    assert found.problem.orders[found.by_key[request.pk]].only == {1}


def test_a_drag_shows_its_cost_before_it_is_dropped_and_dropping_pins_it(site: Site, area: Any, system: Actor) -> None:
    order, waiting = site.sent(), site.accepted()
    plan = plan_by_hand(system, area)
    told = dragging.cost_of_move(site.dispatcher, plan.pk, order.request_id, crew_id=site.other_crew.pk, before_id=None)
    assert told["allowed"] and told["change"]["moved"] == 1 and told["change"]["km"] > 0
    assert "多改派 1 单" in told["words"]
    assert not DispatchLock.objects.exists()
    pinned = dragging.pin(site.dispatcher, plan.pk, waiting.pk, crew_id=site.crew.pk, before_id=order.request_id)
    assert routes(pinned)[site.crew.pk] == [waiting.pk, order.request_id]
    assert DispatchLock.objects.get().crew == site.crew
    plan.refresh_from_db()
    assert plan.state == PlanState.SUPERSEDED


def test_a_crew_without_the_skill_or_an_order_on_its_way_is_refused_with_the_reason(
    site: Site, area: Any, system: Actor
) -> None:
    Crew.objects.filter(pk=site.other_crew.pk).update(skills=["metering"])
    order, away = site.sent(), site.arrived(site.sent())
    plan = plan_by_hand(system, area)
    ask = lambda request: dragging.cost_of_move(  # noqa: E731
        site.dispatcher, plan.pk, request, crew_id=site.other_crew.pk, before_id=None
    )
    assert "缺少必备技能" in ask(order.request_id)["why"]
    told = dragging.refusals(site.dispatcher, plan.pk, order.request_id)
    assert list(told) == [site.other_crew.pk] and "缺少必备技能" in told[site.other_crew.pk]
    Crew.objects.filter(pk=site.other_crew.pk).update(skills=["low_voltage"])
    assert "不能移动" in ask(away.request_id)["why"]
    with pytest.raises(Conflict):
        actions.lock_order(site.dispatcher, away.request_id, crew_id=site.other_crew.pk)
    with pytest.raises(InvalidInput):
        actions.lock_order(site.dispatcher, order.request_id, crew_id=0)
    with pytest.raises(NotAllowed):
        actions.lock_order(site.worker, order.request_id, crew_id=site.other_crew.pk)


def test_accepting_sends_and_resends_and_leaves_alone_what_changed_meanwhile(
    site: Site, area: Any, system: Actor
) -> None:
    policy("dispatch.mode", "suggested", area)
    order, left, waiting = site.sent(), site.sent(), site.accepted()
    first = plan_by_hand(system, area)
    for request in (order.request_id, left.request_id, waiting.pk):
        first = dragging.pin(site.dispatcher, first.pk, request, crew_id=site.other_crew.pk, before_id=None)
    assert first.state == PlanState.PROPOSED and len(first.body["changes"]) == 3
    field.accept_order(site.worker, left.pk)
    field.depart_order(site.worker, left.pk)
    accepted = actions.accept_plan(site.dispatcher, first.pk)
    done = accepted.body["done"]
    assert (done["sent"], done["moved"], done["skipped"]) == ([waiting.pk], [order.request_id], [left.request_id])
    assert WorkOrder.objects.get(request=waiting).crew == site.other_crew
    left.refresh_from_db()
    assert (left.crew, left.state) == (site.crew, "departed")
    with pytest.raises(Conflict):
        actions.accept_plan(site.dispatcher, first.pk)
    assert [event.kind for event in timeline("plan", first.pk)] == ["plan.proposed", "plan.accepted"]


def test_what_was_rejected_is_not_proposed_again_until_something_is_decided(
    site: Site, area: Any, system: Actor
) -> None:
    policy("dispatch.mode", "suggested", area)
    waiting = site.accepted()
    plan = dragging.pin(
        site.dispatcher, plan_by_hand(system, area).pk, waiting.pk, crew_id=site.crew.pk, before_id=None
    )
    with pytest.raises(InvalidInput):
        actions.reject_plan(site.dispatcher, plan.pk, reason=" ")
    actions.reject_plan(site.dispatcher, plan.pk, reason="等物资")
    again = plan_by_hand(system, area)
    assert again.state == PlanState.SHOWN and again.body["changes"]
    other = site.accepted()
    more = dragging.pin(site.dispatcher, again.pk, other.pk, crew_id=site.crew.pk, before_id=None)
    assert more.state == PlanState.PROPOSED


def test_an_emergency_jumps_in_and_the_displaced_customer_gets_exactly_one_message(
    site: Site, area: Any, system: Actor
) -> None:
    """The whole way with the real search: automatic team, one crew, everybody else waits behind the fallen wire."""
    policy("dispatch.mode", "automatic", area)
    policy("dispatch.plan.seconds", 0.05)
    Crew.objects.filter(pk=site.other_crew.pk).update(on_duty=False)
    via = ChannelAccount.objects.create(org=area, channel=Channel.SMS, code="t-sms", name="短信", active=True)
    ChannelIdentity.objects.create(
        org=area, channel=Channel.SMS, via=via, external="13900001234", account=site.world.account,
        first_seen_at=moment.now(),
    )  # fmt: skip
    usual = site.accepted()
    jobs.replan(area.pk, "asked")
    assert WorkOrder.objects.get(request=usual).state == "sent"
    assert not Displacement.objects.exists()
    wire = site.accepted(phenomenon="wire_down")
    for _twice in range(2):
        jobs.replan(area.pk, "request.accepted")
        run_once(["field.displaced"], below=own_horizon)
    plan = DispatchPlan.objects.filter(cause="green_lane").get()
    assert routes(plan)[site.crew.pk] == [wire.pk, usual.pk] and plan.solve_ms < 1000
    assert WorkOrder.objects.get(request=wire).crew == site.crew
    row = Displacement.objects.get()
    assert (row.request, row.emergency) == (usual, wire) and row.due_at > row.was_at
    message = OutboundMessage.objects.get()
    assert usual.number in message.body["text"] and "推迟" in message.body["text"]
    assert "江小满" not in json.dumps(message.body, ensure_ascii=False)


def test_a_crew_whose_phone_runs_ahead_is_not_held_busy_for_the_difference(site: Site) -> None:
    order = site.arrived()
    usual = rules.minutes_on_site(order.request, order, None, order.last_step_at)
    earlier = order.last_step_at - dt.timedelta(hours=20)
    assert rules.minutes_on_site(order.request, order, None, earlier) == usual


def test_emergencies_go_by_rule(site: Site, area: Any) -> None:
    request = site.accepted()
    assert rules.emergency(request, set()) == ""
    request.urgency = "urgent"
    assert rules.emergency(request, {"life_support"}) == "urgency:urgent+trait:life_support"
    request.phenomenon = "spark"
    assert rules.emergency(request, set()) == "phenomenon:spark"


def test_the_board_costs_the_same_statements_however_many_orders(
    site: Site, area: Any, system: Actor, browser_for: Any
) -> None:
    for _one in range(3):
        site.sent()
        site.accepted()
    plan_by_hand(system, area)
    client = browser_for("dispatcher", area)
    url = f"/staff/dispatch/board/?area={area.pk}"
    assert client.get(url).status_code == 200
    with counted("field.planning.board"):
        page = client.get(url).content.decode()
    assert "未派工单" in page and site.crew.name in page
    for odd in ("%00", "x", "99999999999999999999", "-1"):
        assert client.get(f"/staff/dispatch/board/?area={odd}").status_code == 200
    assert client.get("/staff/dispatch/board/999999/plan/").status_code == 404


def test_the_api_gives_the_plan_the_cost_of_a_move_and_takes_a_decision(
    site: Site, area: Any, system: Actor, browser_for: Any
) -> None:
    waiting = site.accepted()
    plan = plan_by_hand(system, area)
    client = browser_for("dispatcher", area)
    told = client.get(f"/api/v1/dispatch/plan?area={area.pk}").json()
    assert told["id"] == plan.pk and told["left"] == [waiting.pk]

    def post(path: str, body: dict[str, Any]) -> Any:
        return client.post(f"/api/v1/dispatch/{path}", json.dumps(body), content_type="application/json")

    move = {"request_id": waiting.pk, "crew_id": site.crew.pk, "before_id": None}
    cost = post(f"plans/{plan.pk}/move-cost", move)
    assert cost.status_code == 200 and cost.json()["change"]["left"] == -1
    pinned = post(f"plans/{plan.pk}/lock", move).json()["id"]
    assert post(f"plans/{pinned}/reject", {"reason": ""}).status_code == 422
    assert post(f"plans/{pinned}/accept", {}).json()["sent"] == 1
    assert post(f"plans/{pinned}/accept", {}).status_code == 409
    assert post(f"requests/{waiting.pk}/unlock", {}).status_code == 204
    assert client.get("/api/v1/dispatch/plan?area=1").status_code == 404
