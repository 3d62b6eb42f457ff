"""What went over a flow, and past requests walked again on a draft."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from denghuo.apps.catalogue.actions import save_draft
from denghuo.apps.catalogue.flows import FLOWS, dry_runs
from denghuo.apps.catalogue.models import DryRun, Flow
from denghuo.apps.requests import actions, flow_history
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.jobs.models import JobProgress
from denghuo.core.policies import clear_cache
from denghuo.core.policies.models import PolicyValue
from denghuo.engine.flow.dryrun import dry_run
from tests.apps.requests.world import World
from tests.helpers.refusals import refused

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _call_all_day(db: None) -> None:
    for key, value in (
        ("callback.hours", {"from": "00:00", "to": "23:59"}),
        ("callback.noon_rest", {"from": "12:00", "to": "12:00"}),
    ):
        PolicyValue.objects.filter(key=key, org=None).update(value=value)
    clear_cache()


def past(types: tuple[str, ...] = ("fault_report",)) -> Any:
    return flow_history.past(types, moment.now() - DAY, moment.now() + DAY, "", 100)


def company_flow() -> Flow:
    return Flow.objects.get(code="fault_report", org=None)


def test_each_way_is_counted_with_the_time_before_it(world: World) -> None:
    filed = world.reviewed()
    world.call(filed)
    world.dispatched()
    seen = flow_history.traffic(filed.flow_id or 0, moment.now() - DAY, moment.now() + DAY, ("",))
    counts = {(one.source, one.target): one.count for one in seen.ways}
    assert counts == {
        ("submitted", "accepted"): 2, ("accepted", "dispatched"): 2, ("dispatched", "returned"): 1,
        ("returned", "callback"): 1, ("callback", "archived"): 1,
    }  # fmt: skip
    assert all(one.median >= 0 for one in seen.ways)
    assert (seen.requests, seen.standing) == (2, {"dispatched": 1})


def test_figures_are_of_the_units_somebody_may_see_and_of_the_period(world: World, org_tree: Any) -> None:
    made = world.dispatched()
    now, edition = moment.now(), made.flow_id or 0
    assert flow_history.traffic(edition, now - DAY, now + DAY, (org_tree.other_city.path,)).requests == 0
    assert flow_history.traffic(edition, now - DAY, now + DAY, ()).ways == ()
    assert flow_history.traffic(edition, now - 3 * DAY, now - 2 * DAY, ("",)).ways == ()


def test_a_past_request_walks_its_own_flow_without_a_difference(world: World) -> None:
    first = world.reviewed()
    world.complain(first)
    world.work_again(first)
    world.call(first)
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk, "同一故障")
    world.dispatch(master)
    world.arrive(master)
    world.finish(master)
    actions.review_request(world.reviewer, master.pk, passed=False, reason="照片不清")
    world.arrive(master)
    world.finish(master)
    actions.review_request(world.reviewer, master.pk, passed=True)
    actions.cancel_request(world.agent, world.accepted().pk, reason="客户要求")
    report = dry_run(FLOWS.get(company_flow().pk), past(), ("acceptance",), ("merge", "cancel"))
    assert report.refused == {}
    assert report.missing == {}
    assert (report.total, report.clean) == (4, 4)


def test_a_step_the_draft_lacks_is_reported_where_it_was_taken(world: World) -> None:
    made = world.returned()
    document = copy.deepcopy(company_flow().document)
    for step in document["steps"]:
        if step["verb"] == "return":
            step["from"] = ["measured"]
    document["states"].append({"code": "measured", "label": "已测", "phase": "dispatched"})
    document["steps"].append({"verb": "measure", "label": "测量", "from": ["dispatched"], "to": "measured"})
    report = dry_run(FLOWS._parse(document), past(), ("acceptance",), ())
    assert dict(report.refused) == {("dispatched", "return"): 1}
    assert report.examples["refused:dispatched:return"] == [(made.pk, made.number)]


def test_a_field_the_draft_requires_is_reported_when_it_was_empty(world: World) -> None:
    world.returned()
    document = copy.deepcopy(company_flow().document)
    document["steps"][0]["required"] = ["fault_class", "area_type", "cause"]
    report = dry_run(FLOWS._parse(document), past(), ("acceptance",), ())
    assert dict(report.missing) == {("accept", "cause"): 1}  # the cause came with the return, later


def test_clocks_that_would_run_longer_or_beside_are_reported(world: World) -> None:
    world.returned()
    document = copy.deepcopy(company_flow().document)
    for step in document["steps"]:
        if step["verb"] == "accept":
            step["start"] = [*step["start"], "contact"]
        if step["verb"] == "dispatch":
            step["stop"] = []
    report = dry_run(FLOWS._parse(document), past(), ("acceptance",), ())
    assert {change for _kind, change in report.clocks} <= {"added", "gone", "longer"}
    assert ("contact", "added") in report.clocks


def test_a_wait_that_would_have_ended_by_itself_is_reported(world: World) -> None:
    made = world.submitted()
    document = copy.deepcopy(company_flow().document)
    document["steps"].append(
        {"verb": "remind", "label": "提醒", "from": ["submitted"], "automatic": {"after_minutes": 1}}
    )
    Request.objects.filter(pk=made.pk).update(submitted_at=moment.now() - dt.timedelta(minutes=5))
    actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    report = dry_run(FLOWS._parse(document), past(), ("acceptance",), ())
    assert dict(report.automatic) == {("submitted", "remind"): 1}


def test_a_dry_run_is_a_job_whose_outcome_is_kept_with_the_draft(
    world: World, actor_for_role: Any, org_tree: Any
) -> None:
    world.returned()
    planner = actor_for_role("manager", org_tree.city)
    document = copy.deepcopy(company_flow().document)
    draft = save_draft(planner, "flow", code="fault_report", document=document, org=org_tree.city)
    period = {"since": moment.now() - DAY, "until": moment.now() + DAY}
    run = dry_runs.start_dry_run(planner, draft.pk, most=50, **period)
    assert JobProgress.objects.get(pk=run.job_id).state == "waiting"
    with refused(Conflict):
        dry_runs.start_dry_run(planner, draft.pk, most=50, **period)
    before = Request.objects.values_list("version", flat=True).get()
    dry_runs.perform(run.pk)
    kept = DryRun.objects.get(pk=run.pk)
    assert (kept.result["total"], kept.result["clean"], kept.version) == (1, 1, draft.version)
    assert Request.objects.values_list("version", flat=True).get() == before
    dry_runs.perform(run.pk)  # the job runs again after its worker was killed: nothing more happens
    assert DryRun.objects.get(pk=run.pk).done_at == kept.done_at


def test_a_dry_run_needs_a_draft_a_period_and_the_right(world: World, system: Actor, org_tree: Any) -> None:
    now = moment.now()
    with refused(Conflict):
        dry_runs.start_dry_run(system, company_flow().pk, since=now - DAY, until=now, most=5)
    draft = save_draft(system, "flow", code="fault_report", document=company_flow().document, org=org_tree.city)
    with refused(InvalidInput) as caught:
        dry_runs.start_dry_run(system, draft.pk, since=now, until=now - DAY, most=10**6)
    assert set(caught.value.fields) == {"until", "most"}
    with refused(NotAllowed):
        dry_runs.start_dry_run(world.agent, draft.pk, since=now - DAY, until=now, most=5)
