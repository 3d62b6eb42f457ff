"""Campaigns: whom they reach, how their calls are made, given out, paused and ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.requests import actions
from denghuo.apps.requests.callbacks import campaigns
from denghuo.apps.requests.callbacks.improvements import assign_improvement, note_measure
from denghuo.apps.requests.callbacks.jobs import close_finished, prepare_campaign
from denghuo.apps.requests.callbacks.models import Campaign, ImprovementItem
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.apps.requests.test_loop import _call_all_day, fresh, set_policy  # noqa: F401
from tests.apps.requests.world import NOTE, World
from tests.helpers.refusals import refused


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


def filed(world: World, count: int = 1) -> list[Request]:
    """Requests that went all the way to the file."""
    made = [world.reviewed() for _number in range(count)]
    for request in made:
        world.call(request)
    return made


def draft(**changes: Any) -> campaigns.CampaignDraft:
    data: dict[str, Any] = {"name": "台风善后", "script_code": "after_care", "types": ["fault_report"]}
    return campaigns.CampaignDraft(**{**data, **changes})


def running(world: World, boss: Actor, **changes: Any) -> Campaign:
    row = campaigns.save_campaign(boss, None, org=world.org, draft=draft(**changes))
    campaigns.start_campaign(boss, row.pk)
    prepare_campaign(row.pk)
    row.refresh_from_db()
    return row


def calls(row: Campaign) -> list[CallBack]:
    return list(CallBack.objects.filter(campaign=row).order_by("pk"))


def call(world: World, plan: CallBack, **told: Any) -> CallBack:
    CallBack.objects.filter(pk=plan.pk).update(holder_id=world.caller.id, held_at=moment.now())
    return actions.record_attempt(world.caller, plan.pk, **told)


def test_a_campaign_calls_each_archived_request_it_matches_once(world: World, boss: Actor) -> None:
    made = filed(world, 3)
    world.reviewed()  # not archived: not reached
    row = running(world, boss)
    assert (row.state, row.matched, row.planned) == ("running", 3, 3)
    assert [plan.request_id for plan in calls(row)] == [request.pk for request in made]


def test_an_interrupted_job_goes_on_where_it_was_and_calls_nobody_twice(world: World, boss: Actor) -> None:
    filed(world, 3)
    set_policy("callback.campaign_batch", 1)
    row = campaigns.save_campaign(boss, None, org=world.org, draft=draft())
    campaigns.start_campaign(boss, row.pk)
    campaigns.prepare_batch(Actor.system("tests"), row.pk)
    row.refresh_from_db()
    assert (row.state, row.planned) == ("preparing", 1)
    prepare_campaign(row.pk)
    prepare_campaign(row.pk)
    assert len(calls(row)) == 3


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ({"area_type": "rural"}, 0),
        ({"area_type": "urban"}, 2),
        ({"class_code": "low_voltage"}, 2),
        ({"class_code": "metering"}, 0),
        ({"filed_from": dt.datetime(2120, 1, 1, tzinfo=dt.UTC)}, 0),
        ({"filed_to": dt.datetime(2120, 1, 1, tzinfo=dt.UTC)}, 2),
    ],
)
def test_the_filter_narrows(world: World, boss: Actor, wanted: dict[str, Any], reached: int) -> None:
    filed(world, 2)
    row = campaigns.save_campaign(boss, None, org=world.org, draft=draft(**wanted))
    assert campaigns.matching(row).count() == reached


def test_a_list_of_numbers_takes_the_place_of_the_filter(world: World, boss: Actor) -> None:
    first, second = filed(world, 2)
    row = running(world, boss, types=[], numbers=f" {second.number}，\n{second.number} ")
    assert [plan.request_id for plan in calls(row)] == [second.pk] != [first.pk]


def test_who_is_spared_by_mark_is_not_called_by_a_campaign_either(world: World, boss: Actor) -> None:
    first, second = filed(world, 2)
    Request.objects.filter(pk=first.pk).update(confidential=True)
    row = running(world, boss)
    assert [plan.request_id for plan in calls(row)] == [second.pk]
    assert (row.matched, row.planned) == (2, 1)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": ""}),
        ("types", {"types": ["weather"]}),
        ("types", {"types": []}),
        ("share", {"share": 0}),
        ("priority", {"priority": 10}),
        ("script_code", {"script_code": "nobody"}),
        ("numbers", {"numbers": "0000"}),
        ("window_to", {"window_from": dt.time(18), "window_to": dt.time(9)}),
        ("filed_to", {"filed_from": dt.datetime(2026, 2, 1, tzinfo=dt.UTC), "filed_to": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}),
    ],
)  # fmt: skip
def test_a_campaign_that_cannot_be_is_refused_at_its_field(
    world: World, boss: Actor, field: str, change: dict[str, Any]
) -> None:
    with refused(InvalidInput) as caught:
        campaigns.save_campaign(boss, None, org=world.org, draft=draft(**change))
    assert field in caught.value.fields


def test_only_who_may_makes_one_and_only_in_their_units(world: World, boss: Actor, org_tree: Any) -> None:
    for actor, org in ((world.caller, world.org), (boss, org_tree.other_county)):
        with refused(NotAllowed):
            campaigns.save_campaign(actor, None, org=org, draft=draft())


def test_a_campaign_that_reaches_nobody_is_not_started(world: World, boss: Actor) -> None:
    row = campaigns.save_campaign(boss, None, org=world.org, draft=draft())
    with refused(Conflict) as caught:
        campaigns.start_campaign(boss, row.pk)
    assert caught.value.code == "nobody"


def test_the_desk_takes_by_priority_across_campaigns_and_what_every_round_requires(world: World, boss: Actor) -> None:
    filed(world, 1)
    low = running(world, boss, priority=9)
    world.reviewed()
    first = actions.take_callback(world.caller)
    assert first is not None and first.campaign_id is None
    actions.release_callback(world.caller, first.pk)
    high = running(world, boss, priority=1)
    second = actions.take_callback(world.caller)
    assert second is not None and second.campaign_id == high.pk
    actions.release_callback(world.caller, second.pk)
    third = actions.take_callback(world.caller, campaign_id=low.pk)
    assert third is not None and third.campaign_id == low.pk


def test_a_paused_campaign_gives_out_nothing_until_it_goes_on(world: World, boss: Actor) -> None:
    filed(world, 1)
    row = running(world, boss)
    campaigns.pause_campaign(boss, row.pk)
    assert actions.take_callback(world.caller) is None
    campaigns.pause_campaign(boss, row.pk, resume=True)
    assert actions.take_callback(world.caller) is not None


def test_a_cancelled_campaign_keeps_what_was_said_and_drops_the_rest(world: World, boss: Actor) -> None:
    filed(world, 3)
    row = running(world, boss)
    done, in_hand, waiting = calls(row)
    call(world, done, outcome="answered", resolved=True, satisfaction="satisfied")
    CallBack.objects.filter(pk=in_hand.pk).update(holder_id=world.caller.id, held_at=moment.now())
    campaigns.cancel_campaign(boss, row.pk)
    assert [plan.state for plan in calls(row)] == ["done", "pending", "cancelled"]
    assert waiting.pk in {plan.pk for plan in calls(row)}
    with refused(Conflict):
        campaigns.pause_campaign(boss, row.pk)


def test_a_campaigns_call_moves_no_request_and_leaves_its_rating_alone(world: World, boss: Actor) -> None:
    (made,) = filed(world, 1)
    row = running(world, boss)
    (plan,) = calls(row)
    call(world, plan, outcome="answered", resolved=False, satisfaction="dissatisfied", note=NOTE)
    after = fresh(made)
    assert (after.state, after.satisfaction, after.round) == ("archived", "satisfied", 1)
    item = ImprovementItem.objects.get(request=made)
    assign_improvement(
        boss, item.pk, owner_id=world.org.pk, cause_class="product", due_on=moment.now().date() + dt.timedelta(days=9)
    )
    note_measure(world.reviewer, item.pk, measure="调整分接头")
    second = calls(row)[-1]
    assert (second.round, second.state) == (2, "pending")
    call(world, second, outcome="answered", resolved=True, satisfaction="satisfied")
    assert ImprovementItem.objects.get(pk=item.pk).state == "verified"


def test_progress_is_counted_in_one_statement_and_the_last_call_ends_the_campaign(
    world: World, boss: Actor, django_assert_num_queries: Any
) -> None:
    filed(world, 2)
    row = running(world, boss)
    first, second = calls(row)
    call(world, first, outcome="answered", resolved=True, satisfaction="satisfied")
    with django_assert_num_queries(1):
        (shown,) = campaigns.with_progress(Campaign.objects.filter(pk=row.pk))
    assert (shown.total, shown.ended, shown.done, shown.satisfied) == (2, 1, 1, 1)  # type: ignore[attr-defined]
    close_finished()
    assert Campaign.objects.get(pk=row.pk).state == "running"
    call(world, second, outcome="refused")
    close_finished()
    assert Campaign.objects.get(pk=row.pk).state == "finished"
    assert [event.kind for event in timeline("campaign", row.pk)] == [
        "campaign.saved", "campaign.started", "campaign.prepared", "campaign.finished",
    ]  # fmt: skip
