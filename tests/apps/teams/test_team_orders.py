"""Work orders come onto the team's board by their events, each exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.field.actions import tick_lines
from denghuo.apps.field.checklists import lines_of
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.requests.models import CallBack
from denghuo.apps.teams import actions
from denghuo.apps.teams.models import TeamTask
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import consumers, record, timeline
from denghuo.core.events.cursor import START
from denghuo.core.events.log import own_horizon
from tests.apps.field.site import Site, picture

pytestmark = pytest.mark.django_db


def follow() -> None:
    consumers.run_once(["field.requests", "teams.orders"], below=own_horizon)


def marks(task: TeamTask) -> dict[str, float]:
    return {one.kind: one.points for one in task.marks.all()}


def test_an_order_is_a_task_that_follows_it_to_the_end(site: Site) -> None:
    order = site.sent()
    follow()
    task = TeamTask.objects.get(order=order)
    assert (task.org, task.type, task.state, task.source) == (site.crew.org, "repair_low", "planned", "temporary")
    assert [one.staff_id for one in task.shares.all()] == [site.worker_staff.pk]
    site.finished(order)
    follow()
    task.refresh_from_db()
    assert (task.state, task.safety_checked) == ("done", False)
    assert marks(task) == {"on_time": 0.1, "safety_missing": -0.5}
    site.review(order, passed=False, reason="照片不清")
    follow()
    task.refresh_from_db()
    assert (task.state, task.done_at) == ("started", None)
    assert marks(task) == {"on_time": 0.1, "safety_missing": -0.5, "returned": -0.5}


def test_a_crew_that_ticked_every_safety_measure_loses_nothing(site: Site) -> None:
    order = site.arrived()
    codes = [line.code for line in lines_of(order, "safety")]
    tick_lines(site.worker, order.pk, part="safety", codes=codes)
    site.photo(order)
    site.photo(order, "signature", file=picture("PNG"))
    site.finish(order)
    follow()
    task = TeamTask.objects.get(order=order)
    assert (task.safety_checked, marks(task)) == (True, {"on_time": 0.1})


def test_the_same_events_again_change_nothing(site: Site, system: Actor) -> None:
    order = site.finished()
    follow()
    task = TeamTask.objects.get(order=order)
    told = [event.kind for event in timeline("team_task", task.pk)]
    state = (task.version, task.last_event_id, marks(task))
    consumers.move_cursors(START, ["teams.orders"])
    follow()
    task.refresh_from_db()
    assert TeamTask.objects.count() == 1
    assert (task.version, task.last_event_id, marks(task)) == state
    assert [event.kind for event in timeline("team_task", task.pk)] == told


def test_a_withdrawn_order_leaves_the_board_with_its_reason(site: Site, system: Actor) -> None:
    from denghuo.apps.field.actions import withdraw_order

    order = site.sent()
    withdraw_order(site.dispatcher, order.pk, reason="车辆故障")
    follow()
    task = TeamTask.objects.get(order=order)
    assert (task.state, task.reason) == ("cancelled", "车辆故障")


def test_a_dissatisfied_customer_costs_the_order_of_that_round(site: Site, system: Actor) -> None:
    order: WorkOrder = site.finished()
    follow()
    call = CallBack.objects.create(request=order.request, round=1, not_before=moment.now())
    payload: dict[str, Any] = {
        "call_back_id": call.pk, "round": 1, "state": "done", "satisfaction": "dissatisfied", "resolved": False,
        "arrival_honoured": None,
    }  # fmt: skip
    record(system, "request.callback_done", order.request, org=order.org, payload=payload)
    follow()
    assert marks(TeamTask.objects.get(order=order))["dissatisfied"] == -1


def test_an_orders_task_is_worked_in_the_order_only(site: Site, system: Actor) -> None:
    order = site.sent()
    follow()
    task = TeamTask.objects.get(order=order)
    for act in (
        lambda: actions.finish_task(system, task.pk),
        lambda: actions.cancel_task(system, task.pk, reason="x"),
    ):
        with pytest.raises(Conflict) as error:
            act()
        assert error.value.code == "task_of_order"
