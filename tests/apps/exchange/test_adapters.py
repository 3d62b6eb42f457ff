"""Other systems at both ends: taken once, refused in words, told until they have it, off until switched on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.exchange.actions import adapters as actions
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.marketing.client import MarketingClient, ask_reconnection
from denghuo.apps.exchange.adapters.marketing.port import MarketingPort
from denghuo.apps.exchange.adapters.sending import due, send_waiting
from denghuo.apps.exchange.models import AdapterConnection, AdapterMessage, SourceLink
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.grid.models import Outage
from denghuo.apps.requests import actions as requests
from denghuo.apps.requests.models import Request, RequestNote
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.events.testing import drain
from tests.apps.exchange.kit import Receiver, run_jobs, set_policy
from tests.apps.exchange.other_systems import Marketing, OtherSystem
from tests.apps.requests.world import World
from tests.helpers.refusals import refused

SYSTEM = Actor.system("test")


def ago(**span: float) -> str:
    return (timezone.now() - dt.timedelta(**span)).isoformat()


@pytest.fixture
def hotline(world: World, org_tree: Any, receiver: Receiver) -> OtherSystem:
    return OtherSystem("hotline12345", receiver, org_tree.city)


@pytest.fixture
def pms(world: World, org_tree: Any, receiver: Receiver) -> OtherSystem:
    return OtherSystem("pms", receiver, org_tree.city)


def order(number: str = "12345-0001", **changes: Any) -> dict[str, Any]:
    body = {
        "number": number, "type": "fault_report", "title": "小区停电", "content": "昨晚起三号楼没电", "citizen_name": "何青",
        "citizen_phone": "13900004321", "address": "柳溪县河边路 3 号楼", "area_code": "T-county", "phenomenon": "no_power",
        "scope": "building", "occurred_at": ago(hours=3), "received_at": ago(minutes=20),
        "reply_due_at": ago(days=-5),
    }  # fmt: skip
    return {**body, **changes}


def tell() -> None:
    drain(["exchange.hotline12345", "exchange.pms"])
    run_jobs()


# --- 12345 -------------------------------------------------------------------------------------------------------------


def test_an_order_of_the_hotline_becomes_one_request_however_often_it_is_sent(hotline: OtherSystem) -> None:
    body = order()
    first = hotline.sends("/orders", body)
    assert first.status_code == 200, first.content
    made = Request.objects.get()
    assert first.json() == {"number": "12345-0001", "request_number": made.number, "state": "submitted"}
    assert (made.channel, made.caller_name, made.org.code) == ("transfer", "何青", "T-county")
    assert "小区停电" in made.description
    assert "12345-0001" in RequestNote.objects.get(request=made).text
    assert SourceLink.objects.get().data["due"]
    assert hotline.sends("/orders", body).json() == first.json()
    assert Request.objects.count() == 1
    changed = hotline.sends("/orders", {**body, "content": "别的"})
    assert changed.status_code == 409 and changed.json()["code"] == "number_reused"
    assert hotline.sends("/orders/12345-0001").json()["state"] == "submitted"
    assert hotline.sends("/orders/none").status_code == 404


def test_an_order_that_cannot_be_taken_is_refused_by_their_field_names_in_chinese(hotline: OtherSystem) -> None:
    wrong = hotline.sends("/orders", order(citizen_phone="12", citizen_name="", area_code="T-nowhere"))
    assert wrong.status_code == 422
    assert wrong["Content-Type"].startswith("application/problem+json")
    assert "县区代码" in str(wrong.json()["errors"]["area_code"])
    wrong = hotline.sends("/orders", order(citizen_phone="12", phenomenon=""))
    assert set(wrong.json()["errors"]) == {"citizen_phone", "phenomenon"}
    assert "手机" in str(wrong.json()["errors"]["citizen_phone"])
    beyond = hotline.sends("/orders", order(area_code="T-other-county"))
    assert beyond.status_code == 403, "another city is not theirs"
    hotline.row.refresh_from_db()
    assert hotline.row.last_error_at is not None
    assert Request.objects.count() == 0
    assert hotline.sends("/orders", order()).status_code == 200, "a refused number may come again, mended"


def test_steps_and_result_go_back_to_the_hotline_in_order(hotline: OtherSystem, world: World) -> None:
    set_policy("callback.hours", {"from": "00:00", "to": "23:59"})
    set_policy("callback.noon_rest", {"from": "03:00", "to": "03:01"})
    hotline.sends("/orders", order())
    made = Request.objects.get()
    requests.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    world.dispatch(made)
    world.arrive(made)
    world.finish(made)
    requests.review_request(world.reviewer, made.pk, passed=True)
    world.call(made)
    tell()
    assert [path for path, _body in hotline.matters] == [
        "/orders/12345-0001/progress", "/orders/12345-0001/progress", "/orders/12345-0001/progress",
        "/orders/12345-0001/result",
    ]  # fmt: skip
    assert [body["step"] for _path, body in hotline.matters[:3]] == ["accepted", "dispatched", "handled"]
    result = hotline.matters[3][1]
    assert (result["satisfaction"], result["cause"]) == ("satisfied", "equipment") and "熔断器" in result["result"]


def test_a_cancelled_request_goes_back_with_its_reason(hotline: OtherSystem, world: World) -> None:
    hotline.sends("/orders", order())
    made = Request.objects.get()
    requests.cancel_request(world.agent, made.pk, reason="属小区物业产权设备，请转住建部门")
    tell()
    path, body = hotline.matters[-1]
    assert path.endswith("/return") and body["reason"] == "属小区物业产权设备，请转住建部门"


def test_our_own_requests_are_not_told_to_the_hotline(hotline: OtherSystem, world: World) -> None:
    world.dispatched()
    tell()
    assert hotline.matters == [] and not AdapterMessage.objects.filter(direction="out").exists()


def test_an_urge_of_the_hotline_is_counted_once(hotline: OtherSystem) -> None:
    hotline.sends("/orders", order())
    for _turn in range(2):
        answer = hotline.sends("/orders/12345-0001/urge", {"text": "市民再次来电"}, key="msg_urge_1")
        assert answer.status_code == 200, answer.content
    assert Request.objects.get().urges == 1


@pytest.mark.parametrize("fault", [{"token": "x"}, {"secret": "whsec_" + "A" * 32}, {"late": -400}, {"late": 400}])
def test_a_call_without_token_or_signature_is_refused_alike(hotline: OtherSystem, fault: dict[str, Any]) -> None:
    answer = hotline.sends("/orders", order(), **fault)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "令牌或签名无效，请核对对接配置"
    assert Request.objects.count() == 0


def test_a_connection_that_is_off_takes_nothing_and_queues_nothing(hotline: OtherSystem, world: World) -> None:
    hotline.sends("/orders", order())
    AdapterConnection.objects.update(active=False)
    assert hotline.sends("/orders", order("12345-0002")).status_code == 401
    requests.cancel_request(world.agent, Request.objects.get().pk, reason="重复")
    tell()
    assert hotline.matters == []


def test_what_they_cannot_take_now_is_sent_again_and_what_they_refuse_is_kept_with_their_words(
    hotline: OtherSystem, world: World
) -> None:
    hotline.sends("/orders", order())
    made = Request.objects.get()
    hotline.down = True
    requests.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    world.dispatch(made)
    tell()
    first, second = AdapterMessage.objects.filter(direction="out").order_by("id")
    assert (first.state, first.attempts, first.status) == ("pending", 1, 503)
    assert second.attempts == 0, "a later step waits for the earlier one"
    assert first.next_at is not None and first.next_at > timezone.now() + dt.timedelta(seconds=25)
    hotline.down, hotline.refuses["/orders/12345-0001/progress"] = False, "工单已办结，不再接收进展"
    AdapterMessage.objects.filter(state="pending").update(next_at=timezone.now() - dt.timedelta(seconds=9))
    assert due() == [hotline.row.pk]
    send_waiting(hotline.row.pk)
    first.refresh_from_db()
    assert (first.state, first.error) == ("refused", "工单已办结，不再接收进展")
    hotline.refuses.clear()
    actions.retry_message(SYSTEM, first.pk)
    run_jobs()
    first.refresh_from_db()
    assert first.state == "done" and [m[1]["step"] for m in hotline.matters] == ["accepted"]


def test_a_message_sent_twice_over_a_lost_answer_carries_one_number(hotline: OtherSystem, world: World) -> None:
    hotline.sends("/orders", order())
    requests.accept_request(world.agent, Request.objects.get().pk, fault_class="low_voltage", area_type="urban")
    tell()
    AdapterMessage.objects.filter(direction="out").update(state="pending", next_at=timezone.now())
    send_waiting(hotline.row.pk)
    calls = [call.id for call in hotline.receiver.calls]
    assert len(calls) == 2 and len(set(calls)) == 1 and len(hotline.matters) == 1


def test_attempts_end_in_a_message_given_up(hotline: OtherSystem, world: World) -> None:
    set_policy("adapter.attempts", 1)
    hotline.sends("/orders", order())
    hotline.down = True
    requests.cancel_request(world.agent, Request.objects.get().pk, reason="重复")
    tell()
    assert AdapterMessage.objects.get(direction="out").state == "dead"


def test_bodies_are_sealed(hotline: OtherSystem) -> None:
    from django.db import connection

    hotline.sends("/orders", order())
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM exchange_adaptermessage")
        assert "何青" not in cursor.fetchone()[0]


# --- PMS ----------------------------------------------------------------------------------------------------------------


def outage(state: str = "announced", **changes: Any) -> dict[str, Any]:
    body = {
        "number": "PMS-2026-7", "state": state, "kind": "planned", "feeder_code": "T-F1", "transformer_codes": [],
        "start_at": ago(days=-9), "end_at": ago(days=-9.5), "cause": "线路检修",
    }  # fmt: skip
    return {**body, **changes}


def test_a_planned_outage_of_pms_is_one_outage_through_its_life(pms: OtherSystem) -> None:
    first = pms.sends("/outages", outage())
    assert first.status_code == 200, first.content
    made = Outage.objects.get()
    assert first.json() == {"number": "PMS-2026-7", "outage_number": made.number, "state": "announced"}
    assert made.customers_out == 80
    assert pms.sends("/outages", outage(cause="线路检修及消缺")).status_code == 200
    made.refresh_from_db()
    assert made.cause == "线路检修及消缺"
    cancelled = pms.sends("/outages", outage("cancelled", reason="天气原因"))
    assert cancelled.json()["state"] == "cancelled"
    assert Outage.objects.count() == 1


def test_a_fault_outage_begins_and_ends_with_pms(pms: OtherSystem) -> None:
    life = {"kind": "fault", "start_at": ago(hours=2), "end_at": None, "transformer_codes": ["T-T1"], "feeder_code": ""}
    assert pms.sends("/outages", outage("started", **life)).json()["state"] == "active"
    ended = pms.sends("/outages", outage("restored", at=ago(minutes=5), **life))
    assert ended.json()["state"] == "restored", ended.content
    again = pms.sends("/outages", outage("restored", at=ago(minutes=5), **life))
    assert again.json() == ended.json() and Outage.objects.count() == 1


def test_devices_nobody_knows_are_named_in_the_refusal(pms: OtherSystem) -> None:
    answer = pms.sends("/outages", outage(feeder_code="F-99"))
    assert answer.status_code == 422 and "feeder_code" in answer.json()["errors"]
    answer = pms.sends("/outages", outage(feeder_code="", transformer_codes=["T-T1", "T-X"]))
    assert "T-X" in str(answer.json()["errors"]["transformer_codes"])
    assert pms.sends("/outages", outage("cancelled", number="never")).status_code == 404
    assert pms.sends("/outages", {**outage(), "start_at": "2026-01-01 08:00"}).status_code == 422


@pytest.fixture
def work_order(pms: OtherSystem, world: World, org_tree: Any, actor_for_role: Any) -> WorkOrder:
    from denghuo.apps.field import actions as field

    crew = Crew.objects.create(
        org=org_tree.team,
        code="T-C1",
        name="柳溪抢修一班",
        skills=["low_voltage"],
        base_lon=120.1,
        base_lat=30.1,
        lon=120.1,
        lat=30.1,
    )
    dispatcher = actor_for_role("dispatcher", org_tree.city)
    return field.dispatch_request(dispatcher, world.accepted().pk, crew_id=crew.pk)


def test_a_fault_order_goes_to_pms_without_the_customers_name_and_its_steps_come_back(
    pms: OtherSystem, work_order: WorkOrder
) -> None:
    tell()
    path, body = pms.matters[0]
    assert path == f"/fault-orders/{work_order.number}"
    assert (body["transformer_code"], body["feeder_code"], body["fault_class"]) == ("T-T1", "T-F1", "low_voltage")
    assert "江小满" not in str(body) and "13900001234" not in str(body)
    step = {"step": "arrived", "at": timezone.now().isoformat(), "note": ""}
    answer = pms.sends(f"/fault-orders/{work_order.number}/progress", step)
    assert answer.status_code == 200 and answer.json()["state"] == "arrived", answer.content
    work_order.refresh_from_db()
    assert work_order.arrived_at is not None
    done = pms.sends(f"/fault-orders/{work_order.number}/progress", {**step, "step": "finished", "note": "更换熔断器"})
    assert done.status_code == 200
    assert "更换熔断器" in RequestNote.objects.filter(request_id=work_order.request_id).latest("id").text
    assert pms.sends("/fault-orders/none/progress", step).status_code == 404


# --- marketing ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def marketing(world: World, org_tree: Any, receiver: Receiver) -> Marketing:
    return Marketing("marketing", receiver, org_tree.city)


def test_account_arrears_and_bills_are_looked_up(marketing: Marketing) -> None:
    port: MarketingPort = MarketingClient()
    found = port.account(Marketing.NUMBER)
    assert found is not None and found.stopped and found.meter_no == "M1"
    owed = port.arrears(Marketing.NUMBER)
    assert owed is not None and owed.total == Decimal("97.51") and owed.since == dt.date(2026, 10, 20)
    bills = port.bills(Marketing.NUMBER, 6)
    assert [bill.month for bill in bills] == [dt.date(2026, 9, 1), dt.date(2026, 8, 1)]
    assert marketing.receiver.calls[-1].path.endswith("/bills?months=6")
    assert port.account("0000000000") is None and port.bills("0000000000", 1) == []
    state = port.reconnection("R1")
    assert state is not None and state.state == "dispatched"
    marketing.row.refresh_from_db()
    assert marketing.row.last_out_at is not None and marketing.row.last_error == ""


def test_an_answer_against_the_contract_or_none_is_told_as_unavailable(marketing: Marketing) -> None:
    with pytest.raises(base.Unavailable):
        MarketingClient().reconnection("R2")
    marketing.down = True
    with pytest.raises(base.Unavailable) as caught:
        MarketingClient().account(Marketing.NUMBER)
    assert caught.value.status == 503
    marketing.row.refresh_from_db()
    assert marketing.row.last_error
    AdapterConnection.objects.update(active=False)
    with pytest.raises(base.Unavailable):
        MarketingClient()


def test_a_reconnection_is_asked_for_once(marketing: Marketing) -> None:
    for _turn in range(2):
        ask_reconnection(SYSTEM, request_number="R9", account_number=Marketing.NUMBER, paid_at=timezone.now())
    run_jobs()
    assert [path for path, _body in marketing.matters] == ["/reconnections/R9"]
    assert marketing.matters[0][1]["account_number"] == Marketing.NUMBER


def test_settings_are_refused_with_every_fault_and_secrets_stay_when_left_empty(
    org_tree: Any, marketing: Marketing
) -> None:
    with refused(InvalidInput) as caught:
        actions.save_connection(
            SYSTEM, "pms", org=org_tree.city, base_url="https://10.1.1.1/", active=True, secrets={"inbound_secret": "x"}
        )
    assert set(caught.value.fields) == {"base_url", "token", "inbound_secret", "outbound_token", "outbound_secret"}
    row = actions.save_connection(
        SYSTEM, "marketing", org=org_tree.city, base_url=marketing.receiver.url, active=True, secrets={}
    )
    assert row.secret("token") == marketing.token
