"""Requests that may be the same matter are found, explained, merged or linked; links stay free of circles."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from denghuo.apps.requests import actions
from denghuo.apps.requests.linking.models import RequestLink
from denghuo.apps.requests.linking.suggesting import probe_of, suggest
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from tests.apps.requests.world import World
from tests.helpers.refusals import refused


@pytest.fixture
def agent(browser_for: Any, org_tree: Any) -> Client:
    return browser_for("agent", org_tree.city)


def complaint(world: World, **changes: Any) -> Request:
    data = {
        "type": "complaint",
        "phenomenon": "",
        "scope": "",
        "occurred_at": None,
        "description": "抢修人员态度不好，说话难听",
    }
    return world.accepted(**{**data, **changes})


def test_the_same_fault_told_twice_is_suggested_with_reasons(world: World) -> None:
    first, second = world.submitted(), world.submitted()
    (found,) = suggest(probe_of(second))
    assert found.request == first and found.likeness.strong
    assert {"同一客户", "同一来电号码", "同一台区"} <= set(found.likeness.reasons)


def test_another_place_on_another_feeder_is_not_suggested(world: World, org_tree: Any) -> None:
    world.submitted()
    other = world.submitted(account_id=None, org_id=world.org.pk, address="石桥镇前街 2 号", caller_phone="13900009999")
    assert suggest(probe_of(other)) == []


def test_suggestions_take_three_queries_however_many_are_open(world: World) -> None:
    for n in range(6):
        world.submitted(caller_phone=f"1390000{n:04}")
    last = world.submitted()
    probe = probe_of(Request.objects.select_related("org", "transformer").get(pk=last.pk))
    suggest(probe)  # policies are remembered
    with CaptureQueriesContext(connection) as made:
        assert suggest(probe)
    assert len(made) <= 3


def test_the_panel_merges_a_fault_with_one_press(agent: Client, world: World) -> None:
    first, second = world.submitted(), world.submitted()
    page = agent.get(f"/staff/requests/{second.pk}/links/").content.decode()
    assert f"并入 {first.number}" in page and "同一台区" in page
    agent.post(f"/staff/requests/{second.pk}/join/", {"other_id": first.pk})
    second.refresh_from_db()
    assert (second.state, second.master_id) == ("merged", first.pk)


def test_the_panel_links_what_cannot_be_merged(agent: Client, world: World) -> None:
    first, second = complaint(world), complaint(world)
    assert f"关联 {first.number}" in agent.get(f"/staff/requests/{second.pk}/links/").content.decode()
    agent.post(f"/staff/requests/{second.pk}/join/", {"other_id": first.pk})
    link = RequestLink.objects.get()
    assert (link.from_request_id, link.to_request_id, link.kind) == (second.pk, first.pk, "same_matter")
    page = agent.get(f"/staff/requests/{first.pk}/links/").content.decode()
    assert second.number in page and "可能重复" not in page


def test_typing_a_request_shows_what_is_open_and_the_choice_merges_it(agent: Client, world: World) -> None:
    first = world.submitted()
    typed = {
        "type": "fault_report", "caller_name": "江小满", "caller_phone": "13900001234", "account_number": "3300012345",
        "phenomenon": "no_power", "scope": "single", "description": "家里没电",
        "occurred_at": timezone.localtime(moment.now()).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    page = agent.post("/staff/requests/similar/", typed).content.decode()
    assert first.number in page and "登记后并入" in page
    sent = {**typed, "class_code": "", "org_id": world.org.pk, "address": "", "same_as": first.pk}
    answer = agent.post("/staff/requests/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    made = Request.objects.exclude(pk=first.pk).get()
    assert made.master_id == first.pk


def test_a_half_typed_form_is_no_error(agent: Client, world: World) -> None:
    answer = agent.post(
        "/staff/requests/similar/", {"type": "fault_report", "occurred_at": "2026-99-99T99:99", "org_id": "x"}
    )
    assert answer.status_code == 200


def test_the_api_tells_score_and_reasons(agent: Client, world: World) -> None:
    first = world.submitted()
    body = {
        "type": "fault_report",
        "account_number": "3300012345",
        "caller_phone": "139 0000 1234",
        "phenomenon": "no_power",
    }
    answer = agent.post("/api/v1/requests/similar", body, content_type="application/json")
    (found,) = answer.json()
    assert found["id"] == first.pk and 0.5 <= found["score"] <= 1 and "同一客户" in found["reasons"]


def test_a_stranger_is_shown_nothing_of_another_city(browser_for: Any, org_tree: Any, world: World) -> None:
    world.submitted()
    stranger = browser_for("agent", org_tree.other_city)
    body = {"type": "fault_report", "account_number": "3300012345", "caller_phone": "13900001234"}
    assert stranger.post("/api/v1/requests/similar", body, content_type="application/json").json() == []


def test_a_link_stands_on_both_timelines_and_can_be_taken_back(world: World) -> None:
    fault, angry = world.accepted(), complaint(world)
    link = actions.link_requests(world.agent, angry.pk, fault.pk, kind="caused_by", reason="等了一夜")
    assert world.kinds(angry)[-1] == world.kinds(fault)[-1] == "request.linked"
    with refused(Conflict):
        actions.link_requests(world.agent, angry.pk, fault.pk, kind="caused_by")
    actions.unlink_requests(world.agent, link.pk, reason="弄错了")
    assert world.kinds(angry)[-1] == world.kinds(fault)[-1] == "request.unlinked"
    assert not RequestLink.objects.exists()


def test_directed_links_never_close_a_circle(world: World) -> None:
    a, b, c = (world.accepted() for _n in range(3))
    actions.link_requests(world.agent, a.pk, b.pk, kind="follow_up")
    actions.link_requests(world.agent, b.pk, c.pk, kind="follow_up")
    with refused(Conflict) as caught:
        actions.link_requests(world.agent, c.pk, a.pk, kind="follow_up")
    assert caught.value.code == "circle"
    actions.link_requests(world.agent, c.pk, a.pk, kind="caused_by")  # another kind is another matter


def test_a_link_without_direction_is_one_link_whichever_way_it_is_named(world: World) -> None:
    a, b = world.accepted(), world.accepted()
    actions.link_requests(world.agent, a.pk, b.pk, kind="related")
    with refused(Conflict):
        actions.link_requests(world.agent, b.pk, a.pk, kind="related")
    with refused(InvalidInput):
        actions.link_requests(world.agent, a.pk, a.pk, kind="related")


def test_linking_needs_the_right_in_both_units(world: World, actor_for_role: Any, org_tree: Any) -> None:
    here = world.accepted()
    there = world.submitted(account_id=None, org_id=org_tree.other_county.pk, address="石桥镇 1 号")
    with refused(NotAllowed):
        actions.link_requests(world.agent, here.pk, there.pk, kind="related")


def test_a_wrong_number_is_refused_at_the_field_and_nothing_typed_is_lost(agent: Client, world: World) -> None:
    made = world.accepted()
    answer = agent.post(f"/staff/requests/{made.pk}/links/add/", {"other": "X1", "kind": "related", "reason": "看一下"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "没有这个编号的诉求" in page and "看一下" in page and 'value="X1"' in page


def test_what_was_told_long_before_is_not_suggested(world: World) -> None:
    first, second = world.submitted(), world.submitted()
    Request.objects.filter(pk=first.pk).update(submitted_at=moment.now() - dt.timedelta(hours=25))
    assert suggest(probe_of(second)) == []
