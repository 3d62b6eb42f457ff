"""The panel of handling on a request's page, the lists, and the endpoints."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.requests import actions
from denghuo.apps.requests.handling import actions as h
from denghuo.apps.requests.handling.models import Decline, Hold
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from tests.apps.requests.handling_kit import handled
from tests.apps.requests.test_loop import _call_all_day, fresh, live_clocks  # noqa: F401
from tests.apps.requests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(pk=actor.id))
    return client


def panel(actor: Actor, request: Request) -> str:
    answer = browser(actor).get(f"/staff/requests/{request.pk}/handling/")
    assert answer.status_code == 200
    return answer.content.decode()


def post(actor: Actor, request: Request, verb: str, **typed: Any) -> Any:
    data = {f"{verb}-{name}": value for name, value in typed.items()} | {"idempotency_key": str(uuid.uuid4())}
    return browser(actor).post(f"/staff/requests/{request.pk}/handling/{verb}/", data)


def test_buttons_are_offered_to_those_who_may_and_only_when_it_is_possible(world: World, boss: Actor) -> None:
    made = handled(world)
    handler, agent, lead = panel(world.reviewer, made), panel(world.agent, made), panel(boss, made)
    for word in ("退单", "转派其他单位", "挂起"):
        assert word in handler
        assert word not in agent
    assert "督办要求" in lead
    assert "督办要求" not in handler
    assert "重启原因" not in lead  # not filed yet


def test_a_unit_returns_a_request_from_its_page(world: World) -> None:
    made = handled(world)
    answer = post(world.reviewer, made, "decline", reason="missing_facts", text="缺户号，请补充", version=made.version)
    assert answer.status_code == 302
    assert fresh(made).state == "accepted"
    shown = panel(world.reviewer, made)
    assert "关键信息缺失" in shown
    assert "缺户号，请补充" in shown


def test_a_refused_form_comes_back_with_its_fault_and_what_was_typed(world: World) -> None:
    made = handled(world)
    answer = post(world.reviewer, made, "decline", reason="wrong_area", text="应由松原处理")
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "请写明应由哪个单位处理" in body
    assert "应由松原处理" in body
    assert not Decline.objects.exists()


def test_who_reads_an_old_page_does_not_hold_what_moved_on(world: World) -> None:
    made = handled(world)
    old = fresh(made).version
    actions.decline_request(world.reviewer, made.pk, reason="duplicate", text="重复")
    actions.assign_handling(world.reviewer, made.pk)
    until = timezone.localtime(moment.now() + dt.timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    answer = post(world.reviewer, made, "hold", reason="customer", text="等客户", until=until, version=old)
    assert answer.status_code == 422
    assert "刚被" in answer.content.decode()
    assert post(world.reviewer, made, "hold", reason="customer", text="等客户", until=until).status_code == 302
    assert Hold.objects.count() == 1


def test_the_page_takes_a_request_all_the_way_round(world: World, boss: Actor) -> None:
    made = handled(world)
    assert post(boss, made, "supervise", text="今天答复").status_code == 302
    assert post(world.reviewer, made, "reply-supervision", text="正在核实").status_code == 302
    assert post(boss, made, "end-supervision", text="已答复").status_code == 302
    assert post(boss, made, "escalate", text="请市公司协调").status_code == 302
    rung = made.escalations.get()
    assert browser(boss).post(f"/staff/requests/{made.pk}/handling/take/{rung.pk}/").status_code == 302
    assert (
        post(world.agent, made, "split", type="opinion", description="营业厅排队久", reason="两件事").status_code == 302
    )
    Clock.objects.filter(subject_id=made.pk, subject_kind="request", kind="handling").update(breached_at=moment.now())
    assert post(boss, made, "overrun", kind="compensate", text="误工", amount="20").status_code == 302
    shown = panel(boss, made)
    for words in ("正在核实", "已答复", "请市公司协调", "已接手", "拆出", "20.00", "待批准"):
        assert words in shown
    page = browser(boss).get(f"/staff/requests/{made.pk}/").content.decode()
    assert "承办班组" in page


@pytest.mark.parametrize(("mark", "wanted"), [("held", 0), ("supervised", 1), ("returned", 2), ("raised", 3)])
def test_the_list_finds_what_was_marked(world: World, boss: Actor, mark: str, wanted: int) -> None:
    rows = [handled(world) for _number in range(4)]
    until = moment.now() + dt.timedelta(hours=4)
    actions.hold_request(world.reviewer, rows[0].pk, reason="customer", text="等客户", until=until)
    h.supervise_request(boss, rows[1].pk, text="快办")
    actions.decline_request(world.reviewer, rows[2].pk, reason="duplicate", text="重复")
    h.escalate_request(boss, rows[3].pk, text="协调")
    body = browser(boss).get(f"/staff/requests/?mark={mark}").content.decode()
    assert [row.number in body for row in rows] == [index == wanted for index in range(4)]


def test_the_watch_list_has_the_supervised_and_the_escalated(world: World, boss: Actor) -> None:
    first, second = handled(world), handled(world)
    h.supervise_request(boss, first.pk, text="快办")
    h.escalate_request(boss, second.pk, text="协调")
    watched = browser(boss).get("/staff/requests/watched/").content.decode()
    raised = browser(boss).get("/staff/requests/watched/?tab=raised").content.decode()
    assert first.number in watched
    assert second.number not in watched
    assert second.number in raised
    assert first.number not in raised


def test_a_secret_tip_off_is_written_down_and_gone_from_the_agents_sight(world: World) -> None:
    data = {
        "type": "tip_off", "description": "有人窃电", "confidential": "on", "anonymous": "on", "account_number": "3300012345",
        "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    answer = browser(world.agent).post("/staff/requests/new/", data)
    assert (answer.status_code, answer["Location"]) == (302, "/staff/requests/")
    made = Request.objects.get()
    assert (made.confidential, made.anonymous, made.caller_phone) == (True, True, "")


def test_a_caller_with_a_name_still_needs_one(world: World) -> None:
    answer = browser(world.agent).post(
        "/staff/requests/new/", {"type": "opinion", "description": "慢", "account_number": "3300012345"}
    )
    assert answer.status_code == 422
    assert "请填写联系电话" in answer.content.decode()


def test_an_urge_runs_a_clock_until_the_customer_is_told(world: World) -> None:
    made = handled(world)
    actions.urge_request(world.agent, made.pk, text="客户很急", insist=True)
    assert "urge" in live_clocks(made)
    assert "客户很急" in panel(world.reviewer, made)
    actions.contact_customer(world.reviewer, made.pk)
    assert "urge" not in live_clocks(made)


def test_every_endpoint_acts_once_and_shows_the_request(world: World, boss: Actor, org_tree: Any) -> None:
    made = handled(world)

    def call(actor: Actor, path: str, body: Any = None) -> Any:
        return browser(actor).post(f"/api/v1{path}", data=json.dumps(body or {}), content_type="application/json")

    base = f"/requests/{made.pk}"
    until = (moment.now() + dt.timedelta(hours=4)).isoformat()
    assert (
        call(world.reviewer, f"{base}/hold", {"reason": "customer", "text": "等", "until": until}).json()["hold_reason"]
        == "customer"
    )
    assert call(world.reviewer, f"{base}/resume").json()["held_at"] is None
    assert call(boss, f"{base}/supervise", {"text": "快办"}).json()["supervised"] is True
    assert call(world.reviewer, f"{base}/supervision/reply", {"text": "收到"}).status_code == 200
    assert call(boss, f"{base}/supervision/end", {"text": "好"}).json()["supervised"] is False
    assert call(world.agent, f"{base}/escalate", {"text": "协调"}).json()["escalation_level"] == 1
    assert call(boss, f"/escalations/{made.escalations.get().pk}/take").status_code == 200
    part = {"type": "opinion", "description": "排队久"}
    assert (
        call(world.agent, f"{base}/split", {"parts": [part], "reason": "两件事"}).json()["made"][0]["split_from_id"]
        == made.pk
    )
    moved = call(
        world.reviewer, f"{base}/transfer", {"org_id": org_tree.county_b.pk, "reason": "boundary", "text": "交界"}
    )
    assert moved.json()["org_id"] == org_tree.county_b.pk
    assert call(world.reviewer, f"{base}/decline", {"reason": "not_ours", "text": "物业资产"}).json()["returns"] == 1
    assert call(world.reviewer, f"{base}/decline", {"reason": "not_ours", "text": "物业资产"}).status_code == 409
    assert call(world.agent, f"{base}/private", {"anonymous": True, "reason": "客户要求"}).json()["caller_phone"] == ""
    assert call(world.agent, f"{base}/overrun", {"kind": "explain", "text": "抱歉"}).status_code == 409
    assert call(world.agent, f"{base}/reopen", {"reason": "没好"}).status_code == 409
