"""Customers who tell one matter three times, complaints that come back, areas that lose supply again and again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from denghuo.apps.grid.models import Outage
from denghuo.apps.requests import actions
from denghuo.apps.requests.handling.models import Supervision
from denghuo.apps.requests.linking import outages, repeating
from denghuo.apps.requests.linking.models import FrequentOutageArea, RepeatedMatter, RequestLink
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import consumers, log
from tests.apps.requests.world import World

SYSTEM = Actor.system("test")


def told(world: World, n: int, **changes: Any) -> list[Request]:
    made = []
    for _n in range(n):
        made.append(world.submitted(**changes))
        consumers.run_once(["requests.repeating"], below=log.own_horizon)
    return [Request.objects.get(pk=one.pk) for one in made]


def test_the_third_contact_about_one_matter_puts_it_under_supervision(world: World) -> None:
    first, second, third = told(world, 3)
    assert (first.contact_count, second.contact_count, third.contact_count) == (3, 2, 3)
    assert first.supervised and third.supervised and not second.supervised
    assert Supervision.objects.get(request=first).why == "repeated"
    row = RepeatedMatter.objects.get()
    assert (row.request_id, row.kind, row.contacts) == (first.pk, "contacts", 3)
    assert "request.repeated" in world.kinds(first)


def test_urging_counts_as_a_contact(world: World) -> None:
    made = world.accepted()
    consumers.run_once(["requests.repeating"], below=log.own_horizon)
    for _n in range(2):
        repeating.count_contact(SYSTEM, made.pk)
    made.refresh_from_db()
    assert made.contact_count == 3 and made.supervised


def test_an_event_delivered_twice_counts_once(world: World) -> None:
    first, second = told(world, 2)
    assert repeating.follow_submitted(SYSTEM, second.pk) is None
    first.refresh_from_db()
    assert first.contact_count == 2
    assert RequestLink.objects.count() == 1


def test_a_matter_linked_by_the_agent_is_counted_too(world: World) -> None:
    first, second = world.submitted(), world.submitted()
    actions.link_requests(world.agent, second.pk, first.pk, kind="same_matter")
    consumers.run_once(["requests.repeating"], below=log.own_horizon)
    first.refresh_from_db()
    assert first.contact_count == 2


def test_another_matter_of_the_same_customer_is_not_counted(world: World) -> None:
    told(world, 1, type="consulting", phenomenon="", scope="", occurred_at=None, description="峰谷电价怎么申请")
    (second,) = told(world, 1)
    assert second.contact_count == 1 and not RequestLink.objects.exists()


def test_a_complaint_that_comes_back_after_it_was_closed_is_listed_with_a_grade(world: World) -> None:
    wish = {
        "type": "complaint",
        "phenomenon": "",
        "scope": "",
        "occurred_at": None,
        "description": "抢修人员态度恶劣，要求道歉",
    }
    (first,) = told(world, 1, **wish)
    Request.objects.filter(pk=first.pk).update(state="archived")
    (second,) = told(world, 1, **wish)
    row = RepeatedMatter.objects.get(kind="complaint")
    assert row.request_id == second.pk and row.proposed_grade in {"general", "important", "major", "special"}


def outage(world: World, days_ago: float, **changes: Any) -> Outage:
    at = moment.now() - dt.timedelta(days=days_ago)
    data = {"kind": "fault", "state": "restored", "started_at": at, "restored_at": at + dt.timedelta(hours=2)}
    made = Outage.objects.create(org=world.org, number=f"T-{Outage.objects.count()}", **{**data, **changes})
    made.transformers.add(world.transformer)
    return made


def test_three_outages_in_two_months_put_an_area_on_the_list_and_five_in_the_worse_band(world: World) -> None:
    for days, kind in ((50, "planned"), (20, "fault")):
        outage(world, days, kind=kind, cause="雷击")
    outages.recompute(SYSTEM, [world.transformer.pk])
    assert not FrequentOutageArea.objects.exists()
    outage(world, 10, kind="temporary")
    outages.recompute(SYSTEM, [world.transformer.pk])
    row = FrequentOutageArea.objects.get()
    assert (row.times, row.band) == (3, "frequent")
    assert row.by_kind == {"planned": 1, "fault": 1, "temporary": 1} and row.causes == [["雷击", 2]]
    for days in (9, 8):
        outage(world, days)
    outages.recompute(SYSTEM, [world.transformer.pk])
    row.refresh_from_db()
    assert (row.times, row.band) == (5, "worse")


def test_old_cancelled_and_marketing_cuts_do_not_count(world: World) -> None:
    outage(world, 70)
    outage(world, 5, state="cancelled")
    outage(world, 4, kind="arrears")
    outage(world, 3)
    outage(world, 2)
    outages.recompute(SYSTEM, [world.transformer.pk])
    assert not FrequentOutageArea.objects.exists()


def test_an_area_leaves_the_list_when_the_window_has_moved_on(world: World) -> None:
    made = [outage(world, days) for days in (3, 2, 1)]
    outages.recompute_all(SYSTEM)
    assert FrequentOutageArea.objects.filter(ended_on=None).count() == 1
    Outage.objects.filter(pk=made[0].pk).update(
        started_at=moment.now() - dt.timedelta(days=61), restored_at=moment.now() - dt.timedelta(days=60, hours=20)
    )
    outages.recompute_all(SYSTEM)
    assert not FrequentOutageArea.objects.filter(ended_on=None).exists()
    assert FrequentOutageArea.objects.count() == 1


def test_the_lists_and_the_badge_on_a_request_of_the_area(browser_for: Any, org_tree: Any, world: World) -> None:
    for days in (3, 2, 1):
        outage(world, days)
    outages.recompute_all(SYSTEM)
    first, _second, _third = told(world, 3)
    browser = browser_for("supervisor", org_tree.city)
    page = browser.get(f"/staff/requests/{first.pk}/links/").content.decode()
    assert "所在台区频繁停电" in page and "多次来电" in page
    assert "柳溪一号台区" in browser.get("/staff/requests/areas/").content.decode()
    page = browser.get("/staff/requests/repeated/").content.decode()
    assert first.number in page and "三次来电件数占比" in page
