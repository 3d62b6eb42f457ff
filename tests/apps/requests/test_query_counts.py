"""How many SQL statements actions and pages cost; the committed table is the measure."""

from __future__ import annotations

import datetime as dt
from typing import Any

from denghuo.apps.catalogue.editions import SHELVES
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from tests.apps.requests.test_loop import _call_all_day  # noqa: F401
from tests.apps.requests.world import World
from tests.helpers.query_counts import counted, table


def warm() -> None:
    """Policies, flows, classes and templates are held in memory in a process that has served anybody."""
    policies.get("callback.types")
    for shelf in SHELVES.values():
        for row in shelf.rows():
            shelf.get(row.id)


def test_submitting_and_accepting_stay_lean(world: World) -> None:
    draft = world.draft()
    warm()
    with counted("requests.submit_request"):
        made = actions.submit_request(Actor.customer(), data=draft)
    with counted("requests.accept_request"):
        actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    # With BEGIN and COMMIT: at most nine each.
    assert table()["requests.submit_request"] <= 7
    assert table()["requests.accept_request"] <= 7


def test_the_steps_of_the_loop(world: World) -> None:
    made = world.accepted()
    warm()
    with counted("requests.mark_dispatched"):
        world.dispatch(made)
    with counted("requests.mark_arrived"):
        world.arrive(made)
    with counted("requests.mark_returned"):
        world.finish(made)
    with counted("requests.review_request"):
        actions.review_request(world.reviewer, made.pk, passed=True)
    with counted("requests.take_callback"):
        plan = actions.take_callback(world.caller)
    assert plan is not None
    with counted("requests.record_attempt"):
        actions.record_attempt(world.caller, plan.pk, outcome="answered", resolved=True, satisfaction="satisfied")


def test_merging(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    warm()
    with counted("requests.merge_request"):
        actions.merge_request(world.agent, child.pk, master.pk, "同一台区")


def crowd(world: World) -> Request:
    """A master with followers, notes, a past call-back and rework behind it."""
    master = world.accepted()
    for _number in range(3):
        actions.merge_request(world.agent, world.submitted().pk, master.pk)
    actions.note_request(world.agent, master.pk, text="小区反映多次")
    world.work_again(master)
    world.complain(master)
    return master


def test_the_page_of_a_request_costs_the_same_however_much_has_happened(world: World) -> None:
    master = crowd(world)
    warm()
    with counted("requests.detail") as captured:
        found = queries.detail(world.agent, master.pk)
        for entry in found.timeline:
            assert entry.event.kind
        assert [try_.outcome for plan in found.call_backs for try_ in plan.tries.all()] == ["answered"]
    assert len(captured) <= 11
    assert len(found.children) == 3


def test_lists_cost_the_same_for_one_row_and_for_many(world: World) -> None:
    crowd(world)
    warm()

    def rows() -> list[Any]:
        return [
            (r.org.name, r.transformer and r.transformer.name, r.master and r.master.number)
            for r in queries.request_list(world.agent, {"open": True})
        ]

    with counted("requests.request_list"):
        assert len(rows()) == 4
    with counted("requests.counts_by_state"):
        queries.counts_by_state(world.agent)
    with counted("requests.review_queue"):
        list(queries.review_queue(world.reviewer))
    with counted("requests.callback_queue"):
        plans = [(p.request.number, p.request.org.name, p.holder) for p in queries.callback_queue(world.caller)]
    assert len(plans) == 3
    with counted("requests.callback_counts"):
        queries.callback_counts(world.caller)


def test_the_customers_page(world: World) -> None:
    master = world.dispatched()
    warm()
    with counted("requests.progress_view"):
        view = queries.progress_view(master.public_token)
    assert view is not None
    assert view["promised_at"] == master.accepted_at + dt.timedelta(minutes=60)
    assert view["promised_at"] > moment.now()
