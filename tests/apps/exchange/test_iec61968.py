"""PMS in the XML envelope of IEC 61968-100: what comes in, what goes out, and what is refused with which words."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.exchange.adapters.iec61968 import envelope
from denghuo.apps.exchange.adapters.iec61968.tree import BadXml, Node, parse
from denghuo.apps.exchange.models import AdapterMessage
from denghuo.apps.exchange.webhooks import signing
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.grid.models import Outage
from tests.apps.exchange.kit import Answer, Received, set_policy
from tests.apps.exchange.other_systems import OtherSystem
from tests.apps.exchange.test_adapters import ago, pms, tell, work_order  # noqa: F401

pytestmark = pytest.mark.django_db
BEGINS, ENDS = ago(hours=-24), ago(hours=-30)
PROFILE = "urn:denghuo:iec61968:pms:2026"


def message(noun: str, payload: str, *, number: str = "m-1", correlation: str = "c-1") -> bytes:
    return f"""<?xml version="1.0"?>
<m:RequestMessage xmlns:m="{envelope.MESSAGE}"><m:Header><m:Verb>created</m:Verb><m:Noun>{noun}</m:Noun>
<m:Timestamp>2026-02-01T08:00:00+08:00</m:Timestamp><m:Source>PMS</m:Source><m:MessageID>{number}</m:MessageID>
<m:CorrelationID>{correlation}</m:CorrelationID></m:Header>
<m:Payload><{noun} xmlns="{PROFILE}">{payload}</{noun}></m:Payload></m:RequestMessage>""".encode()


def outage(state: str = "announced", transformer: str = "T-T1", start: str | None = None) -> str:
    begins = start if start is not None else BEGINS
    return f"""<Outage><mRID>PMS-9</mRID><kind>planned</kind><status><value>{state}</value></status>
<plannedPeriod><start>{begins}</start><end>{ENDS}</end></plannedPeriod><cause>线路检修</cause>
<PowerTransformer><mRID>{transformer}</mRID></PowerTransformer></Outage>"""


def sends(pms: OtherSystem, content: bytes) -> tuple[int, Node]:  # noqa: F811
    head = signing.headers([pms.theirs], f"msg_{secrets.token_hex(8)}", int(time.time()), content)
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in head.items()}
    given["HTTP_AUTHORIZATION"] = f"Bearer {pms.token}"
    address = "/api/v1/adapters/pms/iec61968-100"
    answer = Client().post(address, content, content_type="application/xml", **given)
    return answer.status_code, parse(answer.content)


def test_an_outage_is_taken_once_and_answered_under_its_correlation_id(pms: OtherSystem) -> None:  # noqa: F811
    status, first = sends(pms, message("Outages", outage()))
    assert (status, first.name, first.value("Reply", "Result")) == (200, "ResponseMessage", "OK")
    assert first.value("Header", "CorrelationID") == "c-1" and first.value("Header", "Verb") == "reply"
    made = Outage.objects.get()
    assert first.value("Payload", "Outages", "outage_number") == made.number and made.cause == "线路检修"
    status, again = sends(pms, message("Outages", outage()))
    assert status == 200 and again.value("Payload", "Outages", "outage_number") == made.number
    assert Outage.objects.count() == 1
    status, other = sends(pms, message("Outages", outage("cancelled")))  # the same number, other content
    assert status == 409 and other.value("Reply", "Error", "code") == "number_reused"


def test_faults_are_named_by_their_element_and_nothing_is_made(pms: OtherSystem) -> None:  # noqa: F811
    status, told = sends(pms, message("Outages", outage("begun", start="2026-02-01T08:00:00")))
    assert status == 422 and told.value("Reply", "Result") == "FAILED"
    assert "status/value" in told.value("Reply", "Error", "reason")
    assert "plannedPeriod/start" in told.value("Reply", "Error", "reason")
    status, told = sends(pms, message("Outages", outage(transformer="T-X"), number="m-2"))
    assert status == 422 and "T-X" in told.value("Reply", "Error", "reason")
    status, told = sends(pms, message("MeterReadings", "<x/>", number="m-3"))
    assert status == 422 and "Outages、ServiceOrders" in told.value("Reply", "Error", "reason")
    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<a>", b"<RequestMessage/>", message("Outages", "").replace(b"Payload>", b"Load>"),
        message("Outages", "").replace(b"created", b"please"),
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b"<a>" * 40 + b"</a>" * 40,
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(BadXml):
        envelope.read_message(raw)


def test_a_broken_message_gets_a_broken_reply_and_no_entity_is_opened(pms: OtherSystem) -> None:  # noqa: F811
    status, told = sends(pms, b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')
    assert status == 400 and told.value("Reply", "Error", "code") == "bad_xml"


def test_a_fault_order_goes_out_as_a_service_order_and_its_steps_come_back(
    pms: OtherSystem,  # noqa: F811
    work_order: WorkOrder,  # noqa: F811
) -> None:
    seen: list[Received] = []

    def reply(call: Received) -> Answer:
        seen.append(call)
        sent = envelope.read_message(call.body)
        told = envelope.response(sent.noun, correlation_id=sent.message_id, at=timezone.now())
        return 200, {"Content-Type": "application/xml"}, told

    pms.receiver.answer = reply
    set_policy("adapter.pms_xml", True)
    tell()
    assert seen[0].path == "/api/iec61968-100" and seen[0].signed_by(pms.ours)
    sent = envelope.read_message(seen[0].body)
    order = sent.payload.first("ServiceOrder")
    assert (sent.verb, sent.noun) == ("create", "ServiceOrders") and order is not None
    assert order.value("mRID") == work_order.number and order.value("PowerTransformer", "mRID") == "T-T1"
    assert order.value("Location", "address") and "江小满" not in seen[0].body.decode()
    assert AdapterMessage.objects.get(kind="fault_order").state == "done"

    step = f"""<ServiceOrder><mRID>{work_order.number}</mRID><status><value>arrived</value>
<dateTime>{timezone.now().isoformat()}</dateTime><remark>已到现场</remark></status></ServiceOrder>"""
    status, told = sends(pms, message("ServiceOrders", step))
    assert status == 200 and told.value("Payload", "ServiceOrders", "state") == "arrived"
    work_order.refresh_from_db()
    assert work_order.arrived_at is not None


def test_a_service_order_that_the_other_side_fails_is_refused_with_its_reason(
    pms: OtherSystem,  # noqa: F811
    work_order: WorkOrder,  # noqa: F811
) -> None:
    told = envelope.response("ServiceOrders", correlation_id="x", at=timezone.now(), error="没有这条馈线")
    pms.receiver.answer = lambda _call: (200, {"Content-Type": "application/xml"}, told)
    set_policy("adapter.pms_xml", True)
    tell()
    row = AdapterMessage.objects.get(kind="fault_order")
    assert (row.state, row.error) == ("refused", "没有这条馈线")


def test_text_that_is_no_xml_does_not_spoil_a_message() -> None:
    body: dict[str, Any] = {"note": "a\x00b<c>&\x0b"}
    raw = envelope.request("create", "Notes", body, namespace=PROFILE, key="k", at=timezone.now())
    assert envelope.read_message(raw).payload.value("note") == "ab<c>&"
    again = envelope.request("create", "Notes", body, namespace=PROFILE, key="k", at=timezone.now())
    assert envelope.read_message(again).message_id == envelope.read_message(raw).message_id
