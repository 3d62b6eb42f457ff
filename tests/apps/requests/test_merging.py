"""One fault, many callers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.grid.models import Outage
from denghuo.apps.requests import actions
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from tests.apps.requests.test_loop import _call_all_day, fresh, live_clocks  # noqa: F401
from tests.apps.requests.world import World
from tests.helpers.refusals import refused


def test_a_merged_caller_follows_the_master_and_gets_a_call_of_their_own(world: World) -> None:
    master, child = world.accepted(), world.submitted(caller_phone="13900005678")
    actions.merge_request(world.agent, child.pk, master.pk, "同一台区")
    assert (fresh(child).state, fresh(child).master_id) == ("merged", master.pk)
    assert live_clocks(child) == set()
    assert fresh(child).fault_class == "low_voltage"
    world.work_again(master)
    plans = CallBack.objects.filter(request__in=[master, child])
    assert {(p.request_id, p.round, p.state) for p in plans} == {(master.pk, 1, "pending"), (child.pk, 1, "pending")}
    followed = fresh(child)
    assert followed.state == "callback"
    assert followed.returned_at == fresh(master).returned_at
    assert followed.cause == "equipment"
    world.call(child)
    world.call(master)
    assert {fresh(child).state, fresh(master).state} == {"archived"}


def test_the_merged_caller_hears_of_the_masters_progress(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    world.dispatch(master)
    event = next(e for e in timeline("request", master.pk) if e.kind == "request.dispatched")
    assert f"customer-request:{child.public_token}" in event.topics


def test_a_dissatisfied_merged_caller_gets_rework_without_the_master(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    world.work_again(master)
    world.call(master)
    world.complain(child)
    assert (fresh(master).state, fresh(child).state, fresh(child).round) == ("archived", "rework", 2)
    (event,) = [e for e in timeline("request", child.pk) if e.kind == "request.rework_required"]
    assert event.payload["master_id"] == master.pk
    world.work_again(child)
    world.call(child)
    assert fresh(child).state == "archived"
    assert CallBack.objects.filter(request=master).count() == 1


def test_merging_a_master_moves_its_children(world: World) -> None:
    first, second, child = world.accepted(), world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, first.pk)
    actions.merge_request(world.agent, first.pk, second.pk)
    assert fresh(child).master_id == fresh(first).master_id == second.pk
    assert fresh(second).master_id is None


def test_merging_into_a_child_goes_to_its_master(world: World) -> None:
    master, child, other = world.accepted(), world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    actions.merge_request(world.agent, other.pk, child.pk)
    assert fresh(other).master_id == master.pk


def test_no_request_is_its_own_master(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    for target in (master, child):
        with refused(InvalidInput):
            actions.merge_request(world.agent, master.pk, target.pk)


@pytest.mark.parametrize("state", ["reviewed"])
def test_a_master_past_review_takes_nobody_in(world: World, state: str) -> None:
    master, late = getattr(world, state)(), world.accepted()
    with refused(Conflict) as caught:
        actions.merge_request(world.agent, late.pk, master.pk)
    assert "待回访" in caught.value.message


def test_only_faults_are_merged(world: World) -> None:
    complaint = world.accepted(type="complaint", phenomenon="", scope="", occurred_at=None, description="乱收费")
    fault = world.accepted()
    with refused(Conflict):
        actions.merge_request(world.agent, complaint.pk, fault.pk)
    with refused(InvalidInput):
        actions.merge_request(world.agent, fault.pk, complaint.pk)
    with refused(InvalidInput):
        actions.merge_request(world.agent, fault.pk, 99_999_999)
    with refused(NotFound):
        actions.merge_request(world.agent, 99_999_999, fault.pk)


def test_merging_needs_the_right_in_both_units(world: World, actor_for_role: Any, org_tree: Any) -> None:
    here = world.accepted()
    there = world.submitted(account_id=None, org_id=org_tree.other_county.pk, address="石桥镇 1 号")
    with refused(NotAllowed):
        actions.merge_request(world.agent, here.pk, there.pk)


def test_unmerging_gives_the_clocks_back_from_the_own_acceptance(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    actions.unmerge_request(world.agent, child.pk, reason="是另一处故障")
    again = fresh(child)
    assert (again.state, again.master_id) == ("accepted", None)
    assert live_clocks(child) == {"dispatch", "arrival.mean", "arrival.standard"}
    clock = Clock.objects.get(subject_kind="request", subject_id=child.pk, kind="arrival.standard", state="running")
    assert clock.started_at == again.accepted_at


def test_a_master_that_others_follow_is_not_cancelled(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    with refused(Conflict):
        actions.cancel_request(world.agent, master.pk, reason="客户要求")
    actions.cancel_request(world.agent, child.pk, reason="已来电")
    actions.cancel_request(world.agent, master.pk, reason="已来电")


@pytest.fixture
def outage(world: World) -> Outage:
    made = Outage.objects.create(
        org=world.org, number="T-O1", kind="fault", started_at=moment.now() - dt.timedelta(hours=1)
    )
    made.transformers.add(world.transformer)
    return made


def test_the_first_report_of_an_outage_becomes_master_and_later_ones_join_it(world: World, outage: Outage) -> None:
    first, second = world.accepted(), world.accepted()
    actions.link_outage(world.agent, first.pk, outage.pk)
    outage.refresh_from_db()
    assert outage.master_request_id == first.pk
    actions.link_outage(world.agent, second.pk, outage.pk)
    assert (fresh(second).state, fresh(second).master_id, fresh(second).outage_id) == ("merged", first.pk, outage.pk)


def test_an_outage_over_before_the_report_explains_nothing(world: World, outage: Outage) -> None:
    Outage.objects.filter(pk=outage.pk).update(restored_at=moment.now() - dt.timedelta(minutes=50))
    made = world.accepted()
    with refused(Conflict):
        actions.link_outage(world.agent, made.pk, outage.pk)
    with refused(NotFound):
        actions.link_outage(world.agent, made.pk, 99_999_999)


def test_open_reports_from_the_same_place_are_suggested(world: World) -> None:
    from denghuo.apps.requests.queries import duplicates_of

    first = world.accepted()
    second = world.submitted(caller_phone="13900005678")
    done = world.reviewed()
    found = duplicates_of(fresh(second))
    assert [r.pk for r in found] == [first.pk]
    assert done not in found
    Request.objects.filter(pk=first.pk).update(submitted_at=moment.now() - dt.timedelta(hours=25))
    assert duplicates_of(fresh(second)) == []
